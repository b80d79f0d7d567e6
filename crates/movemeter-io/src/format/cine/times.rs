//! When frames were taken, and how long each was exposed.

use std::fs::File;

use super::fields::Fields;
use super::header::{Header, bytes_at, seconds};
use crate::format::Cause;
use crate::format::times::believable_rate;

/// What is known of time.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Times {
    pub(super) frame_rate_hz: Option<f64>,
    /// From the trigger, where frames are not even.
    pub(super) times_s: Option<Vec<f64>>,
    pub(super) exposure_s: Option<f64>,
    pub(super) metadata: Vec<(String, String)>,
}

/// The time of each frame, eight bytes.
const TIMES: u16 = 1002;

/// The exposure of each frame, four bytes.
const EXPOSURES: u16 = 1003;

/// So many fill a hundred megabytes with their times; of longer recordings the frame rate must do.
const MOST_TIMES: u64 = 4 << 20;

impl Times {
    pub(super) fn read(file: &mut File, header: &Header) -> Result<Self, Cause> {
        let mut times = Self {
            frame_rate_hz: header.frame_rate_hz().and_then(believable_rate),
            exposure_s: header.exposure_s(),
            ..Self::default()
        };
        let n_frames = u64::from(header.first.n_frames);
        for block in blocks(file, header)? {
            let each_bytes = if block.kind == TIMES { 8 } else { 4 };
            if MOST_TIMES < n_frames || block.n_bytes < n_frames * each_bytes {
                continue;
            }
            let bytes = bytes_at(file, block.at, n_frames * each_bytes)?;
            match block.kind {
                TIMES => times.take_times(&bytes, header.first.trigger_time),
                _ => times.take_exposures(&bytes),
            }
        }
        Ok(times)
    }

    /// Times that are even only make the frame rate more certain.
    fn take_times(&mut self, bytes: &[u8], trigger_time: u64) {
        let fields = Fields(bytes);
        let each = (0..bytes.len() / 8).filter_map(|index| fields.time(8 * index));
        // The trigger is within the recording, or at least of the same day; else its time was not stored.
        let start = each.clone().next().unwrap_or_default();
        let is_near = start.abs_diff(trigger_time) < 86_400 << 32;
        let zero = if is_near { trigger_time } else { start };
        let since = |time: u64| match time.checked_sub(zero) {
            Some(after) => seconds(after),
            None => -seconds(zero - time),
        };
        let times_s: Vec<f64> = each.map(since).collect();
        if times_s.len() < 2 || !times_s.is_sorted_by(|a, b| a < b) {
            return;
        }
        let first = format!("{:.9} s from the trigger", times_s[0]);
        self.metadata.extend(is_near.then(|| ("FirstImageTime".into(), first)));
        self.frame_rate_hz = even_rate_hz(&times_s, self.frame_rate_hz);
        self.times_s = self.frame_rate_hz.is_none().then_some(times_s);
    }

    /// The exposure is that of all frames, or none.
    fn take_exposures(&mut self, bytes: &[u8]) {
        let (each, _) = bytes.as_chunks::<4>();
        let each = each.iter().map(|&bytes| seconds(u32::from_le_bytes(bytes).into()));
        let (least, most) = each.fold((f64::INFINITY, 0.0f64), |(a, b), s| (a.min(s), b.max(s)));
        if least * 1.01 < most {
            self.exposure_s = None;
            self.metadata.push(("Exposures".into(), format!("{least:e} s to {most:e} s")));
        }
    }
}

/// How far from its time a frame of an even recording may be, in frames: times are stored to a microsecond or better,
/// which is that much of a frame at 50 000 frames a second.
const EVEN: f64 = 0.05;

/// The frame rate if all times follow one: the one that was set if it fits, else that of the times.
fn even_rate_hz(times_s: &[f64], set_hz: Option<f64>) -> Option<f64> {
    let (first, last) = (times_s.first()?, times_s.last()?);
    let mean_hz = (times_s.len() - 1) as f64 / (last - first);
    let fits = |hz: &f64| {
        let off = |(index, time): (usize, &f64)| ((time - first) * hz - index as f64).abs();
        times_s.iter().enumerate().map(off).all(|off| off <= EVEN)
    };
    set_hz.into_iter().chain(believable_rate(mean_hz)).find(fits)
}

/// What stands between the setup and the places of the frames, with a number that says what it is.
struct Block {
    kind: u16,
    at: u64,
    n_bytes: u64,
}

/// A cine file has a handful.
const MOST_BLOCKS: usize = 1000;

fn blocks(file: &mut File, header: &Header) -> Result<Vec<Block>, Cause> {
    let mut blocks = Vec::new();
    let mut at = header.setup_end();
    for _ in 0..MOST_BLOCKS {
        let bytes = bytes_at(file, at, 8)?;
        let (Some(length), Some(kind)) = (Fields(&bytes).u32(0), Fields(&bytes).u16(4)) else {
            break;
        };
        let end = at + u64::from(length);
        if length < 8 || header.first.places_at < end {
            break;
        }
        if kind == TIMES || kind == EXPOSURES {
            blocks.push(Block { kind, at: at + 8, n_bytes: end - at - 8 });
        }
        at = end;
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIGGER: u64 = 1_500_000_000 << 32;

    fn taken(times_s: &[f64], set_hz: Option<f64>) -> Times {
        let time = |&s: &f64| TRIGGER.wrapping_add_signed((s * 4_294_967_296.0) as i64);
        let bytes: Vec<u8> = times_s.iter().flat_map(|s| time(s).to_le_bytes()).collect();
        let mut times = Times { frame_rate_hz: set_hz, ..Times::default() };
        times.take_times(&bytes, TRIGGER);
        times
    }

    #[test]
    fn even_times_are_the_frame_rate_that_was_set() {
        let even = |hz: f64| (-50..50).map(|k| f64::from(k) / hz).collect::<Vec<f64>>();
        let times = taken(&even(1000.0), Some(1000.0));
        assert_eq!((times.frame_rate_hz, times.times_s), (Some(1000.0), None));
        // The camera's clock may be off; then its times count.
        let rate_hz = taken(&even(999.0), Some(1000.0)).frame_rate_hz.unwrap();
        assert!((rate_hz - 999.0).abs() < 1e-3, "{rate_hz}");
    }

    #[test]
    fn times_that_are_not_even_are_given_from_the_trigger() {
        let times = taken(&[-0.5, -0.25, 0.0, 0.125, 0.25], Some(4.0));
        assert_eq!(times.frame_rate_hz, None);
        assert_eq!(times.times_s, Some(vec![-0.5, -0.25, 0.0, 0.125, 0.25]));
    }

    #[test]
    fn times_that_go_back_are_not_believed() {
        let times = taken(&[0.0, 1.0, 1.0], Some(4.0));
        assert_eq!((times.frame_rate_hz, times.times_s), (Some(4.0), None));
    }

    #[test]
    fn exposures_that_differ_are_not_one() {
        let exposed = |each: [u32; 3]| {
            let mut times = Times { exposure_s: Some(0.5), ..Times::default() };
            times.take_exposures(&each.map(u32::to_le_bytes).concat());
            times.exposure_s
        };
        assert_eq!(exposed([1 << 31; 3]), Some(0.5));
        assert_eq!(exposed([1 << 31, 1 << 30, 1 << 30]), None);
    }
}
