//! How uncertain a fitted position is, from what the fit left over.
//!
//! With the residual r = (f − f̄)/a − t, which holds the noise of both frames, a part h of it from the
//! template (one half, unless the template is a mean of frames),
//!
//! ```text
//! C = H̃⁻¹ M H̃⁻¹      H̃ = H − h Σ ∂r ∂rᵀ      M = s² Σ g(p) ρ(p − q) g(q)ᵀ      s² = Σ r² / (n − 4)
//! ```
//!
//! H̃ is the Hessian without the gradients that are noise themselves: they steer the fit but tell
//! nothing of motion. ρ is the residual's own autocorrelation, measured along x and along y and taken
//! as their product, so that noise which is correlated (by smoothing, a blur, compression, or because
//! the object changed its look) counts as much as it should. That is the sandwich form of the
//! covariance of an estimate (P. J. Huber 1967); for white noise and H̃ = H it is s² H⁻¹.

use super::steepest::{Steepest, Symmetric};
use crate::geometry::Size;
use crate::simd;

/// Fitted parameters: x, y, brightness, contrast.
const N_PARAMETERS: usize = 4;
/// The residual's autocorrelation is followed this far, px, …
const MAX_LAG: usize = 8;
/// … and at most over this part of the window's side: farther, too few pixel pairs tell it.
const LAGS_PER_SIDE: usize = 4;
/// Pixels the derivative reaches to each side.
const REACH: usize = 2;

/// Working memory.
#[derive(Default)]
pub struct CovarianceScratch {
    residual: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
    rows: Vec<f32>,
    both: Vec<f32>,
}

/// The covariance of the position, px²; `None` if some direction is not determined at all.
///
/// `residual` has the fitted part's size. Of equal frames it is zero, and so is the covariance.
pub fn covariance(
    steepest: &Steepest,
    residual: &[f32],
    template_noise: f64,
    scratch: &mut CovarianceScratch,
) -> Option<Symmetric> {
    let width = steepest.size().width;
    let square = simd::dot(residual, residual);
    if square <= 0.0 {
        return Some(Symmetric::default());
    }
    let noise = gradient_products(residual, width);
    let Symmetric { xx, xy, yy } = steepest.hessian();
    let signal = Symmetric {
        xx: xx - template_noise * noise.xx,
        xy: xy - template_noise * noise.xy,
        yy: yy - template_noise * noise.yy,
    };
    let n = residual.len();
    let variance = square / (n.saturating_sub(N_PARAMETERS).max(1)) as f64;
    let size = steepest.size();
    pad(residual, width, &mut scratch.residual);
    let padded = &scratch.residual;
    let across = autocorrelation(padded, size, 1, size.width, square);
    let down = autocorrelation(padded, size, width + MAX_LAG, size.height, square);
    let middle = spread(steepest, &across, &down, scratch);
    let Symmetric { xx, xy, yy } = signal.inverse()?.around(middle);
    Some(Symmetric { xx: variance * xx, xy: variance * xy, yy: variance * yy })
}

/// Σ ∂r ∂rᵀ over the inside, scaled up to the whole.
fn gradient_products(residual: &[f32], width: usize) -> Symmetric {
    let height = residual.len() / width;
    if width <= 2 * REACH || height <= 2 * REACH {
        return Symmetric::default();
    }
    let mut sum = Symmetric::default();
    for y in REACH..height - REACH {
        let row = |dy: usize| &residual[(y + dy - REACH) * width..][..width];
        let rows = [row(0), row(1), row(2), row(3), row(4)];
        let row = gradient_row(rows);
        sum = Symmetric { xx: sum.xx + row[0], xy: sum.xy + row[1], yy: sum.yy + row[2] };
    }
    let inside = ((width - 2 * REACH) * (height - 2 * REACH)) as f64;
    let scale = residual.len() as f64 / inside;
    Symmetric { xx: scale * sum.xx, xy: scale * sum.xy, yy: scale * sum.yy }
}

fn gradient_row([above2, above, row, below, below2]: [&[f32]; 5]) -> [f64; 3] {
    let [near, far] = super::DERIVATIVE;
    let (mut xx, mut xy, mut yy) = (0.0f32, 0.0f32, 0.0f32);
    for x in REACH..row.len() - REACH {
        let gx = near * (row[x + 1] - row[x - 1]) + far * (row[x + 2] - row[x - 2]);
        let gy = near * (below[x] - above[x]) + far * (below2[x] - above2[x]);
        xx += gx * gx;
        xy += gx * gy;
        yy += gy * gy;
    }
    [xx, xy, yy].map(f64::from)
}

