//! From a page's bytes to grey pixels.
//!
//! The crate `tiff` undoes compression, predictors, strips, tiles and byte order. It is shown every
//! page as one of grey numbers, whatever they mean, and each channel that is stored by itself as a
//! page of its own ([`Shown`]): its own ways with colours leave channels out, turn white-is-zero
//! around, and stop the program at separate channels in tiles. Pages of plain numbers are read
//! without it, in a third of the time.

use std::io::{Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use movemeter::frame::Frame;
use tiff::TiffError;
use tiff::decoder::{Decoder, DecodingResult, Limits};

use super::super::grey::{Sample, first_channel, luminance, luminance_of};
use super::super::jpeg_scan;
use super::super::layout::Layout;
use super::super::raw::{Kind, Numbers, PieceReader};
use super::super::{Cause, plain_io};
use super::directory::{Directory, tag};
use super::file::TiffFile;
use super::page::{BLACK_IS_ZERO, CCITT_GROUP_4, Colour, JPEG, NumberFormat, Page};
use super::parts::Parts;
use super::shown::{Shown, Values};

/// Decodes pages, keeping its memory from one to the next.
pub(super) struct PageDecoder {
    numbers: DecodingResult,
    /// Red, green and blue, where they are stored apart.
    channels: [Vec<f32>; 3],
    plain: PieceReader,
}

/// A page, and what of it is wanted.
pub(super) struct Wanted<'a> {
    pub(super) directory: &'a Directory,
    pub(super) page: &'a Page,
    /// How many bytes later than its tags say the pixels are.
    pub(super) shift: u64,
    /// Which of a pixel's numbers, where they are channels.
    pub(super) channel: usize,
}

/// What the numbers of a decoded pixel are.
#[derive(Clone, Copy)]
struct Pixels {
    n_samples: usize,
    /// Which is wanted, if they are channels.
    channel: usize,
    colour: Colour,
}

impl Pixels {
    const ONE_NUMBER: Self = Self { n_samples: 1, channel: 0, colour: Colour::Grey };
}

impl Default for PageDecoder {
    fn default() -> Self {
        Self {
            numbers: DecodingResult::U8(Vec::new()),
            channels: Default::default(),
            plain: PieceReader::default(),
        }
    }
}

impl PageDecoder {
    /// Decodes a page.
    pub(super) fn decode(
        &mut self,
        file: &mut TiffFile,
        wanted: &Wanted<'_>,
        frame: &mut Frame,
    ) -> Result<(), Cause> {
        let page = wanted.page;
        let parts = Parts::read(file, wanted.directory, page, wanted.shift)?;
        if let Some(strips) = plain_strips(page, &parts) {
            frame.reset(page.size);
            return self.read_plain(file, &strips, frame.pixels_mut());
        }
        let tables = jpeg_tables(file, wanted.directory, page)?;
        if !page.is_planar || page.n_samples == 1 {
            self.decode_shown(file, page, &parts, page.n_samples, &tables)?;
            frame.reset(page.size);
            let n_samples = page.n_samples as usize;
            let pixels = Pixels { n_samples, channel: wanted.channel, colour: page.colour };
            return to_grey(&self.numbers, page, pixels, frame.pixels_mut());
        }
        let first = if page.colour == Colour::Channels { wanted.channel } else { 0 };
        for k in 0..page.n_samples_of_grey() {
            let parts = parts.of_channel(first + k, page);
            self.decode_shown(file, page, &parts, 1, &tables)?;
            self.channels[k].resize(page.size.area(), 0.0);
            to_grey(&self.numbers, page, Pixels::ONE_NUMBER, &mut self.channels[k])?;
        }
        frame.reset(page.size);
        self.join_channels(page, frame.pixels_mut());
        Ok(())
    }

    fn read_plain(
        &mut self,
        file: &mut TiffFile,
        strips: &PlainStrips<'_>,
        grey: &mut [f32],
    ) -> Result<(), Cause> {
        let numbers = Numbers { kind: strips.kind, big_endian: file.big_endian() };
        for (pixels, &offset) in grey.chunks_mut(strips.n_pixels).zip(strips.offsets) {
            file.seek(SeekFrom::Start(offset)).map_err(|error| plain_io(&error))?;
            self.plain.read(file, numbers, pixels).map_err(|error| plain_io(&error))?;
        }
        Ok(())
    }

