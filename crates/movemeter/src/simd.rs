//! The inner loops, compiled once for each CPU level and chosen when they run.
//!
//! Each kernel is a plain loop over rows that the compiler turns into vector code. None uses fused
//! multiply–add and all sum in the same order, so **every level gives the same bits**; how many
//! pixels one instruction handles is all that differs.

use std::ops::{AddAssign, Mul};

use fearless_simd::dispatch;

pub use fearless_simd::Level;

/// How many running sums a dot product keeps: enough for two vectors of the widest level.
pub const LANES: usize = 16;

/// Search positions below each other that share one pass over the template.
const ROWS: usize = 4;

/// All levels this CPU offers, the slowest first.
pub fn levels() -> Vec<Level> {
    let best = Level::new();
    let mut levels = Vec::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        levels.extend(best.as_sse2().map(Level::Sse2));
        levels.extend(best.as_sse4_2().map(Level::Sse4_2));
        levels.extend(best.as_avx2().map(Level::Avx2));
        levels.extend(best.as_avx512().map(Level::Avx512));
    }
    if levels.is_empty() {
        levels.push(best);
    }
    levels
}

/// One row of a symmetric filter: `out = taps[0]·centre + Σₖ taps[k]·(before(k) + after(k))`.
///
/// `pair(k)` gives the two rows (or the row moved left and right) at distance k ≥ 1; all are as
/// long as `out`.
pub fn symmetric<'a>(
    level: Level,
    taps: &[f32],
    centre: &[f32],
    pair: impl Fn(usize) -> (&'a [f32], &'a [f32]),
    out: &mut [f32],
) {
    dispatch!(level, _simd => symmetric_kernel(taps, centre, &pair, out));
}

#[inline(always)]
fn symmetric_kernel<'a>(
    taps: &[f32],
    centre: &[f32],
    pair: &impl Fn(usize) -> (&'a [f32], &'a [f32]),
    out: &mut [f32],
) {
    for (out, centre) in out.iter_mut().zip(centre) {
        *out = taps[0] * centre;
    }
    for (k, &tap) in taps.iter().enumerate().skip(1) {
        let (before, after) = pair(k);
        for ((out, before), after) in out.iter_mut().zip(before).zip(after) {
            *out += tap * (before + after);
        }
    }
}

/// Template and search region of a direct correlation.
///
/// Both are stored row by row and zero-mean or nearly so. The region's rows are `region_stride`
/// apart and have at least [`LANES`] readable pixels beyond the last one used; so have the rows of
/// the result, `out_stride` apart.
pub struct Correlation<'a> {
    /// The template's pixels.
    pub template: &'a [f32],
    /// The template's width.
    pub template_width: usize,
    /// The search region's pixels.
    pub region: &'a [f32],
    /// From one region row to the next.
    pub region_stride: usize,
    /// Search positions in a row.
    pub n_across: usize,
    /// Rows of search positions.
    pub n_down: usize,
}

/// How finely products are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// In `f32`: over a template row, then over the rows, so that the rounding error grows with
    /// √width + √height, not with √(width·height).
    Single,
    /// In `f64`, at half the speed.
    Double,
}

/// `out[v][u] = Σ template[y][x] · region[v + y][u + x]` for every search position (u, v).
pub fn correlate(level: Level, of: &Correlation<'_>, precision: Precision, out: &mut [f32]) {
    match precision {
        Precision::Single => dispatch!(level, _simd => correlate_kernel(of, out, |sum: f32| sum)),
        Precision::Double => {
            dispatch!(level, _simd => correlate_kernel(of, out, |sum: f64| sum as f32));
        }
    }
}

/// How many positions [`correlate`] computes to give these: whole vectors, and several rows at once.
pub fn n_computed(n_across: usize, n_down: usize) -> usize {
    n_across.next_multiple_of(LANES) * n_down.next_multiple_of(ROWS)
}

