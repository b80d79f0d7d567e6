//! Circles, through points too, and parts of their rings.

use std::f64::consts::{PI, TAU};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{check_points, setting};
use super::path::extent;
use crate::error::Error;
use crate::geometry::Point;

/// A circle, px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Its middle.
    pub center: Point,
    /// Its radius.
    pub radius: f64,
}

/// One of so many equal sectors of a circle.
///
/// Sector `number` holds the angles atan2(y, x) + π in (`number` · 2π/`of`, (`number` + 1) · 2π/`of`]: the first begins
/// at the left and goes up, clockwise on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sector {
    /// Which, from 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// More steps than any fit takes that comes to an end.
const MAX_STEPS: usize = 100;

impl Circle {
    /// The circle from which the points lie least far: least squares of their distances.
    ///
    /// Through three points it is exact. It begins with the circle of I. Kåsa, "A circle fitting procedure and its error
    /// analysis" (1976), which is too small for points with errors on a short arc, and goes on by Gauss and Newton.
    ///
    /// # Errors
    ///
    /// Fewer than three points, or all on one straight line.
    pub fn through(points: &[Point]) -> Result<Self, Error> {
        check_points(points, 3)?;
        let Some(mut circle) = Self::algebraic(points) else {
            let value = points.iter().map(|point| format!("{},{}", point.x, point.y));
            let value = value.take(4).collect::<Vec<String>>().join(" ");
            return setting("points of an arc", &value, "at least 3 that lie on no straight line");
        };
        for _ in 0..MAX_STEPS {
            match circle.improved(points) {
                Some(better) => circle = better,
                None => break,
            }
        }
        check_points(&[circle.center], 1)?;
        Ok(circle)
    }

    /// Least squares of x² + y² − 2ax − 2by − c; nothing if the points lie on a line.
    fn algebraic(points: &[Point]) -> Option<Self> {
        let n = points.len() as f64;
        let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / n;
        let middle = Point::new(mean(|point| point.x), mean(|point| point.y));
        let (mut uu, mut uv, mut vv, mut u, mut v) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for point in points {
            let (x, y) = (point.x - middle.x, point.y - middle.y);
            let square = x * x + y * y;
            (uu, uv, vv) = (uu + x * x, uv + x * y, vv + y * y);
            (u, v) = (u + 0.5 * x * square, v + 0.5 * y * square);
        }
        let determinant = uu * vv - uv * uv;
        // Rounding leaves some 1e-16 of points on a line; what is flatter than this has no middle worth the name.
        if determinant.is_nan() || determinant <= 1e-12 * (uu + vv) * (uu + vv) {
            return None;
        }
        let (a, b) = ((u * vv - v * uv) / determinant, (v * uu - u * uv) / determinant);
        let radius = (a * a + b * b + (uu + vv) / n).sqrt();
        Some(Self { center: Point::new(middle.x + a, middle.y + b), radius })
    }

    /// A step of Gauss and Newton, if it makes anything better.
    fn improved(self, points: &[Point]) -> Option<Self> {
        // The best radius is the mean distance, which leaves two unknowns.
        let n = points.len() as f64;
        let toward = points.iter().map(|point| self.toward(*point)).collect::<Vec<_>>();
        let mean = |of: fn(&(f64, f64, f64)) -> f64| toward.iter().map(of).sum::<f64>() / n;
        let (mean_x, mean_y, radius) = (mean(|t| t.0), mean(|t| t.1), mean(|t| t.2));
        let (mut xx, mut xy, mut yy, mut x, mut y) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (toward_x, toward_y, distance) in toward {
            let (dx, dy, rest) = (toward_x - mean_x, toward_y - mean_y, distance - radius);
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
            (x, y) = (x + dx * rest, y + dy * rest);
        }
        let determinant = xx * yy - xy * xy;
        let step = ((x * yy - y * xy) / determinant, (y * xx - x * xy) / determinant);
        let center = Point::new(self.center.x + step.0, self.center.y + step.1);
        let moved = Self { center, radius: self.radius };
        let distances = points.iter().map(|point| moved.toward(*point).2);
        let moved = Self { radius: distances.sum::<f64>() / n, ..moved };
        (moved.error(points) < self.error(points)).then_some(moved)
    }

    /// Σ (distance − radius)².
    fn error(self, points: &[Point]) -> f64 {
        let rest = points.iter().map(|point| self.toward(*point).2 - self.radius);
        rest.map(|rest| rest * rest).sum()
    }

    /// The direction from the middle to a place, and how far it is.
    fn toward(self, place: Point) -> (f64, f64, f64) {
        let (x, y) = (place.x - self.center.x, place.y - self.center.y);
        let distance = x.hypot(y);
        match distance == 0.0 {
            true => (0.0, 0.0, 0.0),
            false => (x / distance, y / distance, distance),
        }
    }

