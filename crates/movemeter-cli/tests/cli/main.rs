//! The `movemeter` command as users meet it: the real program, in folders of its own.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod folder;
mod mask;
mod bad_input;
mod options;
mod outputs;
mod preprocess;
mod recordings;
mod running;
mod several;
mod showing;
