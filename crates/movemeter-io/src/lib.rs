//! Reads image stacks and writes tables for movemeter.
//!
//! [`open`] turns a file or a folder into a [`FrameSource`](movemeter::source::FrameSource), whatever
//! its format; [`open_all`] makes one series of several. [`write_stack`] writes
//! frames, [`write_mp4`] a film to look at, [`write_table`] what was measured, with where it came from
//! ([`Provenance`]); every output goes through an [`OutputFile`], which appears whole or not at all.
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
pub mod options;
mod format;
mod joining;
pub mod series;
pub mod mask;
pub mod output;
pub mod film;
pub mod stack;
pub mod provenance;
pub mod table;

pub use error::Error;
pub use film::{FilmOptions, write_mp4};
pub use mask::read_mask;
pub use natural::natural_cmp;
pub use options::OpenOptions;
pub use output::{OutputFile, check_not_an_input, check_not_inputs};
pub use provenance::{HashedInput, Provenance, hash_input};
pub use series::{Input, Part, Recording, open, open_all, open_with};
pub use stack::{BitDepth, StackFormat, stack_files, write_stack, write_tiff};
pub use table::{TableFormat, write_table};
