//! A page as it is shown to the decoder: a small TIFF of its own, whose pixels are the file's.
//!
//! The decoder takes every tag at its word. It is therefore shown no tag of the file, but a directory
//! that is written here of what has been checked, followed by the file, byte for byte. So it starts
//! at any page at once, sees colours, palettes and odd numbers of bits as the plain numbers they are
//! stored as, and never meets a tag that could mislead it.

use std::io::{self, Read, Seek, SeekFrom};

use super::file::TiffFile;

/// A directory, and behind it a file.
pub(super) struct Shown<'a> {
    start: Vec<u8>,
    file: &'a mut TiffFile,
    position: u64,
}

/// The values of a tag.
pub(super) enum Values<'a> {
    /// Whole numbers below 2¹⁶.
    Short(u64),
    /// A whole number below 2³².
    Long(u64),
    /// Places in the file.
    Offsets(&'a [u64]),
    /// Lengths in bytes.
    Lengths(&'a [u64]),
    /// Bytes as they are.
    Bytes(&'a [u8]),
}

/// Bytes of BigTIFF's header, and of an entry of its directories.
const HEADER_BYTES: usize = 16;
const ENTRY_BYTES: usize = 20;

impl<'a> Shown<'a> {
    /// Shows `file` behind a directory with these tags, which must be in order of their numbers.
    pub(super) fn new(file: &'a mut TiffFile, tags: &[(u16, Values<'_>)]) -> Self {
        let writer = Writer { big_endian: file.big_endian(), bytes: Vec::new() };
        Self { start: writer.directory(tags), file, position: 0 }
    }
}

/// Writes numbers in the file's byte order, which is also that of its pixels.
struct Writer {
    big_endian: bool,
    bytes: Vec<u8>,
}

impl Writer {
    /// A BigTIFF's header, its only directory, and the values that do not fit into it.
    fn directory(mut self, tags: &[(u16, Values<'_>)]) -> Vec<u8> {
        let values_at = HEADER_BYTES + 8 + tags.len() * ENTRY_BYTES + 8;
        let n_bytes: usize = tags.iter().map(|(_, values)| values.outer_bytes()).sum();
        let file_at = (values_at + n_bytes) as u64;
        self.bytes.reserve(values_at + n_bytes);
        self.bytes.extend(if self.big_endian { b"MM" } else { b"II" });
        self.number(43, 2);
        self.number(8, 2);
        self.number(0, 2);
        self.number(HEADER_BYTES as u64, 8);
        self.number(tags.len() as u64, 8);
        let mut at = values_at;
        for (tag, values) in tags {
            self.entry(*tag, values, at as u64, file_at);
            at += values.outer_bytes();
        }
        self.number(0, 8);
        for (_, values) in tags.iter().filter(|(_, values)| 0 < values.outer_bytes()) {
            self.values(values, file_at);
        }
        self.bytes
    }

    /// An entry whose values, unless they fit, are at `at`.
    fn entry(&mut self, tag: u16, values: &Values<'_>, at: u64, file_at: u64) {
        self.number(tag.into(), 2);
        self.number(values.type_code(), 2);
        self.number(values.n(), 8);
        if 0 < values.outer_bytes() {
            return self.number(at, 8);
        }
        let end = self.bytes.len() + 8;
        self.values(values, file_at);
        self.bytes.resize(end, 0);
    }

    /// The values themselves; what they say of places in the file counts from the directory's start.
    fn values(&mut self, values: &Values<'_>, file_at: u64) {
        match values {
            Values::Short(value) => self.number(*value, 2),
            Values::Long(value) => self.number(*value, 4),
            Values::Offsets(all) => all.iter().for_each(|value| self.number(value + file_at, 8)),
            Values::Lengths(all) => all.iter().for_each(|value| self.number(*value, 8)),
            Values::Bytes(bytes) => self.bytes.extend(*bytes),
        }
    }

    fn number(&mut self, value: u64, n_bytes: usize) {
        let bytes = value.to_le_bytes();
        match self.big_endian {
            true => self.bytes.extend(bytes[..n_bytes].iter().rev()),
            false => self.bytes.extend(&bytes[..n_bytes]),
        }
    }
}

impl Values<'_> {
    /// Bytes of values that do not fit into the entry.
    fn outer_bytes(&self) -> usize {
        let n_bytes = match self {
            Self::Short(_) | Self::Long(_) => 0,
            Self::Offsets(values) | Self::Lengths(values) => values.len() * 8,
            Self::Bytes(bytes) => bytes.len(),
        };
        if n_bytes <= 8 { 0 } else { n_bytes }
    }

    fn n(&self) -> u64 {
        match self {
            Self::Short(_) | Self::Long(_) => 1,
            Self::Offsets(values) | Self::Lengths(values) => values.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// The standard's number for such values.
    fn type_code(&self) -> u64 {
        match self {
            Self::Short(_) => 3,
            Self::Long(_) => 4,
            Self::Offsets(_) | Self::Lengths(_) => 16,
            Self::Bytes(_) => 7,
        }
    }
}

impl Read for Shown<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_start = self.start.len() as u64;
        let n = if self.position < n_start {
            let mut rest = &self.start[self.position as usize..];
            rest.read(buffer)?
        } else {
            self.file.read(buffer)?
        };
        self.position += n as u64;
        // What follows is the file from its first byte.
        if n != 0 && self.position == n_start {
            self.file.seek(SeekFrom::Start(0))?;
        }
        Ok(n)
    }
}

impl Seek for Shown<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let n_start = self.start.len() as u64;
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => (n_start + self.file.n_bytes()).checked_add_signed(by),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        if let Some(in_file) = target.checked_sub(n_start) {
            self.file.seek(SeekFrom::Start(in_file))?;
        }
        self.position = target;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_follows_the_directory_wherever_reading_starts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for (start, one) in [(*b"II*\0", [1, 0]), (*b"MM\0*", [0, 1])] {
            let content = [&start[..], &[8; 4], b"abcdefgh"].concat();
            std::fs::write(&path, &content).unwrap();
            let mut file = TiffFile::open(&path).unwrap();
            let tags = [
                (256, Values::Short(1)),
                (273, Values::Offsets(&[8, 12])),
                (347, Values::Bytes(b"xy")),
            ];
            let mut shown = Shown::new(&mut file, &tags);
            let mut all = Vec::new();
            shown.read_to_end(&mut all).unwrap();
            let n_start = all.len() - content.len();
            assert_eq!(all[n_start..], content);
            assert_eq!(all[..2], start[..2]);
            // The first entry's only value.
            assert_eq!(all[16 + 8 + 12..][..2], one);
            for at in 0..all.len() {
                shown.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut two = Vec::new();
                (&mut shown).take(2).read_to_end(&mut two).unwrap();
                assert_eq!(two, all[at..(at + 2).min(all.len())]);
            }
        }
    }
}
