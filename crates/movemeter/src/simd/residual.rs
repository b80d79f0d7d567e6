//! What a fit leaves over: the residual, its autocorrelation, its gradients.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::rows::{Rows, Vector, WIDTH, first, load, total};

/// The autocorrelation is followed this far, px.
pub const MAX_LAG: usize = 8;
/// Pixels a seven-point derivative reaches to each side.
pub(super) const REACH: usize = 3;

/// `out = (f − mean)·scale − t` over a window of this width; behind each row, [`MAX_LAG`] zeros at least.
///
/// Gives Σ out² and Σ out² t.
pub fn residual(
    level: Level,
    [sampled, template]: [&Rows; 2],
    width: usize,
    (mean, scale): (f32, f32),
    out: &mut Rows,
) -> [f64; 2] {
    out.fit(width + MAX_LAG, sampled.n);
    dispatch!(level, simd => residual_kernel(simd, [sampled, template], width, (mean, scale), out))
}

#[inline(always)]
fn residual_kernel<S: Simd>(
    simd: S,
    [sampled, template]: [&Rows; 2],
    width: usize,
    (mean, scale): (f32, f32),
    out: &mut Rows,
) -> [f64; 2] {
    let (stride, to_stride) = (sampled.stride, out.stride);
    let zero = Vector::splat(simd, 0.0);
    let whole = width / WIDTH * WIDTH;
    let is_inside = first(simd, width - whole);
    let (mut square, mut uneven) = (zero, zero);
    let (n, sampled, template, out) =
        (sampled.n, sampled.values(), template.values(), out.values_mut());
    for y in 0..n {
        for x in (0..width).step_by(WIDTH) {
            let t = load(simd, &template[y * stride + x..]);
            let r = (load(simd, &sampled[y * stride + x..]) - mean) * scale - t;
            let r = if x == whole { is_inside.select(r, zero) } else { r };
            r.store_slice(&mut out[y * to_stride + x..][..WIDTH]);
            square += r * r;
            uneven += r * r * t;
        }
        for x in (width.next_multiple_of(WIDTH)..to_stride).step_by(WIDTH) {
            zero.store_slice(&mut out[y * to_stride + x..][..WIDTH]);
        }
    }
    [total(square), total(uneven)]
}

/// Σ r(p) r(p + lag) of lags along x and along y, from lag 1 on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Autocorrelation {
    /// Along x.
    pub across: [f64; MAX_LAG],
    /// Along y.
    pub down: [f64; MAX_LAG],
}

/// Of a [`residual`] of this width.
pub fn autocorrelation(level: Level, of: &Rows, width: usize) -> Autocorrelation {
    dispatch!(level, simd => autocorrelation_kernel(simd, of, width))
}

#[inline(always)]
fn autocorrelation_kernel<S: Simd>(simd: S, of: &Rows, width: usize) -> Autocorrelation {
    let zero = Vector::splat(simd, 0.0);
    let (mut across, mut down) = ([zero; MAX_LAG], [zero; MAX_LAG]);
    let (n, stride, of) = (of.n, of.stride, of.values());
    for y in 0..n {
        let n_below = MAX_LAG.min(n - 1 - y);
        for x in (0..width).step_by(WIDTH) {
            let at = y * stride + x;
            let r = load(simd, &of[at..]);
            let row = &of[at..][..WIDTH + MAX_LAG];
            for lag in 1..=MAX_LAG {
                across[lag - 1] += r * load(simd, &row[lag..]);
            }
            if n_below == MAX_LAG {
                let below = &of[at..][..MAX_LAG * stride + WIDTH];
                for lag in 1..=MAX_LAG {
                    down[lag - 1] += r * load(simd, &below[lag * stride..]);
                }
            } else {
                for lag in 1..=n_below {
                    down[lag - 1] += r * load(simd, &of[at + lag * stride..]);
                }
            }
        }
    }
    let mut sums = Autocorrelation::default();
    for lag in 0..MAX_LAG {
        (sums.across[lag], sums.down[lag]) = (total(across[lag]), total(down[lag]));
    }
    sums
}

/// Σ gₓ², Σ gₓ g_y and Σ g_y² of a [`residual`]'s gradients, where they are known from inside the window.
///
/// `derivative`: weights of the differences between neighbours 1, 2 and 3 px to each side.
pub fn gradient_products(
    level: Level,
    of: &Rows,
    width: usize,
    derivative: [f32; REACH],
) -> [f64; 3] {
    if width <= 2 * REACH || of.n <= 2 * REACH {
        return [0.0; 3];
    }
    dispatch!(level, simd => gradient_kernel(simd, of, width, derivative))
}

