//! The exact position between pixels: a Gauss–Newton fit of the template on a spline of the frame.
//!
//! Minimises the zero-mean normalised sum of squared differences, inverse compositional: gradients
//! and Hessian belong to the template and are made once (S. Baker & I. Matthews, "Lucas–Kanade 20
//! Years On", IJCV 56 (2004); B. Pan, K. Li & W. Tong, Experimental Mechanics 53 (2013)). Because the
//! steepest descents g are orthogonal to 1 and to the template t, with f(x + p) = a t(x) + a gᵀ(p − d)
//! + b the step is
//!
//! ```text
//! p ← p − H⁻¹ Σ g f(x + p) / a          H = Σ g gᵀ,  a = √(Σ (f − f̄)² / Σ t²)
//! ```
//!
//! **No half-pixel locking.** Interpolation half-way between pixels smooths noise, which would draw
//! a least-squares fit there. Two things prevent it: the noise of f enters this equation only through
//! its product with g, which it does not know; and both frames are smoothed alike before
//! ([`SMOOTHING`](super::SMOOTHING)), so that there is little left for interpolation to smooth.
//!
//! **Covariance.** With the residual variance s² = 2 Σ t² (1 − ρ) / (n − 4), ρ the score, which holds
//! the noise of both frames, half in each,
//!
//! ```text
//! C = s² H̃⁻¹ M H̃⁻¹      H̃ = H − n (s²/2) κ
//! ```
//!
//! where M = Σ g(p) ρₙ(p − q) g(q)ᵀ counts the correlation ρₙ which the smoothing left in the noise,
//! and κ is the share of gradient that is noise itself.

use super::steepest::{Inset, Steepest, Symmetric};
use crate::simd::{self, Fit, FitSums, Level};
use crate::spline::{self, Spline};
use crate::track::{Covariance, Status};

/// Steps smaller than this end the fit, px: a hundredth of what a clean window can give.
const SETTLED_PX: f64 = 1e-5;
/// Even at a score of 0.5, where each step leaves about half of the way, this settles.
const MAX_STEPS: usize = 40;
/// Farther from the best whole pixel than this, the fit has left its peak.
const MAX_WAY_PX: f64 = 1.5;
/// Fitted parameters: x, y, brightness, contrast.
const N_PARAMETERS: f64 = 4.0;
/// A window that is not known to half a pixel (standard deviation, worst direction) slides along an
/// edge or sits on noise: the whole-pixel peak is arbitrary then.
const MAX_SD_PX: f64 = 0.5;

/// Σ over taps of (derivative ∗ smoothing)² over Σ smoothing²: the gradient of smoothed white noise.
pub const NOISE_GRADIENT: f64 = 44.4 / 144.0 / 0.44;

/// Where the fit settled.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Left of the found window, px.
    pub x: f64,
    /// Top of the found window, px.
    pub y: f64,
    /// Score there.
    pub score: f32,
    /// Of the position's error.
    pub covariance: Covariance,
}

/// Working memory of a fit.
#[derive(Default)]
pub struct FitScratch {
    row: Vec<f32>,
    trimmed: Steepest,
}

/// Fits the template near the whole-pixel position (`x`, `y`) of the window's corner.
///
/// `offset` is a grey value near the frame's mean there. Fails as [`Status::Diverged`], as
/// [`Status::Ambiguous`] if the window's texture does not tell its place in every direction.
pub fn refine(
    level: Level,
    steepest: &Steepest,
    spline: &Spline,
    (x, y): (isize, isize),
    offset: f32,
    scratch: &mut FitScratch,
) -> Result<Settled, Status> {
    let FitScratch { row, trimmed } = scratch;
    let inset = outside(steepest, spline, (x, y));
    let steepest = if inset.is_none() {
        steepest
    } else {
        steepest.trimmed(inset, trimmed);
        trimmed
    };
    let inverse = steepest.hessian().inverse().ok_or(Status::Ambiguous)?;
    let (mut px, mut py) = (x as f64, y as f64);
    for _ in 0..MAX_STEPS {
        let sums = sums_at(level, steepest, spline, (px, py), offset, row);
        let gain = gain(&sums, steepest).ok_or(Status::Diverged)?;
        let (dx, dy) = inverse.times(sums.x / gain, sums.y / gain);
        (px, py) = (px - dx, py - dy);
        if MAX_WAY_PX < (px - x as f64).abs().max((py - y as f64).abs()) {
            return Err(Status::Diverged);
        }
        if dx.abs().max(dy.abs()) < SETTLED_PX {
            let sums = sums_at(level, steepest, spline, (px, py), offset, row);
            return settle(steepest, &sums, (px, py));
        }
    }
    Err(Status::Diverged)
}

