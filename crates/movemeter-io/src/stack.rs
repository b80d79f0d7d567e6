//! Stacks on disk: any source of frames, written as a multi-page TIFF.

use std::path::Path;

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::FrameSource;
use tiff::TiffError;
use tiff::encoder::colortype::{ColorType, Gray8, Gray16, Gray32Float};
use tiff::encoder::{TiffEncoder, TiffKind};

use crate::error::{Error, plain};
use crate::output::OutputFile;

/// How many bits a written pixel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitDepth {
    /// 0 … 255: rounded, and what lies outside is brought to the nearer end.
    Eight,
    /// 0 … 65535: rounded, and what lies outside is brought to the nearer end.
    Sixteen,
    /// As measured, NaN too.
    Float32,
}

/// Classic TIFF cannot point beyond 4 GiB; somewhat less, to be safe with the directories.
const LARGEST_CLASSIC_BYTES: u64 = 3_900_000_000;
/// Room for a page's directory, in bytes: some 15 tags.
const DIRECTORY_BYTES: u64 = 512;
/// Room for a strip's place in the directory; there are at most as many strips as rows.
const STRIP_BYTES: u64 = 16;

/// Writes all frames of a source as an uncompressed multi-page TIFF, BigTIFF if it gets too large.
///
/// NaN becomes 0 in the integer depths, which have no other word for it. The file appears when it is
/// complete, not before: see [`OutputFile`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("stack.tif");
/// use movemeter::frame::Frame;
/// use movemeter::geometry::Size;
/// use movemeter::source::{FrameSource, MemoryStack};
/// use movemeter_io::BitDepth;
///
/// let ramp = Frame::from_fn(Size::new(4, 3), |x, y| (10 * y + x) as f32);
/// let mut stack = MemoryStack::new(vec![ramp.clone(), ramp])?;
/// movemeter_io::write_tiff(&mut stack, BitDepth::Sixteen, &path)?;
/// assert_eq!(movemeter_io::open(&path)?.info().n_frames, 2);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn write_tiff(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: impl AsRef<Path>,
) -> Result<(), Error> {
    let is_big = LARGEST_CLASSIC_BYTES < bytes_needed(source, bits);
    write(source, bits, path.as_ref(), is_big)
}

fn write(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: &Path,
    is_big: bool,
) -> Result<(), Error> {
    let mut output = OutputFile::create(path)?;
    let unwritable = |error| unwritable(path, &error);
    if is_big {
        let mut encoder = TiffEncoder::new_big(&mut output).map_err(unwritable)?;
        write_frames(source, bits, &mut encoder, path)?;
    } else {
        let mut encoder = TiffEncoder::new(&mut output).map_err(unwritable)?;
        write_frames(source, bits, &mut encoder, path)?;
    }
    output.finish()
}

fn bytes_needed(source: &dyn FrameSource, bits: BitDepth) -> u64 {
    let info = source.info();
    let pixel = match bits {
        BitDepth::Eight => 1,
        BitDepth::Sixteen => 2,
        BitDepth::Float32 => 4,
    };
    let strips = info.size.height as u64 * STRIP_BYTES;
    let page = info.size.area() as u64 * pixel + strips + DIRECTORY_BYTES;
    page.saturating_mul(info.n_frames as u64)
}

fn write_frames<K: TiffKind>(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    encoder: &mut TiffEncoder<&mut OutputFile, K>,
    path: &Path,
) -> Result<(), Error> {
    let mut frame = Frame::default();
    for index in 0..source.info().n_frames {
        let failed = |error: BoxError| Error::Source { frame: index, source: error };
        source.read(index, &mut frame).map_err(failed)?;
        match bits {
            BitDepth::Eight => write_page::<Gray8, K>(encoder, &frame, |value| value as u8),
            BitDepth::Sixteen => write_page::<Gray16, K>(encoder, &frame, |value| value as u16),
            BitDepth::Float32 => write_page::<Gray32Float, K>(encoder, &frame, |value| value),
        }
        .map_err(|error| unwritable(path, &error))?;
    }
    Ok(())
}

/// Casts of floats to integers saturate, and make NaN 0.
fn write_page<C: ColorType, K: TiffKind>(
    encoder: &mut TiffEncoder<&mut OutputFile, K>,
    frame: &Frame,
    stored: impl Fn(f32) -> C::Inner,
) -> Result<(), TiffError>
where
    [C::Inner]: tiff::encoder::TiffValue,
{
    let rounded = |value: f32| if C::SAMPLE_FORMAT[0] == FLOAT { value } else { value.round() };
    let pixels: Vec<C::Inner> =
        frame.pixels().iter().map(|&value| stored(rounded(value))).collect();
    let size = frame.size();
    let (width, height) = (u32::try_from(size.width)?, u32::try_from(size.height)?);
    encoder.write_image::<C>(width, height, &pixels)
}

