//! How uncertain a fitted position is, from what the fit left over.
//!
//! With the residual r = (f − f̄)/a − t, which holds the noise of both frames, a part h of it from the
//! template (one half, unless the template is a mean of frames),
//!
//! ```text
//! C = s² Ã⁻¹ M Ã⁻ᵀ      Ã = A − h Σ w(r) g(r)ᵀ      M = Σ w(p) ρ(p − q) w(q)ᵀ      s² = Σ r² / (n − m)
//! ```
//!
//! Ã is the sensitivity without the part that is noise itself: it steers the fit but tells
//! nothing of motion. ρ is the autocorrelation of the noise: that of white noise after all smoothing the
//! program did itself, unless the residual's own, measured along x and along y and taken as their product,
//! is clearly another; so noise that is correlated (by the camera, by compression, or because
//! the object changed its look) counts as much as it should. That is the sandwich form of the
//! covariance of an estimate (P. J. Huber 1967), with the measured correlation shrunk towards the
//! expected one as far as chance explains their difference (W. James & C. Stein 1961). m is the noise that
//! the fit took up itself, brightness and contrast with it: for white noise one pixel's for each of four
//! parameters, for smoothed noise more. And where bright pixels are noisier than dark ones, as those of every
//! camera are, M counts each with its own: the variance is taken to rise with the template's grey level, by
//! as much as the residual does.

use super::SMOOTHING;
use super::matrix2::Matrix2;
use super::steepest::Steepest;
use super::weights;
use crate::geometry::Size;
use crate::simd;

/// The residual's autocorrelation is followed this far, px, …
pub(super) const MAX_LAG: usize = 8;
/// … and at most over this part of the window's side: farther, too few pixel pairs tell it.
pub(super) const LAGS_PER_SIDE: usize = 4;
/// Pixels the derivative reaches to each side.
const REACH: usize = super::DERIVATIVE.len();

/// Uneven noise takes away at most so much of the spread, and adds at most so much: more is chance.
const UNEVEN: [f64; 2] = [-0.5, 2.0];
/// A measured correlation that differs from the expected one by this many times what chance is expected
/// to do, in squares, is not believed at all.
const BY_CHANCE: f64 = 2.0;

/// Working memory.
#[derive(Default)]
pub struct CovarianceScratch {
    stride: usize,
    residual: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
    rows: Vec<f32>,
    both: Vec<f32>,
}

/// ρ(0) = 1, ρ(1), … of the noise that is expected in a smoothed frame, along x or y.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlation(Vec<f32>);

impl Correlation {
    /// Of white noise after the smoothing before a fit, and before that after these taps (centre first).
    pub fn of_white_noise(taps: &[f32]) -> Self {
        let smoothed = smoothed(taps);
        let at = |i: isize| smoothed.get(i.unsigned_abs()).copied().unwrap_or(0.0);
        let reach = smoothed.len() as isize;
        let sum = |lag: isize| -> f64 { (-reach..=reach).map(|i| at(i) * at(i + lag)).sum() };
        Self((0..=MAX_LAG as isize).map(|lag| (sum(lag) / sum(0)) as f32).collect())
    }

    /// Σ h² of all smoothing, both ways: the variance that is left of white noise of variance 1.
    pub fn variance_left(taps: &[f32]) -> f64 {
        let smoothed = smoothed(taps);
        let square = |tap: &f64| tap * tap;
        let sum = square(&smoothed[0]) + 2.0 * smoothed[1..].iter().map(square).sum::<f64>();
        sum * sum
    }

    /// ρ(0) = 1, ρ(1), …
    pub(super) fn lags(&self) -> &[f32] {
        &self.0
    }

    /// How far correlations measured along both axes are to be believed; `None`: not at all.
    pub(super) fn share_of(&self, measured: [&[f32]; 2], n: usize) -> Option<f64> {
        let surprise = |measured: &[f32]| -> f64 {
            let pairs = measured.iter().zip(&self.0);
            pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum()
        };
        let n_lags = (measured[0].len() + measured[1].len() - 2) as f64;
        let by_chance = n_lags * self.square().powi(2) / n as f64;
        let share = 1.0 - BY_CHANCE * by_chance / measured.map(surprise).iter().sum::<f64>();
        (0.0 < share).then_some(share)
    }

