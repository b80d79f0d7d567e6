//! The shapes that can be drawn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::circle::{Circle, Sector};
use super::ellipse::Ellipse;
use super::limits::{check_length, check_points, check_rect, setting};
use super::path::{closed_lines, extent, is_inside_polygon, is_near_line, lines, near_extent};
use crate::error::Error;
use crate::geometry::{Point, Rect, Size};

/// What was drawn.
///
/// Places are those of pixel centres: (0, 0) is the middle of the frame's top left pixel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// The whole frame, whatever its size.
    Frame,
    /// A rectangle.
    Box {
        /// Its place.
        rect: Rect,
    },
    /// The ellipse that a rectangle holds.
    Ellipse {
        /// The rectangle.
        rect: Rect,
        /// How thick its ring is along x, px; left out, it is filled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ring: Option<f64>,
    },
    /// A line from point to point.
    Line {
        /// At least two.
        points: Vec<Point>,
        /// What is nearer than this belongs to it, px; left out, half the longer side of a window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        distance: Option<f64>,
    },
    /// A polygon.
    Polygon {
        /// Its corners, at least three; the last is joined to the first.
        points: Vec<Point>,
        /// What is nearer than this to an edge belongs to it, px; left out, what is inside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        distance: Option<f64>,
    },
    /// The ring inside a circle, or a sector of it: arcs, and radial lines.
    Arc {
        /// The circle's middle.
        center: Point,
        /// Its radius, px.
        radius: f64,
        /// How thick the ring is, px.
        ring: f64,
        /// A sector of it; left out, all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sector: Option<Sector>,
        /// Only what lies in this; left out, in the frame.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Rect>,
    },
    /// Places, each of which becomes the middle of one window.
    Points {
        /// At least one.
        points: Vec<Point>,
    },
}

impl Shape {
    /// The ring of a circle.
    pub fn arc(circle: Circle, ring: f64, sector: Option<Sector>, within: Option<Rect>) -> Self {
        let Circle { center, radius } = circle;
        Self::Arc { center, radius, ring, sector, within }
    }

    /// The least rectangle of whole pixels around it, in a frame of this size, if it is filled with windows of this size
    /// (0 × 0: with none).
    pub fn bounds(&self, frame: Size, window: Size) -> Rect {
        match self {
            Self::Frame => Rect::of_frame(frame),
            Self::Box { rect } | Self::Ellipse { rect, .. } => *rect,
            Self::Line { points, distance } => {
                around(near_extent(lines(points), near(*distance, window)))
            }
            Self::Polygon { points, distance } => {
                around(near_extent(closed_lines(points), distance.unwrap_or(0.0)))
            }
            Self::Arc { center, radius, ring, sector, within } => {
                let circle = Circle { center: *center, radius: *radius };
                let all = around(circle.ring_extent(*ring, *sector));
                within.map_or(all, |within| all.common(within).unwrap_or_default())
            }
            Self::Points { points } => around(extent(points.iter().copied())),
        }
    }

    /// Whether a place belongs to it, if it is filled with windows of this size.
    ///
    /// For [`Frame`](Self::Frame) and [`Box`](Self::Box), whose grids end at their sides, all does, and nothing for
    /// [`Points`](Self::Points). What lies outside an arc's `within` is not asked for: its bounds end there.
    pub fn holds(&self, place: Point, window: Size) -> bool {
        match self {
            Self::Frame | Self::Box { .. } => true,
            Self::Ellipse { rect, ring } => Ellipse { rect: *rect, ring: *ring }.holds(place),
            Self::Line { points, distance } => {
                let distance = near(*distance, window);
                lines(points).any(|line| is_near_line(place, line, distance))
            }
            Self::Polygon { points, distance: Some(distance) } => {
                closed_lines(points).any(|line| is_near_line(place, line, *distance))
            }
            Self::Polygon { points, distance: None } => is_inside_polygon(place, points),
            Self::Arc { center, radius, ring, sector, .. } => {
                Circle { center: *center, radius: *radius }.ring_holds(*ring, *sector, place)
            }
            Self::Points { .. } => false,
        }
    }

    /// Whether it makes sense; the error says what does.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Frame => Ok(()),
            Self::Box { rect } => check_rect(*rect),
            Self::Ellipse { rect, ring } => {
                check_rect(*rect)?;
                ring.map_or(Ok(()), |ring| check_length("ring", ring))
            }
            Self::Line { points, distance } => check_path(points, 2, *distance),
            Self::Polygon { points, distance } => check_path(points, 3, *distance),
            Self::Arc { center, radius, ring, sector, within } => {
                check_points(&[*center], 1)?;
                check_length("radius", *radius)?;
                check_length("ring", *ring)?;
                if let Some(Sector { number, of }) =
                    sector.filter(|Sector { number, of }| of <= number)
                {
                    return setting("number of the sector", &number, &format!("less than {of}"));
                }
                within.map_or(Ok(()), check_rect)
            }
            Self::Points { points } => check_points(points, 1),
        }
    }
}

fn check_path(points: &[Point], at_least: usize, distance: Option<f64>) -> Result<(), Error> {
    check_points(points, at_least)?;
    if points.iter().all(|point| *point == points[0]) {
        let Point { x, y } = points[0];
        return setting(
            "points of a line",
            &format!("{x},{y} each"),
            "two different ones at least",
        );
    }
    distance.map_or(Ok(()), |distance| check_length("distance", distance))
}

