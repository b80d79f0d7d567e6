//! Weighted sums of rows in `f64`, and what is made of them: scores at steps of a fraction of a pixel.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f64x8};

use super::correlate::Correlation;
use super::rows::{Vector, load};
use super::{LANES, Level};

/// Values that [`interleave`] makes at a time: one vector of the widest level.
const FEW: usize = 8;
/// As many rows as are interleaved at most: how many times a picture is enlarged.
const MOST: usize = 32;

/// `out[n·i + s] = Σₖ weights[s][k] · from[k][i]` with n weightings, up to 32, for as many i as `out` holds.
///
/// The rows of `from` reach a vector beyond the last i.
pub fn interleave<const K: usize>(
    level: Level,
    weights: &[[f64; K]],
    from: [&[f64]; K],
    out: &mut [f64],
) {
    dispatch!(level, simd => interleave_kernel(simd, weights, from, out));
}

#[inline(always)]
fn interleave_kernel<S: Simd, const K: usize>(
    simd: S,
    weights: &[[f64; K]],
    from: [&[f64]; K],
    out: &mut [f64],
) {
    let n = weights.len();
    let mut sums = [[0.0; FEW]; MOST];
    for (i, out) in out.chunks_mut(FEW * n).enumerate() {
        let here = vectors_at(simd, &from, FEW * i);
        for (sums, weights) in sums.iter_mut().zip(weights) {
            weighted(weights, &here).store_slice(sums);
        }
        for (l, out) in out.chunks_mut(n).enumerate() {
            for (out, sums) in out.iter_mut().zip(&sums) {
                *out = sums[l];
            }
        }
    }
}

/// `out[i] = Σₖ weights[k] · from[k][i]`. All rows are whole vectors.
pub fn weigh<const K: usize>(level: Level, weights: &[f64; K], from: [&[f64]; K], out: &mut [f64]) {
    dispatch!(level, simd => for (i, out) in out.as_chunks_mut::<FEW>().0.iter_mut().enumerate() {
        weighted(weights, &vectors_at(simd, &from, FEW * i)).store_slice(out);
    });
}

/// `out[i] += from[i]`
pub fn add(level: Level, from: &[f64], out: &mut [f64]) {
    dispatch!(level, _simd => for (out, from) in out.iter_mut().zip(from) {
        *out += from;
    });
}

/// `out[i] = after[i] − before[i]`
pub fn subtract(level: Level, [before, after]: [&[f64]; 2], out: &mut [f64]) {
    dispatch!(level, _simd => for (out, (before, after)) in out.iter_mut().zip(before.iter().zip(after)) {
        *out = after - before;
    });
}

/// `out[i] = from[i] − out[i]`
pub fn subtract_from(level: Level, from: &[f64], out: &mut [f64]) {
    dispatch!(level, _simd => for (out, from) in out.iter_mut().zip(from) {
        *out = from - *out;
    });
}

/// `times · a[i] b[i]`, and `times · (a[i] b[i + 1] + a[i + 1] b[i])`, which is one shorter.
pub fn products_of_neighbours(
    level: Level,
    [a, b]: [&[f64]; 2],
    times: f64,
    [here, beside]: [&mut [f64]; 2],
) {
    dispatch!(level, _simd => {
        for (out, (a, b)) in here.iter_mut().zip(a.iter().zip(b)) {
            *out = times * (a * b);
        }
        let pairs = a.array_windows::<2>().zip(b.array_windows::<2>());
        for (out, ([a, a_next], [b, b_next])) in beside.iter_mut().zip(pairs) {
            *out = times * (a * b_next + a_next * b);
        }
    });
}

/// What is added up, with its weights.
#[derive(Clone, Copy)]
pub struct Weighted<'a, const K: usize> {
    /// One for each row.
    pub weights: &'a [f64; K],
    /// Rows of whole vectors.
    pub rows: [&'a [f64]; K],
}