    /// Σ ρ over all lags of both signs.
    pub(super) fn sum(&self) -> f64 {
        f64::from(self.0[0] + 2.0 * self.0[1..].iter().sum::<f32>())
    }

    /// Σ ρ²
    fn square(&self) -> f64 {
        f64::from(1.0 + 2.0 * self.0[1..].iter().map(|rho| rho * rho).sum::<f32>())
    }
}

/// These taps (centre first) and the smoothing before a fit, one after the other.
fn smoothed(taps: &[f32]) -> Vec<f64> {
    let [centre, side] = SMOOTHING;
    let tap = |k: usize| taps.get(k).map_or(0.0, |&tap| f64::from(tap));
    (0..=taps.len()).map(|k| centre * tap(k) + side * (tap(k.abs_diff(1)) + tap(k + 1))).collect()
}

/// What is known of the noise before anything is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// The template's part of the noise in both: one half, unless it comes from a mean of frames.
    pub of_template: f64,
    /// How it is correlated if it was white in the camera.
    pub expected: Correlation,
    /// The least variance of the residual there can be: what rounding to whole grey levels leaves.
    pub rounding: f64,
}

/// Standard deviations of the noise's gradients, summed, beyond which texture tells of a direction: more than
/// chance needs, for among all places the search took the one where the noise of both is most alike.
const BEYOND_NOISE: f64 = 6.0;
/// Pixels of smoothed noise that have as good as one gradient.
const ALIKE: f64 = 2.0;

/// The covariance of the position, px²; `None` if some direction is not determined at all.
///
/// `residual` has the fitted part's size. Of equal frames it is zero; so is the covariance, if their
/// pixels are not rounded.
pub fn covariance(
    steepest: &Steepest,
    residual: &[f32],
    noise: &Noise,
    scratch: &mut CovarianceScratch,
) -> Option<Matrix2> {
    let size = steepest.size();
    let square = simd::dot(residual, residual);
    if square <= 0.0 && noise.rounding <= 0.0 {
        return Some(Matrix2::default());
    }
    let rounding = noise.rounding * residual.len() as f64;
    let of_noise = gradient_products(residual, size.width)
        .at_least(rounding * weights::noise_gradient())
        .weighed(steepest.noise())
        .scaled(noise.of_template);
    // How well the part that is noise is known; what is not beyond that tells of no direction.
    let doubt = doubt_of_noise(residual.len());
    steepest.sensitivity().minus(of_noise.scaled(1.0 + doubt)).inverse()?;
    let signal = steepest.sensitivity().minus(of_noise);
    let expected = &noise.expected;
    scratch.load(steepest);
    let middle = scratch.spread(&expected.0, &expected.0);
    let taken_up = scratch.taken_up(middle, steepest, expected);
    let n = residual.len() as f64;
    let variance = (square / (n - taken_up).max(1.0)).max(noise.rounding);
    let middle = match scratch.measured(residual, size, expected) {
        Some((share, across, down)) => {
            let measured = scratch.spread(&across, &down);
            middle.scaled(1.0 - share).plus(measured.scaled(share))
        }
        None => middle,
    };
    let middle = middle.plus(scratch.uneven(middle, steepest, residual, square));
    Some(signal.inverse()?.around(middle).scaled(variance))
}

/// The part of what is noise in n pixels that it may be more than it seems.
pub(super) fn doubt_of_noise(n: usize) -> f64 {
    BEYOND_NOISE * (2.0 * ALIKE / n as f64).sqrt()
}

/// The part of so much more spread that is taken.
pub(super) fn limited_unevenness(more: f64, spread: f64) -> f64 {
    let [least, most] = UNEVEN.map(|part| part * spread.max(0.0));
    let part = more.clamp(least, most) / more;
    if part.is_finite() { part } else { 0.0 }
}

