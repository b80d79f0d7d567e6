//! What an H.264 stream says of itself: its sequence parameter set (ITU-T H.264, 7.3.2.1.1).

use movemeter::geometry::Size;

use super::bits::Bits;
use crate::format::Cause;

/// A sequence parameter set, as far as it decides what the pictures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sequence {
    /// The number by which it is called.
    pub(super) id: u32,
    profile: u32,
    chroma_format: u32,
    /// Bits of a grey level.
    pub(super) luma_bits: u32,
    chroma_bits: u32,
    is_lossless: bool,
    /// Bits of the number that tells frames apart.
    pub(super) n_frame_number_bits: u32,
    pub(super) may_skip_frame_numbers: bool,
    n_references: u32,
    width_blocks: u32,
    height_blocks: u32,
    /// Whether no picture of it is made of two fields.
    pub(super) is_progressive: bool,
    /// Pixels that are not shown: left, right, top, bottom.
    cropped: [u32; 4],
    is_full_range: Option<bool>,
}

/// Pixels on a side of a macroblock.
const BLOCK: u32 = 16;
/// The most macroblocks that a picture may have at any level (ITU-T H.264, table A-1).
const MOST_BLOCKS: u32 = 139_264;
/// The most macroblocks in all pictures that are kept, likewise.
const MOST_KEPT_BLOCKS: u32 = 696_320;

/// The most macroblocks in a byte of a picture that builds on none: each takes some eight decisions, which cost 0.027
/// bits at least (table 9-45), so that there are no more than 37.
const MOST_BLOCKS_PER_BYTE: usize = 64;

