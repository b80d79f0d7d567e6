//! Products of two patches with each other, shifted by small lags.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::residual::MAX_LAG;
use super::rows::{Rows, Vector, WIDTH, load, total};

/// Sums of products for |dx| and |dy| up to [`MAX_LAG`]: `[dy][dx]`, of x with x, x with y, and y with y.
pub type Lags = [[[f64; 3]; MAX_LAG + 1]; MAX_LAG + 1];

/// Σ x(p) x(q), Σ x(p) y(q) and Σ y(p) y(q) over all pairs of pixels that are |dx| and |dy| apart, to any side.
///
/// Both patches have this width and zeros beyond.
pub fn lag_products(level: Level, of: [&Rows; 2], width: usize) -> Lags {
    let mut lags = Lags::default();
    let mut moved = [Rows::default(), Rows::default()];
    let mut wide = [Rows::default(), Rows::default()];
    for (of, wide) in of.iter().zip(&mut wide) {
        widen(of, width, wide);
    }
    for dx in 0..=MAX_LAG {
        for (wide, moved) in wide.iter().zip(&mut moved) {
            moved.fit(width, of[0].n);
            dispatch!(level, simd => to_both_sides(simd, wide, dx, moved));
        }
        let n_rows = (MAX_LAG + 1).min(of[0].n);
        for (dy, lags) in lags.iter_mut().enumerate().take(n_rows) {
            lags[dx] = dispatch!(level, simd => products(simd, of, [&moved[0], &moved[1]], dy));
        }
    }
    lags
}

/// `wide` gets the rows with a vector's width of zeros before each, and at least [`MAX_LAG`] behind.
fn widen(of: &Rows, width: usize, wide: &mut Rows) {
    wide.fit(WIDTH + width.next_multiple_of(WIDTH) + MAX_LAG, of.n);
    for y in 0..of.n {
        let (before, here) = wide.row_mut(y).split_at_mut(WIDTH);
        before.fill(0.0);
        here[..width].copy_from_slice(&of.row(y)[..width]);
        here[width..].fill(0.0);
    }
}

/// `out(x) = of(x − dx) + of(x + dx)`, and `of(x)` for dx = 0.
#[inline(always)]
fn to_both_sides<S: Simd>(simd: S, of: &Rows, dx: usize, out: &mut Rows) {
    let (n, out_stride, stride) = (out.n, out.stride, of.stride);
    let (of, out) = (of.values(), out.values_mut());
    for y in 0..n {
        for x in (0..out_stride).step_by(WIDTH) {
            let at = y * stride + WIDTH + x;
            let after = load(simd, &of[at + dx..]);
            let sum = if dx == 0 { after } else { load(simd, &of[at - dx..]) + after };
            sum.store_slice(&mut out[y * out_stride + x..][..WIDTH]);
        }
    }
}

/// Σ over the rows `dy` below, and those above if there are such.
#[inline(always)]
fn products<S: Simd>(
    simd: S,
    [x, y]: [&Rows; 2],
    [moved_x, moved_y]: [&Rows; 2],
    dy: usize,
) -> [f64; 3] {
    let zero = Vector::splat(simd, 0.0);
    let (mut xx, mut below, mut above, mut yy) = (zero, zero, zero, zero);
    let (n, shift) = ((x.n - dy) * x.stride, dy * x.stride);
    let [x, y, moved_x, moved_y] = [x, y, moved_x, moved_y].map(Rows::values);
    for at in (0..n).step_by(WIDTH) {
        let (mx, y_below) = (load(simd, &moved_x[at..]), load(simd, &y[at + shift..]));
        xx += mx * load(simd, &x[at + shift..]);
        below += mx * y_below;
        above += load(simd, &moved_x[at + shift..]) * load(simd, &y[at..]);
        yy += load(simd, &moved_y[at..]) * y_below;
    }
    match dy {
        0 => [total(xx), total(below), total(yy)],
        _ => [2.0 * total(xx), total(below) + total(above), 2.0 * total(yy)],
    }
}

