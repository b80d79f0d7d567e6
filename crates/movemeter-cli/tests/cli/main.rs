//! The `movemeter` command as users meet it: the real program, in folders of its own.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod folder;
mod mask;
mod bad_input;
mod batch;
#[cfg(unix)]
mod batch_broken_off;
#[cfg(unix)]
mod full_disk;
mod options;
mod outputs;
mod pictures;
mod preprocess;
mod recordings;
mod rois;
mod report;
mod running;
mod session;
mod several;
mod recipe;
mod tables;
mod verify;
mod showing;
mod stabilize;
