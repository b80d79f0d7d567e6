//! The chunks of an array, decoded when they are needed.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use super::super::{Cause, plain_io};
use super::array::Array;
use super::node::number_of;

/// Gives chunks by their places, and keeps those that the next frame needs again.
pub(super) struct Chunks {
    folder: PathBuf,
    pub(super) array: Array,
    /// The numbers of the files that are there.
    there: HashSet<u64>,
    /// How many files, and chunks, lie along each axis.
    file_counts: Vec<u64>,
    chunk_counts: Vec<u64>,
    /// Decoded chunks, by their numbers.
    kept: HashMap<u64, Vec<u8>>,
    kept_bytes: usize,
    /// What was decoded last and is not kept.
    last: Vec<u8>,
    /// Where the chunks of files with many are, by the file's number.
    indices: HashMap<u64, Vec<u64>>,
}

/// Frames whose chunks hold many frames are decoded once if all of them take no more than this; else those beyond are
/// decoded for each frame again.
const MOST_KEPT_BYTES: usize = 1 << 30;

/// What stands for the place of a chunk that is not in its shard.
const NOWHERE: u64 = u64::MAX;

impl Chunks {
    pub(super) fn new(folder: PathBuf, array: Array, there: HashSet<u64>) -> Self {
        let file_counts = array.counts(&array.file_shape);
        let chunk_counts = array.counts(array.chunk_shape());
        Self {
            folder,
            array,
            there,
            file_counts,
            chunk_counts,
            kept: HashMap::new(),
            kept_bytes: 0,
            last: Vec::new(),
            indices: HashMap::new(),
        }
    }

    /// Lets go of what is kept.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
        self.kept_bytes = 0;
        self.indices.clear();
    }

    /// The bytes of a chunk's numbers, or nothing if it was never written.
    pub(super) fn chunk(&mut self, place: &[u64], keep: bool) -> Result<Option<&[u8]>, Cause> {
        let number = number_of(place, &self.chunk_counts);
        if !self.kept.contains_key(&number) {
            let Some(bytes) = self.decoded(place)? else { return Ok(None) };
            if !keep || MOST_KEPT_BYTES < self.kept_bytes + bytes.len() {
                self.last = bytes;
                return Ok(Some(&self.last));
            }
            self.kept_bytes += bytes.len();
            self.kept.insert(number, bytes);
        }
        Ok(self.kept.get(&number).map(Vec::as_slice))
    }

    fn decoded(&mut self, place: &[u64]) -> Result<Option<Vec<u8>>, Cause> {
        let shapes = self.array.file_shape.iter().zip(self.array.chunk_shape());
        let (file, within): (Vec<u64>, Vec<u64>) = shapes
            .zip(place)
            .map(|((file, chunk), place)| {
                let in_file = file / chunk;
                (place / in_file, place % in_file)
            })
            .unzip();
        if !self.there.contains(&number_of(&file, &self.file_counts)) {
            return Ok(None);
        }
        let name = self.array.keys.name(&file);
        let stored = match self.array.chain.shards {
            Some(_) => self.stored_in_shard(&file, &within),
            None => self.stored(&name),
        };
        let stored = stored.map_err(|cause| format!("chunk {name}: {cause}"))?;
        let Some(stored) = stored else { return Ok(None) };
        let decoded = self.array.chunk_chain().undone(stored, self.array.chunk_bytes());
        decoded.map(Some).map_err(|cause| format!("chunk {name}: {cause}"))
    }

    /// The most bytes that a chunk can have been made of.
    fn most_stored(&self) -> u64 {
        let n_bytes = self.array.chunk_bytes() as u64;
        n_bytes + n_bytes / 8 + (64 << 10)
    }

    /// All bytes of a file.
    fn stored(&self, name: &str) -> Result<Option<Vec<u8>>, Cause> {
        let mut file = File::open(self.folder.join(name)).map_err(|error| plain_io(&error))?;
        self.read(&mut file, u64::MAX).map(Some)
    }

    /// The next bytes of a file, up to so many or its end.
    fn read(&self, file: &mut File, n_bytes: u64) -> Result<Vec<u8>, Cause> {
        let most = self.most_stored();
        let mut bytes = Vec::new();
        let read = file.take(n_bytes.min(most + 1)).read_to_end(&mut bytes);
        read.map_err(|error| plain_io(&error))?;
        if most < bytes.len() as u64 {
            return Err(format!("it takes more than {most} bytes"));
        }
        Ok(bytes)
    }

    /// The bytes of one of a file's chunks.
    fn stored_in_shard(&mut self, file: &[u64], within: &[u64]) -> Result<Option<Vec<u8>>, Cause> {
        let name = self.array.keys.name(file);
        let mut opened = File::open(self.folder.join(&name)).map_err(|error| plain_io(&error))?;
        let shapes = self.array.file_shape.iter().zip(self.array.chunk_shape());
        let counts: Vec<u64> = shapes.map(|(file, chunk)| file / chunk).collect();
        let number = number_of(file, &self.file_counts);
        if !self.indices.contains_key(&number) {
            let index = self.index(&mut opened, counts.iter().product())?;
            self.indices.insert(number, index);
        }
        let at = 2 * number_of(within, &counts) as usize;
        let (start, length) = (self.indices[&number][at], self.indices[&number][at + 1]);
        if (start, length) == (NOWHERE, NOWHERE) {
            return Ok(None);
        }
        opened.seek(SeekFrom::Start(start)).map_err(|_| super::bounded::damaged())?;
        let bytes = self.read(&mut opened, length)?;
        match bytes.len() as u64 == length {
            true => Ok(Some(bytes)),
            false => Err("the file ends too early".into()),
        }
    }

    /// Where each of a file's chunks begins, and how many bytes it has.
    fn index(&self, file: &mut File, n_chunks: u64) -> Result<Vec<u64>, Cause> {
        let shards = self.array.chain.shards.as_ref().expect("asked for files with many chunks");
        let there = file.metadata().map_err(|error| plain_io(&error))?.len();
        let guard = if shards.is_index_guarded { 4 } else { 0 };
        let length = n_chunks.checked_mul(16).and_then(|n| n.checked_add(guard));
        let length = length.filter(|&length| length <= there).ok_or("the file ends too early")?;
        let start = if shards.is_index_at_end { there - length } else { 0 };
        file.seek(SeekFrom::Start(start)).map_err(|error| plain_io(&error))?;
        let mut bytes = vec![0; length as usize];
        file.read_exact(&mut bytes).map_err(|error| plain_io(&error))?;
        let bytes = match shards.is_index_guarded {
            true => super::squeezed::guarded(&bytes)?,
            false => &bytes,
        };
        Ok(bytes.as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect())
    }
}
