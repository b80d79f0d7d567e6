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
//! How uncertain the result is: [`covariance`](super::covariance).

use super::covariance::{self, CovarianceScratch};
use super::steepest::{Inset, Steepest, Symmetric};
use crate::geometry::Rect;
use crate::simd::{self, Fit, FitSums, Level};
use crate::spline::{self, Spline};
use crate::track::{Covariance, Status};

/// Steps smaller than this end the fit, px: a hundredth of what a clean window can give.
const SETTLED_PX: f64 = 1e-5;
/// Even at a score of 0.5, where each step leaves about half of the way, this settles.
const MAX_STEPS: usize = 40;
/// Farther from the best whole pixel than this, the fit has left its peak.
const MAX_WAY_PX: f64 = 1.5;
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
    residual: Vec<f32>,
    covariance: CovarianceScratch,
}

/// Fits the template near the whole-pixel position (`x`, `y`) of the window's corner.
///
/// `offset` is the frame's mean grey value there, `template_noise` the template's part of the
/// noise. Fails as [`Status::Diverged`], as
/// [`Status::Ambiguous`] if the window's texture does not tell its place in every direction.
pub fn refine(
    level: Level,
    steepest: &Steepest,
    spline: &Spline,
    (x, y): (isize, isize),
    offset: f32,
    template_noise: f64,
    scratch: &mut FitScratch,
) -> Result<Settled, Status> {
    let FitScratch { row, trimmed, residual, covariance } = scratch;
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
        let fit = fit_at(steepest, spline, (px, py), offset);
        let sums = simd::fit_sums(level, &fit, row);
        let gain = gain(&sums, steepest).ok_or(Status::Diverged)?;
        let (dx, dy) = inverse.times(sums.x / gain, sums.y / gain);
        if dx.abs().max(dy.abs()) < SETTLED_PX {
            let mean = sums.f / steepest.size().area() as f64;
            simd::residual(level, &fit, mean as f32, (1.0 / gain) as f32, row, residual);
            let covariance = covariance::covariance(steepest, residual, template_noise, covariance);
            return settle(steepest, &sums, covariance, (px - dx, py - dy));
        }
        (px, py) = (px - dx, py - dy);
        if MAX_WAY_PX < (px - x as f64).abs().max((py - y as f64).abs()) {
            return Err(Status::Diverged);
        }
    }
    Err(Status::Diverged)
}

/// What must be left out because the found window is at the frame's border.
fn outside(steepest: &Steepest, spline: &Spline, (x, y): (isize, isize)) -> Inset {
    let ((left, top), size) = (steepest.origin(), steepest.size());
    let part = Rect::new(x + left as isize, y + top as isize, size.width, size.height);
    Inset::at_border(part, spline.size())
}

/// What the kernels need to compare the template with the frame at a position.
fn fit_at<'a>(
    steepest: &'a Steepest,
    spline: &'a Spline,
    (px, py): (f64, f64),
    offset: f32,
) -> Fit<'a> {
    let (x, y) = (px.floor(), py.floor());
    let (ox, oy) = steepest.origin();
    Fit {
        coefficients: spline.coefficients_from(x as isize + ox as isize, y as isize + oy as isize),
        stride: spline.stride(),
        across: spline::weights(px - x).map(|weight| weight as f32),
        down: spline::weights(py - y).map(|weight| weight as f32),
        offset,
        width: steepest.size().width,
        template: steepest.template(),
        steepest_x: steepest.x(),
        steepest_y: steepest.y(),
    }
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

fn settle(
    steepest: &Steepest,
    sums: &FitSums,
    covariance: Option<Symmetric>,
    (x, y): (f64, f64),
) -> Result<Settled, Status> {
    let n = steepest.size().area() as f64;
    let score = (sums.tf / (steepest.template_square() * contrast(sums, n)).sqrt()).min(1.0);
    let covariance = covariance.ok_or(Status::Ambiguous)?;
    if MAX_SD_PX * MAX_SD_PX < covariance.largest() {
        return Err(Status::Ambiguous);
    }
    let Symmetric { xx, xy, yy } = covariance;
    let covariance = Covariance { xx: xx as f32, xy: xy as f32, yy: yy as f32 };
    Ok(Settled { x, y, score: score as f32, covariance })
}
