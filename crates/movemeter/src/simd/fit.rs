//! Sampling a spline over a window, and the sums of a Gauss–Newton step.

use fearless_simd::dispatch;

use super::{LANES, Level};

/// Coefficients that make up a value, across and down: those of a quintic spline.
pub const TAPS: usize = 6;
/// Coefficients that a row needs beyond its width.
const MORE: usize = TAPS - 1;

/// What is needed to sample a spline over a window and compare it with a template.
pub struct Fit<'a> {
    /// Spline coefficients from the first one needed on; rows `stride` apart.
    pub coefficients: &'a [f32],
    /// From one row of coefficients to the next.
    pub stride: usize,
    /// Spline weights of the coefficients across.
    pub across: [f32; TAPS],
    /// Spline weights of the coefficients down.
    pub down: [f32; TAPS],
    /// Subtracted from each coefficient, so that sums do not cancel on bright frames.
    pub offset: f32,
    /// The window's width.
    pub width: usize,
    /// The zero-mean template, row by row.
    pub template: &'a [f32],
    /// Its steepest descent in x.
    pub steepest_x: &'a [f32],
    /// Its steepest descent in y.
    pub steepest_y: &'a [f32],
}

/// Sums over a window between the sampled frame f, the template t and its steepest descents.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitSums {
    /// Σ gₓ f
    pub x: f64,
    /// Σ g_y f
    pub y: f64,
    /// Σ t f
    pub tf: f64,
    /// Σ f
    pub f: f64,
    /// Σ f²
    pub ff: f64,
}

/// Samples the spline at the window and returns the sums of a Gauss–Newton step.
///
/// `scratch` is given room for one row.
pub fn fit_sums(level: Level, of: &Fit<'_>, scratch: &mut Vec<f32>) -> FitSums {
    scratch.resize(2 * of.width + MORE, 0.0);
    dispatch!(level, _simd => fit_sums_kernel(of, scratch))
}

/// Samples the spline at the window: `out = (f − mean)·scale − template`.
///
/// `scratch` is given room for one row.
pub fn residual(
    level: Level,
    of: &Fit<'_>,
    mean: f32,
    scale: f32,
    scratch: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    scratch.resize(2 * of.width + MORE, 0.0);
    out.resize(of.template.len(), 0.0);
    dispatch!(level, _simd => residual_kernel(of, mean, scale, scratch, out));
}

#[inline(always)]
fn residual_kernel(of: &Fit<'_>, mean: f32, scale: f32, scratch: &mut [f32], out: &mut [f32]) {
    let (blended, sampled) = scratch.split_at_mut(of.width + MORE);
    let rows = of.template.chunks_exact(of.width).zip(out.chunks_exact_mut(of.width));
    for (y, (template, out)) in rows.enumerate() {
        sample_row(of, y, blended, sampled);
        for ((out, f), t) in out.iter_mut().zip(&*sampled).zip(template) {
            *out = (f - mean) * scale - t;
        }
    }
}

/// One row of the window, less the offset.
#[inline(always)]
fn sample_row(of: &Fit<'_>, y: usize, blended: &mut [f32], sampled: &mut [f32]) {
    let coefficients = |j: usize| &of.coefficients[(y + j) * of.stride..][..of.width + MORE];
    blend(&of.down, std::array::from_fn(coefficients), of.offset, blended);
    let shifted = |i: usize| &blended[i..i + of.width];
    blend(&of.across, std::array::from_fn(shifted), 0.0, sampled);
}

#[inline(always)]
fn fit_sums_kernel(of: &Fit<'_>, scratch: &mut [f32]) -> FitSums {
    let (blended, sampled) = scratch.split_at_mut(of.width + MORE);
    let mut sums = [[0.0f64; LANES]; 5];
    let rows = of.template.chunks_exact(of.width);
    let steepest = of.steepest_x.chunks_exact(of.width).zip(of.steepest_y.chunks_exact(of.width));
    for (y, (t, (gx, gy))) in rows.zip(steepest).enumerate() {
        sample_row(of, y, blended, sampled);
        add_row(&mut sums, [gx, gy, t], sampled);
    }
    let [x, y, tf, f, ff] = sums.map(|lanes| lanes.iter().sum());
    FitSums { x, y, tf, f, ff }
}

