//! The exact place, angle and shape of a window's content: a Gauss–Newton fit of a warp.
//!
//! The fit of [`gauss_newton`](super::gauss_newton), of any [`Model`] and over any of the window's
//! pixels. Inverse compositional: the steepest descents belong to the template, the step Δp that
//! would warp the template onto what the frame shows is found, and its inverse goes before the warp,
//!
//! ```text
//! Δp = A⁻¹ Σ w f(W(r)) / a        W ← W ∘ W(Δp)⁻¹        A = Σ w gᵀ,  a = √(Σ (f − f̄)² / Σ t²)
//! ```
//!
//! (S. Baker & I. Matthews, IJCV 56 (2004)). A rigid step turns by its angle exactly, so angles may
//! be of any size. An affine warp starts as a rigid one.

use super::covariance::Noise;
use super::matrix::{Matrix, Vector};
use super::patch::{Descents, Patch};
use super::warp::{Model, Warp};
use super::warp_covariance::{self, WarpCovarianceScratch};
use crate::mask::Counts;
use crate::simd;
use crate::spline::Spline;
use crate::track::{Covariance, Status};

/// Steps smaller than this end the fit, px: a hundredth of what a clean window can give.
const SETTLED_PX: f64 = 1e-5;
/// Even where each step leaves nine tenths of the way, because so much of the gradients is noise, this
/// settles.
const MAX_STEPS: usize = 150;
/// No step is longer, px: farther off, the gradients tell nothing.
const MAX_STEP_PX: f64 = 2.0;
/// Farther from its start than this, the centre has left its peak. Turning moves the whole-pixel peak
/// by more than moving does.
const MAX_WAY_PX: f64 = 4.0;
/// The deformation may change by this much, about 30°: more is not the hill that was started on.
const MAX_CHANGE: f64 = 0.5;
/// A place that is not known to a third of a pixel (standard deviation, worst direction) is not known.
const MAX_SD_PX: f64 = 0.3;
/// Nor is a turn that is not known to a pixel at the radius of the window.
const MAX_SD_TURN_PX: f64 = 1.0;
/// An angle that is not known to this is not known, however small the window, rad: about 6°.
const MAX_SD_ANGLE_RAD: f64 = 0.1;
/// Σ gθ² / Σ t² of a window in which turning is seen, moving aside: a turn by 1 rad costs half a per
/// cent of its likeness. What is less is the roundness of pixels and grey values.
const MIN_TURNING: f64 = 1e-2;
/// What tells an angle must be more than noise could seem to by this many of its standard deviations, …
const BEYOND_NOISE: f64 = 2.5;
/// … for each pixel is worth this many independent ones, when squares of gradients of smoothed noise
/// are summed that weigh with the square of the distance from the centre.
const INDEPENDENT: f64 = 0.26;
/// Pixels that must count for each parameter.
const PIXELS_PER_PARAMETER: usize = 4;
/// How often the pixels that count may change because the warp brings others to the frame's border or
/// under its mask.
const MAX_ROUNDS: usize = 3;
/// A fit that ends this much below its start has run away.
const MAX_LOSS: f32 = 0.02;

/// Where the fit settled.
#[derive(Clone, Copy, Debug)]
pub struct Fitted {
    /// Where the window's content is.
    pub warp: Warp,
    /// Score there.
    pub score: f32,
    /// Of the error of the centre's place.
    pub covariance: Covariance,
    /// Of the angle's error; 0 if it was not fitted.
    pub sd_angle_rad: f64,
}

/// Working memory of a fit.
#[derive(Default)]
pub struct WarpFitScratch {
    descents: Descents,
    counted: Vec<f32>,
    work: Work,
}

#[derive(Default)]
struct Work {
    values: Vec<f32>,
    residual: Vec<f32>,
    covariance: WarpCovarianceScratch,
}

