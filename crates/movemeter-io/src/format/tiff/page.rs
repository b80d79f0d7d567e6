//! What one page of a TIFF file holds, by its tags.

use movemeter::geometry::Size;

use super::super::Cause;
use super::super::grey::luminance;
use super::super::raw::Kind;
use super::directory::{Directory, tag};
use super::file::TiffFile;

/// A page as its tags describe it.
pub(super) struct Page {
    pub(super) size: Size,
    pub(super) compression: u64,
    pub(super) colour: Colour,
    pub(super) format: NumberFormat,
    pub(super) bits: u64,
    pub(super) n_samples: u64,
    /// Whether each channel is stored by itself.
    pub(super) is_planar: bool,
    /// Width and height of tiles; without them, the page is stored in strips.
    pub(super) tile: Option<(u64, u64)>,
    /// As many as the page has, if it does not say.
    pub(super) rows_per_strip: u64,
    pub(super) predictor: u64,
    /// Grey values of the colour map, for palettes.
    pub(super) palette: Vec<f32>,
}

/// What a pixel's numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    Palette,
    YCbCr,
    /// Several numbers that are no colour: the channels of a recording.
    Channels,
}

/// How a number is written in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberFormat {
    Unsigned,
    Signed,
    Float,
}

/// Values of tags, by their names in the standard.
const WHITE_IS_ZERO: u64 = 0;
pub(super) const BLACK_IS_ZERO: u64 = 1;
pub(super) const UNCOMPRESSED: u64 = 1;
pub(super) const CCITT_GROUP_4: u64 = 4;
const LZW: u64 = 5;
pub(super) const JPEG: u64 = 7;
const DEFLATE: u64 = 8;
const PACK_BITS: u64 = 32_773;
const OLD_DEFLATE: u64 = 32_946;
const ZSTD: u64 = 50_000;

/// Colour maps go to 65535; this brings them to the 0 … 255 that every viewer shows.
const COLOUR_MAP_STEP: f64 = 257.0;

/// Sides of pages and tiles are below this.
const SIDE_END: u64 = 1 << 31;

impl Page {
    pub(super) fn read(file: &mut TiffFile, directory: &Directory) -> Result<Self, Cause> {
        let mut number =
            |tag, default| directory.number(file, tag).map(|number| number.unwrap_or(default));
        let (width, height) = (number(tag::WIDTH, 0)?, number(tag::HEIGHT, 0)?);
        if !(1..SIDE_END).contains(&width) || !(1..SIDE_END).contains(&height) {
            return Err(format!("it claims to have {width}x{height} px"));
        }
        let n_samples = number(tag::SAMPLES, 1)?;
        let photometric = number(tag::PHOTOMETRIC, BLACK_IS_ZERO)?;
        let compression = number(tag::COMPRESSION, UNCOMPRESSED)?;
        let tile = (number(tag::TILE_WIDTH, 0)?, number(tag::TILE_HEIGHT, 0)?);
        let mut page = Self {
            size: Size::new(width as usize, height as usize),
            compression,
            colour: Colour::Grey,
            format: NumberFormat::Unsigned,
            bits: 1,
            n_samples,
            is_planar: number(tag::PLANAR, 1)? == 2,
            tile: directory.has(tag::TILE_OFFSETS).then_some(tile),
            rows_per_strip: number(tag::ROWS_PER_STRIP, height)?.clamp(1, height),
            predictor: number(tag::PREDICTOR, 1)?,
            palette: Vec::new(),
        };
        if number(tag::FILL_ORDER, 1)? == 2 {
            return Err("its bits are in reverse order (FillOrder 2), which is not read here; \
                        save it anew with the usual one"
                .into());
        }
        page.bits = directory.same(file, tag::BITS)?.unwrap_or(1);
        if !(1..=65_535).contains(&n_samples) || !(1..=64).contains(&page.bits) {
            let numbers = if n_samples == 1 { "number" } else { "numbers" };
            return Err(format!(
                "it claims to have {n_samples} {numbers} of {} bits per pixel",
                page.bits
            ));
        }
        page.format =
            NumberFormat::from_tag(directory.same(file, tag::SAMPLE_FORMAT)?.unwrap_or(1))?;
        page.colour = colour(file, directory, photometric, n_samples, compression)?;
        page.check_supported()?;
        Ok(page)
    }