impl Sequence {
    /// From the bytes of the set, without their first, which says that they are one.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Cause> {
        Self::parse(&mut Bits::new(bytes)).ok_or_else(|| "its parameter set is damaged".into())
    }

    fn parse(bits: &mut Bits) -> Option<Self> {
        let profile = bits.number(8)?;
        // Restrictions that are kept, and the level.
        bits.number(16)?;
        let id = bits.golomb().filter(|&id| id <= 31)?;
        let mut sequence = Self { id, ..Self::of_low_profile(profile) };
        if HIGH_PROFILES.contains(&profile) {
            sequence.parse_high(bits)?;
        }
        sequence.n_frame_number_bits = bits.golomb()?.checked_add(4).filter(|&bits| bits <= 16)?;
        skip_order(bits)?;
        sequence.n_references = bits.golomb()?;
        sequence.may_skip_frame_numbers = bits.bit()?;
        sequence.parse_size(bits)?;
        if bits.bit()? {
            sequence.is_full_range = full_range(bits);
        }
        Some(sequence)
    }

    /// What holds unless it is said otherwise, which low profiles cannot.
    fn of_low_profile(profile: u32) -> Self {
        Self {
            id: 0,
            profile,
            chroma_format: 1,
            luma_bits: 8,
            chroma_bits: 8,
            is_lossless: false,
            n_frame_number_bits: 4,
            may_skip_frame_numbers: false,
            n_references: 0,
            width_blocks: 0,
            height_blocks: 0,
            is_progressive: true,
            cropped: [0; 4],
            is_full_range: None,
        }
    }

    fn parse_high(&mut self, bits: &mut Bits) -> Option<()> {
        self.chroma_format = bits.golomb()?;
        if self.chroma_format == 3 {
            bits.bit()?;
        }
        self.luma_bits = bits.golomb()?.checked_add(8)?;
        self.chroma_bits = bits.golomb()?.checked_add(8)?;
        self.is_lossless = bits.bit()?;
        if bits.bit()? {
            let n_lists = if self.chroma_format == 3 { 12 } else { 8 };
            (0..n_lists).try_for_each(|list| skip_scaling(bits, if list < 6 { 16 } else { 64 }))?;
        }
        Some(())
    }

    fn parse_size(&mut self, bits: &mut Bits) -> Option<()> {
        self.width_blocks = bits.golomb()?.checked_add(1)?;
        let rows = bits.golomb()?.checked_add(1)?;
        self.is_progressive = bits.bit()?;
        self.height_blocks = if self.is_progressive { rows } else { rows.checked_mul(2)? };
        if !self.is_progressive {
            bits.bit()?;
        }
        bits.bit()?;
        if bits.bit()? {
            // In units of chroma, and of both fields (7-19 to 7-22).
            let x = if matches!(self.chroma_format, 1 | 2) { 2 } else { 1 };
            let y = if self.chroma_format == 1 { 2 } else { 1 };
            let y = if self.is_progressive { y } else { 2 * y };
            for (cropped, unit) in self.cropped.iter_mut().zip([x, x, y, y]) {
                *cropped = bits.golomb()?.checked_mul(unit)?;
            }
        }
        Some(())
    }

    /// Width and height as shown.
    pub(super) fn size(&self) -> Result<Size, Cause> {
        let blocks = self.width_blocks.checked_mul(self.height_blocks);
        if blocks.is_none_or(|blocks| MOST_BLOCKS < blocks) {
            return Err(format!(
                "its pictures claim to have {} x {} blocks of {BLOCK} x {BLOCK} px, and H.264 allows {MOST_BLOCKS} blocks",
                self.width_blocks, self.height_blocks
            ));
        }
        let [left, right, top, bottom] = self.cropped;
        let shown = |blocks: u32, before: u32, after: u32| {
            let side = (blocks * BLOCK).checked_sub(before)?.checked_sub(after)?;
            (side != 0).then_some(side as usize)
        };
        let width = shown(self.width_blocks, left, right);
        let height = shown(self.height_blocks, top, bottom);
        match (width, height) {
            (Some(width), Some(height)) => Ok(Size::new(width, height)),
            _ => Err("its pictures are cropped to nothing".into()),
        }
    }

    /// Whether its pictures are read as other programs read them; the error says why not.
    pub(super) fn check(&self) -> Result<(), Cause> {
        let refused = |what: String| Err(format!("it holds H.264 {what}"));
        let size = self.size()?;
        if !TRIED_PROFILES.contains(&self.profile) {
            let what = if self.profile == 244 { "High 4:4:4 or lossless" } else { "rare" };
            return refused(format!("of profile {} ({what})", self.profile));
        }
        match self.chroma_format {
            0 => return refused("without colour (4:0:0)".into()),
            1 | 2 => {}
            _ => return refused("with colour for every pixel (4:4:4)".into()),
        }
        if self.luma_bits != self.chroma_bits || !matches!(self.luma_bits, 8 | 10) {
            return refused(format!("of {} bits", self.luma_bits));
        }
        if self.is_lossless {
            return refused("without loss".into());
        }
        if self.cropped[0] != 0 || self.cropped[2] != 0 {
            return refused("that is cropped at the left or the top".into());
        }
        let blocks = self.width_blocks * self.height_blocks;
        if 16 < self.n_references || MOST_KEPT_BLOCKS < blocks.saturating_mul(self.n_references) {
            return Err(format!(
                "it claims to build on {} pictures of {size} px",
                self.n_references
            ));
        }
        Ok(())
    }

    /// Whether a first picture of so many bytes can be as large as the set says.
    pub(super) fn check_backed(&self, n_bytes: usize) -> Result<(), Cause> {
        let blocks = self.width_blocks.saturating_mul(self.height_blocks) as usize;
        if n_bytes.saturating_mul(MOST_BLOCKS_PER_BYTE) < blocks {
            return Err(format!(
                "its pictures claim to have {} px, more than the {n_bytes} bytes of the first can hold",
                self.size()?
            ));
        }
        Ok(())
    }

    /// Whether pictures of another set are of the same kind.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.size() == other.size() && self.luma_bits == other.luma_bits
    }

    /// As name and value.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let range = match self.is_full_range {
            Some(true) => "full".into(),
            Some(false) | None => format!("limited ({} to {})", self.grey(16), self.grey(235)),
        };
        let scan = if self.is_progressive { "progressive" } else { "interlaced or progressive" };
        vec![
            ("codec".into(), format!("H.264, {}", profile_name(self.profile))),
            ("grey levels".into(), range),
            ("scan".into(), scan.into()),
        ]
    }

    /// A grey level of 8 bits in the stream's own.
    fn grey(&self, level: u32) -> u32 {
        level << (self.luma_bits - 8)
    }
}

