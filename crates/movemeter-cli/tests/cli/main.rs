//! The `movemeter` command as users meet it: the real program, in folders of its own.

mod folder;
mod bad_input;
mod options;
mod outputs;
mod recordings;
mod running;
mod showing;
