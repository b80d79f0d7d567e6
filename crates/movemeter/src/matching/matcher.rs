//! One match from start to end: from a template and a frame to a sample.

use super::SMOOTHING;
use super::chance;
use super::gauss_newton::{self, FitScratch, Settled};
use super::naive;
use super::overlap;
use super::peak::{self, Candidate};
use super::plan::Plan;
use super::score::{self, FftMatchScratch, ScoreMap};
use super::subpixel::{self, Subpixel};
use super::target::{PrepareScratch, Target};
use super::template::{Template, Uses};
use crate::fft::Fft2;
use crate::filter::{self, Border};
use crate::frame::{Frame, View};
use crate::geometry::{Displacement, Rect, Size};
use crate::simd::{self, Level};
use crate::spline::Spline;
use crate::track::{Covariance, Sample, Status};

/// A frame as the matcher sees it.
#[derive(Clone, Debug, Default)]
pub struct MatchFrame {
    pixels: Frame,
    spline: Option<Spline>,
}

impl MatchFrame {
    /// Its pixels: smoothed if a Gauss–Newton fit is to follow.
    pub fn pixels(&self) -> &Frame {
        &self.pixels
    }
}

/// What a frame is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Templates are taken out of it.
    Source,
    /// Templates are looked for in it.
    Target,
}

/// A window that was farther than this from the frame's border is not looked for outside: that would
/// take longer than the search itself, and only the reason of its loss is at stake.
const FAR_PX: usize = 64;

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
    /// The template's part of the noise in both: one half, unless it comes from a mean of frames.
    pub template_noise: f64,
}

/// Working memory of one thread.
#[derive(Default)]
pub struct MatchScratch {
    /// To prepare templates and targets.
    pub prepare: PrepareScratch,
    map: ScoreMap,
    fft: FftMatchScratch,
    fit: FitScratch,
}

/// One match to be made.
#[derive(Clone, Copy)]
pub struct Match<'a> {
    /// What is looked for.
    pub template: &'a Template,
    /// Where the template's content was.
    pub window: Rect,
    /// Where it may be.
    pub target: &'a Target,
    /// The frame the target belongs to.
    pub frame: &'a MatchFrame,
    /// The way to correlate.
    pub plan: &'a Plan,
}

impl Matcher {
    /// Prepares a frame for its role.
    pub fn prepare_frame(&self, frame: &Frame, role: Role) -> MatchFrame {
        if self.subpixel != Subpixel::GaussNewton {
            return MatchFrame { pixels: frame.clone(), spline: None };
        }
        let taps = SMOOTHING.map(|weight| weight as f32);
        let (mut work, mut pixels) = (Frame::default(), Frame::default());
        filter::separable(self.level, frame, &taps, Border::Mirror, &mut work, &mut pixels);
        let spline = (role == Role::Target).then(|| Spline::through(self.level, frame, &SMOOTHING));
        MatchFrame { pixels, spline }
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
        let uses = Uses { fit: self.subpixel == Subpixel::GaussNewton, fft };
        template.prepare(&frame.pixels, window, uses, scratch)
    }

    /// The region in which a window's content may be found: one pixel more than the farthest
    /// displacement on each side, so that a match at the limit has neighbours; inside the frame.
    pub fn search(&self, window: Rect, frame: Size) -> Rect {
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
        self.max_displacement_px.map_or(0, |limit| limit.ceil() as usize + 1)
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

    fn score(&self, of: &Match<'_>, scratch: &mut MatchScratch) {
        let MatchScratch { map, fft, .. } = scratch;
        match of.plan {
            Plan::Naive => {
                let template = View::new(of.template.size(), of.template.pixels());
                naive::scores(template, of.frame.pixels.crop(of.target.search()), map);
            }
            Plan::Direct => score::direct(self.level, of.template, of.target, map),
            Plan::Fft(plan) => score::by_fft(plan, of.template, of.target, fft, map),
        }
    }

    /// From the best whole pixel to a sample.
    fn judge(&self, of: &Match<'_>, best: Candidate, scratch: &mut MatchScratch) -> Sample {
        let doubt = self.doubt(of, best, &scratch.map);
        match doubt {
            Some(status) if !self.keep_doubtful => Sample::doubtful(status, best.score),
            _ => self.refined(of, best, doubt, scratch),
        }
    }

    fn doubt(&self, of: &Match<'_>, best: Candidate, map: &ScoreMap) -> Option<Status> {
        let score = f64::from(best.score);
        let area = of.template.size().area();
        let roughness =
            chance::without_noise(of.template.roughness(), score, self.noise_gradient());
        let chance = chance::chance_level(roughness, area, map.size().area());
        if self.is_at_edge(of, best, map.size()) {
            return Some(Status::AtEdge);
        }
        if score < self.min_score.max(chance) {
            return Some(Status::LowScore);
        }
        let runner_up = peak::runner_up(map, best, roughness)?;
        let height = subpixel::height(map, best);
        let indistinct = chance::indistinct(score, height - score, area, self.noise_area());
        (height - indistinct < subpixel::height(map, runner_up)).then_some(Status::Ambiguous)
    }

    /// Variance of the gradient of white noise, over that of the noise, as the matcher sees it.
    fn noise_gradient(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => gauss_newton::NOISE_GRADIENT,
            // Σ of squares of the five-point derivative.
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None => 130.0 / 144.0,
        }
    }

