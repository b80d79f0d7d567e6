//! Separable filters: blur, smoothing, gradients, and the making of spline coefficients.

use crate::frame::Frame;
use crate::geometry::Size;
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
    work: &mut Lines,
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
    taps: [Taps<'_>; 2],
    border: Border,
    work: &mut Lines,
    out: &mut Frame,
) {
    out.reset(frame.size());
    into_margins(level, frame, taps, border, work, (out, 0));
}

/// The same into the middle of a frame that is larger by a margin on each side, which is left as it is.
pub fn into_margins(
    level: Level,
    frame: &Frame,
    [across, down]: [Taps<'_>; 2],
    border: Border,
    work: &mut Lines,
    (out, margin): (&mut Frame, usize),
) {
    let Size { width, height } = frame.size();
    let (reach, mut n_filtered) = (down.reach(), 0);
    work.fit(width, 2 * reach + 1);
    for y in 0..height {
        // Rows are filtered along just before the first row that needs them is filtered down.
        while n_filtered < height.min(y + reach + 1) {
            work.filter_along(level, frame.row(n_filtered), n_filtered, across, border);
            n_filtered += 1;
        }
        let row = |y: isize| work.line(border.index(y, height));
        let pair = |k: usize| (row(y as isize - k as isize), row((y + k) as isize));
        let out = &mut out.row_mut(y + margin)[margin..margin + width];
        filter_row(level, down, work.line(y), pair, out);
    }
}

/// Working memory of a filter: the last few rows, filtered along.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    padded: Vec<f32>,
    lines: Vec<f32>,
    width: usize,
    n: usize,
}

impl Lines {
    fn fit(&mut self, width: usize, n: usize) {
        (self.width, self.n) = (width, n);
        self.lines.resize(width * n, 0.0);
    }

    fn line(&self, y: usize) -> &[f32] {
        &self.lines[y % self.n * self.width..][..self.width]
    }

    fn filter_along(
        &mut self,
        level: Level,
        row: &[f32],
        y: usize,
        taps: Taps<'_>,
        border: Border,
    ) {
        let (reach, width) = (taps.reach(), self.width);
        pad(row, reach, border, &mut self.padded);
        let shifted = |by: usize| &self.padded[by..by + width];
        let pair = |k: usize| (shifted(reach - k), shifted(reach + k));
        let to = &mut self.lines[y % self.n * width..][..width];
        filter_row(level, taps, shifted(reach), pair, to);
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

fn pad(row: &[f32], reach: usize, border: Border, padded: &mut Vec<f32>) {
    padded.resize(row.len() + 2 * reach, 0.0);
    padded[reach..][..row.len()].copy_from_slice(row);
    for k in 1..=reach {
        padded[reach - k] = row[border.index(-(k as isize), row.len())];
        padded[reach + row.len() - 1 + k] =
            row[border.index((row.len() - 1 + k) as isize, row.len())];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(frame: &Frame, taps: &[f32], border: Border) -> Frame {
        let mut out = Frame::default();
        separable(Level::new(), frame, taps, border, &mut Lines::default(), &mut out);
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
