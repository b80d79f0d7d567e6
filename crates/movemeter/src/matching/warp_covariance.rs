//! How uncertain a fitted warp is, from what the fit left over.
//!
//! The estimate of [`covariance`], with its Ã, M, s² and ρ, for any number of
//! parameters and over the pixels that count. The residual's gradient is turned into a change with
//! each parameter as the template's is, and ρ is measured over pairs of pixels that both count.

use super::covariance::{self, Correlation, LAGS_PER_SIDE, MAX_LAG, Noise};
use super::matrix::{Matrix, Vector};
use super::patch::{self, Descents, Patch};
use super::weights;
use crate::geometry::Size;
use crate::simd;

/// Brightness and contrast are fitted besides the warp.
const N_OF_LIGHT: f64 = 2.0;
/// Pixels the derivative reaches to each side.
const REACH: usize = super::DERIVATIVE.len();

/// Working memory.
#[derive(Default)]
pub struct WarpCovarianceScratch {
    residual: Vec<f32>,
    counts: Vec<f32>,
    padded: Vec<Vec<f32>>,
    rows: Vec<f32>,
    both: Vec<f32>,
}

/// What the residual says of the parameters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// The sensitivity without the part that is noise, Ã.
    pub signal: Matrix,
    /// The same without all that may be noise.
    pub surely_signal: Matrix,
    /// How noise of unit variance moves the sums of a step, M / s².
    pub middle: Matrix,
    /// The variance of the residual, s².
    pub variance: f64,
}

/// What a residual says of a fit over these pixels.
///
/// `residual` has a value for each pixel of the window, 0 where it does not count; `basis` are the parameters
/// that were fitted, which may be fewer than the patch has.
pub fn spread(
    patch: &Patch,
    descents: &Descents,
    residual: &[f32],
    noise: &Noise,
    basis: &[Vector],
    scratch: &mut WarpCovarianceScratch,
) -> Spread {
    let square = simd::dot(residual, residual);
    if square <= 0.0 && noise.rounding <= 0.0 {
        let signal = descents.sensitivity;
        return Spread { signal, surely_signal: signal, ..Spread::default() };
    }
    let of_noise = gradient_products(patch, descents, residual);
    let share = noise.of_template * at_least_rounding(&of_noise, descents, patch, noise);
    let signal = descents.sensitivity.less(share, &of_noise);
    let unsure = 1.0 + covariance::doubt_of_noise(descents.n);
    let surely_signal = descents.sensitivity.less(share * unsure, &of_noise);
    let size = patch.size();
    covariance::pad(residual, size.width, &mut scratch.residual);
    covariance::pad(&descents.counts, size.width, &mut scratch.counts);
    let mean_square = square / descents.n.max(1) as f64;
    let rho = |step: usize, side: usize| {
        autocorrelation(&scratch.residual, &scratch.counts, step, side, mean_square)
    };
    let (across, down) = (rho(1, size.width), rho(size.width + MAX_LAG, size.height));
    let expected = &noise.expected;
    let white = products(descents, size, expected.lags(), expected.lags(), scratch);
    let n_free =
        (descents.n as f64 - taken_up(descents, &white.along(basis), basis, expected)).max(1.0);
    let variance = (square / n_free).max(noise.rounding);
    let middle = match expected.share_of([&across, &down], descents.n) {
        Some(share) => {
            let measured = products(descents, size, &across, &down, scratch);
            // (1 − share) white + share measured
            let both = white.less(share, &white).less(-share, &measured);
            // Measured between gaps, correlations may be such as no noise has.
            if both.inverse().is_some() { both } else { white }
        }
        None => white,
    };
    let middle = middle.less(-1.0, &uneven(&middle, descents, residual, square));
    Spread { signal, surely_signal, middle, variance }
}

/// By how much the gradients of the residual fall short of those of rounding, 1 if they do not.
fn at_least_rounding(of_noise: &Matrix, descents: &Descents, patch: &Patch, noise: &Noise) -> f64 {
    let share = 0.5 * patch.noise().iter().sum::<f64>();
    let rounding = noise.rounding * descents.n as f64 * weights::noise_gradient() * share;
    let measured = 0.5 * (of_noise.at(0, 0) + of_noise.at(1, 1));
    if 0.0 < measured { (rounding / measured).max(1.0) } else { 1.0 }
}

