//! Separable filters: blur, smoothing, gradients, and the making of spline coefficients.

use crate::frame::Frame;
use crate::simd::{self, Level};

/// What a filter sees beyond the frame's border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// The frame mirrored at the centre of its outermost pixel: c b | a b c … (splines need this).
    Mirror,
    /// The frame mirrored at its outer edge: b a | a b c … (as SciPy's `reflect`).
    Reflect,
}

impl Border {
    /// The pixel that stands for place `i` of a line of `n` pixels.
    pub fn index(self, i: isize, n: usize) -> usize {
        let n = n as isize;
        let period = match self {
            Self::Mirror => (2 * n - 2).max(1),
            Self::Reflect => 2 * n,
        };
        let i = i.rem_euclid(period);
        let folded = match self {
            Self::Mirror => period - i,
            Self::Reflect => period - 1 - i,
        };
        i.min(folded) as usize
    }
}

/// A filter along a line: `taps[k]` belongs to both neighbours at distance k.
#[derive(Clone, Copy, Debug)]
pub enum Taps<'a> {
    /// Both neighbours alike; `taps[0]` is the centre.
    Even(&'a [f32]),
    /// The neighbour after less the one before: a derivative.
    Odd(&'a [f32]),
}

impl Taps<'_> {
    fn reach(self) -> usize {
        let (Self::Even(taps) | Self::Odd(taps)) = self;
        taps.len() - 1
    }
}

/// Filters rows, then columns, alike. `taps[0]` is the centre, `taps[k]` both neighbours at distance k.
///
/// `work` is scratch; `out` is given the frame's size.
pub fn separable(
    level: Level,
    frame: &Frame,
    taps: &[f32],
    border: Border,
    work: &mut Frame,
    out: &mut Frame,
) {
    rows_and_columns(level, frame, [Taps::Even(taps); 2], border, work, out);
}

/// Filters rows by the first filter, then columns by the second.
///
/// `work` is scratch; `out` is given the frame's size.
pub fn rows_and_columns(
    level: Level,
    frame: &Frame,
    [across, down]: [Taps<'_>; 2],
    border: Border,
    work: &mut Frame,
    out: &mut Frame,
) {
    work.reset(frame.size());
    out.reset(frame.size());
    filter_rows(level, frame, across, border, work);
    filter_columns(level, work, down, border, out);
}

fn filter_rows(level: Level, frame: &Frame, taps: Taps<'_>, border: Border, out: &mut Frame) {
    let (reach, width) = (taps.reach(), frame.size().width);
    let mut padded = vec![0.0; width + 2 * reach];
    for y in 0..frame.size().height {
        pad(frame.row(y), reach, border, &mut padded);
        let shifted = |by: usize| &padded[by..by + width];
        let pair = |k: usize| (shifted(reach - k), shifted(reach + k));
        filter_row(level, taps, shifted(reach), pair, out.row_mut(y));
    }
}

fn filter_row<'a>(
    level: Level,
    taps: Taps<'_>,
    centre: &[f32],
    pair: impl Fn(usize) -> (&'a [f32], &'a [f32]),
    out: &mut [f32],
) {
    match taps {
        Taps::Even(taps) => simd::symmetric(level, taps, centre, pair, out),
        Taps::Odd(taps) => simd::antisymmetric(level, taps, pair, out),
    }
}

fn pad(row: &[f32], reach: usize, border: Border, padded: &mut [f32]) {
    padded[reach..][..row.len()].copy_from_slice(row);
    for k in 1..=reach {
        padded[reach - k] = row[border.index(-(k as isize), row.len())];
        padded[reach + row.len() - 1 + k] =
            row[border.index((row.len() - 1 + k) as isize, row.len())];
    }
}

fn filter_columns(level: Level, frame: &Frame, taps: Taps<'_>, border: Border, out: &mut Frame) {
    let height = frame.size().height;
    for y in 0..height {
        let row = |y: isize| frame.row(border.index(y, height));
        let pair = |k: usize| (row(y as isize - k as isize), row((y + k) as isize));
        filter_row(level, taps, frame.row(y), pair, out.row_mut(y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn filtered(frame: &Frame, taps: &[f32], border: Border) -> Frame {
        let mut out = Frame::default();
        separable(Level::new(), frame, taps, border, &mut Frame::default(), &mut out);
        out
    }

    #[test]
    fn borders_fold_back_however_far_outside() {
        let mirrored: Vec<usize> = (-4..7).map(|i| Border::Mirror.index(i, 3)).collect();
        assert_eq!(mirrored, [0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]);
        let reflected: Vec<usize> = (-4..7).map(|i| Border::Reflect.index(i, 3)).collect();
        assert_eq!(reflected, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]);
        assert_eq!(Border::Mirror.index(-7, 1), 0);
    }

    #[test]
    fn a_filter_of_weight_one_keeps_a_constant() {
        let frame = Frame::from_fn(Size::new(3, 2), |_, _| 7.0);
        for border in [Border::Mirror, Border::Reflect] {
            assert_eq!(filtered(&frame, &[0.5, 0.125, 0.125], border), frame);
        }
    }

    #[test]
    fn a_single_bright_pixel_becomes_the_filter() {
        let frame =
            Frame::from_fn(Size::new(5, 5), |x, y| if (x, y) == (2, 2) { 1.0 } else { 0.0 });
        let out = filtered(&frame, &[0.5, 0.25], Border::Mirror);
        assert_eq!(out.row(2), &[0.0, 0.125, 0.25, 0.125, 0.0]);
        assert_eq!(out.row(1), &[0.0, 0.0625, 0.125, 0.0625, 0.0]);
    }
}
