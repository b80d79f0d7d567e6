//! One match from start to end: from a template and a frame to a sample.

use std::sync::Arc;

use super::chance;
use super::covariance::Noise;
use super::defect::{self, Rest};
use super::enlargement::{self, Enlargement};
use super::gauss_newton::{self, FitScratch, Settled};
use super::masked::{self, MaskedScratch};
pub use super::match_frame::{Match, MatchFrame, Role};
use super::naive;
use super::overlap;
use super::peak::{self, Candidate};
use super::plan::Plan;
use super::score::{self, FftMatchScratch, ScoreMap};
use super::subpixel::{self, Subpixel};
use super::target::{PrepareScratch, Target};
use super::template::{Roughness, Template, Uses};
use super::turned;
use super::warp::{Model, Warp};
use super::warp_fit::{self, WarpFitScratch};
use super::weights::{self, Weights};
use super::{DERIVATIVE, SMOOTHING};
use crate::fft::Fft2;
use crate::filter::{self, Border};
use crate::frame::{Frame, View};
use crate::geometry::{Displacement, Rect, Size};
use crate::mask::Counts;
use crate::simd::{self, Level};
use crate::spline::Spline;
use crate::track::{Covariance, Sample, Status};

/// A window that was farther than this from the frame's border is not looked for outside: that would
/// take longer than the search itself, and only the reason of its loss is at stake.
const FAR_PX: usize = 64;

/// So far from its best place a window must match less well than there: what is known to
/// [`gauss_newton::MAX_SD_PX`] does, ten times as far away.
const RING_PX: f64 = 3.0;

/// What moves less than this may be a defect of the camera, which does not move.
const STILL_PX: f64 = 0.5;

/// How templates are looked for. Shared by all threads.
#[derive(Clone, Debug)]
pub struct Matcher {
    /// The CPU level of all kernels.
    pub level: Level,
    /// How the position between pixels is found.
    pub subpixel: Subpixel,
    /// Matches below this are [`Status::LowScore`].
    pub min_score: f64,
    /// Whether doubtful matches keep their displacement.
    pub keep_doubtful: bool,
    /// Farthest a window's content may be in x or y, px; `None`: anywhere in the frame.
    pub max_displacement_px: Option<f64>,
    /// What a window's content may do besides moving.
    pub model: Model,
    /// How far it may turn to each side, if all angles up to that are searched, rad.
    pub max_rotation_rad: Option<f64>,
    /// What is known of the noise.
    pub noise: Noise,
    /// The pixels of all frames that count; `None` if all do.
    pub counts: Option<Arc<Counts>>,
}

/// Working memory of one thread.
#[derive(Default)]
pub struct MatchScratch {
    /// To prepare templates and targets.
    pub prepare: PrepareScratch,
    pub(super) map: ScoreMap,
    fft: FftMatchScratch,
    masked: MaskedScratch,
    fit: FitScratch,
    pub(super) warp: WarpFitScratch,
    rival: f64,
}

impl MatchScratch {
    /// How high the best other place of the last believed match scored; −∞ if there was none.
    pub fn rival(&self) -> f64 {
        self.rival
    }
}

impl Matcher {
    /// Prepares a frame for its role.
    pub fn prepare_frame(&self, frame: &Frame, role: Role) -> MatchFrame {
        self.prepare_pixels(frame, role, self.counts.clone())
    }

    /// Prepares a part of a frame, which lies there, for its role.
    pub fn prepare_part(&self, (frame, part): (&Frame, Rect), role: Role) -> MatchFrame {
        let counts = self.counts.as_ref().map(|counts| Arc::new(counts.cropped(part)));
        self.prepare_pixels(frame, role, counts)
    }

