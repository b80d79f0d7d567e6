//! Files and folders as one series of frames.

use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{FrameSource, StackInfo};

use crate::error::Error;
use crate::format::{Format, known_endings, name_of};
use crate::natural::natural_cmp;

/// An opened series, and which files it was made of.
pub struct Recording {
    /// The frames of all files.
    pub source: Box<dyn FrameSource>,
    /// The files and folders as given, in that order.
    pub inputs: Vec<Input>,
}

/// One file or folder of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As given.
    pub path: PathBuf,
    /// The files in it, in the order read; the path itself if it is a file.
    pub files: Vec<PathBuf>,
}

/// Opens a file, or a folder as one series of all images directly in it.
///
/// The ending chooses the format: TIFF (`.tif`, `.tiff`), PNG, JPEG (`.jpg`, `.jpeg`), BMP, or
/// numpy's `.npy` with (frame, row, column). A folder's files are read in
/// [natural order](crate::natural_cmp); hidden files and files of other endings are left out. A file
/// may hold several frames. All frames must have one size: that is checked here, from the headers
/// alone. Pixels are decoded when they are read.
///
/// Colour becomes luminance, 0.299 R + 0.587 G + 0.114 B; floating point pixels are kept as they
/// are, NaN too. In TIFF files in which white is zero the numbers are given as stored.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("recording.npy");
/// # let header = format!("{:117}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 3), }");
/// # let bytes = [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), &[1, 2, 3, 4, 5, 6]].concat();
/// # std::fs::write(&path, bytes)?;
/// use movemeter::frame::Frame;
/// use movemeter::source::FrameSource;
///
/// let mut stack = movemeter_io::open(path)?;      // shape (2, 1, 3), uint8
/// assert_eq!(stack.info().n_frames, 2);
/// let mut frame = Frame::default();
/// stack.read(1, &mut frame)?;
/// assert_eq!(frame.pixels(), [4.0, 5.0, 6.0]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<Box<dyn FrameSource>, Error> {
    Ok(open_all(&[path.as_ref().into()])?.source)
}

/// Opens several files and folders as one series, in the order given.
///
/// Each is as for [`open`]; all frames of all files must have one size.
pub fn open_all(paths: &[PathBuf]) -> Result<Recording, Error> {
    let inputs = paths.iter().map(|path| Input::find(path)).collect::<Result<Vec<_>, _>>()?;
    let mut files = inputs.iter().flat_map(|input| &input.files);
    let first_path = files.next().ok_or(Error::NoInput)?;
    let first = open_file(first_path)?;
    // A file by itself is its own series.
    if files.next().is_none() && inputs[0].path == *first_path {
        return Ok(Recording { source: first, inputs });
    }
    let source = Box::new(Series::new(&inputs, first_path, first)?);
    Ok(Recording { source, inputs })
}

impl Input {
    fn find(path: &Path) -> Result<Self, Error> {
        let about = std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
        let files = if about.is_dir() { images_in(path)? } else { vec![path.into()] };
        Ok(Self { path: path.into(), files })
    }
}

/// The images directly in a folder, in natural order.
fn images_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refused = |error: std::io::Error| Error::refused(folder, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if is_image(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::NoImages { path: folder.into(), endings: known_endings() });
    }
    files.sort_by_cached_key(|path| NaturalKey(name_of(path)));
    Ok(files)
}

fn is_image(path: &Path) -> bool {
    !name_of(path).starts_with('.') && Format::of(path).is_some() && path.is_file()
}

#[derive(PartialEq, Eq)]
struct NaturalKey(String);

impl Ord for NaturalKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural_cmp(&self.0, &other.0)
    }
}

impl PartialOrd for NaturalKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn open_file(path: &Path) -> Result<Box<dyn FrameSource>, Error> {
    // A file that cannot be opened at all is not a question of its format.
    std::fs::File::open(path).map_err(|error| Error::refused(path, &error))?;
    let format = Format::of(path)
        .ok_or_else(|| Error::UnknownEnding { path: path.into(), allowed: known_endings() })?;
    format.open(path)
}

/// Several files, of which only a few are open at a time.
struct Series {
    path: PathBuf,
    info: StackInfo,
    /// Each file with the number of its first frame, in order.
    files: Vec<(usize, PathBuf)>,
    /// The files last read from, the latest at the end.
    opened: Vec<(usize, Box<dyn FrameSource>)>,
}

/// Enough for reading to and fro between recordings; a folder may hold more files than a process
/// may have open.
const MOST_OPEN: usize = 8;

impl Series {
    fn new(
        inputs: &[Input],
        first_path: &Path,
        first: Box<dyn FrameSource>,
    ) -> Result<Self, Error> {
        let mut info = StackInfo { n_frames: 0, name: name_of_all(inputs), ..first.info().clone() };
        let mut files: Vec<(usize, PathBuf)> = Vec::new();
        for path in inputs.iter().flat_map(|input| &input.files) {
            let about = if files.is_empty() { first.info().clone() } else { about(path)? };
            if about.size != info.size {
                return Err(Error::MixedSizes {
                    path: path.clone(),
                    found: about.size,
                    first_path: first_path.into(),
                    first: info.size,
                });
            }
            files.push((info.n_frames, path.clone()));
            info.n_frames += about.n_frames;
        }
        Ok(Self { path: inputs[0].path.clone(), info, files, opened: vec![(0, first)] })
    }

    fn source(&mut self, file: usize) -> Result<&mut Box<dyn FrameSource>, Error> {
        let source = match self.opened.iter().position(|(opened, _)| *opened == file) {
            Some(place) => self.opened.remove(place).1,
            None => open_file(&self.files[file].1)?,
        };
        if self.opened.len() == MOST_OPEN {
            self.opened.remove(0);
        }
        self.opened.push((file, source));
        Ok(&mut self.opened.last_mut().expect("one was just put there").1)
    }
}

impl FrameSource for Series {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        let file = self.files.partition_point(|(first, _)| *first <= index) - 1;
        let index_in_file = index - self.files[file].0;
        let size = self.info.size;
        self.source(file)?.read(index_in_file, frame)?;
        if frame.size() != size {
            return Err(self.changed(file, frame).into());
        }
        Ok(())
    }
}

impl Series {
    /// The file was replaced by another while the series was open.
    fn changed(&self, file: usize, frame: &Frame) -> Error {
        Error::MixedSizes {
            path: self.files[file].1.clone(),
            found: frame.size(),
            first_path: self.files[0].1.clone(),
            first: self.info.size,
        }
    }
}

fn about(path: &Path) -> Result<StackInfo, Error> {
    Ok(open_file(path)?.info().clone())
}

fn name_of_all(inputs: &[Input]) -> String {
    let first = name_of(&inputs[0].path);
    match inputs.len() {
        1 => first,
        n => format!("{first} and {} more", n - 1),
    }
}
