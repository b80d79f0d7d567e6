//! Tables that were written, read back: as they are, and as people change them.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(clippy::print_stdout, reason = "a test that is skipped says so")]

#[path = "../damage/mod.rs"]
mod damage;
mod measured;
mod by_hand;
mod recipes;
mod round_trip;
mod peers;
mod damaged;