/// Windows whose scores are made together: in rows below each other, of as many steps as `weights` has.
#[derive(Clone, Copy)]
pub struct Windows<'a, const K: usize> {
    /// Of the products, for each row.
    pub weights: &'a [[f64; K]],
    /// Products of which each row is made.
    pub products: [&'a [f64]; K],
    /// The windows' inverse norms, row by row, …
    pub inverse_norms: &'a [f32],
    /// … so far apart.
    pub stride: usize,
    /// By what all is multiplied.
    pub scale: f64,
}

/// Correlation coefficients from products and the windows' inverse norms, in rows of `n`; −∞ where that is 0.
pub fn coefficients<const K: usize>(level: Level, of: &Windows<'_, K>, n: usize, out: &mut [f32]) {
    dispatch!(level, simd => coefficients_kernel(simd, of, n, out));
}

#[inline(always)]
fn coefficients_kernel<S: Simd, const K: usize>(
    simd: S,
    of: &Windows<'_, K>,
    n: usize,
    out: &mut [f32],
) {
    let zero = Vector::splat(simd, 0.0);
    let [low, high, flat] = [-1.0, 1.0, f32::NEG_INFINITY].map(|x| Vector::splat(simd, x));
    let mut scores = [0.0; LANES];
    for first in (0..n).step_by(LANES) {
        let left = vectors_at(simd, &of.products, first);
        let right = vectors_at(simd, &of.products, first + FEW);
        for (q, weights) in of.weights.iter().enumerate() {
            let inverse = load(simd, &of.inverse_norms[q * of.stride + first..]);
            let (by_left, by_right) = inverse.widen();
            let left = weighted(weights, &left) * (by_left * of.scale);
            let right = weighted(weights, &right) * (by_right * of.scale);
            let all = left.narrow(right).max(low).min(high);
            let all = inverse.simd_eq(zero).select(flat, all);
            let out = &mut out[q * n + first..(q + 1) * n];
            match out.first_chunk_mut::<LANES>() {
                Some(out) => all.store_slice(out),
                None => {
                    all.store_slice(&mut scores);
                    for (out, score) in out.iter_mut().zip(scores) {
                        *out = score;
                    }
                }
            }
        }
    }
}

/// Rows of positions that share one pass over the region.
const ROWS: usize = 4;

/// [`correlate_exactly`](super::correlate_exactly) of `f32` pixels, of which products are summed in `f32` over a
/// template row only. There are whole vectors of positions across.
pub fn correlate_finely(level: Level, of: &Correlation<'_>, out: &mut [f64]) {
    let nothing = vec![0.0; of.template_width];
    dispatch!(level, simd => for v in (0..of.n_down).step_by(ROWS) {
        for u in (0..of.n_across).step_by(LANES) {
            let sums = correlate_block(simd, of, (u, v), &nothing);
            for (v, sums) in (v..of.n_down).zip(sums) {
                out[v * of.n_across + u..][..LANES].copy_from_slice(&sums);
            }
        }
    });
}

/// `ROWS` × `LANES` positions from (u, v) on; each row of the region is loaded once.
#[inline(always)]
fn correlate_block<S: Simd>(
    simd: S,
    of: &Correlation<'_>,
    (u, v): (usize, usize),
    nothing: &[f32],
) -> [[f64; LANES]; ROWS] {
    let (mut totals, width) = ([[0.0; LANES]; ROWS], of.template_width);
    let height = of.template.len() / width;
    let n = ROWS.min(of.n_down - v);
    for y in 0..height + n - 1 {
        let row = &of.region[(v + y) * of.region_stride + u..][..width + LANES - 1];
        let template = |r: usize| match y.checked_sub(r).filter(|&y| y < height && r < n) {
            Some(y) => &of.template[y * width..][..width],
            None => &nothing[..width],
        };
        let template = [template(0), template(1), template(2), template(3)];
        let mut sums = [Vector::splat(simd, 0.0); ROWS];
        for x in 0..width {
            let pixels = load(simd, &row[x..]);
            for r in 0..ROWS {
                sums[r] += pixels * template[r][x];
            }
        }
        for (totals, sums) in totals.iter_mut().zip(sums) {
            for (total, &sum) in totals.iter_mut().zip(sums.as_slice()) {
                *total += f64::from(sum);
            }
        }
    }
    totals
}

