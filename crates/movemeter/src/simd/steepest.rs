//! What a fit compares, made of a window's patches: zero-mean template, weights free of it, sums of their products.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::rows::{ROWS_PER_SUM, Rows, Vector, WIDTH, first, flush, load};
use crate::frame::View;

/// `out` gets the patch, with zeros behind each row; gives the sum.
pub fn taken(level: Level, of: View<'_>, out: &mut Rows) -> f64 {
    out.fit(of.size().width, of.size().height);
    dispatch!(level, simd => taken_kernel(simd, of, out))
}

#[inline(always)]
fn taken_kernel<S: Simd>(simd: S, of: View<'_>, out: &mut Rows) -> f64 {
    let (n, stride) = (out.n, out.stride);
    let out = out.values_mut();
    let (mut sums, mut totals) = ([Vector::splat(simd, 0.0)], [[0.0f64; WIDTH]]);
    for y in 0..n {
        let (parts, ends) = of.row(y).as_chunks::<WIDTH>();
        let to = &mut out[y * stride..][..stride];
        for (i, part) in parts.iter().enumerate() {
            let value = load(simd, part);
            value.store_slice(&mut to[i * WIDTH..][..WIDTH]);
            sums[0] += value;
        }
        if !ends.is_empty() {
            let mut last = [0.0; WIDTH];
            last[..ends.len()].copy_from_slice(ends);
            to[parts.len() * WIDTH..][..WIDTH].copy_from_slice(&last);
            sums[0] += load(simd, &last);
        }
        if y % ROWS_PER_SUM == ROWS_PER_SUM - 1 || y + 1 == n {
            flush(simd, &mut sums, &mut totals);
        }
    }
    totals[0].iter().sum()
}

/// Takes a value off each patch, where they have pixels: all are of this width. Gives Σ t t, Σ t x and Σ t y.
pub fn less(level: Level, of: [&mut Rows; 3], width: usize, values: [f32; 3]) -> [f64; 3] {
    dispatch!(level, simd => less_kernel(simd, of, width, values))
}

#[inline(always)]
fn less_kernel<S: Simd>(
    simd: S,
    [t, x, y]: [&mut Rows; 3],
    width: usize,
    values: [f32; 3],
) -> [f64; 3] {
    let (n, stride) = (t.n, t.stride);
    let [t, x, y] = [t, x, y].map(|rows| &mut rows.values_mut()[..n * stride]);
    let whole = width / WIDTH * WIDTH;
    let (is_inside, zero) = (first(simd, width - whole), Vector::splat(simd, 0.0));
    let (mut sums, mut totals) = ([zero; 3], [[0.0f64; WIDTH]; 3]);
    for v in 0..n {
        for u in (0..width).step_by(WIDTH) {
            let at = v * stride + u;
            let mut t_left = load(simd, &t[at..]) - values[0];
            let mut x_left = load(simd, &x[at..]) - values[1];
            let mut y_left = load(simd, &y[at..]) - values[2];
            if u == whole {
                t_left = is_inside.select(t_left, zero);
                x_left = is_inside.select(x_left, zero);
                y_left = is_inside.select(y_left, zero);
            }
            t_left.store_slice(&mut t[at..at + WIDTH]);
            x_left.store_slice(&mut x[at..at + WIDTH]);
            y_left.store_slice(&mut y[at..at + WIDTH]);
            sums[0] += t_left * t_left;
            sums[1] += t_left * x_left;
            sums[2] += t_left * y_left;
        }
        if v % ROWS_PER_SUM == ROWS_PER_SUM - 1 || v + 1 == n {
            flush(simd, &mut sums, &mut totals);
        }
    }
    totals.map(|lanes| lanes.iter().sum())
}

/// Takes these parts of the template t off both weights; gives the sums of products of weights w and gradients g:
/// wₓ gₓ, wₓ g_y, w_y gₓ, w_y g_y, gₓ gₓ, gₓ g_y and g_y g_y.
pub fn less_template(
    level: Level,
    template: &Rows,
    weights: [&mut Rows; 2],
    parts: [f32; 2],
    gradients: [&Rows; 2],
) -> [f64; 7] {
    dispatch!(level, simd => less_template_kernel(simd, template, weights, parts, gradients))
}

#[inline(always)]
fn less_template_kernel<S: Simd>(
    simd: S,
    t: &Rows,
    weights: [&mut Rows; 2],
    parts: [f32; 2],
    gradients: [&Rows; 2],
) -> [f64; 7] {
    let (n, stride) = (t.n, t.stride);
    let t = &t.values()[..n * stride];
    let [wx, wy] = weights.map(|rows| &mut rows.values_mut()[..n * stride]);
    let [gx, gy] = gradients.map(|rows| &rows.values()[..n * stride]);
    let (mut sums, mut totals) = ([Vector::splat(simd, 0.0); 7], [[0.0f64; WIDTH]; 7]);
    let step = (ROWS_PER_SUM * stride).max(WIDTH);
    for start in (0..n * stride).step_by(step) {
        for at in (start..(start + step).min(n * stride)).step_by(WIDTH) {
            let t = load(simd, &t[at..]);
            let x = load(simd, &wx[at..]) - t * parts[0];
            let y = load(simd, &wy[at..]) - t * parts[1];
            x.store_slice(&mut wx[at..at + WIDTH]);
            y.store_slice(&mut wy[at..at + WIDTH]);
            let (gx, gy) = (load(simd, &gx[at..]), load(simd, &gy[at..]));
            sums[0] += x * gx;
            sums[1] += x * gy;
            sums[2] += y * gx;
            sums[3] += y * gy;
            sums[4] += gx * gx;
            sums[5] += gx * gy;
            sums[6] += gy * gy;
        }
        flush(simd, &mut sums, &mut totals);
    }
    totals.map(|lanes| lanes.iter().sum())
}

