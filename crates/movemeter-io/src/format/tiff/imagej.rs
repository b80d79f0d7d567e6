//! What ImageJ writes into its TIFF files: lines of `key=value` in the description, and a private tag.
//!
//! ```text
//! ImageJ=1.53t
//! images=24
//! channels=2
//! slices=3
//! frames=4
//! unit=micron
//! finterval=0.5
//! ```
//!
//! Channels follow one another most quickly, then slices, then frames.

use movemeter::source::StackInfo;

use super::super::text::LONGEST_VALUE;
use super::super::units::{unit_s, unit_um};
use super::counts::Counts;
use super::directory::{Directory, tag};
use super::file::TiffFile;
use super::scale::{give_interval, give_pixel_size, sides_by_resolution};

/// ImageJ's description of a file.
#[derive(Clone, Copy)]
pub(super) struct ImageJ<'a>(&'a str);

impl<'a> ImageJ<'a> {
    /// If it is one.
    pub(super) fn of(description: &'a str) -> Option<Self> {
        description.strip_prefix("ImageJ=").map(Self)
    }

    fn value(self, key: &str) -> Option<&'a str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim)
    }

    fn number(self, key: &str) -> Option<f64> {
        self.value(key)?.parse().ok()
    }

    /// How many images it says there are. As in ImageJ itself, directions that do not give that many
    /// together are no directions.
    pub(super) fn counts(self) -> Option<Counts> {
        let count = |key| self.value(key).and_then(|value| value.parse::<usize>().ok());
        let n_images = count("images")?;
        let of = |key| count(key).unwrap_or(1).max(1);
        let counts =
            Counts { n_channels: of("channels"), n_depths: of("slices"), n_frames: of("frames") };
        Some(if counts.n_images() == Some(n_images) { counts } else { Counts::of_frames(n_images) })
    }

    /// Says what it knows of lengths and times.
    pub(super) fn describe(self, info: &mut StackInfo, file: &mut TiffFile, directory: &Directory) {
        let unit_um = self.value("unit").and_then(unit_um);
        if let Some(sides) = unit_um.and_then(|unit| sides_by_resolution(file, directory, unit)) {
            give_pixel_size(info, sides);
        }
        let unit_s = self.value("tunit").map_or(Some(1.0), unit_s);
        let interval_s = self.number("finterval").zip(unit_s).map(|(n, unit_s)| n * unit_s);
        give_interval(info, interval_s.unwrap_or(0.0));
        // Its `fps` is how fast ImageJ plays the stack, not how fast it was recorded.
        if let Some(mut text) = information(file, directory) {
            info.times_s = self.counts().and_then(|counts| times_s(&text, counts.n_frames));
            text.truncate(text.floor_char_boundary(LONGEST_VALUE));
            info.metadata.push(("ImageJ info".into(), text));
        }
    }
}

/// Each frame's time, as it is written here where an interval does not tell it: in the first line.
fn times_s(text: &str, n_frames: usize) -> Option<Vec<f64>> {
    let times_s = text.lines().next()?.strip_prefix("times_s: ")?.split(", ");
    let times_s: Vec<f64> = times_s.map(|time_s| time_s.parse().ok()).collect::<Option<_>>()?;
    let is_growing = times_s.windows(2).all(|pair| pair[0] < pair[1]);
    (times_s.len() == n_frames && is_growing).then_some(times_s)
}

/// What the user or an instrument wrote beside the image, from ImageJ's private tags.
///
/// The first lists lengths: of a header, then of each item. The header begins with `IJIJ` and names
/// the kinds of items and how many there are of each; `info` is one of the first.
fn information(file: &mut TiffFile, directory: &Directory) -> Option<String> {
    let lengths = directory.numbers(file, tag::IMAGEJ_COUNTS).ok()??;
    let data = directory.find(tag::IMAGEJ_DATA)?;
    let header_bytes = lengths.first().copied().filter(|n| *n <= 1 << 10)?;
    let header = data.bytes(file, header_bytes).ok()?;
    // Either order of bytes is in use: ImageJ's own, and that of the file.
    let number = |bytes: &[u8]| file.number(bytes) as usize;
    let is_turned = header.get(..4)? == b"JIJI";
    if !is_turned && header.get(..4)? != b"IJIJ" {
        return None;
    }
    let mut index = 1;
    let mut at = header_bytes;
    for kind in header[4..].chunks_exact(8) {
        let mut name = [kind[0], kind[1], kind[2], kind[3]];
        if is_turned {
            name.reverse();
        }
        for _ in 0..number(&kind[4..8]).min(lengths.len()) {
            let length = *lengths.get(index)?;
            if &name == b"info" {
                let bytes = data.bytes(file, at.checked_add(length)?).ok()?;
                return utf16(bytes.get(at as usize..)?, file);
            }
            (index, at) = (index + 1, at.checked_add(length)?);
        }
    }
    None
}

fn utf16(bytes: &[u8], file: &TiffFile) -> Option<String> {
    let units = bytes.as_chunks::<2>().0.iter().map(|unit| file.number(unit) as u16);
    let text = String::from_utf16_lossy(&units.collect::<Vec<u16>>());
    Some(text.trim().into()).filter(|text: &String| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_that_do_not_make_all_images_are_none() {
        let counts = |text: &str| ImageJ::of(text).unwrap().counts();
        let hyper = Counts { n_channels: 2, n_depths: 3, n_frames: 4 };
        assert_eq!(counts("ImageJ=1\nimages=24\nchannels=2\nslices=3\nframes=4\n"), Some(hyper));
        assert_eq!(counts("ImageJ=1\nimages=5\nchannels=2\n"), Some(Counts::of_frames(5)));
        assert_eq!(counts("ImageJ=1\nimages=-5\n"), None);
        assert!(ImageJ::of("{\"shape\": [1]}").is_none());
    }
}
