//! Whether a template fits best where part of it would lie outside the frame: it has left.

use super::template::Template;
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};

/// Part of the window that must still be inside the frame to recognise it.
const MIN_PART: f64 = 0.25;
/// Beyond this many positions only every second one across and down is tried first: a peak is wider.
const MANY_POSITIONS: usize = 10_000;

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
    if corners.size().area() < MANY_POSITIONS {
        search.try_all(corners, 1);
    } else {
        search.try_all(corners, 2);
        if let Some(Place { x, y, .. }) = search.best {
            search.try_all(Rect::new(x - 1, y - 1, 3, 3), 1);
        }
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

/// In one pass; the offset keeps bright frames from cancelling. −∞ where either is flat.
fn zncc(template: View<'_>, frame: View<'_>) -> f64 {
    let n = template.size().area() as f64;
    let offset = f64::from(frame.row(0)[0]);
    let (mut t1, mut f1, mut tt, mut ff, mut tf) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (t, f) in template.rows().zip(frame.rows()).flat_map(|(t, f)| t.iter().zip(f)) {
        let (t, f) = (f64::from(*t), f64::from(*f) - offset);
        t1 += t;
        f1 += f;
        tt += t * t;
        ff += f * f;
        tf += t * f;
    }
    let (tt, ff, tf) = (tt - t1 * t1 / n, ff - f1 * f1 / n, tf - t1 * f1 / n);
    let flat = 1e-9 * offset.abs().max(1.0).powi(2) * n;
    if ff <= flat || tt <= 0.0 { f64::NEG_INFINITY } else { tf / (tt * ff).sqrt() }
}