    /// What is stored, in the words of the field.
    pub(super) fn pixel_type(&self) -> String {
        let colour = match self.colour {
            Colour::Grey | Colour::Channels => "",
            Colour::GreyAlpha => "grey+alpha ",
            Colour::Rgb => "rgb ",
            Colour::Rgba => "rgba ",
            Colour::Palette => "palette ",
            Colour::YCbCr => "ycbcr ",
        };
        let format = match self.format {
            NumberFormat::Unsigned => "uint",
            NumberFormat::Signed => "int",
            NumberFormat::Float => "float",
        };
        format!("{colour}{format}{}", self.bits)
    }

    /// How many channels of a recording each page has: one, unless its numbers are no colour.
    pub(super) fn n_channels(&self) -> usize {
        if self.colour == Colour::Channels { self.n_samples as usize } else { 1 }
    }

    /// How many of a pixel's numbers its grey value is made of.
    pub(super) fn n_samples_of_grey(&self) -> usize {
        if matches!(self.colour, Colour::Rgb | Colour::Rgba) { 3 } else { 1 }
    }

    /// How the page's numbers are stored, if they lie in the file as they are, row by row.
    pub(super) fn plain_kind(&self) -> Option<Kind> {
        if !self.is_row_by_row() || self.colour != Colour::Grey {
            return None;
        }
        match (self.format, self.bits) {
            (NumberFormat::Unsigned, 8) => Some(Kind::U8),
            (NumberFormat::Unsigned, 16) => Some(Kind::U16),
            (NumberFormat::Unsigned, 32) => Some(Kind::U32),
            (NumberFormat::Unsigned, 64) => Some(Kind::U64),
            (NumberFormat::Signed, 8) => Some(Kind::I8),
            (NumberFormat::Signed, 16) => Some(Kind::I16),
            (NumberFormat::Signed, 32) => Some(Kind::I32),
            (NumberFormat::Signed, 64) => Some(Kind::I64),
            (NumberFormat::Float, 32) => Some(Kind::F32),
            (NumberFormat::Float, 64) => Some(Kind::F64),
            _ => None,
        }
    }

    /// Whether rows lie in the file one behind the other, as they are.
    pub(super) fn is_row_by_row(&self) -> bool {
        self.compression == UNCOMPRESSED && self.predictor == 1 && self.tile.is_none()
    }

    /// How many pixels each strip has.
    pub(super) fn strip_pixels(&self) -> usize {
        self.rows_per_strip as usize * self.size.width
    }

    /// The claimed size must be backed by the file's bytes, before memory is given for it.
    pub(super) fn check_backed(&self, n_bytes: u64) -> Result<(), Cause> {
        if self.n_bytes() <= u128::from(n_bytes) * u128::from(self.largest_ratio()) {
            return Ok(());
        }
        Err(format!(
            "the file ends before the page's pixels do: {} px of {} need {} bytes, and the file \
             has {n_bytes}",
            self.size,
            self.pixel_type(),
            self.n_bytes(),
        ))
    }

    /// Reads the colour map, which only the pixels need.
    pub(super) fn read_palette(
        &mut self,
        file: &mut TiffFile,
        directory: &Directory,
    ) -> Result<(), Cause> {
        if self.colour != Colour::Palette {
            return Ok(());
        }
        let map = directory.numbers(file, tag::COLOUR_MAP)?.unwrap_or_default();
        let n = map.len() / 3;
        let grey = |k: usize| luminance(map[k] as f64, map[k + n] as f64, map[k + 2 * n] as f64);
        self.palette = (0..n).map(|k| (grey(k) / COLOUR_MAP_STEP) as f32).collect();
        Ok(())
    }

