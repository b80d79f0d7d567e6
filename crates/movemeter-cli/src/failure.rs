//! Why a command did not do what was asked, in plain words, and the exit code that says so.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use movemeter::error::{BoxError, Error as CoreError};
use movemeter::geometry::{Rect, Size};
use movemeter_io::{Error as FileError, Unread, left_out};

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
            FileError::Measuring(error) => error.into(),
            FileError::OutputIsInput { .. } | FileError::Unfit { .. } | FileError::NoPicture(_) => {
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
            CoreError::NoSuchFrame { .. } => {
                Self::Usage(format!("--frames: {error}; an open end, as in 2.., goes to the last"))
            }
            CoreError::Read { frame, source } => Self::Failed(unread(frame, &source)),
            CoreError::NoWindows
            | CoreError::Roi { .. }
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

/// What the system says, without its number for it.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    text.to_lowercase()
}
