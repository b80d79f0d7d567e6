//! Where the strips or tiles of a page are, and whether they can be what the page claims.

use super::super::Cause;
use super::directory::{Directory, tag};
use super::file::TiffFile;
use super::page::{JPEG, Page, UNCOMPRESSED};

/// Where the strips or tiles of a page are; all of them lie in the file.
pub(super) struct Parts {
    pub(super) offsets: Vec<u64>,
    pub(super) lengths: Vec<u64>,
}

impl Parts {
    /// From the page's tags; `shift` is how many bytes later in the file its pixels are.
    pub(super) fn read(
        file: &mut TiffFile,
        directory: &Directory,
        page: &Page,
        shift: u64,
    ) -> Result<Self, Cause> {
        let (offsets, lengths) = match page.tile {
            Some(_) => (tag::TILE_OFFSETS, tag::TILE_BYTES),
            None => (tag::STRIP_OFFSETS, tag::STRIP_BYTES),
        };
        let shape = Shape::of(page)?;
        let offsets = directory.numbers(file, offsets)?.unwrap_or_default();
        let mut lengths = directory.numbers(file, lengths)?.unwrap_or_default();
        if lengths.is_empty() && page.compression == UNCOMPRESSED && page.tile.is_none() {
            // Old programs leave out what can be computed.
            lengths = (0..offsets.len() as u64).map(|k| shape.bytes_of_part(k, page)).collect();
        }
        if offsets.is_empty() || offsets.len() != lengths.len() {
            return Err("the page does not say where its pixels are".into());
        }
        if offsets.len() as u64 != shape.n_parts {
            return Err(format!(
                "the page should have {} strips or tiles, but has {}",
                shape.n_parts,
                offsets.len()
            ));
        }
        let offsets: Option<Vec<u64>> =
            offsets.iter().map(|offset| offset.checked_add(shift)).collect();
        let parts = Self { offsets: offsets.ok_or(TOO_SHORT)?, lengths };
        parts.check(file, page, &shape)?;
        Ok(parts)
    }

    /// The strips or tiles of one channel, if each is stored by itself.
    pub(super) fn of_channel(&self, channel: usize, page: &Page) -> Self {
        let n = self.offsets.len() / page.n_samples as usize;
        let part = |values: &[u64]| values[channel * n..][..n].to_vec();
        Self { offsets: part(&self.offsets), lengths: part(&self.lengths) }
    }

    fn check(&self, file: &mut TiffFile, page: &Page, shape: &Shape) -> Result<(), Cause> {
        for ((&offset, &length), index) in self.offsets.iter().zip(&self.lengths).zip(0..) {
            if offset == 0 && length == 0 {
                return Err("parts of the page were never written".into());
            }
            if offset.checked_add(length).is_none_or(|end| file.n_bytes() < end) {
                return Err(TOO_SHORT.into());
            }
            let n_bytes = shape.bytes_of_part(index, page);
            // Some programs write wrong lengths of uncompressed strips: what counts is what there is.
            let there = match page.compression {
                UNCOMPRESSED => file.n_bytes() - offset,
                _ => length.saturating_mul(page.largest_ratio()),
            };
            if there < n_bytes {
                return Err(TOO_SHORT.into());
            }
            if page.compression == JPEG {
                check_jpeg(file, offset, length, shape.width * shape.height)?;
            }
        }
        Ok(())
    }
}

const TOO_SHORT: &str = "the file ends before the page's pixels do";

/// How a page is divided.
struct Shape {
    /// Of a strip or tile, in pixels.
    width: u64,
    height: u64,
    /// Strips or tiles of a channel, or of all if they lie together.
    per_plane: u64,
    n_parts: u64,
}

impl Shape {
    fn of(page: &Page) -> Result<Self, Cause> {
        let size = (page.size.width as u64, page.size.height as u64);
        let (width, height) = page.tile.unwrap_or((size.0, page.rows_per_strip));
        // No side is above 2³¹ where the page's are not; a tile may be larger than its page.
        if !(1..1 << 31).contains(&width) || !(1..1 << 31).contains(&height) {
            return Err(format!("it claims to have tiles of {width}x{height} px"));
        }
        let per_plane = size.0.div_ceil(width) * size.1.div_ceil(height);
        let n_planes = if page.is_planar { page.n_samples } else { 1 };
        let n_parts = per_plane.checked_mul(n_planes).ok_or(TOO_SHORT)?;
        Ok(Self { width, height, per_plane, n_parts })
    }

    /// Bytes of a decoded strip or tile. The last strip ends with the page; tiles are always whole.
    fn bytes_of_part(&self, index: u64, page: &Page) -> u64 {
        let n_samples = if page.is_planar { 1 } else { page.n_samples };
        let row = (self.width * page.bits).saturating_mul(n_samples).div_ceil(8);
        let above = (index % self.per_plane) * self.height;
        let rows = match page.tile {
            Some(_) => self.height,
            None => self.height.min((page.size.height as u64).saturating_sub(above)),
        };
        row.saturating_mul(rows)
    }
}

/// Markers of JPEG: the image begins; the frame headers begin and end; those among them that are none;
/// the pixels begin.
const SOI: u8 = 0xd8;
const FRAME_HEADERS: std::ops::RangeInclusive<u8> = 0xc0..=0xcf;
const NO_FRAME_HEADERS: [u8; 3] = [0xc4, 0xc8, 0xcc];
const START_OF_SCAN: u8 = 0xda;

/// A JPEG's own size must be that of its strip or tile, as memory is given for it: the page's size
/// alone says nothing of it.
fn check_jpeg(file: &mut TiffFile, offset: u64, length: u64, n_pixels: u64) -> Result<(), Cause> {
    let damaged = || Cause::from("its JPEG pixels are damaged");
    let end = offset + length;
    if length < 4 || file.bytes_at(offset, 2)? != [0xff, SOI] {
        return Err(damaged());
    }
    let mut at = offset + 2;
    loop {
        if end < at + 9 {
            return Err(damaged());
        }
        let header = file.bytes_at(at, 9)?;
        let (marker, n_bytes) = (header[1], u16::from_be_bytes([header[2], header[3]]));
        if header[0] != 0xff || n_bytes < 2 || marker == START_OF_SCAN {
            return Err(damaged());
        }
        if FRAME_HEADERS.contains(&marker) && !NO_FRAME_HEADERS.contains(&marker) {
            let side = |k: usize| u64::from(u16::from_be_bytes([header[k], header[k + 1]]));
            // Some writers fill the last strip up.
            return if side(5) * side(7) <= 2 * n_pixels { Ok(()) } else { Err(damaged()) };
        }
        at += 2 + u64::from(n_bytes);
    }
}