    fn prepare_pixels(&self, frame: &Frame, role: Role, counts: Option<Arc<Counts>>) -> MatchFrame {
        if self.subpixel != Subpixel::GaussNewton {
            return MatchFrame { pixels: frame.clone(), spline: None, weights: None, counts };
        }
        let taps = SMOOTHING.map(|weight| weight as f32);
        let (mut work, mut pixels) = (Frame::default(), Frame::default());
        filter::separable(self.level, frame, &taps, Border::Mirror, &mut work, &mut pixels);
        let is_sampled = role != Role::Source || self.max_rotation_rad.is_some();
        let spline = is_sampled.then(|| Spline::through(self.level, frame, &SMOOTHING));
        let weights = (role != Role::Target).then(|| Weights::of(self.level, frame));
        MatchFrame { pixels, spline, weights, counts }
    }

    /// Takes a window's content out of a frame; with `fft` its spectrum is made and kept too.
    pub fn prepare_template(
        &self,
        frame: &MatchFrame,
        window: Rect,
        fft: Option<&Fft2>,
        template: &mut Template,
        scratch: &mut PrepareScratch,
    ) -> Result<(), Status> {
        if let Some(enlargement) = self.subpixel.enlargement() {
            return template.prepare_enlarged((&frame.pixels, window), enlargement, fft, scratch);
        }
        let model = self.fitted_model();
        let is_plain = model == Model::Translation;
        // What is looked for at many angles is not the window itself.
        let fft = fft.filter(|_| self.max_rotation_rad.is_none());
        let fit = frame.weights.as_ref();
        let uses = Uses { fit, warp: (!is_plain).then_some(model), fft };
        template.prepare(&frame.pixels, window, uses, scratch)?;
        if let Some(counts) = frame.counts() {
            if let (Some(weights), true) = (fit, is_plain) {
                // Where a mask is near, content that only moves is fitted as a warp is.
                template.prepare_fit(frame.pixels.size(), window, (weights, Some(model)));
            }
            template.leave_out((&frame.pixels, window), counts)?;
        }
        if let (Some(max_rad), Some(spline)) = (self.max_rotation_rad, &frame.spline) {
            turned::prepare(template, spline, window, max_rad, scratch);
        }
        Ok(())
    }

    /// The model that is fitted: what is searched at all angles has turned.
    pub fn fitted_model(&self) -> Model {
        match (self.model, self.max_rotation_rad) {
            (Model::Translation, Some(_)) => Model::Rigid,
            (model, _) => model,
        }
    }

    /// The part of a window that is looked for at every whole pixel: if it may have turned, its middle.
    pub fn sought(&self, window: Rect) -> Rect {
        match self.max_rotation_rad {
            None => window,
            Some(_) => turned::middle(window),
        }
    }

    /// Memory that a template takes for the fit of a warp, and for all angles.
    pub fn bytes_of_warps(&self, window: Rect) -> usize {
        if self.fitted_model() == Model::Translation && self.counts.is_none() {
            return 0;
        }
        let turned = self.max_rotation_rad.map_or(0, |max_rad| {
            // About one angle for each pixel that the middle's rim moves.
            let part = turned::middle(window).size();
            (max_rad * part.width as f64) as usize * 4 * part.area()
        });
        turned + 4 * (6 + self.fitted_model().n_parameters()) * window.size().area()
    }

    /// Prepares a region of a frame in which windows of this size are looked for.
    pub fn prepare_target(
        &self,
        frame: &MatchFrame,
        (search, window): (Rect, Size),
        fft: Option<&Fft2>,
        target: &mut Target,
        scratch: &mut PrepareScratch,
    ) {
        let pixels = &frame.pixels;
        match self.subpixel.enlargement() {
            None => target.prepare(pixels, search, window, fft, scratch),
            Some(enlargement) => {
                let template = enlargement.of(window);
                target.prepare_enlarged((pixels, search), enlargement, template, fft, scratch);
            }
        }
    }

    /// Whether content may be looked for in a part of the frame first.
    pub fn is_predictable(&self) -> bool {
        self.subpixel.enlargement().is_none() && self.fitted_model() == Model::Translation
    }

