//! Sampling a spline along lines that lie anyhow across a frame.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x8, f32x16, i32x16};

use super::fit::TAPS;
use super::{LANES, Level};

/// Pixels whose coefficients are blended side by side.
const HALF: usize = LANES / 2;

/// 120 times the weights of a quintic B-spline's coefficients at −2, −1, 0, 1, 2, 3 as polynomials of the place from 0 to 1,
/// by rising powers; two coefficients more are read and not used.
const WEIGHTS: [[f32; HALF]; TAPS] = [
    [1.0, 26.0, 66.0, 26.0, 1.0, 0.0, 0.0, 0.0],
    [-5.0, -50.0, 0.0, 50.0, 5.0, 0.0, 0.0, 0.0],
    [10.0, 20.0, -60.0, 20.0, 10.0, 0.0, 0.0, 0.0],
    [-10.0, 20.0, 0.0, -20.0, 10.0, 0.0, 0.0, 0.0],
    [5.0, -20.0, 30.0, -20.0, 5.0, 0.0, 0.0, 0.0],
    [-1.0, 5.0, -10.0, 10.0, -5.0, 1.0, 0.0, 0.0],
];
/// Both ways.
const SCALE: f32 = 1.0 / (120.0 * 120.0);

/// A spline's coefficients.
#[derive(Clone, Copy)]
pub struct Sampled<'a> {
    /// Rows of coefficients, two values readable beyond the last needed.
    pub coefficients: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
    /// Where the first that pixel (0, 0) needs is, across and down.
    pub origin: usize,
    /// The least and the most whole pixel across and down at which there are enough: places beyond count as these.
    pub reach: [[i32; 2]; 2],
    /// Subtracted from each coefficient, so that sums do not cancel on bright frames.
    pub offset: f32,
}

/// Distances between the rows of a [`Region`]: known ahead, they need no checks; and not powers of two, for then rows would meet in few
/// places of a cache.
const STRIDES: [usize; 4] = [272, 528, 1040, 2064];

/// A part of a spline's coefficients less an offset, rows one of a few distances apart.
#[derive(Clone, Debug, Default)]
pub struct Region {
    values: Vec<f32>,
    stride: usize,
    reach: [[i32; 2]; 2],
}

impl Region {
    /// Copies what is needed at these whole pixels (first and last, across and down), as far as there are such; false if that is too wide.
    pub fn fill(&mut self, of: &Sampled<'_>, wanted: [[i32; 2]; 2]) -> bool {
        let clip = |axis: usize| {
            wanted[axis].map(|at: i32| at.clamp(of.reach[axis][0], of.reach[axis][1]))
        };
        self.reach = [clip(0), clip(1)];
        let [[left, right], [top, bottom]] = self.reach;
        let (width, height) = ((right - left) as usize + TAPS, (bottom - top) as usize + TAPS);
        let Some(&stride) = STRIDES.iter().find(|&&stride| width + HALF <= stride) else {
            return false;
        };
        self.stride = stride;
        self.values.resize(stride * height + HALF, 0.0);
        for (y, row) in self.values.chunks_exact_mut(stride).take(height).enumerate() {
            let at = (top as isize + y as isize) * of.stride as isize + left as isize;
            let from = &of.coefficients[of.origin.wrapping_add_signed(at)..][..width];
            for (value, coefficient) in row.iter_mut().zip(from) {
                *value = coefficient - of.offset;
            }
        }
        true
    }

    /// It, to be sampled.
    pub fn sampled(&self) -> Sampled<'_> {
        let [[left, _], [top, _]] = self.reach;
        let before = (top as isize) * self.stride as isize + left as isize;
        Sampled {
            coefficients: &self.values,
            stride: self.stride,
            origin: 0usize.wrapping_sub(before as usize),
            reach: self.reach,
            offset: 0.0,
        }
    }
}

/// Samples `out.len()` places, from this one on, this far apart.
pub fn sample_line(level: Level, of: &Sampled<'_>, from: [f64; 2], by: [f64; 2], out: &mut [f32]) {
    let stride = if of.offset == 0.0 { of.stride } else { 0 };
    dispatch!(level, simd => match stride {
        272 => sample_line_kernel::<_, 272>(simd, of, from, by, out),
        528 => sample_line_kernel::<_, 528>(simd, of, from, by, out),
        1040 => sample_line_kernel::<_, 1040>(simd, of, from, by, out),
        2064 => sample_line_kernel::<_, 2064>(simd, of, from, by, out),
        _ => sample_line_kernel::<_, 0>(simd, of, from, by, out),
    });
}

#[inline(always)]
fn sample_line_kernel<S: Simd, const STRIDE: usize>(
    simd: S,
    of: &Sampled<'_>,
    from: [f64; 2],
    by: [f64; 2],
    out: &mut [f32],
) {
    let n = out.len();
    let mut first = 0;
    while first < n {
        let at = |axis: usize| from[axis] + first as f64 * by[axis];
        let places =
            [split(simd, at(0), by[0], of.reach[0]), split(simd, at(1), by[1], of.reach[1])];
        let values = sample_lanes::<S, STRIDE>(simd, of, places);
        let count = LANES.min(n - first);
        out[first..first + count].copy_from_slice(&values[..count]);
        first += LANES;
    }
}

