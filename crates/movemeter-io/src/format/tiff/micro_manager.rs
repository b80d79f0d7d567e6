//! What Micro-Manager writes into a private tag of every page: a JSON object about that image.

use movemeter::source::StackInfo;
use serde_json::Value;

use super::super::text::until_zero;
use super::directory::{Directory, tag};
use super::file::TiffFile;
use super::frames::Frames;
use super::scale::{give_pixel_size, give_times};

/// Longer objects are not read.
const MOST_BYTES: u64 = 256 << 10;

/// Says when frames were taken and how large a pixel is, where that is not known and the pages say it; all
/// of them must be in one file, given with its number among the recording's.
pub(super) fn describe(
    info: &mut StackInfo,
    (file_number, file): (usize, &mut TiffFile),
    directory: &Directory,
    frames: &Frames,
) {
    let Some(first) = about(file, directory) else { return };
    let number = |about: &Value, key: &str| about.get(key)?.as_f64();
    if info.pixel_size_um.is_none()
        && let Some(side_um) = number(&first, "PixelSizeUm").filter(|side_um| 0.0 < *side_um)
    {
        give_pixel_size(info, [side_um; 2]);
    }
    if info.exposure_s.is_none() {
        info.exposure_s = number(&first, "Exposure-ms").map(|exposure_ms| exposure_ms / 1e3);
    }
    if info.times_s.is_some() || info.frame_rate_hz.is_some() {
        return;
    }
    let time_s = |index| {
        let place =
            frames.place(index).filter(|place| (place.file, place.shift) == (file_number, 0))?;
        let directory = Directory::read(file, place.at).ok()?;
        Some(number(&about(file, &directory)?, "ElapsedTime-ms")? / 1e3)
    };
    let times_s: Option<Vec<f64>> = (0..info.n_frames).map(time_s).collect();
    give_times(info, times_s.unwrap_or_default());
}

fn about(file: &mut TiffFile, directory: &Directory) -> Option<Value> {
    let entry = directory.find(tag::MICRO_MANAGER).filter(|entry| entry.n_bytes() <= MOST_BYTES)?;
    let bytes = entry.bytes(file, u64::MAX).ok()?;
    serde_json::from_slice(until_zero(&bytes)).ok()
}
