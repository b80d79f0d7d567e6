//! What can go wrong with files and folders.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::geometry::Size;

/// Why a file or folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No path was given.
    #[error("there is nothing to open; name at least one file or folder")]
    NoInput,
    /// A path that leads nowhere.
    #[error("there is no such file or folder ({})", path.display())]
    Missing {
        /// As given.
        path: PathBuf,
    },
    /// A folder without a file that could be read.
    #[error("no recording in the folder; looked for files that end in {endings} ({})", path.display())]
    NoImages {
        /// The folder.
        path: PathBuf,
        /// The endings that are looked for.
        endings: String,
    },
    /// A file whose ending says nothing that is known.
    #[error("{} is not known; use one of {allowed} ({})", shown_ending(path), path.display())]
    UnknownEnding {
        /// The file.
        path: PathBuf,
        /// The endings that may be used.
        allowed: String,
    },
    /// The file system refused to give a file or folder.
    #[error("cannot read: {cause} ({})", path.display())]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A file that is not what its ending says, is damaged, or of a kind that cannot be read.
    #[error("cannot read as {format}: {cause} ({})", path.display())]
    Unreadable {
        /// The format's name.
        format: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, in plain words.
        cause: String,
    },
    /// A frame that cannot be read, of a file with several.
    #[error("cannot read frame {frame} of the file: {cause} ({})", path.display())]
    Frame {
        /// Its number in the file, from 0.
        frame: usize,
        /// The file.
        path: PathBuf,
        /// What is wrong with it, in plain words.
        cause: String,
    },
    /// A frame was asked for that the stack does not have.
    #[error("there is no frame {frame}: the stack has {n_frames} ({})", path.display())]
    NoFrame {
        /// The number asked for, from 0.
        frame: usize,
        /// How many there are.
        n_frames: usize,
        /// The file or folder.
        path: PathBuf,
    },
    /// A series with frames of two sizes.
    #[error(
        "all frames of a series must have one size, but this file has {found} px and the first, {}, \
         has {first} px; leave it out or crop it ({})",
        first_path.display(), path.display()
    )]
    MixedSizes {
        /// The first file that differs.
        path: PathBuf,
        /// Its size.
        found: Size,
        /// The first file of the series.
        first_path: PathBuf,
        /// Its size.
        first: Size,
    },
    /// A mask with several frames, or none.
    #[error("a mask is one image, but this has {n_frames}; give one of the recording's size ({})", path.display())]
    NotOneImage {
        /// How many there are.
        n_frames: usize,
        /// The file or folder.
        path: PathBuf,
    },
    /// An output that cannot be written.
    #[error("cannot write: {cause} ({})", path.display())]
    Unwritable {
        /// The output.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// An output on a disk that is full or may not be written: no other output there will fare better.
    #[error("cannot write: {cause} ({})", path.display())]
    NoRoom {
        /// The output.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// An output whose name or pixels are not fit for what is to be written.
    #[error("{cause} ({})", path.display())]
    Unfit {
        /// The output, as given.
        path: PathBuf,
        /// Why not, and what to do.
        cause: String,
    },
    /// An output that would overwrite what is being measured.
    #[error(
        "the output is also an input, {}; give the output another name ({})",
        input.display(), output.display()
    )]
    OutputIsInput {
        /// The output, as given.
        output: PathBuf,
        /// The input file it would overwrite.
        input: PathBuf,
    },
    /// An input that is not what it was when it was measured.
    #[error(
        "the input has changed: its SHA-256 is {found}, but what was measured had {expected} ({})",
        path.display()
    )]
    InputChanged {
        /// The input.
        path: PathBuf,
        /// Its SHA-256.
        found: String,
        /// The one that the table or session names.
        expected: String,
    },
    /// An input that is neither where it was nor where it was looked for.
    #[error(
        "cannot find the input {name:?}, neither by its name nor by its SHA-256; say in which folder it is ({})",
        path.display()
    )]
    InputGone {
        /// Its name.
        name: String,
        /// The table or session.
        path: PathBuf,
    },
    /// A table or session that does not say enough to be measured again.
    #[error("cannot be measured again as it was: {cause} ({})", path.display())]
    NotVerifiable {
        /// The table or session.
        path: PathBuf,
        /// What is missing, and what to do.
        cause: String,
    },
    /// A picture that cannot be drawn of what was measured.
    #[error("{0}")]
    NoPicture(String),
    /// What was asked for cannot be measured.
    #[error(transparent)]
    Measuring(#[from] CoreError),
    /// A frame to be written could not be had from its source.
    #[error("cannot read frame {frame}: {source}")]
    Source {
        /// Its number in the source, from 0.
        frame: usize,
        /// What the source said; it names the file.
        source: BoxError,
    },
}

impl Error {
    pub(crate) fn refused(path: &Path, cause: &std::io::Error) -> Self {
        if cause.kind() == ErrorKind::NotFound {
            return Self::Missing { path: path.into() };
        }
        Self::Refused { path: path.into(), cause: plain(cause) }
    }

    /// Whether there is such a frame in a file or series.
    pub(crate) fn check_frame(frame: usize, n_frames: usize, path: &Path) -> Result<(), Self> {
        match frame < n_frames {
            true => Ok(()),
            false => Err(Self::NoFrame { frame, n_frames, path: path.into() }),
        }
    }

    pub(crate) fn unwritable(path: &Path, cause: &std::io::Error) -> Self {
        let (path, text) = (path.into(), plain(cause));
        match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem => {
                Self::NoRoom { path, cause: text }
            }
            _ => Self::Unwritable { path, cause: text },
        }
    }
}

/// What the system says, as the other messages are written: lower case, without the error's number.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // A word in capitals stays as it is.
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.into(),
    }
}

fn shown_ending(path: &Path) -> String {
    match path.extension() {
        Some(ending) => format!("the ending .{}", ending.display()),
        None => "a file name without an ending".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_put_in_plain_words() {
        let error = std::io::Error::from_raw_os_error(13);
        assert_eq!(plain(&error), "permission denied");
        assert_eq!(plain(&std::io::Error::other("CRC error")), "CRC error");
    }

    #[test]
    fn a_missing_ending_is_named_as_such() {
        let error = Error::UnknownEnding { path: "a/table".into(), allowed: ".csv .tsv".into() };
        assert_eq!(
            error.to_string(),
            "a file name without an ending is not known; use one of .csv .tsv (a/table)"
        );
        let error = Error::UnknownEnding { path: "t.xls".into(), allowed: ".csv .tsv".into() };
        assert_eq!(error.to_string(), "the ending .xls is not known; use one of .csv .tsv (t.xls)");
    }
}
