//! Sessions of the movemeter written in Python, `movemeter_NAME.zip`.
//!
//! There a displacement says where a window's content came from: its sign is the other way round. Here it is
//! position now minus position in the reference, so that both signs are changed in reading and in writing.

mod read;
mod write;

use std::path::Path;

use super::archive::Archive;
use crate::provenance::Provenance;
use crate::results::Results;

pub(super) use read::read;
pub use write::write_movzip;

const METADATA: &str = "metadata.json";
const FILES: &str = "image_filenames.json";
const SELECTIONS: &str = "selections.json";
const ROIS: &str = "rois.json";
const MOVEMENTS: &str = "movements.json";

/// Any of these may be missing.
const MEMBERS: [&str; 5] = [METADATA, FILES, SELECTIONS, ROIS, MOVEMENTS];

/// The end of the version of those that are written here.
const OURS: &str = " (Rust)";

/// The word by which doubts begin that say how numbers were taken over.
const TAKEN_OVER: &str = "movemeter 0.7";

/// Whether a file is a session of the movemeter written in Python.
pub fn is_movzip(path: impl AsRef<Path>) -> bool {
    Archive::open(path.as_ref()).is_ok_and(|archive| is_movzip_archive(&archive))
}

pub(super) fn is_movzip_archive(archive: &Archive) -> bool {
    !archive.has(super::head::NAME) && MEMBERS.iter().any(|name| archive.has(name))
}

/// What was done to the numbers of results that were read from such a session; empty for all others.
pub fn movzip_notes(results: &Results) -> Vec<&str> {
    notes(&results.provenance).collect()
}

/// Whether what was measured came from such a session.
pub(crate) fn is_taken_over(provenance: &Provenance) -> bool {
    notes(provenance).next().is_some()
}

fn notes(provenance: &Provenance) -> impl Iterator<Item = &str> {
    let doubts = provenance.doubts.iter().map(String::as_str);
    doubts.filter(|doubt| doubt.starts_with(TAKEN_OVER))
}
