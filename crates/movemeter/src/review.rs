//! What should be looked at by eye: the worst samples, and the pictures behind them.
//!
//! [`worst()`] chooses a few samples of all; [`Review`] shows for each what was looked for, what was found, and
//! what of it the two do not have in common.

mod worst;
mod pair;
mod look;

pub use look::{Look, Place, Review};
pub use pair::Compared;
pub use worst::{Why, Worst, reference_frame, worst};