/// `out[i] = from[i]`, rounded.
pub fn narrow(level: Level, from: &[f64], out: &mut [f32]) {
    dispatch!(level, _simd => for (out, from) in out.iter_mut().zip(from) {
        *out = *from as f32;
    });
}

/// Below which contrast a window is flat, and from which on there is no doubt that it is not.
#[derive(Clone, Copy, Debug)]
pub struct Doubt {
    /// Flat up to this.
    pub flat: f64,
    /// Texture from this on.
    pub sure: f64,
}

/// 1/√ of the contrast of each window, over that of the least that is [sure](Doubt::sure); 0 where it is flat.
///
/// The contrast is Σ f² − (Σ f)²/area. `false` if it is neither flat nor surely texture somewhere; not a number counts as such.
pub fn inverse_norms<const K: usize, const L: usize>(
    level: Level,
    (squares, sums): (Weighted<'_, K>, Weighted<'_, L>),
    area: f64,
    doubt: Doubt,
    (n, out): (usize, &mut [f32]),
) -> bool {
    dispatch!(level, simd => inverse_norms_kernel(simd, (squares, sums), area, doubt, (n, out)))
}

#[inline(always)]
fn inverse_norms_kernel<S: Simd, const K: usize, const L: usize>(
    simd: S,
    (squares, sums): (Weighted<'_, K>, Weighted<'_, L>),
    area: f64,
    doubt: Doubt,
    (n, out): (usize, &mut [f32]),
) -> bool {
    let flat = (doubt.flat / doubt.sure) as f32;
    let mut lanes = [0.0; LANES];
    let mut n_unsure = 0;
    for (i, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let [left, right] = [
            contrast(simd, &squares, &sums, (area, LANES * i)) * (1.0 / doubt.sure),
            contrast(simd, &squares, &sums, (area, LANES * i + FEW)) * (1.0 / doubt.sure),
        ];
        let (left_root, right_root) = (1.0 / left.narrow(right).sqrt()).widen();
        let all = inverse_root(left, left_root).narrow(inverse_root(right, right_root));
        all.store_slice(out);
        left.narrow(right).store_slice(&mut lanes);
        for (l, (out, &contrast)) in out.iter_mut().zip(&lanes).enumerate() {
            let is_flat = contrast <= flat;
            let is_sure = is_flat | (1.0 <= contrast) | (n <= LANES * i + l);
            n_unsure += u32::from(!is_sure);
            *out = if is_flat { 0.0 } else { *out };
        }
    }
    n_unsure == 0
}

/// Σ f² − (Σ f)²/area
#[inline(always)]
fn contrast<S: Simd, const K: usize, const L: usize>(
    simd: S,
    squares: &Weighted<'_, K>,
    sums: &Weighted<'_, L>,
    (area, first): (f64, usize),
) -> f64x8<S> {
    let square = weighted(squares.weights, &vectors_at(simd, &squares.rows, first));
    let sum = weighted(sums.weights, &vectors_at(simd, &sums.rows, first));
    square - sum * sum * (1.0 / area)
}

/// 1/√x by one step of Newton's from what is nearly that.
#[inline(always)]
fn inverse_root<S: Simd>(x: f64x8<S>, nearly: f64x8<S>) -> f64x8<S> {
    nearly * (1.5 - x * 0.5 * nearly * nearly)
}

/// One vector of each row, from the same place on.
#[inline(always)]
fn vectors_at<S: Simd, const K: usize>(simd: S, rows: &[&[f64]; K], first: usize) -> [f64x8<S>; K] {
    let mut vectors = [f64x8::splat(simd, 0.0); K];
    for k in 0..K {
        vectors[k] = f64x8::from_slice(simd, &rows[k][first..first + FEW]);
    }
    vectors
}

/// The weighted sum of vectors.
#[inline(always)]
fn weighted<S: Simd, const K: usize>(weights: &[f64; K], from: &[f64x8<S>; K]) -> f64x8<S> {
    let mut sum = from[0] * weights[0];
    for k in 1..K {
        sum += from[k] * weights[k];
    }
    sum
}
