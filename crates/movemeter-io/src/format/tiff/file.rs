//! The bytes of a TIFF file, and the byte order in which its numbers are written.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::{Cause, open_sized, plain_io};

/// An open TIFF file.
pub(super) struct TiffFile {
    reader: BufReader<File>,
    n_bytes: u64,
    position: u64,
    big_endian: bool,
    is_big_tiff: bool,
    first_directory: u64,
}

impl TiffFile {
    pub(super) fn open(path: &Path) -> Result<Self, Cause> {
        let (file, n_bytes) = open_sized(path)?;
        if n_bytes == 0 {
            return Err("the file is empty".into());
        }
        let mut file = Self {
            reader: BufReader::new(file),
            n_bytes,
            position: 0,
            big_endian: false,
            is_big_tiff: false,
            first_directory: 0,
        };
        file.read_header()?;
        Ok(file)
    }

    /// How long the file is.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Whether numbers begin with their most significant byte.
    pub(super) fn big_endian(&self) -> bool {
        self.big_endian
    }

    /// Bytes of an offset or a count: 8 in BigTIFF, 4 in classic TIFF.
    pub(super) fn offset_bytes(&self) -> usize {
        if self.is_big_tiff { 8 } else { 4 }
    }

    /// Where the first page's directory is.
    pub(super) fn first_directory(&self) -> u64 {
        self.first_directory
    }

    /// The bytes at a place of the file.
    pub(super) fn bytes_at(&mut self, at: u64, n: u64) -> Result<Vec<u8>, Cause> {
        // Checked before memory is asked for: the number may be a lie.
        if at.checked_add(n).is_none_or(|end| self.n_bytes < end) {
            return Err("the file ends too early".into());
        }
        let mut bytes = vec![0; usize::try_from(n).map_err(|_| "the file ends too early")?];
        self.seek(SeekFrom::Start(at)).map_err(|error| plain_io(&error))?;
        self.read_exact(&mut bytes).map_err(|error| plain_io(&error))?;
        Ok(bytes)
    }

    /// The whole number that these bytes are in the file's order.
    pub(super) fn number(&self, bytes: &[u8]) -> u64 {
        let join = |number, &byte| number << 8 | u64::from(byte);
        if self.big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    fn read_header(&mut self) -> Result<(), Cause> {
        let not_tiff = || Cause::from("it does not begin as TIFF files do");
        let start = self.bytes_at(0, 8).map_err(|_| not_tiff())?;
        self.big_endian = match &start[..2] {
            b"II" => false,
            b"MM" => true,
            _ => return Err(not_tiff()),
        };
        match self.number(&start[2..4]) {
            42 => self.first_directory = self.number(&start[4..8]),
            43 => {
                let offset = self.bytes_at(8, 8)?;
                self.is_big_tiff = true;
                self.first_directory = self.number(&offset);
            }
            _ => return Err(not_tiff()),
        }
        match self.first_directory {
            0 => Err("it has no pages".into()),
            _ => Ok(()),
        }
    }
}

impl Read for TiffFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.position += n as u64;
        Ok(n)
    }
}

impl Seek for TiffFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.n_bytes.checked_add_signed(by),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        // Relative seeks keep what is buffered: tags lie close together.
        match i64::try_from(i128::from(target) - i128::from(self.position)) {
            Ok(by) => self.reader.seek_relative(by)?,
            Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.position = target;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file_of(bytes: &[u8]) -> TiffFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        TiffFile::open(file.path()).unwrap()
    }

    #[test]
    fn numbers_are_in_the_order_of_the_file() {
        let file = file_of(b"MM\0*\0\0\0\x08xxxx");
        assert_eq!((file.first_directory(), file.number(&[1, 2])), (8, 258));
        let file = file_of(b"II*\0\x08\0\0\0xxxx");
        assert_eq!((file.first_directory(), file.number(&[1, 2])), (8, 513));
    }

    #[test]
    fn more_bytes_than_there_are_cost_no_memory() {
        let mut file = file_of(b"II*\0\x08\0\0\0");
        assert_eq!(file.bytes_at(4, u64::MAX).unwrap_err(), "the file ends too early");
        assert_eq!(file.bytes_at(6, 3).unwrap_err(), "the file ends too early");
    }
}
