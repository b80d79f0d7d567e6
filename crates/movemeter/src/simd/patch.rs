//! What is made of a window's patch before it is matched.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::rows::{ROWS_PER_SUM, Rows, Vector, WIDTH, flush, load};
use crate::frame::View;

/// The sum of all pixels, and their largest absolute value; what is not a number is passed over by the latter.
pub fn sum_and_max(level: Level, of: View<'_>) -> (f64, f32) {
    dispatch!(level, simd => sum_and_max_kernel(simd, of))
}

#[inline(always)]
fn sum_and_max_kernel<S: Simd>(simd: S, of: View<'_>) -> (f64, f32) {
    let (mut sums, mut most, mut rest, mut most_of_rest) =
        ([0.0f64; WIDTH], [0.0f32; WIDTH], 0.0, 0.0);
    let mut largest = Vector::splat(simd, 0.0);
    for row in of.rows() {
        let (parts, ends) = row.as_chunks::<WIDTH>();
        for part in parts {
            for (sum, &value) in sums.iter_mut().zip(part) {
                *sum += f64::from(value);
            }
            let size = load(simd, part).abs();
            largest = size.simd_gt(largest).select(size, largest);
        }
        for &value in ends {
            rest += f64::from(value);
            most_of_rest = larger(most_of_rest, value.abs());
        }
    }
    most.copy_from_slice(largest.as_slice());
    let most = most.into_iter().fold(most_of_rest, larger);
    (sums.iter().sum::<f64>() + rest, most)
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

/// The seven-point derivatives in x and y of a patch of this width, which lies in `padded` rows with three pixels more
/// on each side, `stride` apart.
pub fn derivatives(
    level: Level,
    (padded, stride): (&[f32], usize),
    width: usize,
    derivative: [f32; 3],
    [x, y]: [&mut [f32]; 2],
) {
    dispatch!(level, _simd => {
        let rows = x.chunks_exact_mut(width).zip(y.chunks_exact_mut(width));
        for (i, (x, y)) in rows.enumerate() {
            let from = &padded[i * stride..][..7 * stride];
            let along = |dx: usize| &from[3 * stride + dx..][..width];
            let down = |dy: usize| &from[dy * stride + 3..][..width];
            derive([along(0), along(1), along(2), along(4), along(5), along(6)], derivative, x);
            derive([down(0), down(1), down(2), down(4), down(5), down(6)], derivative, y);
        }
    });
}

#[inline(always)]
fn derive([a, b, c, d, e, f]: [&[f32]; 6], [near, far, farthest]: [f32; 3], out: &mut [f32]) {
    let n = out.len();
    let [a, b, c, d, e, f] = [&a[..n], &b[..n], &c[..n], &d[..n], &e[..n], &f[..n]];
    for i in 0..n {
        out[i] = near * (d[i] - c[i]) + far * (e[i] - b[i]) + farthest * (f[i] - a[i]);
    }
}

/// Σ of products of pairs of patches, all of one shape.
pub fn products_of<const N: usize>(level: Level, pairs: [[&Rows; 2]; N]) -> [f64; N] {
    dispatch!(level, simd => products_of_kernel(simd, pairs))
}

#[inline(always)]
fn products_of_kernel<S: Simd, const N: usize>(simd: S, pairs: [[&Rows; 2]; N]) -> [f64; N] {
    let (stride, n) = (pairs[0][0].stride, pairs[0][0].n);
    let (mut sums, mut totals) = ([Vector::splat(simd, 0.0); N], [[0.0f64; WIDTH]; N]);
    let mut all = [[&[][..]; 2]; N];
    for i in 0..N {
        all[i] = [&pairs[i][0].values()[..n * stride], &pairs[i][1].values()[..n * stride]];
    }
    let step = (ROWS_PER_SUM * stride).max(WIDTH);
    for first in (0..n * stride).step_by(step) {
        for at in (first..(first + step).min(n * stride)).step_by(WIDTH) {
            for i in 0..N {
                sums[i] += load(simd, &all[i][0][at..]) * load(simd, &all[i][1][at..]);
            }
        }
        flush(simd, &mut sums, &mut totals);
    }
    totals.map(|lanes| lanes.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn sums_are_those_of_the_plain_loop_on_every_level() {
        for (width, height) in [(1, 1), (5, 3), (16, 2), (37, 20)] {
            let values = noise(width * height, 3);
            let view = View::new(Size::new(width, height), &values);
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            let most = values.iter().fold(0.0, |most, value| f32::max(most, value.abs()));
            let (mut a, mut b) = (Rows::default(), Rows::default());
            a.copy(&values, width, width, height);
            b.copy(&noise(width * height, 4), width, width, height);
            let plain: f64 = a.values().iter().zip(b.values()).map(|(a, b)| f64::from(a * b)).sum();
            for level in levels() {
                let found = sum_and_max(level, view);
                assert!((found.0 - sum).abs() < 1e-9 && found.1 == most);
                let [ab, aa] = products_of(level, [[&a, &b], [&a, &a]]);
                assert!((ab - plain).abs() < 1e-4 && 0.0 < aa);
            }
        }
    }

    #[test]
    fn a_ramp_has_its_slopes_as_derivatives() {
        let (width, height, stride) = (9, 5, 15);
        let ramp = |i: usize| 2.0 * (i % stride) as f32 - 0.5 * (i / stride) as f32;
        let padded: Vec<f32> = (0..stride * (height + 6)).map(ramp).collect();
        let (mut x, mut y) = (vec![0.0; width * height], vec![0.0; width * height]);
        let derivative = [0.75, -0.15, 1.0 / 60.0];
        for level in levels() {
            derivatives(level, (&padded, stride), width, derivative, [&mut x, &mut y]);
            assert!(x.iter().all(|x| (x - 2.0).abs() < 1e-5));
            assert!(y.iter().all(|y| (y + 0.5).abs() < 1e-5));
        }
    }
}
