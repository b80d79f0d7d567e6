//! The opened file, of which no more is believed than its bytes back.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::super::{Cause, plain_io};

/// An opened video.
pub(super) struct VideoFile {
    pub(super) path: PathBuf,
    file: File,
    pub(super) n_bytes: u64,
}

impl VideoFile {
    pub(super) fn new(path: &Path, file: File) -> Result<Self, Cause> {
        let n_bytes = file.metadata().map_err(|error| plain_io(&error))?.len();
        Ok(Self { path: path.into(), file, n_bytes })
    }

    /// Fills `bytes` with `n_bytes` of the file. Memory is only given for bytes that are there.
    pub(super) fn read(
        &mut self,
        offset: u64,
        n_bytes: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Cause> {
        let is_there = offset.checked_add(n_bytes).is_some_and(|end| end <= self.n_bytes);
        if !is_there {
            return Err(format!(
                "the file ends before it: its {n_bytes} bytes begin at {offset}, and there are {} in all",
                self.n_bytes
            ));
        }
        let n_bytes = usize::try_from(n_bytes).map_err(|_| "it is too large for this computer")?;
        bytes.clear();
        bytes.resize(n_bytes, 0);
        self.read_exact(offset, bytes)
    }

    /// Fills all of `bytes` from the file.
    pub(super) fn read_exact(&mut self, offset: u64, bytes: &mut [u8]) -> Result<(), Cause> {
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| plain_io(&error))?;
        self.file.read_exact(bytes).map_err(|error| plain_io(&error))
    }
}
