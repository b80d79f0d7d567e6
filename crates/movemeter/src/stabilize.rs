//! Taking motion out of a recording: frames that are moved and turned back to where the reference is.
//!
//! One window that follows its content says how each frame moved; [`Correction`] says what of that is taken out;
//! [`Stabilized`] is a source over a source that gives frames with that taken out.
//!
//! ```
//! use movemeter::stabilize::{Border, Correction, Stabilized, Unrest, transforms};
//! use movemeter::{Displacement, Recipe, Silent, Size, synth};
//!
//! let mut stack = synth::speckle(Size::new(160, 128)).moving(Displacement::new(0.3, 0.1)).frames(8);
//! let correction = Correction::Translation;
//! let recipe = correction.recipe(Recipe::default(), Size::new(160, 128));
//! let tracks = recipe.measure(&mut stack, &Silent)?;
//!
//! let moved = transforms(&tracks[0], correction).into_iter().map(Option::unwrap_or_default).collect();
//! let mut still = Stabilized::new(stack, moved, Border::Keep)?;
//! let left = Unrest::of(&recipe.measure(&mut still, &Silent)?[0], correction);
//! assert!(Unrest::of(&tracks[0], correction).max_px > 2.0 && left.max_px < 0.01);
//! # Ok::<(), movemeter::Error>(())
//! ```
//!
//! # What is done to a pixel
//!
//! The content of the window, whose centre is c in the reference, is found in a frame displaced by d = (dx, dy)
//! and turned by φ, positive from +x towards +y: clockwise on screen. What was at p is then at
//!
//! ```text
//! T(p) = c + d + R (p − c)        R = (cos φ, −sin φ; sin φ, cos φ)
//! ```
//!
//! and the pixel at p of the stabilised frame is the frame's value at T(p), on the quintic B-spline through its
//! pixels ([`crate::spline`]). Every frame is resampled once, from the recording; by a whole number of
//! pixels, unturned, it is copied. With the translation alone, R = 1. With the rotation alone, the frame is turned back about
//! where the window's content is in it, so that its centre stays where it was recorded:
//! T(p) = c + d + R (p − c − d).

mod placement;
mod correction;
mod unrest;
mod common;
mod resampling;
mod rounded;
mod stabilized;
mod again;

pub use again::measure_again;
pub use common::CommonPart;
pub use correction::{Correction, transforms, unmeasured};
pub use placement::Placement;
pub use resampling::Border;
pub use rounded::Rounded;
pub use stabilized::Stabilized;
pub use unrest::Unrest;
