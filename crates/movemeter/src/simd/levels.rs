//! The sums behind the brightness of windows: first of columns, then of windows over some of them.
//!
//! Windows that stand beside each other in the same rows share their columns. Of a column of n
//! pixels v, of which v₀ is the topmost, with d = v − v₀,
//!
//! ```text
//! S = Σ v = n v₀ + Σ d          Q = Σ (v − S/n)² = Σ d² − (Σ d)² / n
//! ```
//!
//! where Σ d² ≤ (n + 1) Q, as v₀ is one of the v: the difference cancels by no more than that, however
//! bright the column is. Of a window of w columns,
//!
//! ```text
//! mean = Σ S / (n w)            Σ (v − mean)² = Σ Q + Σ (S − n mean)² / n
//! ```
//!
//! as in T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for Computing the Sample Variance"
//! (1983). A window's numbers come from its own pixels in an order of its own: what stands beside
//! it makes no difference.

use fearless_simd::prelude::*;
use fearless_simd::{dispatch, f32x16, f64x8};

use super::{LANES, Level};
use crate::frame::View;

/// What is said of the grey levels v of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LevelSums {
    /// Their mean.
    pub mean: f64,
    /// The smallest.
    pub min: f32,
    /// The largest.
    pub max: f32,
    /// Σ (v − mean)²
    pub squares: f64,
}

/// What is known of each column of a band: rows of a frame, or a part of them.
///
/// It is filled again and again, and keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    n_rows: usize,
    /// v₀, or 0 where that is infinite or not a number.
    tops: Vec<f32>,
    /// Σ d while rows are added, then S.
    sums: Vec<f64>,
    /// Σ d² while rows are added, then Q.
    squares: Vec<f64>,
    mins: Vec<f32>,
    maxs: Vec<f32>,
}

/// Rows that are added at once: sums are loaded and stored once for all of them.
const ROWS: usize = 4;

impl Columns {
    /// Looks at every pixel of a band.
    pub fn gather(&mut self, level: Level, band: View<'_>) {
        let size = band.size();
        self.n_rows = size.height;
        self.tops.clear();
        self.tops.extend(band.row(0).iter().map(|&v| if v.is_finite() { v } else { 0.0 }));
        for sums in [&mut self.sums, &mut self.squares] {
            sums.clear();
            sums.resize(size.width, 0.0);
        }
        for (ends, start) in [(&mut self.mins, SMALLEST_OF_NONE), (&mut self.maxs, LARGEST_OF_NONE)]
        {
            ends.clear();
            ends.resize(size.width, start);
        }
        dispatch!(level, _simd => self.gather_kernel(band));
    }

    /// Of the window of all rows of the band, `width` columns from column `first` on.
    ///
    /// The sums are in `f64`. The ends pass over what is not a number; if nothing else is there,
    /// they are infinite.
    ///
    /// # Panics
    ///
    /// If the window is not inside the band.
    pub fn window(&self, level: Level, first: usize, width: usize) -> LevelSums {
        dispatch!(level, simd => self.window_kernel(simd, first, width))
    }

    #[inline(always)]
    fn gather_kernel(&mut self, band: View<'_>) {
        let n_at_once = self.n_rows - self.n_rows % ROWS;
        for y in (0..n_at_once).step_by(ROWS) {
            self.add([band.row(y), band.row(y + 1), band.row(y + 2), band.row(y + 3)]);
        }
        for y in n_at_once..self.n_rows {
            self.add([band.row(y)]);
        }
        let n = self.n_rows as f64;
        for ((sum, square), &top) in self.sums.iter_mut().zip(&mut self.squares).zip(&self.tops) {
            *square -= *sum * *sum / n;
            *sum += n * f64::from(top);
        }
    }

    #[inline(always)]
    fn add<const N: usize>(&mut self, rows: [&[f32]; N]) {
        let n = self.tops.len();
        let rows = rows.map(|row| &row[..n]);
        let (sums, squares) = (&mut self.sums[..n], &mut self.squares[..n]);
        let (mins, maxs) = (&mut self.mins[..n], &mut self.maxs[..n]);
        for (x, &top) in self.tops.iter().enumerate() {
            // Kept apart until all rows are added, or each row would load and store them.
            let (mut sum, mut square, mut min, mut max) = (sums[x], squares[x], mins[x], maxs[x]);
            for row in rows {
                let from_top = f64::from(row[x]) - f64::from(top);
                sum += from_top;
                square += from_top * from_top;
                min = smaller(row[x], min);
                max = larger(row[x], max);
            }
            (sums[x], squares[x], mins[x], maxs[x]) = (sum, square, min, max);
        }
    }

    #[inline(always)]
    fn window_kernel<S: Simd>(&self, simd: S, first: usize, width: usize) -> LevelSums {
        let (sums, n) = (&self.sums[first..][..width], self.n_rows as f64);
        let mean = total(simd, sums, 0.0, |sum| sum) / (n * width as f64);
        let expected = n * mean;
        let between = total(simd, sums, expected, |sum| (sum - expected) * (sum - expected));
        let within = total(simd, &self.squares[first..][..width], 0.0, |square| square);
        let (mins, maxs) = (&self.mins[first..][..width], &self.maxs[first..][..width]);
        LevelSums {
            mean,
            min: end(simd, mins, SMALLEST_OF_NONE, |a, b| a.simd_lt(b).select(a, b), smaller),
            max: end(simd, maxs, LARGEST_OF_NONE, |a, b| a.simd_gt(b).select(a, b), larger),
            squares: within + between / n,
        }
    }
}

