//! The list of tags that describes one page of a TIFF file.

use super::super::Cause;
use super::file::TiffFile;

/// The tags that are looked at, by their numbers in the standard.
pub(super) mod tag {
    pub(in super::super) const SUBFILE_TYPE: u16 = 254;
    pub(in super::super) const WIDTH: u16 = 256;
    pub(in super::super) const HEIGHT: u16 = 257;
    pub(in super::super) const BITS: u16 = 258;
    pub(in super::super) const COMPRESSION: u16 = 259;
    pub(in super::super) const PHOTOMETRIC: u16 = 262;
    pub(in super::super) const DESCRIPTION: u16 = 270;
    pub(in super::super) const STRIP_OFFSETS: u16 = 273;
    pub(in super::super) const SAMPLES: u16 = 277;
    pub(in super::super) const ROWS_PER_STRIP: u16 = 278;
    pub(in super::super) const STRIP_BYTES: u16 = 279;
    pub(in super::super) const X_RESOLUTION: u16 = 282;
    pub(in super::super) const PLANAR: u16 = 284;
    pub(in super::super) const PREDICTOR: u16 = 317;
    pub(in super::super) const COLOUR_MAP: u16 = 320;
    pub(in super::super) const TILE_OFFSETS: u16 = 324;
    pub(in super::super) const TILE_BYTES: u16 = 325;
    pub(in super::super) const EXTRA_SAMPLES: u16 = 338;
    pub(in super::super) const SAMPLE_FORMAT: u16 = 339;
    pub(in super::super) const YCBCR_SUBSAMPLING: u16 = 530;
}

/// A page's tags.
pub(super) struct Directory {
    /// Where the next page's directory is; 0 after the last.
    pub(super) next: u64,
    entries: Vec<Entry>,
}

struct Entry {
    tag: u16,
    /// How many bytes one value has, and whether values are whole numbers.
    value_bytes: u64,
    is_whole: bool,
    n_values: u64,
    /// Where the entry is in the file.
    entry_at: u64,
    /// Where the values are in the file.
    at: u64,
}

/// A private tag that no decoder looks for.
const UNUSED_TAG: u64 = 65_000;

/// Real pages have some twenty tags; the classic format cannot count beyond this.
const MOST_ENTRIES: u64 = u16::MAX as u64;

impl Directory {
    /// Reads the tags, not the values that do not fit beside them.
    pub(super) fn read(file: &mut TiffFile, at: u64) -> Result<Self, Cause> {
        // Bytes of the number of entries, and of an entry, in BigTIFF and classic TIFF.
        let offset = file.offset_bytes() as u64;
        let (count, entry) = if offset == 8 { (8, 20) } else { (2, 12) };
        let n_entries = file.bytes_at(at, count)?;
        let n_entries = file.number(&n_entries);
        if MOST_ENTRIES < n_entries {
            return Err(format!("a page claims to have {n_entries} tags"));
        }
        let bytes = file.bytes_at(at + count, n_entries * entry + offset)?;
        let (entries, next) = bytes.split_at((n_entries * entry) as usize);
        let entries = entries.chunks_exact(entry as usize).zip(0..).map(|(bytes, index)| {
            Entry::new(file, bytes, at + count + index * entry, offset as usize)
        });
        Ok(Self { entries: entries.collect(), next: file.number(next) })
    }

    /// The first value of a tag of whole numbers.
    pub(super) fn number(&self, file: &mut TiffFile, tag: u16) -> Result<Option<u64>, Cause> {
        Ok(self.numbers_up_to(file, tag, 1)?.and_then(|numbers| numbers.first().copied()))
    }

    /// All values of a tag of whole numbers.
    pub(super) fn numbers(&self, file: &mut TiffFile, tag: u16) -> Result<Option<Vec<u64>>, Cause> {
        self.numbers_up_to(file, tag, u64::MAX)
    }

    /// The bytes of a tag, as in the file.
    pub(super) fn bytes(&self, file: &mut TiffFile, tag: u16) -> Result<Option<Vec<u8>>, Cause> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        file.bytes_at(entry.at, entry.value_bytes.saturating_mul(entry.n_values)).map(Some)
    }

    /// Whether the page has this tag.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.find(tag).is_some()
    }

    /// Shows the file with another first value of this tag.
    pub(super) fn show_value(&self, file: &mut TiffFile, tag: u16, value: u64) {
        if let Some(entry) = self.find(tag) {
            file.show_number(entry.at, entry.value_bytes as usize, value);
        }
    }

    /// Shows the file with only a part of this tag's values, which are `values`.
    pub(super) fn show_values(&self, file: &mut TiffFile, tag: u16, first: usize, values: &[u64]) {
        let Some(entry) = self.find(tag) else { return };
        let (word, value_bytes) = (file.offset_bytes(), entry.value_bytes as usize);
        let (count_at, value_at) = (entry.entry_at + 4, entry.entry_at + 4 + word as u64);
        file.show_number(count_at, word, values.len() as u64);
        // Values that fit must stand in the entry itself.
        if values.len() * value_bytes <= word {
            for (&value, at) in values.iter().zip((value_at..).step_by(value_bytes)) {
                file.show_number(at, value_bytes, value);
            }
        } else {
            let at = entry.at + (first * value_bytes) as u64;
            file.show_number(value_at, word, at);
        }
    }

    /// Shows the file without this tag.
    pub(super) fn hide(&self, file: &mut TiffFile, tag: u16) {
        if let Some(entry) = self.find(tag) {
            file.show_number(entry.entry_at, 2, UNUSED_TAG);
        }
    }

    fn find(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn numbers_up_to(
        &self,
        file: &mut TiffFile,
        tag: u16,
        most: u64,
    ) -> Result<Option<Vec<u64>>, Cause> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        if !entry.is_whole {
            return Err(format!("its tag {tag} is not a whole number"));
        }
        let n_bytes = entry.value_bytes.saturating_mul(entry.n_values.min(most));
        let bytes = file.bytes_at(entry.at, n_bytes)?;
        let numbers = bytes.chunks_exact(entry.value_bytes as usize);
        Ok(Some(numbers.map(|bytes| file.number(bytes)).collect()))
    }
}

impl Entry {
    fn new(file: &TiffFile, bytes: &[u8], entry_at: u64, offset_bytes: usize) -> Self {
        let (value_bytes, is_whole): (u64, bool) = match file.number(&bytes[2..4]) {
            1 => (1, true),
            3 => (2, true),
            4 | 13 => (4, true),
            16 | 18 => (8, true),
            8 => (2, false),
            9 | 11 => (4, false),
            5 | 10 | 12 | 17 => (8, false),
            _ => (1, false),
        };
        let (n_values, value) = bytes[4..].split_at(offset_bytes);
        let n_values = file.number(n_values);
        // Values that fit stand in the entry itself, others where it says.
        let is_inside = value_bytes.checked_mul(n_values).is_some_and(|n| n <= value.len() as u64);
        let at = if is_inside { entry_at + 4 + offset_bytes as u64 } else { file.number(value) };
        Self { tag: file.number(&bytes[..2]) as u16, value_bytes, is_whole, n_values, entry_at, at }
    }
}
