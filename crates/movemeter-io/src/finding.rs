//! Finding inputs again, of which it is known where they were.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::hashes::UNKNOWN;
use crate::output::folder_of;
use crate::provenance::{HashedInput, hash_file};

/// Files and folders that are looked at for one that was renamed.
const MOST_LOOKED_AT: usize = 2000;
/// Folders within folders that are looked into.
const DEEPEST: usize = 3;

/// Where an input is that is named by a table or session: as seen from the folder of that file, as seen from
/// here, or under its name beside that file. `None` if it is in none of these places.
///
/// Only places are looked at; whether it still is the same file, its hash says.
pub fn find_input(input: &HashedInput, named_by: &Path) -> Option<PathBuf> {
    recorded(input, named_by).or_else(|| beside(input, named_by))
}

/// An input whose bytes are those that were measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundInput {
    /// Its name when it was measured.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether that is where it was when it was measured.
    pub is_in_place: bool,
    /// What is where it was, if that has other bytes now.
    pub changed: Option<PathBuf>,
}

/// Finds an input of a table or session whose bytes are those that were measured.
///
/// It is where it was, or of its name beside that file or in one of the places; else it is one of the files and
/// folders there with its hash. `hash` takes that of what is at a path.
pub(crate) fn find_measured(
    input: &HashedInput,
    named_by: &Path,
    places: &[PathBuf],
    hash: &dyn Fn(&Path) -> Result<HashedInput, Error>,
) -> Result<FoundInput, Error> {
    let is_it = |hashed: &HashedInput| {
        hashed.sha256 == input.sha256 || input.sha256 == UNKNOWN && hashed.name == input.name
    };
    let mut wrong = None;
    for candidate in by_name(input, named_by, places) {
        match hash(&candidate) {
            Ok(hashed) if is_it(&hashed) => return Ok(found(input, named_by, candidate)),
            Ok(hashed) => {
                wrong.get_or_insert_with(|| changed(input, candidate, hashed.sha256));
            }
            Err(error) => {
                wrong.get_or_insert_with(|| not_read(input, candidate, error));
            }
        }
    }
    let folder = folder_of(named_by);
    let folders = std::iter::once(&folder).chain(places);
    let all = folders.flat_map(|folder| within(folder));
    let mut renamed = all.take(MOST_LOOKED_AT);
    match renamed.find(|path| hash(path).is_ok_and(|hashed| is_it(&hashed))) {
        Some(path) => Ok(found(input, named_by, shown(path))),
        None => Err(wrong.unwrap_or_else(|| Error::InputGone {
            name: input.name.clone(),
            path: named_by.into(),
        })),
    }
}

fn found(input: &HashedInput, named_by: &Path, path: PathBuf) -> FoundInput {
    let recorded = recorded(input, named_by);
    let is_in_place = recorded.as_ref() == Some(&path);
    let changed = recorded.filter(|_| !is_in_place);
    FoundInput { name: input.name.clone(), path, is_in_place, changed }
}

fn changed(input: &HashedInput, path: PathBuf, found: String) -> Error {
    Error::InputChanged { path, found, expected: input.sha256.clone() }
}

/// What is there may be so changed that it is no recording, or no mask, any more.
fn not_read(input: &HashedInput, path: PathBuf, error: Error) -> Error {
    let is_known_file = input.n_files.is_none() && input.sha256 != UNKNOWN && path.is_file();
    match is_known_file.then(|| hash_file(&path)) {
        Some(Ok(found)) if found != input.sha256 => changed(input, path, found),
        _ => error,
    }
}

/// Where it was, as seen from the folder of what names it, or from here, if there is something.
fn recorded(input: &HashedInput, named_by: &Path) -> Option<PathBuf> {
    let path = input.path.as_ref()?;
    [in_folder(&folder_of(named_by), path), path.clone()].into_iter().find(|path| path.exists())
}

/// What has its name beside what names it.
fn beside(input: &HashedInput, named_by: &Path) -> Option<PathBuf> {
    Some(in_folder(&folder_of(named_by), Path::new(&input.name))).filter(|path| path.exists())
}

/// Where it would be by its path or its name, if there is something.
fn by_name(input: &HashedInput, named_by: &Path, places: &[PathBuf]) -> Vec<PathBuf> {
    let named =
        places.iter().filter(|place| place.file_name().is_some_and(|name| name == &*input.name));
    let within = places.iter().map(|place| place.join(&input.name));
    let of_places = named.cloned().chain(within).filter(|path| path.exists());
    recorded(input, named_by).into_iter().chain(beside(input, named_by)).chain(of_places).collect()
}

fn in_folder(folder: &Path, path: &Path) -> PathBuf {
    match folder == Path::new(".") {
        true => path.into(),
        false => folder.join(path),
    }
}

/// The present folder is not named.
fn shown(path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(within) if !within.as_os_str().is_empty() => within.into(),
        _ => path,
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
