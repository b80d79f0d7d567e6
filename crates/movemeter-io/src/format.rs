//! The formats that can be read, and which ending means which.

use std::path::Path;

use movemeter::source::FrameSource;

use crate::error::Error;

mod grey;
mod raw;
mod image;
mod npy;
mod tiff;

/// A file format: one row of the readers' table.
pub(crate) struct Format {
    /// As messages call it.
    name: &'static str,
    /// The endings of its files, in small letters.
    endings: &'static [&'static str],
    /// Opens a file by its headers, without decoding pixels.
    open: Opener,
}

type Opener = fn(&Path) -> Result<Box<dyn FrameSource>, Cause>;

/// What is wrong with a file, in plain words; who opens it adds its name.
type Cause = String;

/// The readers' table: a format more is a row more.
const FORMATS: [Format; 5] = [
    Format { name: "TIFF", endings: &["tif", "tiff"], open: tiff::open },
    Format { name: "PNG", endings: &["png"], open: image::open_png },
    Format { name: "JPEG", endings: &["jpg", "jpeg"], open: image::open_jpeg },
    Format { name: "BMP", endings: &["bmp"], open: image::open_bmp },
    Format { name: "npy", endings: &["npy"], open: npy::open },
];

impl Format {
    /// The format that a file's ending names.
    pub(crate) fn of(path: &Path) -> Option<&'static Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        FORMATS.iter().find(|format| format.endings.contains(&ending.as_str()))
    }

    /// Opens a file of this format.
    pub(crate) fn open(&self, path: &Path) -> Result<Box<dyn FrameSource>, Error> {
        (self.open)(path).map_err(|cause| Error::Unreadable {
            format: self.name,
            path: path.into(),
            cause,
        })
    }
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
        assert_eq!(known_endings(), ".tif .tiff .png .jpg .jpeg .bmp .npy");
    }
}
