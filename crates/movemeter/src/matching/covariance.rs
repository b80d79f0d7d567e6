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

use std::sync::OnceLock;

use super::matrix2::Matrix2;
use super::steepest::{OfNoise, Steepest};
use super::weights;
use super::{DERIVATIVE, SMOOTHING};
use crate::geometry::Size;
pub(super) use crate::simd::MAX_LAG;
use crate::simd::{self, CorrelatedScratch, Lags, Level, Rows};

/// The residual's autocorrelation is followed [so far](MAX_LAG), and at most over this part of the window's side:
/// farther, too few pixel pairs tell it.
pub(super) const LAGS_PER_SIDE: usize = 4;
/// Uneven noise takes away at most so much of the spread, and adds at most so much: more is chance.
const UNEVEN: [f64; 2] = [-0.5, 2.0];
/// A measured correlation that differs from the expected one by this many times what chance is expected
/// to do, in squares, is not believed at all.
const BY_CHANCE: f64 = 2.0;

/// Working memory.
#[derive(Default)]
pub struct CovarianceScratch {
    /// The residual, to be filled with what [`simd::residual()`] gives.
    pub residual: Rows,
    correlated: CorrelatedScratch,
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
/// The residual r is in the scratch; `sums` are Σ r² and Σ r² t. Of equal frames it is zero; so is the covariance, if
/// their pixels are not rounded.
pub fn covariance(
    level: Level,
    steepest: &Steepest,
    [square, uneven]: [f64; 2],
    noise: &Noise,
    scratch: &mut CovarianceScratch,
) -> Option<Matrix2> {
    let size = steepest.size();
    if square <= 0.0 && noise.rounding <= 0.0 {
        return Some(Matrix2::default());
    }
    let n = size.area() as f64;
    let of_noise = gradient_products(level, &scratch.residual, size)
        .at_least(noise.rounding * n * weights::noise_gradient())
        .weighed(steepest.noise())
        .scaled(noise.of_template);
    // How well the part that is noise is known; what is not beyond that tells of no direction.
    let doubt = doubt_of_noise(size.area());
    steepest.sensitivity().minus(of_noise.scaled(1.0 + doubt)).inverse()?;
    let signal = steepest.sensitivity().minus(of_noise);
    let expected = &noise.expected;
    let known = steepest.of_noise(|| scratch.of_noise(level, steepest, expected));
    let variance = (square / (n - known.taken_up).max(1.0)).max(noise.rounding);
    let measured = Measured::of(level, &scratch.residual, size, square);
    let middle = match measured.believed(expected, size.area()) {
        Some(share) => {
            let measured = scratch.spread_of(level, steepest, known, &measured);
            known.spread.scaled(1.0 - share).plus(measured.scaled(share))
        }
        None => known.spread,
    };
    let rise = uneven * n / (square * steepest.template_square()).max(f64::MIN_POSITIVE);
    let middle = middle.plus(unevenness(middle, known, rise));
    Some(signal.inverse()?.around(middle).scaled(variance))
}

/// What the spread is more, or less, because noise depends on brightness: with s²(p) = s² (1 + q t(p))
///
/// ```text
/// q Σ t w wᵀ · tr M/Σ |w|²      q = n Σ r² t / (Σ r² Σ t²)
/// ```
fn unevenness(spread: Matrix2, known: &OfNoise, rise: f64) -> Matrix2 {
    let trace = (spread.xx + spread.yy).max(f64::MIN_POSITIVE);
    let more = known.uneven.scaled(rise * trace);
    more.scaled(limited_unevenness(more.xx + more.yy, trace))
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
fn gradient_products(level: Level, residual: &Rows, size: Size) -> Matrix2 {
    let reach = 2 * DERIVATIVE.len();
    let inside = size.width.saturating_sub(reach) * size.height.saturating_sub(reach);
    let sums = simd::gradient_products(level, residual, size.width, DERIVATIVE);
    let [xx, xy, yy] = sums.map(|sum| size.area() as f64 / inside.max(1) as f64 * sum);
    Matrix2 { xx, xy, yx: xy, yy }
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

/// The residual's own correlation: ρ(0) = 1, ρ(1), … along x and along y, 0 beyond what is followed.
pub(super) struct Measured {
    pub(super) across: [f32; MAX_LAG + 1],
    pub(super) down: [f32; MAX_LAG + 1],
    /// How many are followed.
    pub(super) n_lags: [usize; 2],
}

impl Measured {
    pub fn of(level: Level, residual: &Rows, size: Size, square: f64) -> Self {
        let sums = simd::autocorrelation(level, residual, size.width);
        let along = |sums: [f64; MAX_LAG], side: usize| {
            let n_lags = MAX_LAG.min(side / LAGS_PER_SIDE);
            let mut rho = [0.0; MAX_LAG + 1];
            rho[0] = 1.0;
            for lag in 1..=n_lags {
                let share_of_pairs = (side - lag) as f64 / side as f64;
                rho[lag] = (sums[lag - 1] / share_of_pairs / square) as f32;
            }
            (rho, n_lags)
        };
        let (across, n_across) = along(sums.across, size.width);
        let (down, n_down) = along(sums.down, size.height);
        Self { across, down, n_lags: [n_across, n_down] }
    }

    /// How far it is to be believed; `None`: not at all.
    pub fn believed(&self, expected: &Correlation, n: usize) -> Option<f64> {
        let [n_across, n_down] = self.n_lags;
        expected.share_of([&self.across[..=n_across], &self.down[..=n_down]], n)
    }
}

impl CovarianceScratch {
    /// Σ w(p) ρ(p − q) w(q)ᵀ with ρ(dx, dy) = across(|dx|) · down(|dy|).
    fn spread(&mut self, level: Level, steepest: &Steepest, along: [&[f32]; 2]) -> Matrix2 {
        let ([x, y], width) = (steepest.weights(), steepest.size().width);
        let [xx, xy, yy] =
            simd::correlated_products(level, [x, y], width, along, &mut self.correlated);
        Matrix2 { xx, xy, yx: xy, yy }
    }

    /// The same of what was measured.
    fn spread_of(
        &mut self,
        level: Level,
        steepest: &Steepest,
        known: &OfNoise,
        of: &Measured,
    ) -> Matrix2 {
        if !steepest.is_kept() {
            return self.spread(level, steepest, [&of.across, &of.down]);
        }
        let ([x, y], width) = (steepest.weights(), steepest.size().width);
        let lags = known.lags.get_or_init(|| Box::new(simd::lag_products(level, [x, y], width)));
        spread_by_lags(lags, &of.across, &of.down)
    }

    /// What noise does to a fit, as far as the template tells.
    fn of_noise(&mut self, level: Level, steepest: &Steepest, expected: &Correlation) -> OfNoise {
        let ([x, y], size) = (steepest.weights(), steepest.size());
        let spread = self.spread(level, steepest, [&expected.0; 2]);
        let [[xx, xy, yy], weighed] = simd::squares(level, [x, y], steepest.template());
        let [txx, txy, tyy] = weighed.map(|sum| sum / (xx + yy));
        let uneven = Matrix2 { xx: txx, xy: txy, yx: txy, yy: tyy };
        let taken_up = taken_up(spread, Matrix2 { xx, xy, yx: xy, yy }, size, expected);
        OfNoise { spread, taken_up, uneven, lags: OnceLock::new() }
    }
}

/// The noise, in pixels' worth, that the fit of position, brightness and contrast took up.
fn taken_up(spread: Matrix2, squares: Matrix2, size: Size, expected: &Correlation) -> f64 {
    let position = squares.inverse().map_or(2.0, |inverse| {
        inverse.xx * spread.xx + 2.0 * inverse.xy * spread.xy + inverse.yy * spread.yy
    });
    let all = expected.sum().powi(2).min(size.area() as f64);
    // Contrast takes up what the slow part of the noise has, like brightness.
    position + 2.0 * all
}

/// Σ w(p) ρ(p − q) w(q)ᵀ from the products at all lags.
pub(super) fn spread_by_lags(lags: &Lags, across: &[f32], down: &[f32]) -> Matrix2 {
    let mut sums = [0.0; 3];
    for (row, &down) in lags.iter().zip(down) {
        for (products, &across) in row.iter().zip(across) {
            let rho = f64::from(across * down);
            for (sum, product) in sums.iter_mut().zip(products) {
                *sum += rho * product;
            }
        }
    }
    let [xx, xy, yy] = sums;
    Matrix2 { xx, xy, yx: xy, yy }
}

/// The same of a residual without gaps.
#[cfg(test)]
pub(super) fn of_residual(steepest: &Steepest, residual: &[f32], noise: &Noise) -> Option<Matrix2> {
    let (width, mut scratch) = (steepest.size().width, CovarianceScratch::default());
    scratch.residual.fit(width + MAX_LAG, residual.len() / width);
    scratch.residual.values_mut().fill(0.0);
    let mut sums = [0.0; 2];
    for (y, row) in residual.chunks_exact(width).enumerate() {
        scratch.residual.row_mut(y)[..width].copy_from_slice(row);
        for (&r, &t) in row.iter().zip(steepest.template().row(y)) {
            let square = f64::from(r * r);
            sums = [sums[0] + square, sums[1] + square * f64::from(t)];
        }
    }
    covariance(Level::new(), steepest, sums, noise, &mut scratch)
}

#[cfg(test)]
mod tests {
    use super::super::steepest::{Inset, Patches};
    use super::*;
    use crate::frame::View;
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
        let gradients = [&of[1], &of[2]].map(|of| View::new(SIZE, of));
        let of = Patches {
            template: View::new(SIZE, &of[0]),
            weights: gradients,
            gradients,
            noise: [1.0; 2],
        };
        steepest.build(of, Inset::default());
        steepest
    }

    fn noise(seed: u64, sd: f64) -> Vec<f32> {
        let mut random = Random::new(seed, 0);
        (0..SIZE.area()).map(|_| (sd * random.normal()) as f32).collect()
    }

    fn white() -> Noise {
        Noise { of_template: 0.5, expected: Correlation(vec![1.0, 0.0, 0.0]), rounding: 0.0 }
    }

    fn found(steepest: &Steepest, residual: &[f32]) -> Option<Matrix2> {
        of_residual(steepest, residual, &white())
    }

    #[test]
    fn without_residual_there_is_no_uncertainty() {
        let found = found(&wavy(), &vec![0.0; SIZE.area()]);
        assert_eq!(found, Some(Matrix2::default()));
    }

    #[test]
    fn weak_white_noise_gives_its_variance_over_the_sensitivity() {
        let steepest = wavy();
        let expected_xx = 1e-4 * steepest.sensitivity().inverse().unwrap().xx;
        let mean: f64 =
            (0..40).map(|seed| found(&steepest, &noise(seed, 0.01)).unwrap().xx / 40.0).sum();
        // Forty windows of 480 pixels know their variance to 1 %.
        assert!((mean / expected_xx - 1.0).abs() < 0.04, "{mean} {expected_xx}");
    }

    #[test]
    fn noise_that_is_correlated_beyond_expectation_counts_as_it_is() {
        let steepest = wavy();
        let single = noise(5, 0.01);
        // Rows of pairs of equal pixels: as noise from half as many pixels.
        let paired: Vec<f32> = (0..single.len()).map(|i| single[i / 2 * 2]).collect();
        let of = |residual: &[f32]| found(&steepest, residual).unwrap();
        let ratio = of(&paired).xx / of(&single).xx;
        assert!((1.3..2.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn smoothed_noise_is_expected_to_be_correlated_as_its_filter_says() {
        let plain = Correlation::of_white_noise(&[1.0]);
        let [c, s] = SMOOTHING;
        let at = [c * c + 2.0 * s * s, 2.0 * c * s, s * s].map(|sum| sum as f32);
        assert!((plain.0[1] - at[1] / at[0]).abs() < 1e-6);
        assert!((plain.0[2] - at[2] / at[0]).abs() < 1e-6);
        assert_eq!(plain.0[3], 0.0);
        let blurred = Correlation::of_white_noise(&[0.5, 0.25]);
        assert!(plain.0[1] < blurred.0[1] && 0.0 < blurred.0[4]);
    }

    #[test]
    fn noise_as_strong_as_the_texture_leaves_the_place_open() {
        assert_eq!(found(&wavy(), &noise(3, 2.0)), None);
    }

    #[test]
    fn the_spread_is_the_double_sum_it_stands_for_by_filters_and_by_lags() {
        let steepest = wavy();
        let rho =
            |kernel: &[f32]| std::array::from_fn(|lag| kernel.get(lag).copied().unwrap_or(0.0));
        let (across, down): ([f32; MAX_LAG + 1], _) =
            (rho(&[1.0, 0.5, 0.25, 0.0, -0.1]), rho(&[1.0, -0.3, 0.2]));
        let [x, y] = steepest.weights();
        let mut sum = [0.0; 3];
        let all = || (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (x, y)));
        for p in all() {
            for q in all() {
                let (dx, dy) = (p.0.abs_diff(q.0), p.1.abs_diff(q.1));
                if MAX_LAG < dx || MAX_LAG < dy {
                    continue;
                }
                let rho = f64::from(across[dx] * down[dy]);
                let at = |of: &Rows, (x, y): (usize, usize)| f64::from(of.row(y)[x]);
                sum[0] += rho * at(x, p) * at(x, q);
                sum[1] += rho * at(x, p) * at(y, q);
                sum[2] += rho * at(y, p) * at(y, q);
            }
        }
        let mut scratch = CovarianceScratch::default();
        for level in simd::levels() {
            let by_filters = scratch.spread(level, &steepest, [&across, &down]);
            let lags = simd::lag_products(level, [x, y], SIZE.width);
            let by_lags = spread_by_lags(&lags, &across, &down);
            for found in [by_filters, by_lags] {
                let error = [found.xx - sum[0], found.xy - sum[1], found.yy - sum[2]];
                assert!(error.iter().all(|error| error.abs() < 1e-3), "{found:?} {sum:?}");
            }
        }
    }
}