#[inline(always)]
fn correlate_kernel<T>(of: &Correlation<'_>, out: &mut [f32], narrow: impl Fn(T) -> f32)
where
    T: Copy + Default + From<f32> + Mul<Output = T> + AddAssign,
{
    for v in (0..of.n_down).step_by(ROWS) {
        for u in (0..of.n_across).step_by(LANES) {
            let n = LANES.min(of.n_across - u);
            let scores = correlate_block(of, u, v);
            for (row, scores) in scores.iter().enumerate().take(of.n_down - v) {
                let out = &mut out[(v + row) * of.n_across + u..][..n];
                for (out, &score) in out.iter_mut().zip(scores) {
                    *out = narrow(score);
                }
            }
        }
    }
}

/// `ROWS` × `LANES` search positions from (u, v) on; those beyond the last row repeat it.
#[inline(always)]
fn correlate_block<T>(of: &Correlation<'_>, u: usize, v: usize) -> [[T; LANES]; ROWS]
where
    T: Copy + Default + From<f32> + Mul<Output = T> + AddAssign,
{
    let mut totals = [[T::default(); LANES]; ROWS];
    for (y, template_row) in of.template.chunks_exact(of.template_width).enumerate() {
        let row = |r: usize| {
            let v = (v + r).min(of.n_down - 1);
            &of.region[(v + y) * of.region_stride + u..][..of.template_width + LANES - 1]
        };
        let rows: [&[f32]; ROWS] = [row(0), row(1), row(2), row(3)];
        let mut sums = [[T::default(); LANES]; ROWS];
        for (x, &t) in template_row.iter().enumerate() {
            for (sums, row) in sums.iter_mut().zip(rows) {
                for (sum, pixel) in sums.iter_mut().zip(&row[x..x + LANES]) {
                    *sum += T::from(t) * T::from(*pixel);
                }
            }
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += sum;
            }
        }
    }
    totals
}

/// What is needed to sample a spline over a window and compare it with a template.
pub struct Fit<'a> {
    /// Spline coefficients from the first one needed on; rows `stride` apart.
    pub coefficients: &'a [f32],
    /// From one row of coefficients to the next.
    pub stride: usize,
    /// Spline weights of the four coefficients across.
    pub across: [f32; 4],
    /// Spline weights of the four coefficients down.
    pub down: [f32; 4],
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
    scratch.resize(2 * of.width + 3, 0.0);
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
    scratch.resize(2 * of.width + 3, 0.0);
    out.resize(of.template.len(), 0.0);
    dispatch!(level, _simd => residual_kernel(of, mean, scale, scratch, out));
}

#[inline(always)]
fn residual_kernel(of: &Fit<'_>, mean: f32, scale: f32, scratch: &mut [f32], out: &mut [f32]) {
    let (blended, sampled) = scratch.split_at_mut(of.width + 3);
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
    let coefficients = |j: usize| &of.coefficients[(y + j) * of.stride..][..of.width + 3];
    blend(&of.down, [0, 1, 2, 3].map(coefficients), of.offset, blended);
    let shifted = |i: usize| &blended[i..i + of.width];
    blend(&of.across, [0, 1, 2, 3].map(shifted), 0.0, sampled);
}

