//! How uncertain a fitted warp is, from what the fit left over.
//!
//! The estimate of [`covariance`], with its Ã, M, s² and ρ, for any number of
//! parameters and over the pixels that count. The residual's gradient is turned into a change with
//! each parameter as the template's is, and ρ is measured over pairs of pixels that both count.

use super::covariance::{self, Correlation, LAGS_PER_SIDE, MAX_LAG, Measured, Noise};
use super::matrix::{Matrix, Vector};
use super::patch::{self, Descents, OfNoise, Patch};
use super::weights;
use crate::geometry::Size;
use crate::simd::{self, Lags, Level, Moments, Rows};

/// Brightness and contrast are fitted besides the warp.
const N_OF_LIGHT: f64 = 2.0;
/// Pixels the derivative reaches to each side.
const REACH: usize = super::DERIVATIVE.len();

/// Working memory.
#[derive(Default)]
pub struct WarpCovarianceScratch {
    residual: Vec<f32>,
    counts: Vec<f32>,
    rows: Rows,
    of: Vec<Rows>,
    wide: Rows,
    along: Rows,
    both: Rows,
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
    level: Level,
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
    let (of_noise, measured) = measured(level, patch, descents, residual, square, scratch);
    let share = noise.of_template * at_least_rounding(&of_noise, descents, patch, noise);
    let signal = descents.sensitivity.less(share, &of_noise);
    let unsure = 1.0 + covariance::doubt_of_noise(descents.n);
    let surely_signal = descents.sensitivity.less(share * unsure, &of_noise);
    let (size, expected) = (patch.size(), &noise.expected);
    let known = descents.of_noise(|| what_noise_does(level, descents, size, expected, scratch));
    let n_free = (descents.n as f64 - taken_up(known, descents.n, basis, expected)).max(1.0);
    let variance = (square / n_free).max(noise.rounding);
    let white = known.white;
    let middle = match measured.believed(expected, descents.n) {
        Some(share) => {
            let lags = [&measured.across[..], &measured.down[..]];
            let measured = products(level, descents, size, known, lags, scratch);
            // (1 − share) white + share measured
            let both = white.less(share, &white).less(-share, &measured);
            // Measured between gaps, correlations may be such as no noise has.
            if both.inverse().is_some() { both } else { white }
        }
        None => white,
    };
    let middle = middle.less(-1.0, &uneven(&middle, known, descents, residual, square));
    Spread { signal, surely_signal, middle, variance }
}

/// Σ w gᵀ of the residual's gradients, and its correlation.
fn measured(
    level: Level,
    patch: &Patch,
    descents: &Descents,
    residual: &[f32],
    square: f64,
    scratch: &mut WarpCovarianceScratch,
) -> (Matrix, Measured) {
    let (size, rows) = (patch.size(), &mut scratch.rows);
    let is_whole = descents.n == size.area() && 2 * REACH < size.width.min(size.height);
    if !is_whole {
        let of_noise = gradient_products(patch, descents, residual);
        return (of_noise, between_gaps(size, descents, residual, square, scratch));
    }
    rows.fit(size.width + MAX_LAG, size.height);
    for (y, row) in residual.chunks_exact(size.width).enumerate() {
        rows.row_mut(y)[..size.width].copy_from_slice(row);
        rows.row_mut(y)[size.width..].fill(0.0);
    }
    let derivative = super::DERIVATIVE;
    let moments = simd::gradient_moments(level, rows, size.width, patch.radius(), derivative);
    let of_noise = products_of_moments(patch, descents.of.len(), &with_rim(moments, patch));
    (of_noise, Measured::of(level, rows, size, square))
}

/// The correlation over pairs of pixels that count.
fn between_gaps(
    size: Size,
    descents: &Descents,
    residual: &[f32],
    square: f64,
    scratch: &mut WarpCovarianceScratch,
) -> Measured {
    pad(residual, size.width, &mut scratch.residual);
    pad(&descents.counts, size.width, &mut scratch.counts);
    let mean_square = square / descents.n.max(1) as f64;
    let rho = |step: usize, side: usize| {
        autocorrelation(&scratch.residual, &scratch.counts, step, side, mean_square)
    };
    let ((across, n_across), (down, n_down)) =
        (rho(1, size.width), rho(size.width + MAX_LAG, size.height));
    Measured { across, down, n_lags: [n_across, n_down] }
}

