//! Single pictures: PNG, JPEG, BMP and WebP, each a stack of one frame.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::grey::{Sample, first_channel, luminance_of};
use super::{Cause, Opened, jpeg_scan, name_of, open_sized, plain_io, png};
use crate::error::Error;
use crate::options::OpenOptions;

/// The most that compressing makes pictures smaller: JPEG of one colour, 768 bytes in 6 bits, and
/// deflate's 1032 lie below. A header that claims more is a lie, and not given memory.
const LARGEST_RATIO: u64 = 2048;

pub(super) fn open_png(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let mut picture = open(path, ImageFormat::Png, "PNG")?;
    picture.info.metadata = png::metadata(path)?;
    Ok(Opened::one_file(path, picture))
}

/// A photograph that is to be turned for showing is given as stored.
pub(super) fn open_jpeg(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let picture = open(path, ImageFormat::Jpeg, "JPEG")?;
    check_no_ink(path)?;
    Ok(Opened::one_file(path, picture))
}

pub(super) fn open_bmp(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    Ok(Opened::one_file(path, open(path, ImageFormat::Bmp, "BMP")?))
}

pub(super) fn open_webp(path: &Path, _: &OpenOptions) -> Result<Opened, Cause> {
    let picture = open(path, ImageFormat::WebP, "WebP")?;
    check_no_animation(path)?;
    Ok(Opened::one_file(path, picture))
}

fn open(path: &Path, format: ImageFormat, format_name: &'static str) -> Result<Picture, Cause> {
    let mut picture =
        Picture { path: path.into(), format, format_name, info: StackInfo::default() };
    let decoder = picture.decoder()?;
    let (width, height) = decoder.dimensions();
    picture.info = StackInfo {
        name: name_of(path),
        size: Size::new(width as usize, height as usize),
        n_frames: 1,
        pixel_type: pixel_type(decoder.color_type())?.into(),
        ..StackInfo::default()
    };
    Ok(picture)
}

/// Amounts of ink are no brightness, and programs turn them into colours in different ways.
fn check_no_ink(path: &Path) -> Result<(), Cause> {
    match jpeg_channels(path) {
        Some(4) => Err("its pixels are amounts of ink (CMYK); save as grey or RGB".into()),
        _ => Ok(()),
    }
}

/// How many channels a JPEG file has, from the header of its frame.
fn jpeg_channels(path: &Path) -> Option<u8> {
    let mut file = BufReader::new(File::open(path).ok()?);
    file.seek_relative(2).ok()?;
    loop {
        let mut head = [0; 4];
        file.read_exact(&mut head).ok()?;
        let [0xff, marker, high, low] = head else { return None };
        // Tables of codes, reserved and arithmetic ones lie among the frames' numbers.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            let mut frame = [0; 6];
            file.read_exact(&mut frame).ok()?;
            return frame.last().copied();
        }
        let length = i64::from(u16::from_be_bytes([high, low]));
        file.seek_relative((length - 2).max(0)).ok()?;
    }
}

/// An animation would be read as a single picture.
fn check_no_animation(path: &Path) -> Result<(), Cause> {
    let mut start = [0; 21];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    let is_animation = read.is_ok() && start[12..].starts_with(b"VP8X") && start[20] & 2 != 0;
    match is_animation {
        true => Err("it is an animation; save its pictures one by one".into()),
        false => Ok(()),
    }
}

struct Picture {
    path: PathBuf,
    format: ImageFormat,
    format_name: &'static str,
    info: StackInfo,
}

impl FrameSource for Picture {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, 1, &self.path)?;
        self.decode(frame).map_err(|cause| {
            Error::Unreadable { format: self.format_name, path: self.path.clone(), cause }.into()
        })
    }
}

impl Picture {
    fn decoder(&self) -> Result<impl ImageDecoder + use<>, Cause> {
        let (file, n_bytes) = open_sized(&self.path)?;
        let mut most = n_bytes.saturating_mul(LARGEST_RATIO);
        if self.format == ImageFormat::Png {
            // What stands beside the pixels may be compressed, too.
            most = most.min(png::pixel_bytes(&self.path).unwrap_or(u64::MAX));
        }
        decoder(BufReader::new(file), most, self.format)
    }

