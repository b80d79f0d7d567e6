//! Errors as exceptions of the package.

use movemeter::error::Error as CoreError;
use movemeter_io::Error;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// The classes of `movemeter.errors`.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Something that was given cannot be; a `ValueError`.
    Setting,
    /// A file or folder that is not there; a `FileNotFoundError`.
    Missing,
    /// A file that cannot be read or written; an `OSError`.
    File,
    /// Work that was stopped before its end; a `KeyboardInterrupt`.
    Stopped,
}

/// An exception of the package with this message.
pub fn failure(py: Python<'_>, kind: Kind, message: &str) -> PyErr {
    static CLASSES: [PyOnceLock<Py<PyType>>; 4] = [const { PyOnceLock::new() }; 4];
    let name = match kind {
        Kind::Setting => "SettingError",
        Kind::Missing => "MissingFileError",
        Kind::File => "FileError",
        Kind::Stopped => "Stopped",
    };
    match CLASSES[kind as usize].import(py, "movemeter.errors", name) {
        Ok(class) => PyErr::from_type(class.clone(), (message.to_owned(),)),
        Err(error) => error,
    }
}

/// A setting that cannot be as it is.
pub fn setting(py: Python<'_>, name: &str, allowed: &str, value: &str) -> PyErr {
    failure(py, Kind::Setting, &format!("{name} must be {allowed}, but is {value}"))
}

/// Of settings, windows and frames.
pub fn of_core(py: Python<'_>, error: &CoreError) -> PyErr {
    match error {
        CoreError::Setting { name, value, allowed } => setting(py, argument(name), allowed, value),
        CoreError::NoWindows | CoreError::WindowEmpty { .. } | CoreError::WindowOutside { .. } => {
            failure(py, Kind::Setting, &format!("rois: {error}"))
        }
        CoreError::NoSuchFrame { .. } => failure(py, Kind::Setting, &format!("frames: {error}")),
        CoreError::NoFrames { excluded: true } => {
            failure(py, Kind::Setting, &format!("exclude: {error}"))
        }
        CoreError::NoFrames { .. } => failure(py, Kind::Setting, &format!("stack: {error}")),
        CoreError::Read { .. } => failure(py, Kind::File, &error.to_string()),
        other => failure(py, Kind::Setting, &other.to_string()),
    }
}

/// What a setting of a recipe is called in Python.
fn argument(name: &str) -> &str {
    match name {
        "fps" => "frame_rate_hz",
        "pixel_size" => "pixel_size_um",
        same => same,
    }
}

/// Of files.
pub fn of_files(py: Python<'_>, error: &Error) -> PyErr {
    match error {
        Error::Measuring(error) => of_core(py, error),
        Error::Missing { .. } => failure(py, Kind::Missing, &error.to_string()),
        other => failure(py, Kind::File, &as_arguments(&other.to_string())),
    }
}

/// Options of the command that messages about files speak of, which are arguments here.
const OPTIONS: [&str; 3] = ["channel", "z", "ffmpeg"];

fn as_arguments(message: &str) -> String {
    let named =
        |message: String, name: &&str| message.replace(&format!("--{name} "), &format!("{name} "));
    OPTIONS.iter().fold(message.to_owned(), named)
}

/// Of files that are to be written: an ending that is not known is a wrong argument.
pub fn of_output(py: Python<'_>, error: &Error) -> PyErr {
    match error {
        Error::UnknownEnding { .. } | Error::Unfit { .. } | Error::OutputIsInput { .. } => {
            failure(py, Kind::Setting, &format!("path: {error}"))
        }
        other => of_files(py, other),
    }
}
