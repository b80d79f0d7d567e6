//! The exact position between pixels: a Gauss–Newton fit of the template on a spline of the frame.
//!
//! Looks for the place p where the frame f, less what a change of brightness and contrast explains, has nothing
//! in common with the template's weights w ([`weights`](super::weights)): the zero-mean normalised sum of
//! squared differences is least there, if the weights are the gradients. Inverse compositional: weights
//! and gradients g belong to the template and are made once (S. Baker & I. Matthews, "Lucas–Kanade 20
//! Years On", IJCV 56 (2004); B. Pan, K. Li & W. Tong, Experimental Mechanics 53 (2013)). Because w is
//! orthogonal to 1 and to the template t, with f(x + p) = a t(x) + a gᵀ(p − d) + b the step is
//!
//! ```text
//! p ← p − A⁻¹ Σ w f(x + p) / a          A = Σ w gᵀ,  a = √(Σ (f − f̄)² / Σ t²)
//! ```
//!
//! **No half-pixel locking.** Interpolation half-way between pixels smooths noise, which would draw
//! a least-squares fit there. Two things prevent it: the noise of f enters this equation only through
//! its product with w, which does not know it; and both frames are smoothed alike before
//! ([`SMOOTHING`](super::SMOOTHING)), so that there is little left for interpolation to smooth.
//!
//! How uncertain the result is: [`covariance`].

use super::covariance::{self, CovarianceScratch, Noise};
use super::matrix2::Matrix2;
use super::steepest::{Inset, Steepest};
use crate::geometry::Rect;
use crate::simd::{self, Fit, FitSums, Level};
use crate::spline::{self, Spline};
use crate::track::{Covariance, Status};

/// Steps smaller than this end the fit, px: a hundredth of what a clean window can give.
const SETTLED_PX: f64 = 1e-5;
/// Even at a score of 0.5, where each step leaves about half of the way, this settles.
const MAX_STEPS: usize = 40;
/// Farther from the best whole pixel than this, the fit has left its peak.
pub(super) const MAX_WAY_PX: f64 = 1.5;
/// A window that is not known to a third of a pixel (standard deviation, worst direction) slides along an
/// edge or sits on noise: the whole-pixel peak is arbitrary then.
pub const MAX_SD_PX: f64 = 0.3;

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
    work: Work,
    trimmed: Steepest,
}

#[derive(Default)]
struct Work {
    row: Vec<f32>,
    residual: Vec<f32>,
    covariance: CovarianceScratch,
}

/// Fits the template near the whole-pixel position (`x`, `y`) of the window's corner.
///
/// `offset` is the frame's mean grey value there. Fails as [`Status::Diverged`], as
/// [`Status::Ambiguous`] if the window's texture does not tell its place in every direction.
pub fn refine(
    level: Level,
    steepest: &Steepest,
    spline: &Spline,
    (x, y): (isize, isize),
    offset: f32,
    noise: &Noise,
    scratch: &mut FitScratch,
) -> Result<Settled, Status> {
    let FitScratch { work, trimmed } = scratch;
    let inset = outside(steepest, spline, (x, y));
    let steepest = if inset.is_none() {
        steepest
    } else {
        steepest.trimmed(inset, trimmed);
        trimmed
    };
    let fitting = Fitting { level, steepest, spline, offset, noise };
    let inverse = steepest.sensitivity().inverse().ok_or(Status::Ambiguous)?;
    let (mut px, mut py) = (x as f64, y as f64);
    for _ in 0..MAX_STEPS {
        let at = fitting.look((px, py), work).ok_or(Status::Diverged)?;
        let (dx, dy) = inverse.times(at.sums.x / at.gain, at.sums.y / at.gain);
        (px, py) = (px - dx, py - dy);
        if dx.abs().max(dy.abs()) < SETTLED_PX {
            let covariance = fitting.covariance(&at, work).ok_or(Status::Ambiguous)?;
            return Ok(Settled { x: px, y: py, score: fitting.score(&at), covariance });
        }
        if MAX_WAY_PX < (px - x as f64).abs().max((py - y as f64).abs()) {
            break;
        }
    }
    Err(fitting.why_not((x as f64, y as f64), work))
}

/// What a fit works on.
struct Fitting<'a> {
    level: Level,
    steepest: &'a Steepest,
    spline: &'a Spline,
    offset: f32,
    noise: &'a Noise,
}

/// Template and frame compared at one position.
struct Look<'a> {
    fit: Fit<'a>,
    sums: FitSums,
    /// How much stronger the frame's contrast is than the template's.
    gain: f64,
}

impl<'a> Fitting<'a> {
    /// `None` if template and frame have nothing in common there.
    fn look(&self, (px, py): (f64, f64), work: &mut Work) -> Option<Look<'a>> {
        let (x, y) = (px.floor(), py.floor());
        let (left, top) = self.steepest.origin();
        let fit = Fit {
            coefficients: self
                .spline
                .coefficients_from(x as isize + left as isize, y as isize + top as isize),
            stride: self.spline.stride(),
            across: spline::weights(px - x).map(|weight| weight as f32),
            down: spline::weights(py - y).map(|weight| weight as f32),
            offset: self.offset,
            width: self.steepest.size().width,
            template: self.steepest.template(),
            steepest_x: self.steepest.x(),
            steepest_y: self.steepest.y(),
        };
        let sums = simd::fit_sums(self.level, &fit, &mut work.row);
        let gain = (self.contrast(&sums) / self.steepest.template_square()).sqrt();
        (0.0 < sums.tf && 0.0 < gain && gain.is_finite()).then_some(Look { fit, sums, gain })
    }

    fn n(&self) -> f64 {
        self.steepest.size().area() as f64
    }

    /// Σ (f − f̄)²
    fn contrast(&self, sums: &FitSums) -> f64 {
        sums.ff - sums.f * sums.f / self.n()
    }

    fn score(&self, at: &Look<'_>) -> f32 {
        let square = self.steepest.template_square() * self.contrast(&at.sums);
        (at.sums.tf / square.sqrt()).min(1.0) as f32
    }

    /// `None` if the texture does not tell the place in every direction.
    fn covariance(&self, at: &Look<'_>, work: &mut Work) -> Option<Covariance> {
        let Work { row, residual, covariance } = work;
        let (mean, scale) = ((at.sums.f / self.n()) as f32, (1.0 / at.gain) as f32);
        simd::residual(self.level, &at.fit, mean, scale, row, residual);
        let of = covariance::covariance(self.steepest, residual, self.noise, covariance)?;
        let Matrix2 { xx, xy, yy, .. } = of;
        let is_known = of.largest() <= MAX_SD_PX * MAX_SD_PX;
        is_known.then_some(Covariance { xx: xx as f32, xy: xy as f32, yy: yy as f32 })
    }

    /// Why the fit did not settle: it slid along where the texture does not tell the place, or not.
    fn why_not(&self, start: (f64, f64), work: &mut Work) -> Status {
        match self.look(start, work).map(|at| self.covariance(&at, work)) {
            Some(None) => Status::Ambiguous,
            Some(Some(_)) | None => Status::Diverged,
        }
    }
}

/// What must be left out because the found window is at the frame's border.
fn outside(steepest: &Steepest, spline: &Spline, (x, y): (isize, isize)) -> Inset {
    let ((left, top), size) = (steepest.origin(), steepest.size());
    let part = Rect::new(x + left as isize, y + top as isize, size.width, size.height);
    Inset::at_border(part, spline.size())
}
