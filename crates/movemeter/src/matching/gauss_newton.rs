//! The exact position between pixels: a Gauss–Newton fit of the template on a spline of the frame.
//!
//! Looks for the place p where the frame f, less what a change of brightness and contrast explains, has nothing
//! in common with the template's weights w ([`weights`]): the zero-mean normalised sum of
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
use super::weights;
use crate::geometry::Rect;
use crate::simd::{self, Fit, FitSums, Level, Rows};
use crate::spline::{self, Spline};
use crate::track::{Covariance, Status};

/// Steps smaller than this end the fit, px: a hundredth of what a clean window can give.
const SETTLED_PX: f64 = 1e-5;
/// Where a step leaves more of the sums than this, steps are plain from then on.
const MAX_LEFT: f64 = 0.5;
/// What rounding of the sums may leave of 2 (1 − score).
const SCORE_ROUNDING: f64 = 1e-6;
/// One good step does not promise that the next will leave less of the way than this, …
const LEAST_LEFT: f64 = 0.02;
/// … nor that it will leave less than this many times the part which that one left: in another direction a step may
/// be that much worse. (Of clean and noisy spots of 1 to 4 px most steps were not; what such a fit then left of the way was
/// 2e-6 px at most in 99 of 100 windows, and 1.2e-5 px in the worst of 28,000.)
const NEXT_LEFT: f64 = 5.0;
/// A last step may change the residual by this part of its square.
const MAX_CHANGE: f64 = 0.01;
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
    along: Rows,
    sampled: Rows,
    covariance: CovarianceScratch,
}

/// Where a fit begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The best whole-pixel position of the window's corner.
    pub whole: (isize, isize),
    /// How far from there to begin, px.
    pub lean: [f64; 2],
    /// A grey value amid the frame's there.
    pub offset: f32,
}

/// Fits the template near a whole-pixel position.
///
/// Fails as [`Status::Diverged`], as [`Status::Ambiguous`] if the window's texture does not tell its place in
/// every direction.
pub fn refine(
    level: Level,
    steepest: &Steepest,
    spline: &Spline,
    start: Start,
    noise: &Noise,
    scratch: &mut FitScratch,
) -> Result<Settled, Status> {
    let FitScratch { work, trimmed } = scratch;
    let Start { whole: (x, y), lean, offset } = start;
    let inset = outside(steepest, spline, (x, y));
    let steepest = if inset.is_none() {
        steepest
    } else {
        steepest.trimmed(inset, trimmed);
        trimmed
    };
    let fitting = Fitting { level, steepest, spline, offset, noise };
    steepest.sensitivity().inverse().ok_or(Status::Ambiguous)?;
    let (whole, mut steps) = ((x as f64, y as f64), Steps::new(steepest.sensitivity()));
    let (mut px, mut py) = (whole.0 + lean[0], whole.1 + lean[1]);
    for _ in 0..MAX_STEPS {
        let at = fitting.look((px, py), work).ok_or(Status::Diverged)?;
        if steps.last.is_none() {
            steps.sensitivity = fitting.without_noise(&at);
        }
        let (dx, dy) =
            steps.next((at.sums.x / at.gain, at.sums.y / at.gain)).ok_or(Status::Ambiguous)?;
        (px, py) = (px - dx, py - dy);
        if steps.have_settled(fitting.score(&at)) && fitting.is_known_by(&at, (dx, dy)) {
            let covariance = fitting.covariance(&at, work).ok_or(Status::Ambiguous)?;
            return Ok(Settled { x: px, y: py, score: fitting.score(&at), covariance });
        }
        if MAX_WAY_PX < (px - whole.0).abs().max((py - whole.1).abs()) {
            break;
        }
    }
    Err(fitting.why_not(whole, work))
}

/// The steps of a fit: what they teach of its sensitivity is used at once.
///
/// The template's own noise is in A, so that each plain step would leave a part of the way. What a step did to the
/// weighted sums corrects A (C. G. Broyden, Math. Comp. 19 (1965)); the place where the fit settles does not depend on
/// it. Where that does not help, the steps are plain.
struct Steps {
    plain: Matrix2,
    sensitivity: Matrix2,
    last: Option<Step>,
    /// Length of the last step and of the one before, px.
    lengths: [f64; 2],
    learns: bool,
}

/// A step and the sums from which it was made.
#[derive(Clone, Copy)]
struct Step {
    step: (f64, f64),
    sums: (f64, f64),
}

impl Steps {
    /// With the sensitivity of plain steps.
    fn new(plain: Matrix2) -> Self {
        Self { plain, sensitivity: plain, last: None, lengths: [f64::INFINITY; 2], learns: true }
    }

