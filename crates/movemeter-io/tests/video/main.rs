//! Videos, decoded by the program ffmpeg: which frames, when, and what becomes of files that are none.
//!
//! Needs ffmpeg: the one that `MOVEMETER_FFMPEG` names, or of the Python that `MOVEMETER_PYTHON` names.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod studio;
mod frames;
mod hostile;
mod program;
mod films;