/// Rows with [`MAX_LAG`] zeros behind each: shifted by as many, none meets another row's pixels.
fn pad(patch: &[f32], width: usize, padded: &mut Vec<f32>) {
    padded.clear();
    for row in patch.chunks_exact(width) {
        padded.extend_from_slice(row);
        padded.extend_from_slice(&[0.0; MAX_LAG]);
    }
}

/// Moments over the whole window: at its rim, where derivatives are not known, gradients are taken to be what they are
/// inside.
fn with_rim(mut moments: Moments, patch: &Patch) -> Moments {
    let (size, radius) = (patch.size(), patch.radius());
    let of = |width: usize, height: usize| {
        let n = (width * height) as f64;
        let square = |side: usize| n * ((side * side) as f64 - 1.0) / 12.0 / (radius * radius);
        [n, 0.0, 0.0, square(width), 0.0, square(height)]
    };
    let inside = of(size.width - 2 * REACH, size.height - 2 * REACH);
    let mean = moments[0].map(|sum| sum / inside[0]);
    for (k, all) in of(size.width, size.height).into_iter().enumerate() {
        for (moment, mean) in moments[k].iter_mut().zip(mean) {
            *moment += (all - inside[k]) * mean;
        }
    }
    moments
}

/// Σ w gᵀ of noise with these moments of its gradients: each parameter's change is linear in the gradient, and in the place.
fn products_of_moments(patch: &Patch, n: usize, moments: &Moments) -> Matrix {
    let at = |x: f64, y: f64, gradient| {
        patch::chain(patch.model(), (x, y), 1.0, gradient).map(f64::from)
    };
    // Of each parameter the parts that go with 1, x and y.
    let parts = |gradient: [f32; 2]| {
        let [middle, right, below] =
            [at(0.0, 0.0, gradient), at(1.0, 0.0, gradient), at(0.0, 1.0, gradient)];
        move |i: usize| [middle[i], right[i] - middle[i], below[i] - middle[i]]
    };
    let (across, down) = (parts([1.0, 0.0]), parts([0.0, 1.0]));
    let sum = |a: [f64; 3], b: [f64; 3], product: usize| -> f64 {
        let moment = |i: usize, j: usize| moments[[[0, 1, 2], [1, 3, 4], [2, 4, 5]][i][j]][product];
        let all = (0..3).flat_map(|i| (0..3).map(move |j| (i, j)));
        all.map(|(i, j)| a[i] * b[j] * moment(i, j)).sum()
    };
    let [noise_x, noise_y] = patch.noise();
    let both = |i: usize, j: usize| {
        noise_x * (sum(across(i), across(j), 0) + sum(across(i), down(j), 1))
            + noise_y * (sum(down(i), across(j), 1) + sum(down(i), down(j), 2))
    };
    Matrix::of(n, |i, j| 0.5 * (both(i, j) + both(j, i)))
}

/// By how much the gradients of the residual fall short of those of rounding, 1 if they do not.
fn at_least_rounding(of_noise: &Matrix, descents: &Descents, patch: &Patch, noise: &Noise) -> f64 {
    let share = 0.5 * patch.noise().iter().sum::<f64>();
    let rounding = noise.rounding * descents.n as f64 * weights::noise_gradient() * share;
    let measured = 0.5 * (of_noise.at(0, 0) + of_noise.at(1, 1));
    if 0.0 < measured { (rounding / measured).max(1.0) } else { 1.0 }
}

/// What noise does to a fit, as far as the template tells.
fn what_noise_does(
    level: Level,
    descents: &Descents,
    size: Size,
    expected: &Correlation,
    scratch: &mut WarpCovarianceScratch,
) -> OfNoise {
    let (of, t) = (&descents.of, &descents.template);
    let zero = Matrix::default();
    let mut known = OfNoise { white: zero, squares: zero, uneven: zero, lags: Vec::new() };
    let lags = expected.lags();
    let needed = lags.iter().rposition(|&lag| lag != 0.0).map_or(1, |last| last + 1);
    known.white = products(level, descents, size, &known, [&lags[..needed]; 2], scratch);
    known.squares = Matrix::of(of.len(), |i, j| simd::dot(&of[i], &of[j]));
    known.uneven = Matrix::of(of.len(), |i, j| simd::triple(&of[i], &of[j], t));
    if descents.is_kept() {
        let pair = |(i, j): (usize, usize)| {
            simd::lag_products(level, [&scratch.of[i], &scratch.of[j]], size.width)
        };
        known.lags = pairs(of.len()).map(pair).collect();
    }
    known
}