    /// Decodes strips or tiles of `n_samples` numbers per pixel into `numbers`.
    fn decode_shown(
        &mut self,
        file: &mut TiffFile,
        page: &Page,
        parts: &Parts,
        n_samples: u64,
        tables: &[u8],
    ) -> Result<(), Cause> {
        if page.compression == JPEG {
            check_jpegs(file, parts, tables)?;
        }
        let limits = limits(page, file.n_bytes());
        prepare(&mut self.numbers, page, page.size.area() * n_samples as usize);
        let shown = Shown::new(file, &shown_tags(page, parts, n_samples, tables));
        let decode =
            || Decoder::new(shown)?.with_limits(limits).read_image_to_buffer(&mut self.numbers);
        // No page is known that stops the decoder, but it is other people's code on other people's
        // bytes. All it would leave half done is the buffer, which is written anew for the next page.
        match catch_unwind(AssertUnwindSafe(decode)) {
            Ok(decoded) => decoded.map(drop).map_err(|error| plain(&error)),
            Err(_) => Err("the page's tags contradict each other".into()),
        }
    }

    fn join_channels(&self, page: &Page, grey: &mut [f32]) {
        let [red, green, blue] = &self.channels;
        if page.n_samples_of_grey() == 1 {
            return grey.copy_from_slice(red);
        }
        for (pixel, ((&red, &green), &blue)) in grey.iter_mut().zip(red.iter().zip(green).zip(blue))
        {
            *pixel = luminance(red.into(), green.into(), blue.into()) as f32;
        }
    }
}

/// Strips in which numbers lie as they are.
struct PlainStrips<'a> {
    offsets: &'a [u64],
    /// Pixels of each strip; the last may have fewer.
    n_pixels: usize,
    kind: Kind,
}

/// The strips of a page of plain numbers, if each is as long as it should be: what to make of
/// others is left to the decoder.
fn plain_strips<'a>(page: &Page, parts: &'a Parts) -> Option<PlainStrips<'a>> {
    let (kind, n_pixels) = (page.plain_kind()?, page.strip_pixels());
    let area = page.size.area();
    let length = |first: usize| (n_pixels.min(area - first) * kind.n_bytes()) as u64;
    let is_whole =
        0 < n_pixels && (0..area).step_by(n_pixels).map(length).eq(parts.lengths.iter().copied());
    is_whole.then_some(PlainStrips { offsets: &parts.offsets, n_pixels, kind })
}

/// Tables that all strips or tiles of a JPEG page share.
fn jpeg_tables(file: &mut TiffFile, directory: &Directory, page: &Page) -> Result<Vec<u8>, Cause> {
    let entry = directory.find(tag::JPEG_TABLES).filter(|_| page.compression == JPEG);
    let Some(entry) = entry else { return Ok(Vec::new()) };
    if !(4..=MOST_TABLE_BYTES).contains(&entry.n_bytes()) {
        return Err(format!("its JPEG tables claim to be {} bytes long", entry.n_bytes()));
    }
    entry.bytes(file, u64::MAX)
}

/// What is missing of a strip or tile the decoder fills with grey, and says nothing.
fn check_jpegs(file: &mut TiffFile, parts: &Parts, tables: &[u8]) -> Result<(), Cause> {
    for (&offset, &length) in parts.offsets.iter().zip(&parts.lengths) {
        jpeg_scan::check(&file.bytes_at(offset, length)?, tables)?;
    }
    Ok(())
}

/// All tables that JPEG has room for are shorter.
const MOST_TABLE_BYTES: u64 = 64 << 10;

