//! Files and folders as one series of frames.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::frame::Frame;
use movemeter::source::{DAMAGE, FrameSource, StackInfo};

use crate::error::Error;
use crate::format::{Content, Format, Opened, known_endings, name_of};
use crate::joining::joined;
use crate::natural::natural_cmp;
use crate::options::OpenOptions;

/// An opened series, and which files it was made of.
pub struct Recording {
    /// The frames of all files.
    pub source: Box<dyn FrameSource>,
    /// The files and folders as given, in that order.
    pub inputs: Vec<Input>,
    /// Where each file's frames are in the series.
    pub parts: Vec<Part>,
}

/// One file or folder of a recording, as given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// As given.
    pub path: PathBuf,
    /// The files that were read for it, in order; the path itself if it is a file that needs no other.
    pub files: Vec<PathBuf>,
}

/// A file that was opened for its frames, and which they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub path: PathBuf,
    /// The number of its first frame in the series.
    pub first: usize,
    /// How many frames it has.
    pub n_frames: usize,
}

/// Opens a file, or a folder as one series of all images directly in it.
///
/// The ending chooses the format: TIFF (`.tif`, `.tiff`), PNG, JPEG (`.jpg`, `.jpeg`), BMP, WebP,
/// portable pictures (`.pgm`, `.ppm`, `.pbm`, `.pnm`, `.pfm`), numpy's `.npy` and `.npz` with (frame, row, column),
/// Photron's recordings (`.mraw` with `.cihx` or `.cih`), Phantom's (`.cine`), or videos (`.mp4`, `.mov`, `.avi`,
/// `.mkv` and more; the program ffmpeg decodes what is not decoded here, [`OpenOptions::ffmpeg`]). A folder that is a Zarr is known by
/// what is in it: an array (frame, row, column), or the first image of an OME-Zarr in its full size. Any other
/// folder's files are read in
/// [natural order](crate::natural_cmp); hidden files and files of other endings are left out. A file
/// may hold several frames. All frames must have one size: that is checked here, from the headers
/// alone. Pixels are decoded when they are read.
///
/// Colour becomes luminance, 0.299 R + 0.587 G + 0.114 B; floating point pixels are kept as they
/// are, NaN too. Of videos that store luma it is taken as stored. In TIFF files in which white is zero the numbers are given as stored.
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
    open_with(path, &OpenOptions::default())
}

/// Opens a file or folder as [`open`] does, with what is to be chosen in it.
pub fn open_with(
    path: impl AsRef<Path>,
    options: &OpenOptions,
) -> Result<Box<dyn FrameSource>, Error> {
    Ok(open_all(&[path.as_ref().into()], options)?.source)
}

/// Opens several files and folders as one series, in the order given.
///
/// Each is as for [`open`]; all frames of all files must have one size. Files that others brought along (the
/// further files of an OME-TIFF, a camera's header) are not opened again. Times go on where every part says its
/// own on one clock, or where all have one frame rate; else they are not known.
pub fn open_all(paths: &[PathBuf], options: &OpenOptions) -> Result<Recording, Error> {
    let mut opening = Opening { options, parts: Vec::new(), seen: HashSet::new() };
    let inputs =
        paths.iter().map(|path| opening.add(path)).collect::<Result<Vec<Input>, Error>>()?;
    let Opening { mut parts, .. } = opening;
    let source = parts.first_mut().and_then(|part| part.source.take());
    let infos = infos(parts)?;
    let (path, parts) = (inputs[0].path.clone(), places(&infos));
    match source {
        // A file by itself is its own series.
        Some(source) if parts.len() == 1 && path == parts[0].path => {
            Ok(Recording { source, inputs, parts })
        }
        source => {
            let info = joined(&infos, name_of_all(&inputs))?;
            let opened = source.map(|source| (0, source)).into_iter().collect();
            let (of_series, options) = (parts.clone(), options.clone());
            let source = Box::new(Series { path, info, parts: of_series, opened, options });
            Ok(Recording { source, inputs, parts })
        }
    }
}

/// What is known of all parts. One that cannot be opened is taken for a picture like the others, which cannot be
/// read; if none can be opened, that is the error.
fn infos(parts: Vec<OpenedPart>) -> Result<Vec<(PathBuf, StackInfo)>, Error> {
    let Some(known) = parts.iter().find_map(|part| part.info.as_ref().ok()) else {
        return Err(parts.into_iter().find_map(|part| part.info.err()).unwrap_or(Error::NoInput));
    };
    let like = StackInfo { n_frames: 1, times_s: None, metadata: Vec::new(), ..known.clone() };
    let about = |part: OpenedPart| {
        let info = part.info.unwrap_or_else(|error| StackInfo {
            metadata: vec![(DAMAGE.into(), error.to_string())],
            ..like.clone()
        });
        (part.path, info)
    };
    Ok(parts.into_iter().map(about).collect())
}

fn places(infos: &[(PathBuf, StackInfo)]) -> Vec<Part> {
    let mut first = 0;
    let place = |(path, info): &(PathBuf, StackInfo)| {
        let part = Part { path: path.clone(), first, n_frames: info.n_frames };
        first += info.n_frames;
        part
    };
    infos.iter().map(place).collect()
}

/// Finds and opens the files of all inputs, one after the other.
struct Opening<'a> {
    options: &'a OpenOptions,
    parts: Vec<OpenedPart>,
    /// Files whose frames are in a part already.
    seen: HashSet<PathBuf>,
}