/// How near to a line is near.
pub(super) fn near(distance: Option<f64>, window: Size) -> f64 {
    distance.unwrap_or(window.width.max(window.height) as f64 / 2.0)
}

/// The pixels that a rectangle touches.
fn around([low, high]: [Point; 2]) -> Rect {
    // A pixel reaches half a pixel to all sides of its middle.
    let first = |low: f64| (low + 0.5).floor() as isize;
    let last = |high: f64, first: isize| ((high - 0.5).ceil() as isize).max(first);
    let (x, y) = (first(low.x), first(low.y));
    let (right, bottom) = (last(high.x, x), last(high.y, y));
    Rect::new(x, y, (right - x + 1) as usize, (bottom - y + 1) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Size = Size::new(0, 0);

    #[test]
    fn bounds_are_the_pixels_that_are_touched() {
        let frame = Size::new(100, 80);
        let bounds = |shape: Shape| shape.bounds(frame, NONE);
        let points = |points: &[(f64, f64)]| points.iter().copied().map(Point::from).collect();
        let line = points(&[(3.0, 4.0), (9.0, 4.0)]);
        let distance = Some(2.0);
        assert_eq!(bounds(Shape::Frame), Rect::new(0, 0, 100, 80));
        assert_eq!(bounds(Shape::Line { points: line, distance: None }), Rect::new(3, 4, 7, 1));
        let corners = points(&[(-0.5, -0.5), (9.5, -0.5), (9.5, 4.5)]);
        let filled = Shape::Polygon { points: corners.clone(), distance: None };
        assert_eq!(bounds(filled), Rect::new(0, 0, 10, 5));
        let outline = Shape::Polygon { points: corners, distance };
        assert_eq!(bounds(outline), Rect::new(0, -3, 12, 11));
        let circle = Circle { center: Point::new(20.0, 20.0), radius: 10.0 };
        let sector = Some(Sector { number: 0, of: 4 });
        assert_eq!(bounds(Shape::arc(circle, 5.0, None, None)), Rect::new(10, 10, 21, 21));
        // The first quarter begins at the left and goes up.
        assert_eq!(bounds(Shape::arc(circle, 5.0, sector, None)), Rect::new(10, 10, 11, 11));
        let within = Some(Rect::new(0, 0, 15, 100));
        assert_eq!(bounds(Shape::arc(circle, 5.0, None, within)), Rect::new(10, 10, 5, 21));
    }

    #[test]
    fn shapes_are_written_by_their_names() {
        let text = |shape: &Shape| serde_json::to_string(shape).unwrap();
        let ellipse = Shape::Ellipse { rect: Rect::new(1, 2, 3, 4), ring: None };
        assert_eq!(text(&ellipse), r#"{"ellipse":{"rect":[1,2,3,4]}}"#);
        assert_eq!(text(&Shape::Frame), r#""frame""#);
        let circle = Circle { center: Point::new(1.5, 2.0), radius: 3.0 };
        let arc = Shape::arc(circle, 1.0, Some(Sector { number: 1, of: 8 }), None);
        let expected =
            r#"{"arc":{"center":[1.5,2.0],"radius":3.0,"ring":1.0,"sector":{"number":1,"of":8}}}"#;
        assert_eq!(text(&arc), expected);
        for shape in [ellipse, Shape::Frame, arc] {
            assert_eq!(serde_json::from_str::<Shape>(&text(&shape)).unwrap(), shape);
        }
    }

    #[test]
    fn shapes_that_make_no_sense_are_refused() {
        let says = |json: &str| {
            let shape: Shape = serde_json::from_str(json).unwrap();
            shape.check().expect_err(json).to_string()
        };
        for (json, words) in [
            (r#"{"box":{"rect":[0,0,0,4]}}"#, "at least 1 px wide and high, but is 0,0,0,4"),
            (r#"{"box":{"rect":[9000000000,0,4,4]}}"#, "up to 1073741824"),
            (r#"{"ellipse":{"rect":[0,0,9,9],"ring":0.0}}"#, "ring must be more than 0"),
            (r#"{"line":{"points":[[1,2]]}}"#, "number of points must be at least 2, but is 1"),
            (r#"{"line":{"points":[[1,2],[1,2]]}}"#, "two different ones at least"),
            (r#"{"line":{"points":[[1,2],[1,3]],"distance":-1}}"#, "distance must be more than 0"),
            (r#"{"polygon":{"points":[[1,2],[1,3]]}}"#, "at least 3, but is 2"),
            (r#"{"points":{"points":[]}}"#, "at least 1, but is 0"),
            (r#"{"points":{"points":[[1e300,0]]}}"#, "point must be two numbers between"),
            (r#"{"arc":{"center":[1,2],"radius":0,"ring":1}}"#, "radius must be more than 0"),
            (
                r#"{"arc":{"center":[1,2],"radius":5,"ring":1,"sector":{"number":3,"of":3}}}"#,
                "number of the sector must be less than 3, but is 3",
            ),
        ] {
            let said = says(json);
            assert!(said.contains(words), "{said}");
        }
    }
}
