//! Measures how things move in a recording: for each window and frame, how far its content moved in
//! x and y, to a thousandth of a pixel, how sure that is, and where it could not be measured and why.
//!
//! ```
//! use movemeter::{Displacement, Recipe, Rect, Reference, Silent, Size, grid, synth};
//!
//! // A recording; `movemeter_io::open` reads files and folders.
//! let mut stack = synth::speckle(Size::new(160, 128)).moving(Displacement::new(0.3, 0.1)).frames(8);
//!
//! let recipe = Recipe {
//!     windows: grid(Rect::new(16, 16, 128, 96), Size::new(32, 32), 1.0),
//!     reference: Reference::First,
//!     follow: true,
//!     max_displacement_px: Some(10.0),
//!     ..Recipe::default()
//! };
//! let tracks = recipe.measure(&mut stack, &Silent)?;
//!
//! let sample = tracks[0].samples[5];
//! let moved = tracks[0].displacement(5).expect("speckle can be measured");
//! assert!((moved.dx - 1.5).abs() < 0.01 && sample.sd_x() < 0.01);
//! # Ok::<(), movemeter::Error>(())
//! ```
//!
//! # Conventions
//!
//! Pixels; x to the right, y down; pixel centres at whole coordinates. **Displacement is position now
//! minus position in the reference.** Frames count from 0. What could not be measured is NaN, with a
//! [`Status`] that says why; it is never a plausible number.
//!
//! # How it is measured
//!
//! A window's content is looked for at every whole-pixel position by zero-mean normalised
//! cross-correlation ([`matching::naive`] has the formula), then its place between pixels is found by
//! a Gauss–Newton fit on a quintic B-spline ([`matching::gauss_newton`]). What the fit leaves over gives
//! the error bar ([`matching::covariance`]).
//!
//! # Reading order
//!
//! The modules below stand in dependency order: each uses only those above it.

pub mod geometry;
pub mod frame;
pub mod monitor;
pub mod error;
pub mod source;
pub mod simd;
pub mod filter;
pub mod sums;
pub mod fft;
pub mod spline;
pub mod synth;
pub mod mask;
pub mod preprocess;
pub mod roi;
pub mod table;
pub mod brightness;
pub mod deformation;
pub mod track;
pub mod traces;
pub mod spectrum;
pub mod heatmap;
pub mod matching;
pub mod recipe;
pub mod measure;
pub mod stabilize;
pub mod review;

pub use brightness::BrightnessMode;
pub use deformation::Deformation;
pub use error::Error;
pub use frame::Frame;
pub use geometry::{Displacement, Point, Rect, Size};
pub use mask::Mask;
pub use matching::subpixel::Subpixel;
pub use matching::warp::Model;
pub use monitor::{Monitor, Silent};
pub use preprocess::background::Background;
pub use recipe::{FrameRange, Recipe, Reference};
pub use roi::{Windows, grid};
pub use source::{FrameSource, MemoryStack, StackInfo};
pub use track::{Sample, Status, Track, Tracks};