#[inline(always)]
fn gradient_kernel<S: Simd>(simd: S, of: &Rows, width: usize, d: [f32; REACH]) -> [f64; 3] {
    let zero = Vector::splat(simd, 0.0);
    let (stride, inside) = (of.stride, width - 2 * REACH);
    let (mut xx, mut xy, mut yy) = (zero, zero, zero);
    let (n, of) = (of.n, of.values());
    for y in REACH..n - REACH {
        for x in (0..inside).step_by(WIDTH) {
            let from =
                &of[(y - REACH) * stride + x..][..2 * REACH * stride + REACH + WIDTH + REACH];
            let (row, column) = (&from[REACH * stride..], &from[REACH..]);
            let gx = derive(simd, row, 1, d);
            let gy = derive(simd, column, stride, d);
            let (gx, gy) = match inside - x < WIDTH {
                true => {
                    let is_inside = first(simd, inside - x);
                    (is_inside.select(gx, zero), is_inside.select(gy, zero))
                }
                false => (gx, gy),
            };
            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
        }
    }
    [total(xx), total(xy), total(yy)]
}

/// The derivative three steps on.
#[inline(always)]
pub(super) fn derive<S: Simd>(simd: S, from: &[f32], step: usize, d: [f32; REACH]) -> Vector<S> {
    let near = load(simd, &from[4 * step..]) - load(simd, &from[2 * step..]);
    let far = load(simd, &from[5 * step..]) - load(simd, &from[step..]);
    let farthest = load(simd, &from[6 * step..]) - load(simd, from);
    near * d[0] + far * d[1] + farthest * d[2]
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    /// A residual, and its value at a place, 0 outside.
    fn made(width: usize, n: usize) -> (Rows, impl Fn(isize, isize) -> f64) {
        let values = noise(width * n, 7);
        let mut rows = Rows::default();
        rows.fit(width + MAX_LAG, n);
        rows.values_mut().fill(0.0);
        for (y, row) in values.chunks_exact(width).enumerate() {
            rows.row_mut(y)[..width].copy_from_slice(row);
        }
        let at = move |x: isize, y: isize| {
            let is_inside = (0..width as isize).contains(&x) && (0..n as isize).contains(&y);
            if is_inside { f64::from(values[y as usize * width + x as usize]) } else { 0.0 }
        };
        (rows, at)
    }

    fn sum(width: usize, n: usize, inset: usize, of: impl Fn(isize, isize) -> f64) -> f64 {
        let side = |n: usize| inset as isize..n as isize - inset as isize;
        side(n).flat_map(|y| side(width).map(move |x| (x, y))).map(|(x, y)| of(x, y)).sum()
    }

    const SIZES: [(usize, usize); 5] = [(32, 20), (33, 9), (7, 7), (8, 12), (1, 1)];

    #[test]
    fn the_autocorrelation_is_the_sum_it_stands_for_on_every_level() {
        for level in levels() {
            for (width, n) in SIZES {
                let (rows, at) = made(width, n);
                let found = autocorrelation(level, &rows, width);
                for lag in 1..=MAX_LAG {
                    let by = lag as isize;
                    let across = sum(width, n, 0, |x, y| at(x, y) * at(x + by, y));
                    let down = sum(width, n, 0, |x, y| at(x, y) * at(x, y + by));
                    assert!((found.across[lag - 1] - across).abs() < 1e-4, "{lag}");
                    assert!((found.down[lag - 1] - down).abs() < 1e-4, "{lag}");
                }
            }
        }
    }

    #[test]
    fn products_of_gradients_are_those_of_the_inside_on_every_level() {
        let d = [0.75, -0.15, 1.0 / 60.0];
        for level in levels() {
            for (width, n) in SIZES {
                let (rows, at) = made(width, n);
                let derive = |of: &dyn Fn(isize) -> f64| -> f64 {
                    (1..=3).map(|k| f64::from(d[k as usize - 1]) * (of(k) - of(-k))).sum()
                };
                let gx = |x: isize, y: isize| derive(&|k| at(x + k, y));
                let gy = |x: isize, y: isize| derive(&|k| at(x, y + k));
                let found = gradient_products(level, &rows, width, d);
                let expected = [
                    sum(width, n, REACH, |x, y| gx(x, y) * gx(x, y)),
                    sum(width, n, REACH, |x, y| gx(x, y) * gy(x, y)),
                    sum(width, n, REACH, |x, y| gy(x, y) * gy(x, y)),
                ];
                for (found, expected) in found.into_iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-4, "{width}×{n}: {found} {expected}");
                }
            }
        }
    }
}