const FLOAT: tiff::tags::SampleFormat = tiff::tags::SampleFormat::IEEEFP;

fn unwritable(path: &Path, error: &TiffError) -> Error {
    let cause = match error {
        TiffError::IoError(error) => plain(error),
        other => other.to_string(),
    };
    Error::Unwritable { path: path.into(), cause }
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Size;
    use movemeter::source::MemoryStack;

    use super::*;

    fn written(bits: BitDepth, pixels: &[f32]) -> (String, Vec<f32>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.tif");
        let size = Size::new(pixels.len(), 1);
        let frames = vec![Frame::new(size), Frame::from_pixels(size, pixels.to_vec()).unwrap()];
        write_tiff(&mut MemoryStack::new(frames).unwrap(), bits, &path).unwrap();
        let mut stack = crate::open(&path).unwrap();
        assert_eq!(stack.info().n_frames, 2);
        let mut frame = Frame::default();
        stack.read(1, &mut frame).unwrap();
        (stack.info().pixel_type.clone(), frame.pixels().to_vec())
    }

    #[test]
    fn integer_depths_round_and_stop_at_their_ends() {
        let pixels = [-3.0, 0.4, 0.6, 254.5, 300.0, 70_000.0, f32::NAN];
        let (kind, read) = written(BitDepth::Eight, &pixels);
        assert_eq!((&*kind, read), ("uint8", vec![0.0, 0.0, 1.0, 255.0, 255.0, 255.0, 0.0]));
        let (kind, read) = written(BitDepth::Sixteen, &pixels);
        assert_eq!((&*kind, read), ("uint16", vec![0.0, 0.0, 1.0, 255.0, 300.0, 65_535.0, 0.0]));
    }

    #[test]
    fn floats_are_written_as_they_are() {
        let (kind, read) = written(BitDepth::Float32, &[-1.25, f32::INFINITY, f32::NAN]);
        assert_eq!((&*kind, &read[..2]), ("float32", &[-1.25, f32::INFINITY][..]));
        assert!(read[2].is_nan());
    }

    #[test]
    fn a_stack_that_breaks_off_leaves_no_file() {
        struct Broken(movemeter::source::StackInfo);
        impl FrameSource for Broken {
            fn info(&self) -> &movemeter::source::StackInfo {
                &self.0
            }
            fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
                frame.reset(self.0.size);
                if index == 1 { Err("torn".into()) } else { Ok(()) }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let info = movemeter::source::StackInfo {
            size: Size::new(2, 2),
            n_frames: 3,
            ..Default::default()
        };
        let path = folder.path().join("s.tif");
        let error = write_tiff(&mut Broken(info), BitDepth::Eight, &path).unwrap_err();
        assert_eq!(error.to_string(), "cannot read frame 1: torn");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_big_tiff_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big.tif");
        let ramp = Frame::from_fn(Size::new(30, 20), |x, y| (100 * y + x) as f32);
        let frames = vec![Frame::new(ramp.size()), ramp.clone(), ramp.clone()];
        let mut stack = MemoryStack::new(frames).unwrap();
        write(&mut stack, BitDepth::Sixteen, &path, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[2], 43, "the mark of BigTIFF");
        let mut again = crate::open(&path).unwrap();
        let mut frame = Frame::default();
        again.read(2, &mut frame).unwrap();
        assert_eq!((again.info().n_frames, frame), (3, ramp));
    }

    #[test]
    fn a_stack_beyond_four_gigabytes_needs_big_tiff() {
        let frames = vec![Frame::new(Size::new(100, 100)); 2];
        let small = MemoryStack::new(frames).unwrap();
        assert!(bytes_needed(&small, BitDepth::Float32) < 100_000);
        struct Large(movemeter::source::StackInfo);
        impl FrameSource for Large {
            fn info(&self) -> &movemeter::source::StackInfo {
                &self.0
            }
            fn read(&mut self, _: usize, _: &mut Frame) -> Result<(), BoxError> {
                Ok(())
            }
        }
        let info = movemeter::source::StackInfo {
            size: Size::new(2048, 2048),
            n_frames: 1000,
            ..Default::default()
        };
        assert!(LARGEST_CLASSIC_BYTES < bytes_needed(&Large(info.clone()), BitDepth::Eight));
        let fewer = movemeter::source::StackInfo { n_frames: 900, ..info };
        assert!(bytes_needed(&Large(fewer.clone()), BitDepth::Eight) < LARGEST_CLASSIC_BYTES);
        assert!(LARGEST_CLASSIC_BYTES < bytes_needed(&Large(fewer), BitDepth::Sixteen));
    }
}
