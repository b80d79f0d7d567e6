//! Ellipses.

use crate::geometry::{Point, Rect};

/// The ellipse that a rectangle holds, or its ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// It touches the sides of this.
    pub rect: Rect,
    /// How thick the ring is along x, px; filled if left out.
    pub ring: Option<f64>,
}

impl Ellipse {
    /// Whether a place lies in it.
    ///
    /// With radii Rx, Ry about (X, Y), that is lower² ≤ (x − X)² + ((y − Y)·Rx/Ry)² ≤ Rx², where lower is Rx − ring: the
    /// ring is as much thinner or thicker along y as the ellipse is lower or higher. A ring thicker than the ellipse
    /// fills it.
    pub fn holds(&self, place: Point) -> bool {
        let lower = self.ring.map_or(0.0, |ring| (self.radius_x() - ring).max(0.0));
        self.is_beyond(lower, place)
    }

    /// Half its width, px.
    pub(super) fn radius_x(&self) -> f64 {
        self.rect.width as f64 / 2.0
    }

    /// Whether a place lies in it, but not in the ellipse of the same shape with this radius along x.
    pub(super) fn is_beyond(&self, lower: f64, place: Point) -> bool {
        let Point { x, y } = self.rect.middle();
        let (radius_x, radius_y) = (self.radius_x(), self.rect.height as f64 / 2.0);
        let (right, down) = (place.x - x, (place.y - y) * radius_x / radius_y);
        let square = right * right + down * down;
        lower * lower <= square && square <= radius_x * radius_x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipse_touches_the_sides_and_leaves_the_corners() {
        let mut ellipse = Ellipse { rect: Rect::new(10, 20, 41, 21), ring: None };
        let holds = |ellipse: Ellipse, x, y| ellipse.holds(Point::new(x, y));
        for (x, y) in [(9.5, 30.0), (50.5, 30.0), (30.0, 19.5), (30.0, 40.5), (30.0, 30.0)] {
            assert!(holds(ellipse, x, y), "{x} {y}");
        }
        assert!(!holds(ellipse, 11.0, 21.0) && !holds(ellipse, 50.6, 30.0));
        ellipse.ring = Some(4.0);
        assert!(holds(ellipse, 13.5, 30.0) && !holds(ellipse, 14.0, 30.0));
        ellipse.ring = Some(400.0);
        assert!(holds(ellipse, 30.0, 30.0));
    }
}
