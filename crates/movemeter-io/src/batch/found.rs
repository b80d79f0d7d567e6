//! Which recordings there are in folders.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::names::Names;
use super::place;
use crate::error::Error;
use crate::format::{Content, Format, name_of};
use crate::natural::natural_cmp;
use crate::options::OpenOptions;
use crate::series::{content, open_file};

/// A recording of its own: a file, or a folder of pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// What it is called: the folder that was given and what is below it, divided by `/`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its files, as far as the folder's listing shows them.
    pub(super) files: Vec<PathBuf>,
    /// Why nobody knows what is in it, if it is a folder that cannot be read.
    pub(super) trouble: Option<String>,
}

/// What is in folders.
#[derive(Debug, Default)]
pub struct Found {
    /// The recordings, in natural order of their names.
    pub stacks: Vec<Stack>,
    /// Folders in the folders that hold recordings, or further folders, and were not gone through.
    pub passed: Vec<PathBuf>,
}

/// Finds the recordings in folders.
///
/// In each folder given, and with `recursive` in all folders below,
/// - a file that holds a whole recording is one (a video, a camera's file, …);
/// - TIFF and npy files are too, if one of them in this folder has several frames;
/// - otherwise all files of pictures together are one, as when the folder is opened.
///
/// Without `recursive`, of the folders in a folder only the pictures are taken. Hidden files and folders are left
/// out, and so are the outputs of batches. A file may be given, too.
pub(super) fn find(
    given: &[PathBuf],
    recursive: bool,
    options: &OpenOptions,
    output: &Path,
) -> Result<Found, Error> {
    let output = output.canonicalize().ok();
    let mut search =
        Search { recursive, options, output, seen: HashSet::new(), found: Found::default() };
    for path in given {
        search.add(path)?;
    }
    let mut found = search.found;
    found.stacks.sort_by(|a, b| natural_cmp(&a.name, &b.name));
    check_names(&found.stacks)?;
    Ok(found)
}

struct Search<'a> {
    recursive: bool,
    options: &'a OpenOptions,
    output: Option<PathBuf>,
    /// Folders that were gone through, and files that others brought along, whatever links lead there.
    seen: HashSet<PathBuf>,
    found: Found,
}

/// What is in a folder, each in natural order.
#[derive(Default)]
struct Listing {
    pictures: Vec<PathBuf>,
    recordings: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Search<'_> {
    /// A path that was given.
    fn add(&mut self, path: &Path) -> Result<(), Error> {
        let about = std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
        if about.is_dir() {
            return self.enter(path, name_of_given(path), true);
        }
        let folder = crate::output::folder_of(path);
        let beside = self.listing(&folder)?;
        let name = beside.names().unique(path);
        self.add_file(path, name);
        Ok(())
    }

    /// All that is in a folder; `is_given`: by the user, not found in another.
    fn enter(&mut self, folder: &Path, name: String, is_given: bool) -> Result<(), Error> {
        if !self.is_new(folder) {
            return Ok(());
        }
        if Format::of_folder(folder).is_some() {
            self.add_file(folder, name);
            return Ok(());
        }
        let listing = self.listing(folder)?;
        let names = listing.names();
        let Listing { pictures, mut recordings, folders } = listing;
        if pictures.iter().any(|path| self.has_several_frames(path)) {
            recordings.extend(pictures);
            recordings.sort_by(|a, b| natural_cmp(&name_of(a), &name_of(b)));
        } else if !pictures.is_empty() {
            self.push(folder, name.clone(), pictures, None);
        }
        if !is_given && !self.recursive {
            if !(recordings.is_empty() && folders.is_empty()) {
                self.found.passed.push(folder.into());
            }
            return Ok(());
        }
        for file in recordings {
            self.add_file(&file, format!("{name}/{}", names.unique(&file)));
        }
        for inner in folders {
            let name = format!("{name}/{}", names.unique(&inner));
            if let Err(error) = self.enter(&inner, name.clone(), false) {
                self.push(&inner, name, Vec::new(), Some(error.to_string()));
            }
        }
        Ok(())
    }

    /// A recording by itself. What it brings along is not a recording of its own.
    fn add_file(&mut self, path: &Path, name: String) {
        if self.seen.contains(&resolved(path)) {
            return;
        }
        let mut files = vec![path.to_path_buf()];
        if brings_others(path)
            && let Ok(opened) = open_file(path, self.options)
        {
            self.seen.extend(opened.files.iter().map(|file| resolved(file)));
            files = opened.files;
        }
        self.seen.insert(resolved(path));
        self.push(path, name, files, None);
    }

    fn push(&mut self, path: &Path, name: String, files: Vec<PathBuf>, trouble: Option<String>) {
        self.found.stacks.push(Stack { name, path: path.into(), files, trouble });
    }

    /// Whether a folder is gone through for the first time, and is not one of results.
    fn is_new(&mut self, folder: &Path) -> bool {
        let resolved = resolved(folder);
        let is_output = self.output.as_ref() == Some(&resolved) || place::is_output(folder);
        !is_output && self.seen.insert(resolved)
    }

    fn listing(&self, folder: &Path) -> Result<Listing, Error> {
        let refused = |error: std::io::Error| Error::refused(folder, &error);
        let mut listing = Listing::default();
        for entry in std::fs::read_dir(folder).map_err(refused)? {
            let path = entry.map_err(refused)?.path();
            if name_of(&path).starts_with('.') {
                continue;
            }
            match content(&path) {
                Ok(Some(Content::Frames)) => listing.pictures.push(path),
                // What cannot be reached is found out when it is opened.
                Ok(Some(Content::Recording)) | Err(_) => listing.recordings.push(path),
                Ok(None) if path.is_dir() => listing.folders.push(path),
                Ok(None) => {}
            }
        }
        for paths in [&mut listing.pictures, &mut listing.recordings, &mut listing.folders] {
            paths.sort_by(|a, b| natural_cmp(&name_of(a), &name_of(b)));
        }
        Ok(listing)
    }

    fn has_several_frames(&self, path: &Path) -> bool {
        Format::of(path).is_some_and(Format::may_have_several_frames)
            && open_file(path, self.options).is_ok_and(|opened| 1 < opened.source.info().n_frames)
    }
}

impl Listing {
    fn names(&self) -> Names {
        let all = [&self.pictures, &self.recordings, &self.folders];
        Names::of(all.into_iter().flatten().map(PathBuf::as_path))
    }
}

/// A whole disk has no name.
fn name_of_given(folder: &Path) -> String {
    let name = name_of(folder);
    if name.contains(['/', '\\', ':']) { "disk".into() } else { name }
}

/// Whether there may be more files to a recording: only opening it tells.
fn brings_others(path: &Path) -> bool {
    let name = name_of(path).to_lowercase();
    let endings = [".ome.tif", ".ome.tiff", ".mraw", ".cih", ".cihx"];
    path.is_dir() || endings.iter().any(|ending| name.ends_with(ending))
}

fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.into())
}

/// Two folders of one name may be given, from different places.
fn check_names(stacks: &[Stack]) -> Result<(), Error> {
    let mut folded: Vec<(String, &Stack)> =
        stacks.iter().map(|stack| (stack.name.to_lowercase(), stack)).collect();
    folded.sort_by(|a, b| a.0.cmp(&b.0));
    match folded.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        None => Ok(()),
        Some(pair) => Err(Error::Unfit {
            path: pair[1].1.path.clone(),
            cause: format!(
                "its results would have the same name, {}, as those of {}; measure them into different output \
                 folders, or give the folder that both are in with --recursive",
                pair[1].1.name,
                pair[0].1.path.display()
            ),
        }),
    }
}
