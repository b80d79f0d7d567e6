//! Portable pictures: PBM, PGM, PPM (`P1` to `P6`) and PFM (`Pf`, `PF`).
//!
//! They are read here because the crate `image` stretches grey levels to the whole range of 8 or 16 bits; here they are
//! as stored. Binary pictures that follow one another in a file, as programs write them into pipes, are frames.

mod header;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use self::header::{Encoding, Header};
use super::grey::luminance;
use super::layout::{Channels, Layout, PixelReader};
use super::raw::{Kind, Numbers};
use super::{Cause, Opened, name_of, open_sized, plain_io};
use crate::error::Error;
use crate::options::OpenOptions;

pub(super) fn open(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let (mut file, n_bytes) = open_sized(path)?;
    let header = Header::read(&mut file)?;
    let reader = reader(&header);
    let pixel_bytes =
        pixel_bytes(&header, &reader).filter(|&bytes| header.bytes.len() as u64 + bytes <= n_bytes);
    let pixel_bytes = pixel_bytes.ok_or_else(|| {
        format!("it claims to have {} px, more than its {n_bytes} bytes can hold", header.size)
    })?;
    let mut picture =
        Pnm { path: path.into(), info: StackInfo::default(), file, header, pixel_bytes, reader };
    picture.info = StackInfo {
        name: name_of(path),
        size: picture.header.size,
        n_frames: picture.count(n_bytes)?,
        pixel_type: picture.reader.pixel_type(),
        metadata: picture.header.metadata(),
        ..StackInfo::default()
    };
    Ok(Opened::one_file(path, picture))
}

fn reader(header: &Header) -> PixelReader {
    let layout = match header.encoding {
        Encoding::Bits => Layout::Packed(1),
        Encoding::Text | Encoding::Binary if header.largest < 256 => Layout::U8,
        Encoding::Text | Encoding::Binary => {
            Layout::Plain(Numbers { kind: Kind::U16, big_endian: true })
        }
        Encoding::Float { big_endian } => Layout::Plain(Numbers { kind: Kind::F32, big_endian }),
    };
    PixelReader::new(layout, if header.n_channels == 3 { Channels::Rgb } else { Channels::Grey })
}

/// The bytes of the pixels, or the least that they have as text.
fn pixel_bytes(header: &Header, reader: &PixelReader) -> Option<u64> {
    let (width, height) = (header.size.width as u64, header.size.height as u64);
    match header.encoding {
        Encoding::Bits => width.div_ceil(8).checked_mul(height),
        Encoding::Binary | Encoding::Float { .. } => reader.n_bytes(width.checked_mul(height)?),
        Encoding::Text => width.checked_mul(height)?.checked_mul(header.n_channels as u64),
    }
}

struct Pnm {
    path: PathBuf,
    info: StackInfo,
    file: File,
    header: Header,
    pixel_bytes: u64,
    reader: PixelReader,
}

impl FrameSource for Pnm {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        frame.reset(self.info.size);
        let read = match self.header.encoding {
            Encoding::Text => self.read_text(frame),
            Encoding::Bits | Encoding::Binary | Encoding::Float { .. } => {
                self.read_binary(index, frame)
            }
        };
        let path = self.path.clone();
        read.map_err(|cause| Error::Frame { frame: index, path, cause }.into())
    }
}

impl Pnm {
    fn picture_bytes(&self) -> u64 {
        self.header.bytes.len() as u64 + self.pixel_bytes
    }

    /// How many pictures there are; the last may have been cut off.
    fn count(&mut self, n_bytes: u64) -> Result<usize, Cause> {
        if self.header.encoding == Encoding::Text || !self.is_picture_at(1)? {
            return Ok(1);
        }
        Ok(n_bytes.div_ceil(self.picture_bytes()) as usize)
    }

    /// Whether there is one more with the same header.
    fn is_picture_at(&mut self, index: u64) -> Result<bool, Cause> {
        let mut bytes = vec![0; self.header.bytes.len()];
        let to = SeekFrom::Start(index * self.picture_bytes());
        let read = self.file.seek(to).and_then(|_| self.file.read_exact(&mut bytes));
        match read {
            Ok(()) => Ok(bytes == self.header.bytes),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(plain_io(&error)),
        }
    }

    fn read_binary(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        if !self.is_picture_at(index as u64)? {
            return Err(
                "it does not begin as the first one does, or the file ends too early".into()
            );
        }
        let at = index as u64 * self.picture_bytes() + self.header.bytes.len() as u64;
        self.reader.fetch(&mut self.file, at, self.pixel_bytes as usize)?;
        let height = frame.size().height;
        let row_bytes = self.pixel_bytes as usize / height;
        for row in 0..height {
            let is_upside_down = matches!(self.header.encoding, Encoding::Float { .. });
            let pixels = frame.row_mut(if is_upside_down { height - 1 - row } else { row });
            self.reader.decode(row * row_bytes, pixels);
            if self.header.encoding == Encoding::Bits {
                // Ink is 1 in the file.
                pixels.iter_mut().for_each(|pixel| *pixel = 1.0 - *pixel);
            }
        }
        Ok(())
    }

    fn read_text(&mut self, frame: &mut Frame) -> Result<(), Cause> {
        let mut bytes = Vec::new();
        let to = SeekFrom::Start(self.header.bytes.len() as u64);
        let read = self.file.seek(to).and_then(|_| self.file.read_to_end(&mut bytes));
        read.map_err(|error| plain_io(&error))?;
        let mut numbers = self.header.numbers(&bytes);
        let mut next = || numbers.next().unwrap_or_else(|| Err("the file ends too early".into()));
        for pixel in frame.pixels_mut() {
            *pixel = match self.header.n_channels {
                1 => next()? as f32,
                _ => luminance(next()?.into(), next()?.into(), next()?.into()) as f32,
            };
        }
        Ok(())
    }
}
