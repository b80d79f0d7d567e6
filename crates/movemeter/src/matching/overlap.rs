//! Whether a template fits best where part of it would lie outside the frame: it has left.

use super::template::Template;
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::simd;
use crate::sums;

/// Part of the window that must still be inside the frame to recognise it.
const MIN_PART: f64 = 0.25;
/// First every second position across and down is tried: a peak is wider.
const COARSE: usize = 2;

/// The best score of the template at positions partly outside the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outside {
    /// The highest score; −∞ if there is no such position.
    pub score: f64,
    /// The pixels that score is made of.
    pub area: usize,
    /// How many positions were tried.
    pub n_positions: usize,
}

/// Tries every window position in `allowed` (a range of the window's corner) that is partly outside.
pub fn best_outside(template: &Template, frame: &Frame, allowed: Rect) -> Outside {
    let corners = corners_of_parts(allowed, template.size(), frame.size());
    let mut search = Search { template, frame, best: None, n_positions: 0 };
    search.try_all(corners, COARSE);
    if let Some(Place { x, y, .. }) = search.best {
        search.try_all(Rect::new(x - 1, y - 1, 3, 3), 1);
    }
    match search.best {
        Some(Place { score, area, .. }) => Outside { score, area, n_positions: search.n_positions },
        None => Outside { score: f64::NEG_INFINITY, area: 0, n_positions: 0 },
    }
}

/// The best place so far.
struct Search<'a> {
    template: &'a Template,
    frame: &'a Frame,
    best: Option<Place>,
    n_positions: usize,
}

#[derive(Clone, Copy)]
struct Place {
    x: isize,
    y: isize,
    score: f64,
    area: usize,
}

impl Search<'_> {
    fn try_all(&mut self, corners: Rect, step: usize) {
        for y in (corners.y..corners.bottom()).step_by(step) {
            for x in (corners.x..corners.right()).step_by(step) {
                self.try_one(x, y);
            }
        }
    }

    fn try_one(&mut self, x: isize, y: isize) {
        let Size { width, height } = self.template.size();
        let window = Rect::new(x, y, width, height);
        if window.is_inside(self.frame.size()) {
            return;
        }
        let Some((score, area)) = score_inside(self.template, self.frame, window) else { return };
        self.n_positions += 1;
        if self.best.is_none_or(|best| best.score < score) {
            self.best = Some(Place { x, y, score, area });
        }
    }
}

/// The corners in `allowed` of windows that have any pixel inside the frame.
fn corners_of_parts(allowed: Rect, window: Size, frame: Size) -> Rect {
    let clip = |from: isize, to: isize, side: usize, frame: usize| {
        let first = from.max(1 - side as isize);
        (first, to.min(frame as isize).max(first))
    };
    let (x, right) = clip(allowed.x, allowed.right(), window.width, frame.width);
    let (y, bottom) = clip(allowed.y, allowed.bottom(), window.height, frame.height);
    Rect::new(x, y, (right - x) as usize, (bottom - y) as usize)
}

/// The score of the part of the window inside the frame, and that part's pixels.
fn score_inside(template: &Template, frame: &Frame, window: Rect) -> Option<(f64, usize)> {
    let inside = window.clipped_to(frame.size())?;
    let area = inside.size().area();
    if (area as f64) < MIN_PART * window.size().area() as f64 {
        return None;
    }
    let part = Rect::new(inside.x - window.x, inside.y - window.y, inside.width, inside.height);
    let template = View::new(template.size(), template.pixels()).crop(part);
    Some((zncc(template, frame.crop(inside)), area))
}

/// −∞ where either is flat.
fn zncc(template: View<'_>, frame: View<'_>) -> f64 {
    let area = template.size().area();
    let n = area as f64;
    let offset = frame.row(0)[0];
    let [t, f, tt, ff, tf] = simd::moments(template, frame, offset);
    let (tt, ff, tf) = (tt - t * t / n, ff - f * f / n, tf - t * f / n);
    let is_flat = ff <= sums::flat_limit(area, offset.abs()) || tt <= 0.0;
    if is_flat { f64::NEG_INFINITY } else { tf / (tt * ff).sqrt() }
}
