//! The folder that all results of a batch are in.

use std::path::{Path, PathBuf};

use super::lock::{self, Lock};
use crate::error::Error;
use crate::output::{PART_PREFIX, PART_SUFFIX};

/// A file that tells an output folder from others, and that is locked while what is directly in it is written.
const MARK: &str = ".movemeter-batch";

/// Whether a folder holds the results of a batch.
pub(super) fn is_output(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Makes the folder if need be, and takes away what a batch left that was killed.
pub(super) fn begin(output: &Path, given: &[PathBuf]) -> Result<(), Error> {
    lock::make(output)?;
    check_apart(output, given)?;
    let _lock = lock(output)?;
    remove_parts(output);
    clean_below(output);
    Ok(())
}

/// Held while a file directly in the output folder is written.
pub(super) fn lock(output: &Path) -> Result<Lock, Error> {
    Lock::waiting(&output.join(MARK))
}

/// Results must not lie among the recordings' files.
fn check_apart(output: &Path, given: &[PathBuf]) -> Result<(), Error> {
    let resolved = |path: &Path| path.canonicalize().map_err(|error| Error::refused(path, &error));
    let output_resolved = resolved(output)?;
    for path in given {
        if resolved(path)?.starts_with(&output_resolved) {
            return Err(Error::Unfit {
                path: output.into(),
                cause: format!(
                    "the output folder holds the recordings, {}; give a folder of its own for the results, \
                     as in -o results",
                    path.display()
                ),
            });
        }
    }
    Ok(())
}

/// Half-written files and locks in all folders of results in which nobody works.
fn clean_below(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let inner = entry.path();
            clean(&inner);
            clean_below(&inner);
        }
    }
}

/// What cannot be taken away does no harm.
fn clean(folder: &Path) {
    let is_left_over = |name: &str| is_part(name) || name == lock::NAME;
    if !names_in(folder).iter().any(|name| is_left_over(name)) {
        return;
    }
    if let Ok(Some(_lock)) = Lock::of_stack(folder) {
        remove_parts(folder);
    }
}

fn remove_parts(folder: &Path) {
    for name in names_in(folder).iter().filter(|name| is_part(name)) {
        let _ = std::fs::remove_file(folder.join(name));
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn is_part(name: &str) -> bool {
    name.starts_with(PART_PREFIX) && name.ends_with(PART_SUFFIX)
}
