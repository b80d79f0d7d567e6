//! Which part of a window can turn, and at which angles it is looked for.

use crate::geometry::Rect;

/// Half-way between two angles the template's middle has lost at most this part of its likeness:
/// enough is left to beat all that is unlike it, and for a fit to find the rest of the way.
const LOSS_BETWEEN_ANGLES: f64 = 0.1;
/// Angles to each side of none, at least: what hardly changes when it turns is looked at all around,
/// so that it is seen to look the same.
const MIN_ANGLES: usize = 4;

/// The middle of a window, which can turn without anything from outside the window: the square whose
/// diagonal is the shorter side.
pub fn middle(window: Rect) -> Rect {
    let side = |side: usize| ((side as f64 * std::f64::consts::FRAC_1_SQRT_2) as usize).max(1);
    let side = side(window.width.min(window.height));
    let (x, y) = ((window.width - side) / 2, (window.height - side) / 2);
    Rect::new(window.x + x as isize, window.y + y as isize, side, side)
}

/// Angles of a search of content with this Σ gθ² / Σ t² that reaches to `max_angle_rad` both ways.
///
/// They lie so close that none is missed; for less than a full circle there is one more on each
/// side, so that what turned just too far is seen to have. 0 is always one of them.
pub fn of_search(turning: f64, max_angle_rad: f64) -> impl ExactSizeIterator<Item = f64> {
    let step = 2.0 * (2.0 * LOSS_BETWEEN_ANGLES / turning.max(f64::MIN_POSITIVE)).sqrt();
    let n = ((max_angle_rad / step).ceil() as usize).max(MIN_ANGLES) as isize;
    let beyond = isize::from(!is_circle(max_angle_rad));
    let (first, count) = (1 - n - 2 * beyond, 2 * (n + beyond) + beyond);
    (0..count as usize).map(move |k| (first + k as isize) as f64 * max_angle_rad / n as f64)
}

/// Whether a search that reaches so far both ways leaves no angle out.
pub fn is_circle(max_angle_rad: f64) -> bool {
    std::f64::consts::PI <= max_angle_rad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_turns_without_leaving_its_window() {
        for (width, height) in [(29, 29), (40, 16), (1, 9), (161, 160)] {
            let middle = middle(Rect::new(7, 5, width, height));
            let diagonal = (middle.width as f64 - 1.0) * std::f64::consts::SQRT_2;
            assert!(diagonal <= width.min(height) as f64, "{width} {height}");
            assert!(0 < middle.width);
        }
    }

    #[test]
    fn a_circle_is_closed_and_a_part_of_it_has_one_more_angle_on_each_side() {
        let circle: Vec<f64> = of_search(20.0, std::f64::consts::PI).collect();
        assert_eq!(circle.len(), 2 * 16, "{circle:?}");
        assert!(circle.contains(&0.0) && circle.contains(&std::f64::consts::PI));
        assert!(!circle.contains(&-std::f64::consts::PI));
        let part: Vec<f64> = of_search(0.0, 0.1).collect();
        assert_eq!(part.len(), 2 * (MIN_ANGLES + 1) + 1);
        assert!((part[0] + 0.125).abs() < 1e-12 && part[MIN_ANGLES + 1] == 0.0);
    }
}
