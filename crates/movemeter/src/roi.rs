//! Where to measure: what is drawn (ROIs, in groups), and the windows that fill it.

mod limits;
pub mod color;
pub mod windows;
pub mod grid;
pub mod path;
pub mod circle;
pub mod ellipse;
pub mod original;
pub mod shape;
pub mod fill;
pub mod group;

pub use circle::{Circle, Sector};
pub use color::Color;
pub use fill::Fill;
pub use grid::grid;
pub use group::{Roi, RoiGroup, join_groups, windows_of};
pub use limits::{MAX_COORDINATE, MAX_WINDOWS};
pub use shape::Shape;
pub use windows::{WindowGroup, Windows};
