//! What is written beside a stack's tables when they are whole: of what, how, and by which program they were made.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::found::Stack;
use crate::error::Error;
use crate::moment::iso;
use crate::output::{OutputFile, folder_of};
use crate::provenance::{HashedInput, hash_input, hex};
use crate::recipe_file::RecipeFile;
use crate::series::Input;

/// The name of a [`Record`] in a stack's folder. It appears last.
pub(super) const DONE: &str = "done.json";
/// The name of a [`Failure`] in a stack's folder.
pub(super) const FAILED: &str = "failed.json";
/// The program's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a stack's tables were made of, and how. It lies beside them as `done.json`, and nothing else does
/// when they are not whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The program's version.
    pub movemeter: String,
    /// What the stack is called.
    pub stack: String,
    /// Of all settings: it tells one recipe from another.
    pub recipe_sha256: String,
    /// If the recording could not be read to its end: what is missing, and why.
    pub incomplete: Option<String>,
    /// How many frames were measured, or left out as the recipe says.
    pub frames: usize,
    /// How many windows were measured in each.
    pub windows: usize,
    /// Windows times frames, without frames left out.
    pub samples: usize,
    /// How many of these could be measured.
    pub ok: usize,
    /// When it began and ended, in UTC.
    pub began: String,
    /// See `began`.
    pub ended: String,
    /// How long it took, s.
    pub seconds: f64,
    /// The recording, and the mask's image if there is one.
    pub inputs: Vec<InputRecord>,
    /// The tables beside it.
    pub tables: Vec<FileRecord>,
}

/// A recording as it was when it was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRecord {
    /// Where it was.
    pub path: String,
    /// As in tables.
    pub sha256: String,
    /// All files that were read, their paths as seen from the folder, or from the folder that the file is in.
    pub files: Vec<FileRecord>,
}

/// A file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its name, or path.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// When it was last changed, in UTC; empty where the file system does not say.
    pub modified: String,
}

/// Why a stack could not be measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) movemeter: String,
    pub(super) stack: String,
    pub(super) recipe_sha256: String,
    pub(super) message: String,
    pub(super) ended: String,
}

/// Reads a file that was written by [`write`]; `None` if there is none that can be read.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Writes a small file of JSON, whole or not at all.
pub(super) fn write(record: &impl Serialize, path: &Path) -> Result<(), Error> {
    let text = serde_json::to_string_pretty(record).expect("records are words and numbers");
    let mut file = OutputFile::create(path)?;
    writeln!(file, "{text}").map_err(|error| Error::unwritable(path, &error))?;
    file.finish()
}

impl Record {
    /// The file in a stack's folder of results.
    pub(super) fn read(results: &Path) -> Option<Self> {
        read(&results.join(DONE))
    }

    /// Whether all its tables are still there, and of these names.
    pub(super) fn has_tables(&self, names: &[String], results: &Path) -> bool {
        let is_there = |name: &String| {
            let recorded = self.tables.iter().find(|table| table.path == *name);
            let now = std::fs::metadata(results.join(name));
            recorded.is_some_and(|table| now.is_ok_and(|now| now.len() == table.bytes))
        };
        names.iter().all(is_there)
    }
}

impl InputRecord {
    /// An input whose hash was taken, with its files as they were before.
    pub(super) fn new(input: &Input, files: Vec<FileRecord>, hashed: &HashedInput) -> Self {
        let path = resolved(&input.path).to_string_lossy().into_owned();
        Self { path, sha256: hashed.sha256.clone(), files }
    }

    /// Whether all files of a stack, found now, are as they were: their lengths and times, or their bytes.
    pub(super) fn is_of(&self, stack: &Stack, check_hashes: bool) -> bool {
        let folder = base(&stack.path);
        let there: HashMap<String, PathBuf> =
            stack.files.iter().map(|file| (within(file, &folder), file.clone())).collect();
        let known: HashMap<&str, &FileRecord> =
            self.files.iter().map(|file| (&*file.path, file)).collect();
        if there.keys().any(|name| !known.contains_key(&**name)) {
            return false;
        }
        let path_of = |file: &FileRecord| {
            there.get(&file.path).cloned().unwrap_or_else(|| folder.join(&file.path))
        };
        let files: Vec<PathBuf> = self.files.iter().map(path_of).collect();
        self.is_unchanged(&Input { path: stack.path.clone(), files }, check_hashes)
    }

    /// The same for an input that is where it was.
    pub(super) fn is_as_it_was(&self, check_hashes: bool) -> bool {
        let path = PathBuf::from(&self.path);
        let folder = base(&path);
        let files = self.files.iter().map(|file| folder.join(&file.path)).collect();
        self.is_unchanged(&Input { path, files }, check_hashes)
    }

    fn is_unchanged(&self, input: &Input, check_hashes: bool) -> bool {
        if check_hashes {
            return hash_input(input).is_ok_and(|hashed| hashed.sha256 == self.sha256);
        }
        FileRecord::of_input(input).is_ok_and(|files| files == self.files)
    }

    /// Whether it was read from this path.
    pub(super) fn was_at(&self, path: &Path) -> bool {
        self.path == resolved(path).to_string_lossy()
    }
}

impl FileRecord {
    /// All files of an input, as they are now.
    pub(super) fn of_input(input: &Input) -> Result<Vec<Self>, Error> {
        let folder = base(&input.path);
        let of = |file: &PathBuf| Self::new(file, within(file, &folder));
        input.files.iter().map(of).collect()
    }

    /// A file as it is now, by the name that it is to have.
    pub(super) fn new(path: &Path, name: String) -> Result<Self, Error> {
        let about = std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
        let modified = about.modified().map(iso).unwrap_or_default();
        Ok(Self { path: name, bytes: about.len(), modified })
    }
}

/// What tells all settings of a recipe from those of another.
pub(super) fn recipe_sha256(file: &RecipeFile) -> String {
    let mut recipe = file.recipe.clone();
    // Its image is an input; where it lies makes no difference.
    recipe.mask = recipe.mask.map(|_| String::from("mask").into());
    let settings = (&recipe, &file.rois, file.opening.choices());
    let text = serde_json::to_string(&settings).expect("settings are numbers and words");
    hex(&Sha256::digest(text))
}

/// The folder that names of an input's files are seen from.
fn base(input: &Path) -> PathBuf {
    if input.is_dir() { input.into() } else { folder_of(input) }
}

fn within(file: &Path, folder: &Path) -> String {
    let inner = file.strip_prefix(folder);
    // In a folder given as `.`, files may be given without it.
    inner.unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.into())
}
