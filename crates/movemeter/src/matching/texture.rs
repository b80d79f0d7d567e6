//! Of which spatial frequencies a frame's texture is made, and where noise drowns them.

use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::frame::Frame;
use crate::geometry::Size;
use crate::spline;

/// Pixels of a segment whose spectrum is taken: what is told apart is 1/64 of the way round.
const SEGMENT: usize = 64;
/// Segments in each direction: enough to know the spectrum to 2 %, also where few of them have texture.
const MAX_SEGMENTS: usize = 2000;
/// At most this part of a frame's variance is taken for noise: a pattern of single pixels has the
/// spectrum of noise, and one frame cannot tell them apart.
const MAX_NOISE: f64 = 0.75;

/// Pixels of a usual window: what they all have wrong alike counts as often.
const COHERENT: f64 = 1000.0;
/// Of interpolation, at each frequency.
static INTERPOLATION_ERRORS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    (0..=SEGMENT / 2).map(|j| spline::error_at(TAU * j as f64 / SEGMENT as f64)).collect()
});
/// Without any noise, some is assumed: this part of the texture's power.
const TINY: f64 = 1e-12;

/// How much each spatial frequency is worth, from 0 to half a turn per pixel in equal steps.
///
/// ```text
/// W = S/(S + N/2 + K ε S²/2N)
/// ```
///
/// with the power S of the texture and N of the noise, which is white. Without the last term it is the weight
/// with which two frames, both noisy, are best compared (C. H. Knapp & G. C. Carter, "The Generalized
/// Correlation Method for Estimation of Time Delay", IEEE Trans. ASSP 24 (1976), equation 42 where both
/// have the same S and N). The last term is the error ε of [interpolation](crate::spline::error_at), which
/// counts as noise of power ε S², but for all K pixels of a window alike: so it is the clean
/// frame whose highest frequencies are left alone.
pub type Worth = Vec<f64>;

/// The worth of frequencies along rows, and along columns.
///
/// `None` of a frame that is too small for a spectrum, or flat.
pub fn worth(frame: &Frame) -> Option<[Worth; 2]> {
    let Size { width, height } = frame.size();
    let rows = |line: usize, from: usize, to: &mut [f64]| {
        let row = &frame.row(line)[from..from + to.len()];
        for (value, &pixel) in to.iter_mut().zip(row) {
            *value = f64::from(pixel);
        }
    };
    let columns = |line: usize, from: usize, to: &mut [f64]| {
        for (i, value) in to.iter_mut().enumerate() {
            *value = f64::from(frame.row(from + i)[line]);
        }
    };
    Some([along(width, height, rows)?, along(height, width, columns)?])
}

/// `read(line, from, to)` reads a segment of one of `n_lines` lines, each of `length` pixels.
fn along(length: usize, n_lines: usize, read: impl Fn(usize, usize, &mut [f64])) -> Option<Worth> {
    if length < SEGMENT || n_lines < SEGMENT {
        return None;
    }
    let mut spectrum = SpectrumOf::new();
    let per_line = length / SEGMENT;
    let n_segments = (n_lines * per_line).min(MAX_SEGMENTS);
    for i in 0..n_segments {
        let place = i * n_lines * per_line / n_segments;
        // Centred in the line, so that a mirrored frame has the same segments.
        let from = (length - per_line * SEGMENT) / 2 + place % per_line * SEGMENT;
        read(place / per_line, from, &mut spectrum.segment);
        spectrum.add();
    }
    weigh(&spectrum.power)
}

/// Sums the power of segments, each less its mean and faded to its ends (P. D. Welch 1967).
struct SpectrumOf {
    plan: Arc<dyn RealToComplex<f64>>,
    segment: Vec<f64>,
    fading: Vec<f64>,
    transform: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    power: Vec<f64>,
}

