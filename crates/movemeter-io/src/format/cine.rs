//! Cine files of Phantom cameras.
//!
//! Pixels are given as stored: not turned or flipped as the setup asks programs to show them, not scaled from black to
//! white. Only packed pixels of 10 bits, which lie on a curve, are made linear.

mod curve;
mod fields;
mod header;
mod times;

use std::fs::File;
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use self::curve::LINEAR;
use self::fields::Fields;
use self::header::{Header, Picture, bytes_at};
use self::times::Times;
use super::layout::{Channels, Layout, PixelReader};
use super::{Cause, Opened, name_of, open_sized};
use crate::error::Error;
use crate::options::OpenOptions;

pub(super) fn open(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let (mut file, n_bytes) = open_sized(path)?;
    let (header, mut metadata) = Header::read(&mut file)?;
    let reader = reader(&header.picture)?;
    let frame_bytes = frame_bytes(&header.picture, &reader)?;
    check_backed(&header, frame_bytes, n_bytes)?;
    let times = Times::read(&mut file, &header)?;
    metadata.extend(times.metadata);
    if header.is_mosaic() {
        metadata.push(("Colours".into(), "colour filter mosaic, given as stored".into()));
    }
    let is_on_a_curve = reader.layout == Layout::Packed(10);
    let info = StackInfo {
        name: name_of(path),
        size: header.picture.size,
        n_frames: header.first.n_frames as usize,
        pixel_type: if is_on_a_curve { MADE_LINEAR.into() } else { reader.pixel_type() },
        times_s: times.times_s,
        frame_rate_hz: times.frame_rate_hz,
        exposure_s: times.exposure_s,
        metadata,
        ..StackInfo::default()
    };
    let cine = Cine { path: path.into(), info, file, n_bytes, header, frame_bytes, reader };
    Ok(Opened::one_file(path, cine))
}

/// Numbers on a curve are not rounded alike everywhere.
const MADE_LINEAR: &str = "10 bit, made linear (12 bit)";

/// How pixels are stored.
fn reader(picture: &Picture) -> Result<PixelReader, Cause> {
    let (layout, channels) = match (picture.packing, picture.bits) {
        (0, 8) => (Layout::U8, Channels::Grey),
        (0, 16) => (Layout::U16, Channels::Grey),
        (0, 24) => (Layout::U8, Channels::Bgr),
        (0, 48) => (Layout::U16, Channels::Bgr),
        (256, 8..=16) => (Layout::Packed(10), Channels::Grey),
        (1024, 8..=16) => (Layout::Packed(12), Channels::Grey),
        (packing, bits) => {
            return Err(format!(
                "pixels of {bits} bits in packing {packing} are not known; packing may be 0 (none) \
                 with 8, 16, 24 or 48 bits, 256 (10 bits) or 1024 (12 bits)"
            ));
        }
    };
    Ok(PixelReader::new(layout, channels))
}

fn frame_bytes(picture: &Picture, reader: &PixelReader) -> Result<u64, Cause> {
    let n_pixels = picture.size.width as u64 * picture.size.height as u64;
    reader
        .n_bytes(n_pixels)
        .ok_or_else(|| format!("packed frames of {} px do not fill whole bytes", picture.size))
}

/// The headers must be whole, and a frame must fit into the file.
fn check_backed(header: &Header, frame_bytes: u64, n_bytes: u64) -> Result<(), Cause> {
    let n_frames = header.first.n_frames;
    if n_frames == 0 {
        return Err("it has no frames".into());
    }
    if n_bytes < header.first.places_end() {
        return Err(format!(
            "it claims to have {n_frames} frames, but ends after {n_bytes} bytes, before it says \
             where they are"
        ));
    }
    if n_bytes < frame_bytes {
        return Err(format!(
            "it claims to have {} px, more than its {n_bytes} bytes can hold",
            header.picture.size
        ));
    }
    Ok(())
}

struct Cine {
    path: PathBuf,
    info: StackInfo,
    file: File,
    n_bytes: u64,
    header: Header,
    /// Of the pixels, without room between rows.
    frame_bytes: u64,
    reader: PixelReader,
}

impl FrameSource for Cine {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        self.read_pixels(index, frame)
            .map_err(|cause| Error::Frame { frame: index, path: self.path.clone(), cause }.into())
    }
}

impl Cine {
    fn read_pixels(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let (at, n_bytes) = self.find_pixels(index)?;
        let row_bytes = self.row_bytes(n_bytes)?;
        self.reader.fetch(&mut self.file, at, n_bytes as usize)?;
        frame.reset(self.info.size);
        if !self.header.picture.is_upside_down && n_bytes == self.frame_bytes {
            self.reader.decode(0, frame.pixels_mut());
        } else {
            self.decode_rows(row_bytes, frame);
        }
        if self.reader.layout == Layout::Packed(10) {
            for pixel in frame.pixels_mut() {
                *pixel = LINEAR[*pixel as usize].into();
            }
        }
        Ok(())
    }

    fn decode_rows(&mut self, row_bytes: usize, frame: &mut Frame) {
        let height = frame.size().height;
        for row in 0..height {
            let y = if self.header.picture.is_upside_down { height - 1 - row } else { row };
            self.reader.decode(row * row_bytes, frame.row_mut(y));
        }
    }

    /// Where the pixels of a frame begin, and how many bytes they have.
    fn find_pixels(&mut self, index: usize) -> Result<(u64, u64), Cause> {
        let first = &self.header.first;
        let place = first.places_at + index as u64 * first.place_bytes;
        let mut place = bytes_at(&mut self.file, place, first.place_bytes)?;
        place.resize(8, 0);
        let place = u64::from_le_bytes(place.try_into().expect("it has eight bytes now"));
        let cut = |end: Option<u64>| {
            let end = end.filter(|&end| end <= self.n_bytes);
            end.ok_or_else(|| format!("the file ends before it, after {} bytes", self.n_bytes))
        };
        // Notes stand before the pixels, their length at the beginning, that of the pixels at the end.
        cut(place.checked_add(8))?;
        let number = |bytes: &[u8]| Fields(bytes).u32(0).map(u64::from).unwrap_or_default();
        let notes = number(&bytes_at(&mut self.file, place, 4)?);
        let at = cut(place.checked_add(notes.max(8)))?;
        let n_bytes = number(&bytes_at(&mut self.file, at - 4, 4)?);
        let end = cut(at.checked_add(n_bytes))?;
        let is_in_headers =
            place < self.header.setup_end() || place < first.places_end() && first.places_at < end;
        if is_in_headers || notes < 8 {
            return Err(format!("it is said to be at byte {place}, where no frame is"));
        }
        Ok((at, n_bytes))
    }

    /// Rows may be filled up to four bytes, as in bitmaps.
    fn row_bytes(&self, n_bytes: u64) -> Result<usize, Cause> {
        let height = self.info.size.height as u64;
        let row_bytes = self.frame_bytes / height;
        let filled = row_bytes.next_multiple_of(4);
        if n_bytes == self.frame_bytes {
            return Ok(row_bytes as usize);
        }
        if n_bytes == filled * height {
            return Ok(filled as usize);
        }
        Err(format!(
            "it has {n_bytes} bytes of pixels, but {} px need {}",
            self.info.size, self.frame_bytes
        ))
    }
}
