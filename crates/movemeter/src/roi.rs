//! The windows to be measured: groups of rectangles, and how to make them.

pub mod windows;
pub mod grid;

pub use grid::grid;
pub use windows::{RoiGroup, Windows};
