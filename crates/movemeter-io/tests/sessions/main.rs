//! Sessions: what was written comes back bit by bit, also elsewhere, and nothing hostile does harm.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

mod making;
mod kept;
mod movzip;
mod hostile;
mod pages;