/// Working memory of [`correlated_products`].
#[derive(Default)]
pub struct CorrelatedScratch {
    wide: Rows,
    along: Rows,
}

/// Σ w(p) ρ(p − q) w(q) with ρ(dx, dy) = across(|dx|) · down(|dy|), for x with x, x with y, and y with y.
///
/// Both patches have this width and zeros beyond; lags are followed to [`MAX_LAG`] at most.
pub fn correlated_products(
    level: Level,
    of: [&Rows; 2],
    width: usize,
    [across, down]: [&[f32]; 2],
    work: &mut CorrelatedScratch,
) -> [f64; 3] {
    let is_near = |lags: &[f32]| lags.iter().skip(NEAR + 1).all(|&rho| rho == 0.0);
    match is_near(across) && is_near(down) {
        true => products_within::<{ NEAR + 1 }>(level, of, width, [across, down], work),
        false => products_within::<{ MAX_LAG + 1 }>(level, of, width, [across, down], work),
    }
}

/// White noise that was smoothed before a fit, but not before that, is correlated no farther.
const NEAR: usize = 2;

fn products_within<const N: usize>(
    level: Level,
    of: [&Rows; 2],
    width: usize,
    along: [&[f32]; 2],
    work: &mut CorrelatedScratch,
) -> [f64; 3] {
    let [across, down]: [[f32; N]; 2] =
        along.map(|lags| std::array::from_fn(|lag| lags.get(lag).copied().unwrap_or(0.0)));
    let mut products = |w: &Rows| {
        let CorrelatedScratch { wide, along } = &mut *work;
        widen(w, width, wide);
        along.fit(width, w.n + 2 * (N - 1));
        dispatch!(level, simd => {
            correlate_along(simd, wide, &across, along);
            correlate_down(simd, along, &down, of)
        })
    };
    let ([xx, xy], [_, yy]) = (products(of[0]), products(of[1]));
    [xx, xy, yy]
}

/// Each row correlated, with as many rows of zeros before the first and behind the last as there are lags.
#[inline(always)]
fn correlate_along<S: Simd, const N: usize>(simd: S, of: &Rows, across: &[f32; N], out: &mut Rows) {
    let (from_stride, stride, reach) = (of.stride, out.stride, N - 1);
    let (n, of, out) = (of.n, of.values(), out.values_mut());
    out[..reach * stride].fill(0.0);
    out[(reach + n) * stride..].fill(0.0);
    for y in 0..n {
        for x in (0..stride).step_by(WIDTH) {
            let around = &of[y * from_stride + x..][..2 * WIDTH + reach];
            let mut sum = load(simd, &around[WIDTH..]) * across[0];
            for (k, &rho) in across.iter().enumerate().skip(1) {
                let (before, after) = (WIDTH - k, WIDTH + k);
                sum += (load(simd, &around[before..]) + load(simd, &around[after..])) * rho;
            }
            sum.store_slice(&mut out[(reach + y) * stride + x..][..WIDTH]);
        }
    }
}

/// Each column correlated and multiplied by both patches.
#[inline(always)]
fn correlate_down<S: Simd, const N: usize>(
    simd: S,
    along: &Rows,
    down: &[f32; N],
    [x, y]: [&Rows; 2],
) -> [f64; 2] {
    let (reach, stride) = (N - 1, x.stride);
    let (along, x, y) = (along.values(), x.all(), y.all());
    let (mut by_x, mut by_y) = (Vector::splat(simd, 0.0), Vector::splat(simd, 0.0));
    for at in (0..x.len()).step_by(WIDTH) {
        let around = &along[at..][..2 * reach * stride + WIDTH];
        let mut sum = load(simd, &around[reach * stride..]) * down[0];
        for (k, &rho) in down.iter().enumerate().skip(1) {
            let (above, below) = ((reach - k) * stride, (reach + k) * stride);
            sum += (load(simd, &around[above..]) + load(simd, &around[below..])) * rho;
        }
        by_x += sum * load(simd, &x[at..]);
        by_y += sum * load(simd, &y[at..]);
    }
    [total(by_x), total(by_y)]
}
