//! Rows of values that are read in whole vectors.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x16, mask32x16};

use super::LANES;
use crate::frame::View;
use crate::geometry::Size;

/// What a kernel handles at a time: one vector of the widest level, two or four of the others.
pub(super) type Vector<S> = f32x16<S>;
/// Values in a [`Vector`].
pub(super) const WIDTH: usize = 16;

/// Rows of values, `stride` apart: a multiple of [`LANES`], with room beyond the last value of each row.
///
/// Rows begin where a cache line does: a vector that lies in two lines takes twice as long to load.
#[derive(Debug, Default)]
pub struct Rows {
    buffer: Vec<f32>,
    first: usize,
    /// From one row to the next.
    pub stride: usize,
    /// How many rows.
    pub n: usize,
}

impl Clone for Rows {
    fn clone(&self) -> Self {
        let mut rows = Self::default();
        rows.fit(self.stride, self.n);
        rows.values_mut().copy_from_slice(self.values());
        rows
    }
}

impl Rows {
    /// Makes room for rows of this width; what they hold is undefined.
    pub fn fit(&mut self, width: usize, n: usize) {
        self.stride = width.next_multiple_of(LANES);
        self.n = n;
        let needed = self.length() + LANES;
        if self.buffer.len() < needed {
            self.buffer = vec![0.0; needed];
            // Where the line that begins next is; without one that can be told, anywhere will do.
            self.first = self.buffer.as_ptr().align_offset(size_of::<[f32; LANES]>()).min(LANES);
        }
    }

    /// A vector that starts at the last row's last value is read whole.
    fn length(&self) -> usize {
        self.stride * self.n + LANES
    }

    /// All values, with what stands beyond.
    #[inline]
    pub fn values(&self) -> &[f32] {
        self.buffer.get(self.first..self.first + self.length()).unwrap_or(&[])
    }

    /// All rows, without what stands beyond the last.
    #[inline]
    pub fn all(&self) -> &[f32] {
        &self.values()[..self.n * self.stride]
    }

    /// What they hold of a patch of this size.
    pub fn view(&self, size: Size) -> View<'_> {
        View::with_stride(size, self.stride, self.values())
    }

    /// All values, to be written.
    #[inline]
    pub fn values_mut(&mut self) -> &mut [f32] {
        let all = self.first..self.first + self.length();
        self.buffer.get_mut(all).unwrap_or(&mut [])
    }

    /// Copies rows of this width, `stride` apart, with zeros beyond.
    pub fn copy(&mut self, from: &[f32], stride: usize, width: usize, n: usize) {
        self.fit(width, n);
        self.values_mut().fill(0.0);
        for y in 0..n {
            self.row_mut(y)[..width].copy_from_slice(&from[y * stride..][..width]);
        }
    }

    /// One row, with what stands beyond.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.values()[y * self.stride..][..self.stride]
    }

    /// The same, to be written.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let stride = self.stride;
        &mut self.values_mut()[y * stride..][..stride]
    }
}

/// The first vector of a slice.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, from: &[f32]) -> Vector<S> {
    f32x16::from_slice(simd, &from[..WIDTH])
}

/// Which lanes lie in the first `n`.
#[inline(always)]
pub(super) fn first<S: Simd>(simd: S, n: usize) -> mask32x16<S> {
    f32x16::from_slice(
        simd,
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0],
    )
    .simd_lt(n as f32)
}

/// The sum of all lanes.
#[inline(always)]
pub(super) fn total<S: Simd>(lanes: Vector<S>) -> f64 {
    lanes.as_slice().iter().map(|&sum| f64::from(sum)).sum()
}

/// Adds what running sums in `f32` hold to those in `f64`, and begins anew.
#[inline(always)]
pub(super) fn flush<S: Simd, const N: usize>(
    simd: S,
    sums: &mut [Vector<S>; N],
    totals: &mut [[f64; WIDTH]; N],
) {
    for i in 0..N {
        for (total, &sum) in totals[i].iter_mut().zip(sums[i].as_slice()) {
            *total += f64::from(sum);
        }
        sums[i] = f32x16::splat(simd, 0.0);
    }
}

/// Rows whose products are summed in `f32` before they are added to sums in `f64`.
pub(super) const ROWS_PER_SUM: usize = 8;
