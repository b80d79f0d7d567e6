//! Folders of a Zarr: their metadata, and the files of an array's chunks.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::{Cause, plain_io};
use super::array::{Array, Keys};

/// What a folder is.
pub(super) enum Content {
    Array(Box<Array>),
    Group,
}

/// A folder of a Zarr.
pub(super) struct Node {
    pub(super) content: Content,
    /// What users wrote of it.
    pub(super) attributes: Value,
    /// The files of metadata that were read.
    pub(super) files: Vec<PathBuf>,
}

const ARRAY_V2: &str = ".zarray";
const GROUP_V2: &str = ".zgroup";
const ATTRIBUTES_V2: &str = ".zattrs";
const V3: &str = "zarr.json";

/// Whether a folder is a Zarr, whatever its name.
pub(crate) fn is_zarr(folder: &Path) -> bool {
    [ARRAY_V2, GROUP_V2, V3].iter().any(|name| folder.join(name).is_file())
        || json(&folder.join(ATTRIBUTES_V2))
            .is_ok_and(|about| about.is_some_and(|about| about.get("multiscales").is_some()))
}

impl Node {
    pub(super) fn read(folder: &Path) -> Result<Self, Cause> {
        let file = |name: &str| folder.join(name);
        if let Some(about) = json(&file(V3))? {
            let attributes = about.get("attributes").cloned().unwrap_or_default();
            let content = match about.get("node_type").and_then(Value::as_str) {
                Some("array") => Content::Array(Box::new(Array::of_v3(&about)?)),
                Some("group") => Content::Group,
                _ => return Err(format!("its {V3} says neither array nor group")),
            };
            return Ok(Self { content, attributes, files: vec![file(V3)] });
        }
        let array = json(&file(ARRAY_V2))?;
        let content = match &array {
            Some(about) => Content::Array(Box::new(Array::of_v2(about)?)),
            None => Content::Group,
        };
        let attributes = json(&file(ATTRIBUTES_V2))?.unwrap_or_default();
        let files = [ARRAY_V2, GROUP_V2, ATTRIBUTES_V2].map(file);
        let files: Vec<PathBuf> = files.into_iter().filter(|file| file.is_file()).collect();
        match files.is_empty() {
            true => Err(format!("there is no array in {}", folder.display())),
            false => Ok(Self { content, attributes, files }),
        }
    }
}

/// Metadata are some kilobytes; groups may list all that is in them.
const MOST_JSON_BYTES: u64 = 16 << 20;

/// A file of metadata, if it is there.
fn json(path: &Path) -> Result<Option<Value>, Cause> {
    let name = || path.file_name().unwrap_or_default().display().to_string();
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(|error| format!("{}: {}", name(), plain_io(&error)))?,
    };
    let mut text = Vec::new();
    file.take(MOST_JSON_BYTES).read_to_end(&mut text).map_err(|error| plain_io(&error))?;
    let parsed = serde_json::from_slice(&text);
    parsed.map(Some).map_err(|error| format!("its {} is damaged: {error}", name()))
}

/// The folders directly in a folder that are parts of a Zarr, for messages.
pub(super) fn parts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let parts = entries.filter(|entry| is_zarr(&entry.path()));
    let mut names: Vec<String> =
        parts.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_by(|a, b| crate::natural::natural_cmp(a, b));
    names
}

/// A chunk's file.
pub(super) struct ChunkFile {
    /// Its number in the order of the array.
    pub(super) number: u64,
    pub(super) path: PathBuf,
}

/// The files of all chunks that are there, in their order.
pub(super) fn chunk_files(folder: &Path, array: &Array) -> Result<Vec<ChunkFile>, Cause> {
    let mut listing = Listing {
        folder,
        keys: array.keys,
        counts: array.counts(&array.file_shape),
        files: vec![],
    };
    listing.list("")?;
    listing.files.sort_unstable_by_key(|file| file.number);
    Ok(listing.files)
}

/// A chunk's number, those along the last axis one after the other.
pub(super) fn number_of(index: &[u64], counts: &[u64]) -> u64 {
    index.iter().zip(counts).fold(0, |number, (index, count)| number * count + index)
}

/// Finds files that are named as chunks, also in folders within.
struct Listing<'a> {
    folder: &'a Path,
    keys: Keys,
    counts: Vec<u64>,
    files: Vec<ChunkFile>,
}

impl Listing<'_> {
    fn list(&mut self, within: &str) -> Result<(), Cause> {
        let refused = |error: std::io::Error| plain_io(&error);
        for entry in fs::read_dir(self.folder.join(within)).map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = if within.is_empty() { name } else { format!("{within}/{name}") };
            match self.keys.index(&name) {
                Some(index) if index.len() == self.counts.len() => self.add(&index, &name),
                Some(_) if self.keys.separator == '/' && entry.path().is_dir() => {
                    self.list(&name)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, index: &[u64], name: &str) {
        if index.iter().zip(&self.counts).all(|(index, count)| index < count) {
            let number = number_of(index, &self.counts);
            self.files.push(ChunkFile { number, path: self.folder.join(name) });
        }
    }
}
