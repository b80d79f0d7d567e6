//! A template at many angles, for a search that cannot miss one.

use super::target::PrepareScratch;
use super::template::{Template, Turned, Uses};
use super::warp::Warp;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::spline::Spline;

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

/// Makes the template's middle at each angle of a search that reaches to `max_angle_rad` both ways.
///
/// Angles lie so close that none is missed; for less than a full circle there is one more on each
/// side, so that what turned just too far is seen to have. 0 is always one of them. None has no
/// texture.
pub fn prepare(
    template: &mut Template,
    spline: &Spline,
    window: Rect,
    max_angle_rad: f64,
    scratch: &mut PrepareScratch,
) {
    let mut turned = std::mem::take(template.turned_mut());
    let part = middle(window);
    let in_window = part.moved(-window.x, -window.y);
    let angles = angles(template.patch().turning(in_window), max_angle_rad);
    turned.resize_with(angles.len(), Turned::default);
    let mut n_textured = 0;
    for angle_rad in angles {
        let pixels = content(spline, window, part.size(), angle_rad);
        let uses = Uses { fit: None, warp: None, fft: None };
        let next = &mut turned[n_textured];
        next.angle_rad = angle_rad;
        let whole = Rect::of_frame(part.size());
        n_textured += usize::from(next.template.prepare(&pixels, whole, uses, scratch).is_ok());
    }
    turned.truncate(n_textured);
    *template.turned_mut() = turned;
}

/// Angles of a search of a template with this Σ gθ² / Σ t².
fn angles(turning: f64, max_angle_rad: f64) -> Vec<f64> {
    let step = 2.0 * (2.0 * LOSS_BETWEEN_ANGLES / turning.max(f64::MIN_POSITIVE)).sqrt();
    let n = ((max_angle_rad / step).ceil() as usize).max(MIN_ANGLES) as isize;
    let is_circle = std::f64::consts::PI <= max_angle_rad;
    let steps = if is_circle { 1 - n..=n } else { -n - 1..=n + 1 };
    steps.map(|k| k as f64 * max_angle_rad / n as f64).collect()
}

/// What is seen in a square around the window's centre when the content has turned.
fn content(spline: &Spline, window: Rect, size: Size, angle_rad: f64) -> Frame {
    let middle = |from: isize, side: usize| from as f64 + 0.5 * (side as f64 - 1.0);
    let centre = (middle(window.x, window.width), middle(window.y, window.height));
    let back = Warp::turned(centre.0, centre.1, -angle_rad);
    Frame::from_fn(size, |x, y| {
        let place = back.place(x as f64 - middle(0, size.width), y as f64 - middle(0, size.height));
        spline.sample(place.x, place.y, 0.0)
    })
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
        let circle = angles(20.0, std::f64::consts::PI);
        assert_eq!(circle.len(), 2 * 16, "{circle:?}");
        assert!(circle.contains(&0.0) && circle.contains(&std::f64::consts::PI));
        assert!(!circle.contains(&-std::f64::consts::PI));
        let part = angles(0.0, 0.1);
        assert_eq!(part.len(), 2 * (MIN_ANGLES + 1) + 1);
        assert!((part[0] + 0.125).abs() < 1e-12 && part[MIN_ANGLES + 1] == 0.0);
    }
}