    /// The step to be taken back; `None` if the sums do not tell it.
    fn next(&mut self, sums: (f64, f64)) -> Option<(f64, f64)> {
        if let Some(last) = self.last.filter(|_| self.learns) {
            self.learn(last, sums);
        }
        let step = self.sensitivity.inverse()?.times(sums.0, sums.1);
        self.last = Some(Step { step, sums });
        self.lengths = [step.0.abs().max(step.1.abs()), self.lengths[0]];
        Some(step)
    }

    /// The step was taken back: the sums should have become zero, and what is left is the error.
    fn learn(&mut self, Step { step: (dx, dy), sums: before }: Step, sums: (f64, f64)) {
        let square = dx * dx + dy * dy;
        let error = (-sums.0 / square, -sums.1 / square);
        let of = Matrix2 { xx: error.0 * dx, xy: error.0 * dy, yx: error.1 * dx, yy: error.1 * dy };
        let learnt = self.sensitivity.plus(of);
        self.learns = sums.0.hypot(sums.1) < MAX_LEFT * before.0.hypot(before.1)
            && learnt.inverse().is_some();
        self.sensitivity = if self.learns { learnt } else { self.plain };
    }

    /// Whether the step after the last will be too small to matter. Where template and frame have little in common,
    /// much of the way is left by each step.
    fn have_settled(&self, score: f32) -> bool {
        let [last, before] = self.lengths;
        let by_score = 4.0 * (1.0 - f64::from(score));
        let left = (NEXT_LEFT * last / before).max(by_score).max(LEAST_LEFT);
        last < SETTLED_PX || (self.learns && last * left < 0.5 * SETTLED_PX)
    }
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
struct Look {
    sums: FitSums,
    /// How much stronger the frame's contrast is than the template's.
    gain: f64,
}

impl Fitting<'_> {
    /// `None` if template and frame have nothing in common there.
    fn look(&self, (px, py): (f64, f64), work: &mut Work) -> Option<Look> {
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
            weights: self.steepest.weights().each_ref(),
        };
        let sums = simd::fit_sums(self.level, &fit, &mut work.along, &mut work.sampled);
        let gain = (self.contrast(&sums) / self.steepest.template_square()).sqrt();
        (0.0 < sums.tf && 0.0 < gain && gain.is_finite()).then_some(Look { sums, gain })
    }

    fn n(&self) -> f64 {
        self.steepest.size().area() as f64
    }

    /// Σ (f − f̄)²
    fn contrast(&self, sums: &FitSums) -> f64 {
        sums.ff - sums.f * sums.f / self.n()
    }

    /// The sensitivity without what is expected of it to be noise, if all that is left over is.
    fn without_noise(&self, at: &Look) -> Matrix2 {
        let all = self.steepest.sensitivity();
        let left = 2.0 * (1.0 - f64::from(self.score(at))) * self.steepest.template_square();
        let noise = self.noise.of_template * left * weights::noise_gradient();
        let [x, y] = self.steepest.noise().map(|share| share * noise);
        let signal = all.minus(Matrix2 { xx: x, yy: y, ..Matrix2::default() });
        // Content that has changed its look leaves more than noise.
        if 0.5 * all.xx < signal.xx && 0.5 * all.yy < signal.yy { signal } else { all }
    }

    /// Whether a step from there changes so little that what is seen there is seen after it.
    fn is_known_by(&self, at: &Look, (dx, dy): (f64, f64)) -> bool {
        let left = 2.0 * (1.0 - f64::from(self.score(at))) - SCORE_ROUNDING;
        let change = self.steepest.roughness().along(dx, dy);
        dx.abs().max(dy.abs()) < SETTLED_PX || change < MAX_CHANGE * left
    }

    fn score(&self, at: &Look) -> f32 {
        let square = self.steepest.template_square() * self.contrast(&at.sums);
        (at.sums.tf / square.sqrt()).min(1.0) as f32
    }

    /// `None` if the texture does not tell the place in every direction.
    fn covariance(&self, at: &Look, work: &mut Work) -> Option<Covariance> {
        let Work { sampled, covariance, .. } = work;
        let light = ((at.sums.f / self.n()) as f32, (1.0 / at.gain) as f32);
        let (of, width) = ([&*sampled, self.steepest.template()], self.steepest.size().width);
        let sums = simd::residual(self.level, of, width, light, &mut covariance.residual);
        let of = covariance::covariance(self.level, self.steepest, sums, self.noise, covariance)?;
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
