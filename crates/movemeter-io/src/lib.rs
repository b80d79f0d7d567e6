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
mod ending;
mod plainly;
pub mod natural;
mod moment;
pub mod options;
pub mod tag;
mod format;
mod joining;
pub mod series;
pub mod mask;
pub mod output;
mod pixels;
pub mod film;
pub mod stack;
pub mod provenance;
pub mod hashes;
pub mod finding;
pub mod table;
pub mod results;
pub mod recipe_file;
pub mod rois;
pub mod unread;
pub mod job;
pub mod wide;
pub mod batch;
pub mod picture;
pub mod session;
pub mod verification;
pub mod explained;
pub mod report;

pub use error::Error;
pub use explained::explained;
pub use film::{FilmOptions, write_mp4};
pub use finding::{FoundInput, find_input};
pub use format::tags;
pub use job::{Job, broken_off, doubts};
pub use mask::read_mask;
pub use natural::natural_cmp;
pub use options::OpenOptions;
pub use output::{OutputFile, check_not_an_input, check_not_inputs};
pub use provenance::{HashedInput, Provenance, hash_input};
pub use recipe_file::{RecipeFile, recipe_schema};
pub use report::{Report, write_report};
pub use results::Results;
pub use rois::{RoiFormat, draw_windows, windows_anywhere, write_rois};
pub use series::{Input, Part, Recording, open, open_all, open_with};
pub use session::{
    Session, is_session, movzip_notes, read_recipe, read_results, read_rois, read_session,
    table_format, write_movzip, write_results, write_session, write_session_to,
};
pub use stack::{BitDepth, StackFormat, stack_files, write_stack, write_tiff};
pub use table::stored::StoredTable;
pub use table::{TableFormat, read_table, write_table};
pub use unread::{Unread, left_out};
pub use verification::{Verification, verify};
pub use wide::{WideTable, wide_names, wide_tables};
