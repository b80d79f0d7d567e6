//! Uncompressed pictures, as they lie in AVI files.

use movemeter::frame::Frame;
use movemeter::geometry::Size;

use super::bytes::{Bytes, shown};
use crate::format::Cause;
use crate::format::grey::luminance;

/// What a video's format header says (Microsoft, `BITMAPINFOHEADER`), with its colours.
pub(super) struct Header {
    pub(super) size: Size,
    /// Whether the first row is the lowest.
    is_upside_down: bool,
    depth: u16,
    /// Four letters, or zeros for red, green and blue.
    pub(super) coding: [u8; 4],
    /// How bright each colour of the palette is.
    palette: Vec<f32>,
}

impl Header {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut head = Bytes(bytes);
        let n_head = head.u32_le()? as usize;
        let (width, height) = (head.u32_le()?.cast_signed(), head.u32_le()?.cast_signed());
        head.u16_le()?;
        let depth = head.u16_le()?;
        let coding = *head.take(4)?.first_chunk()?;
        let size = Size::new(width.unsigned_abs() as usize, height.unsigned_abs() as usize);
        let colours = bytes.get(n_head.max(40)..).unwrap_or_default();
        let brightness = |&[blue, green, red, _]: &[u8; 4]| {
            luminance(red.into(), green.into(), blue.into()) as f32
        };
        let palette = colours.as_chunks::<4>().0.iter().take(256).map(brightness).collect();
        let is_upside_down = coding == [0; 4] && 0 < height;
        Some(Self { size, is_upside_down, depth, coding, palette })
    }
}

/// How a picture's pixels lie.
pub(super) struct Layout {
    size: Size,
    is_upside_down: bool,
    pixels: Pixels,
    /// Bytes of a whole picture, without fillings at the ends of rows.
    n_bytes: usize,
    /// Bytes from a pixel to the next, and to the next in the row below.
    pixel_bytes: usize,
}

/// What a pixel is.
enum Pixels {
    /// One byte is the grey level: so many bytes after a pixel's first.
    Byte(usize),
    /// Two bytes, the low one first.
    Two,
    /// The number of a colour.
    Palette(Vec<f32>),
    /// Blue, green and red, perhaps with a byte more.
    Colour,
}

/// The most pixels on a side, and bytes of a picture: what 32 bits count.
const LONGEST_SIDE: usize = 1 << 16;

impl Layout {
    /// How such pictures lie, if they are not compressed.
    pub(super) fn of(header: &Header) -> Result<Self, Cause> {
        let Size { width, height } = header.size;
        if width == 0 || height == 0 || LONGEST_SIDE < width.max(height) {
            return Err(format!("its pictures claim to have {} px", header.size));
        }
        let (pixels, pixel_bytes) = match (&header.coding, header.depth) {
            ([0, 0, 0, 0], 8) => (palette(&header.palette), 1),
            ([0, 0, 0, 0], 24) => (Pixels::Colour, 3),
            ([0, 0, 0, 0], 32) => (Pixels::Colour, 4),
            ([0, 0, 0, 0], depth) => {
                return Err(format!(
                    "its uncompressed pixels have {depth} bits; 8, 24 and 32 are read"
                ));
            }
            (b"Y800" | b"Y8  " | b"GREY" | b"I420" | b"IYUV" | b"YV12" | b"NV12", _) => {
                (Pixels::Byte(0), 1)
            }
            (b"Y16 ", _) => (Pixels::Two, 2),
            (b"YUY2" | b"YUYV" | b"yuv2" | b"V422" | b"YUNV", _) => (Pixels::Byte(0), 2),
            (b"UYVY" | b"HDYC" | b"UYNV" | b"Y422", _) => (Pixels::Byte(1), 2),
            (coding, _) => return Err(format!("its video is coded as {}", shown(*coding))),
        };
        let n_chroma = match &header.coding {
            b"I420" | b"IYUV" | b"YV12" | b"NV12" => 2 * width.div_ceil(2) * height.div_ceil(2),
            _ => 0,
        };
        let n_bytes = width * height * pixel_bytes + n_chroma;
        Ok(Self {
            size: header.size,
            is_upside_down: header.is_upside_down,
            pixels,
            n_bytes,
            pixel_bytes,
        })
    }

    /// How grey levels are stored.
    pub(super) fn pixel_type(&self) -> &'static str {
        match self.pixels {
            Pixels::Byte(_) => "uint8",
            Pixels::Two => "uint16",
            Pixels::Palette(_) => "palette uint8",
            Pixels::Colour => "rgb uint8",
        }
    }

    /// The least bytes of a picture.
    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    /// A picture's grey levels.
    pub(super) fn show(&self, bytes: &[u8], frame: &mut Frame) -> Result<(), Cause> {
        if bytes.len() < self.n_bytes {
            return Err(format!(
                "it is cut short: {} of {} bytes are there",
                bytes.len(),
                self.n_bytes
            ));
        }
        let row_bytes = self.row_bytes(bytes.len());
        frame.reset(self.size);
        for y in 0..self.size.height {
            let stored = if self.is_upside_down { self.size.height - 1 - y } else { y };
            let row = &bytes[stored * row_bytes..][..self.size.width * self.pixel_bytes];
            self.show_row(row, frame.row_mut(y));
        }
        Ok(())
    }

    /// Rows are filled up to four bytes, but not by all programs: they are if there are so many bytes.
    fn row_bytes(&self, n_bytes: usize) -> usize {
        let bare = self.size.width * self.pixel_bytes;
        let is_planar = self.n_bytes != bare * self.size.height;
        let filled = bare.next_multiple_of(4);
        if !is_planar && filled * self.size.height <= n_bytes { filled } else { bare }
    }

    fn show_row(&self, row: &[u8], grey: &mut [f32]) {
        let pixels = row.chunks_exact(self.pixel_bytes);
        match &self.pixels {
            Pixels::Byte(at) => put(grey, pixels, |pixel| pixel[*at].into()),
            Pixels::Two => {
                put(grey, pixels, |pixel| u16::from_le_bytes([pixel[0], pixel[1]]).into());
            }
            Pixels::Palette(palette) => put(grey, pixels, |pixel| palette[usize::from(pixel[0])]),
            Pixels::Colour => put(grey, pixels, |pixel| {
                luminance(pixel[2].into(), pixel[1].into(), pixel[0].into()) as f32
            }),
        }
    }
}

fn put<'a>(grey: &mut [f32], pixels: impl Iterator<Item = &'a [u8]>, value: impl Fn(&[u8]) -> f32) {
    for (grey, pixel) in grey.iter_mut().zip(pixels) {
        *grey = value(pixel);
    }
}

/// Numbers of colours, or grey levels if each number's colour is the grey of that number. A palette that is left out
/// stands for these; colours that it leaves out are black.
fn palette(palette: &[f32]) -> Pixels {
    let is_grey =
        (0..=255u8).zip(palette).all(|(number, &brightness)| f32::from(number) == brightness);
    if is_grey && matches!(palette.len(), 0 | 256) {
        return Pixels::Byte(0);
    }
    let mut palette = palette.to_vec();
    palette.resize(256, 0.0);
    Pixels::Palette(palette)
}
