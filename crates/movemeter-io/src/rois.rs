//! Files of ROIs: our own, those of ImageJ and Fiji, sessions of movemeter 0.7, lists of windows.
//!
//! docs/rois.md says what is in each. A file is known by its content when it is read, by its ending when it is written.

mod json;
mod list;
mod imagej;
mod archive;
mod drawing;

pub use archive::{MovzipGroups, movzip_groups};
pub use drawing::draw_windows;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use movemeter::geometry::Size;
use movemeter::roi::{Fill, MAX_COORDINATE, Roi, RoiGroup, Shape, Windows, windows_of};

use crate::error::Error;
use crate::output::OutputFile;

/// What is wrong with a file, in plain words, after the name of the format.
type Cause = (&'static str, String);

/// Ten million windows as text are smaller.
const LARGEST_FILE: u64 = 512 << 20;

/// What the beginnings of files say of them.
const KNOWN: &str = "it is none of: a ROI file of movemeter (.json), ImageJ's .roi or RoiSet.zip, a session of movemeter 0.7 \
     (.zip), a list of windows (.csv with the columns x, y, w, h)";

/// A format that ROIs are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoiFormat {
    /// Our own, which keeps everything.
    Json,
    /// One ROI of ImageJ.
    Roi,
    /// ROIs of ImageJ in an archive.
    RoiSet,
    /// Windows alone.
    Csv,
}

impl RoiFormat {
    /// As the ending of the file's name says.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "json" => Ok(Self::Json),
            "roi" => Ok(Self::Roi),
            "zip" => Ok(Self::RoiSet),
            "csv" => Ok(Self::Csv),
            _ => Err(Error::UnknownEnding {
                path: path.into(),
                allowed: ".json .roi .zip .csv".into(),
            }),
        }
    }
}

/// Reads ROIs, whatever the kind of file.
///
/// What was drawn in ImageJ comes as one window each, the least around it; another [`Fill`] makes windows of it. Windows
/// of lists, tables and sessions are boxes.
///
/// # Errors
///
/// No such file; a file of another kind, damaged, or too large; a ROI that ImageJ knows and we do not; none at all.
pub fn read_rois(path: impl AsRef<Path>) -> Result<Vec<RoiGroup>, Error> {
    let path = path.as_ref();
    let bytes = bytes_of(path)?;
    let unreadable =
        |(format, cause): Cause| Error::Unreadable { format, path: path.into(), cause };
    let groups = groups_in(&bytes, path).map_err(unreadable)?;
    match groups.iter().all(|group| group.rois.is_empty()) {
        true => Err(unreadable(("ROIs", "there is none in it".into()))),
        false => Ok(groups),
    }
}

/// A kind of file for each way that files begin.
fn groups_in(bytes: &[u8], path: &Path) -> Result<Vec<RoiGroup>, Cause> {
    let text = || std::str::from_utf8(bytes).map(|text| text.trim_start_matches('\u{feff}'));
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        _ if bytes.starts_with(imagej::MAGIC) => {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            Ok(imagej::groups([imagej::decode(bytes, &name)?]))
        }
        _ if bytes.starts_with(b"PK") => archive::groups(bytes),
        None => Err(("ROIs", "the file is empty".into())),
        Some(_) => match text() {
            Err(_) => Err(("ROIs", KNOWN.into())),
            Ok(text) if text.trim_start().starts_with('{') => json::read(text),
            Ok(text) if text.trim_start().starts_with('[') => movzip_groups(text),
            Ok(text) => list::read(text).unwrap_or_else(|| Err(("ROIs", KNOWN.into()))),
        },
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    let refused = |error: &std::io::Error| Error::refused(path, error);
    if path.is_dir() {
        let cause = "this is a folder; name a file of ROIs".into();
        return Err(Error::Refused { path: path.into(), cause });
    }
    let file = File::open(path).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| refused(&error))?;
    match bytes.len() as u64 <= LARGEST_FILE {
        true => Ok(bytes),
        false => Err(Error::Unreadable {
            format: "ROIs",
            path: path.into(),
            cause: format!("it has more than {} MB", LARGEST_FILE >> 20),
        }),
    }
}

/// Writes ROIs in the format that the file's ending says.
///
/// `.json` keeps all. `.csv` keeps windows. `.roi` and `.zip` are for ImageJ, and keep shapes that are one window each
/// where ImageJ has them, and else windows as rectangles, with the name and colour of their group. `frame` is the size
/// of the frames they are for: without it, what fills the frame can only be kept as `.json`.
///
/// # Errors
///
/// Another ending; a shape that cannot be filled; what the format cannot hold; a place that cannot be written.
pub fn write_rois(
    groups: &[RoiGroup],
    frame: Option<Size>,
    path: impl AsRef<Path>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let format = RoiFormat::of(path)?;
    let unfit = |cause: String| Error::Unfit { path: path.into(), cause };
    let bytes = match format {
        RoiFormat::Json => json::written(groups),
        RoiFormat::Csv => list::written(&windows_anywhere(groups, frame)?),
        RoiFormat::Roi => imagej::only(groups, frame.unwrap_or(ANY_FRAME)).map_err(unfit)?,
        RoiFormat::RoiSet => archive::written(groups, frame.unwrap_or(ANY_FRAME)).map_err(unfit)?,
    };
    let mut output = OutputFile::create(path)?;
    output.write_all(&bytes).map_err(|error| Error::unwritable(path, &error))?;
    output.finish()
}

/// Larger than any frame, so that nothing is cut but what is left of or above it.
const ANY_FRAME: Size = Size::new(MAX_COORDINATE, MAX_COORDINATE);

/// The windows that fill ROIs, if that can be said: [`windows_of`] for a frame whose size is perhaps not known.
///
/// Without a size, windows may lie beyond the frame's right and lower sides.
pub fn windows_anywhere(groups: &[RoiGroup], frame: Option<Size>) -> Result<Windows, Error> {
    Ok(windows_of(groups, frame.unwrap_or(ANY_FRAME))?)
}

/// The first group whose windows cannot be said without the size of the frame.
pub fn needs_frame(groups: &[RoiGroup]) -> Option<&RoiGroup> {
    let needs = |roi: &Roi| match &roi.shape {
        Shape::Frame => true,
        Shape::Arc { within: None, .. } => matches!(roi.fill, Fill::Original { .. }),
        _ => false,
    };
    groups.iter().find(|group| group.rois.iter().any(needs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_choose_the_format() {
        assert_eq!(RoiFormat::of(Path::new("a/RoiSet.ZIP")).unwrap(), RoiFormat::RoiSet);
        let error = RoiFormat::of(Path::new("a.txt")).unwrap_err().to_string();
        assert_eq!(error, "the ending .txt is not known; use one of .json .roi .zip .csv (a.txt)");
    }
}
