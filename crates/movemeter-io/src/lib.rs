//! Reads image stacks and writes tables for movemeter.
//!
//! [`open`] turns a file or a folder into a [`FrameSource`](movemeter::source::FrameSource), whatever
//! its format; [`open_all`] makes one series of several. [`write_table`] writes what was measured,
//! with where it came from ([`Provenance`]); every output goes through an [`OutputFile`], which
//! appears whole or not at all.
//!
//! ```no_run
//! use movemeter::frame::Frame;
//! use movemeter::source::FrameSource;
//!
//! let mut stack = movemeter_io::open("recording.tif")?;
//! println!("{} frames of {} px", stack.info().n_frames, stack.info().size);
//! let mut frame = Frame::default();
//! stack.read(0, &mut frame)?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

pub mod error;
pub mod natural;
mod format;
pub mod series;
pub mod mask;
pub mod output;
pub mod stack;
pub mod provenance;
pub mod table;

pub use error::Error;
pub use mask::read_mask;
pub use natural::natural_cmp;
pub use output::{OutputFile, check_not_an_input};
pub use provenance::{HashedInput, Provenance, hash_input};
pub use series::{Input, Recording, open, open_all};
pub use stack::{BitDepth, write_tiff};
pub use table::{TableFormat, write_table};