    /// Whether a place lies in the ring of this thickness inside the circle, and in the sector.
    pub fn ring_holds(self, ring: f64, sector: Option<Sector>, place: Point) -> bool {
        let (x, y) = (place.x - self.center.x, place.y - self.center.y);
        let distance = x.hypot(y);
        self.radius - ring <= distance
            && distance <= self.radius
            && sector.is_none_or(|sector| sector.holds(y.atan2(x) + PI))
    }

    /// The corners of the least upright rectangle around that part of the ring.
    pub fn ring_extent(self, ring: f64, sector: Option<Sector>) -> [Point; 2] {
        let Self { center: Point { x, y }, radius } = self;
        let Some(sector) = sector.filter(|sector| 1 < sector.of) else {
            return [Point::new(x - radius, y - radius), Point::new(x + radius, y + radius)];
        };
        let quarters = (0..4).map(|quarter| f64::from(quarter) * PI / 2.0);
        let angles = quarters.filter(|angle| sector.holds(*angle)).chain(sector.ends());
        let inner = (radius - ring).max(0.0);
        let places = angles.flat_map(|angle| {
            let (down, right) = (angle - PI).sin_cos();
            [radius, inner].map(|far| Point::new(x + far * right, y + far * down))
        });
        extent(places)
    }
}

impl Sector {
    /// Its first and last angle, from 0 to 2π.
    fn ends(self) -> [f64; 2] {
        let angle = |number: usize| number as f64 * TAU / self.of as f64;
        [angle(self.number), angle(self.number + 1)]
    }

    fn holds(self, angle: f64) -> bool {
        let [first, last] = self.ends();
        first < angle && angle <= last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(center: Point, radius: f64, angles_deg: &[f64]) -> Vec<Point> {
        let place = |angle: &f64| {
            let (sin, cos) = angle.to_radians().sin_cos();
            Point::new(center.x + radius * cos, center.y + radius * sin)
        };
        angles_deg.iter().map(place).collect()
    }

    #[test]
    fn three_points_have_one_circle() {
        let center = Point::new(812.25, -40.5);
        for angles in [[0.0, 90.0, 200.0], [10.0, 12.0, 15.0]] {
            let Circle { center: found, radius } =
                Circle::through(&on(center, 321.0, &angles)).unwrap();
            // A short arc fixes its circle badly, and rounding of 1e-13 px shows.
            assert!((radius - 321.0).abs() < 1e-8, "{radius}");
            assert!((found.x - center.x).hypot(found.y - center.y) < 1e-8, "{found:?}");
        }
    }

    #[test]
    fn no_circle_beside_it_lies_nearer_to_the_points() {
        let mut points = on(Point::new(50.0, 60.0), 40.0, &[0.0, 15.0, 32.0, 50.0, 61.0, 80.0]);
        for (index, point) in points.iter_mut().enumerate() {
            point.x += [0.7, -0.9, 0.4, 0.8, -0.6, 0.1][index];
        }
        let best = Circle::through(&points).unwrap();
        for (x, y, r) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.6, 0.8)] {
            for by in [-1e-3, 1e-3] {
                let center = Point::new(best.center.x + by * x, best.center.y + by * y);
                let beside = Circle { center, radius: best.radius + by * r };
                assert!(best.error(&points) < beside.error(&points), "{x} {y} {r} {by}");
            }
        }
    }

    #[test]
    fn points_without_a_circle_are_refused() {
        let says = |points: &[(f64, f64)]| {
            let points: Vec<Point> = points.iter().copied().map(Point::from).collect();
            Circle::through(&points).unwrap_err().to_string()
        };
        assert_eq!(
            says(&[(0.0, 0.0), (1.0, 2.0)]),
            "number of points must be at least 3, but is 2"
        );
        assert_eq!(
            says(&[(0.1, 0.1), (10.1, 20.1), (30.1, 60.1)]),
            "points of an arc must be at least 3 that lie on no straight line, but is 0.1,0.1 10.1,20.1 30.1,60.1"
        );
        assert!(says(&[(5.0, 5.0); 4]).contains("no straight line"));
        assert!(says(&[(5.0, 5.0), (f64::NAN, 1.0), (2.0, 2.0)]).contains("point must be"));
    }

    #[test]
    fn sectors_share_a_ring_without_remainder() {
        let circle = Circle { center: Point::new(20.0, 20.0), radius: 18.0 };
        for of in [1, 3, 7] {
            let sectors = (0..of).map(|number| Some(Sector { number, of }));
            for (x, y) in (0..1600).map(|i| (f64::from(i % 40), f64::from(i / 40))) {
                let place = Point::new(x, y);
                let n = sectors.clone().filter(|s| circle.ring_holds(6.0, *s, place)).count();
                let is_held = circle.ring_holds(6.0, None, place);
                assert_eq!(n, usize::from(is_held), "{x} {y} of {of}");
                for sector in sectors.clone().filter(|s| circle.ring_holds(6.0, *s, place)) {
                    let [low, high] = circle.ring_extent(6.0, sector);
                    assert!(low.x - 1e-9 <= x && x <= high.x + 1e-9);
                    assert!(low.y - 1e-9 <= y && y <= high.y + 1e-9);
                }
            }
        }
    }
}