    /// How large the matcher makes a window or a search of this size.
    pub fn matched_size(&self, size: Size) -> Size {
        self.subpixel.enlargement().map_or(size, |enlargement| enlargement.of(size))
    }

    /// The region in which a window's content may be found: one pixel more than the farthest
    /// displacement on each side, so that a match at the limit has neighbours; inside the frame.
    /// Without that pixel where both pictures are enlarged, as users of OpenCV do.
    pub fn search(&self, window: Rect, frame: Size) -> Rect {
        let window = self.sought(window);
        match self.max_displacement_px {
            None => Rect::of_frame(frame),
            Some(_) => {
                window.grown(self.reach()).clipped_to(frame).expect("windows are inside the frame")
            }
        }
    }

    /// How large the search of a window of this size is where no border clips it.
    pub fn search_size(&self, window: Size, frame: Size) -> Size {
        let by = 2 * self.reach();
        let side = |side: usize, frame: usize| match self.max_displacement_px {
            None => frame,
            Some(_) => frame.min(side + by),
        };
        Size::new(side(window.width, frame.width), side(window.height, frame.height))
    }

    /// How far around the window it is looked for outside the frame.
    fn reach_outside(&self) -> usize {
        self.max_displacement_px.map_or(FAR_PX, |_| self.reach().min(FAR_PX))
    }

    fn reach(&self) -> usize {
        let beyond = usize::from(self.subpixel.enlargement().is_none());
        self.max_displacement_px.map_or(0, |limit| limit.ceil() as usize + beyond)
    }

    /// Looks for the template; the displacement is from the window to where it was found.
    pub fn locate(&self, of: &Match<'_>, scratch: &mut MatchScratch) -> Sample {
        self.score(of, scratch);
        let Some(best) = peak::best(&scratch.map) else { return Sample::lost(Status::Flat) };
        let sample = self.judge(of, best, scratch);
        if self.may_have_left(of, best, &sample, scratch.map.size()) && self.fits_outside(of, best)
        {
            return Sample::doubtful(Status::LeftFrame, best.score);
        }
        sample
    }

    /// The same where the target is only a part of where the content may be; `None` if it is not
    /// found there without doubt. Whether it has left the frame is not asked.
    pub fn locate_near(&self, of: &Match<'_>, scratch: &mut MatchScratch) -> Option<Sample> {
        self.score(of, scratch);
        let best = peak::best(&scratch.map)?;
        let sample = self.judge(of, best, scratch);
        let may_have_left = self.may_have_left(of, best, &sample, scratch.map.size());
        (sample.is_ok() && !may_have_left).then_some(sample)
    }

    /// How much lower a window of `area` pixels may score than this by noise alone.
    pub fn indistinct(&self, score: f64, area: usize) -> f64 {
        chance::indistinct(score, 0.0, area, self.noise_area())
    }

    pub(super) fn score(&self, of: &Match<'_>, scratch: &mut MatchScratch) {
        match of.masked() {
            None => self.score_all(of, scratch),
            Some(masked) => {
                let MatchScratch { masked: work, map, .. } = scratch;
                masked::scores(self.level, of.plan, masked, work, map);
            }
        }
    }

    /// Scores of all pixels, masked or not.
    pub(super) fn score_all(&self, of: &Match<'_>, scratch: &mut MatchScratch) {
        let MatchScratch { map, fft, prepare, .. } = scratch;
        match of.plan {
            Plan::Naive => {
                let template = View::new(of.template.size(), of.template.pixels());
                let region = of.frame.pixels.crop(of.target.search());
                let PrepareScratch { enlarge, enlarged, .. } = prepare;
                match self.subpixel.enlargement() {
                    None => naive::scores(template, region, map),
                    Some(enlargement) => {
                        enlargement::enlarge(region, enlargement, enlarge, enlarged);
                        naive::scores(template, enlarged.view(), map);
                    }
                }
            }
            Plan::Direct => score::direct(self.level, of.template, of.target, map),
            Plan::Fft(plan) => score::by_fft(plan, of.template, of.target, fft, map),
        }
    }