/// What must be left out because the found window touches the frame's border.
fn outside(steepest: &Steepest, spline: &Spline, (x, y): (isize, isize)) -> Inset {
    let (from, size, frame) = (steepest.origin(), steepest.size(), spline.size());
    let (left, top) = (x + from.0 as isize, y + from.1 as isize);
    let (right, bottom) = (left + size.width as isize, top + size.height as isize);
    Inset {
        left: usize::from(left <= 0),
        right: usize::from(frame.width as isize <= right),
        top: usize::from(top <= 0),
        bottom: usize::from(frame.height as isize <= bottom),
    }
}

fn sums_at(
    level: Level,
    steepest: &Steepest,
    spline: &Spline,
    (px, py): (f64, f64),
    offset: f32,
    row: &mut Vec<f32>,
) -> FitSums {
    let (x, y) = (px.floor(), py.floor());
    let (ox, oy) = steepest.origin();
    let fit = Fit {
        coefficients: spline.coefficients_from(x as isize + ox as isize, y as isize + oy as isize),
        stride: spline.stride(),
        across: spline::weights(px - x).map(|weight| weight as f32),
        down: spline::weights(py - y).map(|weight| weight as f32),
        offset,
        width: steepest.size().width,
        template: steepest.template(),
        steepest_x: steepest.x(),
        steepest_y: steepest.y(),
    };
    simd::fit_sums(level, &fit, row)
}

/// Σ (f − f̄)²
fn contrast(sums: &FitSums, n: f64) -> f64 {
    sums.ff - sums.f * sums.f / n
}

/// How much stronger the frame's contrast is than the template's; `None` if they have nothing in common.
fn gain(sums: &FitSums, steepest: &Steepest) -> Option<f64> {
    let contrast = contrast(sums, steepest.size().area() as f64);
    let gain = (contrast / steepest.template_square()).sqrt();
    (0.0 < sums.tf && 0.0 < gain && gain.is_finite()).then_some(gain)
}

fn settle(steepest: &Steepest, sums: &FitSums, (x, y): (f64, f64)) -> Result<Settled, Status> {
    let n = steepest.size().area() as f64;
    let square = steepest.template_square();
    let score = (sums.tf / (square * contrast(sums, n)).sqrt()).min(1.0);
    let variance = 2.0 * square * (1.0 - score) / (n - N_PARAMETERS).max(1.0);
    let covariance = covariance(steepest, variance, n).ok_or(Status::Ambiguous)?;
    if MAX_SD_PX * MAX_SD_PX < covariance.largest() {
        return Err(Status::Ambiguous);
    }
    let Symmetric { xx, xy, yy } = covariance;
    let covariance = Covariance { xx: xx as f32, xy: xy as f32, yy: yy as f32 };
    Ok(Settled { x, y, score: score as f32, covariance })
}

/// See the head of this file.
fn covariance(steepest: &Steepest, variance: f64, n: f64) -> Option<Symmetric> {
    let Symmetric { xx, xy, yy } = steepest.hessian();
    let noise = n * 0.5 * variance * NOISE_GRADIENT;
    let signal = Symmetric { xx: xx - noise, xy, yy: yy - noise };
    let shape = signal.inverse()?.around(steepest.noise_shape());
    Some(Symmetric { xx: variance * shape.xx, xy: variance * shape.xy, yy: variance * shape.yy })
}
