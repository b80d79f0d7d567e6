//! When frames are shown, and which rates are believed.

use std::ops::RangeInclusive;

use movemeter::source::StackInfo;

/// Frames per second that a recording can have: one in eleven days, up to a thousand in a microsecond.
/// Other rates are lies or damage.
const RATES_HZ: RangeInclusive<f64> = 1e-6..=1e9;

/// How far apart two intervals may be that are the same but for rounding: what a handful of operations
/// leaves, relative to the interval.
const SAME_INTERVAL: f64 = 4.0 * f64::EPSILON;

/// Most digits of a rate that someone set.
const MOST_DIGITS: usize = 12;

/// A rate in hertz, if a recording can have it.
pub(super) fn believable_rate(rate_hz: f64) -> Option<f64> {
    RATES_HZ.contains(&rate_hz).then_some(rate_hz)
}

/// The rate in hertz of frames at this interval in seconds, if a recording can have it.
///
/// One divided by 1/29.97 is 29.969999999999995: the interval was rounded when it was written. So of all
/// rates with up to twelve digits that give the same interval, but for rounding, the shortest is
/// taken; without one, as of 1001/30000, it is 1/interval.
pub(super) fn rate_of_interval(interval_s: f64) -> Option<f64> {
    let rate_hz = believable_rate(1.0 / interval_s)?;
    let rounded = |digits: usize| format!("{rate_hz:.*e}", digits - 1).parse::<f64>().ok();
    let is_same = |rate_hz: &f64| (1.0 / rate_hz - interval_s).abs() <= SAME_INTERVAL * interval_s;
    (1..=MOST_DIGITS).filter_map(rounded).find(is_same).or(Some(rate_hz))
}

/// The times of a video's frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Times {
    /// Nothing is known.
    Unknown,
    /// So many frames a second, one after the other.
    Even(f64),
    /// Seconds after the first frame.
    Each(Vec<f64>),
}

impl Times {
    /// Says it of a recording.
    pub(super) fn give(self, info: &mut StackInfo) {
        match self {
            Self::Unknown => {}
            Self::Even(rate_hz) => info.frame_rate_hz = believable_rate(rate_hz),
            Self::Each(times_s) => info.times_s = Some(times_s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_comes_back_from_its_interval() {
        for rate_hz in [29.97, 25.0, 10.0, 3.0, 1e3, 1e-3, 59.94, 23.976, 7.1, 1e5 / 3.0] {
            assert_eq!(rate_of_interval(1.0 / rate_hz), Some(rate_hz));
        }
        for (interval_s, rate_hz) in [(1e-3, 1e3), (1.0 / 3.0, 3.0), (100.0 * 1e-3, 10.0)] {
            assert_eq!(rate_of_interval(interval_s), Some(rate_hz));
        }
        // As from the times 0.1 s, 0.2 s …
        assert_eq!(rate_of_interval((1.2 - 0.1) / 11.0), Some(10.0));
    }

    #[test]
    fn a_rate_that_is_not_short_is_not_made_so() {
        let ntsc_hz = rate_of_interval(1001.0 / 30_000.0);
        assert_eq!(ntsc_hz, Some(1.0 / (1001.0 / 30_000.0)));
        assert!((ntsc_hz.unwrap() - 30_000.0 / 1001.0).abs() < 1e-14);
        assert_eq!(rate_of_interval(3.0), Some(1.0 / 3.0));
        assert_eq!(rate_of_interval(0.0100000000001), Some(1.0 / 0.0100000000001));
    }

    #[test]
    fn no_recording_has_a_rate_without_end() {
        for interval_s in [0.0, -0.1, 1e-320, 1e-10, 1e7, f64::INFINITY, f64::NAN] {
            assert_eq!(rate_of_interval(interval_s), None, "{interval_s}");
        }
        let mut info = StackInfo::default();
        for rate_hz in [0.0, -25.0, 1e10, f64::INFINITY, f64::NAN] {
            Times::Even(rate_hz).give(&mut info);
            assert_eq!(info.frame_rate_hz, None);
        }
        Times::Even(25.0).give(&mut info);
        assert_eq!(info.frame_rate_hz, Some(25.0));
    }
}
