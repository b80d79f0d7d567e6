//! The formats that can be read, and which ending means which.

use std::fs::File;
use std::path::{Path, PathBuf};

use movemeter::geometry::Size;
use movemeter::source::FrameSource;

use crate::error::Error;
use crate::options::OpenOptions;
use crate::tag::Tag;

mod grey;
mod raw;
mod layout;
mod text;
mod units;
mod times;
mod png;
mod jpeg_scan;
mod image;
mod exif;
mod pnm;
pub(crate) mod npy;
mod npz;
mod tiff;
mod photron;
mod cine;
mod zarr;
mod native;
pub(crate) mod ffmpeg;
mod video;

/// A file format: one row of the readers' table.
pub(crate) struct Format {
    /// As messages call it.
    name: &'static str,
    /// The endings of its files, in small letters.
    endings: &'static [&'static str],
    /// What a folder of such files is.
    pub(crate) content: Content,
    /// Whether there may be several channels and depths to choose from.
    has_channels: bool,
    /// Opens a file by its headers, without decoding pixels.
    open: Opener,
}

/// What a file of a format usually holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Frames: a folder of such files is a recording.
    Frames,
    /// A whole recording: counts in a folder only if there are no frames beside it.
    Recording,
}

type Opener = fn(&Path, &OpenOptions) -> Result<Opened, Cause>;

/// An opened file.
pub(crate) struct Opened {
    /// Its frames.
    pub(crate) source: Box<dyn FrameSource>,
    /// All files that the frames and what is said of them come from, in the order read; among them the file that was
    /// opened.
    pub(crate) files: Vec<PathBuf>,
}

impl Opened {
    /// Frames that all come from one file.
    fn one_file(path: &Path, source: impl FrameSource + 'static) -> Self {
        Self { source: Box::new(source), files: vec![path.into()] }
    }
}

/// What is wrong with a file, in plain words; who opens it adds its name.
type Cause = String;

/// The readers' table: a format more is a row more.
const FORMATS: [Format; 11] = [
    Format { has_channels: true, ..frames("TIFF", &["tif", "tiff"], tiff::open) },
    frames("PNG", &["png"], image::open_png),
    frames("JPEG", &["jpg", "jpeg"], image::open_jpeg),
    frames("BMP", &["bmp"], image::open_bmp),
    frames("PNM", &["pgm", "ppm", "pbm", "pnm", "pfm"], pnm::open),
    frames("WebP", &["webp"], image::open_webp),
    frames("npy", &["npy"], npy::open),
    recording("npz", &["npz"], npz::open),
    recording("Photron", &["mraw", "cihx", "cih"], photron::open),
    recording("cine", &["cine", "cin"], cine::open),
    recording("video", video::ENDINGS, video::open),
];

/// A folder that is one recording, known by what is in it.
const ZARR: Format = Format { has_channels: true, ..recording("Zarr", &[], zarr::open) };

