//! The windows of a run: where each is, and how windows of its size are matched.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::stage::ScratchPool;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::matching::matcher::{MatchFrame, Matcher, Role};
use crate::matching::mosaic::Mosaics;
use crate::matching::plan::{Plan, Planner};
use crate::matching::target::{PrepareScratch, Target};
use crate::preprocess::Preparation;
use crate::roi::Windows;

/// Memory that may be spent on templates, or reference regions, that are prepared once and kept.
/// With more windows than that they are prepared again for each frame: that takes more time, and rounds covariances otherwise.
const KEEP_BYTES: usize = 256 << 20;

/// One size of window with the way it is matched.
pub(super) struct Class {
    pub size: Size,
    pub plan: Plan,
    /// Regions to look in first, where the whole frame is searched; from small to large.
    pub near: Vec<Near>,
    /// What a search of whole frames by bounds needs, if it is one; nothing is made of a frame here.
    mosaics: Option<Mosaics>,
}

/// A region around a predicted place, for one size of window.
pub(super) struct Near {
    /// How far it reaches to each side of the window, px.
    pub reach: usize,
    pub plan: Plan,
}

/// How far to look around a predicted place, first, then if it is not there. The first costs no more
/// than the fit that follows, the last still a small part of a search of a large frame.
const NEAR_PX: [usize; 3] = [8, 32, 128];
/// A region is only worth while where it is at most this part of the frame.
const NEAR_PART: f64 = 0.5;

/// A window and where it is looked for from: its own place, or where it has moved.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub window: usize,
    pub rect: Rect,
}

/// All windows, and the matcher they share.
pub(super) struct Site {
    pub matcher: Matcher,
    pub preparation: Preparation,
    pub rects: Vec<Rect>,
    frame: Size,
    /// The part of it in which all windows are.
    around: Rect,
    class_of: Vec<usize>,
    classes: Vec<Class>,
    /// Whether what is prepared for each window is kept, if that was said.
    keeps: Option<bool>,
}

/// A frame with, where the whole of it is searched, a target for each size of window, made when it is
/// first needed.
pub(super) struct Prepared {
    pub frame: MatchFrame,
    whole: Vec<OnceLock<Target>>,
}

impl Site {
    /// With `predicts`, following windows are first looked for where they are expected.
    pub fn new(
        matcher: Matcher,
        windows: &Windows,
        frame: Size,
        mut planner: Planner,
        (follow, predicts): (bool, bool),
    ) -> Self {
        let predicts = predicts && matcher.max_displacement_px.is_none();
        let rects: Vec<Rect> = windows.iter().map(|(_, _, rect)| rect).collect();
        let mut classes: Vec<Class> = Vec::new();
        let mut known = HashMap::new();
        let class_of = rects.iter().map(|rect| {
            let size = matcher.sought(*rect).size();
            *known.entry(size).or_insert_with(|| {
                let search = matcher.search_size(size, frame);
                let [template, search] = [size, search].map(|s| matcher.matched_size(s));
                let plan = planner.plan(template, search);
                let near = match predicts && matcher.is_predictable() {
                    true => near(size, frame, &mut planner),
                    false => Vec::new(),
                };
                // How high other places score must be known where a window is expected at one.
                let is_bounded = matcher.may_be_bounded_anywhere() && (!follow || near.is_empty());
                let mosaics = is_bounded.then(|| planner.mosaics(frame));
                classes.push(Class { size, plan, near, mosaics });
                classes.len() - 1
            })
        });
        let class_of = class_of.collect();
        let preparation = Preparation::default();
        let around = rects.iter().copied().reduce(Rect::joined).unwrap_or(Rect::of_frame(frame));
        Self { matcher, preparation, frame, around, rects, class_of, classes, keeps: None }
    }

    /// The same, for frames to which this is done before they are matched.
    pub fn preparing(self, preparation: Preparation) -> Self {
        Self { preparation, ..self }
    }

    /// The same, keeping what is prepared for each window, or not, whatever memory that takes.
    pub fn keeping(self, keeps: Option<bool>) -> Self {
        Self { keeps, ..self }
    }

    /// The way this window is matched.
    pub fn plan(&self, window: usize) -> &Plan {
        &self.classes[self.class_of[window]].plan
    }

    /// The regions in which this window is looked for first, from small to large.
    pub fn near(&self, window: usize) -> &[Near] {
        &self.classes[self.class_of[window]].near
    }

    /// Whether any window is looked for where it is expected.
    pub fn predicts(&self) -> bool {
        self.classes.iter().any(|class| !class.near.is_empty())
    }

    /// How many positions a window has in the frame.
    pub fn n_positions(&self, window: Size) -> usize {
        (self.frame.width - window.width + 1) * (self.frame.height - window.height + 1)
    }