/// Σ g(r) g(r)ᵀ over the inside, scaled up to the whole.
fn gradient_products(residual: &[f32], width: usize) -> Matrix2 {
    let height = residual.len() / width;
    if width <= 2 * REACH || height <= 2 * REACH {
        return Matrix2::default();
    }
    let mut sum = [0.0; 3];
    for y in REACH..height - REACH {
        let row = |dy: usize| &residual[(y + dy - REACH) * width..][..width];
        for (sum, of_row) in sum.iter_mut().zip(gradient_row(std::array::from_fn(row))) {
            *sum += of_row;
        }
    }
    let inside = ((width - 2 * REACH) * (height - 2 * REACH)) as f64;
    let [xx, xy, yy] = sum.map(|sum| residual.len() as f64 / inside * sum);
    Matrix2 { xx, xy, yx: xy, yy }
}

fn gradient_row(rows: [&[f32]; 2 * REACH + 1]) -> [f64; 3] {
    let [near, far, farthest] = super::DERIVATIVE;
    let [above3, above2, above, row, below, below2, below3] = rows;
    let (mut xx, mut xy, mut yy) = (0.0f32, 0.0f32, 0.0f32);
    for x in REACH..row.len() - REACH {
        let gx = near * (row[x + 1] - row[x - 1])
            + far * (row[x + 2] - row[x - 2])
            + farthest * (row[x + 3] - row[x - 3]);
        let gy = near * (below[x] - above[x])
            + far * (below2[x] - above2[x])
            + farthest * (below3[x] - above3[x]);
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
    }
    [xx, xy, yy].map(f64::from)
}

impl Matrix2 {
    /// With this at least on the diagonal.
    fn at_least(self, least: f64) -> Self {
        Self { xx: self.xx.max(least), yy: self.yy.max(least), ..self }
    }

    /// From products of gradients to products of weights and gradients.
    fn weighed(self, [x, y]: [f64; 2]) -> Self {
        Self { xx: x * self.xx, xy: x * self.xy, yx: y * self.yx, yy: y * self.yy }
    }
}

/// ρ(0) = 1, ρ(1), … along x (`step` 1) or y (`step` the stride) of a patch `side` long that way,
/// which is one of `size`, padded.
fn autocorrelation(padded: &[f32], size: Size, step: usize, side: usize) -> Vec<f32> {
    let n_lags = MAX_LAG.min(side / LAGS_PER_SIDE);
    let mean_square = simd::dot(padded, padded) / size.area() as f64;
    let at = |lag: usize| {
        let n_pairs = size.area() / side * (side - lag);
        let products = simd::dot(padded, &padded[lag * step..]);
        (products / n_pairs as f64 / mean_square) as f32
    };
    std::iter::once(1.0).chain((1..=n_lags).map(at)).collect()
}

/// Rows with [`MAX_LAG`] zeros behind each: shifted by as many, none meets another row's pixels.
pub(super) fn pad(patch: &[f32], width: usize, padded: &mut Vec<f32>) {
    padded.clear();
    for row in patch.chunks_exact(width) {
        padded.extend_from_slice(row);
        padded.extend_from_slice(&[0.0; MAX_LAG]);
    }
}

impl CovarianceScratch {
    fn load(&mut self, steepest: &Steepest) {
        self.stride = steepest.size().width + MAX_LAG;
        pad(steepest.x(), steepest.size().width, &mut self.x);
        pad(steepest.y(), steepest.size().width, &mut self.y);
    }

    /// Σ w(p) ρ(p − q) w(q)ᵀ with ρ(dx, dy) = across(|dx|) · down(|dy|).
    fn spread(&mut self, across: &[f32], down: &[f32]) -> Matrix2 {
        let Self { stride, x, y, rows, both, .. } = self;
        let mut filtered = |w: &[f32]| {
            filter(w, 1, across, rows);
            filter(rows, *stride, down, both);
            // Behind the rows the filter leaves something, but there x and y are zero.
            [simd::dot(both, x), simd::dot(both, y)]
        };
        let ([xx, xy], [_, yy]) = (filtered(x), filtered(y));
        Matrix2 { xx, xy, yx: xy, yy }
    }