    fn check_supported(&self) -> Result<(), Cause> {
        self.check_compression()?;
        let bits_are_known = match self.format {
            NumberFormat::Float => matches!(self.bits, 16 | 32 | 64),
            NumberFormat::Signed => matches!(self.bits, 8 | 16 | 32 | 64),
            NumberFormat::Unsigned => matches!(self.bits, 1..=16 | 32 | 64),
        };
        let packing_is_known =
            !self.is_packed() || self.n_samples == 1 && self.tile.is_none() && self.predictor == 1;
        if bits_are_known && packing_is_known {
            return Ok(());
        }
        Err(format!("pixels of type {} are not supported here; save as uint16", self.pixel_type()))
    }

    fn check_compression(&self) -> Result<(), Cause> {
        let is_known = match self.compression {
            UNCOMPRESSED | LZW | DEFLATE | OLD_DEFLATE | PACK_BITS | ZSTD => true,
            CCITT_GROUP_4 => self.bits == 1 && self.n_samples == 1,
            JPEG => self.bits == 8 && self.predictor == 1,
            _ => false,
        };
        if is_known && matches!(self.predictor, 1..=3) {
            return Ok(());
        }
        Err(format!(
            "its pixels are compressed in a way that is not read here ({}); save it uncompressed, or \
             with LZW, Deflate or Zstd",
            super::names::compression(self.compression)
        ))
    }

    /// Whether numbers do not begin at whole bytes.
    pub(super) fn is_packed(&self) -> bool {
        !self.bits.is_multiple_of(8)
    }

    /// Bytes of a row of such numbers.
    pub(super) fn packed_row_bytes(&self) -> usize {
        (self.size.width * self.bits as usize).div_ceil(8)
    }

    /// Bytes of the decoded page.
    pub(super) fn n_bytes(&self) -> u128 {
        let row = u128::from(self.bits * self.n_samples) * self.size.width as u128;
        row.div_ceil(8) * self.size.height as u128
    }

    /// The most that each compression can make a page smaller, from how its codes are made.
    pub(super) fn largest_ratio(&self) -> u64 {
        match self.compression {
            UNCOMPRESSED => 1,
            PACK_BITS => 64,
            LZW => 4096,
            JPEG => 1024,
            ZSTD | CCITT_GROUP_4 => 32_768,
            _ => 1032,
        }
    }
}

impl NumberFormat {
    fn from_tag(value: u64) -> Result<Self, Cause> {
        match value {
            // 4 is "not defined": written by programs that mean plain numbers.
            1 | 4 => Ok(Self::Unsigned),
            2 => Ok(Self::Signed),
            3 => Ok(Self::Float),
            5 | 6 => Err("it holds complex numbers; save their real part or magnitude".into()),
            _ => Err(format!("its numbers are of an unknown format ({value})")),
        }
    }
}

fn colour(
    file: &mut TiffFile,
    directory: &Directory,
    photometric: u64,
    n_samples: u64,
    compression: u64,
) -> Result<Colour, Cause> {
    let extra = directory.number(file, tag::EXTRA_SAMPLES)?;
    match (photometric, n_samples) {
        (WHITE_IS_ZERO | BLACK_IS_ZERO, 1) => Ok(Colour::Grey),
        (WHITE_IS_ZERO | BLACK_IS_ZERO, 2) if matches!(extra, Some(1 | 2)) => Ok(Colour::GreyAlpha),
        (WHITE_IS_ZERO | BLACK_IS_ZERO, _) => Ok(Colour::Channels),
        (2, 3) => Ok(Colour::Rgb),
        (2, 4..) => Ok(Colour::Rgba),
        (3, 1) => Ok(Colour::Palette),
        (6, 3) => {
            let subsampling = directory.numbers(file, tag::YCBCR_SUBSAMPLING)?;
            if compression == JPEG || subsampling.as_deref() == Some(&[1, 1]) {
                Ok(Colour::YCbCr)
            } else {
                Err("YCbCr with fewer colours than pixels is only known in JPEG; save as RGB"
                    .into())
            }
        }
        (2 | 3, _) => Err(format!(
            "each pixel has {n_samples} numbers that are neither grey nor a colour; save one channel"
        )),
        _ => Err(format!(
            "its colours are of a kind that is not supported (photometric interpretation \
             {photometric}); save as grey or RGB"
        )),
    }
}