/// Σ w wᵀ and Σ t w wᵀ of weights w and a template t: each xx, xy, yy.
pub fn squares(level: Level, weights: [&Rows; 2], template: &Rows) -> [[f64; 3]; 2] {
    dispatch!(level, simd => squares_kernel(simd, weights, template))
}

#[inline(always)]
fn squares_kernel<S: Simd>(simd: S, weights: [&Rows; 2], t: &Rows) -> [[f64; 3]; 2] {
    let (n, stride) = (t.n, t.stride);
    let [x, y, t] = [weights[0], weights[1], t].map(|rows| &rows.values()[..n * stride]);
    let (mut sums, mut totals) = ([Vector::splat(simd, 0.0); 6], [[0.0f64; WIDTH]; 6]);
    let step = (ROWS_PER_SUM * stride).max(WIDTH);
    for start in (0..n * stride).step_by(step) {
        for at in (start..(start + step).min(n * stride)).step_by(WIDTH) {
            let (x, y, t) = (load(simd, &x[at..]), load(simd, &y[at..]), load(simd, &t[at..]));
            let (xx, xy, yy) = (x * x, x * y, y * y);
            sums[0] += xx;
            sums[1] += xy;
            sums[2] += yy;
            sums[3] += t * xx;
            sums[4] += t * xy;
            sums[5] += t * yy;
        }
        flush(simd, &mut sums, &mut totals);
    }
    let [xx, xy, yy, txx, txy, tyy] = totals.map(|lanes| lanes.iter().sum());
    [[xx, xy, yy], [txx, txy, tyy]]
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;
    use crate::geometry::Size;

    const SIZES: [Size; 4] =
        [Size::new(1, 1), Size::new(5, 3), Size::new(16, 9), Size::new(37, 20)];

    fn rows(level: Level, size: Size, seed: u32) -> Rows {
        let (values, mut rows) = (noise(size.area(), seed), Rows::default());
        rows.fit(64, 64);
        rows.values_mut().fill(f32::NAN);
        taken(level, View::new(size, &values), &mut rows);
        rows
    }

    fn sum<const N: usize>(of: [&Rows; N]) -> f64 {
        let product = |i: usize| of.iter().map(|rows| f64::from(rows.all()[i])).product::<f64>();
        (0..of[0].all().len()).map(product).sum()
    }

    #[test]
    fn a_patch_is_taken_with_zeros_behind_its_rows_and_its_sum() {
        for (level, size) in levels().into_iter().flat_map(|level| SIZES.map(|size| (level, size)))
        {
            let (values, mut out) = (noise(size.area(), 3), Rows::default());
            let total = taken(level, View::new(size, &values), &mut out);
            assert!((total - sum([&out])).abs() < 1e-5);
            for (y, row) in values.chunks_exact(size.width).enumerate() {
                let (here, behind) = out.row(y).split_at(size.width);
                assert!(here == row && behind.iter().all(|&value| value == 0.0));
            }
        }
    }

    #[test]
    fn means_and_template_are_taken_off_and_sums_are_those_of_the_plain_loop() {
        for (level, size) in levels().into_iter().flat_map(|level| SIZES.map(|size| (level, size)))
        {
            let [mut t, mut x, mut y, gx, gy] = [1, 2, 3, 4, 5].map(|seed| rows(level, size, seed));
            let before = x.clone();
            let found = less(level, [&mut t, &mut x, &mut y], size.width, [0.125, -0.25, 0.5]);
            assert_eq!(x.row(0)[0], before.row(0)[0] + 0.25);
            let expected = [sum([&t, &t]), sum([&t, &x]), sum([&t, &y])];
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4));
            let before = y.clone();
            let parts = [0.5, -0.25];
            let found = less_template(level, &t, [&mut x, &mut y], parts, [&gx, &gy]);
            assert_eq!(y.row(0)[0], before.row(0)[0] + 0.25 * t.row(0)[0]);
            let [wx, wy, gx, gy] = [&x, &y, &gx, &gy];
            let pairs = [[wx, gx], [wx, gy], [wy, gx], [wy, gy], [gx, gx], [gx, gy], [gy, gy]];
            assert!(found.iter().zip(pairs).all(|(found, pair)| (found - sum(pair)).abs() < 1e-4));
            let [plain, weighed] = squares(level, [wx, wy], &t);
            for (k, [a, b]) in [[wx, wx], [wx, wy], [wy, wy]].into_iter().enumerate() {
                assert!((plain[k] - sum([a, b])).abs() < 1e-4);
                assert!((weighed[k] - sum([&t, a, b])).abs() < 1e-4);
            }
        }
    }
}
