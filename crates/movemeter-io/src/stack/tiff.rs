//! TIFF and BigTIFF: all pages' directories, then all their pixels.
//!
//! In this order the pixels can be streamed, and a file that is cut off still says what it held. All pixels lie behind
//! one another because ImageJ expects that of files that have its description: it looks at the first directory alone.
//! The numbers of tags are those of the standard, "TIFF, Revision 6.0" (Adobe, 1992).

use std::io::Write;
use std::path::Path;

use movemeter::source::{FrameSource, StackInfo};

use super::BitDepth;
use super::imagej::{Description, Fraction};
use super::pixels::for_each_frame;
use crate::error::Error;
use crate::output::OutputFile;

/// Classic TIFF cannot point beyond 4 GiB.
const LARGEST_CLASSIC_BYTES: u64 = u32::MAX as u64;

pub(super) fn write(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: &Path,
) -> Result<(), Error> {
    let description = Description::of(source.info());
    let classic = Layout::new(source.info(), bits, &description, false);
    let is_big = LARGEST_CLASSIC_BYTES < classic.n_bytes();
    let layout = Layout::new(source.info(), bits, &description, is_big);
    write_as(&layout, source, path)
}

fn write_as(layout: &Layout<'_>, source: &mut dyn FrameSource, path: &Path) -> Result<(), Error> {
    let mut output = OutputFile::create(path)?;
    let unwritable = |error: std::io::Error| Error::unwritable(path, &error);
    for index in 0..=layout.n_frames {
        output.write_all(&layout.head(index)).map_err(unwritable)?;
    }
    for_each_frame(source, layout.bits, |_, bytes| output.write_all(bytes).map_err(unwritable))?;
    output.finish()
}

/// Where everything goes.
struct Layout<'a> {
    is_big: bool,
    bits: BitDepth,
    width: u64,
    height: u64,
    n_frames: usize,
    description: &'a Description,
    /// Where the second page's directory begins.
    second_at: u64,
    /// Bytes of each directory but the first.
    page_bytes: u64,
    /// Where the pixels begin.
    pixels_at: u64,
}

impl<'a> Layout<'a> {
    fn new(info: &StackInfo, bits: BitDepth, description: &'a Description, is_big: bool) -> Self {
        let mut layout = Self {
            is_big,
            bits,
            width: info.size.width as u64,
            height: info.size.height as u64,
            n_frames: info.n_frames,
            description,
            second_at: 0,
            page_bytes: 0,
            pixels_at: 0,
        };
        // The lengths do not depend on what the numbers are.
        let first_at = layout.header().len() as u64;
        layout.second_at = first_at + layout.directory(0).encoded(first_at, 0, is_big).len() as u64;
        layout.page_bytes = layout.directory(1).encoded(first_at, 0, is_big).len() as u64;
        let others = (info.n_frames as u64).saturating_sub(1).saturating_mul(layout.page_bytes);
        layout.pixels_at = layout.second_at.saturating_add(others);
        layout
    }

    /// Bytes of the whole file.
    fn n_bytes(&self) -> u64 {
        self.pixels_at.saturating_add(self.frame_bytes().saturating_mul(self.n_frames as u64))
    }

    fn frame_bytes(&self) -> u64 {
        let pixels = self.width.saturating_mul(self.height);
        pixels.saturating_mul(self.bits.n_bytes() as u64)
    }

    /// What comes before the pixels: the file's header, then each page's directory.
    fn head(&self, index: usize) -> Vec<u8> {
        let Some(page) = index.checked_sub(1) else { return self.header() };
        let next = if page + 1 == self.n_frames { 0 } else { self.directory_at(page + 1) };
        self.directory(page).encoded(self.directory_at(page), next, self.is_big)
    }

    fn directory_at(&self, page: usize) -> u64 {
        match page {
            0 => self.header().len() as u64,
            _ => self.second_at + (page as u64 - 1) * self.page_bytes,
        }
    }

    fn header(&self) -> Vec<u8> {
        if self.is_big {
            [&b"II\x2b\0\x08\0\0\0"[..], &16u64.to_le_bytes()].concat()
        } else {
            [&b"II\x2a\0"[..], &8u32.to_le_bytes()].concat()
        }
    }

    /// The tags of a page. What is said of the whole recording stands in the first.
    fn directory(&self, page: usize) -> Directory {
        let frame_bytes = self.frame_bytes();
        let offset = self.pixels_at.saturating_add(frame_bytes.saturating_mul(page as u64));
        let format = if self.bits == BitDepth::Float32 { FLOAT } else { UNSIGNED };
        let mut directory = Directory::default();
        directory.long(256, self.width);
        directory.long(257, self.height);
        directory.short(258, 8 * self.bits.n_bytes() as u16);
        directory.short(259, UNCOMPRESSED);
        directory.short(262, BLACK_IS_ZERO);
        if page == 0 && !self.description.text.is_empty() {
            directory.bytes(270, ASCII, [self.description.text.as_bytes(), &[0]].concat());
        }
        directory.place(273, offset, self.is_big);
        directory.short(277, 1);
        directory.long(278, self.height);
        directory.place(279, frame_bytes, self.is_big);
        if let Some(pixels_per_um) = self.description.pixels_per_um {
            directory.fraction(282, pixels_per_um);
            directory.fraction(283, pixels_per_um);
            directory.short(296, NO_UNIT);
        }
        directory.short(339, format);
        if page == 0 && !self.description.info.is_empty() {
            directory.imagej_info(&self.description.info);
        }
        directory
    }
}

