//! Times of frames from their ticks.

use super::said::{NO_TIME, Ratio};
use crate::format::times::Times;

/// The times of frames from their ticks, in order. `said_rate` is how many frames a second there should be.
///
/// Frames are even if all ticks are equally far apart. Where a container's ticks are too coarse for that (Matroska
/// counts whole milliseconds, so that 30 frames a second are 33 or 34 apart), frames are even if a rate puts
/// every frame within one tick of where it is: the one the file says, or the one that the last frame has.
pub(super) fn times(pts: &[i64], time_base: Ratio, said_rate: Option<Ratio>) -> Times {
    let is_known = !pts.contains(&NO_TIME) && pts.is_sorted_by(|a, b| a < b);
    let [first, .., last] = pts else { return Times::Unknown };
    if !is_known {
        return Times::Unknown;
    }
    let ticks = |pts: i64| (i128::from(pts) - i128::from(*first)) as f64;
    let step = ticks(pts[1]);
    if pts.iter().enumerate().all(|(index, &pts)| ticks(pts) == index as f64 * step) {
        // In this order the rates that people know come out exactly.
        return Times::Even(rate_hz(step, time_base));
    }
    let mean_step = ticks(*last) / (pts.len() - 1) as f64;
    let said = said_rate.map(|rate| 1.0 / (rate.to_f64() * time_base.to_f64()));
    for step in said.into_iter().chain([mean_step]) {
        let is_near =
            |(index, &pts): (usize, &i64)| (ticks(pts) - index as f64 * step).abs() <= 1.0;
        if ONE_OF_MANY * step >= 1.0 && pts.iter().enumerate().all(is_near) {
            return Times::Even(match said {
                Some(said) if said == step => said_rate.map_or(0.0, Ratio::to_f64),
                _ => rate_hz(step, time_base),
            });
        }
    }
    let seconds =
        |pts: &i64| ticks(*pts) * f64::from(time_base.numerator) / f64::from(time_base.denominator);
    Times::Each(pts.iter().map(seconds).collect())
}

/// A frame must be several ticks long before ticks within one of their place say anything.
const ONE_OF_MANY: f64 = 0.25;

fn rate_hz(step: f64, time_base: Ratio) -> f64 {
    f64::from(time_base.denominator) / (step * f64::from(time_base.numerator))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(numerator: u32, denominator: u32) -> Ratio {
        Ratio { numerator, denominator }
    }

    #[test]
    fn even_ticks_are_a_rate() {
        let found = times(&[-1000, 0, 1000, 2000], ratio(1, 26_777), None);
        assert_eq!(found, Times::Even(26.777));
        let found = times(&[0, 1001, 2002], ratio(1, 30_000), Some(ratio(25, 1)));
        assert_eq!(found, Times::Even(30_000.0 / 1001.0));
    }

    #[test]
    fn rounded_milliseconds_are_the_rate_that_is_said() {
        let pts = [0, 33, 67, 100, 133, 167, 200];
        assert_eq!(times(&pts, ratio(1, 1000), Some(ratio(30, 1))), Times::Even(30.0));
        let cut: Vec<i64> = (0..1000).map(|k: i64| k * 1000 / 30).collect();
        assert_eq!(times(&cut, ratio(1, 1000), Some(ratio(30, 1))), Times::Even(30.0));
        let Times::Even(rate_hz) = times(&pts, ratio(1, 1000), Some(ratio(25, 1))) else {
            panic!("even")
        };
        assert!((rate_hz - 30.0).abs() < 1e-9);
    }

    #[test]
    fn uneven_frames_have_each_its_time_from_the_first_on() {
        let found = times(&[-100, 0, 300, 400], ratio(1, 1000), Some(ratio(10, 1)));
        assert_eq!(found, Times::Each(vec![0.0, 0.1, 0.4, 0.5]));
    }

    #[test]
    fn frames_without_order_have_no_times() {
        let tick = ratio(1, 1000);
        assert_eq!(times(&[0, 40, 40], tick, None), Times::Unknown);
        assert_eq!(times(&[NO_TIME, 40], tick, None), Times::Unknown);
        assert_eq!(times(&[7], tick, Some(ratio(30, 1))), Times::Unknown);
        assert_eq!(times(&[], tick, None), Times::Unknown);
        assert!(matches!(
            times(&[i64::MIN + 1, 0, i64::MAX], tick, None),
            Times::Even(_) | Times::Each(_)
        ));
    }
}
