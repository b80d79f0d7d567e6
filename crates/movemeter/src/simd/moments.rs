//! What a residual says of shape: its gradients' products, weighed by where in the window they are.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x16};

use super::residual::{REACH, derive};
use super::rows::{Rows, flush};
use super::{LANES, Level};

/// Sums weighed by 1, x, y, x², x y and y²: of gₓ², gₓ g_y and g_y².
pub type Moments = [[f64; 3]; 6];

/// Moments of a residual's gradients, where they are known from inside the window.
///
/// `of`: rows of this width with zeros behind them. x and y count from the window's centre, in units of `radius` px. `derivative`: weights of the differences between
/// neighbours 1, 2 and 3 px to each side. All zero of a window without inside.
pub fn gradient_moments(
    level: Level,
    of: &Rows,
    width: usize,
    radius: f64,
    derivative: [f32; REACH],
) -> Moments {
    if width <= 2 * REACH || of.n <= 2 * REACH {
        return Moments::default();
    }
    dispatch!(level, simd => moments_kernel(simd, of, width, radius, derivative))
}

#[inline(always)]
fn moments_kernel<S: Simd>(
    simd: S,
    of: &Rows,
    width: usize,
    radius: f64,
    d: [f32; REACH],
) -> Moments {
    let (n, stride, inside) = (of.n, of.stride, width - 2 * REACH);
    let of = of.values();
    let lanes: [f32; LANES] = std::array::from_fn(|i| i as f32);
    let (lanes, zero) = (f32x16::from_slice(simd, &lanes), f32x16::splat(simd, 0.0));
    let scale = (1.0 / radius) as f32;
    let from_middle = |at: usize, side: usize| (at + REACH) as f32 - 0.5 * (side as f32 - 1.0);
    let (mut sums, mut totals) = ([zero; 18], [[0.0f64; LANES]; 18]);
    for y in 0..n - 2 * REACH {
        let mut row = [zero; 9];
        for x in (0..inside).step_by(LANES) {
            let from = &of[y * stride + x..][..2 * REACH * stride + REACH + LANES + REACH];
            let gx = derive(simd, &from[REACH * stride..], 1, d);
            let gy = derive(simd, &from[REACH..], stride, d);
            let is_inside = lanes.simd_lt((inside - x) as f32);
            let (gx, gy) = (is_inside.select(gx, zero), is_inside.select(gy, zero));
            let at = (lanes + from_middle(x, width)) * scale;
            let products = [gx * gx, gx * gy, gy * gy];
            for k in 0..3 {
                let by_x = products[k] * at;
                row[k] += products[k];
                row[3 + k] += by_x;
                row[6 + k] += by_x * at;
            }
        }
        let at = from_middle(y, n) * scale;
        for k in 0..3 {
            sums[k] += row[k];
            sums[3 + k] += row[3 + k];
            sums[6 + k] += row[k] * at;
            sums[9 + k] += row[6 + k];
            sums[12 + k] += row[3 + k] * at;
            sums[15 + k] += row[k] * (at * at);
        }
        if y % ROWS_PER_SUM == ROWS_PER_SUM - 1 {
            flush(simd, &mut sums, &mut totals);
        }
    }
    flush(simd, &mut sums, &mut totals);
    let total = |i: usize| totals[i].iter().sum();
    std::array::from_fn(|m| std::array::from_fn(|k| total(3 * m + k)))
}

/// Rows whose sums are added in `f32` before they are added to sums in `f64`.
const ROWS_PER_SUM: usize = 16;

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    #[test]
    fn moments_are_those_of_the_plain_loop_on_every_level() {
        let derivative = [0.75, -0.15, 1.0 / 60.0];
        for level in levels() {
            for (width, height) in [(7, 7), (22, 9), (40, 41), (6, 30)] {
                let of = noise(width * height, 5);
                let mut rows = Rows::default();
                rows.copy(&of, width, width, height);
                let found = gradient_moments(level, &rows, width, 12.0, derivative);
                let mut plain = Moments::default();
                for (x, y) in
                    (3..height.max(3) - 3).flat_map(|y| (3..width.max(3) - 3).map(move |x| (x, y)))
                {
                    let along = |step: usize| -> f64 {
                        let i = y * width + x;
                        let part = |(k, tap): (usize, &f32)| {
                            f64::from(tap * (of[i + (k + 1) * step] - of[i - (k + 1) * step]))
                        };
                        derivative.iter().enumerate().map(part).sum()
                    };
                    let (gx, gy) = (along(1), along(width));
                    let at =
                        |at: usize, side: usize| (at as f64 - 0.5 * (side as f64 - 1.0)) / 12.0;
                    let (x, y) = (at(x, width), at(y, height));
                    for (sums, weight) in plain.iter_mut().zip([1.0, x, y, x * x, x * y, y * y]) {
                        for (sum, product) in sums.iter_mut().zip([gx * gx, gx * gy, gy * gy]) {
                            *sum += weight * product;
                        }
                    }
                }
                for (found, plain) in found.iter().flatten().zip(plain.iter().flatten()) {
                    assert!((found - plain).abs() < 1e-3, "{width} {height}: {found} {plain}");
                }
            }
        }
    }
}
