//! The list of tags that describes one page of a TIFF file.

use super::super::Cause;
use super::file::TiffFile;
use super::names;

/// The tags that are looked at, by their numbers in the standard.
pub(super) mod tag {
    pub(in super::super) const SUBFILE_TYPE: u16 = 254;
    pub(in super::super) const WIDTH: u16 = 256;
    pub(in super::super) const HEIGHT: u16 = 257;
    pub(in super::super) const BITS: u16 = 258;
    pub(in super::super) const COMPRESSION: u16 = 259;
    pub(in super::super) const PHOTOMETRIC: u16 = 262;
    pub(in super::super) const FILL_ORDER: u16 = 266;
    pub(in super::super) const DESCRIPTION: u16 = 270;
    pub(in super::super) const STRIP_OFFSETS: u16 = 273;
    pub(in super::super) const SAMPLES: u16 = 277;
    pub(in super::super) const ROWS_PER_STRIP: u16 = 278;
    pub(in super::super) const STRIP_BYTES: u16 = 279;
    pub(in super::super) const X_RESOLUTION: u16 = 282;
    pub(in super::super) const Y_RESOLUTION: u16 = 283;
    pub(in super::super) const PLANAR: u16 = 284;
    pub(in super::super) const RESOLUTION_UNIT: u16 = 296;
    pub(in super::super) const PREDICTOR: u16 = 317;
    pub(in super::super) const COLOUR_MAP: u16 = 320;
    pub(in super::super) const TILE_WIDTH: u16 = 322;
    pub(in super::super) const TILE_HEIGHT: u16 = 323;
    pub(in super::super) const TILE_OFFSETS: u16 = 324;
    pub(in super::super) const TILE_BYTES: u16 = 325;
    pub(in super::super) const EXTRA_SAMPLES: u16 = 338;
    pub(in super::super) const SAMPLE_FORMAT: u16 = 339;
    pub(in super::super) const JPEG_TABLES: u16 = 347;
    pub(in super::super) const YCBCR_SUBSAMPLING: u16 = 530;
    pub(in super::super) const IMAGEJ_COUNTS: u16 = 50_838;
    pub(in super::super) const IMAGEJ_DATA: u16 = 50_839;
    pub(in super::super) const MICRO_MANAGER: u16 = 51_123;
}

/// A page's tags.
pub(super) struct Directory {
    /// Where the next page's directory is; 0 after the last.
    pub(super) next: u64,
    /// How long the directory itself is.
    pub(super) n_bytes: u64,
    pub(super) entries: Vec<Entry>,
}

/// One tag of a page.
pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) kind: Kind,
    pub(super) n_values: u64,
    /// The values, if they fit here; else where they are.
    place: [u8; 8],
    is_inside: bool,
}

/// What the values of a tag are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers of so many bytes.
    Whole(u8),
    Signed(u8),
    /// Two whole numbers, of which the first is to be divided by the second; with signs or without.
    Fraction,
    SignedFraction,
    Float(u8),
    Text,
    /// Bytes of another meaning.
    Bytes,
}

/// Real pages have some twenty tags; the classic format cannot count beyond this.
const MOST_ENTRIES: u64 = u16::MAX as u64;

