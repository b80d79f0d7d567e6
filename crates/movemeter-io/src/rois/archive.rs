//! ROIs in zip archives: ImageJ's RoiSet.zip, and sessions of movemeter 0.7.

use std::collections::HashSet;
use std::io::{Cursor, Read, Write};

use movemeter::geometry::{Rect, Size};
use movemeter::roi::{Roi, RoiGroup};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Cause, imagej};

const FORMAT: &str = "an archive of ROIs";

/// More ROIs than ImageJ can show; our own files hold more.
const MOST_ENTRIES: usize = 65_535;

/// What all entries together may unfold to.
const MOST_BYTES: u64 = 512 << 20;

pub(super) fn groups(bytes: &[u8]) -> Result<Vec<RoiGroup>, Cause> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    if MOST_ENTRIES < archive.len() {
        return Err((
            FORMAT,
            format!("it holds {} files, more than {MOST_ENTRIES}", archive.len()),
        ));
    }
    let mut left = MOST_BYTES;
    // Sessions hold other lists, too; their ROIs are in this one.
    if let Some(place) = archive.index_for_name(MOVZIP_ROIS) {
        let (_, bytes) = entry(&mut archive, place, &mut left)?;
        let text = String::from_utf8(bytes);
        return movzip_groups(&text.map_err(|_| (MOVZIP, format!("{MOVZIP_ROIS} is no text")))?);
    }
    let mut rois = Vec::new();
    for place in 0..archive.len() {
        let name = archive.name_for_index(place).and_then(Result::ok).unwrap_or_default();
        if !name.to_ascii_lowercase().ends_with(".roi") || name.starts_with("__MACOSX/") {
            continue;
        }
        let (name, bytes) = entry(&mut archive, place, &mut left)?;
        let stem = name.rsplit('/').next().unwrap_or_default();
        let stem = &stem[..stem.len() - ".roi".len()];
        let roi = imagej::decode(&bytes, stem);
        rois.push(roi.map_err(|(format, cause)| (format, format!("{cause} (in {name})")))?);
    }
    match rois.is_empty() {
        false => Ok(imagej::groups(rois)),
        true => Err((
            FORMAT,
            format!("it holds neither ImageJ's .roi nor {MOVZIP_ROIS} of a movemeter 0.7 session"),
        )),
    }
}

/// The name and bytes of an entry.
fn entry(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    place: usize,
    left: &mut u64,
) -> Result<(String, Vec<u8>), Cause> {
    let entry = archive.by_index(place).map_err(unreadable)?;
    let name = entry.name().map(|name| name.to_string()).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let read = entry.take(*left + 1).read_to_end(&mut bytes);
    read.map_err(|error| (FORMAT, format!("its {name} is damaged: {error}")))?;
    match left.checked_sub(bytes.len() as u64) {
        Some(rest) => *left = rest,
        None => return Err((FORMAT, format!("it unfolds to more than {} MB", MOST_BYTES >> 20))),
    }
    Ok((name, bytes))
}

fn unreadable(error: ZipError) -> Cause {
    let cause = match error {
        ZipError::InvalidArchive(_) | ZipError::Io(_) => {
            "the file ends before its list of contents, or is damaged".into()
        }
        other => format!("its archive cannot be read: {other}"),
    };
    (FORMAT, cause)
}

const MOVZIP: &str = "a session of movemeter 0.7";

/// Where its windows are.
const MOVZIP_ROIS: &str = "rois.json";

/// Groups, or what is wrong: the format's name, and the cause.
pub type MovzipGroups = Result<Vec<RoiGroup>, (&'static str, String)>;

/// The groups in the text of `rois.json` of movemeter 0.7: `[[[x, y, w, h], …], …]`.
///
/// They have no names there, and are `group 1`, `group 2` and so on. As there, numbers are cut to whole ones.
pub fn movzip_groups(text: &str) -> MovzipGroups {
    let groups: Vec<Vec<[f64; 4]>> =
        serde_json::from_str(text).map_err(|error| (MOVZIP, error.to_string()))?;
    let rect = |[x, y, w, h]: [f64; 4]| {
        Rect::new(x as isize, y as isize, w.max(0.0) as usize, h.max(0.0) as usize)
    };
    let group = |(number, windows): (usize, Vec<[f64; 4]>)| RoiGroup {
        name: format!("group {number}"),
        color: None,
        rois: windows.into_iter().map(|window| Roi::window(rect(window))).collect(),
    };
    Ok((1..).zip(groups).map(group).collect())
}

/// An archive for ImageJ.
pub(super) fn written(groups: &[RoiGroup], frame: Size) -> Result<Vec<u8>, String> {
    let rois = imagej::named(groups, frame)?;
    if MOST_ENTRIES < rois.len() {
        return Err(format!(
            "ImageJ's archives hold at most {MOST_ENTRIES} ROIs, but these are {}; write .json",
            rois.len()
        ));
    }
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut known = HashSet::new();
    for roi in &rois {
        // A name with a slash would be a folder.
        let plain = roi.name.replace(['/', '\\'], "_");
        let mut name = format!("{plain}.roi");
        for number in 2.. {
            if known.insert(name.clone()) {
                break;
            }
            name = format!("{plain}-{number}.roi");
        }
        let bytes = imagej::encode(roi)?;
        let put = writer.start_file(name, options).map_err(|error| error.to_string());
        put.and_then(|()| writer.write_all(&bytes).map_err(|error| error.to_string()))?;
    }
    Ok(writer.finish().map_err(|error| error.to_string())?.into_inner())
}
