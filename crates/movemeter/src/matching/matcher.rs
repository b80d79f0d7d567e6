//! One match from start to end: from a template and a frame to a sample.

use super::anywhere::{self, AnywhereScratch};
use super::block;
use super::bound::{BoundScratch, Bounded, Search, Single};
use super::chance;
use super::defect::{self, Rest};
use super::enlargement;
use super::gauss_newton::{self, FitScratch, Settled, Start};
use super::lattice::LatticeScratch;
use super::masked::{self, MaskedScratch};
pub use super::match_frame::{Match, MatchFrame, Role};
use super::mosaic::Mosaics;
use super::naive;
use super::overlap;
use super::peak::{self, Candidate};
use super::plan::Plan;
pub use super::preparing::{Matcher, SourceScratch};
use super::score::{self, FftMatchScratch, ScoreMap};
use super::subpixel::{self, MAX_RISE, Neighbours, Subpixel};
use super::target::{PrepareScratch, Target};
use super::template::Roughness;
use super::tiled::Tiled;
use super::warp::{Model, Warp};
use super::warp_fit::{self, WarpFitScratch};
use crate::frame::View;
use crate::geometry::{Displacement, Rect, Size};
use crate::track::{Covariance, Sample, Status};

/// So far from its best place a window must match less well than there: what is known to
/// [`gauss_newton::MAX_SD_PX`] does, ten times as far away.
const RING_PX: f64 = 3.0;

/// What moves less than this may be a defect of the camera, which does not move.
const STILL_PX: f64 = 0.5;

/// Working memory of one thread.
#[derive(Default)]
pub struct MatchScratch {
    /// To prepare templates and targets.
    pub prepare: PrepareScratch,
    pub(super) map: ScoreMap,
    fft: FftMatchScratch,
    masked: MaskedScratch,
    bound: BoundScratch,
    tiled: Tiled,
    anywhere: AnywhereScratch,
    pub(super) lattice: LatticeScratch,
    full: Target,
    neighbours: Neighbours,
    lean: [f64; 2],
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
    /// Looks for the template; the displacement is from the window to where it was found.
    pub fn locate(&self, of: &Match<'_>, scratch: &mut MatchScratch) -> Sample {
        let Some((best, doubt)) = self.find(of, scratch) else { return Sample::lost(Status::Flat) };
        let sample = self.judge(of, best, doubt, scratch);
        if self.may_have_left(of, best, &sample) && self.fits_outside(of, best) {
            return Sample::doubtful(Status::LeftFrame, best.score);
        }
        sample
    }

    /// The same where the target is only a part of where the content may be; `None` if it is not
    /// found there without doubt. Whether it has left the frame is not asked.
    pub fn locate_near(&self, of: &Match<'_>, scratch: &mut MatchScratch) -> Option<Sample> {
        let (best, doubt) = self.find(of, scratch)?;
        let sample = self.judge(of, best, doubt, scratch);
        (sample.is_ok() && !self.may_have_left(of, best, &sample)).then_some(sample)
    }

    /// The best place, and why it is to be doubted; `None` if all is flat.
    pub(super) fn find(
        &self,
        of: &Match<'_>,
        scratch: &mut MatchScratch,
    ) -> Option<(Candidate, Option<Status>)> {
        if let Some(best) = self.without_doubt(of, scratch) {
            return Some((best, None));
        }
        self.score(of, scratch);
        let best = peak::best(&scratch.map)?;
        match self.subpixel {
            Subpixel::GaussNewton => scratch.lean = subpixel::lean_of(&scratch.map, best),
            _ => scratch.neighbours = subpixel::neighbours(&scratch.map, best),
        }
        Some((best, self.doubt(of, best, scratch)))
    }

    /// The best place if bounds show that the scores of all others would give no reason to doubt it.
    fn without_doubt(&self, of: &Match<'_>, scratch: &mut MatchScratch) -> Option<Candidate> {
        let (template, target) = (of.template, of.target.blocks());
        if let Some(mosaics) = of.target.mosaics() {
            return self.without_doubt_anywhere(of, mosaics, scratch);
        }
        if target.blocks().is_none() || target.blocks() != template.blocks().blocks() {
            return None;
        }
        let single = self.single(of, target.offset);
        let search = Search { single, of: template.blocks(), target };
        let rival = |score: f64| self.rivalling(score, template.size().area());
        let highest = search.highest(rival, &mut scratch.bound)?;
        if !self.stands_alone(of, &highest) {
            return None;
        }
        match self.subpixel {
            Subpixel::GaussNewton => scratch.lean = highest.lean(),
            Subpixel::Parabola | Subpixel::Gaussian => {
                scratch.neighbours = highest.scored_neighbours();
            }
            Subpixel::None | Subpixel::Resize(_) => {}
        }
        scratch.rival = f64::NAN;
        Some(highest.best())
    }

