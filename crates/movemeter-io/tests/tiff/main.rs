//! What is known of TIFF files beside their pixels, and TIFF files that are damaged or lie.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod writer;
mod said;
mod peer;
mod sets;
mod damage;
mod hostile;
mod mutated;