    fn decode(&self, frame: &mut Frame) -> Result<(), Cause> {
        let picture = match self.format {
            ImageFormat::Jpeg => self.whole_jpeg()?,
            _ => DynamicImage::from_decoder(self.decoder()?).map_err(|error| plain(&error))?,
        };
        let size = Size::new(picture.width() as usize, picture.height() as usize);
        if size != self.info.size {
            return Err(format!("it is {size} px now, but was {} px when opened", self.info.size));
        }
        frame.reset(size);
        to_grey(&picture, frame.pixels_mut());
        Ok(())
    }

    /// What is missing of a JPEG the decoder fills with grey, and says nothing.
    fn whole_jpeg(&self) -> Result<DynamicImage, Cause> {
        let bytes = std::fs::read(&self.path).map_err(|error| plain_io(&error))?;
        jpeg_scan::check(&bytes, &[])?;
        let decoder =
            decoder(Cursor::new(&bytes), bytes.len() as u64 * LARGEST_RATIO, self.format)?;
        DynamicImage::from_decoder(decoder).map_err(|error| plain(&error))
    }
}

/// A decoder that has read the headers, and may make pixels of `most` bytes.
fn decoder<'a, R: BufRead + Seek + 'a>(
    bytes: R,
    most: u64,
    format: ImageFormat,
) -> Result<impl ImageDecoder + use<'a, R>, Cause> {
    let mut reader = ImageReader::with_format(bytes, format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(most.saturating_add(SMALLEST_LIMIT));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| plain(&error))?;
    if most < decoder.total_bytes() {
        let (width, height) = decoder.dimensions();
        return Err(format!("it claims to have {width}x{height} px, more than its bytes can hold"));
    }
    Ok(decoder)
}

/// Decoders need some memory of their own, however small the file.
const SMALLEST_LIMIT: u64 = 16 << 20;

/// What is stored, in the words of the field; an alpha channel is left out of the measurement.
pub(super) fn pixel_type(colour: ColorType) -> Result<&'static str, Cause> {
    match colour {
        ColorType::L8 => Ok("uint8"),
        ColorType::La8 => Ok("grey+alpha uint8"),
        ColorType::Rgb8 => Ok("rgb uint8"),
        ColorType::Rgba8 => Ok("rgba uint8"),
        ColorType::L16 => Ok("uint16"),
        ColorType::La16 => Ok("grey+alpha uint16"),
        ColorType::Rgb16 => Ok("rgb uint16"),
        ColorType::Rgba16 => Ok("rgba uint16"),
        other => Err(format!("pixels of type {other:?} are not supported; save as grey or RGB")),
    }
}

pub(super) fn to_grey(picture: &DynamicImage, grey: &mut [f32]) {
    match picture {
        DynamicImage::ImageLuma8(image) => channels_to_grey(image, 1, grey),
        DynamicImage::ImageLumaA8(image) => channels_to_grey(image, 2, grey),
        DynamicImage::ImageRgb8(image) => channels_to_grey(image, 3, grey),
        DynamicImage::ImageRgba8(image) => channels_to_grey(image, 4, grey),
        DynamicImage::ImageLuma16(image) => channels_to_grey(image, 1, grey),
        DynamicImage::ImageLumaA16(image) => channels_to_grey(image, 2, grey),
        DynamicImage::ImageRgb16(image) => channels_to_grey(image, 3, grey),
        DynamicImage::ImageRgba16(image) => channels_to_grey(image, 4, grey),
        other => channels_to_grey(&other.to_rgb16(), 3, grey),
    }
}

fn channels_to_grey<T: Sample>(samples: &[T], n_channels: usize, grey: &mut [f32]) {
    match n_channels {
        1 | 2 => first_channel(samples, n_channels, grey),
        _ => luminance_of(samples, n_channels, grey),
    }
}

/// What the decoder says, without its own name for the format.
fn plain(error: &ImageError) -> Cause {
    match error {
        ImageError::IoError(error) => plain_io(error),
        ImageError::Decoding(error) => match std::error::Error::source(error) {
            // The decoder of PNG shows its inner state.
            Some(cause) if cause.to_string().contains("Chunk") => "a part of it is damaged".into(),
            Some(cause) => format!("it is damaged ({})", cause.to_string().trim()),
            None => "it does not begin as such files do, or is damaged".into(),
        },
        ImageError::Limits(_) => "it claims to be larger than its bytes can hold".into(),
        other => other.to_string(),
    }
}
