//! Single pictures: PNG, JPEG and BMP, each a stack of one frame.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::geometry::Size;
use movemeter::source::{FrameSource, StackInfo};

use super::grey::{Sample, first_channel, luminance_of};
use super::{Cause, name_of, plain_io};
use crate::error::Error;

/// The most that compressing makes pictures smaller: JPEG of one colour, 768 bytes in 6 bits, and
/// deflate's 1032 lie below. A header that claims more is a lie, and not given memory.
const LARGEST_RATIO: u64 = 2048;

pub(super) fn open_png(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    open(path, ImageFormat::Png, "PNG")
}

pub(super) fn open_jpeg(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    open(path, ImageFormat::Jpeg, "JPEG")
}

pub(super) fn open_bmp(path: &Path) -> Result<Box<dyn FrameSource>, Cause> {
    open(path, ImageFormat::Bmp, "BMP")
}

fn open(
    path: &Path,
    format: ImageFormat,
    format_name: &'static str,
) -> Result<Box<dyn FrameSource>, Cause> {
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
    Ok(Box::new(picture))
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
        let file = File::open(&self.path).map_err(|error| plain_io(&error))?;
        let n_bytes = file.metadata().map_err(|error| plain_io(&error))?.len();
        let most = n_bytes.saturating_mul(LARGEST_RATIO);
        let mut reader = ImageReader::with_format(BufReader::new(file), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(most.saturating_add(SMALLEST_LIMIT));
        reader.limits(limits);
        let decoder = reader.into_decoder().map_err(|error| plain(&error))?;
        if most < decoder.total_bytes() {
            let (width, height) = decoder.dimensions();
            return Err(format!(
                "it claims to have {width}x{height} px, more than its {n_bytes} bytes can hold"
            ));
        }
        Ok(decoder)
    }

    fn decode(&self, frame: &mut Frame) -> Result<(), Cause> {
        let picture = DynamicImage::from_decoder(self.decoder()?).map_err(|error| plain(&error))?;
        let size = Size::new(picture.width() as usize, picture.height() as usize);
        if size != self.info.size {
            return Err(format!("it is {size} px now, but was {} px when opened", self.info.size));
        }
        frame.reset(size);
        to_grey(&picture, frame.pixels_mut());
        Ok(())
    }
}

/// Decoders need some memory of their own, however small the file.
const SMALLEST_LIMIT: u64 = 16 << 20;

/// What is stored, in the words of the field; an alpha channel is left out of the measurement.
fn pixel_type(colour: ColorType) -> Result<&'static str, Cause> {
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

fn to_grey(picture: &DynamicImage, grey: &mut [f32]) {
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
            Some(cause) => cause.to_string(),
            None => "it does not begin as such files do, or is damaged".into(),
        },
        ImageError::Limits(_) => "it claims to be larger than its bytes can hold".into(),
        other => other.to_string(),
    }
}