/// Fits a warp of the patch's model, or of a simpler one, from a start near by; over the pixels that count
/// in the frame, too.
///
/// Fails as [`Status::Diverged`], and as
/// [`Status::Ambiguous`] if the texture does not tell the place in every direction, or the angle.
///
/// # Panics
///
/// If the patch was built for a simpler model.
pub fn refine(
    patch: &Patch,
    model: Model,
    (spline, counts): (&Spline, Option<&Counts>),
    start: Warp,
    noise: &Noise,
    scratch: &mut WarpFitScratch,
) -> Result<Fitted, Status> {
    let WarpFitScratch { descents, counted, work } = scratch;
    counted.clear();
    let mut warp = start;
    for round in 0..=MAX_ROUNDS {
        let is_part = patch.leave_out(&warp, spline.size(), counts, descents);
        let descents = if is_part { &*descents } else { patch.descents() };
        let fitting = Fitting { patch, descents, spline, noise };
        if *counted == descents.counts || round == MAX_ROUNDS {
            return fitting.fitted(model, &warp, work);
        }
        counted.clone_from(&descents.counts);
        warp = fitting.settle(model, warp, work)?;
    }
    Err(Status::Diverged)
}

/// What a fit works on.
struct Fitting<'a> {
    patch: &'a Patch,
    descents: &'a Descents,
    spline: &'a Spline,
    noise: &'a Noise,
}

/// Template and frame compared at one warp.
struct Look {
    /// How much stronger the frame's contrast is than the template's.
    gain: f64,
    score: f32,
}

