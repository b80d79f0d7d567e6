//! The times of frames, from whole ticks of a clock.

use crate::format::times::Times;

/// A clock rounds even times only where its ticks are this much finer than the frames are apart: with coarser ones a
/// tick more is a frame that came late.
const FINE_STEP: f64 = 8.0;

/// The times of frames in ticks, rising, of which `ticks_per_s` make a second.
///
/// Even frames of which a clock's ticks are no whole part lie up to a tick off: `t[i] = ⌊i · step⌉`. They are even
/// nevertheless, and the rate is that of all together.
pub(super) fn times(ticks: &[i64], last_duration: u32, ticks_per_s: u32) -> Times {
    let (Some(&first), Some(&last), 1..) = (ticks.first(), ticks.last(), ticks_per_s) else {
        return Times::Unknown;
    };
    let ticks_per_s = f64::from(ticks_per_s);
    if ticks.len() == 1 {
        return match last_duration {
            0 => Times::Unknown,
            ticks => Times::Even(ticks_per_s / f64::from(ticks)),
        };
    }
    let since_first = |ticks: i64| ticks.wrapping_sub(first) as f64;
    let n_steps = (ticks.len() - 1) as f64;
    let step = since_first(last) / n_steps;
    let allowed = if FINE_STEP <= step { 1.0 } else { 0.0 };
    let is_even = |(index, &ticks): (usize, &i64)| {
        (since_first(ticks) - index as f64 * step).abs() <= allowed
    };
    if ticks.iter().enumerate().all(is_even) {
        return Times::Even(ticks_per_s * n_steps / since_first(last));
    }
    Times::Each(ticks.iter().map(|&ticks| since_first(ticks) / ticks_per_s).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_frames_have_a_rate_however_the_clock_rounds() {
        assert_eq!(times(&[0, 1000, 2000], 1000, 26777), Times::Even(26.777));
        assert_eq!(times(&[7, 40, 73, 107], 33, 1000), Times::Even(30.0));
    }

    #[test]
    fn uneven_frames_have_each_its_time() {
        let each = Times::Each(vec![0.0, 0.04, 0.12]);
        assert_eq!(times(&[500, 540, 620], 40, 1000), each);
        let dropped = Times::Each(vec![0.0, 1.0, 3.0, 4.0]);
        assert_eq!(times(&[0, 1, 3, 4], 1, 1), dropped);
    }

    #[test]
    fn one_frame_has_the_rate_that_its_duration_says() {
        assert_eq!(times(&[9], 40, 1000), Times::Even(25.0));
        assert_eq!(times(&[9], 0, 1000), Times::Unknown);
    }
}
