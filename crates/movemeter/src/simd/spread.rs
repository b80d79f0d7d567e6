//! A patch filtered by a correlation along both axes.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x16};

use super::residual::MAX_LAG;
use super::rows::{Rows, load};
use super::{LANES, Level};

/// `out(x, y) = Σ across(|dx|) down(|dy|) of(x + dx, y + dy)` over lags up to [`MAX_LAG`]; beyond the width undefined.
///
/// `of` has this width and zeros beyond. `wide` and `along` are scratch.
pub fn spread_both_ways(
    level: Level,
    (of, width): (&Rows, usize),
    [across, down]: [&[f32]; 2],
    [wide, along]: [&mut Rows; 2],
    out: &mut Rows,
) {
    // Zeros before each row, and behind.
    wide.fit(LANES + width + LANES, of.n);
    along.fit(width, of.n);
    out.fit(width, of.n);
    for y in 0..of.n {
        let row = wide.row_mut(y);
        row[..LANES].fill(0.0);
        row[LANES..LANES + width].copy_from_slice(&of.row(y)[..width]);
        row[LANES + width..].fill(0.0);
    }
    dispatch!(level, simd => {
        spread_across(simd, wide, across, along);
        spread_down(simd, along, down, out);
    });
}

#[inline(always)]
fn spread_across<S: Simd>(simd: S, of: &Rows, kernel: &[f32], out: &mut Rows) {
    let (stride, from_stride, n) = (out.stride, of.stride, out.n);
    let (of, out) = (of.values(), out.values_mut());
    for y in 0..n {
        for x in (0..stride).step_by(LANES) {
            let at = &of[y * from_stride + x + LANES - MAX_LAG..][..2 * MAX_LAG + LANES];
            let mut sum = load(simd, &at[MAX_LAG..]) * kernel[0];
            for lag in 1..kernel.len().min(MAX_LAG + 1) {
                sum += (load(simd, &at[MAX_LAG - lag..]) + load(simd, &at[MAX_LAG + lag..]))
                    * kernel[lag];
            }
            sum.store_slice(&mut out[y * stride + x..][..LANES]);
        }
    }
}

#[inline(always)]
fn spread_down<S: Simd>(simd: S, of: &Rows, kernel: &[f32], out: &mut Rows) {
    let (stride, n) = (out.stride, out.n);
    let (of, out) = (of.values(), out.values_mut());
    let zero = f32x16::splat(simd, 0.0);
    for y in 0..n {
        for x in (0..stride).step_by(LANES) {
            let at = y * stride + x;
            let mut sum = load(simd, &of[at..]) * kernel[0];
            for lag in 1..kernel.len().min(MAX_LAG + 1) {
                let above = if lag <= y { load(simd, &of[at - lag * stride..]) } else { zero };
                let below = if y + lag < n { load(simd, &of[at + lag * stride..]) } else { zero };
                sum += (above + below) * kernel[lag];
            }
            sum.store_slice(&mut out[at..at + LANES]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    #[test]
    fn each_pixel_is_spread_as_by_the_plain_loop_on_every_level_with_dirty_scratch() {
        let kernel = noise(MAX_LAG + 1, 8);
        let (mut wide, mut along, mut out) = (Rows::default(), Rows::default(), Rows::default());
        for level in levels() {
            for (width, height, n_lags) in [(1, 1, 9), (20, 5, 3), (33, 20, 9), (16, 17, 1)] {
                let of = noise(width * height, 9);
                let mut rows = Rows::default();
                rows.copy(&of, width, width, height);
                let lags = [&kernel[..n_lags], &kernel[..n_lags]];
                spread_both_ways(level, (&rows, width), lags, [&mut wide, &mut along], &mut out);
                for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
                    let weight =
                        |a: usize, b: usize| lags[0].get(a.abs_diff(b)).copied().unwrap_or(0.0);
                    let part =
                        |i: usize| f64::from(weight(i % width, x) * weight(i / width, y) * of[i]);
                    let plain: f64 = (0..of.len()).map(part).sum();
                    assert!((f64::from(out.row(y)[x]) - plain).abs() < 1e-4);
                }
            }
        }
    }
}