/// A file of a series. Only the first is kept open: a folder may hold more files than a process may
/// have open.
struct OpenedPart {
    path: PathBuf,
    info: Result<StackInfo, Error>,
    source: Option<Box<dyn FrameSource>>,
}

impl Opening<'_> {
    fn add(&mut self, path: &Path) -> Result<Input, Error> {
        let about = std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
        let is_collection = about.is_dir() && Format::of_folder(path).is_none();
        let candidates = if is_collection { recording_in(path)? } else { vec![path.into()] };
        let mut input = Input { path: path.into(), files: Vec::new() };
        for file in candidates {
            if self.seen.contains(&file) {
                continue;
            }
            match open_file(&file, self.options) {
                Ok(opened) => self.keep(file, opened, &mut input),
                // One of many pictures: whoever needs it will be told, and may leave it out.
                Err(error @ Error::Unreadable { .. })
                    if is_collection && content(&file)? == Some(Content::Frames) =>
                {
                    input.files.push(file.clone());
                    self.parts.push(OpenedPart { path: file, info: Err(error), source: None });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(input)
    }

    fn keep(&mut self, file: PathBuf, opened: Opened, input: &mut Input) {
        let Opened { source, files } = opened;
        let info = Ok(source.info().clone());
        self.seen.extend(files.iter().filter(|&other| *other != file).cloned());
        input.files.extend(files);
        let source = self.parts.is_empty().then_some(source);
        self.parts.push(OpenedPart { path: file, info, source });
    }
}

/// The files directly in a folder that make a recording, in natural order: images, or if there are
/// none, whole recordings.
fn recording_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refused = |error: std::io::Error| Error::refused(folder, &error);
    let (mut frames, mut recordings) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        match content(&path)? {
            Some(Content::Frames) => frames.push(path),
            Some(Content::Recording) => recordings.push(path),
            None => {}
        }
    }
    let mut files = if frames.is_empty() { recordings } else { frames };
    if files.is_empty() {
        return Err(Error::NoImages { path: folder.into(), endings: known_endings() });
    }
    files.sort_by_cached_key(|path| NaturalKey(name_of(path)));
    Ok(files)
}

/// What a file in a folder holds, by its ending; hidden files and folders are left alone. What cannot be reached is an
/// error: left out, it would give all later frames other numbers.
pub(crate) fn content(path: &Path) -> Result<Option<Content>, Error> {
    let Some(format) = Format::of(path).filter(|_| !name_of(path).starts_with('.')) else {
        return Ok(None);
    };
    let about = std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
    match (about.is_dir(), about.is_file()) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(format.content)),
        (false, false) => Err(Error::refused(path, &not_a_file())),
    }
}

fn not_a_file() -> std::io::Error {
    std::io::Error::other("this is a device or a pipe, not a file")
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

/// Opens one file, or a folder that is a format of its own.
pub(crate) fn open_file(path: &Path, options: &OpenOptions) -> Result<Opened, Error> {
    if let Some(format) = Format::of_folder(path) {
        return format.open(path, options);
    }
    let refused = |error: std::io::Error| Error::refused(path, &error);
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path).map_err(refused)?.is_file() {
        return Err(refused(not_a_file()));
    }
    // A file that cannot be opened at all is not a question of its format.
    std::fs::File::open(path).map_err(refused)?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip")) {
        let cause = "archives are not read; unpack it, and give the folder".into();
        return Err(Error::Unreadable { format: "Zarr", path: path.into(), cause });
    }
    let format = Format::of(path)
        .ok_or_else(|| Error::UnknownEnding { path: path.into(), allowed: known_endings() })?;
    format.open(path, options)
}

/// Several files, of which only a few are open at a time.
struct Series {
    path: PathBuf,
    info: StackInfo,
    parts: Vec<Part>,
    /// The parts last read from, the latest at the end.
    opened: Vec<(usize, Box<dyn FrameSource>)>,
    options: OpenOptions,
}

/// Enough for reading to and fro between recordings; a folder may hold more files than a process
/// may have open.
const MOST_OPEN: usize = 8;

impl Series {
    fn source(&mut self, part: usize) -> Result<&mut Box<dyn FrameSource>, Error> {
        let source = match self.opened.iter().position(|(opened, _)| *opened == part) {
            Some(place) => self.opened.remove(place).1,
            None => open_file(&self.parts[part].path, &self.options)?.source,
        };
        if self.opened.len() == MOST_OPEN {
            self.opened.remove(0);
        }
        self.opened.push((part, source));
        Ok(&mut self.opened.last_mut().expect("one was just put there").1)
    }
}

impl FrameSource for Series {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        Error::check_frame(index, self.info.n_frames, &self.path)?;
        let part = self.parts.partition_point(|part| part.first <= index) - 1;
        let index_in_part = index - self.parts[part].first;
        let size = self.info.size;
        self.source(part)?.read(index_in_part, frame)?;
        if frame.size() != size {
            return Err(self.changed(part, frame).into());
        }
        Ok(())
    }
}

impl Series {
    /// The file was replaced by another while the series was open.
    fn changed(&self, part: usize, frame: &Frame) -> Error {
        Error::MixedSizes {
            path: self.parts[part].path.clone(),
            found: frame.size(),
            first_path: self.parts[0].path.clone(),
            first: self.info.size,
        }
    }
}

fn name_of_all(inputs: &[Input]) -> String {
    let first = name_of(&inputs[0].path);
    match inputs.len() {
        1 => first,
        n => format!("{first} and {} more", n - 1),
    }
}