    /// The noise, in pixels' worth, that the fit of position, brightness and contrast took up.
    fn taken_up(&self, spread: Matrix2, steepest: &Steepest, expected: &Correlation) -> f64 {
        let [xx, xy, yy] = [(&self.x, &self.x), (&self.x, &self.y), (&self.y, &self.y)]
            .map(|(a, b)| simd::dot(a, b));
        let position = Matrix2 { xx, xy, yx: xy, yy }.inverse().map_or(2.0, |inverse| {
            inverse.xx * spread.xx + 2.0 * inverse.xy * spread.xy + inverse.yy * spread.yy
        });
        let all = expected.sum().powi(2).min(steepest.size().area() as f64);
        // Contrast takes up what the slow part of the noise has, like brightness.
        position + 2.0 * all
    }

    /// What the spread is more, or less, because noise depends on brightness: with s²(p) = s² (1 + q t(p))
    ///
    /// ```text
    /// q Σ t w wᵀ · tr M/Σ |w|²      q = n Σ r² t / (Σ r² Σ t²)
    /// ```
    fn uneven(
        &mut self,
        spread: Matrix2,
        steepest: &Steepest,
        residual: &[f32],
        square: f64,
    ) -> Matrix2 {
        let template = steepest.template();
        let products = &mut self.both;
        let mut dot = |a: &[f32], b: &[f32]| {
            products.clear();
            products.extend(a.iter().zip(b).map(|(a, b)| a * b));
            simd::dot(products, template)
        };
        let rise = dot(residual, residual) * residual.len() as f64
            / (square * steepest.template_square()).max(f64::MIN_POSITIVE);
        let (x, y) = (steepest.x(), steepest.y());
        let [xx, xy, yy] = [dot(x, x), dot(x, y), dot(y, y)].map(|sum| rise * sum);
        let weights = simd::dot(x, x) + simd::dot(y, y);
        let trace = (spread.xx + spread.yy).max(f64::MIN_POSITIVE);
        let more = Matrix2 { xx, xy, yx: xy, yy }.scaled(trace / weights);
        more.scaled(limited_unevenness(more.xx + more.yy, trace))
    }

    /// The residual's own correlation, and how far it is to be believed; `None`: not at all.
    fn measured(
        &mut self,
        residual: &[f32],
        size: Size,
        expected: &Correlation,
    ) -> Option<(f64, Vec<f32>, Vec<f32>)> {
        pad(residual, size.width, &mut self.residual);
        let across = autocorrelation(&self.residual, size, 1, size.width);
        let down = autocorrelation(&self.residual, size, self.stride, size.height);
        let share = expected.share_of([&across, &down], size.area())?;
        Some((share, across, down))
    }
}

