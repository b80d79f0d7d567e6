//! Why a command did not do what was asked, in plain words, and the exit code that says so.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::geometry::{Rect, Size};
use movemeter::roi::Windows;
use movemeter_io::Error as FileError;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// What was asked for makes no sense: arguments, settings, windows, names of outputs.
    Usage(String),
    /// Something could not be read, measured or written.
    Failed(String),
    /// The user stopped it.
    Stopped(String),
    /// Whoever read our output has read enough, as `head` does. Nothing is wrong.
    NoReader,
}

impl Failure {
    /// The number a shell sees.
    pub fn code(&self) -> u8 {
        match self {
            Self::NoReader => 0,
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Stopped(_) => STOPPED,
        }
    }

    /// Whether another recording may fare better.
    pub fn is_of_one_recording(&self) -> bool {
        match self {
            Self::Usage(_) | Self::Failed(_) => true,
            Self::Stopped(_) | Self::NoReader => false,
        }
    }

    /// An output that could not be written.
    pub fn unwritable(path: &Path, error: &io::Error) -> Self {
        FileError::Unwritable { path: path.into(), cause: plain(error) }.into()
    }

    /// Standard output that could not be written.
    pub fn of_stdout(error: &io::Error) -> Self {
        Self::Failed(format!("cannot write: {} (standard output)", plain(error)))
    }
}

/// As shells have it: 128 + 2, the number of the signal of Ctrl-C.
pub const STOPPED: u8 = 130;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Failed(message) | Self::Stopped(message) => {
                f.write_str(message)
            }
            Self::NoReader => f.write_str("nobody reads the output any more"),
        }
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        failure.code().into()
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        match error {
            FileError::OutputIsInput { .. } | FileError::Unfit { .. } => {
                Self::Usage(error.to_string())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        match error {
            CoreError::Setting { name, value, allowed } => Self::Usage(format!(
                "--{} must be {allowed}, but is {value}",
                name.replace('_', "-")
            )),
            CoreError::WindowOutside { group, rect, frame, .. } if group == Windows::UNNAMED => {
                Self::Usage(outside("--roi", rect, frame))
            }
            CoreError::NoSuchFrame { .. } => {
                Self::Usage(format!("--frames: {error}; an open end, as in 2.., goes to the last"))
            }
            CoreError::Read { frame, source } => Self::Failed(unread(frame, &source)),
            CoreError::NoWindows
            | CoreError::WindowEmpty { .. }
            | CoreError::WindowOutside { .. }
            | CoreError::NoFrames { .. } => Self::Usage(error.to_string()),
            CoreError::Cancelled => Self::Stopped(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A rectangle given by the user that reaches beyond the frame.
pub fn outside(option: &str, rect: Rect, frame: Size) -> String {
    format!(
        "{option} {rect} is not inside the frame, which is {frame} px; x + width may be at most {} \
         and y + height at most {}, x and y at least 0",
        frame.width, frame.height
    )
}

fn unread(frame: usize, source: &BoxError) -> String {
    let Unread { what, place } = Unread::new(frame, source);
    format!("{what}; {}{place}", left_out(frame))
}

/// How a frame that cannot be read is left out, and all behind it, if the file ends there.
pub fn left_out(frame: usize) -> String {
    let alone = format!("leave it out with --exclude {frame}");
    match frame {
        0 => alone,
        _ => format!("{alone}, or all from it on with --exclude {frame}.."),
    }
}

/// A frame that cannot be read, in words.
pub struct Unread {
    /// Which, and why.
    pub what: String,
    /// The file, in brackets; nothing if it was named before.
    pub place: String,
}

impl Unread {
    /// Files of a series count frames by themselves, which the user should not have to notice.
    pub fn new(frame: usize, source: &BoxError) -> Self {
        let Some(FileError::Frame { frame: in_file, path, cause }) = source.downcast_ref() else {
            return Self::of_other(frame, source);
        };
        let which = match *in_file == frame {
            true => format!("frame {frame}"),
            false => format!("frame {frame}, which is frame {in_file} of its file"),
        };
        let what = format!("cannot read {which}: {cause}");
        Self { what, place: format!(" ({})", path.display()) }
    }

    fn of_other(frame: usize, source: &BoxError) -> Self {
        let Some(FileError::Unreadable { format, path, cause }) = source.downcast_ref() else {
            return Self {
                what: format!("cannot read frame {frame}: {source}"),
                place: String::new(),
            };
        };
        let what = format!("cannot read frame {frame} as {format}: {cause}");
        Self { what, place: format!(" ({})", path.display()) }
    }
}

/// What the system says, without its number for it.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}