/// All pairs of parameters.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..n).flat_map(|j| (0..j).map(move |i| (i, j)))
}

/// The noise, in pixels' worth, that the fit took up.
fn taken_up(known: &OfNoise, n_counting: usize, basis: &[Vector], expected: &Correlation) -> f64 {
    let (n, white) = (basis.len(), known.white.along(basis));
    let warp = known.squares.along(basis).inverse().map_or(n as f64, |inverse| {
        let all = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
        all.map(|(i, j)| inverse.at(i, j) * white.at(i, j)).sum()
    });
    warp + N_OF_LIGHT * expected.sum().powi(2).min(n_counting as f64)
}

/// What the spread is more because noise depends on brightness: as of a window that only moves.
fn uneven(
    spread: &Matrix,
    known: &OfNoise,
    descents: &Descents,
    residual: &[f32],
    square: f64,
) -> Matrix {
    let Descents { of, template, template_square, n, .. } = descents;
    let rise = simd::triple(residual, residual, template) * *n as f64
        / (square * template_square).max(f64::MIN_POSITIVE);
    let along = known.squares.at(0, 0) + known.squares.at(1, 1);
    let trace = spread.at(0, 0) + spread.at(1, 1);
    let scale = rise * trace / along;
    let of_more = scale * (known.uneven.at(0, 0) + known.uneven.at(1, 1));
    let limited = covariance::limited_unevenness(of_more, trace);
    Matrix::of(of.len(), |i, j| limited * scale * known.uneven.at(i, j))
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
) -> ([f32; MAX_LAG + 1], usize) {
    let n_lags = MAX_LAG.min(side / LAGS_PER_SIDE);
    let mut rho = [0.0; MAX_LAG + 1];
    rho[0] = 1.0;
    for lag in 1..=n_lags {
        let n_pairs = simd::dot(counts, &counts[lag * step..]).max(1.0);
        rho[lag] = (simd::dot(residual, &residual[lag * step..]) / n_pairs / mean_square) as f32;
    }
    (rho, n_lags)
}

/// Σ w(p) ρ(p − q) w(q)ᵀ with ρ(dx, dy) = across(|dx|) · down(|dy|).
fn products(
    level: Level,
    descents: &Descents,
    size: Size,
    known: &OfNoise,
    lags: [&[f32]; 2],
    scratch: &mut WarpCovarianceScratch,
) -> Matrix {
    if !known.lags.is_empty() {
        return products_by_lags(&known.lags, descents.of.len(), lags);
    }
    let WarpCovarianceScratch { of, wide, along, both, .. } = scratch;
    of.resize_with(descents.of.len(), Rows::default);
    for (descent, rows) in descents.of.iter().zip(&mut *of) {
        rows.copy(descent, size.width, size.width, size.height);
    }
    let mut filtered_of = None;
    Matrix::of(of.len(), |i, j| {
        if filtered_of != Some(i) {
            simd::spread_both_ways(level, (&of[i], size.width), lags, [wide, along], both);
            filtered_of = Some(i);
        }
        // Beyond the width the others are zero.
        simd::dot(&both.values()[..both.stride * both.n], of[j].values())
    })
}

fn products_by_lags(all: &[Lags], n: usize, [across, down]: [&[f32]; 2]) -> Matrix {
    let mut at = [[0.0; 6]; 6];
    for ((i, j), lags) in pairs(n).zip(all) {
        let of = covariance::spread_by_lags(lags, across, down);
        (at[i][i], at[j][i], at[j][j]) = (of.xx, of.xy, of.yy);
    }
    Matrix::of(n, |i, j| at[i][j])
}