/// ρ(0) = 1, ρ(1), … along x (`step` 1) or y (`step` the stride) of a patch `side` long that way,
/// which is one of `size`, padded.
fn autocorrelation(padded: &[f32], size: Size, step: usize, side: usize, square: f64) -> Vec<f32> {
    let n_lags = MAX_LAG.min(side / LAGS_PER_SIDE);
    let mean_square = square / size.area() as f64;
    let at = |lag: usize| {
        let n_pairs = size.area() / side * (side - lag);
        let products = simd::dot(padded, &padded[lag * step..]);
        (products / n_pairs as f64 / mean_square) as f32
    };
    std::iter::once(1.0).chain((1..=n_lags).map(at)).collect()
}

/// Rows with [`MAX_LAG`] zeros behind each: shifted by as many, none meets another row's pixels.
fn pad(patch: &[f32], width: usize, padded: &mut Vec<f32>) {
    padded.clear();
    for row in patch.chunks_exact(width) {
        padded.extend_from_slice(row);
        padded.extend_from_slice(&[0.0; MAX_LAG]);
    }
}

/// Σ g(p) ρ(p − q) g(q)ᵀ with ρ(dx, dy) = across(|dx|) · down(|dy|).
fn spread(
    steepest: &Steepest,
    across: &[f32],
    down: &[f32],
    scratch: &mut CovarianceScratch,
) -> Symmetric {
    let width = steepest.size().width;
    let CovarianceScratch { x, y, rows, both, .. } = scratch;
    pad(steepest.x(), width, x);
    pad(steepest.y(), width, y);
    let mut filtered = |g: &[f32]| {
        filter(g, 1, across, rows);
        filter(rows, width + MAX_LAG, down, both);
        // Behind the rows the filter leaves something, but there x and y are zero.
        [simd::dot(both, x), simd::dot(both, y)]
    };
    let ([xx, xy], [_, yy]) = (filtered(x), filtered(y));
    Symmetric { xx, xy, yy }
}

/// Filtered by a symmetric kernel along the places `step` apart.
fn filter(from: &[f32], step: usize, kernel: &[f32], to: &mut Vec<f32>) {
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
    use super::super::steepest::Inset;
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
        steepest.build([&of[0], &of[1], &of[2]], SIZE, Inset::default());
        steepest
    }

    fn noise(seed: u64, sd: f64) -> Vec<f32> {
        let mut random = Random::new(seed, 0);
        (0..SIZE.area()).map(|_| (sd * random.normal()) as f32).collect()
    }

    #[test]
    fn without_residual_there_is_no_uncertainty() {
        let residual = vec![0.0; SIZE.area()];
        let found = covariance(&wavy(), &residual, 0.5, &mut CovarianceScratch::default());
        assert_eq!(found, Some(Symmetric::default()));
    }

    #[test]
    fn weak_white_noise_gives_its_variance_over_the_hessian() {
        let steepest = wavy();
        let expected = 1e-4 * steepest.hessian().inverse().unwrap().xx;
        let mean: f64 = (0..40)
            .map(|seed| {
                let scratch = &mut CovarianceScratch::default();
                covariance(&steepest, &noise(seed, 0.01), 0.5, scratch).unwrap().xx / 40.0
            })
            .sum();
        // Forty windows of 480 pixels, each with a few measured lags.
        assert!((mean / expected - 1.0).abs() < 0.1, "{mean} {expected}");
    }

    #[test]
    fn noise_as_strong_as_the_texture_leaves_the_place_open() {
        let residual = noise(3, 2.0);
        assert_eq!(covariance(&wavy(), &residual, 0.5, &mut CovarianceScratch::default()), None);
    }

    #[test]
    fn the_spread_is_the_double_sum_it_stands_for() {
        let (steepest, across, down) = (wavy(), [1.0, 0.5, 0.25], [1.0, -0.3]);
        let rho = |kernel: &[f32], lag: usize| f64::from(kernel.get(lag).copied().unwrap_or(0.0));
        let mut sum = 0.0;
        for (p, gp) in steepest.x().iter().enumerate() {
            for (q, gq) in steepest.y().iter().enumerate() {
                let dx = (p % SIZE.width).abs_diff(q % SIZE.width);
                let dy = (p / SIZE.width).abs_diff(q / SIZE.width);
                sum += f64::from(gp * gq) * rho(&across, dx) * rho(&down, dy);
            }
        }
        let found = spread(&steepest, &across, &down, &mut CovarianceScratch::default());
        assert!((found.xy - sum).abs() < 1e-4, "{} {sum}", found.xy);
    }
}