    /// From the best whole pixel to a sample.
    fn judge(&self, of: &Match<'_>, best: Candidate, scratch: &mut MatchScratch) -> Sample {
        let doubt = self.doubt(of, best, scratch);
        match doubt {
            Some(status) if !self.keep_doubtful => Sample::doubtful(status, best.score),
            _ => self.refined(of, best, doubt, scratch),
        }
    }

    pub(super) fn doubt(
        &self,
        of: &Match<'_>,
        best: Candidate,
        scratch: &mut MatchScratch,
    ) -> Option<Status> {
        let map = &scratch.map;
        scratch.rival = f64::NEG_INFINITY;
        let score = f64::from(best.score);
        let template = of.template.as_it_was();
        // Enlarging adds no places.
        let (detailed, area) = areas(of, best);
        let n_positions = map.size().area() as f64 / self.factor().powi(2);
        let roughness = chance::without_noise(template.roughness(), score, self.noise_gradient());
        let n_positions = (n_positions.ceil() as usize).max(of.n_positions);
        let details = chance::chance_level(roughness, detailed, n_positions);
        let chance = details.max(chance::chance_level(Roughness::HIGHEST, area, n_positions));
        if self.is_at_edge(of, best, map.size()) {
            return Some(Status::AtEdge);
        }
        if score < self.min_score.max(chance) {
            return Some(Status::LowScore);
        }
        let height = subpixel::height(map, best);
        let enlarged = roughness.enlarged(self.factor());
        if let Some((ring, [du, dv])) = subpixel::on_ring(map, best, self.ring()) {
            let likeness = (-0.5 * enlarged.along(du as f64, dv as f64)).exp();
            let noise_area = self.noise_area();
            // Parabolas may rise above the peak; whole pixels are below it.
            let between = 0.5 * (score + height.min(1.0));
            let indistinct = chance::indistinct_on_slope(between, likeness, area, noise_area);
            if height - indistinct <= ring {
                return Some(Status::Ambiguous);
            }
        }
        let runner_up = peak::runner_up(map, best, enlarged)?;
        let indistinct = chance::indistinct(score, height - score, area, self.noise_area());
        scratch.rival = subpixel::height(map, runner_up);
        (height - indistinct <= scratch.rival).then_some(Status::Ambiguous)
    }

    /// Positions to the ring around the best on which the score must have fallen.
    fn ring(&self) -> usize {
        (RING_PX * self.factor()).round().max(1.0) as usize
    }

