//! AVI files with uncompressed pictures, Motion JPEG or PNG.

use std::io::Cursor;

use ::image::{DynamicImage, ImageFormat, ImageReader, Limits};
use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::bytes::Bytes;
use super::dib::{Header, Layout};
use super::file::VideoFile;
use super::jpeg;
use super::luma::Turn;
use super::riff::{Chunks, Place, Walk, information};
use super::times::times;
use crate::error::Error;
use crate::format::image::{pixel_type, to_grey};
use crate::format::{Cause, name_of};

mod index;

/// An opened AVI file.
pub(super) struct Avi {
    file: VideoFile,
    info: StackInfo,
    places: Vec<Place>,
    pictures: Pictures,
    bytes: Vec<u8>,
}

/// How chunks become pictures.
enum Pictures {
    Plain(Layout),
    Jpeg,
    Png,
}

/// Opens a file by its headers and index, and the beginning of its first picture.
pub(super) fn open(mut file: VideoFile) -> Result<Avi, Cause> {
    let outline = Outline::read(&mut file)?;
    let stream = Stream::first_video(Chunks::new(&outline.header))?;
    let index::Frames { places, ticks } = index::frames(&mut file, &outline, &stream)?;
    let first = *places.first().ok_or("it has no frames")?;
    let mut info =
        StackInfo { name: name_of(&file.path), n_frames: places.len(), ..StackInfo::default() };
    let pictures = pictures(&stream.format, first, &mut file, &mut info)?;
    let ticks: Vec<i64> =
        ticks.iter().map(|&tick| i64::from(tick) * i64::from(stream.scale)).collect();
    times(&ticks, stream.scale, stream.rate).give(&mut info);
    info.metadata.extend(stream.metadata);
    info.metadata.extend(outline.metadata);
    Ok(Avi { file, info, places, pictures, bytes: Vec::new() })
}

/// How pictures are coded, and what they are.
fn pictures(
    format: &Header,
    first: Place,
    file: &mut VideoFile,
    info: &mut StackInfo,
) -> Result<Pictures, Cause> {
    let mut bytes = Vec::new();
    let (pictures, codec) = match &format.coding.to_ascii_lowercase()[..] {
        b"mjpg" | b"jpeg" | b"dmb1" => {
            file.read(first.offset, first.n_bytes.into(), &mut bytes)?;
            (info.size, info.pixel_type) = (jpeg::size(&bytes)?, "uint8".into());
            if info.size.height * 3 / 2 < format.size.height {
                return Err("its frames come in two fields, every other row by itself".into());
            }
            (Pictures::Jpeg, "Motion JPEG")
        }
        b"png " | b"mpng" => {
            file.read(first.offset, first.n_bytes.into(), &mut bytes)?;
            let picture = png(&bytes)?;
            info.size = size_of(&picture);
            info.pixel_type = pixel_type(picture.color())?.into();
            (Pictures::Png, "PNG")
        }
        _ => {
            let layout = Layout::of(format)?;
            check_backed(&layout, file)?;
            (info.size, info.pixel_type) = (format.size, layout.pixel_type().into());
            (Pictures::Plain(layout), "uncompressed")
        }
    };
    info.metadata.push(("codec".into(), codec.into()));
    Ok(pictures)
}

fn check_backed(layout: &Layout, file: &VideoFile) -> Result<(), Cause> {
    match layout.n_bytes() as u64 <= file.n_bytes {
        true => Ok(()),
        false => {
            Err(format!("its pictures claim {} bytes, more than the file has", layout.n_bytes()))
        }
    }
}

/// The parts of the file.
struct Outline {
    /// The list of headers.
    header: Vec<u8>,
    /// Where the first chunk with a picture may be.
    movie_at: u64,
    /// The old index, if there is one.
    old_index: Option<Place>,
    metadata: Vec<(String, String)>,
}

/// Headers and lists of information are small.
const LARGEST_LIST: u32 = 16 << 20;

