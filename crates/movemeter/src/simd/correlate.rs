//! Direct correlation: the template's products at every search position.

use std::ops::{AddAssign, Mul};

use fearless_simd::dispatch;

use super::{LANES, Level};

/// Search positions below each other that share one pass over the template.
const ROWS: usize = 4;

/// Template and search region of a direct correlation.
///
/// Both are stored row by row and zero-mean or nearly so. The region's rows are `region_stride`
/// apart and have at least [`LANES`] readable pixels beyond the last one used. The result has
/// `n_across` × `n_down` sums, row by row.
pub struct Correlation<'a, P = f32> {
    /// The template's pixels.
    pub template: &'a [P],
    /// The template's width.
    pub template_width: usize,
    /// The search region's pixels.
    pub region: &'a [P],
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

/// The same of `f64` pixels, for sums that cancel.
pub fn correlate_exactly(level: Level, of: &Correlation<'_, f64>, out: &mut [f64]) {
    dispatch!(level, _simd => correlate_kernel(of, out, |sum: f64| sum));
}

/// How many positions [`correlate`] computes to give these: whole vectors, and several rows at once.
pub fn n_computed(n_across: usize, n_down: usize) -> usize {
    n_across.next_multiple_of(LANES) * n_down.next_multiple_of(ROWS)
}

#[inline(always)]
fn correlate_kernel<P, T, R>(of: &Correlation<'_, P>, out: &mut [R], narrow: impl Fn(T) -> R)
where
    P: Copy,
    T: Copy + Default + From<P> + Mul<Output = T> + AddAssign,
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
fn correlate_block<P, T>(of: &Correlation<'_, P>, u: usize, v: usize) -> [[T; LANES]; ROWS]
where
    P: Copy,
    T: Copy + Default + From<P> + Mul<Output = T> + AddAssign,
{
    let mut totals = [[T::default(); LANES]; ROWS];
    for (y, template_row) in of.template.chunks_exact(of.template_width).enumerate() {
        let row = |r: usize| {
            let v = (v + r).min(of.n_down - 1);
            &of.region[(v + y) * of.region_stride + u..][..of.template_width + LANES - 1]
        };
        let rows: [&[P]; ROWS] = [row(0), row(1), row(2), row(3)];
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

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

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
}
