//! Windows side by side, filling a rectangle.

use super::windows::Windows;
use crate::geometry::{Rect, Size};

/// Windows of one size over a rectangle, row by row; all lie inside it.
///
/// `step` is the distance from one window to the next as a part of the window's side: 1 side by
/// side, 0.5 half overlapping, 2 with gaps. Corners are rounded down to whole pixels, and no two are
/// the same. They are one group, `grid`.
///
/// ```
/// use movemeter::geometry::{Rect, Size};
/// use movemeter::roi::grid;
///
/// let windows = grid(Rect::new(0, 0, 1024, 1024), Size::new(32, 32), 1.0);
/// assert_eq!(windows.len(), 32 * 32);
/// ```
///
/// # Panics
///
/// If the window is empty or `step` is not positive.
pub fn grid(within: Rect, window: Size, step: f64) -> Windows {
    assert!(
        !window.is_empty() && 0.0 < step,
        "a grid needs a window and a step, got {window} {step}"
    );
    let mut windows = Windows::default();
    windows.add("grid", places(within, window, step));
    windows
}

/// The windows of a grid.
pub(super) fn places(within: Rect, window: Size, step: f64) -> impl Iterator<Item = Rect> {
    let across = starts(within.width, window.width, step);
    let down = starts(within.height, window.height, step);
    down.into_iter()
        .flat_map(move |y| {
            let place = move |x: usize| within.moved(x as isize, y as isize);
            across.clone().into_iter().map(place)
        })
        .map(move |Rect { x, y, .. }| Rect::new(x, y, window.width, window.height))
}

/// How many windows a grid has.
pub(super) fn number(within: Rect, window: Size, step: f64) -> f64 {
    let along = |length: usize, side: usize| match length.checked_sub(side) {
        None => 0.0,
        Some(room) => (room as f64 / px(step, side)).floor() + 1.0,
    };
    along(within.width, window.width) * along(within.height, window.height)
}

/// Steps below one pixel would only repeat windows.
fn px(step: f64, side: usize) -> f64 {
    (step * side as f64).max(1.0)
}

fn starts(length: usize, side: usize, step: f64) -> Vec<usize> {
    let step = px(step, side);
    let start = |i: usize| (i as f64 * step).floor() as usize;
    (0..).map(start).take_while(|start| start.saturating_add(side) <= length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Size = Size::new(4, 3);

    #[test]
    fn windows_fill_the_rectangle_row_by_row_and_stay_inside() {
        let windows = grid(Rect::new(10, 20, 9, 7), WINDOW, 1.0);
        let corners: Vec<(isize, isize)> = windows.into_iter().map(|w| (w.x, w.y)).collect();
        assert_eq!(corners, [(10, 20), (14, 20), (10, 23), (14, 23)]);
    }

    #[test]
    fn half_a_step_overlaps_and_two_leave_gaps() {
        assert_eq!(grid(Rect::new(0, 0, 8, 3), WINDOW, 0.5).len(), 3);
        assert_eq!(grid(Rect::new(0, 0, 12, 3), WINDOW, 2.0).len(), 2);
        assert_eq!(grid(Rect::new(0, 0, 6, 3), WINDOW, 0.01).len(), 3);
    }

    #[test]
    fn the_number_of_windows_is_known_before() {
        for (width, height, step) in
            [(9, 7, 1.0), (8, 3, 0.5), (6, 4, 0.01), (12, 9, 2.0), (3, 9, 1.0)]
        {
            let within = Rect::new(5, -6, width, height);
            let n_windows = grid(within, WINDOW, step).len();
            assert_eq!(number(within, WINDOW, step), n_windows as f64, "{width} {height} {step}");
        }
    }

    #[test]
    fn a_step_beyond_all_frames_leaves_one_window() {
        assert_eq!(grid(Rect::new(0, 0, 8, 3), WINDOW, 1e300).len(), 1);
    }

    #[test]
    fn a_rectangle_smaller_than_the_window_holds_none() {
        assert!(grid(Rect::new(0, 0, 3, 3), WINDOW, 1.0).is_empty());
    }
}
