//! Measures how things move in a recording.

pub mod geometry;
pub mod frame;
pub mod monitor;
pub mod error;
pub mod source;
pub mod table;
pub mod track;