    /// This window where it was placed.
    pub fn place(&self, window: usize) -> Place {
        Place { window, rect: self.rects[window] }
    }

    /// How many pixels of a window count where it was placed.
    pub fn n_counting(&self, window: usize) -> usize {
        let rect = self.rects[window];
        let n_lacking = self.matcher.counts.as_ref().map_or(0, |counts| counts.n_lacking(rect));
        rect.size().area() - n_lacking
    }

    /// Whether one target serves all windows of a size.
    pub fn searches_whole_frame(&self) -> bool {
        self.matcher.max_displacement_px.is_none()
    }

    /// Whether what is prepared for each window may be kept for the whole run.
    pub fn may_keep(&self) -> bool {
        self.keeps.unwrap_or_else(|| self.bytes_kept() < KEEP_BYTES)
    }

    fn bytes_kept(&self) -> usize {
        let bytes = |rect: &Rect| {
            // Where the whole frame is searched, no window keeps a part of it.
            let search = match self.searches_whole_frame() {
                true => Size::default(),
                false => self.matcher.search_size(rect.size(), self.frame),
            };
            // Six patches of the template; pixels and norms of the region, or a complex spectrum.
            if let Some(times) = self.matcher.steps(rect.size(), self.frame) {
                // The window and the region in double precision, beside six patches, and a norm for each step.
                let places = |search: usize, window: usize| (search + 1).saturating_sub(window);
                let steps = times
                    * times
                    * places(search.width, rect.width)
                    * places(search.height, rect.height);
                return 32 * rect.size().area() + 8 * search.area() + 4 * steps;
            }
            let [template, search] =
                [rect.size(), search].map(|size| self.matcher.matched_size(size).area());
            24 * template + 24 * search + self.matcher.bytes_of_warps(*rect)
        };
        self.rects.iter().map(bytes).sum()
    }

    /// Prepares a frame as recorded for its role.
    pub fn prepare(&self, raw: &Frame, role: Role, pool: &ScratchPool) -> Prepared {
        let mut work = std::mem::take(&mut pool.get().preparing);
        let frame = self.preparation.apply(self.matcher.level, raw, &mut work);
        let prepared = self.prepare_preprocessed(frame, role, pool);
        pool.get().preparing = work;
        prepared
    }

    /// A frame as recorded, made into what the matcher sees.
    pub fn preprocessed(&self, raw: &Frame, pool: &ScratchPool) -> Frame {
        let mut work = std::mem::take(&mut pool.get().preparing);
        let frame = self.preparation.apply(self.matcher.level, raw, &mut work).clone();
        pool.get().preparing = work;
        frame
    }

    /// Prepares a frame that is preprocessed already for its role.
    pub fn prepare_preprocessed(&self, pixels: &Frame, role: Role, pool: &ScratchPool) -> Prepared {
        let mut frame = pool.spare_frame();
        let scratch = &mut pool.get().source;
        match role {
            Role::Source => self.matcher.prepare_source(pixels, self.around, &mut frame, scratch),
            _ => self.matcher.prepare_frame(pixels, role, &mut frame, &mut scratch.lines),
        }
        let mut whole = Vec::new();
        if role != Role::Source && self.searches_whole_frame() {
            whole.resize_with(self.classes.len(), OnceLock::new);
        }
        Prepared { frame, whole }
    }

    /// The whole-frame target for this window, if the whole frame is searched.
    pub fn whole<'a>(
        &self,
        window: usize,
        of: &'a Prepared,
        scratch: &mut PrepareScratch,
    ) -> Option<&'a Target> {
        let class = &self.classes[self.class_of[window]];
        let target = of.whole.get(self.class_of[window])?;
        Some(target.get_or_init(|| {
            let frame = of.frame.pixels().size();
            if let Some(mosaics) = &class.mosaics {
                return Target::anywhere(frame, mosaics.clone());
            }
            let mut target = Target::default();
            let (fft, region) = (class.plan.fft(), (Rect::of_frame(frame), class.size));
            self.matcher.prepare_target(&of.frame, region, fft, &mut target, scratch);
            target
        }))
    }
}

fn near(window: Size, frame: Size, planner: &mut Planner) -> Vec<Near> {
    let search = |reach: usize| {
        let side = |side: usize, frame: usize| frame.min(side + 2 * reach);
        Size::new(side(window.width, frame.width), side(window.height, frame.height))
    };
    let is_worth_while =
        |reach: &usize| search(*reach).area() as f64 <= NEAR_PART * frame.area() as f64;
    let near = |reach| Near { reach, plan: planner.plan(window, search(reach)) };
    NEAR_PX.into_iter().filter(is_worth_while).map(near).collect()
}
