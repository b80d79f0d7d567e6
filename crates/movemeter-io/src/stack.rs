//! Stacks on disk: any source of frames, written as TIFF, npy, a series of PNG images or a film.

use std::path::{Path, PathBuf};

use movemeter::source::FrameSource;

use crate::ending::format_of;
use crate::error::Error;
use crate::film::{FilmOptions, write_mp4};
use crate::output::OutputFile;

mod pixels;
mod imagej;
mod tiff;
mod npy;
pub(crate) mod png;

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

impl BitDepth {
    /// The least that holds what a recording stores as `pixel_type`, once colours are grey: of 8 and 16 bits, whole numbers from 0 on.
    pub fn of_recorded(pixel_type: &str) -> Self {
        let n_bits = pixel_type.split("uint").nth(1).and_then(|n_bits| n_bits.parse().ok());
        match n_bits {
            Some(1..=8u32) => Self::Eight,
            Some(9..=16) => Self::Sixteen,
            _ => Self::Float32,
        }
    }

    /// What pixels that are written so are, in the words of the field.
    pub const fn pixel_type(self) -> &'static str {
        match self {
            Self::Eight => "uint8",
            Self::Sixteen => "uint16",
            Self::Float32 => "float32",
        }
    }
}

/// How a stack is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackFormat {
    /// All frames in one file, with times, pixel size and what else is known of them.
    Tiff,
    /// numpy's array (frame, row, column); pixels alone.
    Npy,
    /// An image for each frame, of 8 or 16 bits; pixels alone.
    Png,
    /// A film to look at, compressed; times too, if they are even. The program ffmpeg makes it.
    Mp4,
}

impl StackFormat {
    /// All formats with their endings.
    const ENDINGS: [(&'static str, Self); 5] = [
        ("tif", Self::Tiff),
        ("tiff", Self::Tiff),
        ("npy", Self::Npy),
        ("png", Self::Png),
        ("mp4", Self::Mp4),
    ];

    /// The format that a file's ending names.
    pub fn of(path: impl AsRef<Path>) -> Result<Self, Error> {
        format_of(path.as_ref(), &Self::ENDINGS)
    }
}

/// Writes all frames of a source in the format that the ending names.
///
/// TIFF keeps what is known of the recording, see [`write_tiff`]; other formats hold pixels alone. In the name of
/// PNG images `#` stands for a digit of the frame's number: `f_####.png` is `f_0000.png`, `f_0001.png` and so on.
/// A single frame needs no `#`. Films have 8 bits whatever `bits` says: see [`write_mp4`]. What is written appears when all of it is complete, not before.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("stack.npy");
/// use movemeter::frame::Frame;
/// use movemeter::geometry::Size;
/// use movemeter::source::{FrameSource, MemoryStack};
/// use movemeter_io::{BitDepth, write_stack};
///
/// let ramp = Frame::from_fn(Size::new(4, 3), |x, y| (10 * y + x) as f32);
/// let mut stack = MemoryStack::new(vec![ramp.clone(), ramp])?;
/// write_stack(&mut stack, BitDepth::Sixteen, &path)?;
/// assert_eq!(movemeter_io::open(&path)?.info().pixel_type, "uint16");
///
/// write_stack(&mut stack, BitDepth::Eight, folder.path().join("f_##.png"))?;
/// assert!(folder.path().join("f_01.png").exists());
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn write_stack(
    source: &mut dyn FrameSource,
    bits: BitDepth,
    path: impl AsRef<Path>,
) -> Result<(), Error> {
    let path = path.as_ref();
    check_not_empty(source, path)?;
    match StackFormat::of(path)? {
        StackFormat::Tiff => tiff::write(source, bits, path),
        StackFormat::Npy => npy::write(source, bits, path),
        StackFormat::Png => png::write(source, bits, path),
        StackFormat::Mp4 => write_mp4(source, path, &FilmOptions::default()),
    }
}

/// The files that [`write_stack`] would write for so many frames, in their order.
///
/// The error says why they could not be written: an ending or a depth that is not known, no folder, no permission.
/// Nothing is written here. Whether one of them is also read is for the caller to see:
/// [`check_not_inputs`](crate::check_not_inputs).
pub fn stack_files(
    path: impl AsRef<Path>,
    bits: BitDepth,
    n_frames: usize,
) -> Result<Vec<PathBuf>, Error> {
    let path = path.as_ref();
    if StackFormat::of(path)? == StackFormat::Png {
        return png::Names::new(path, bits, n_frames).map(|names| names.all().collect());
    }
    // Only begun, which is enough to know.
    drop(OutputFile::create(path)?);
    Ok(vec![path.into()])
}

/// Writes all frames of a source as an uncompressed multi-page TIFF, BigTIFF if it gets too large.
///
/// Times, pixel size and what else the source says of itself are written as ImageJ does, which Fiji and Python's
/// `tifffile` read. NaN becomes 0 in the integer depths, which have no other word for it. The file appears when it is
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
    let path = path.as_ref();
    check_not_empty(source, path)?;
    tiff::write(source, bits, path)
}

fn check_not_empty(source: &dyn FrameSource, path: &Path) -> Result<(), Error> {
    match source.info().n_frames {
        0 => Err(unwritable(path, "there is no frame to write".into())),
        _ => Ok(()),
    }
}

fn unwritable(path: &Path, cause: String) -> Error {
    Error::Unwritable { path: path.into(), cause }
}

#[cfg(test)]
mod tests {
    use movemeter::error::BoxError;
    use movemeter::frame::Frame;
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
    fn what_was_recorded_is_written_with_as_many_bits_as_it_needs() {
        for (recorded, bits) in [
            ("uint8", BitDepth::Eight),
            ("rgb uint8", BitDepth::Eight),
            ("palette uint4", BitDepth::Eight),
            ("uint12", BitDepth::Sixteen),
            ("grey+alpha uint16", BitDepth::Sixteen),
            ("uint32", BitDepth::Float32),
            ("int16", BitDepth::Float32),
            ("float32", BitDepth::Float32),
        ] {
            assert_eq!(BitDepth::of_recorded(recorded), bits, "{recorded}");
        }
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
}
