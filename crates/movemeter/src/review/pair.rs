//! Which frames are compared for a sample, and where.

use crate::geometry::{Displacement, Rect};
use crate::matching::warp::Warp;
use crate::recipe::{Recipe, Reference};
use crate::track::{Found, Track, Tracks};

/// What a frame is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// With the frame of this number in the recording.
    Frame(usize),
    /// With the mean of all frames.
    Mean,
}

/// What was known of a window in the earlier of two frames: in the reference, that it had not moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier {
    /// What it is.
    pub compared: Compared,
    found: Found,
}

impl Earlier {
    /// What the frame at this place among the stamps was compared with.
    ///
    /// With [`Reference::Previous`] that is the last frame before in which the window was measured. Which
    /// keyframe a sample was compared with is not kept: there it is the same.
    pub fn new(recipe: &Recipe, tracks: &Tracks, window: usize, frame: usize) -> Self {
        let reference = |compared| Self { compared, found: Found::reference() };
        let number = |place: usize| Compared::Frame(tracks.stamps[place].number);
        let first = || {
            let is_included =
                |place: &usize| !recipe.exclude.contains(&tracks.stamps[*place].number);
            (0..tracks.n_frames()).find(is_included).unwrap_or(0)
        };
        match recipe.reference {
            Reference::First => reference(number(first())),
            Reference::Mean => reference(Compared::Mean),
            Reference::Frame(number) => reference(Compared::Frame(number)),
            Reference::Previous | Reference::Keyframe => {
                let track = &tracks[window];
                match (0..frame).rev().find(|&place| track.samples[place].is_ok()) {
                    Some(place) => Self { compared: number(place), found: found(track, place) },
                    None => reference(number(first())),
                }
            }
        }
    }

    /// The rectangle whose content is looked for: in the earlier frame where the content is followed, else
    /// in the present one, where the window stays.
    pub fn template(&self, follow: bool, rect: Rect) -> Rect {
        let Displacement { dx, dy } = self.found.sample.displacement;
        match follow {
            true => rect.moved(dx.round() as isize, dy.round() as isize),
            false => rect,
        }
    }

    /// Where the content of the template was found in the other frame, by a sample.
    pub fn place(&self, follow: bool, (rect, template): (Rect, Rect), found: &Found) -> Warp {
        let step = found.sample.displacement - self.found.sample.displacement;
        let shape = match self.found.deformation.is_known() && found.deformation.is_known() {
            true => self.found.deformation.inverse().then(&found.deformation),
            false => Found::reference().deformation,
        };
        let (x, y) = center(template);
        if !follow {
            return Warp { a: shape.inverse().gradient(), ..Warp::at(x - step.dx, y - step.dy) };
        }
        // The template is up to half a pixel beside the content that was measured.
        let (of_window, before) = (center(rect), self.found.sample.displacement);
        let beside = (x - of_window.0 - before.dx, y - of_window.1 - before.dy);
        let there = Warp { a: shape.gradient(), ..Warp::at(x - beside.0, y - beside.1) };
        let at = there.place(beside.0, beside.1);
        Warp { a: there.a, ..Warp::at(at.x + step.dx, at.y + step.dy) }
    }

    /// Where a window without a place in this frame was last seen, seen from the template.
    pub fn last_seen(&self, follow: bool, template: Rect, last: Option<Displacement>) -> Warp {
        let step = last.map_or(Displacement::ZERO, |last| last - self.found.sample.displacement);
        let step = if follow { step } else { -step };
        let (x, y) = center(template);
        Warp::at(x + step.dx, y + step.dy)
    }
}

/// A sample with its deformation.
pub(super) fn found(track: &Track, frame: usize) -> Found {
    let found = Found::from(track.samples[frame]);
    match track.deformations.get(frame) {
        Some(&deformation) => Found { deformation, ..found },
        None => found,
    }
}

/// The centre of a rectangle, as warps have it.
pub(super) fn center(rect: Rect) -> (f64, f64) {
    let middle = |first: isize, length: usize| first as f64 + 0.5 * (length as f64 - 1.0);
    (middle(rect.x, rect.width), middle(rect.y, rect.height))
}