/// The noise, in pixels' worth, that the fit took up.
fn taken_up(descents: &Descents, white: &Matrix, basis: &[Vector], expected: &Correlation) -> f64 {
    let (of, n) = (&descents.of, basis.len());
    let squares = Matrix::of(of.len(), |i, j| simd::dot(&of[i], &of[j])).along(basis);
    let warp = squares.inverse().map_or(n as f64, |inverse| {
        let all = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        all.map(|(i, j)| inverse.at(i, j) * white.at(i, j)).sum()
    });
    warp + N_OF_LIGHT * expected.sum().powi(2).min(descents.n as f64)
}

/// What the spread is more because noise depends on brightness: as of a window that only moves.
fn uneven(spread: &Matrix, descents: &Descents, residual: &[f32], square: f64) -> Matrix {
    let Descents { of, template, template_square, n, .. } = descents;
    let triple = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).zip(template);
        products.map(|((a, b), t)| f64::from(a * b * t)).sum()
    };
    let rise =
        triple(residual, residual) * *n as f64 / (square * template_square).max(f64::MIN_POSITIVE);
    let (along_x, along_y) = (simd::dot(&of[0], &of[0]), simd::dot(&of[1], &of[1]));
    let trace = spread.at(0, 0) + spread.at(1, 1);
    let scale = rise * trace / (along_x + along_y);
    let of_more = scale * (triple(&of[0], &of[0]) + triple(&of[1], &of[1]));
    let limited = covariance::limited_unevenness(of_more, trace);
    Matrix::of(of.len(), |i, j| limited * scale * triple(&of[i], &of[j]))
}

/// Σ w(r) g(r)ᵀ over all pixels that count; where a neighbour does not, the mean gradient of the others
/// stands for the pixel's own.
fn gradient_products(patch: &Patch, descents: &Descents, residual: &[f32]) -> Matrix {
    let (width, n_parameters) = (patch.size().width, descents.of.len());
    let change = |i: usize, gradient| {
        patch::chain(patch.model(), patch.from_centre(i), patch.radius(), gradient)
    };
    let counting = (0..residual.len()).filter(|&i| 0.0 < descents.counts[i]);
    let (inside, outside): (Vec<usize>, Vec<usize>) =
        counting.partition(|&i| neighbours_count(&descents.counts, i, width));
    let gradient = |i: usize| [1, width].map(|step| derivative(residual, i, step));
    let gradients: Vec<[f32; 2]> = inside.iter().map(|&i| gradient(i)).collect();
    // The weight that noise has, from its gradient.
    let [noise_x, noise_y] = patch.noise().map(|part| part as f32);
    let weight = |i: usize, [x, y]: [f32; 2]| change(i, [noise_x * x, noise_y * y]);
    let both =
        |(&i, &gradient): (&usize, &[f32; 2])| (weight(i, gradient), change(i, gradient), 1.0);
    let known = sum_of_products(inside.iter().zip(&gradients).map(both), n_parameters);
    let mean = |a: usize, b: usize| {
        let products = gradients.iter().map(|gradient| f64::from(gradient[a] * gradient[b]));
        products.sum::<f64>() / gradients.len().max(1) as f64
    };
    let (xx, xy, yy) = (mean(0, 0), mean(0, 1), mean(1, 1));
    let others = outside.iter().flat_map(|&i| {
        let (x, y) = (change(i, [1.0, 0.0]), change(i, [0.0, 1.0]));
        let (weight_x, weight_y) = (weight(i, [1.0, 0.0]), weight(i, [0.0, 1.0]));
        [(weight_x, x, xx), (weight_x, y, xy), (weight_y, x, xy), (weight_y, y, yy)]
    });
    let guessed = sum_of_products(others, n_parameters);
    known.less(-1.0, &guessed)
}

fn sum_of_products(of: impl Iterator<Item = ([f32; 6], [f32; 6], f64)>, n: usize) -> Matrix {
    let mut sum = [[0.0f64; 6]; 6];
    for (a, b, weight) in of {
        for (row, a) in sum.iter_mut().zip(a) {
            for (sum, b) in row.iter_mut().zip(b) {
                *sum += weight * f64::from(a * b);
            }
        }
    }
    Matrix::of(n, |i, j| 0.5 * (sum[i][j] + sum[j][i]))
}

fn neighbours_count(counts: &[f32], i: usize, width: usize) -> bool {
    let (x, y, height) = (i % width, i / width, counts.len() / width);
    let inside = REACH..width.saturating_sub(REACH);
    let is_inside = inside.contains(&x) && (REACH..height.saturating_sub(REACH)).contains(&y);
    let all = |step: usize| (0..=2 * REACH).all(|k| 0.0 < counts[i + k * step - REACH * step]);
    is_inside && all(1) && all(width)
}

