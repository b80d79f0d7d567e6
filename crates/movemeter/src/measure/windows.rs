//! The windows of a run: where each is, and how windows of its size are matched.

use std::collections::HashMap;

use super::stage::ScratchPool;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::matching::matcher::{MatchFrame, Matcher, Role};
use crate::matching::plan::{Plan, Planner};
use crate::matching::target::Target;
use crate::roi::Windows;

/// Memory that may be spent on templates, or reference regions, that are prepared once and kept.
/// With more windows than that they are prepared again for each frame: same numbers, more time.
const KEEP_BYTES: usize = 256 << 20;

/// One size of window with the way it is matched.
pub(super) struct Class {
    pub size: Size,
    pub plan: Plan,
}

/// A window and where it is looked for from: its own place, or where it has moved.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub window: usize,
    pub rect: Rect,
}

/// All windows, and the matcher they share.
pub(super) struct Site {
    pub matcher: Matcher,
    pub rects: Vec<Rect>,
    frame: Size,
    class_of: Vec<usize>,
    classes: Vec<Class>,
}

/// A frame with, where the whole of it is searched, a target for each size of window.
pub(super) struct Prepared {
    pub frame: MatchFrame,
    whole: Vec<Target>,
}

impl Site {
    pub fn new(matcher: Matcher, windows: &Windows, frame: Size, mut planner: Planner) -> Self {
        let rects: Vec<Rect> = windows.iter().map(|(_, _, rect)| rect).collect();
        let mut classes: Vec<Class> = Vec::new();
        let mut known = HashMap::new();
        let class_of = rects.iter().map(|rect| {
            *known.entry(rect.size()).or_insert_with(|| {
                let search = matcher.search_size(rect.size(), frame);
                let plan = planner.plan(rect.size(), search);
                classes.push(Class { size: rect.size(), plan });
                classes.len() - 1
            })
        });
        let class_of = class_of.collect();
        Self { matcher, frame, rects, class_of, classes }
    }

    /// The way this window is matched.
    pub fn plan(&self, window: usize) -> &Plan {
        &self.classes[self.class_of[window]].plan
    }

    /// This window where it was placed.
    pub fn place(&self, window: usize) -> Place {
        Place { window, rect: self.rects[window] }
    }

    /// How many windows cannot be searched as far as asked.
    pub fn n_clipped(&self) -> usize {
        let Some(limit) = self.matcher.max_displacement_px else { return 0 };
        let reach = limit.ceil() as usize;
        self.rects.iter().filter(|rect| !rect.grown(reach).is_inside(self.frame)).count()
    }

    /// Whether one target serves all windows of a size.
    pub fn searches_whole_frame(&self) -> bool {
        self.matcher.max_displacement_px.is_none()
    }

    /// Whether what is prepared for each window may be kept for the whole run.
    pub fn may_keep(&self) -> bool {
        let bytes = |rect: &Rect| {
            // Where the whole frame is searched, no window keeps a part of it.
            let search = match self.searches_whole_frame() {
                true => Size::default(),
                false => self.matcher.search_size(rect.size(), self.frame),
            };
            // Four patches of the template; pixels and norms of the region, or a complex spectrum.
            16 * rect.size().area() + 24 * search.area()
        };
        self.rects.iter().map(bytes).sum::<usize>() < KEEP_BYTES
    }

    /// Prepares a frame for its role.
    pub fn prepare(&self, frame: &Frame, role: Role, pool: &ScratchPool) -> Prepared {
        let frame = self.matcher.prepare_frame(frame, role);
        let mut whole = Vec::new();
        if role == Role::Target && self.searches_whole_frame() {
            let scratch = &mut pool.get().matching.prepare;
            for class in &self.classes {
                let mut target = Target::default();
                let search = Rect::of_frame(frame.pixels().size());
                target.prepare(frame.pixels(), search, class.size, class.plan.fft(), scratch);
                whole.push(target);
            }
        }
        Prepared { frame, whole }
    }

    /// The whole-frame target for this window, if the whole frame is searched.
    pub fn whole<'a>(&self, window: usize, of: &'a Prepared) -> Option<&'a Target> {
        of.whole.get(self.class_of[window])
    }
}
