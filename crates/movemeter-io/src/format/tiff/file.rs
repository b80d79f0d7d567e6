//! A TIFF file that can be shown to a decoder with some of its bytes changed.
//!
//! The decoder starts at the first page and takes every tag at its word. By showing it another
//! header it starts at any page at once; by showing it another tag it gives numbers as they are
//! stored where it would interpret them. The file itself is never written.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::super::{Cause, plain_io};

/// An open TIFF file.
pub(super) struct TiffFile {
    reader: BufReader<File>,
    n_bytes: u64,
    position: u64,
    big_endian: bool,
    is_big_tiff: bool,
    first_directory: u64,
    patches: Vec<Patch>,
}

/// Bytes that are shown in place of the file's.
struct Patch {
    at: u64,
    bytes: Vec<u8>,
}

impl TiffFile {
    pub(super) fn open(path: &Path) -> Result<Self, Cause> {
        let file = File::open(path).map_err(|error| plain_io(&error))?;
        let n_bytes = file.metadata().map_err(|error| plain_io(&error))?.len();
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
            patches: Vec::new(),
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

    /// The bytes at a place of the file, unchanged.
    pub(super) fn bytes_at(&mut self, at: u64, n: u64) -> Result<Vec<u8>, Cause> {
        // Checked before memory is asked for: the number may be a lie.
        if at.checked_add(n).is_none_or(|end| self.n_bytes < end) {
            return Err("the file ends too early".into());
        }
        self.show_unchanged();
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

    /// Shows the file as it is.
    pub(super) fn show_unchanged(&mut self) {
        self.patches.clear();
    }

    /// Shows the file as if it began with the page whose directory is at `directory`.
    pub(super) fn show_page(&mut self, directory: u64) {
        self.patches.clear();
        // The header is one offset long, and ends with the offset of the first page.
        let n = self.offset_bytes();
        self.show_number(n as u64, n, directory);
        self.position = 0;
        // A seek that fails here fails again in the decoder, which reports it.
        self.reader.rewind().unwrap_or_default();
    }

    /// Shows the `n`-byte number `value` at a place of the file.
    pub(super) fn show_number(&mut self, at: u64, n: usize, value: u64) {
        let mut bytes = value.to_le_bytes()[..n].to_vec();
        if self.big_endian {
            bytes.reverse();
        }
        self.patches.push(Patch { at, bytes });
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
        Ok(())
    }
}

impl Read for TiffFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        for patch in &self.patches {
            for (at, &byte) in (patch.at..).zip(&patch.bytes) {
                if (self.position..self.position + n as u64).contains(&at) {
                    buffer[(at - self.position) as usize] = byte;
                }
            }
        }
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
    fn changed_bytes_are_shown_wherever_the_reading_starts() {
        let mut file = file_of(b"II*\0\x08\0\0\0abcdefgh");
        file.show_page(0x0102);
        file.show_number(11, 2, 0x5857);
        let mut all = Vec::new();
        file.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"II*\0\x02\x01\0\0abcWXfgh");
        for start in 0..all.len() {
            file.seek(SeekFrom::Start(start as u64)).unwrap();
            let mut two = [0; 2];
            let n = file.read(&mut two).unwrap();
            assert_eq!(two[..n], all[start..start + n]);
        }
        assert_eq!(file.bytes_at(11, 2).unwrap(), b"de");
    }

    #[test]
    fn numbers_are_shown_in_the_order_of_the_file() {
        let mut file = file_of(b"MM\0*\0\0\0\x08xxxx");
        assert_eq!(file.first_directory(), 8);
        file.show_page(0x0a0b);
        let mut start = [0; 8];
        file.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"MM\0*\0\0\x0a\x0b");
    }

    #[test]
    fn more_bytes_than_there_are_cost_no_memory() {
        let mut file = file_of(b"II*\0\x08\0\0\0");
        assert_eq!(file.bytes_at(4, u64::MAX).unwrap_err(), "the file ends too early");
        assert_eq!(file.bytes_at(6, 3).unwrap_err(), "the file ends too early");
    }
}
