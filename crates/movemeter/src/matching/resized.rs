//! Finding a window as OpenCV does between pixels: both pictures enlarged, then the best whole pixel.
//!
//! [`Finder`] gives OpenCV's answer and nothing else: whether to believe it is not asked, and the
//! region that is searched is the caller's. [`Matcher`](super::matcher::Matcher) does the same in
//! regions of its own, and asks.

use super::enlargement::Enlargement;
use super::peak;
use super::plan::{Plan, Planner};
use super::score::{self, FftMatchScratch, ScoreMap};
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
    aim: Option<(Plan, Size)>,
    target: Target,
    template: Template,
    prepare: PrepareScratch,
    fft: FftMatchScratch,
    map: ScoreMap,
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
        self.target.prepare_enlarged((frame, search), enlargement, template, plan.fft(), prepare);
        self.aim = Some((plan, window));
    }

    /// Where the content of a window of `frame` is in the region aimed at; [`Status::Flat`] if there is
    /// no texture in the window, or none in the region.
    ///
    /// # Panics
    ///
    /// If nothing was aimed at, or for windows of another size; if the window is not inside the frame.
    pub fn find(&mut self, frame: &Frame, window: Rect) -> Result<Found, Status> {
        let (plan, size) = self.aim.as_ref().expect("a finder is aimed before it is used");
        assert_eq!(window.size(), *size, "the finder is aimed for windows of this size");
        let (template, target) = (&mut self.template, &self.target);
        let prepare = &mut self.prepare;
        template.prepare_enlarged((frame, window), self.enlargement, plan.fft(), prepare)?;
        match plan {
            // The planner chooses the slow way only if it is forced to.
            Plan::Naive | Plan::Direct => {
                score::direct(self.level, template, target, &mut self.map);
            }
            Plan::Fft(fft) => score::by_fft(fft, template, target, &mut self.fft, &mut self.map),
        }
        let best = peak::best(&self.map).ok_or(Status::Flat)?;
        let search = target.search();
        let place = Point {
            x: search.x as f64 + self.enlargement.reduced(best.u),
            y: search.y as f64 + self.enlargement.reduced(best.v),
        };
        Ok(Found { place, score: best.score })
    }
}
