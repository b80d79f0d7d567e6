//! Where a frame's content is.

use crate::geometry::{Displacement, Point, Size};

/// How far beyond the centres of its outermost pixels a frame still says what is there, px: as exact as anything here is
/// promised to be, and more than a still recording seems to move.
const REACH_BEYOND_PX: f64 = 0.01;

/// Where what was at a point of the reference is in a frame: displaced, and turned about a pivot.
///
/// ```
/// use movemeter::geometry::{Displacement, Point};
/// use movemeter::stabilize::Placement;
///
/// // A quarter of a turn clockwise on screen about (10, 10), then 5 px down.
/// let quarter = std::f64::consts::FRAC_PI_2;
/// let placement = Placement::new(Point::new(10.0, 10.0), Displacement::new(0.0, 5.0), quarter);
/// let place = placement.place(12.0, 10.0);
/// assert!((place.x - 10.0).abs() < 1e-12 && (place.y - 17.0).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// What it is turned about, in the reference.
    pub(super) pivot: Point,
    /// How far the pivot is displaced, px.
    pub(super) displacement: Displacement,
    /// How far it is turned, positive from +x towards +y, rad.
    pub(super) angle_rad: f64,
    sin: f64,
    cos: f64,
}

impl Default for Placement {
    /// Where it was.
    fn default() -> Self {
        Self::new(Point::new(0.0, 0.0), Displacement::ZERO, 0.0)
    }
}

impl Placement {
    /// Displaced, and turned about a pivot.
    pub fn new(pivot: Point, displacement: Displacement, angle_rad: f64) -> Self {
        let (sin, cos) = angle_rad.sin_cos();
        Self { pivot, displacement, angle_rad, sin, cos }
    }

    /// Where what was at (`x`, `y`) in the reference is.
    pub fn place(&self, x: f64, y: f64) -> Point {
        let Displacement { dx, dy } = self.moved(x, y);
        Point::new(x + dx, y + dy)
    }

    /// How far what was at (`x`, `y`) in the reference moved, px: d + (R − 1) (p − c).
    pub fn moved(&self, x: f64, y: f64) -> Displacement {
        let (x, y) = (x - self.pivot.x, y - self.pivot.y);
        let turned = Displacement::new(
            (self.cos - 1.0) * x - self.sin * y,
            self.sin * x + (self.cos - 1.0) * y,
        );
        self.displacement + turned
    }

    /// How far the place moves from one pixel of a row to the next.
    pub(super) fn along(&self) -> [f64; 2] {
        [self.cos, self.sin]
    }

    /// The displacement, if nothing is turned and it is a whole number of pixels.
    pub(super) fn whole_pixels(&self) -> Option<(isize, isize)> {
        let Displacement { dx, dy } = self.displacement;
        let is_whole = self.angle_rad == 0.0 && dx == dx.round() && dy == dy.round();
        is_whole.then_some((dx as isize, dy as isize))
    }

    /// Whether what was at a pixel of the reference is in a frame of this size.
    fn is_seen(&self, x: usize, y: usize, frame: Size) -> bool {
        let Point { x, y } = self.place(x as f64, y as f64);
        let is_within = |at: f64, side: usize| {
            -REACH_BEYOND_PX <= at && at <= (side as f64 - 1.0) + REACH_BEYOND_PX
        };
        is_within(x, frame.width) && is_within(y, frame.height)
    }

    /// The pixels of a row whose content is in the frame, first and one past the last.
    pub(super) fn seen_in_row(&self, y: usize, frame: Size) -> (usize, usize) {
        let from = self.place(0.0, y as f64);
        let across = where_within(from.x, self.cos, frame.width);
        let down = where_within(from.y, self.sin, frame.height);
        let last = frame.width as f64 - 1.0;
        let first = across.0.max(down.0).clamp(0.0, last).ceil() as usize;
        let last = across.1.min(down.1).clamp(0.0, last).floor() as usize;
        self.trimmed((first, last), y, frame)
    }

    /// The same, exactly, from what is right but for rounding.
    fn trimmed(
        &self,
        (mut first, mut last): (usize, usize),
        y: usize,
        frame: Size,
    ) -> (usize, usize) {
        while 0 < first && self.is_seen(first - 1, y, frame) {
            first -= 1;
        }
        while last + 1 < frame.width && self.is_seen(last + 1, y, frame) {
            last += 1;
        }
        let mut end = last + 1;
        while first < end && !self.is_seen(first, y, frame) {
            first += 1;
        }
        while first < end && !self.is_seen(end - 1, y, frame) {
            end -= 1;
        }
        if first < end { (first, end) } else { (0, 0) }
    }
}

/// Where from + slope · x is within a side.
fn where_within(from: f64, slope: f64, side: usize) -> (f64, f64) {
    let ends = [-REACH_BEYOND_PX, (side as f64 - 1.0) + REACH_BEYOND_PX];
    if slope.abs() < f64::EPSILON {
        let all = ends[0] <= from && from <= ends[1];
        return if all { (f64::NEG_INFINITY, f64::INFINITY) } else { (f64::INFINITY, 0.0) };
    }
    let [one, other] = ends.map(|end| (end - from) / slope);
    (one.min(other), one.max(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Size = Size::new(31, 17);

    #[test]
    fn the_pixels_seen_in_a_row_are_those_whose_places_are_in_the_frame() {
        let pivot = Point::new(14.0, 9.5);
        let moved = Displacement::new(3.7, -2.2);
        for angle_deg in [0.0, 0.001, 3.0, -20.0, 45.0, 90.0, 137.0, 180.0, -179.9] {
            let placement = Placement::new(pivot, moved, f64::to_radians(angle_deg));
            for y in 0..FRAME.height {
                let (first, end) = placement.seen_in_row(y, FRAME);
                let seen = (0..FRAME.width).filter(|&x| placement.is_seen(x, y, FRAME));
                assert!(seen.eq(first..end), "{angle_deg} {y} {first} {end}");
            }
        }
    }

    #[test]
    fn far_away_nothing_is_seen() {
        for dx in [31.0, -31.0, 1e7, -1e7] {
            let placement = Placement::new(Point::new(0.0, 0.0), Displacement::new(dx, 0.0), 0.0);
            assert_eq!(placement.seen_in_row(3, FRAME), (0, 0));
        }
    }

    #[test]
    fn only_unturned_whole_displacements_are_whole() {
        let whole = |dx, angle_rad| {
            let moved = Displacement::new(dx, -2.0);
            Placement::new(Point::new(7.5, 7.5), moved, angle_rad).whole_pixels()
        };
        assert_eq!(whole(3.0, 0.0), Some((3, -2)));
        assert_eq!(whole(3.001, 0.0), None);
        assert_eq!(whole(3.0, 1e-9), None);
    }
}