fn derivative(values: &[f32], i: usize, step: usize) -> f32 {
    let at = |(k, weight): (usize, &f32)| {
        let by = (k + 1) * step;
        weight * (values[i + by] - values[i - by])
    };
    super::DERIVATIVE.iter().enumerate().map(at).sum()
}

/// ρ(0) = 1, ρ(1), … of padded patches, over pairs of pixels that count.
fn autocorrelation(
    residual: &[f32],
    counts: &[f32],
    step: usize,
    side: usize,
    mean_square: f64,
) -> Vec<f32> {
    let at = |lag: usize| {
        let n_pairs = simd::dot(counts, &counts[lag * step..]).max(1.0);
        (simd::dot(residual, &residual[lag * step..]) / n_pairs / mean_square) as f32
    };
    let n_lags = MAX_LAG.min(side / LAGS_PER_SIDE);
    std::iter::once(1.0).chain((1..=n_lags).map(at)).collect()
}

/// Σ g(p) ρ(p − q) g(q)ᵀ with ρ(dx, dy) = across(|dx|) · down(|dy|).
fn products(
    descents: &Descents,
    size: Size,
    across: &[f32],
    down: &[f32],
    scratch: &mut WarpCovarianceScratch,
) -> Matrix {
    let WarpCovarianceScratch { padded, rows, both, .. } = scratch;
    padded.resize_with(descents.of.len(), Vec::new);
    for (descent, padded) in descents.of.iter().zip(&mut *padded) {
        covariance::pad(descent, size.width, padded);
    }
    let mut filtered_of = None;
    Matrix::of(padded.len(), |i, j| {
        if filtered_of != Some(i) {
            covariance::filter(&padded[i], 1, across, rows);
            covariance::filter(rows, size.width + MAX_LAG, down, both);
            filtered_of = Some(i);
        }
        simd::dot(both, &padded[j])
    })
}

#[cfg(test)]
mod tests {
    use super::super::steepest::{Inset, Patches, Steepest};
    use super::super::warp::Model;
    use super::*;
    use crate::geometry::Rect;
    use crate::synth::Random;

    const SIZE: Size = Size::new(24, 20);

    fn wavy() -> [Vec<f32>; 3] {
        let patch = |f: fn(f64, f64) -> f64| -> Vec<f32> {
            let value = |i: usize| f((i % SIZE.width) as f64, (i / SIZE.width) as f64) as f32;
            (0..SIZE.area()).map(value).collect()
        };
        [
            patch(|x, y| (0.7 * x).sin() * (0.5 * y).cos()),
            patch(|x, y| 0.7 * (0.7 * x).cos() * (0.5 * y).cos()),
            patch(|x, y| -0.5 * (0.7 * x).sin() * (0.5 * y).sin()),
        ]
    }

    #[test]
    fn of_a_whole_window_that_moves_it_is_the_covariance_of_the_plain_fit() {
        let of = wavy();
        let gradients: [&[f32]; 2] = [&of[1], &of[2]];
        let of = Patches { template: &of[0], weights: gradients, gradients, noise: [0.9; 2] };
        let expected = Correlation::of_white_noise(&[1.0]);
        let noise = Noise { of_template: 0.5, expected, rounding: 0.0 };
        let mut random = Random::new(5, 0);
        let residual: Vec<f32> =
            (0..SIZE.area()).map(|_| (0.05 * random.normal()) as f32).collect();
        let mut steepest = Steepest::default();
        steepest.build(of, SIZE, Inset::default());
        let plain = covariance::covariance(&steepest, &residual, &noise, &mut Default::default());
        let mut patch = Patch::default();
        let window = Rect::new(40, 40, SIZE.width, SIZE.height);
        patch.build(Model::Translation, of, window, Size::new(200, 200));
        let scratch = &mut WarpCovarianceScratch::default();
        let basis = Model::Translation.basis(Model::Translation).unwrap();
        let Spread { signal, middle, variance, .. } =
            spread(&patch, patch.descents(), &residual, &noise, basis, scratch);
        let found = signal.inverse().unwrap().around(&middle, variance);
        let plain = plain.unwrap();
        for (found, plain) in
            [(found.at(0, 0), plain.xx), (found.at(1, 0), plain.xy), (found.at(1, 1), plain.yy)]
        {
            assert!((found - plain).abs() < 1e-4 * plain.abs(), "{found} {plain}");
        }
    }
}