/// Profiles of which clips were compared with another program, pixel by pixel.
const TRIED_PROFILES: [u32; 5] = [66, 77, 100, 110, 122];
/// Profiles that say more of colour and depth (7.3.2.1.1).
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

fn profile_name(profile: u32) -> &'static str {
    match profile {
        66 => "Baseline",
        77 => "Main",
        100 => "High",
        110 => "High 10",
        122 => "High 4:2:2",
        _ => "another profile",
    }
}

/// How the order of pictures is told, which is the decoder's to know.
fn skip_order(bits: &mut Bits) -> Option<()> {
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.bit()?;
            bits.signed_golomb()?;
            bits.signed_golomb()?;
            let n_offsets = bits.golomb().filter(|&n| n <= 255)?;
            for _ in 0..n_offsets {
                bits.signed_golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// A list of weights, of which each is told by its difference (7.3.2.1.1.1).
fn skip_scaling(bits: &mut Bits, n_weights: usize) -> Option<()> {
    if !bits.bit()? {
        return Some(());
    }
    let (mut last, mut next) = (8, 8);
    for _ in 0..n_weights {
        if next != 0 {
            next = (last + bits.signed_golomb()?).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// Whether grey levels go from 0 to the highest, out of the usability information (E.1.1).
fn full_range(bits: &mut Bits) -> Option<bool> {
    if bits.bit()? && bits.number(8)? == 255 {
        bits.number(32)?;
    }
    if bits.bit()? {
        bits.bit()?;
    }
    bits.bit()?.then(|| {
        bits.number(3)?;
        bits.bit()
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the clip that the tests of whole files read, as x264 wrote it.
    const BARS: [u8; 24] = [
        0x64, 0x00, 0x0a, 0xac, 0xd9, 0x4d, 0x78, 0x89, 0x30, 0x11, 0x00, 0x00, 0x03, 0x00, 0x01,
        0x00, 0x00, 0x03, 0x00, 0x32, 0x0f, 0x12, 0x25, 0x96,
    ];

    #[test]
    fn a_set_says_what_the_pictures_are() {
        let sequence = Sequence::read(&BARS).unwrap();
        assert_eq!(sequence.size(), Ok(Size::new(34, 26)));
        assert_eq!((sequence.profile, sequence.luma_bits), (100, 8));
        assert_eq!(sequence.check(), Ok(()));
        for length in 0..8 {
            assert!(Sequence::read(&BARS[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_was_not_tried_is_refused() {
        let bars = Sequence::read(&BARS).unwrap();
        let refused = |sequence: Sequence| sequence.check().unwrap_err();
        assert_eq!(
            refused(Sequence { profile: 244, ..bars.clone() }),
            "it holds H.264 of profile 244 (High 4:4:4 or lossless)"
        );
        let grey = Sequence { chroma_format: 0, ..bars.clone() };
        assert_eq!(refused(grey), "it holds H.264 without colour (4:0:0)");
        assert_eq!(refused(Sequence { luma_bits: 9, ..bars.clone() }), "it holds H.264 of 9 bits");
        let cropped = Sequence { cropped: [2, 0, 0, 0], ..bars };
        assert_eq!(refused(cropped), "it holds H.264 that is cropped at the left or the top");
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let bars = Sequence::read(&BARS).unwrap();
        let huge = Sequence { width_blocks: u32::MAX, height_blocks: u32::MAX, ..bars.clone() };
        assert!(huge.check().unwrap_err().ends_with("and H.264 allows 139264 blocks"));
        let nothing = Sequence { cropped: [0, 48, 0, 0], ..bars.clone() };
        assert_eq!(nothing.size(), Err("its pictures are cropped to nothing".into()));
        let large = Sequence { width_blocks: 300, height_blocks: 300, ..bars.clone() };
        assert_eq!(large.check_backed(1407), Ok(()));
        assert!(
            large.check_backed(1406).unwrap_err().ends_with("the 1406 bytes of the first can hold")
        );
        let kept = Sequence { n_references: 16, ..large };
        assert!(kept.check().unwrap_err().starts_with("it claims to build on 16 pictures of "));
    }
}
