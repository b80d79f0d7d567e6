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
use crate::geometry::{Point, Size};
use crate::mask::Counts;
use crate::simd::{self, Level, Region, Sampled};
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
    thin: Descents,
    region: Region,
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
    (level, noise): (Level, &Noise),
    scratch: &mut WarpFitScratch,
) -> Result<Fitted, Status> {
    let WarpFitScratch { descents, thin, region, counted, work } = scratch;
    counted.clear();
    let frame = spline.size();
    let all = spline.less(spline.sample(start.x, start.y, 0.0));
    let sampled = if region.fill(&all, around(patch, &start)) { region.sampled() } else { all };
    let sampled = &sampled;
    let mut warp = roughly(patch, model, (sampled, frame, counts), start, level, thin, work);
    let mut settled = None;
    for round in 0..=MAX_ROUNDS {
        let is_part = patch.leave_out(&warp, frame, counts, descents);
        let descents = if is_part { &*descents } else { patch.descents() };
        let fitting = Fitting { level, patch, descents, rows: Thin::NOT, sampled };
        if *counted == descents.counts || round == MAX_ROUNDS {
            let seen = settled.filter(|_| *counted == descents.counts);
            return fitting.fitted(model, &warp, seen, noise, work);
        }
        counted.clone_from(&descents.counts);
        let (there, look) = fitting.settle(model, warp, noise, work)?;
        (warp, settled) = (there, Some(look));
    }
    Err(Status::Diverged)
}

/// Nearer to the place, from a part of a large window's rows; where the fit of those fails, from the start itself.
fn roughly(
    patch: &Patch,
    model: Model,
    (sampled, frame, counts): (&Sampled<'_>, Size, Option<&Counts>),
    start: Warp,
    level: Level,
    thin: &mut Descents,
    work: &mut Work,
) -> Warp {
    let is_clear = patch.is_all_seen(&start, frame, counts);
    if patch.size().height < LEAST_THIN || model == Model::Translation || !is_clear {
        return start;
    }
    let every = patch.size().height / THIN_ROWS;
    let rows = Thin { first: every / 2, every };
    patch.thin(rows.first, rows.every, thin);
    let fitting = Fitting { level, patch, descents: thin, rows, sampled };
    fitting.steps(Model::Rigid, start, ROUGHLY_SETTLED_PX, work).map_or(start, |(warp, _)| warp)
}

/// Which of a window's rows are compared.
#[derive(Clone, Copy)]
struct Thin {
    first: usize,
    every: usize,
}

impl Thin {
    const NOT: Self = Self { first: 0, every: 1 };
}

/// A first, rough fit takes about so many rows …
const THIN_ROWS: usize = 16;
/// … of windows that have so many: the others are quick.
const LEAST_THIN: usize = 64;

/// Whole pixels that the fit may come to, across and down. What leads beyond them leads nowhere.
fn around(patch: &Patch, start: &Warp) -> [[i32; 2]; 2] {
    let Size { width, height } = patch.size();
    let reach = (0.5 + MAX_STRAIN) * (width as f64).hypot(height as f64) + MAX_WAY_PX;
    [start.x, start.y].map(|at| [(at - reach).floor() as i32, (at + reach).ceil() as i32])
}

/// How much of its diagonal a window may become longer on each side.
const MAX_STRAIN: f64 = 0.1;

/// Why steps did not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsettled {
    /// The texture does not tell every parameter.
    Untold,
    /// Template and frame have nothing in common, or ever less.
    Lost,
    /// There were too many, or they led too far.
    Slid,
}

/// What a fit works on.
struct Fitting<'a> {
    level: Level,
    patch: &'a Patch,
    descents: &'a Descents,
    rows: Thin,
    sampled: &'a Sampled<'a>,
}

/// Template and frame compared at one warp.
#[derive(Clone, Copy)]
struct Look {
    /// How much stronger the frame's contrast is than the template's.
    gain: f64,
    score: f32,
}