const fn frames(name: &'static str, endings: &'static [&'static str], open: Opener) -> Format {
    Format { name, endings, content: Content::Frames, has_channels: false, open }
}

const fn recording(name: &'static str, endings: &'static [&'static str], open: Opener) -> Format {
    Format { name, endings, content: Content::Recording, has_channels: false, open }
}

impl Format {
    /// The format that a file's ending names.
    pub(crate) fn of(path: &Path) -> Option<&'static Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        FORMATS.iter().find(|format| format.endings.contains(&ending.as_str()))
    }

    /// The format of a folder that is more than a place for files.
    pub(crate) fn of_folder(folder: &Path) -> Option<&'static Self> {
        (folder.is_dir() && zarr::is_zarr(folder)).then_some(&ZARR)
    }

    /// Whether a file may have more than one frame; pictures for people never do.
    pub(crate) fn may_have_several_frames(&self) -> bool {
        !["PNG", "JPEG", "BMP", "WebP"].contains(&self.name)
    }

    /// Opens a file of this format.
    pub(crate) fn open(&self, path: &Path, options: &OpenOptions) -> Result<Opened, Error> {
        self.open_plausible(path, options).map_err(|cause| Error::Unreadable {
            format: self.name,
            path: path.into(),
            // Some decoders break lines.
            cause: cause.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }

    fn open_plausible(&self, path: &Path, options: &OpenOptions) -> Result<Opened, Cause> {
        let n_bytes = std::fs::metadata(path).map_err(|error| plain_io(&error))?;
        let n_bytes = n_bytes.is_file().then_some(n_bytes.len());
        if n_bytes == Some(0) {
            return Err("the file is empty".into());
        }
        let opened = (self.open)(path, options)?;
        if !self.has_channels {
            options.check_only_one()?;
        }
        let size = opened.source.info().size;
        // Several files may hold the frames, and a folder's length says nothing.
        match n_bytes.filter(|_| opened.files.len() == 1) {
            Some(n_bytes) => check_not_inflated(size, n_bytes).map(|()| opened),
            None => Ok(opened),
        }
    }
}

/// Frames larger than this, in pixels, are not believed to be nearly empty: opening a small file must not
/// cost gigabytes.
const LARGEST_EMPTY_PX: usize = 1 << 26;
/// How many pixels of so large a frame a byte may stand for.
const MOST_PX_PER_BYTE: u64 = 64;

fn check_not_inflated(size: Size, n_bytes: u64) -> Result<(), Cause> {
    if size.area() <= LARGEST_EMPTY_PX
        || size.area() as u64 <= n_bytes.saturating_mul(MOST_PX_PER_BYTE)
    {
        return Ok(());
    }
    Err(format!(
        "its frames of {size} px would take {:.1} GB of memory, but the file has only {n_bytes} bytes; if that \
         is right, save it uncompressed, or crop it",
        size.area() as f64 * 4e-9
    ))
}

/// All tags of a page of a TIFF file, or what a JPEG, PNG or WebP file has as Exif; none for other formats.
///
/// `page` is its number in the file, from 0; a file that has fewer, as ImageJ writes some, has all its tags on the first.
/// Values are given as stored, with the sense of bounds that opening has: of values beyond 64 MB in all, no more are read.
///
/// # Errors
///
/// A file that is not there, cannot be read, or is not what its ending says.
pub fn tags(path: impl AsRef<Path>, page: usize) -> Result<Vec<Tag>, Error> {
    let path = path.as_ref();
    std::fs::metadata(path).map_err(|error| Error::refused(path, &error))?;
    let Some(format) = Format::of(path) else { return Ok(Vec::new()) };
    let read = match format.name {
        "TIFF" => tiff::tags(path, page),
        "JPEG" | "PNG" | "WebP" => exif::tags(path),
        _ => return Ok(Vec::new()),
    };
    read.map_err(|cause| Error::Unreadable { format: format.name, path: path.into(), cause })
}

/// The endings of all files that can be read, as messages list them.
pub(crate) fn known_endings() -> String {
    let endings = FORMATS.iter().flat_map(|format| format.endings);
    endings.map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(" ")
}

/// The last part of a path, for messages.
pub(crate) fn name_of(path: &Path) -> String {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    // `.` and `..` have no name of their own; the folder they lead to has.
    let resolved = || path.canonicalize().ok().and_then(|path| name(&path));
    name(path).or_else(resolved).unwrap_or_else(|| path.display().to_string())
}

/// As many frames are believed to have been in a file that was cut off: hours, or seconds of the fastest cameras.
const MOST_MISSING: u64 = 10_000_000;

/// An opened file, and how long it is.
fn open_sized(path: &Path) -> Result<(File, u64), Cause> {
    let file = File::open(path).map_err(|error| plain_io(&error))?;
    let n_bytes = file.metadata().map_err(|error| plain_io(&error))?.len();
    Ok((file, n_bytes))
}

/// The message of an input error, with the ends of files in plain words.
fn plain_io(error: &std::io::Error) -> Cause {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the file ends too early".into(),
        _ => crate::error::plain(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_chooses_the_format_whatever_its_case() {
        let name = |path: &str| Format::of(Path::new(path)).map(|format| format.name);
        assert_eq!(name("a/b.TIFF"), Some("TIFF"));
        assert_eq!(name("b.tar.Jpg"), Some("JPEG"));
        assert_eq!(name("tif"), None);
        assert_eq!(name("notes.txt"), None);
    }

    #[test]
    fn all_endings_are_listed() {
        let endings = known_endings();
        assert!(endings.starts_with(".tif .tiff .png .jpg "), "{endings}");
        assert!(endings.contains(" .npz .mraw .cihx .cih .cine .cin .mp4 "), "{endings}");
    }
}
