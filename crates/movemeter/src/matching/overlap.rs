//! Whether a template fits best where part of it would lie outside the frame: it has left.

use super::template::Template;
use crate::frame::{Frame, View};
use crate::geometry::{Rect, Size};
use crate::mask::Counts;
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
pub fn best_outside(
    template: &Template,
    (frame, counts): (&Frame, Option<&Counts>),
    allowed: Rect,
) -> Outside {
    let corners = corners_of_parts(allowed, template.size(), frame.size());
    let mut search = Search { template, frame, counts, best: None, n_positions: 0 };
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
    counts: Option<&'a Counts>,
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
        let Some((score, area)) = self.score_inside(window) else { return };
        self.n_positions += 1;
        if self.best.is_none_or(|best| best.score < score) {
            self.best = Some(Place { x, y, score, area });
        }
    }

    /// The score of the part of the window inside the frame, and that part's pixels.
    fn score_inside(&self, window: Rect) -> Option<(f64, usize)> {
        let inside = window.clipped_to(self.frame.size())?;
        let area = inside.size().area();
        if (area as f64) < MIN_PART * window.size().area() as f64 {
            return None;
        }
        let part = Rect::new(inside.x - window.x, inside.y - window.y, inside.width, inside.height);
        let all = View::new(self.template.size(), self.template.pixels());
        let (template, frame) = (all.crop(part), self.frame.crop(inside));
        match self.counts {
            None => Some((zncc(template, frame), area)),
            Some(counts) => {
                let pairs = template.rows().flatten().zip(frame.rows().flatten());
                let counting = self.counting(part).zip(counts.part(inside));
                let pairs = pairs.zip(counting).filter(|(_, (t, f))| *t && *f);
                let pairs = pairs.map(|((&t, &f), _)| (f64::from(t), f64::from(f)));
                let (score, n) = zncc_of_pairs(pairs, f64::from(frame.row(0)[0]));
                let is_enough = MIN_PART * self.template.n_counting() as f64 <= n as f64;
                is_enough.then_some((score, n))
            }
        }
    }

    /// Whether each pixel of a part of the template counts.
    fn counting(&self, part: Rect) -> impl Iterator<Item = bool> {
        let (counts, width) = (self.template.counts(), self.template.size().width);
        let columns = part.x as usize..part.right() as usize;
        let rows = part.y as usize..part.bottom() as usize;
        let places = rows.flat_map(move |y| columns.clone().map(move |x| y * width + x));
        places.map(|i| counts.get(i).copied().unwrap_or(true))
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

/// The same of pixels one by one, and how many they are; the frame's are near `offset`.
fn zncc_of_pairs(pairs: impl Iterator<Item = (f64, f64)>, offset: f64) -> (f64, usize) {
    let (mut n, mut sums) = (0, [0.0; 5]);
    for (t, f) in pairs {
        let f = f - offset;
        for (sum, value) in sums.iter_mut().zip([t, f, t * t, f * f, t * f]) {
            *sum += value;
        }
        n += 1;
    }
    let [t, f, tt, ff, tf] = sums;
    let area = f64::max(n as f64, 1.0);
    let (tt, ff, tf) = (tt - t * t / area, ff - f * f / area, tf - t * f / area);
    let is_flat = ff <= sums::flat_limit(n, offset.abs() as f32) || tt <= 0.0;
    (if is_flat { f64::NEG_INFINITY } else { tf / (tt * ff).sqrt() }, n)
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
