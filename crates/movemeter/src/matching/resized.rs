//! Finding a window as OpenCV does between pixels: both pictures enlarged, then the best whole pixel.
//!
//! [`Finder`] gives OpenCV's answer and nothing else: whether to believe it is not asked, and the
//! region that is searched is the caller's. [`Matcher`](super::matcher::Matcher) does the same in
//! regions of its own, and asks.

use super::enlargement::Enlargement;
use super::peak;
use super::plan::{self, Plan, Planner};
use super::score::{self, FftMatchScratch, ScoreMap};
use super::steps;
use super::target::{PrepareScratch, Target};
use super::template::Template;
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Size};
use crate::simd::Level;
use crate::track::Status;

/// Looks for windows in enlarged pictures. One for each thread: it owns its working memory.
///
/// The same as, in OpenCV, with `size` rounding each side times the enlargement down,
///
/// ```text
/// template = cv2.resize(window, size, INTER_LINEAR)      region = cv2.resize(search, size, INTER_LINEAR)
/// scores = cv2.matchTemplate(region, template, TM_CCOEFF_NORMED)
/// column, row = the first highest score in row order
/// place = (column, row) / enlargement + corner of the search
/// ```
///
/// One difference is wanted: without texture there is [`Status::Flat`] instead of a place, where OpenCV
/// scores 1 everywhere, so that the search's corner wins. Another cannot be helped: OpenCV sums the
/// products of grey values in `f32`, so that its scores are rounded by 1e-3 where a texture is a
/// fiftieth of the brightness; of two steps that match equally well it may then choose the other.
pub struct Finder {
    enlargement: Enlargement,
    level: Level,
    planner: Planner,
    aim: Option<Aim>,
    target: Target,
    /// The region as it is, and enlarged, for a template that must be.
    region: Frame,
    full: Target,
    template: Template,
    prepare: PrepareScratch,
    fft: FftMatchScratch,
    map: ScoreMap,
}

/// What is looked for in the region aimed at.
#[derive(Clone)]
struct Aim {
    window: Size,
    plan: Plan,
    /// How many steps a pixel has, where scores at them are quicker than enlarged pictures.
    steps: Option<usize>,
}

/// Where a window's content was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The window's top left pixel there, px in the frame that was searched.
    pub place: Point,
    /// Zero-mean normalised cross-correlation, −1 to 1.
    pub score: f32,
}

impl Finder {
    /// A finder that enlarges this many times.
    pub fn new(enlargement: Enlargement) -> Self {
        Self {
            enlargement,
            level: Level::new(),
            planner: Planner::default(),
            aim: None,
            target: Target::default(),
            region: Frame::default(),
            full: Target::default(),
            template: Template::default(),
            prepare: PrepareScratch::default(),
            fft: FftMatchScratch::default(),
            map: ScoreMap::default(),
        }
    }

    /// Prepares a region of a frame to look for windows of this size in it, as many as wanted.
    ///
    /// # Panics
    ///
    /// If the search is not inside the frame, or the window is larger than the search.
    pub fn aim(&mut self, frame: &Frame, search: Rect, window: Size) {
        let (template, region) = (self.enlargement.of(window), self.enlargement.of(search.size()));
        let plan = self.planner.plan(template, region);
        let (enlargement, prepare) = (self.enlargement, &mut self.prepare);
        let region = (frame, search);
        let is_quicker = |&times: &usize| plan::is_quicker_at_steps(window, search.size(), times);
        let steps = steps::of_pixel(enlargement, window).filter(is_quicker).filter(|&times| {
            self.target.prepare_steps(self.level, region, (window, times), prepare)
        });
        match steps {
            Some(_) => self.region.copy(frame.crop(search)),
            None => {
                self.target.prepare_enlarged(region, enlargement, template, plan.fft(), prepare);
            }
        }
        self.aim = Some(Aim { window, plan, steps });
    }

    /// Where the content of a window of `frame` is in the region aimed at; [`Status::Flat`] if there is
    /// no texture in the window, or none in the region.
    ///
    /// # Panics
    ///
    /// If nothing was aimed at, or for windows of another size; if the window is not inside the frame.
    pub fn find(&mut self, frame: &Frame, window: Rect) -> Result<Found, Status> {
        let Aim { window: size, plan, steps } =
            self.aim.clone().expect("a finder is aimed before it is used");
        assert_eq!(window.size(), size, "the finder is aimed for windows of this size");
        let (of, with) = ((frame, window), (plan.fft(), steps));
        self.template.prepare_enlarged(of, self.enlargement, with, &mut self.prepare)?;
        self.score(&plan);
        let search = self.target.search();
        let best = peak::best(&self.map).ok_or(Status::Flat)?;
        let place = Point {
            x: search.x as f64 + self.enlargement.reduced(best.u),
            y: search.y as f64 + self.enlargement.reduced(best.v),
        };
        Ok(Found { place, score: best.score })
    }

    /// Scores of the template everywhere in the region.
    fn score(&mut self, plan: &Plan) {
        let Self { template, target, prepare, map, .. } = self;
        if let (Some(template), Some(target)) = (template.steps(), target.steps())
            && score::by_steps(self.level, template, target, &mut prepare.steps, map)
        {
            return;
        }
        let full = template.made_larger(self.enlargement, prepare);
        let template = full.as_ref().unwrap_or(template);
        let target = if target.steps().is_some() {
            let all = (&self.region, Rect::of_frame(self.region.size()));
            self.full.prepare_enlarged(all, self.enlargement, template.size(), plan.fft(), prepare);
            &self.full
        } else {
            target
        };
        match plan {
            // The planner chooses the slow way only if it is forced to.
            Plan::Naive | Plan::Direct => score::direct(self.level, template, target, map),
            Plan::Fft(fft) => score::by_fft(fft, template, target, &mut self.fft, map),
        }
    }
}