    /// The same where it may be anywhere in a frame.
    fn without_doubt_anywhere(
        &self,
        of: &Match<'_>,
        mosaics: &Mosaics,
        scratch: &mut MatchScratch,
    ) -> Option<Candidate> {
        let template = of.template;
        if !scratch.tiled.lay(self.level, template.view(), template.norm()) {
            return None;
        }
        let (tiled, frame) = (&scratch.tiled, of.frame.pixels().view());
        let target = mosaics.of_side(tiled.side(), frame, template.size());
        let single = self.single(of, target.offset());
        let search = anywhere::Search { single, of: tiled, target, positions: of.positions() };
        let rival = |score: f64| self.rivalling(score, template.size().area());
        let highest = search.highest(rival, &mut scratch.anywhere)?;
        if !self.stands_alone(of, &highest) {
            return None;
        }
        let (map, best) = highest.around(1)?;
        match self.subpixel {
            Subpixel::GaussNewton => scratch.lean = subpixel::lean_of(&map, best),
            _ => scratch.neighbours = subpixel::neighbours(&map, best),
        }
        scratch.rival = f64::NAN;
        Some(highest.best())
    }

    fn single<'a>(&self, of: &Match<'a>, offset: f32) -> Single<'a> {
        Single {
            level: self.level,
            template: of.template.view(),
            norm: of.template.norm(),
            frame: of.frame.pixels(),
            search: of.target.search(),
            offset,
        }
    }

    /// What another hill scores at its highest pixel, at least, if it is a rival of one with this score.
    fn rivalling(&self, score: f64, area: usize) -> f64 {
        score - chance::indistinct(score, 0.0, area, self.noise_area()) - MAX_RISE
    }

    /// Whether none of the doubts of [`Self::doubt`] can be: no rival, no ridge, and no match by chance.
    fn stands_alone(&self, of: &Match<'_>, highest: &impl Bounded) -> bool {
        let (best, area, positions) = (highest.best(), of.template.size().area(), of.positions());
        let score = f64::from(best.score);
        let (roughness, is_chance) = self.beyond_chance(of, best, area, area);
        if is_chance || self.is_at_edge(of, best, positions) {
            return false;
        }
        let is_elsewhere = |at: &&Candidate| peak::is_elsewhere(at.u, at.v, best, roughness);
        let mut rivals = highest.candidates().iter().filter(is_elsewhere);
        let rival = self.rivalling(score, area);
        if !rivals.all(|at| highest.is_surely_below((at.u, at.v), rival)) {
            return false;
        }
        let slope = |likeness: f64| {
            let noise = chance::indistinct_on_slope(score, likeness, area, self.noise_area());
            score - noise - 0.5 * MAX_RISE
        };
        let at_most = slope(0.0);
        let is_steep = peak::ring(best, self.ring(), positions).all(|(at, [du, dv])| {
            let likeness = || (-0.5 * roughness.along(du as f64, dv as f64)).exp();
            highest.is_bounded(at, at_most) || highest.is_surely_below(at, slope(likeness()))
        });
        is_steep
            || highest
                .around(self.ring())
                .is_some_and(|(map, best)| !self.is_on_ridge(&map, best, (roughness, area)))
    }

    /// How much lower a window of `area` pixels may score than this by noise alone.
    pub fn indistinct(&self, score: f64, area: usize) -> f64 {
        chance::indistinct(score, 0.0, area, self.noise_area())
    }

    /// The same match with a target that is prepared for scores.
    pub(super) fn scored<R>(
        &self,
        of: &Match<'_>,
        window: Size,
        scratch: &mut MatchScratch,
        then: impl FnOnce(&Match<'_>, &mut MatchScratch) -> R,
    ) -> R {
        if of.target.is_scored() {
            return then(of, scratch);
        }
        let region = (of.target.search(), window);
        let prepare = |full: &mut Target, work: &mut PrepareScratch| {
            self.prepare_scored(of.frame, region, of.plan.fft(), full, work);
        };
        if let Some(full) = of.target.full(|full| prepare(full, &mut scratch.prepare)) {
            return then(&Match { target: full, ..*of }, scratch);
        }
        let mut full = std::mem::take(&mut scratch.full);
        prepare(&mut full, &mut scratch.prepare);
        let result = then(&Match { target: &full, ..*of }, scratch);
        scratch.full = full;
        result
    }

    pub(super) fn score(&self, of: &Match<'_>, scratch: &mut MatchScratch) {
        if let (Some(template), Some(target)) = (of.template.steps(), of.target.steps()) {
            let MatchScratch { map, prepare, .. } = scratch;
            if score::by_steps(self.level, template, target, &mut prepare.steps, map) {
                return;
            }
        }
        self.scored(of, of.window.size(), scratch, |of, scratch| {
            let enlarged = self.subpixel.enlargement();
            let prepare = &mut scratch.prepare;
            let full = enlarged.and_then(|times| of.template.made_larger(times, prepare));
            let template = full.as_ref().unwrap_or(of.template);
            self.score_scored(&Match { template, ..*of }, scratch);
        });
    }

    fn score_scored(&self, of: &Match<'_>, scratch: &mut MatchScratch) {
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
    fn judge(
        &self,
        of: &Match<'_>,
        best: Candidate,
        doubt: Option<Status>,
        scratch: &mut MatchScratch,
    ) -> Sample {
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
        // Enlarging adds no places.
        let (detailed, area) = areas(of, best);
        let (roughness, is_chance) = self.beyond_chance(of, best, detailed, area);
        if self.is_at_edge(of, best, map.size()) {
            return Some(Status::AtEdge);
        }
        if is_chance {
            return Some(Status::LowScore);
        }
        let enlarged = roughness.enlarged(self.factor());
        if self.is_on_ridge(map, best, (enlarged, area)) {
            return Some(Status::Ambiguous);
        }
        let height = subpixel::height(map, best);
        let runner_up = peak::runner_up(map, best, enlarged)?;
        let indistinct = chance::indistinct(score, height - score, area, self.noise_area());
        scratch.rival = subpixel::height(map, runner_up);
        (height - indistinct <= scratch.rival).then_some(Status::Ambiguous)
    }

    /// Whether the score a few pixels away is as high, but for noise: content that looks the same along itself.
    fn is_on_ridge(
        &self,
        map: &ScoreMap,
        best: Candidate,
        (roughness, area): (Roughness, usize),
    ) -> bool {
        let Some((ring, [du, dv])) = subpixel::on_ring(map, best, self.ring()) else {
            return false;
        };
        let (score, height) = (f64::from(best.score), subpixel::height(map, best));
        let likeness = (-0.5 * roughness.along(du as f64, dv as f64)).exp();
        // Parabolas may rise above the peak; whole pixels are below it.
        let between = 0.5 * (score + height.min(1.0));
        let noise_area = self.noise_area();
        height - chance::indistinct_on_slope(between, likeness, area, noise_area) <= ring
    }

    /// The template's roughness without noise, and whether the score may be chance.
    fn beyond_chance(
        &self,
        of: &Match<'_>,
        best: Candidate,
        detailed: usize,
        area: usize,
    ) -> (Roughness, bool) {
        let (score, template) = (f64::from(best.score), of.template.as_it_was());
        let n_positions = of.positions().area() as f64 / self.factor().powi(2);
        let n_positions = (n_positions.ceil() as usize).max(of.n_positions);
        let roughness = chance::without_noise(template.roughness(), score, self.noise_gradient());
        let details = chance::chance_level(roughness, detailed, n_positions);
        let chance = details.max(chance::chance_level(Roughness::HIGHEST, area, n_positions));
        (roughness, score < self.min_score.max(chance))
    }

    /// Positions to the ring around the best on which the score must have fallen.
    fn ring(&self) -> usize {
        (RING_PX * self.factor()).round().max(1.0) as usize
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
        let [across, down] = scratch.neighbours.map(fit);
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
        let spline = of.frame.spline.get().expect("targets of a fit are prepared with a spline");
        let Size { width, height } = of.template.size();
        let whole = Rect::new(start.x as isize, start.y as isize, width, height);
        let offset = block::middle(of.frame.pixels.crop(whole));
        gauss_newton::refine(
            self.level,
            of.template.steepest(),
            spline,
            Start { whole: (whole.x, whole.y), lean: scratch.lean, offset },
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
        let spline = of.frame.spline.get().expect("targets of a fit are prepared with a spline");
        let size = of.window.size();
        let middle = [size.width, size.height].map(|side| 0.5 * (side as f64 - 1.0));
        let fitted = warp_fit::refine(
            of.template.patch(),
            Model::Translation,
            (spline, of.frame.counts()),
            Warp::at(start.x + middle[0], start.y + middle[1]),
            (self.level, &self.noise),
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
    pub(super) fn may_have_left(&self, of: &Match<'_>, best: Candidate, sample: &Sample) -> bool {
        let positions = of.positions();
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

pub(super) fn whole_pixel(of: &Match<'_>, best: Candidate) -> Settled {
    let search = of.target.search();
    Settled {
        x: search.x as f64 + best.u as f64,
        y: search.y as f64 + best.v as f64,
        score: best.score,
        covariance: Covariance::UNKNOWN,
    }
}