/// Tags with which the decoder gives the numbers as they are stored.
fn shown_tags<'a>(
    page: &Page,
    parts: &'a Parts,
    n_samples: u64,
    tables: &'a [u8],
) -> Vec<(u16, Values<'a>)> {
    // Odd numbers of bits it does not know: it is shown a page of bytes.
    let (bits, width) = match page.is_packed() && page.compression != CCITT_GROUP_4 {
        true => (8, page.packed_row_bytes() as u64),
        false => (page.bits, page.size.width as u64),
    };
    let format = match page.format {
        NumberFormat::Unsigned => 1,
        NumberFormat::Signed => 2,
        NumberFormat::Float => 3,
    };
    let mut tags = vec![
        (tag::WIDTH, Values::Long(width)),
        (tag::HEIGHT, Values::Long(page.size.height as u64)),
        (tag::BITS, Values::Short(bits)),
        (tag::COMPRESSION, Values::Short(page.compression)),
        (tag::PHOTOMETRIC, Values::Short(BLACK_IS_ZERO)),
        (tag::SAMPLES, Values::Short(n_samples)),
        (tag::PREDICTOR, Values::Short(page.predictor)),
        (tag::SAMPLE_FORMAT, Values::Short(format)),
    ];
    tags.extend(place_tags(page, parts));
    if !tables.is_empty() {
        tags.push((tag::JPEG_TABLES, Values::Bytes(tables)));
    }
    tags.sort_by_key(|(tag, _)| *tag);
    tags
}

/// Where the decoder finds strips or tiles.
fn place_tags<'a>(page: &Page, parts: &'a Parts) -> Vec<(u16, Values<'a>)> {
    let (offsets, lengths) = (Values::Offsets(&parts.offsets), Values::Lengths(&parts.lengths));
    match page.tile {
        Some((width, height)) => vec![
            (tag::TILE_WIDTH, Values::Long(width)),
            (tag::TILE_HEIGHT, Values::Long(height)),
            (tag::TILE_OFFSETS, offsets),
            (tag::TILE_BYTES, lengths),
        ],
        None => vec![
            (tag::STRIP_OFFSETS, offsets),
            (tag::ROWS_PER_STRIP, Values::Long(page.rows_per_strip)),
            (tag::STRIP_BYTES, lengths),
        ],
    }
}

/// Gives the decoder room for `n` numbers, if what it has is of another kind or too small. Memory that
/// the system hands out cleared is not there before it is written: a page that claims much and holds
/// little takes little.
fn prepare(numbers: &mut DecodingResult, page: &Page, n: usize) {
    use DecodingResult as N;
    match (page.format, page.bits, &numbers) {
        (NumberFormat::Unsigned, 8, N::U8(there)) if n <= there.capacity() => {}
        (NumberFormat::Unsigned, 16, N::U16(there)) if n <= there.capacity() => {}
        (NumberFormat::Unsigned, 8, _) => *numbers = N::U8(vec![0; n]),
        (NumberFormat::Unsigned, 16, _) => *numbers = N::U16(vec![0; n]),
        // Others are rare, and what the decoder does by itself is the same but for the memory.
        _ => {}
    }
}

/// Memory the decoder may take for a page.
fn limits(page: &Page, n_bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(page.n_bytes()).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = usize::try_from(n_bytes).unwrap_or(usize::MAX);
    limits
}

fn to_grey(
    numbers: &DecodingResult,
    page: &Page,
    pixels: Pixels,
    grey: &mut [f32],
) -> Result<(), Cause> {
    use DecodingResult as N;
    match numbers {
        N::U8(bytes) if page.is_packed() => {
            unpack(bytes, page.packed_row_bytes(), page.bits, page.size.width, grey)
        }
        N::U8(numbers) => join(numbers, pixels, grey),
        N::U16(numbers) => join(numbers, pixels, grey),
        N::U32(numbers) => join(numbers, pixels, grey),
        N::U64(numbers) => join(numbers, pixels, grey),
        N::I8(numbers) => join(numbers, pixels, grey),
        N::I16(numbers) => join(numbers, pixels, grey),
        N::I32(numbers) => join(numbers, pixels, grey),
        N::I64(numbers) => join(numbers, pixels, grey),
        N::F32(numbers) => join(numbers, pixels, grey),
        N::F64(numbers) => join(numbers, pixels, grey),
        N::F16(numbers) => {
            let numbers: Vec<f32> = numbers.iter().map(|number| number.to_f32()).collect();
            join(&numbers, pixels, grey)
        }
    }?;
    if pixels.colour == Colour::Palette {
        look_up(&page.palette, grey)?;
    }
    Ok(())
}