impl SpectrumOf {
    fn new() -> Self {
        let plan = RealFftPlanner::new().plan_fft_forward(SEGMENT);
        let fading = |i: usize| 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / SEGMENT as f64).cos();
        Self {
            segment: plan.make_input_vec(),
            transform: plan.make_output_vec(),
            scratch: plan.make_scratch_vec(),
            fading: (0..SEGMENT).map(fading).collect(),
            power: vec![0.0; SEGMENT / 2 + 1],
            plan,
        }
    }

    /// A segment with pixels that are not numbers does not count.
    fn add(&mut self) {
        let mean = self.segment.iter().sum::<f64>() / SEGMENT as f64;
        if !mean.is_finite() {
            return;
        }
        for (value, fading) in self.segment.iter_mut().zip(&self.fading) {
            *value = (*value - mean) * fading;
        }
        self.plan
            .process_with_scratch(&mut self.segment, &mut self.transform, &mut self.scratch)
            .expect("the buffers were made by the plan");
        // What has texture counts more: there the windows are. But not so much that one edge is all.
        let amplitude = self.transform.iter().map(Complex::norm_sqr).sum::<f64>().sqrt();
        if amplitude <= 0.0 {
            return;
        }
        for (sum, value) in self.power.iter_mut().zip(&self.transform) {
            *sum += value.norm_sqr() / amplitude;
        }
    }
}

/// From power to worth; the lowest power in the upper half of the spectrum is noise. `None` without any.
fn weigh(power: &[f64]) -> Option<Worth> {
    let upper = &power[power.len() / 2..];
    let lowest = upper.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = power.iter().sum::<f64>() / power.len() as f64;
    if mean <= 0.0 {
        return None;
    }
    let noise = lowest.min(MAX_NOISE * mean);
    let worth = |(j, &power): (usize, &f64)| {
        let signal = (power - noise).max(0.0);
        let error = COHERENT * INTERPOLATION_ERRORS[j];
        let rival = 0.5 * noise + 0.5 * error * signal * (signal / noise.max(TINY * mean));
        if 0.0 < signal { signal / (signal + rival) } else { 0.0 }
    };
    let mut worth: Worth = power.iter().enumerate().map(worth).collect();
    // The mean was taken off: the lowest two frequencies tell nothing.
    let highest = worth.iter().copied().fold(0.0, f64::max);
    worth[..2].fill(highest);
    Some(worth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{self, Random};

    const SIZE: Size = Size::new(192, 160);

    #[test]
    fn clean_texture_is_worth_using_up_to_its_highest_frequencies() {
        let frame = synth::speckle(SIZE).radius(1.0).frames(1).to_frames().remove(0);
        for worth in worth(&frame).unwrap() {
            // What interpolation gets wrong by more than rounding is left alone, from half the way on.
            assert!(worth[..10].iter().all(|&w| 0.95 < w), "{worth:?}");
            assert!(worth[20..].iter().all(|&w| w < 0.5), "{worth:?}");
        }
    }

    #[test]
    fn where_noise_drowns_the_texture_nothing_is_worth_using() {
        let frame = synth::speckle(SIZE).noise(0.1).frames(1).to_frames().remove(0);
        for worth in worth(&frame).unwrap() {
            // Spots of 2 px have 1/3000 of their power left at a quarter turn per pixel.
            assert!(0.9 < worth[3] && worth[16..].iter().all(|&w| w < 0.6), "{worth:?}");
            let mean = worth[16..].iter().sum::<f64>() / 17.0;
            assert!(mean < 0.25, "{mean}");
        }
    }

    #[test]
    fn single_pixels_are_taken_for_texture() {
        let mut random = Random::new(3, 0);
        let frame = Frame::from_fn(SIZE, |_, _| random.uniform() as f32);
        for worth in worth(&frame).unwrap() {
            assert!(worth[..16].iter().all(|&w| 0.3 < w), "{worth:?}");
        }
    }

    #[test]
    fn flat_and_small_frames_have_no_spectrum() {
        for frame in
            [Frame::from_fn(SIZE, |_, _| 7.0), Frame::from_fn(Size::new(20, 300), |x, _| x as f32)]
        {
            assert_eq!(worth(&frame), None);
        }
    }
}
