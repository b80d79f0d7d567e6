//! A keyframe of one window: its content, and the way to it and back.

use std::sync::Arc;

use super::pair;
use super::stage::Scratch;
use super::windows::{Place, Prepared, Site};
use crate::deformation::Deformation;
use crate::frame::Frame;
use crate::geometry::{Displacement, Rect};
use crate::matching::matcher::{MatchFrame, Role};
use crate::matching::template::Template;
use crate::track::{Covariance, Found, Sample, Status};

/// The part of the frame that is kept around a keyframe's window, px to each side: the way back leads to
/// within a pixel of the window, and a spline feels the end of its data less than 1e-4 seven pixels away.
const AROUND_PX: usize = 8;

/// A keyframe of one window.
pub(super) struct Key {
    pub number: usize,
    pub displacement: Displacement,
    /// Of its displacement, less this frame's own noise, which cancels in what is measured against it.
    pub covariance: Covariance,
    pub deformation: Deformation,
    pub content: Content,
    /// Variance of a match with the next frame: what noise alone gives.
    pub noise: Option<f64>,
}

pub(super) enum Content {
    /// The window follows: its content, where that was, and the part of the frame around it, which
    /// begins at this corner.
    Template { template: Box<Template>, rect: Rect, around: Box<MatchFrame>, corner: Rect },
    /// The window stays: the whole frame, shared with other windows.
    Frame(Arc<Prepared>),
}

/// The frame that is measured.
pub(super) struct Present<'a> {
    pub site: &'a Site,
    pub number: usize,
    pub frame: &'a Arc<Prepared>,
    pub pixels: &'a Frame,
}

impl Key {
    /// The displacement from the first frame of what moved by this much since the keyframe into a window that
    /// stays: if content had turned until then, what was beside the window had come from elsewhere.
    pub fn total(&self, since: Displacement) -> Displacement {
        self.displacement + turned(&self.deformation.inverse(), since)
    }

    /// The displacement since the keyframe of what has moved by this much from the first frame.
    pub fn since(&self, from_first: Displacement) -> Displacement {
        turned(&self.deformation, from_first - self.displacement)
    }

    /// The first match after it was taken tells what noise alone gives.
    pub fn meet(&mut self, number: usize, sample: &Sample) {
        if number == self.number + 1 {
            self.noise = Some(self.own(sample));
        }
    }

    /// Variance of a match with this keyframe, without that of the keyframe.
    fn own(&self, sample: &Sample) -> f64 {
        let trace = |of: Covariance| f64::from(of.xx + of.yy);
        trace(sample.covariance) - trace(self.covariance)
    }

    /// A way through this keyframe without the noise that cancels: that of the match as far as the
    /// content is the same, for it enters what is measured before and after with opposite signs.
    pub fn without_noise(&self, way: Sample) -> Sample {
        let all = self.own(&way);
        let cancels = f64::from(way.score) * self.noise.unwrap_or(0.0) / all;
        // NaN where no variance is known.
        let part = (1.0 - cancels).clamp(1.0 - f64::from(way.score), 1.0) as f32;
        let since = |all: f32, key: f32| key + part * (all - key);
        let (all, key) = (way.covariance, self.covariance);
        let (xx, xy, yy) = (since(all.xx, key.xx), since(all.xy, key.xy), since(all.yy, key.yy));
        Sample { covariance: Covariance { xx, xy, yy }, ..way }
    }

    /// The displacement from the first frame in which the way leads back to the keyframe: what is in the
    /// present frame now, looked for in the keyframe, or for windows that stay the other way round.
    pub fn back(
        &self,
        expected: Displacement,
        now: &Content,
        place: Place,
        present: &Present<'_>,
        scratch: &mut Scratch,
    ) -> Sample {
        let since = expected - self.displacement;
        let (dx, dy) = (since.dx.round() as isize, since.dy.round() as isize);
        let whole = Displacement::new(dx as f64, dy as f64);
        let back = match (&self.content, now) {
            (
                Content::Template { around, corner, .. },
                Content::Template { template, rect, .. },
            ) => {
                let at = rect.moved(-dx - corner.x, -dy - corner.y);
                let found = pair::follow_in(present.site, template, around, at, scratch);
                Sample { displacement: whole - found.displacement, ..found }
            }
            (Content::Frame(earlier), _) => {
                let was = place.rect.moved(-dx, -dy);
                moved(
                    pair::follow_near_from(
                        present.site,
                        earlier,
                        present.frame,
                        (was, place),
                        scratch,
                    ),
                    whole,
                )
            }
            (Content::Template { .. }, Content::Frame(_)) => Sample::lost(Status::Diverged),
        };
        moved(back, self.displacement)
    }
}

impl Present<'_> {
    /// What a keyframe keeps of a place in this frame.
    pub fn content(
        &self,
        place: Place,
        follow: bool,
        scratch: &mut Scratch,
    ) -> Result<Content, Status> {
        let mut template = Box::<Template>::default();
        pair::take(self.site, self.frame, place, &mut template, scratch)?;
        if !follow {
            return Ok(Content::Frame(Arc::clone(self.frame)));
        }
        template.keep();
        let corner = place.rect.grown(AROUND_PX).clipped_to(self.pixels.size());
        let corner = corner.expect("the place is inside the frame");
        let mut part = Frame::default();
        part.copy(self.pixels.crop(corner));
        let around = Box::new(self.site.matcher.prepare_part((&part, corner), Role::Target));
        Ok(Content::Template { template, rect: place.rect, around, corner })
    }

    /// The window after a displacement, to the nearest pixel, as far as it fits into the frame.
    pub fn rect(&self, window: usize, displacement: Displacement) -> Rect {
        let rect = nearest(self.site.rects[window], displacement);
        let frame = self.frame.frame.pixels().size();
        let inside = |at: isize, side: usize, frame: usize| at.clamp(0, (frame - side) as isize);
        let x = inside(rect.x, rect.width, frame.width);
        let y = inside(rect.y, rect.height, frame.height);
        Rect { x, y, ..rect }
    }
}

pub(super) fn nearest(rect: Rect, displacement: Displacement) -> Rect {
    rect.moved(displacement.dx.round() as isize, displacement.dy.round() as isize)
}

/// A distance as it looks after a deformation, if that is known.
fn turned(deformation: &Deformation, distance: Displacement) -> Displacement {
    if !deformation.is_known() {
        return distance;
    }
    let (dx, dy) = deformation.moves(distance.dx, distance.dy);
    distance + Displacement::new(dx, dy)
}

/// From one corner to the other.
pub(super) fn between(from: Rect, to: Rect) -> Displacement {
    Displacement::new((to.x - from.x) as f64, (to.y - from.y) as f64)
}

/// What is followed is up to half a pixel beside the centre of the content that was taken, and moves
/// otherwise than that if it turns.
pub(super) fn aside(
    key: &Key,
    rect: &Rect,
    present: &Present<'_>,
    window: usize,
    found: &Found,
) -> Displacement {
    if !found.deformation.is_known() {
        return Displacement::ZERO;
    }
    let beside = key.displacement - between(present.site.rects[window], *rect);
    let (dx, dy) = found.deformation.moves(beside.dx, beside.dy);
    Displacement::new(dx, dy)
}

pub(super) fn moved(sample: Sample, by: Displacement) -> Sample {
    Sample { displacement: sample.displacement + by, ..sample }
}