/// Whole pixels, and what the places are beyond them.
#[inline(always)]
fn split<S: Simd>(simd: S, from: f64, by: f64, [least, most]: [i32; 2]) -> (i32x16<S>, f32x16<S>) {
    let lanes: [f32; LANES] = std::array::from_fn(|i| i as f32);
    let whole = from.floor();
    let places = f32x16::from_slice(simd, &lanes) * (by as f32) + (from - whole) as f32;
    let pixels = places.floor();
    let beyond = places - pixels;
    // Farther outside than any frame is wide, there is nothing to be told apart.
    let whole = whole.clamp(-FAR, FAR) as i32;
    let pixels = i32x16::truncate_from(pixels) + whole;
    (pixels.max(i32x16::splat(simd, least)).min(i32x16::splat(simd, most)), beyond)
}

/// Beyond any frame, and no overflow.
const FAR: f64 = 1e8;

#[inline(always)]
fn sample_lanes<S: Simd, const STRIDE: usize>(
    simd: S,
    of: &Sampled<'_>,
    [(x, across), (y, down)]: [(i32x16<S>, f32x16<S>); 2],
) -> [f32; LANES] {
    // None: no distance is known ahead, and there is an offset.
    let stride = if STRIDE == 0 { of.stride } else { STRIDE };
    let at = y * (stride as i32) + x;
    let mut down_weights = [[0.0; LANES]; TAPS];
    for j in 0..TAPS {
        let mut weight = f32x16::splat(simd, WEIGHTS[TAPS - 1][j]);
        for power in (0..TAPS - 1).rev() {
            weight = weight * down + WEIGHTS[power][j];
        }
        (weight * SCALE).store_slice(&mut down_weights[j]);
    }
    let (at, across) = (at.as_slice(), across.as_slice());
    let mut powers = [f32x8::splat(simd, 0.0); TAPS];
    for power in 0..TAPS {
        powers[power] = f32x8::from_slice(simd, &WEIGHTS[power]);
    }
    let mut values = [0.0; LANES];
    for half in 0..LANES / HALF {
        let mut parts = [f32x8::splat(simd, 0.0); HALF];
        for (i, part) in parts.iter_mut().enumerate() {
            let lane = half * HALF + i;
            let first = of.origin.wrapping_add_signed(at[lane] as isize);
            let rows = &of.coefficients[first..][..(TAPS - 1) * stride + HALF];
            let mut sum = f32x8::splat(simd, 0.0);
            for j in 0..TAPS {
                let row = f32x8::from_slice(simd, &rows[j * stride..][..HALF]);
                let row = if STRIDE == 0 { row - of.offset } else { row };
                sum += row * down_weights[j][lane];
            }
            let t = f32x8::splat(simd, across[lane]);
            let mut weights = powers[TAPS - 1];
            for power in (0..TAPS - 1).rev() {
                weights = weights * t + powers[power];
            }
            *part = sum * weights;
        }
        sums(parts).store_slice(&mut values[half * HALF..][..HALF]);
    }
    values
}

/// The sum of each vector.
#[inline(always)]
fn sums<S: Simd>([a, b, c, d, e, f, g, h]: [f32x8<S>; HALF]) -> f32x8<S> {
    let (ab, cd, ef, gh) = (in_pairs(a, b), in_pairs(c, d), in_pairs(e, f), in_pairs(g, h));
    in_pairs(in_pairs(ab, cd), in_pairs(ef, gh))
}

/// Sums of neighbours: those of the first vector, then those of the second.
#[inline(always)]
fn in_pairs<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    a.unzip_low(b) + a.unzip_high(b)
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;
    use crate::frame::Frame;
    use crate::geometry::{Point, Size};
    use crate::spline::Spline;

    #[test]
    fn lines_have_the_values_of_single_points_on_every_level_copied_or_not() {
        let size = Size::new(60, 50);
        let pixels = noise(size.area(), 3).iter().map(|value| 1000.0 + value).collect();
        let frame = Frame::from_pixels(size, pixels).unwrap();
        let mut region = Region { values: vec![f32::NAN; 7], ..Region::default() };
        for level in levels() {
            let spline = Spline::through(level, &frame, &[1.0]);
            let of = spline.less(1000.0);
            assert!(region.fill(&of, [[-9, 70], [3, 47]]));
            for (x, y, by) in
                [(3.3, 5.7, [0.8, 0.6]), (40.0, 44.2, [-0.7, -0.71]), (57.9, 8.0, [0.01, 1.0])]
            {
                for n in [1, 16, 37] {
                    let mut values = [vec![f32::NAN; n], vec![f32::NAN; n]];
                    sample_line(level, &of, [x, y], by, &mut values[0]);
                    sample_line(level, &region.sampled(), [x, y], by, &mut values[1]);
                    assert_eq!(values[0], values[1]);
                    for (i, &value) in values[0].iter().enumerate() {
                        let at = Point { x: x + i as f64 * by[0], y: y + i as f64 * by[1] };
                        let apart = f64::from(value) + 1000.0 - spline.at(at);
                        assert!(apart.abs() < 3e-4, "{x} {y} {i}: {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn places_far_outside_are_never_a_panic() {
        let spline = Spline::through(
            Level::new(),
            &Frame::from_fn(Size::new(9, 7), |x, _| x as f32),
            &[1.0],
        );
        let mut values = [0.0; 40];
        for (from, by) in [
            ([-1e12, 3.0], [0.5, 0.5]),
            ([f64::NAN, f64::INFINITY], [1.0, f64::NAN]),
            ([-5.0, -5.0], [1e9, 1e9]),
        ] {
            sample_line(Level::new(), &spline.less(0.0), from, by, &mut values);
        }
    }
}
