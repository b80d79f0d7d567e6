//! Sampling a spline over a window, and the sums of a Gauss–Newton step.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::rows::{ROWS_PER_SUM, Rows, Vector, WIDTH, first, flush, load};

/// Coefficients that make up a value, across and down: those of a quintic spline.
pub const TAPS: usize = 6;
/// Coefficients that a window needs beyond its width and height.
const MORE: usize = TAPS - 1;

/// What is needed to sample a spline over a window and compare it with a template.
pub struct Fit<'a> {
    /// Spline coefficients from the first one needed on; rows `stride` apart, a vector's width readable beyond the last.
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
    /// The zero-mean template, 0 beyond the width.
    pub template: &'a Rows,
    /// Its weights for a shift in x and in y, 0 beyond the width.
    pub weights: [&'a Rows; 2],
}

/// Sums over a window between the sampled frame f, the template t and its weights w.
#[derive(Clone, Copy, Debug, Default)]
pub struct FitSums {
    /// Σ wₓ f
    pub x: f64,
    /// Σ w_y f
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
/// `sampled` gets the samples, 0 beyond the width; `along` is scratch.
pub fn fit_sums(level: Level, of: &Fit<'_>, along: &mut Rows, sampled: &mut Rows) -> FitSums {
    along.fit(of.width, of.template.n + MORE);
    sampled.fit(of.width, of.template.n);
    dispatch!(level, simd => {
        blend_along(simd, of, along);
        fit_sums_kernel(simd, of, along, sampled)
    })
}

/// Each row of coefficients less the offset, blended across.
#[inline(always)]
fn blend_along<S: Simd>(simd: S, of: &Fit<'_>, out: &mut Rows) {
    let offset = Vector::splat(simd, of.offset);
    let (n, stride, out) = (out.n, out.stride, out.values_mut());
    for y in 0..n {
        let row = &of.coefficients[y * of.stride..][..of.width.next_multiple_of(WIDTH) + MORE];
        for x in (0..of.width).step_by(WIDTH) {
            let at = &row[x..x + WIDTH + MORE];
            let inner = (load(simd, &at[2..]) - offset) * of.across[2]
                + (load(simd, &at[3..]) - offset) * of.across[3];
            let middle = (load(simd, &at[1..]) - offset) * of.across[1]
                + (load(simd, &at[4..]) - offset) * of.across[4];
            let outer = (load(simd, at) - offset) * of.across[0]
                + (load(simd, &at[5..]) - offset) * of.across[5];
            (inner + middle + outer).store_slice(&mut out[y * stride + x..][..WIDTH]);
        }
    }
}

#[inline(always)]
fn fit_sums_kernel<S: Simd>(simd: S, of: &Fit<'_>, along: &Rows, sampled: &mut Rows) -> FitSums {
    let (stride, n) = (sampled.stride, sampled.n);
    let (along, sampled) = (along.values(), sampled.values_mut());
    let ([wx, wy], t) = (of.weights.map(Rows::values), of.template.values());
    let whole = of.width / WIDTH * WIDTH;
    let is_inside = first(simd, of.width - whole);
    let zero = Vector::splat(simd, 0.0);
    let (mut sums, mut totals) = ([zero; 5], [[0.0f64; WIDTH]; 5]);
    for y in 0..n {
        for x in (0..of.width).step_by(WIDTH) {
            let at = &along[y * stride + x..][..MORE * stride + WIDTH];
            let inner = load(simd, &at[2 * stride..]) * of.down[2]
                + load(simd, &at[3 * stride..]) * of.down[3];
            let middle =
                load(simd, &at[stride..]) * of.down[1] + load(simd, &at[4 * stride..]) * of.down[4];
            let outer = load(simd, at) * of.down[0] + load(simd, &at[5 * stride..]) * of.down[5];
            let f = inner + middle + outer;
            let f = if x == whole { is_inside.select(f, zero) } else { f };
            let i = y * stride + x;
            f.store_slice(&mut sampled[i..i + WIDTH]);
            sums[0] += load(simd, &wx[i..]) * f;
            sums[1] += load(simd, &wy[i..]) * f;
            sums[2] += load(simd, &t[i..]) * f;
            sums[3] += f;
            sums[4] += f * f;
        }
        if y % ROWS_PER_SUM == ROWS_PER_SUM - 1 || y + 1 == n {
            flush(simd, &mut sums, &mut totals);
        }
    }
    let [x, y, tf, f, ff] = totals.map(|lanes| lanes.iter().sum());
    FitSums { x, y, tf, f, ff }
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::residual::{self, MAX_LAG};
    use super::super::tests::noise;
    use super::*;

    const OFFSET: f32 = 0.125;

    fn rows(values: &[f32], width: usize) -> Rows {
        let mut rows = Rows::default();
        rows.copy(values, width, width, values.len() / width);
        rows
    }

    /// A window with its coefficients, and the same sums by a plain loop in `f64`.
    fn check(width: usize, height: usize, level: Level, [along, sampled]: &mut [Rows; 2]) {
        let stride = width + MORE + 2;
        let coefficients = noise((height + MORE + 1) * stride + 4 * WIDTH, 1);
        let patches = [2, 3, 4].map(|seed| noise(width * height, seed));
        let [template, x, y] = patches.each_ref().map(|patch| rows(patch, width));
        let (across, down) =
            ([0.02, 0.1, 0.48, 0.3, 0.08, 0.02], [0.03, 0.05, 0.4, 0.4, 0.1, 0.02]);
        let (coefficients, offset, weights) = (&coefficients, OFFSET, [&x, &y]);
        let template = &template;
        let of = Fit { coefficients, stride, across, down, offset, width, template, weights };
        let at = |i: usize| -> f64 {
            let taps = (0..TAPS * TAPS).map(|k| {
                let at = (i / width + k / TAPS) * stride + i % width + k % TAPS;
                f64::from(across[k % TAPS] * down[k / TAPS]) * f64::from(coefficients[at] - OFFSET)
            });
            taps.sum()
        };
        let plain =
            |g: &[f32]| -> f64 { g.iter().enumerate().map(|(i, &g)| f64::from(g) * at(i)).sum() };
        let (sums, n) = (fit_sums(level, &of, along, sampled), width * height);
        assert!((sums.x - plain(&patches[1])).abs() < 1e-5);
        assert!((sums.y - plain(&patches[2])).abs() < 1e-5);
        assert!((sums.tf - plain(&patches[0])).abs() < 1e-5);
        assert!((sums.f - (0..n).map(at).sum::<f64>()).abs() < 1e-5);
        assert!((sums.ff - (0..n).map(|i| at(i).powi(2)).sum::<f64>()).abs() < 1e-5);
        let mut left = Rows::default();
        let light = (0.25, 2.0);
        let [square, uneven] =
            residual::residual(level, [sampled, template], width, light, &mut left);
        let mut expected = [0.0; 2];
        for (i, &t) in patches[0].iter().enumerate() {
            let r = (at(i) - 0.25) * 2.0 - f64::from(t);
            assert!((f64::from(left.row(i / width)[i % width]) - r).abs() < 1e-5);
            expected = [expected[0] + r * r, expected[1] + r * r * f64::from(t)];
        }
        assert!((square - expected[0]).abs() < 1e-4 * n as f64);
        assert!((uneven - expected[1]).abs() < 1e-4 * n as f64);
        let behind =
            |y: usize| left.row(y)[width..width + MAX_LAG].iter().all(|&value| value == 0.0);
        assert!((0..height).all(behind));
    }

    #[test]
    fn sums_and_residual_are_those_of_the_plain_loop_on_every_level_with_dirty_scratch() {
        let mut scratch = [Rows::default(), Rows::default()];
        for level in levels() {
            for (width, height) in [(33, 9), (1, 1), (5, 3), (16, 4), (17, 18)] {
                check(width, height, level, &mut scratch);
                for rows in &mut scratch {
                    rows.values_mut().fill(f32::NAN);
                }
            }
        }
    }
}
