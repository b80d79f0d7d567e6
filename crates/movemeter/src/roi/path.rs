//! Lines from point to point.

use crate::geometry::Point;

/// Whether a place is nearer than `distance` to the line through two points, and between them along the axis on
/// which they lie farther apart.
///
/// The ends are cut along that axis, not square to the line: so did movemeter 0.7. Nothing is near where both points
/// are one.
pub fn is_near_line(place: Point, [from, to]: [Point; 2], distance: f64) -> bool {
    let (along_x, along_y) = (to.x - from.x, to.y - from.y);
    let is_between = match along_y.abs() <= along_x.abs() {
        true => from.x.min(to.x) <= place.x && place.x <= from.x.max(to.x),
        false => from.y.min(to.y) <= place.y && place.y <= from.y.max(to.y),
    };
    // Squares of whole and half numbers are exact: a window as far as that is not near, whatever the line's slope.
    let cross = along_x * (place.y - from.y) - along_y * (place.x - from.x);
    let length_squared = along_x * along_x + along_y * along_y;
    is_between && cross * cross < distance * distance * length_squared
}

/// The corners of the least upright rectangle around what is near to any of the lines.
pub(super) fn near_extent(lines: impl Iterator<Item = [Point; 2]>, distance: f64) -> [Point; 2] {
    extent(lines.flat_map(|[from, to]| {
        let (along_x, along_y) = ((to.x - from.x).abs(), (to.y - from.y).abs());
        let length = along_x.hypot(along_y);
        // Cut along the longer axis, what is near is a parallelogram, which reaches farther along the other.
        let reach = if length == 0.0 { 0.0 } else { distance * length / along_x.max(along_y) };
        let (right, down) = if along_y <= along_x { (0.0, reach) } else { (reach, 0.0) };
        [from, to].into_iter().flat_map(move |end| {
            let moved = |by: f64| Point::new(end.x + by * right, end.y + by * down);
            [moved(-1.0), moved(1.0)]
        })
    }))
}

/// The corners of the least upright rectangle around places.
pub(super) fn extent(places: impl IntoIterator<Item = Point>) -> [Point; 2] {
    let none = [Point::new(f64::MAX, f64::MAX), Point::new(f64::MIN, f64::MIN)];
    places.into_iter().fold(none, |[low, high], Point { x, y }| {
        [Point::new(low.x.min(x), low.y.min(y)), Point::new(high.x.max(x), high.y.max(y))]
    })
}

/// The lines from each point to the next.
pub fn lines(points: &[Point]) -> impl Iterator<Item = [Point; 2]> {
    points.windows(2).map(|pair| [pair[0], pair[1]])
}

/// The same, and back to the first.
pub fn closed_lines(points: &[Point]) -> impl Iterator<Item = [Point; 2]> {
    let back = points.last().zip(points.first()).map(|(last, first)| [*last, *first]);
    lines(points).chain(back)
}

/// Whether a place lies inside a polygon: a ray from it to the right crosses an odd number of edges.
pub fn is_inside_polygon(place: Point, points: &[Point]) -> bool {
    let crosses = |[from, to]: &[Point; 2]| {
        let is_beside = (from.y <= place.y) != (to.y <= place.y);
        is_beside && {
            let part = (place.y - from.y) / (to.y - from.y);
            place.x < from.x + part * (to.x - from.x)
        }
    };
    closed_lines(points).filter(crosses).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOPE: [Point; 2] = [Point::new(0.0, 0.0), Point::new(30.0, 40.0)];

    #[test]
    fn near_is_less_than_the_distance_and_between_the_ends() {
        // Five pixels square to the line of slope 4 / 3.
        let beside = Point::new(15.0 + 4.0, 20.0 - 3.0);
        assert!(!is_near_line(beside, SLOPE, 5.0) && is_near_line(beside, SLOPE, 5.001));
        assert!(is_near_line(SLOPE[1], SLOPE, 0.1));
        assert!(!is_near_line(Point::new(30.0, 40.5), SLOPE, 5.0));
        assert!(!is_near_line(SLOPE[0], [SLOPE[0]; 2], 5.0));
    }

    #[test]
    fn inside_a_star_of_any_direction_is_inside() {
        let mut arrow = [(0.0, 0.0), (10.0, 5.0), (0.0, 10.0), (4.0, 5.0)].map(Point::from);
        for _ in 0..2 {
            let is_inside = |x, y| is_inside_polygon(Point::new(x, y), &arrow);
            assert!(is_inside(6.0, 5.0) && is_inside(2.0, 2.0) && is_inside(2.0, 8.0));
            assert!(!is_inside(2.0, 5.0) && !is_inside(-1.0, 5.0) && !is_inside(11.0, 5.0));
            arrow.reverse();
        }
        assert!(!is_inside_polygon(Point::new(0.0, 0.0), &[]));
    }
}