impl Fitting<'_> {
    /// Fits simpler models first, so that each starts near its end.
    fn settle(&self, model: Model, start: Warp, work: &mut Work) -> Result<Warp, Status> {
        let descents = self.descents;
        if descents.n < PIXELS_PER_PARAMETER * model.n_parameters() {
            return Err(Status::Ambiguous);
        }
        let first = self.look(&start, work).ok_or(Status::Diverged)?;
        let rough = match model {
            Model::Translation | Model::Rigid => start,
            Model::Affine => self.steps(Model::Rigid, start, ROUGHLY_SETTLED_PX, work)?,
        };
        let warp = self.steps(model, rough, SETTLED_PX, work)?;
        let last = self.look(&warp, work).ok_or(Status::Diverged)?;
        if first.score - MAX_LOSS <= last.score { Ok(warp) } else { Err(Status::Diverged) }
    }

    fn steps(
        &self,
        model: Model,
        start: Warp,
        settled_px: f64,
        work: &mut Work,
    ) -> Result<Warp, Status> {
        let basis = self.basis(model);
        let sensitivity = self.descents.sensitivity.along(basis);
        let inverse = sensitivity.inverse().ok_or(Status::Ambiguous)?;
        let mut warp = start;
        for _ in 0..MAX_STEPS {
            let step = self.step(basis, &inverse, &warp, work).ok_or(Status::Diverged)?;
            let longest = step.iter().fold(0.0f64, |longest, px| longest.max(px.abs()));
            let shorter = (MAX_STEP_PX / longest).min(1.0);
            let small = Warp::of(model, &step.map(|px| shorter * px), self.patch.radius());
            warp = warp.after_inverse(&small).ok_or(Status::Diverged)?;
            if longest < settled_px {
                return Ok(warp);
            }
            if is_far(&start, &warp) {
                break;
            }
        }
        Err(self.why_not(model, &start, work))
    }

    fn basis(&self, model: Model) -> &'static [Vector] {
        self.patch.model().basis(model).expect("a patch is built for the model that is fitted")
    }

    /// A⁻¹ Σ w f / a
    fn step(
        &self,
        basis: &[Vector],
        inverse: &Matrix,
        warp: &Warp,
        work: &mut Work,
    ) -> Option<Vector> {
        let at = self.look(warp, work)?;
        let mut sums = Vector::default();
        for (sum, descent) in sums.iter_mut().zip(&self.descents.of) {
            *sum = simd::dot(descent, &work.values) / at.gain;
        }
        let mut along = Vector::default();
        for (along, direction) in along.iter_mut().zip(basis) {
            *along = direction.iter().zip(sums).map(|(part, sum)| part * sum).sum();
        }
        Some(inverse.times(&along))
    }

    /// Samples the frame; `None` if template and frame have nothing in common there.
    fn look(&self, warp: &Warp, work: &mut Work) -> Option<Look> {
        let Descents { counts, n, template, template_square, .. } = self.descents;
        let values = &mut work.values;
        self.sample(warp, values);
        let (n, sum) = (*n as f64, simd::sum(values));
        let contrast = simd::dot(values, values) - sum * sum / n;
        let mean = sum / n;
        for (value, counts) in values.iter_mut().zip(counts) {
            *value -= mean as f32 * counts;
        }
        let product = simd::dot(template, values);
        let gain = (contrast / template_square).sqrt();
        let score = (product / (template_square * contrast).sqrt()).min(1.0) as f32;
        (0.0 < product && 0.0 < gain && gain.is_finite()).then_some(Look { gain, score })
    }

    /// The frame less its value at the centre, so that sums do not cancel; 0 where nothing counts.
    fn sample(&self, warp: &Warp, values: &mut Vec<f32>) {
        let offset = self.spline.sample(warp.x, warp.y, 0.0);
        let value = |(i, &counts): (usize, &f32)| {
            if counts <= 0.0 {
                return 0.0;
            }
            let (x, y) = self.patch.from_centre(i);
            let place = warp.place(x, y);
            self.spline.sample(place.x, place.y, offset)
        };
        values.clear();
        values.extend(self.descents.counts.iter().enumerate().map(value));
    }

    fn fitted(&self, model: Model, warp: &Warp, work: &mut Work) -> Result<Fitted, Status> {
        let at = self.look(warp, work).ok_or(Status::Diverged)?;
        let (covariance, sd_angle_rad) =
            self.uncertainty(model, &at, warp, work).ok_or(Status::Ambiguous)?;
        Ok(Fitted { warp: *warp, score: at.score, covariance, sd_angle_rad })
    }

    /// Of place and angle; `None` if the texture does not tell one of them.
    fn uncertainty(
        &self,
        model: Model,
        at: &Look,
        warp: &Warp,
        work: &mut Work,
    ) -> Option<(Covariance, f64)> {
        self.take_residual(at, work);
        let Work { residual, covariance, .. } = work;
        let of = warp_covariance::spread(
            self.patch,
            self.descents,
            residual,
            self.noise,
            self.basis(model),
            covariance,
        );
        let n_noisy = n_noisy(residual);
        let basis = self.basis(model);
        let inverse = of.signal.along(basis).inverse()?;
        of.surely_signal.along(self.basis(Model::Translation)).inverse()?;
        let all = inverse.around(&of.middle.along(basis), of.variance);
        let place = turned_with(warp, &all);
        let largest = 0.5 * (place[0] + place[2]) + (0.5 * (place[0] - place[2])).hypot(place[1]);
        let sd_angle_rad = match model {
            Model::Translation => 0.0,
            Model::Rigid | Model::Affine => self.sd_of_angle(model, &inverse, &all, n_noisy)?,
        };
        let [xx, xy, yy] = place.map(|value| value as f32);
        (largest <= MAX_SD_PX * MAX_SD_PX).then_some((Covariance { xx, xy, yy }, sd_angle_rad))
    }

    fn sd_of_angle(
        &self,
        model: Model,
        inverse: &Matrix,
        all: &Matrix,
        n_noisy: f64,
    ) -> Option<f64> {
        let (angle, radius) = (model.angle(), self.patch.radius());
        let with_noise = self.descents.sensitivity.along(self.basis(model)).inverse()?;
        // What is known of the angle when the place is not.
        let known = |inverse: &Matrix| 1.0 / inverse.between(&angle, &angle);
        let turning = known(inverse) * radius * radius / self.descents.template_square;
        let noise = known(&with_noise) - known(inverse);
        let unsure = BEYOND_NOISE * (2.0 / (INDEPENDENT * n_noisy)).sqrt();
        let is_noise = known(inverse) < unsure * noise;
        let sd_px = all.between(&angle, &angle).sqrt();
        let is_known = sd_px <= MAX_SD_TURN_PX.min(MAX_SD_ANGLE_RAD * radius);
        (is_known && !is_noise && MIN_TURNING <= turning).then_some(sd_px / radius)
    }

    /// r = (f − f̄)/a − t; all zero where there is nothing but rounding.
    fn take_residual(&self, at: &Look, work: &mut Work) {
        let Work { values, residual, .. } = work;
        let scale = (1.0 / at.gain) as f32;
        residual.clear();
        residual.extend(values.iter().zip(&self.descents.template).map(|(f, t)| f * scale - t));
    }

    /// Why the fit did not settle: it slid along where the texture does not tell, or not.
    fn why_not(&self, model: Model, start: &Warp, work: &mut Work) -> Status {
        let at = self.look(start, work);
        match at.map(|at| self.uncertainty(model, &at, start, work)) {
            Some(None) => Status::Ambiguous,
            Some(Some(_)) | None => Status::Diverged,
        }
    }
}

