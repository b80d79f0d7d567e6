//! Finding the inputs of a table again.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::hashes::UNKNOWN;
use crate::output::folder_of;
use crate::provenance::HashedInput;

/// Files and folders that are looked at for one that was renamed.
const MOST_LOOKED_AT: usize = 2000;
/// Folders within folders that are looked into.
const DEEPEST: usize = 3;

/// Where an input is now.
///
/// It is where the table says, or of its name beside the table or in one of the places; else it is one of
/// the files and folders there with its hash.
pub(super) fn find(
    input: &HashedInput,
    table: &Path,
    places: &[PathBuf],
    hash: &dyn Fn(&Path) -> Result<HashedInput, Error>,
) -> Result<PathBuf, Error> {
    let folder = folder_of(table);
    let is_it = |hashed: &HashedInput| {
        hashed.sha256 == input.sha256 || input.sha256 == UNKNOWN && hashed.name == input.name
    };
    let mut changed = None;
    for candidate in by_name(input, &folder, places) {
        // What is there, but is no recording, is not the one.
        match hash(&candidate) {
            Ok(hashed) if is_it(&hashed) => return Ok(candidate),
            Ok(hashed) => changed = changed.or(Some((candidate, hashed))),
            Err(_) => {}
        }
    }
    let folders = std::iter::once(&folder).chain(places);
    let all = folders.flat_map(|folder| within(folder));
    let mut renamed = all.take(MOST_LOOKED_AT);
    if let Some(found) = renamed.find(|path| hash(path).is_ok_and(|hashed| is_it(&hashed))) {
        return Ok(found);
    }
    Err(match changed {
        Some((path, hashed)) => {
            Error::InputChanged { path, found: hashed.sha256, expected: input.sha256.clone() }
        }
        None => Error::InputGone { name: input.name.clone(), path: table.into() },
    })
}

/// Where it would be by its path or its name, if there is something.
fn by_name(input: &HashedInput, folder: &Path, places: &[PathBuf]) -> Vec<PathBuf> {
    let recorded = input.path.as_ref().map(|path| in_folder(folder, path));
    let named =
        places.iter().filter(|place| place.file_name().is_some_and(|name| name == &*input.name));
    let within = places.iter().map(|place| place.join(&input.name));
    let all = recorded.into_iter().chain([in_folder(folder, Path::new(&input.name))]);
    all.chain(named.cloned()).chain(within).filter(|path| path.exists()).collect()
}

fn in_folder(folder: &Path, path: &Path) -> PathBuf {
    match folder == Path::new(".") {
        true => path.into(),
        false => folder.join(path),
    }
}

/// A place and all it holds, nearest first.
fn within(place: &Path) -> impl Iterator<Item = PathBuf> {
    let mut waiting = VecDeque::from([(place.to_path_buf(), 0)]);
    std::iter::from_fn(move || {
        let (path, depth) = waiting.pop_front()?;
        if path.is_dir() && depth < DEEPEST && waiting.len() < MOST_LOOKED_AT {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            entries.sort();
            waiting.extend(entries.into_iter().map(|path| (path, depth + 1)));
        }
        Some(path)
    })
}
