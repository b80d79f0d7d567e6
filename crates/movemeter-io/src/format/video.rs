//! Videos: read here where that is possible, else by the program ffmpeg.

use std::path::Path;

use super::ffmpeg::{self, Program};
use super::{Cause, Opened, native};
use crate::options::OpenOptions;

/// The endings of videos.
pub(super) const ENDINGS: &[&str] = &[
    "mp4", "m4v", "mov", "qt", "avi", "mkv", "webm", "mpg", "mpeg", "m2v", "vob", "wmv", "asf",
    "flv", "f4v", "ts", "mts", "m2ts", "ogv", "mxf", "3gp", "3g2", "dv", "gif", "y4m", "nut",
    "ivf",
];

pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Cause> {
    let why_not = match &options.ffmpeg {
        Some(_) => None,
        None => match native::open(path) {
            Ok(source) => return Ok(Opened { source, files: vec![path.into()] }),
            Err(cause) => Some(cause),
        },
    };
    let program = Program::find(options.ffmpeg.as_deref()).map_err(|cause| match why_not {
        Some(why) => format!("{why}; for what is not read here {cause}"),
        None => cause,
    })?;
    Ok(Opened { source: ffmpeg::open(path, program)?, files: vec![path.into()] })
}
