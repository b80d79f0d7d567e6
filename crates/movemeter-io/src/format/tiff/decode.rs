//! From a page's bytes to grey pixels.
//!
//! The crate `tiff` undoes compression, predictors, strips, tiles and byte order. It is shown every
//! page as one of grey numbers, whatever they mean, and each channel that is stored by itself as a
//! page of its own: its own ways with colours leave channels out, turn white-is-zero around, and
//! stop the program at separate channels in tiles. Pages of plain numbers are read without it, in a
//! third of the time.

use std::io::{Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use movemeter::frame::Frame;
use tiff::TiffError;
use tiff::decoder::{Decoder, DecodingResult, Limits};

use super::super::grey::{Sample, first_channel, luminance, luminance_of};
use super::super::raw::{Kind, Numbers, PieceReader};
use super::super::{Cause, plain_io};
use super::directory::{Directory, tag};
use super::file::TiffFile;
use super::page::{BLACK_IS_ZERO, Colour, Page, Parts};

/// Decodes pages, keeping its memory from one to the next.
pub(super) struct PageDecoder {
    numbers: DecodingResult,
    /// Red, green and blue, where they are stored apart.
    channels: [Vec<f32>; 3],
    plain: PieceReader,
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
    /// Decodes the page whose directory is at `at`.
    pub(super) fn decode(
        &mut self,
        file: &mut TiffFile,
        at: u64,
        directory: &Directory,
        page: &Page,
        frame: &mut Frame,
    ) -> Result<(), Cause> {
        let parts = page.parts(file, directory)?;
        frame.reset(page.size);
        let grey = frame.pixels_mut();
        if let Some(strips) = plain_strips(page, &parts) {
            return self.read_plain(file, &strips, grey);
        }
        if !page.is_planar || page.n_samples == 1 {
            file.show_page(at);
            self.decode_shown(file, directory, page)?;
            return to_grey(&self.numbers, page, page.colour, page.n_samples as usize, grey);
        }
        for channel in 0..page.n_channels_of_grey() {
            file.show_page(at);
            show_channel(file, directory, page, &parts, channel);
            self.decode_shown(file, directory, page)?;
            self.channels[channel].resize(grey.len(), 0.0);
            to_grey(&self.numbers, page, Colour::Grey, 1, &mut self.channels[channel])?;
        }
        self.join_channels(page, grey);
        Ok(())
    }

    fn read_plain(
        &mut self,
        file: &mut TiffFile,
        strips: &PlainStrips<'_>,
        grey: &mut [f32],
    ) -> Result<(), Cause> {
        file.show_unchanged();
        let numbers = Numbers { kind: strips.kind, big_endian: file.big_endian() };
        for (pixels, &offset) in grey.chunks_mut(strips.n_pixels).zip(strips.offsets) {
            file.seek(SeekFrom::Start(offset)).map_err(|error| plain_io(&error))?;
            self.plain.read(file, numbers, pixels).map_err(|error| plain_io(&error))?;
        }
        Ok(())
    }

    fn decode_shown(
        &mut self,
        file: &mut TiffFile,
        directory: &Directory,
        page: &Page,
    ) -> Result<(), Cause> {
        show_as_stored(file, directory, page);
        let limits = limits(page, file.n_bytes());
        let decode =
            || Decoder::new(file)?.with_limits(limits).read_image_to_buffer(&mut self.numbers);
        // The decoder stops the program at some pages that contradict themselves. All it leaves half
        // done is the buffer, which is written anew for the next page.
        match catch_unwind(AssertUnwindSafe(decode)) {
            Ok(decoded) => decoded.map(drop).map_err(|error| plain(&error)),
            Err(_) => Err("the page's tags contradict each other".into()),
        }
    }

    fn join_channels(&self, page: &Page, grey: &mut [f32]) {
        let [red, green, blue] = &self.channels;
        if page.n_channels_of_grey() == 1 {
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

/// Shows tags with which the decoder gives the numbers as they are stored.
fn show_as_stored(file: &mut TiffFile, directory: &Directory, page: &Page) {
    directory.show_value(file, tag::PHOTOMETRIC, BLACK_IS_ZERO);
    // Odd numbers of bits it does not know: it is shown a page of bytes. Where the tag is left out
    // it means one bit, and the decoder gives the bytes by itself.
    if page.is_packed() && directory.has(tag::BITS) {
        directory.show_value(file, tag::BITS, 8);
        directory.show_value(file, tag::WIDTH, page.packed_row_bytes() as u64);
    }
}

/// Shows only one channel of a page that stores each by itself, one after the other.
fn show_channel(
    file: &mut TiffFile,
    directory: &Directory,
    page: &Page,
    parts: &Parts,
    channel: usize,
) {
    let n_parts = parts.offsets.len() / page.n_samples as usize;
    let first = channel * n_parts;
    for (tag, values) in [(parts.offsets_tag, &parts.offsets), (parts.lengths_tag, &parts.lengths)]
    {
        directory.show_values(file, tag, first, &values[first..][..n_parts]);
    }
    directory.show_values(file, tag::BITS, 0, &[page.bits]);
    directory.show_value(file, tag::SAMPLES, 1);
    directory.hide(file, tag::EXTRA_SAMPLES);
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
    colour: Colour,
    n_channels: usize,
    grey: &mut [f32],
) -> Result<(), Cause> {
    use DecodingResult as N;
    match numbers {
        N::U8(bytes) if page.is_packed() => {
            let numbers = unpack(bytes, page.packed_row_bytes(), page.bits, page.size.width);
            join(&numbers, page, colour, n_channels, grey)
        }
        N::U8(numbers) => join(numbers, page, colour, n_channels, grey),
        N::U16(numbers) => join(numbers, page, colour, n_channels, grey),
        N::U32(numbers) => join(numbers, page, colour, n_channels, grey),
        N::U64(numbers) => join(numbers, page, colour, n_channels, grey),
        N::I8(numbers) => join(numbers, page, colour, n_channels, grey),
        N::I16(numbers) => join(numbers, page, colour, n_channels, grey),
        N::I32(numbers) => join(numbers, page, colour, n_channels, grey),
        N::I64(numbers) => join(numbers, page, colour, n_channels, grey),
        N::F32(numbers) => join(numbers, page, colour, n_channels, grey),
        N::F64(numbers) => join(numbers, page, colour, n_channels, grey),
        N::F16(numbers) => {
            let numbers: Vec<f32> = numbers.iter().map(|number| number.to_f32()).collect();
            join(&numbers, page, colour, n_channels, grey)
        }
    }
}

/// A pixel's numbers to its grey.
fn join<T: Sample>(
    numbers: &[T],
    page: &Page,
    colour: Colour,
    n_channels: usize,
    grey: &mut [f32],
) -> Result<(), Cause> {
    if numbers.len() != grey.len() * n_channels {
        return Err("the page holds fewer numbers than its size needs".into());
    }
    match colour {
        Colour::Rgb | Colour::Rgba => luminance_of(numbers, n_channels, grey),
        Colour::Grey | Colour::GreyAlpha | Colour::YCbCr => {
            first_channel(numbers, n_channels, grey);
        }
        Colour::Palette => {
            first_channel(numbers, n_channels, grey);
            look_up(&page.palette, grey)?;
        }
    }
    Ok(())
}

fn look_up(palette: &[f32], grey: &mut [f32]) -> Result<(), Cause> {
    for pixel in grey {
        let entry = palette.get(*pixel as usize);
        *pixel = *entry.ok_or("the page has colours that its colour map has not")?;
    }
    Ok(())
}

/// Numbers of a few bits each, most significant bit first, every row beginning with a new byte.
fn unpack(bytes: &[u8], row_bytes: usize, bits: u64, width: usize) -> Vec<u16> {
    let mut numbers = Vec::with_capacity(bytes.len() / row_bytes * width);
    for row in bytes.chunks_exact(row_bytes) {
        let (mut held, mut n_held) = (0u32, 0);
        let mut bytes = row.iter();
        for _ in 0..width {
            while n_held < bits {
                held = held << 8 | u32::from(*bytes.next().expect("a row has bits for its width"));
                n_held += 8;
            }
            n_held -= bits;
            numbers.push((held >> n_held) as u16);
            held &= (1 << n_held) - 1;
        }
    }
    numbers
}

/// What the decoder says, in plain words.
fn plain(error: &TiffError) -> Cause {
    match error {
        TiffError::IoError(error) => match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                "its compressed pixels end before the page does".into()
            }
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
        assert_eq!(unpack(&[0b1010_0000, 0b0110_0000], 1, 1, 3), [1, 0, 1, 0, 1, 1]);
        assert_eq!(unpack(&[0x12, 0x30], 2, 4, 3), [1, 2, 3]);
        assert_eq!(unpack(&[0xab, 0xcd, 0xef], 3, 12, 2), [0xabc, 0xdef]);
        assert_eq!(unpack(&[0xff, 0xfc, 0x00, 0x40], 4, 14, 2), [0x3fff, 0x0004]);
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
        let parts = page.parts(&mut file, &directory).unwrap();
        let (mut decoder, mut frame) = (PageDecoder::default(), Frame::default());
        decoder.decode(&mut file, at, &directory, &page, &mut frame).unwrap();
        let mut decoded = vec![0.0; SIZE.area()];
        file.show_page(at);
        decoder.decode_shown(&mut file, &directory, &page).unwrap();
        to_grey(&decoder.numbers, &page, page.colour, 1, &mut decoded).unwrap();
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