#[inline(always)]
fn fit_sums_kernel(of: &Fit<'_>, scratch: &mut [f32]) -> FitSums {
    let (blended, sampled) = scratch.split_at_mut(of.width + 3);
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

/// `out = Σ weights[i]·rows[i] − offset`
#[inline(always)]
fn blend(weights: &[f32; 4], rows: [&[f32]; 4], offset: f32, out: &mut [f32]) {
    let n = out.len();
    let [a, b, c, d] = rows.map(|row| &row[..n]);
    for i in 0..n {
        out[i] = weights[0] * (a[i] - offset)
            + weights[1] * (b[i] - offset)
            + weights[2] * (c[i] - offset)
            + weights[3] * (d[i] - offset);
    }
}

/// Adds one row's products to the running sums: in `f32` within the row, in `f64` over rows.
#[inline(always)]
fn add_row(sums: &mut [[f64; LANES]; 5], [gx, gy, t]: [&[f32]; 3], f: &[f32]) {
    let mut row = [[0.0f32; LANES]; 5];
    let mut chunk = |gx: &[f32], gy: &[f32], t: &[f32], f: &[f32]| {
        let n = f.len();
        for i in 0..n {
            row[0][i] += gx[i] * f[i];
            row[1][i] += gy[i] * f[i];
            row[2][i] += t[i] * f[i];
            row[3][i] += f[i];
            row[4][i] += f[i] * f[i];
        }
    };
    let whole = f.len() / LANES * LANES;
    for i in (0..whole).step_by(LANES) {
        let end = i + LANES;
        chunk(&gx[i..end], &gy[i..end], &t[i..end], &f[i..end]);
    }
    chunk(&gx[whole..], &gy[whole..], &t[whole..], &f[whole..]);
    for (sums, row) in sums.iter_mut().zip(row) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    struct Case {
        width: usize,
        height: usize,
        n_across: usize,
        n_down: usize,
        template: Vec<f32>,
        region: Vec<f32>,
    }

    impl Case {
        fn new([width, height, n_across, n_down]: [usize; 4]) -> Self {
            let region = noise((n_down + height) * (n_across + width + LANES), 1);
            Self { width, height, n_across, n_down, template: noise(width * height, 2), region }
        }

        fn stride(&self) -> usize {
            self.n_across + self.width + LANES
        }

        fn sums(&self, level: Level, precision: Precision) -> Vec<f32> {
            let of = Correlation {
                template: &self.template,
                template_width: self.width,
                region: &self.region,
                region_stride: self.stride(),
                n_across: self.n_across,
                n_down: self.n_down,
            };
            let mut out = vec![f32::NAN; self.n_across * self.n_down];
            correlate(level, &of, precision, &mut out);
            out
        }

        fn by_plain_loop(&self, u: usize, v: usize) -> f64 {
            let product = |k: usize| {
                let (x, y) = (k % self.width, k / self.width);
                let pixel = self.region[(v + y) * self.stride() + u + x];
                f64::from(self.template[k]) * f64::from(pixel)
            };
            (0..self.width * self.height).map(product).sum()
        }
    }

    const CASES: [[usize; 4]; 4] = [[1, 1, 1, 1], [3, 2, 17, 5], [7, 5, 21, 6], [33, 9, 16, 4]];

    #[test]
    fn every_level_gives_the_same_bits() {
        for case in CASES.map(Case::new) {
            for precision in [Precision::Single, Precision::Double] {
                let bits = |level| -> Vec<u32> {
                    case.sums(level, precision).into_iter().map(f32::to_bits).collect()
                };
                let results: Vec<Vec<u32>> = levels().into_iter().map(bits).collect();
                assert!(results.iter().all(|bits| *bits == results[0]));
            }
        }
    }

    #[test]
    fn direct_sums_are_those_of_the_plain_loop() {
        for case in CASES.map(Case::new) {
            for precision in [Precision::Single, Precision::Double] {
                for (i, sum) in case.sums(Level::new(), precision).into_iter().enumerate() {
                    let plain = case.by_plain_loop(i % case.n_across, i / case.n_across);
                    assert!((f64::from(sum) - plain).abs() < 1e-5, "{sum} {plain}");
                }
            }
        }
    }

    #[test]
    fn the_symmetric_filter_adds_both_sides() {
        let row = [1.0, 2.0, 4.0, 8.0, 16.0];
        let mut out = [0.0; 3];
        let taps = [10.0, 1.0];
        symmetric(Level::new(), &taps, &row[1..4], |_| (&row[..3], &row[2..]), &mut out);
        assert_eq!(out, [25.0, 50.0, 100.0]);
    }
}