    /// Pixels of white noise that one pixel of the noise the matcher sees is worth.
    fn noise_area(&self) -> f64 {
        match self.subpixel {
            Subpixel::GaussNewton => (SMOOTHING[0].powi(2) + 2.0 * SMOOTHING[1].powi(2)).powi(2),
            Subpixel::Parabola | Subpixel::Gaussian | Subpixel::None => 1.0,
        }
    }

    /// Whether the best place is on a border of the search that is not the frame's.
    fn is_at_edge(&self, of: &Match<'_>, best: Candidate, positions: Size) -> bool {
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
                (whole_pixel(of, best), Some(status))
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
        let whole = whole_pixel(of, best);
        let fit: fn([f64; 3]) -> f64 = match self.subpixel {
            Subpixel::None => return Ok(whole),
            Subpixel::Parabola => |[before, peak, after]| subpixel::parabola(before, peak, after).0,
            Subpixel::Gaussian => |[before, peak, after]| subpixel::gaussian(before, peak, after),
            Subpixel::GaussNewton => return self.fit(of, &whole, scratch),
        };
        let [across, down] = subpixel::neighbours(&scratch.map, best).map(fit);
        Ok(Settled { x: whole.x + across, y: whole.y + down, ..whole })
    }

    fn fit(
        &self,
        of: &Match<'_>,
        start: &Settled,
        scratch: &mut MatchScratch,
    ) -> Result<Settled, Status> {
        let spline = of.frame.spline.as_ref().expect("targets of a fit are prepared with a spline");
        gauss_newton::refine(
            self.level,
            of.template.steepest(),
            spline,
            (start.x as isize, start.y as isize),
            mean_at(&of.frame.pixels, start, of.template.size()),
            self.template_noise,
            &mut scratch.fit,
        )
    }

    fn status_of(&self, of: &Match<'_>, at: &Settled, displacement: Displacement) -> Status {
        let frame = of.frame.pixels.size();
        let (right, bottom) = (
            frame.width as f64 - of.window.width as f64,
            frame.height as f64 - of.window.height as f64,
        );
        // One pixel outside is what a fit without the outermost rows and columns can still see.
        let has_left = at.x < -1.0 || right + 1.0 < at.x || at.y < -1.0 || bottom + 1.0 < at.y;
        if has_left {
            Status::LeftFrame
        } else if self.max_displacement_px.is_some_and(|limit| limit < displacement.reach()) {
            Status::AtEdge
        } else {
            Status::Ok
        }
    }

    /// Whether it is worth a look beyond the frame's border: the search would go on there, and the
    /// match is lost, or lies on that border with no fit to tell which way it leans.
    fn may_have_left(
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
    fn fits_outside(&self, of: &Match<'_>, best: Candidate) -> bool {
        let reach = self.reach_outside();
        let allowed = Rect::new(of.window.x, of.window.y, 1, 1).grown(reach);
        let outside = overlap::best_outside(of.template, &of.frame.pixels, allowed);
        let roughness =
            chance::without_noise(of.template.roughness(), outside.score, self.noise_gradient());
        let chance = chance::chance_level(roughness, outside.area.max(1), outside.n_positions);
        f64::from(best.score).max(chance) < outside.score
    }
}

/// The mean grey value of the window found.
fn mean_at(frame: &Frame, at: &Settled, size: Size) -> f32 {
    let rect = Rect::new(at.x as isize, at.y as isize, size.width, size.height);
    let sum: f64 = frame.crop(rect).rows().map(simd::sum).sum();
    (sum / size.area() as f64) as f32
}

fn whole_pixel(of: &Match<'_>, best: Candidate) -> Settled {
    let search = of.target.search();
    Settled {
        x: search.x as f64 + best.u as f64,
        y: search.y as f64 + best.v as f64,
        score: best.score,
        covariance: Covariance::UNKNOWN,
    }
}