/// In how many pixels there is noise, from its kurtosis: all of them if it is the same everywhere.
fn n_noisy(residual: &[f32]) -> f64 {
    let squares = residual.iter().map(|&r| f64::from(r) * f64::from(r));
    let (square, fourth) = squares.fold((0.0, 0.0), |(a, b), r| (a + r, b + r * r));
    if 0.0 < fourth { 3.0 * square * square / fourth } else { residual.len() as f64 }
}

/// A rigid fit that an affine one starts from need not be better, px.
const ROUGHLY_SETTLED_PX: f64 = 1e-2;

fn is_far(start: &Warp, warp: &Warp) -> bool {
    let way = (warp.x - start.x).abs().max((warp.y - start.y).abs());
    let changes = start.a.iter().flatten().zip(warp.a.iter().flatten()).map(|(a, b)| (a - b).abs());
    MAX_WAY_PX < way || MAX_CHANGE < changes.fold(0.0, f64::max)
}

/// The covariance of the centre's place in the frame: xx, xy, yy. The fit gives that in the template,
/// from where the warp turns it.
fn turned_with(warp: &Warp, all: &Matrix) -> [f64; 3] {
    let direction = |[x, y]: [f64; 2]| [x, y, 0.0, 0.0, 0.0, 0.0];
    let [across, down] = warp.a.map(direction);
    [all.between(&across, &across), all.between(&across, &down), all.between(&down, &down)]
}

#[cfg(test)]
mod tests {
    use super::super::covariance::Correlation;
    use super::super::gauss_newton::{self, FitScratch};
    use super::super::template::{Template, Uses};
    use super::super::weights::Weights;
    use super::*;
    use crate::filter::{self, Border};
    use crate::frame::Frame;
    use crate::geometry::{Displacement, Rect, Size};
    use crate::matching::SMOOTHING;
    use crate::simd::Level;
    use crate::synth;

    const SIZE: Size = Size::new(96, 80);

    /// A window's template, and the next frame's spline.
    fn prepared(window: Rect, model: Model) -> (Template, Spline) {
        let moving = Displacement::new(1.3, -0.8);
        let frames = synth::speckle(SIZE).noise(0.02).moving(moving).frames(2).to_frames();
        let (mut work, mut smooth) = (Frame::default(), Frame::default());
        let (level, taps) = (Level::new(), SMOOTHING.map(|weight| weight as f32));
        filter::separable(level, &frames[0], &taps, Border::Mirror, &mut work, &mut smooth);
        let weights = Weights::of(level, &frames[0]);
        let mut template = Template::default();
        let warp = (model != Model::Translation).then_some(model);
        let uses = Uses { fit: Some(&weights), warp, fft: None };
        template.prepare(&smooth, window, uses, &mut Default::default()).unwrap();
        (template, Spline::through(level, &frames[1], &SMOOTHING))
    }

    #[test]
    fn what_only_moves_is_fitted_as_by_the_plain_fit() {
        // Inside, and at the frame's border.
        for (window, tolerance) in [((30, 24, 32, 28), 1e-4), ((0, 1, 24, 32), 1e-3)] {
            let window = Rect::from(window);
            let (template, spline) = prepared(window, Model::Affine);
            let (plainly, _) = prepared(window, Model::Translation);
            let expected = Correlation::of_white_noise(&[1.0]);
            let noise = Noise { of_template: 0.5, expected, rounding: 0.0 };
            let at = (window.x + 1, window.y - 1);
            let plain = gauss_newton::refine(
                Level::new(),
                plainly.steepest(),
                &spline,
                at,
                100.0,
                &noise,
                &mut FitScratch::default(),
            )
            .unwrap();
            let middle = |from: isize, side: usize| from as f64 + 0.5 * (side as f64 - 1.0);
            let start = Warp::at(middle(at.0, window.width), middle(at.1, window.height));
            let scratch = &mut WarpFitScratch::default();
            let found = refine(
                template.patch(),
                Model::Translation,
                (&spline, None),
                start,
                &noise,
                scratch,
            )
            .unwrap();
            let dx = found.warp.x - middle(0, window.width) - plain.x;
            let dy = found.warp.y - middle(0, window.height) - plain.y;
            assert!(dx.abs() < tolerance && dy.abs() < tolerance, "{window}: {dx} {dy}");
            assert!((found.score - plain.score).abs() < 1e-4);
            let ratio = found.covariance.xx / plain.covariance.xx;
            assert!((ratio - 1.0).abs() < 0.1 * tolerance.sqrt() as f32 * 10.0, "{ratio}");
        }
    }
}
