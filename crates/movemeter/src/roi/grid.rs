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
    let across = starts(within.width, window.width, step);
    let down = starts(within.height, window.height, step);
    let row = |y: &usize| {
        let y = within.y + *y as isize;
        let place =
            move |x: &usize| Rect::new(within.x + *x as isize, y, window.width, window.height);
        across.iter().map(place).collect::<Vec<Rect>>()
    };
    let mut windows = Windows::default();
    windows.add("grid", down.iter().flat_map(row));
    windows
}

fn starts(length: usize, side: usize, step: f64) -> Vec<usize> {
    // Steps below one pixel would only repeat windows.
    let step = (step * side as f64).max(1.0);
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
    fn a_step_beyond_all_frames_leaves_one_window() {
        assert_eq!(grid(Rect::new(0, 0, 8, 3), WINDOW, 1e300).len(), 1);
    }

    #[test]
    fn a_rectangle_smaller_than_the_window_holds_none() {
        assert!(grid(Rect::new(0, 0, 3, 3), WINDOW, 1.0).is_empty());
    }
}
