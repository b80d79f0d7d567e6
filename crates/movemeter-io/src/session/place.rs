//! Where a recording is now, of which it is known where it was.

use std::path::{Path, PathBuf};

use crate::output::folder_of;
use crate::provenance::HashedInput;

/// Where an input is that is named by a table or session: as seen from the folder of that file, as seen from
/// here, or under its name beside that file. `None` if it is in none of these places.
///
/// Only places are looked at; whether it still is the same file, its hash says.
pub fn find_input(input: &HashedInput, named_by: &Path) -> Option<PathBuf> {
    let folder = folder_of(named_by);
    let recorded = input.path.iter().flat_map(|path| [folder.join(path), path.clone()]);
    let mut places = recorded.chain([folder.join(&input.name)]);
    places.find(|place| place.exists())
}

/// Where a path leads, from the root of all folders on.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let canonical = path.canonicalize();
    canonical.or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.into())
}