/// A pixel's numbers to its grey.
fn join<T: Sample>(numbers: &[T], pixels: Pixels, grey: &mut [f32]) -> Result<(), Cause> {
    let n_samples = pixels.n_samples;
    if numbers.len() != grey.len() * n_samples {
        return Err(TOO_FEW.into());
    }
    match pixels.colour {
        Colour::Rgb | Colour::Rgba => luminance_of(numbers, n_samples, grey),
        Colour::Channels => first_channel(&numbers[pixels.channel..], n_samples, grey),
        Colour::Grey | Colour::GreyAlpha | Colour::YCbCr | Colour::Palette => {
            first_channel(numbers, n_samples, grey);
        }
    }
    Ok(())
}

const TOO_FEW: &str = "the page holds fewer numbers than its size needs";

fn look_up(palette: &[f32], grey: &mut [f32]) -> Result<(), Cause> {
    for pixel in grey {
        let entry = palette.get(*pixel as usize);
        *pixel = *entry.ok_or("the page has colours that its colour map has not")?;
    }
    Ok(())
}

/// Packed pixels of one number each; every row begins with a new byte.
fn unpack(
    bytes: &[u8],
    row_bytes: usize,
    bits: u64,
    width: usize,
    grey: &mut [f32],
) -> Result<(), Cause> {
    if bytes.len() / row_bytes != grey.len() / width {
        return Err(TOO_FEW.into());
    }
    for (bytes, row) in bytes.chunks_exact(row_bytes).zip(grey.chunks_exact_mut(width)) {
        Layout::Packed(bits as u32).decode(bytes, row);
    }
    Ok(())
}