#[cfg(test)]
mod tests {
    use super::super::steepest::{Inset, Patches, Steepest};
    use super::super::warp::Model;
    use super::*;
    use crate::frame::View;
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
        let gradients = [&of[1], &of[2]].map(|of| View::new(SIZE, of));
        let of = Patches {
            template: View::new(SIZE, &of[0]),
            weights: gradients,
            gradients,
            noise: [0.9; 2],
        };
        let expected = Correlation::of_white_noise(&[1.0]);
        let noise = Noise { of_template: 0.5, expected, rounding: 0.0 };
        let mut random = Random::new(5, 0);
        let residual: Vec<f32> =
            (0..SIZE.area()).map(|_| (0.05 * random.normal()) as f32).collect();
        let mut steepest = Steepest::default();
        steepest.build(of, Inset::default());
        let plain = covariance::of_residual(&steepest, &residual, &noise);
        let mut patch = Patch::default();
        let window = Rect::new(40, 40, SIZE.width, SIZE.height);
        patch.build(Model::Translation, of, window, Size::new(200, 200));
        let scratch = &mut WarpCovarianceScratch::default();
        let basis = Model::Translation.basis(Model::Translation).unwrap();
        let Spread { signal, middle, variance, .. } =
            spread(Level::new(), &patch, patch.descents(), &residual, &noise, basis, scratch);
        let found = signal.inverse().unwrap().around(&middle, variance);
        let plain = plain.unwrap();
        for (found, plain) in
            [(found.at(0, 0), plain.xx), (found.at(1, 0), plain.xy), (found.at(1, 1), plain.yy)]
        {
            assert!((found - plain).abs() < 1e-4 * plain.abs(), "{found} {plain}");
        }
    }

    #[test]
    fn of_a_whole_window_whole_vectors_tell_what_single_pixels_tell() {
        let of = wavy();
        let gradients = [&of[1], &of[2]].map(|of| View::new(SIZE, of));
        let of = Patches {
            template: View::new(SIZE, &of[0]),
            weights: gradients,
            gradients,
            noise: [0.9, 0.7],
        };
        let mut random = Random::new(6, 0);
        let residual: Vec<f32> =
            (0..SIZE.area()).map(|_| (0.05 * random.normal()) as f32).collect();
        let square = simd::dot(&residual, &residual);
        let scratch = &mut WarpCovarianceScratch::default();
        for model in Model::ALL {
            let mut patch = Patch::default();
            patch.build(model, of, Rect::new(40, 40, SIZE.width, SIZE.height), Size::new(200, 200));
            let descents = patch.descents();
            let (found, correlation) =
                measured(Level::new(), &patch, descents, &residual, square, scratch);
            let judge = gradient_products(&patch, descents, &residual);
            for (i, j) in (0..descents.of.len()).flat_map(|i| (0..=i).map(move |j| (i, j))) {
                let apart = found.at(i, j) - judge.at(i, j);
                assert!(apart.abs() < 1e-5 * judge.at(0, 0), "{model:?} {i} {j}: {apart}");
            }
            let judge = between_gaps(SIZE, descents, &residual, square, scratch);
            for (found, judge) in correlation.across.iter().zip(judge.across) {
                assert!((found - judge).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn products_at_all_lags_are_those_of_the_filter() {
        let of = wavy();
        let gradients = [&of[1], &of[2]].map(|of| View::new(SIZE, of));
        let of = Patches {
            template: View::new(SIZE, &of[0]),
            weights: gradients,
            gradients,
            noise: [1.0; 2],
        };
        let mut patch = Patch::default();
        patch.build(
            Model::Affine,
            of,
            Rect::new(40, 40, SIZE.width, SIZE.height),
            Size::new(200, 200),
        );
        let scratch = &mut WarpCovarianceScratch::default();
        let expected = Correlation::of_white_noise(&[1.0]);
        let known = what_noise_does(Level::new(), patch.descents(), SIZE, &expected, scratch);
        let mut kept = patch.clone();
        kept.keep();
        let by_lags = what_noise_does(Level::new(), kept.descents(), SIZE, &expected, scratch);
        assert!(known.lags.is_empty() && by_lags.lags.len() == 15);
        let lags: [&[f32]; 2] = [&[1.0, 0.4, 0.1, 0.05], &[1.0, -0.2, 0.1]];
        let [filtered, summed] = [known, by_lags]
            .map(|known| products(Level::new(), patch.descents(), SIZE, &known, lags, scratch));
        for (i, j) in (0..6).flat_map(|i| (0..=i).map(move |j| (i, j))) {
            let apart = filtered.at(i, j) - summed.at(i, j);
            assert!(apart.abs() < 1e-5 * filtered.at(0, 0).abs(), "{i} {j}: {apart}");
        }
    }
}