    /// Variance of the gradient of white noise, over that of the noise, as the matcher sees it.
    pub(super) fn noise_gradient(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => weights::noise_gradient(),
            // Twice the sum of squares of the derivative.
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None | Subpixel::Resize(_) => {
                2.0 * DERIVATIVE.iter().map(|tap| f64::from(tap * tap)).sum::<f64>()
            }
        }
    }

    /// Pixels of white noise that one pixel of the noise the matcher sees is worth.
    pub(super) fn noise_area(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => (SMOOTHING[0].powi(2) + 2.0 * SMOOTHING[1].powi(2)).powi(2),
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None | Subpixel::Resize(_) => 1.0,
        }
    }

    /// How many positions there are from one pixel to the next.
    fn factor(&self) -> f64 {
        self.subpixel.enlargement().map_or(1.0, Enlargement::factor)
    }

    /// Whether the best place is on a border of the search that is not the frame's.
    pub(super) fn is_at_edge(&self, of: &Match<'_>, best: Candidate, positions: Size) -> bool {
        let (search, frame) = (of.target.search(), of.frame.pixels.size());
        (best.u == 0 && 0 < search.x)
            || (best.v == 0 && 0 < search.y)
            || (best.u + 1 == positions.width && search.right() < frame.width as isize)
            || (best.v + 1 == positions.height && search.bottom() < frame.height as isize)
    }

    /// The sub-pixel position as a sample; `doubt` is kept as its status.
    fn refined(
        &self,
        of: &Match<'_>,
        best: Candidate,
        doubt: Option<Status>,
        scratch: &mut MatchScratch,
    ) -> Sample {
        let (settled, doubt) = match self.settle(of, best, scratch) {
            Ok(settled) => (settled, doubt),
            Err(status) => {
                let status = doubt.unwrap_or(status);
                if !self.keep_doubtful || !status.is_doubtful() {
                    return Sample::doubtful(status, best.score);
                }
                (self.place_of(of, best), Some(status))
            }
        };
        let displacement =
            Displacement::new(settled.x - of.window.x as f64, settled.y - of.window.y as f64);
        let status = doubt.unwrap_or_else(|| self.status_of(of, &settled, displacement));
        if status == Status::Ok || (self.keep_doubtful && status.is_doubtful()) {
            let Settled { score, covariance, .. } = settled;
            return Sample { displacement, covariance, score, status };
        }
        Sample::doubtful(status, settled.score)
    }

    fn settle(
        &self,
        of: &Match<'_>,
        best: Candidate,
        scratch: &mut MatchScratch,
    ) -> Result<Settled, Status> {
        let whole = self.place_of(of, best);
        let fit: fn([f64; 3]) -> f64 = match self.subpixel {
            Subpixel::None | Subpixel::Resize(_) => return Ok(whole),
            Subpixel::Parabola => |[before, peak, after]| subpixel::parabola(before, peak, after).0,
            Subpixel::Gaussian => |[before, peak, after]| subpixel::gaussian(before, peak, after),
            Subpixel::GaussNewton => return self.fit(of, &whole, scratch),
        };
        let [across, down] = subpixel::neighbours(&scratch.map, best).map(fit);
        Ok(Settled { x: whole.x + across, y: whole.y + down, ..whole })
    }

    /// Where in the frame a position of the search is.
    fn place_of(&self, of: &Match<'_>, best: Candidate) -> Settled {
        let (search, factor) = (of.target.search(), self.factor());
        Settled {
            x: search.x as f64 + best.u as f64 / factor,
            y: search.y as f64 + best.v as f64 / factor,
            score: best.score,
            covariance: Covariance::UNKNOWN,
        }
    }

    fn fit(
        &self,
        of: &Match<'_>,
        start: &Settled,
        scratch: &mut MatchScratch,
    ) -> Result<Settled, Status> {
        if of.is_masked_at(start) {
            return self.fit_counting(of, start, scratch);
        }
        let spline = of.frame.spline.as_ref().expect("targets of a fit are prepared with a spline");
        gauss_newton::refine(
            self.level,
            of.template.steepest(),
            spline,
            (start.x as isize, start.y as isize),
            mean_at(&of.frame.pixels, start, of.template.size()),
            &self.noise,
            &mut scratch.fit,
        )
    }

    /// The same fit over the pixels that count.
    fn fit_counting(
        &self,
        of: &Match<'_>,
        start: &Settled,
        scratch: &mut MatchScratch,
    ) -> Result<Settled, Status> {
        let spline = of.frame.spline.as_ref().expect("targets of a fit are prepared with a spline");
        let size = of.window.size();
        let middle = [size.width, size.height].map(|side| 0.5 * (side as f64 - 1.0));
        let fitted = warp_fit::refine(
            of.template.patch(),
            Model::Translation,
            (spline, of.frame.counts()),
            Warp::at(start.x + middle[0], start.y + middle[1]),
            &self.noise,
            &mut scratch.warp,
        )?;
        let (x, y) = (fitted.warp.x - middle[0], fitted.warp.y - middle[1]);
        if gauss_newton::MAX_WAY_PX < (x - start.x).abs().max((y - start.y).abs()) {
            return Err(Status::Diverged);
        }
        Ok(Settled { x, y, score: fitted.score, covariance: fitted.covariance })
    }

    pub(super) fn status_of(
        &self,
        of: &Match<'_>,
        at: &Settled,
        displacement: Displacement,
    ) -> Status {
        let frame = of.frame.pixels.size();
        let (right, bottom) = (
            frame.width as f64 - of.window.width as f64,
            frame.height as f64 - of.window.height as f64,
        );
        // One pixel outside is what a fit without the outermost rows and columns can still see, and
        // one step what is uncertain where a reduced window lies.
        let past = (1.0 / self.factor()).max(1.0);
        let has_left = at.x < -past || right + past < at.x || at.y < -past || bottom + past < at.y;
        if has_left {
            Status::LeftFrame
        } else if self.is_held_by_a_defect(of, displacement) {
            Status::Ambiguous
        } else if self.max_displacement_px.is_some_and(|limit| limit < displacement.reach()) {
            Status::AtEdge
        } else {
            Status::Ok
        }
    }

    /// Whether it stands still only because of single pixels of the camera that do.
    fn is_held_by_a_defect(&self, of: &Match<'_>, displacement: Displacement) -> bool {
        if STILL_PX < displacement.reach() {
            return false;
        }
        let frame = (&of.frame.pixels, of.frame.counts());
        let rest = defect::rest(of.template.as_it_was(), frame, of.window);
        rest.is_some_and(|Rest { score, roughness, area }| {
            let roughness = chance::without_noise(roughness, score, self.noise_gradient());
            let n_positions = of.n_positions.max(of.target.search().size().area());
            score < chance::chance_level(roughness, area, n_positions)
        })
    }

    /// Whether it is worth a look beyond the frame's border: the search would go on there, and the
    /// match is lost, or lies on that border with no fit to tell which way it leans.
    pub(super) fn may_have_left(
        &self,
        of: &Match<'_>,
        best: Candidate,
        sample: &Sample,
        positions: Size,
    ) -> bool {
        let on_border = best.u == 0
            || best.v == 0
            || best.u + 1 == positions.width
            || best.v + 1 == positions.height;
        let is_open = !sample.is_ok() || (on_border && self.subpixel != Subpixel::GaussNewton);
        is_open && !of.window.grown(self.reach_outside()).is_inside(of.frame.pixels.size())
    }

    /// Whether the template is recognised partly outside the frame, better than anywhere inside.
    pub(super) fn fits_outside(&self, of: &Match<'_>, best: Candidate) -> bool {
        let reach = self.reach_outside();
        let allowed = Rect::new(of.window.x, of.window.y, 1, 1).grown(reach);
        let template = of.template.as_it_was();
        let outside =
            overlap::best_outside(template, (&of.frame.pixels, of.frame.counts()), allowed);
        let roughness =
            chance::without_noise(template.roughness(), outside.score, self.noise_gradient());
        let chance = chance::chance_level(roughness, outside.area.max(1), outside.n_positions);
        f64::from(best.score).max(chance) < outside.score
    }
}

/// Pixels that are compared: those with all details of the window as it was, and those that are left when it is
/// reduced; enlarging adds none.
fn areas(of: &Match<'_>, best: Candidate) -> (usize, usize) {
    match of.masked() {
        None => {
            let area = of.template.as_it_was().size().area();
            (area, area.min(of.template.size().area()))
        }
        Some(masked) => {
            let area = masked::n_compared(masked, (best.u, best.v));
            (area, area)
        }
    }
}

/// The mean grey value of the window found.
fn mean_at(frame: &Frame, at: &Settled, size: Size) -> f32 {
    let rect = Rect::new(at.x as isize, at.y as isize, size.width, size.height);
    let sum: f64 = frame.crop(rect).rows().map(simd::sum).sum();
    (sum / size.area() as f64) as f32
}

pub(super) fn whole_pixel(of: &Match<'_>, best: Candidate) -> Settled {
    let search = of.target.search();
    Settled {
        x: search.x as f64 + best.u as f64,
        y: search.y as f64 + best.v as f64,
        score: best.score,
        covariance: Covariance::UNKNOWN,
    }
}