/// More strips or tiles than any page has: a longer list of numbers is a lie, or would fill the memory.
const MOST_NUMBERS: u64 = 1 << 19;

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
        let entries =
            entries.chunks_exact(entry as usize).map(|bytes| Entry::new(file, bytes)).collect();
        let n_bytes = count + bytes.len() as u64;
        Ok(Self { next: file.number(next), n_bytes, entries })
    }

    /// The first value of a tag of whole numbers.
    pub(super) fn number(&self, file: &mut TiffFile, tag: u16) -> Result<Option<u64>, Cause> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        Ok(entry.numbers(file, 1)?.first().copied())
    }

    /// All values of a tag of whole numbers.
    pub(super) fn numbers(&self, file: &mut TiffFile, tag: u16) -> Result<Option<Vec<u64>>, Cause> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        if MOST_NUMBERS < entry.n_values {
            return Err(format!(
                "its {} has {} values; no more than {MOST_NUMBERS} are read",
                names::of_tag(tag),
                entry.n_values
            ));
        }
        entry.numbers(file, u64::MAX).map(Some)
    }

    /// The value that all of a tag's values have.
    pub(super) fn same(&self, file: &mut TiffFile, tag: u16) -> Result<Option<u64>, Cause> {
        let numbers = self.numbers(file, tag)?.unwrap_or_default();
        match numbers.iter().all(|number| *number == numbers[0]) {
            true => Ok(numbers.first().copied()),
            false => Err(format!("the numbers of a pixel differ in kind ({})", names::of_tag(tag))),
        }
    }

    /// Whether the page has this tag.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.find(tag).is_some()
    }

    /// The first entry of this tag.
    pub(super) fn find(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}

impl Entry {
    fn new(file: &TiffFile, bytes: &[u8]) -> Self {
        let kind = Kind::of_code(file.number(&bytes[2..4]));
        let (n_values, value) = bytes[4..].split_at(file.offset_bytes());
        let n_values = file.number(n_values);
        // Values that fit stand in the entry itself, others where it says.
        let n_bytes = n_values.checked_mul(kind.n_bytes());
        let is_inside = n_bytes.is_some_and(|n| n <= value.len() as u64);
        let mut place = [0; 8];
        match is_inside {
            true => place[..value.len()].copy_from_slice(value),
            false => place = file.number(value).to_le_bytes(),
        }
        Self { tag: file.number(&bytes[..2]) as u16, kind, n_values, place, is_inside }
    }

    /// How many bytes its values have.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_values.saturating_mul(self.kind.n_bytes())
    }

    /// The bytes of its first `most` values.
    pub(super) fn bytes(&self, file: &mut TiffFile, most: u64) -> Result<Vec<u8>, Cause> {
        let n_bytes = self.n_values.min(most).saturating_mul(self.kind.n_bytes());
        match self.is_inside {
            true => Ok(self.place[..n_bytes as usize].to_vec()),
            false => file.bytes_at(u64::from_le_bytes(self.place), n_bytes),
        }
    }

    /// Its first `most` values, if they are whole numbers.
    fn numbers(&self, file: &mut TiffFile, most: u64) -> Result<Vec<u64>, Cause> {
        let Kind::Whole(n_bytes) = self.kind else {
            return Err(format!("its {} is not a whole number", names::of_tag(self.tag)));
        };
        if self.is_inside && most == 1 {
            // The usual case, without a list of bytes.
            let n = usize::from(n_bytes) * self.n_values.min(1) as usize;
            return Ok(if n == 0 { Vec::new() } else { vec![file.number(&self.place[..n])] });
        }
        let bytes = self.bytes(file, most)?;
        Ok(bytes.chunks_exact(n_bytes.into()).map(|bytes| file.number(bytes)).collect())
    }
}

impl Kind {
    /// By the standard's numbers.
    fn of_code(code: u64) -> Self {
        match code {
            1 => Self::Whole(1),
            2 => Self::Text,
            3 => Self::Whole(2),
            4 | 13 => Self::Whole(4),
            5 => Self::Fraction,
            6 => Self::Signed(1),
            8 => Self::Signed(2),
            9 => Self::Signed(4),
            10 => Self::SignedFraction,
            11 => Self::Float(4),
            12 => Self::Float(8),
            16 | 18 => Self::Whole(8),
            17 => Self::Signed(8),
            _ => Self::Bytes,
        }
    }

    /// Bytes of one value.
    pub(super) fn n_bytes(self) -> u64 {
        match self {
            Self::Text | Self::Bytes => 1,
            Self::Fraction | Self::SignedFraction => 8,
            Self::Whole(n) | Self::Signed(n) | Self::Float(n) => n.into(),
        }
    }
}