/// Values of tags.
const UNCOMPRESSED: u16 = 1;
const BLACK_IS_ZERO: u16 = 1;
const NO_UNIT: u16 = 1;
const UNSIGNED: u16 = 1;
const FLOAT: u16 = 3;

/// Types of values, and the bytes of one.
const BYTE: (u16, u64) = (1, 1);
const ASCII: (u16, u64) = (2, 1);
const SHORT: (u16, u64) = (3, 2);
const LONG: (u16, u64) = (4, 4);
const RATIONAL: (u16, u64) = (5, 8);
const LONG8: (u16, u64) = (16, 8);

/// The tags of a page, in ascending order.
#[derive(Default)]
struct Directory {
    entries: Vec<Entry>,
}

struct Entry {
    tag: u16,
    kind: (u16, u64),
    values: Vec<u8>,
}

impl Directory {
    fn bytes(&mut self, tag: u16, kind: (u16, u64), values: Vec<u8>) {
        self.entries.push(Entry { tag, kind, values });
    }

    fn short(&mut self, tag: u16, value: u16) {
        self.bytes(tag, SHORT, value.to_le_bytes().into());
    }

    /// Sides of a frame are far below what four bytes hold: a frame is in memory.
    fn long(&mut self, tag: u16, value: u64) {
        self.bytes(tag, LONG, (value as u32).to_le_bytes().into());
    }

    /// A place in the file, or a length of a part of it.
    fn place(&mut self, tag: u16, value: u64, is_big: bool) {
        match is_big {
            true => self.bytes(tag, LONG8, value.to_le_bytes().into()),
            false => self.long(tag, value),
        }
    }

    fn fraction(&mut self, tag: u16, Fraction { over, under }: Fraction) {
        self.bytes(tag, RATIONAL, [over, under].map(u32::to_le_bytes).concat());
    }

    /// ImageJ's own tags: a list of lengths, and the parts that have them, here a head and the text.
    fn imagej_info(&mut self, info: &str) {
        let text: Vec<u8> = info.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // All of it is in the file's byte order, these words of four letters too.
        let head = [*b"JIJI", *b"ofni", 1u32.to_le_bytes()].concat();
        let lengths = [head.len() as u32, text.len() as u32].map(u32::to_le_bytes).concat();
        self.bytes(50_838, LONG, lengths);
        self.bytes(50_839, BYTE, [head, text].concat());
    }

    /// The directory as it stands at `at`, followed by the values that do not fit into it.
    fn encoded(&self, at: u64, next: u64, is_big: bool) -> Vec<u8> {
        let word = if is_big { 8 } else { 4 };
        let number = |value: u64| value.to_le_bytes()[..word].to_vec();
        let n_entries = self.entries.len();
        let count = (n_entries as u64).to_le_bytes();
        let mut bytes = count[..if is_big { 8 } else { 2 }].to_vec();
        let values_at = at + (bytes.len() + n_entries * (4 + 2 * word) + word) as u64;
        let mut outside = Vec::new();
        for Entry { tag, kind: (kind, value_bytes), values } in &self.entries {
            bytes.extend([*tag, *kind].map(u16::to_le_bytes).concat());
            bytes.extend(number(values.len() as u64 / value_bytes));
            if values.len() <= word {
                bytes.extend(values);
                bytes.resize(bytes.len() + word - values.len(), 0);
            } else {
                bytes.extend(number(values_at + outside.len() as u64));
                outside.extend(values);
                // Values and directories begin at even places, in BigTIFF at multiples of eight.
                outside.resize(outside.len().next_multiple_of(word), 0);
            }
        }
        bytes.extend(number(next));
        bytes.extend(outside);
        // So does the next directory, and so do the pixels.
        bytes.resize(bytes.len().next_multiple_of(word), 0);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use movemeter::frame::Frame;
    use movemeter::geometry::Size;
    use movemeter::source::MemoryStack;

    use super::*;

    #[test]
    fn a_big_tiff_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.tif");
        let ramp = Frame::from_fn(Size::new(30, 20), |x, y| (100 * y + x) as f32);
        let frames = vec![Frame::new(ramp.size()), ramp.clone(), ramp.clone()];
        let mut stack = MemoryStack::new(frames).unwrap();
        let mut info = stack.info().clone();
        info.pixel_size_um = Some(0.5);
        info.metadata.push(("stage".into(), "warm".into()));
        let description = Description::of(&info);
        let layout = Layout::new(&info, BitDepth::Sixteen, &description, true);
        write_as(&layout, &mut stack, &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[2], 43, "the mark of BigTIFF");
        assert_eq!(bytes.len() as u64, layout.n_bytes());
        let mut again = crate::open(&path).unwrap();
        let mut frame = Frame::default();
        again.read(2, &mut frame).unwrap();
        assert_eq!((again.info().n_frames, frame), (3, ramp));
        assert_eq!(again.info().pixel_size_um, Some(0.5));
    }

    #[test]
    fn a_stack_beyond_four_gigabytes_needs_big_tiff() {
        let needed = |n_frames, bits| {
            let info = StackInfo { size: Size::new(2048, 2048), n_frames, ..StackInfo::default() };
            Layout::new(&info, bits, &Description::of(&info), false).n_bytes()
        };
        assert!(LARGEST_CLASSIC_BYTES < needed(1024, BitDepth::Eight));
        assert!(needed(1023, BitDepth::Eight) < LARGEST_CLASSIC_BYTES);
        assert!(LARGEST_CLASSIC_BYTES < needed(1023, BitDepth::Sixteen));
    }
}