/// Filtered by a symmetric kernel along the places `step` apart.
pub(super) fn filter(from: &[f32], step: usize, kernel: &[f32], to: &mut Vec<f32>) {
    to.clear();
    to.extend_from_slice(from);
    for (lag, &weight) in kernel.iter().enumerate().skip(1) {
        let by = (lag * step).min(from.len());
        let (shorter, shifted) = (from.len() - by, &from[by..]);
        simd::add_scaled(weight, shifted, &mut to[..shorter]);
        simd::add_scaled(weight, &from[..shorter], &mut to[by..]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::steepest::{Inset, Patches};
    use super::*;
    use crate::synth::Random;

    const SIZE: Size = Size::new(24, 20);

    fn wavy() -> Steepest {
        let patch = |f: fn(f64, f64) -> f64| -> Vec<f32> {
            let value = |i: usize| f((i % SIZE.width) as f64, (i / SIZE.width) as f64) as f32;
            (0..SIZE.area()).map(value).collect()
        };
        let mut steepest = Steepest::default();
        let of = [
            patch(|x, y| (0.7 * x).sin() * (0.5 * y).cos()),
            patch(|x, y| 0.7 * (0.7 * x).cos() * (0.5 * y).cos()),
            patch(|x, y| -0.5 * (0.7 * x).sin() * (0.5 * y).sin()),
        ];
        let gradients: [&[f32]; 2] = [&of[1], &of[2]];
        let of = Patches { template: &of[0], weights: gradients, gradients, noise: [1.0; 2] };
        steepest.build(of, SIZE, Inset::default());
        steepest
    }

    fn noise(seed: u64, sd: f64) -> Vec<f32> {
        let mut random = Random::new(seed, 0);
        (0..SIZE.area()).map(|_| (sd * random.normal()) as f32).collect()
    }

    fn white() -> Noise {
        Noise { of_template: 0.5, expected: Correlation(vec![1.0, 0.0, 0.0]), rounding: 0.0 }
    }

    #[test]
    fn without_residual_there_is_no_uncertainty() {
        let residual = vec![0.0; SIZE.area()];
        let scratch = &mut CovarianceScratch::default();
        let found = covariance(&wavy(), &residual, &white(), scratch);
        assert_eq!(found, Some(Matrix2::default()));
    }

    #[test]
    fn weak_white_noise_gives_its_variance_over_the_sensitivity() {
        let steepest = wavy();
        let expected_xx = 1e-4 * steepest.sensitivity().inverse().unwrap().xx;
        let mean: f64 = (0..40)
            .map(|seed| {
                let scratch = &mut CovarianceScratch::default();
                let residual = noise(seed, 0.01);
                covariance(&steepest, &residual, &white(), scratch).unwrap().xx / 40.0
            })
            .sum();
        // Forty windows of 480 pixels know their variance to 1 %.
        assert!((mean / expected_xx - 1.0).abs() < 0.04, "{mean} {expected_xx}");
    }

    #[test]
    fn noise_that_is_correlated_beyond_expectation_counts_as_it_is() {
        let steepest = wavy();
        let single = noise(5, 0.01);
        // Rows of pairs of equal pixels: as noise from half as many pixels.
        let paired: Vec<f32> = (0..single.len()).map(|i| single[i / 2 * 2]).collect();
        let scratch = &mut CovarianceScratch::default();
        let mut of = |residual: &[f32]| covariance(&steepest, residual, &white(), scratch).unwrap();
        let ratio = of(&paired).xx / of(&single).xx;
        assert!((1.3..2.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn smoothed_noise_is_expected_to_be_correlated_as_its_filter_says() {
        let plain = Correlation::of_white_noise(&[1.0]);
        // (0.2, 0.6, 0.2): 0.44, 0.24, 0.04
        assert!((plain.0[1] - 0.24 / 0.44).abs() < 1e-6 && (plain.0[2] - 0.04 / 0.44).abs() < 1e-6);
        assert_eq!(plain.0[3], 0.0);
        let blurred = Correlation::of_white_noise(&[0.5, 0.25]);
        assert!(plain.0[1] < blurred.0[1] && 0.0 < blurred.0[4]);
    }

    #[test]
    fn noise_as_strong_as_the_texture_leaves_the_place_open() {
        let scratch = &mut CovarianceScratch::default();
        assert_eq!(covariance(&wavy(), &noise(3, 2.0), &white(), scratch), None);
    }

    #[test]
    fn the_spread_is_the_double_sum_it_stands_for() {
        let (steepest, across, down) = (wavy(), [1.0, 0.5, 0.25], [1.0, -0.3]);
        let rho = |kernel: &[f32], lag: usize| f64::from(kernel.get(lag).copied().unwrap_or(0.0));
        let mut sum = 0.0;
        for (p, wp) in steepest.x().iter().enumerate() {
            for (q, wq) in steepest.y().iter().enumerate() {
                let dx = (p % SIZE.width).abs_diff(q % SIZE.width);
                let dy = (p / SIZE.width).abs_diff(q / SIZE.width);
                sum += f64::from(wp * wq) * rho(&across, dx) * rho(&down, dy);
            }
        }
        let mut scratch = CovarianceScratch::default();
        scratch.load(&steepest);
        let found = scratch.spread(&across, &down);
        assert!((found.xy - sum).abs() < 1e-4, "{} {sum}", found.xy);
    }
}