/// `out = Σ weights[i]·(rows[i] − offset)`
#[inline(always)]
fn blend(weights: &[f32; TAPS], rows: [&[f32]; TAPS], offset: f32, out: &mut [f32]) {
    let n = out.len();
    let [a, b, c, d, e, f] = rows.map(|row| &row[..n]);
    for i in 0..n {
        let inner = weights[2] * (c[i] - offset) + weights[3] * (d[i] - offset);
        let middle = weights[1] * (b[i] - offset) + weights[4] * (e[i] - offset);
        let outer = weights[0] * (a[i] - offset) + weights[5] * (f[i] - offset);
        out[i] = inner + middle + outer;
    }
}

/// Adds one row's products to the running sums: in `f32` within the row, in `f64` over rows.
#[inline(always)]
fn add_row(sums: &mut [[f64; LANES]; 5], [gx, gy, t]: [&[f32]; 3], f: &[f32]) {
    let mut row = [[0.0f32; LANES]; 5];
    let ((gx, gx_rest), (gy, gy_rest)) = (gx.as_chunks::<LANES>(), gy.as_chunks::<LANES>());
    let ((t, t_rest), (f, f_rest)) = (t.as_chunks::<LANES>(), f.as_chunks::<LANES>());
    for (((gx, gy), t), f) in gx.iter().zip(gy).zip(t).zip(f) {
        add_products(&mut row, [gx, gy, t], f);
    }
    add_products(&mut row, [gx_rest, gy_rest, t_rest], f_rest);
    for (sums, row) in sums.iter_mut().zip(row) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
}

#[inline(always)]
fn add_products(row: &mut [[f32; LANES]; 5], [gx, gy, t]: [&[f32]; 3], f: &[f32]) {
    let [sum_x, sum_y, sum_tf, sum_f, sum_ff] = row;
    let sums = sum_x.iter_mut().zip(sum_y).zip(sum_tf).zip(sum_f).zip(sum_ff);
    let values = gx.iter().zip(gy).zip(t).zip(f);
    for (((((sum_x, sum_y), sum_tf), sum_f), sum_ff), (((gx, gy), t), f)) in sums.zip(values) {
        *sum_x += gx * f;
        *sum_y += gy * f;
        *sum_tf += t * f;
        *sum_f += f;
        *sum_ff += f * f;
    }
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    const OFFSET: f32 = 0.125;

    /// A window with its coefficients, and the same sums by a plain loop in `f64`.
    fn check(width: usize, height: usize, level: Level, scratch: &mut Vec<f32>) {
        let stride = width + MORE + 2;
        let coefficients = noise((height + MORE) * stride, 1);
        let patches = [2, 3, 4].map(|seed| noise(width * height, seed));
        let [template, steepest_x, steepest_y] = &patches;
        let (across, down) =
            ([0.02, 0.1, 0.48, 0.3, 0.08, 0.02], [0.03, 0.05, 0.4, 0.4, 0.1, 0.02]);
        let of = Fit {
            coefficients: &coefficients,
            stride,
            across,
            down,
            offset: OFFSET,
            width,
            template,
            steepest_x,
            steepest_y,
        };
        let sampled = |i: usize| -> f64 {
            let taps = (0..TAPS * TAPS).map(|k| {
                let at = (i / width + k / TAPS) * stride + i % width + k % TAPS;
                f64::from(across[k % TAPS] * down[k / TAPS]) * f64::from(coefficients[at] - OFFSET)
            });
            taps.sum()
        };
        let plain = |g: &[f32]| -> f64 {
            g.iter().enumerate().map(|(i, &g)| f64::from(g) * sampled(i)).sum()
        };
        let (sums, n) = (fit_sums(level, &of, scratch), width * height);
        assert!((sums.x - plain(steepest_x)).abs() < 1e-5);
        assert!((sums.y - plain(steepest_y)).abs() < 1e-5);
        assert!((sums.tf - plain(template)).abs() < 1e-5);
        assert!((sums.f - (0..n).map(sampled).sum::<f64>()).abs() < 1e-5);
        assert!((sums.ff - (0..n).map(|i| sampled(i).powi(2)).sum::<f64>()).abs() < 1e-5);
        let mut left = vec![f32::NAN; 3];
        residual(level, &of, 0.25, 2.0, scratch, &mut left);
        for (i, &left) in left.iter().enumerate() {
            let expected = (sampled(i) - 0.25) * 2.0 - f64::from(template[i]);
            assert!((f64::from(left) - expected).abs() < 1e-5);
        }
    }

    #[test]
    fn sums_and_residual_are_those_of_the_plain_loop_on_every_level_with_dirty_scratch() {
        let mut scratch = vec![f32::NAN; 7];
        for level in levels() {
            for (width, height) in [(1, 1), (5, 3), (16, 4), (33, 9)] {
                check(width, height, level, &mut scratch);
            }
        }
    }
}
