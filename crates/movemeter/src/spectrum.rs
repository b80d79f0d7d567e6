//! How much of a motion there is at each frequency.

use realfft::RealFftPlanner;

/// Frequencies, and the amplitude of a curve at each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Amplitudes {
    /// In Hz, or per frame where there are no times; from 0 up.
    pub frequencies: Vec<f64>,
    /// In the unit of the curve.
    pub amplitudes: Vec<f64>,
}

/// Intervals may differ by this part of the usual one: clocks of cameras say times in whole milliseconds or better.
const MAX_UNEVENNESS: f64 = 0.01;

/// The interval between times that are even, s; `None` if they are not, or there are fewer than two.
pub fn even_interval_s(times_s: &[f64]) -> Option<f64> {
    let (first, last) = (times_s.first()?, times_s.last()?);
    let interval_s = (last - first) / (times_s.len().checked_sub(1)? as f64);
    let is_even = |(index, time_s): (usize, &f64)| {
        (time_s - first - index as f64 * interval_s).abs() <= MAX_UNEVENNESS * interval_s
    };
    (0.0 < interval_s && times_s.iter().enumerate().all(is_even)).then_some(interval_s)
}

/// The single-sided amplitude spectrum of values at even intervals, after their mean is taken off, with the window
/// of Hann:
///
/// ```text
/// w(n) = 1/2 − 1/2 cos(2πn / N)
/// A(k) = c |Σ w(n) (x(n) − x̄) exp(−2πi kn / N)| / Σ w(n)      c = 2, but 1 at 0 and at half the rate
/// ```
///
/// A sine of amplitude a whose frequency is k / (N · interval) gives A(k) = a; between two such frequencies up to 15 % less
/// (F. J. Harris, "On the use of windows for harmonic analysis", 1978). `None` if there are fewer than four values, or
/// one is NaN.
pub fn amplitudes(values: &[f64], interval: f64) -> Option<Amplitudes> {
    let n = values.len();
    if n < LEAST || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let hann = |i: usize| 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n as f64).cos();
    let total: f64 = (0..n).map(hann).sum();
    let mean = values.iter().sum::<f64>() / n as f64;
    let mut input: Vec<f64> =
        values.iter().enumerate().map(|(i, value)| hann(i) * (value - mean)).collect();
    let transform = RealFftPlanner::<f64>::new().plan_fft_forward(n);
    let mut spectrum = transform.make_output_vec();
    transform.process(&mut input, &mut spectrum).expect("both are as long as planned");
    let amplitude = |(k, value): (usize, &realfft::num_complex::Complex<f64>)| {
        let sides = if k == 0 || 2 * k == n { 1.0 } else { 2.0 };
        sides * value.norm() / total
    };
    Some(Amplitudes {
        frequencies: (0..spectrum.len()).map(|k| k as f64 / (n as f64 * interval)).collect(),
        amplitudes: spectrum.iter().enumerate().map(amplitude).collect(),
    })
}

/// Fewer values say nothing of frequencies.
const LEAST: usize = 4;

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    #[test]
    fn a_sine_has_its_amplitude_at_its_frequency() {
        for n in [200, 201] {
            let interval_s = 10.0 / n as f64;
            let sine = |i: usize| 5.0 + 0.7 * (TAU * 4.0 * i as f64 * interval_s + 0.3).sin();
            let values: Vec<f64> = (0..n).map(sine).collect();
            let of = amplitudes(&values, interval_s).unwrap();
            let highest = (0..of.amplitudes.len())
                .max_by(|&a, &b| of.amplitudes[a].total_cmp(&of.amplitudes[b]));
            // 4 Hz in 10 s is the fortieth.
            assert_eq!(highest, Some(40));
            assert!((of.frequencies[40] - 4.0).abs() < 1e-12);
            assert!((of.amplitudes[40] - 0.7).abs() < 1e-12);
        }
    }

    #[test]
    fn the_sum_is_that_of_its_definition() {
        let values = [0.3, -1.2, 2.0, 0.5, 0.1, -0.4];
        let of = amplitudes(&values, 1.0).unwrap();
        let mean = values.iter().sum::<f64>() / 6.0;
        for k in 0..=3 {
            let (mut re, mut im, mut total) = (0.0, 0.0, 0.0);
            for (i, value) in values.iter().enumerate() {
                let weight = 0.5 - 0.5 * (TAU * i as f64 / 6.0).cos();
                let phase = TAU * (k * i) as f64 / 6.0;
                re += weight * (value - mean) * phase.cos();
                im -= weight * (value - mean) * phase.sin();
                total += weight;
            }
            let sides = if k == 0 || k == 3 { 1.0 } else { 2.0 };
            assert!((of.amplitudes[k] - sides * re.hypot(im) / total).abs() < 1e-12);
        }
    }

    #[test]
    fn gaps_and_short_series_have_no_spectrum() {
        assert_eq!(amplitudes(&[1.0, f64::NAN, 2.0, 3.0, 4.0], 1.0), None);
        assert_eq!(amplitudes(&[1.0, 2.0, 3.0], 1.0), None);
    }

    #[test]
    fn times_are_even_or_not() {
        assert_eq!(even_interval_s(&[0.0, 0.5, 1.0]), Some(0.5));
        assert_eq!(even_interval_s(&[0.0, 0.5, 1.5]), None);
        assert_eq!(even_interval_s(&[0.0, f64::NAN, 1.0]), None);
        assert_eq!(even_interval_s(&[1.0, 1.0]), None);
        assert_eq!(even_interval_s(&[1.0]), None);
    }
}