const SMALLEST_OF_NONE: f32 = f32::INFINITY;
const LARGEST_OF_NONE: f32 = f32::NEG_INFINITY;

/// One instruction, unlike `f32::min`; `b` where `a` is not a number.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// The same of the larger.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b < a { a } else { b }
}

/// Σ of(value). What is left of the last vector is filled with a value that adds nothing.
///
/// Written with vectors: of a plain loop over lanes that are kept, the compiler does not make vector
/// code on every level.
#[inline(always)]
fn total<S: Simd>(simd: S, values: &[f64], filling: f64, of: impl Fn(f64x8<S>) -> f64x8<S>) -> f64 {
    let (vectors, rest) = values.as_chunks::<8>();
    let mut last = [filling; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut sums = of(f64x8::from_slice(simd, &last));
    for vector in vectors {
        sums += of(f64x8::from_slice(simd, vector));
    }
    let mut lanes = [0.0; 8];
    sums.store_slice(&mut lanes);
    let [a, b, c, d, e, f, g, h] = lanes;
    // In pairs: a chain of additions would wait for each.
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// The smallest or the largest, as `better` has it.
#[inline(always)]
fn end<S: Simd>(
    simd: S,
    values: &[f32],
    of_none: f32,
    better: impl Fn(f32x16<S>, f32x16<S>) -> f32x16<S>,
    better_of_two: impl Fn(f32, f32) -> f32,
) -> f32 {
    let (vectors, rest) = values.as_chunks::<LANES>();
    let mut lanes = [of_none; LANES];
    lanes[..rest.len()].copy_from_slice(rest);
    let mut ends = f32x16::from_slice(simd, &lanes);
    for vector in vectors {
        ends = better(f32x16::from_slice(simd, vector), ends);
    }
    ends.store_slice(&mut lanes);
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            lanes[lane] = better_of_two(lanes[lane], lanes[lane + half]);
        }
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;
    use crate::frame::Frame;
    use crate::geometry::{Rect, Size};

    const SIZE: Size = Size::new(53, 13);

    fn bright(offset: f32) -> Frame {
        let pixels = noise(SIZE.area(), 9);
        Frame::from_fn(SIZE, |x, y| offset + 100.0 * pixels[y * SIZE.width + x])
    }

    fn by_plain_loops(window: View<'_>) -> LevelSums {
        let pixels = || window.rows().flatten().copied();
        let mean = pixels().map(f64::from).sum::<f64>() / window.size().area() as f64;
        LevelSums {
            mean,
            min: pixels().fold(f32::INFINITY, f32::min),
            max: pixels().fold(f32::NEG_INFINITY, f32::max),
            squares: pixels().map(|v| (f64::from(v) - mean).powi(2)).sum(),
        }
    }

    /// Of a window by the columns of a wider band, after another band.
    fn by_band(level: Level, columns: &mut Columns, frame: &Frame, window: Rect) -> LevelSums {
        let band = Rect { x: 0, width: SIZE.width, ..window };
        columns.gather(level, frame.crop(band));
        columns.window(level, window.x as usize, window.width)
    }

    #[test]
    fn they_are_those_of_plain_loops_and_the_same_bits_on_every_level_and_in_every_band() {
        let mut columns = Columns::default();
        for (frame, height) in [(bright(0.0), 1), (bright(6e4), 9), (bright(-900.0), 13)] {
            for width in 1..=SIZE.width {
                let window = Rect::new((SIZE.width - width) as isize / 2, 0, width, height);
                let expected = by_plain_loops(frame.crop(window));
                let mut of_window = Columns::default();
                of_window.gather(Level::new(), frame.crop(window));
                let sums = of_window.window(Level::new(), 0, width);
                for level in levels() {
                    assert_eq!(by_band(level, &mut columns, &frame, window), sums, "{window}");
                }
                assert_eq!((sums.min, sums.max), (expected.min, expected.max), "{window}");
                // Rounding of 700 numbers below 6.1e4, and of their squares about 1e3.
                assert!(
                    (sums.mean - expected.mean).abs() < 1e-10,
                    "{window}: {sums:?} {expected:?}"
                );
                let squares = (sums.squares - expected.squares).abs();
                assert!(squares <= 1e-11 * expected.squares, "{window}: {sums:?} {expected:?}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_in_the_sums_and_not_in_the_ends() {
        let (nan, infinite) = (f32::NAN, f32::INFINITY);
        let cases = [
            ([3.0, nan, -2.0, 1.0], (-2.0, 3.0)),
            ([nan, 3.0, -2.0, 1.0], (-2.0, 3.0)),
            ([nan; 4], (infinite, -infinite)),
        ];
        for (pixels, ends) in cases {
            for (width, height) in [(1, 4), (4, 1), (2, 2)] {
                for level in levels() {
                    let mut columns = Columns::default();
                    columns.gather(level, View::new(Size::new(width, height), &pixels));
                    let sums = columns.window(level, 0, width);
                    assert_eq!((sums.min, sums.max), ends);
                    assert!(sums.mean.is_nan() && sums.squares.is_nan());
                }
            }
        }
        let mut columns = Columns::default();
        columns.gather(Level::new(), View::new(Size::new(1, 2), &[infinite, 1.0]));
        let sums = columns.window(Level::new(), 0, 1);
        assert!(sums.mean == f64::INFINITY && sums.squares.is_nan(), "{sums:?}");
    }
}
