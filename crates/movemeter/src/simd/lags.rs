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
/// Both patches have this width and zeros beyond. Lags beyond `reach` are left 0.
pub fn lag_products(level: Level, of: [&Rows; 2], width: usize, reach: usize) -> Lags {
    let mut lags = Lags::default();
    let mut moved = [Rows::default(), Rows::default()];
    let wide = of.map(|rows| with_zeros_before(rows, width));
    for dx in 0..=reach {
        for (wide, moved) in wide.iter().zip(&mut moved) {
            moved.fit(width, of[0].n);
            dispatch!(level, simd => to_both_sides(simd, wide, dx, moved));
        }
        let n_rows = (reach + 1).min(of[0].n);
        for (dy, lags) in lags.iter_mut().enumerate().take(n_rows) {
            lags[dx] = dispatch!(level, simd => products(simd, of, [&moved[0], &moved[1]], dy));
        }
    }
    lags
}

/// A vector's width of zeros before each row, and at least [`MAX_LAG`] behind.
fn with_zeros_before(of: &Rows, width: usize) -> Rows {
    let mut wide = Rows::default();
    wide.fit(WIDTH + width.next_multiple_of(WIDTH) + MAX_LAG, of.n);
    for y in 0..of.n {
        wide.row_mut(y)[WIDTH..WIDTH + width].copy_from_slice(&of.row(y)[..width]);
    }
    wide
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
