//! What is matched: a frame as the matcher sees it, and a template with the place it is looked for in.

use std::sync::Arc;

use super::gauss_newton::Settled;
use super::masked::Masked;
use super::plan::Plan;
use super::target::Target;
use super::template::Template;
use super::weights::Weights;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
use crate::spline::Spline;

/// A frame as the matcher sees it. It can be prepared again and again, and keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct MatchFrame {
    pub(super) pixels: Frame,
    pub(super) spline: Made<Spline>,
    pub(super) weights: Made<Weights>,
    pub(super) counts: Option<Arc<Counts>>,
}

/// What is made of a frame for some of its roles.
#[derive(Clone, Debug, Default)]
pub(super) struct Made<T> {
    is_made: bool,
    made: T,
}

impl<T> Made<T> {
    /// What was made, if it was.
    pub fn get(&self) -> Option<&T> {
        self.is_made.then_some(&self.made)
    }

    /// Makes it anew if it is needed.
    pub fn make(&mut self, is_needed: bool, make: impl FnOnce(&mut T)) {
        self.is_made = is_needed;
        if is_needed {
            make(&mut self.made);
        }
    }
}

impl MatchFrame {
    /// Its pixels: smoothed if a Gauss–Newton fit is to follow.
    pub fn pixels(&self) -> &Frame {
        &self.pixels
    }

    /// Which of its pixels count; `None` if all do.
    pub fn counts(&self) -> Option<&Counts> {
        self.counts.as_deref()
    }
}

/// What a frame is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Templates are taken out of it.
    Source,
    /// Templates are looked for in it.
    Target,
    /// Both.
    Both,
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
    /// How many positions it may be at, where those are more than the target's: chance had them all.
    pub n_positions: usize,
}

/// A fit steps so far from its whole pixel, with the rounding of places: where no masked pixel is nearer to the
/// window than this, the fit does not meet one.
const FIT_REACH_PX: usize = 3;

impl<'a> Match<'a> {
    /// How many positions there are across and down.
    pub fn positions(&self) -> Size {
        self.target.positions(self.template.size())
    }

    /// With a mask, if the template lacks pixels, or any place it is looked for in does.
    pub(super) fn masked(&self) -> Option<Masked<'a>> {
        let (counts, search) = (self.frame.counts()?, self.target.search());
        let is_masked = !self.template.counts().is_empty() || 0 < counts.n_lacking(search);
        let (template, frame) = (self.template, self.frame.pixels());
        is_masked.then_some(Masked { template, frame, counts, search })
    }

    /// Whether a fit that starts there may meet pixels that do not count.
    pub(super) fn is_masked_at(&self, start: &Settled) -> bool {
        let Some(counts) = self.frame.counts() else { return false };
        let (x, y, size) = (start.x as isize, start.y as isize, self.window.size());
        let around = Rect::new(x, y, size.width, size.height).grown(FIT_REACH_PX);
        !self.template.counts().is_empty() || 0 < counts.n_lacking(around)
    }
}