/// What the decoder says, in plain words.
fn plain(error: &TiffError) -> Cause {
    match error {
        TiffError::IoError(error) => match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "its pixels end before the page does".into(),
            _ => plain_io(error),
        },
        TiffError::FormatError(error) => error.to_string(),
        TiffError::UnsupportedError(error) => error.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Size;

    use super::*;

    #[test]
    fn packed_numbers_are_taken_apart_row_by_row() {
        let unpacked = |bytes: &[u8], row_bytes, bits, width| {
            let mut grey = vec![-1.0; bytes.len() / row_bytes * width];
            unpack(bytes, row_bytes, bits, width, &mut grey).unwrap();
            grey
        };
        assert_eq!(unpacked(&[0b1010_0000, 0b0110_0000], 1, 1, 3), [1.0, 0.0, 1.0, 0.0, 1.0, 1.0]);
        assert_eq!(unpacked(&[0x12, 0x30], 2, 4, 3), [1.0, 2.0, 3.0]);
        assert_eq!(unpacked(&[0xab, 0xcd, 0xef], 3, 12, 2), [2748.0, 3567.0]);
        assert_eq!(unpacked(&[0xff, 0xfc, 0x00, 0x40], 4, 14, 2), [16_383.0, 4.0]);
        assert!(unpack(&[0xff], 1, 1, 3, &mut [0.0; 6]).is_err());
    }

    const SIZE: Size = Size::new(5, 7);

    /// A classic TIFF of numbers 1, 2, 3, … in strips, of which each lies before the one above it.
    fn tiff_of(big_endian: bool, bits: u32, sample_format: u32, rows_per_strip: usize) -> Vec<u8> {
        let whole = |n: u32, n_bytes: usize| match big_endian {
            true => n.to_be_bytes()[4 - n_bytes..].to_vec(),
            false => n.to_le_bytes()[..n_bytes].to_vec(),
        };
        let number = |k: usize| match (sample_format, big_endian) {
            (3, true) => (k as f32).to_be_bytes().to_vec(),
            (3, false) => (k as f32).to_le_bytes().to_vec(),
            _ => whole(k as u32, bits as usize / 8),
        };
        let pixels: Vec<usize> = (1..=SIZE.area()).collect();
        let strips = pixels.chunks(rows_per_strip * SIZE.width).rev();
        let strips: Vec<Vec<u8>> =
            strips.map(|strip| strip.iter().flat_map(|&k| number(k)).collect()).collect();
        let n_strips = strips.len() as u32;
        let mut file = [if big_endian { &b"MM"[..] } else { b"II" }, &whole(42, 2)].concat();
        file.extend(whole(0, 4));
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        for strip in &strips {
            offsets.insert(0, file.len() as u32);
            lengths.insert(0, strip.len() as u32);
            file.extend(strip);
        }
        let lists = [&offsets, &lengths].map(|list| {
            let at = file.len() as u32;
            list.iter().for_each(|&n| file.extend(whole(n, 4)));
            if n_strips == 1 { list[0] } else { at }
        });
        let directory = whole(file.len() as u32, 4);
        file[4..8].copy_from_slice(&directory);
        let (width, height) = (SIZE.width as u32, SIZE.height as u32);
        let tags = [
            (tag::WIDTH, 1, width),
            (tag::HEIGHT, 1, height),
            (tag::BITS, 1, bits),
            (tag::COMPRESSION, 1, 1),
            (tag::PHOTOMETRIC, 1, 1),
            (tag::STRIP_OFFSETS, n_strips, lists[0]),
            (tag::ROWS_PER_STRIP, 1, rows_per_strip as u32),
            (tag::STRIP_BYTES, n_strips, lists[1]),
            (tag::SAMPLE_FORMAT, 1, sample_format),
        ];
        file.extend(whole(tags.len() as u32, 2));
        for (tag, n_values, value) in tags {
            let long = 4;
            file.extend(
                [whole(tag.into(), 2), whole(long, 2), whole(n_values, 4), whole(value, 4)]
                    .concat(),
            );
        }
        file.extend([0; 4]);
        file
    }

    /// The page read as it is read, and by the decoder; and whether the first was without it.
    fn read_both_ways(file: &[u8]) -> (Vec<f32>, Vec<f32>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.tif");
        std::fs::write(&path, file).unwrap();
        let mut file = TiffFile::open(&path).unwrap();
        let at = file.first_directory();
        let directory = Directory::read(&mut file, at).unwrap();
        let page = Page::read(&mut file, &directory).unwrap();
        let parts = Parts::read(&mut file, &directory, &page, 0).unwrap();
        let (mut decoder, mut frame) = (PageDecoder::default(), Frame::default());
        let wanted = Wanted { directory: &directory, page: &page, shift: 0, channel: 0 };
        decoder.decode(&mut file, &wanted, &mut frame).unwrap();
        let mut decoded = vec![0.0; SIZE.area()];
        decoder.decode_shown(&mut file, &page, &parts, 1, &[]).unwrap();
        to_grey(&decoder.numbers, &page, Pixels::ONE_NUMBER, &mut decoded).unwrap();
        (frame.pixels().to_vec(), decoded, plain_strips(&page, &parts).is_some())
    }

    #[test]
    fn plain_numbers_are_read_as_the_decoder_reads_them() {
        let expected: Vec<f32> = (1..=SIZE.area()).map(|k| k as f32).collect();
        for big_endian in [false, true] {
            for (bits, sample_format) in [(8, 1), (16, 1), (32, 1), (8, 2), (16, 2), (32, 3)] {
                for rows_per_strip in [1, 3, 7] {
                    let file = tiff_of(big_endian, bits, sample_format, rows_per_strip);
                    let (read, decoded, is_plain) = read_both_ways(&file);
                    assert!(is_plain);
                    assert_eq!(decoded, expected);
                    assert_eq!(read, expected);
                }
            }
        }
    }

    #[test]
    fn strips_of_other_lengths_are_left_to_the_decoder() {
        let mut file = tiff_of(false, 16, 1, 7);
        let n = file.len();
        // The value of the last tag but one: two bytes more than the strip's pixels.
        let value = n - 4 - 12 - 4;
        assert_eq!(file[value], 2 * SIZE.area() as u8);
        file[value] += 2;
        let (read, decoded, is_plain) = read_both_ways(&file);
        assert!(!is_plain);
        assert_eq!(read, decoded);
    }
}