impl Fitting<'_> {
    /// Fits simpler models first, so that each starts near its end.
    fn settle(
        &self,
        model: Model,
        start: Warp,
        noise: &Noise,
        work: &mut Work,
    ) -> Result<(Warp, Look), Status> {
        let descents = self.descents;
        if descents.n < PIXELS_PER_PARAMETER * model.n_parameters() {
            return Err(Status::Ambiguous);
        }
        let fit = |model, start, settled_px, work: &mut Work| {
            let fitted = self.steps(model, start, settled_px, work);
            fitted.map_err(|why| match why {
                Unsettled::Untold => Status::Ambiguous,
                Unsettled::Lost => Status::Diverged,
                Unsettled::Slid => self.why_not(model, &start, noise, work),
            })
        };
        let rough = match model {
            Model::Translation | Model::Rigid => start,
            Model::Affine => fit(Model::Rigid, start, ROUGHLY_SETTLED_PX, work)?.0,
        };
        fit(model, rough, SETTLED_PX, work)
    }

    /// Where the steps end, and how it was seen there.
    fn steps(
        &self,
        model: Model,
        start: Warp,
        settled_px: f64,
        work: &mut Work,
    ) -> Result<(Warp, Look), Unsettled> {
        let basis = self.basis(model);
        let sensitivity = self.descents.sensitivity.along(basis);
        let inverse = sensitivity.inverse().ok_or(Unsettled::Untold)?;
        let (mut warp, mut before, mut first) = (start, f64::INFINITY, f32::NEG_INFINITY);
        for _ in 0..MAX_STEPS {
            let at = self.look(&warp, work).ok_or(Unsettled::Lost)?;
            first = if before.is_infinite() { at.score } else { first };
            let step = self.step(basis, &inverse, &at, work);
            let longest = step.iter().fold(0.0f64, |longest, px| longest.max(px.abs()));
            let shorter = (MAX_STEP_PX / longest).min(1.0);
            let small = Warp::of(model, &step.map(|px| shorter * px), self.patch.radius());
            warp = warp.after_inverse(&small).ok_or(Unsettled::Lost)?;
            if is_settled(longest, before, settled_px) {
                let has_lost = at.score < first - MAX_LOSS;
                return if has_lost { Err(Unsettled::Lost) } else { Ok((warp, at)) };
            }
            if is_far(&start, &warp) {
                break;
            }
            before = longest;
        }
        Err(Unsettled::Slid)
    }

    fn basis(&self, model: Model) -> &'static [Vector] {
        self.patch.model().basis(model).expect("a patch is built for the model that is fitted")
    }

    /// A⁻¹ Σ w f / a of the frame as it was just sampled.
    fn step(&self, basis: &[Vector], inverse: &Matrix, at: &Look, work: &Work) -> Vector {
        let mut sums = Vector::default();
        for (sum, descent) in sums.iter_mut().zip(&self.descents.of) {
            *sum = simd::dot(descent, &work.values) / at.gain;
        }
        let mut along = Vector::default();
        for (along, direction) in along.iter_mut().zip(basis) {
            *along = direction.iter().zip(sums).map(|(part, sum)| part * sum).sum();
        }
        inverse.times(&along)
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
        let counts = &self.descents.counts;
        let (size, [[xx, _], [yx, _]]) = (self.patch.size(), warp.a);
        values.resize(counts.len(), 0.0);
        for (y, values) in values.chunks_exact_mut(size.width).enumerate() {
            let row = self.rows.first + y * self.rows.every;
            let (from_x, from_y) = self.patch.from_centre(row * size.width);
            let Point { x, y } = warp.place(from_x, from_y);
            simd::sample_line(self.level, self.sampled, [x, y], [xx, yx], values);
        }
        if self.descents.n < counts.len() {
            for (value, counts) in values.iter_mut().zip(counts) {
                *value = if 0.0 < *counts { *value } else { 0.0 };
            }
        }
    }

    /// How sure the fit is, from what was seen at its end.
    fn fitted(
        &self,
        model: Model,
        warp: &Warp,
        seen: Option<Look>,
        noise: &Noise,
        work: &mut Work,
    ) -> Result<Fitted, Status> {
        let at = seen.or_else(|| self.look(warp, work)).ok_or(Status::Diverged)?;
        let (covariance, sd_angle_rad) =
            self.uncertainty(model, &at, warp, noise, work).ok_or(Status::Ambiguous)?;
        Ok(Fitted { warp: *warp, score: at.score, covariance, sd_angle_rad })
    }

    /// Of place and angle; `None` if the texture does not tell one of them.
    fn uncertainty(
        &self,
        model: Model,
        at: &Look,
        warp: &Warp,
        noise: &Noise,
        work: &mut Work,
    ) -> Option<(Covariance, f64)> {
        self.take_residual(at, work);
        let Work { residual, covariance, .. } = work;
        let of = warp_covariance::spread(
            self.level,
            self.patch,
            self.descents,
            residual,
            noise,
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
    fn why_not(&self, model: Model, start: &Warp, noise: &Noise, work: &mut Work) -> Status {
        let at = self.look(start, work);
        match at.map(|at| self.uncertainty(model, &at, start, noise, work)) {
            Some(None) => Status::Ambiguous,
            Some(Some(_)) | None => Status::Diverged,
        }
    }
}

/// In how many pixels there is noise, from its kurtosis: all of them if it is the same everywhere.
fn n_noisy(residual: &[f32]) -> f64 {
    let [square, fourth] = simd::second_and_fourth(residual);
    if 0.0 < fourth { 3.0 * square * square / fourth } else { residual.len() as f64 }
}

/// A rigid fit that an affine one starts from need not be better, px.
const ROUGHLY_SETTLED_PX: f64 = 1e-2;

/// Whether a step of this length, after one of another, was the last: the next would be as much shorter again.
fn is_settled(longest: f64, before: f64, settled_px: f64) -> bool {
    let next = longest * (longest / before);
    let is_nearly = before.is_finite() && longest < NEARLY_SETTLED_PX.min(before);
    longest < settled_px || (is_nearly && next < settled_px)
}

/// So far from its end what was seen is as good as there, px: a tenth of what a clean window can give.
const NEARLY_SETTLED_PX: f64 = 1e-4;

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
    use super::super::gauss_newton::{self, FitScratch, Start};
    use super::super::template::{Template, Uses};
    use super::super::weights::Weights;
    use super::*;
    use crate::filter::{self, Border, Lines};
    use crate::frame::Frame;
    use crate::geometry::{Displacement, Rect};
    use crate::matching::SMOOTHING;
    use crate::synth;

    const SIZE: Size = Size::new(96, 80);

    /// A window's template, and the next frame's spline.
    fn prepared(window: Rect, model: Model) -> (Template, Spline) {
        let moving = Displacement::new(1.3, -0.8);
        let frames = synth::speckle(SIZE).noise(0.02).moving(moving).frames(2).to_frames();
        let (mut work, mut smooth) = (Lines::default(), Frame::default());
        let (level, taps) = (Level::new(), SMOOTHING.map(|weight| weight as f32));
        filter::separable(level, &frames[0], &taps, Border::Mirror, &mut work, &mut smooth);
        let mut weights = Weights::default();
        weights.weigh(level, &frames[0], &mut work);
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
                Start { whole: at, lean: [0.0; 2], offset: 100.0 },
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
                (Level::new(), &noise),
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
