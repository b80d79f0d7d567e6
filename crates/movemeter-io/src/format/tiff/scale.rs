//! What is known of lengths and times, in micrometres and seconds.

use movemeter::source::StackInfo;

use super::super::times::rate_of_interval;
use super::super::units::{INCH_UM, is_square};
use super::directory::{Directory, Kind, tag};
use super::file::TiffFile;

const CENTIMETRE_UM: f64 = 1e4;

/// The units in which it is said how large a picture is to be printed (72, 96, 300 dots per inch), which
/// programs write that know nothing of the specimen, and ImageJ takes over from them.
const UNITS_OF_PRINTERS_UM: [f64; 2] = [INCH_UM, CENTIMETRE_UM];

/// The largest pixel for which a resolution in such a unit is taken as the specimen's scale: 2540 dots
/// per inch.
const LARGEST_PLAIN_PIXEL_UM: f64 = 10.0;

/// Sides of a pixel by the resolution tags, in this unit, if they speak of the specimen.
pub(super) fn sides_by_resolution(
    file: &mut TiffFile,
    directory: &Directory,
    unit_um: f64,
) -> Option<[f64; 2]> {
    let mut side = |tag| Some(unit_um * units_per_pixel(file, directory, tag)?);
    let sides = [side(tag::X_RESOLUTION)?, side(tag::Y_RESOLUTION)?];
    let is_printers = UNITS_OF_PRINTERS_UM.contains(&unit_um);
    let largest = if is_printers { LARGEST_PLAIN_PIXEL_UM } else { f64::INFINITY };
    sides.iter().all(|side| 0.0 < *side && *side < largest).then_some(sides)
}

/// Sides of a pixel by the resolution tags and the unit among them.
pub(super) fn plain_sides(file: &mut TiffFile, directory: &Directory) -> Option<[f64; 2]> {
    let unit_um = match directory.number(file, tag::RESOLUTION_UNIT).ok()?? {
        2 => INCH_UM,
        3 => CENTIMETRE_UM,
        _ => return None,
    };
    sides_by_resolution(file, directory, unit_um)
}

/// The resolution turned over: one division, so that 0.65 comes back as it was written.
fn units_per_pixel(file: &mut TiffFile, directory: &Directory, tag: u16) -> Option<f64> {
    let entry = directory.find(tag).filter(|entry| entry.kind == Kind::Fraction)?;
    let bytes = entry.bytes(file, 1).ok()?;
    let (above, below) = bytes.split_at_checked(4)?;
    Some(file.number(below) as f64 / file.number(above) as f64)
}

/// Says how large a pixel is; of pixels that are not square, in words.
pub(super) fn give_pixel_size(info: &mut StackInfo, [x_um, y_um]: [f64; 2]) {
    if is_square(x_um, y_um) {
        info.pixel_size_um = Some(x_um);
        return;
    }
    let sides = format!("{x_um} x {y_um} µm: not square, so that no one size holds");
    info.metadata.push(("sides of a pixel".into(), sides));
}

/// How far intervals may be from their mean, to be taken as even: what rounding in text leaves.
const EVEN: f64 = 1e-6;

/// Says when frames were taken: their rate, if it is even. Times that do not grow say nothing.
pub(super) fn give_times(info: &mut StackInfo, times_s: Vec<f64>) -> bool {
    let is_growing = times_s.windows(2).all(|pair| pair[0] < pair[1]);
    let (Some(first), Some(last)) = (times_s.first(), times_s.last()) else { return false };
    if times_s.len() < 2 || !is_growing || !(last - first).is_finite() {
        return false;
    }
    let mean_s = (last - first) / (times_s.len() - 1) as f64;
    let is_even =
        times_s.windows(2).all(|pair| (pair[1] - pair[0] - mean_s).abs() <= EVEN * mean_s);
    match is_even {
        true => info.frame_rate_hz = rate_of_interval(mean_s),
        false => info.times_s = Some(times_s),
    }
    true
}

/// Says that frames were taken at this interval, if it is one.
pub(super) fn give_interval(info: &mut StackInfo, interval_s: f64) {
    info.frame_rate_hz = rate_of_interval(interval_s);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_times_are_a_rate_and_others_are_kept() {
        let mut info = StackInfo::default();
        assert!(give_times(&mut info, vec![3.0, 3.1, 3.2, 3.3]));
        assert_eq!(info.frame_rate_hz, Some(10.0));
        assert_eq!(info.times_s, None);
        let uneven = vec![0.5, 0.6, 0.72];
        assert!(give_times(&mut info, uneven.clone()));
        assert_eq!(info.times_s, Some(uneven));
        for nothing in [vec![], vec![1.0], vec![0.0, 0.0], vec![1.0, f64::NAN, 3.0]] {
            assert!(!give_times(&mut StackInfo::default(), nothing));
        }
    }

    #[test]
    fn sides_that_differ_are_said_in_words() {
        let mut info = StackInfo::default();
        give_pixel_size(&mut info, [0.5, 0.5004]);
        assert_eq!(info.pixel_size_um, Some(0.5));
        let mut info = StackInfo::default();
        give_pixel_size(&mut info, [0.5, 0.6]);
        assert_eq!(info.pixel_size_um, None);
        assert!(info.metadata[0].1.starts_with("0.5 x 0.6 µm"));
    }
}