impl Outline {
    fn read(file: &mut VideoFile) -> Result<Self, Cause> {
        let mut outline =
            Self { header: Vec::new(), movie_at: 0, old_index: None, metadata: Vec::new() };
        let mut walk = Walk::new(file, 12);
        for _ in 0..MOST_PARTS {
            let Some((kind, place)) = walk.next_chunk()? else { break };
            if &kind == b"idx1" {
                outline.old_index = Some(place);
            }
            if &kind != b"LIST" {
                continue;
            }
            let mut name = [0; 4];
            if place.offset + 4 <= walk.file.n_bytes {
                walk.file.read_exact(place.offset, &mut name)?;
            }
            outline.take(&name, place, walk.file)?;
            walk.at = place.offset + u64::from(place.n_bytes) + u64::from(place.n_bytes % 2);
        }
        if outline.header.is_empty() || outline.movie_at == 0 {
            return Err("it has no headers, or no pictures".into());
        }
        Ok(outline)
    }

    /// Takes what a list is for.
    fn take(
        &mut self,
        name: &[u8; 4],
        Place { offset, n_bytes }: Place,
        file: &mut VideoFile,
    ) -> Result<(), Cause> {
        match name {
            b"movi" if self.movie_at == 0 => self.movie_at = offset + 4,
            b"hdrl" | b"INFO" if 4 < n_bytes && n_bytes <= LARGEST_LIST => {
                let mut body = Vec::new();
                file.read(offset + 4, u64::from(n_bytes) - 4, &mut body)?;
                match name {
                    b"INFO" => self.metadata.extend(information(Chunks::new(&body))),
                    _ => self.header = body,
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Parts of the first gigabyte: files have a handful.
const MOST_PARTS: usize = 10_000;

/// What the headers say of the first video.
struct Stream<'a> {
    /// Its number among all streams, with which the names of its chunks begin.
    number: usize,
    /// Frames a second are `rate / scale`.
    rate: u32,
    scale: u32,
    format: Header,
    /// The body of its index of indices, if it has one.
    index: Option<&'a [u8]>,
    metadata: Vec<(String, String)>,
}

impl<'a> Stream<'a> {
    fn first_video(header: Chunks<'a>) -> Result<Self, Cause> {
        let is_video = |(_, stream): &(usize, Chunks)| {
            stream.find(b"strh").is_some_and(|head| head.starts_with(b"vids"))
        };
        let (number, stream) =
            header.lists(b"strl").enumerate().find(is_video).ok_or("it holds no video")?;
        let mut head = Bytes(stream.find(b"strh").unwrap_or_default());
        head.take(20);
        let (scale, rate) = (head.u32_le().unwrap_or(0), head.u32_le().unwrap_or(0));
        head.take(4);
        let format =
            stream.find(b"strf").and_then(Header::read).ok_or("its headers are damaged")?;
        let mut metadata = information(header);
        metadata.extend(information(stream));
        let n_frames = head.u32_le().unwrap_or(0);
        metadata.push(("frames by the header".into(), n_frames.to_string()));
        Ok(Self { number, rate, scale, format, index: stream.find(b"indx"), metadata })
    }
}

impl FrameSource for Avi {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.file.path)?;
        self.show(index, frame).map_err(|cause| {
            Error::Frame { frame: index, path: self.file.path.clone(), cause }.into()
        })
    }
}

impl Avi {
    fn show(&mut self, index: usize, frame: &mut Frame) -> Result<(), Cause> {
        let Place { offset, n_bytes } = self.places[index];
        self.file.read(offset, n_bytes.into(), &mut self.bytes)?;
        match &self.pictures {
            Pictures::Plain(layout) => layout.show(&self.bytes, frame),
            Pictures::Jpeg => {
                let luma = jpeg::luma(&self.bytes)?;
                check_size(luma.size, self.info.size)?;
                luma.show(Turn::None, frame);
                Ok(())
            }
            Pictures::Png => {
                let picture = png(&self.bytes)?;
                check_size(size_of(&picture), self.info.size)?;
                frame.reset(self.info.size);
                to_grey(&picture, frame.pixels_mut());
                Ok(())
            }
        }
    }
}

fn check_size(found: Size, expected: Size) -> Result<(), Cause> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("it is {found} px, and the recording {expected} px")),
    }
}

fn size_of(picture: &DynamicImage) -> Size {
    Size::new(picture.width() as usize, picture.height() as usize)
}

fn png(bytes: &[u8]) -> Result<DynamicImage, Cause> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes.len() as u64 * MOST_PNG_RATIO + (16 << 20));
    reader.limits(limits);
    reader.decode().map_err(|error| format!("it is damaged ({error})"))
}

/// Deflate makes things smaller by 1032 at most.
const MOST_PNG_RATIO: u64 = 2048;
