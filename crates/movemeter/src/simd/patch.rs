//! What is made of a window's patch before it is matched.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch};

use super::Level;
use super::residual::{REACH, derive};
use super::rows::{ROWS_PER_SUM, Rows, Vector, WIDTH, first, flush, load};
use crate::frame::View;
use crate::geometry::Size;

/// The sum of all pixels, and their largest absolute value; what is not a number is passed over by the latter.
pub fn sum_and_max(level: Level, of: View<'_>) -> (f64, f32) {
    dispatch!(level, simd => sum_and_max_kernel(simd, of))
}

#[inline(always)]
fn sum_and_max_kernel<S: Simd>(simd: S, of: View<'_>) -> (f64, f32) {
    let (mut sums, mut most, mut rest, mut most_of_rest) =
        ([0.0f64; WIDTH], [0.0f32; WIDTH], 0.0, 0.0);
    let mut largest = Vector::splat(simd, 0.0);
    for row in of.rows() {
        let (parts, ends) = row.as_chunks::<WIDTH>();
        for part in parts {
            for (sum, &value) in sums.iter_mut().zip(part) {
                *sum += f64::from(value);
            }
            let size = load(simd, part).abs();
            largest = size.simd_gt(largest).select(size, largest);
        }
        for &value in ends {
            rest += f64::from(value);
            most_of_rest = larger(most_of_rest, value.abs());
        }
    }
    most.copy_from_slice(largest.as_slice());
    let most = most.into_iter().fold(most_of_rest, larger);
    (sums.iter().sum::<f64>() + rest, most)
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

/// `out` gets the pixels less the mean, row by row; gives the sum of `out` and that of its squares.
pub fn centred(level: Level, of: View<'_>, mean: f64, out: &mut [f32]) -> [f64; 2] {
    dispatch!(level, _simd => centred_kernel(of, mean, out))
}

#[inline(always)]
fn centred_kernel(of: View<'_>, mean: f64, out: &mut [f32]) -> [f64; 2] {
    let (mut sum, mut square) = ([0.0f64; WIDTH], [0.0f64; WIDTH]);
    for (row, out) in of.rows().zip(out.chunks_exact_mut(of.size().width)) {
        let (parts, ends) = row.as_chunks::<WIDTH>();
        let (to, to_ends) = out.as_chunks_mut::<WIDTH>();
        for (part, to) in parts.iter().zip(to) {
            for i in 0..WIDTH {
                to[i] = (f64::from(part[i]) - mean) as f32;
                let value = f64::from(to[i]);
                sum[i] += value;
                square[i] += value * value;
            }
        }
        for (i, (&end, to)) in ends.iter().zip(to_ends).enumerate() {
            *to = (f64::from(end) - mean) as f32;
            let value = f64::from(*to);
            sum[i] += value;
            square[i] += value * value;
        }
    }
    [sum.iter().sum(), square.iter().sum()]
}

/// Where the value of the smallest size is, the first of equals; `None` of none.
pub fn smallest(level: Level, of: &[f32]) -> Option<usize> {
    let place = dispatch!(level, simd => smallest_kernel(simd, of));
    (!of.is_empty()).then_some(place)
}

#[inline(always)]
fn smallest_kernel<S: Simd>(simd: S, of: &[f32]) -> usize {
    let (parts, ends) = of.as_chunks::<WIDTH>();
    let (mut least, mut place) = (Vector::splat(simd, f32::INFINITY), Vector::splat(simd, 0.0));
    for (i, part) in parts.iter().enumerate() {
        let size = load(simd, part).abs();
        let is_less = size.simd_lt(least);
        least = is_less.select(size, least);
        place = is_less.select(Vector::splat(simd, i as f32), place);
    }
    let lanes = least.as_slice().iter().zip(place.as_slice()).enumerate();
    let of_lanes = lanes.map(|(lane, (&least, &place))| (least, place as usize * WIDTH + lane));
    let of_ends = ends.iter().enumerate().map(|(i, end)| (end.abs(), parts.len() * WIDTH + i));
    let mut best = (f32::INFINITY, 0);
    for (size, at) in of_lanes.chain(of_ends) {
        if size < best.0 || (size == best.0 && at < best.1) {
            best = (size, at);
        }
    }
    best.1
}

/// The seven-point derivatives in x and y of a patch of this size, with zeros behind each row; gives the sums of the
/// products x x, x y and y y.
///
/// The patch lies in rows `stride` apart with three pixels more on each side, the first of which is the first of `from`.
pub fn derivatives(
    level: Level,
    (from, stride): (&[f32], usize),
    size: Size,
    derivative: [f32; 3],
    [x, y]: [&mut Rows; 2],
) -> [f64; 3] {
    x.fit(size.width, size.height);
    y.fit(size.width, size.height);
    dispatch!(level, simd => derivatives_kernel(simd, (from, stride), size.width, derivative, [x, y]))
}

/// How many values [`derivatives`] reads: whole vectors.
pub fn n_derived(stride: usize, size: Size) -> usize {
    (size.height + 2 * REACH - 1) * stride + size.width.next_multiple_of(WIDTH) + 2 * REACH
}

#[inline(always)]
fn derivatives_kernel<S: Simd>(
    simd: S,
    (from, stride): (&[f32], usize),
    width: usize,
    d: [f32; 3],
    [gx, gy]: [&mut Rows; 2],
) -> [f64; 3] {
    let (n, to_stride) = (gx.n, gx.stride);
    let (gx, gy) = (gx.values_mut(), gy.values_mut());
    let whole = width / WIDTH * WIDTH;
    let (is_inside, zero) = (first(simd, width - whole), Vector::splat(simd, 0.0));
    let (mut sums, mut totals) = ([zero; 3], [[0.0f64; WIDTH]; 3]);
    for v in 0..n {
        for u in (0..width).step_by(WIDTH) {
            let at = &from[v * stride + u..][..6 * stride + 6 + WIDTH];
            let mut x = derive(simd, &at[3 * stride..], 1, d);
            let mut y = derive(simd, &at[3..], stride, d);
            if u == whole {
                (x, y) = (is_inside.select(x, zero), is_inside.select(y, zero));
            }
            x.store_slice(&mut gx[v * to_stride + u..][..WIDTH]);
            y.store_slice(&mut gy[v * to_stride + u..][..WIDTH]);
            sums[0] += x * x;
            sums[1] += x * y;
            sums[2] += y * y;
        }
        if v % ROWS_PER_SUM == ROWS_PER_SUM - 1 || v + 1 == n {
            flush(simd, &mut sums, &mut totals);
        }
    }
    totals.map(|lanes| lanes.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    #[test]
    fn sums_are_those_of_the_plain_loop_on_every_level() {
        for (width, height) in [(1, 1), (5, 3), (16, 2), (37, 20)] {
            let values = noise(width * height, 3);
            let view = View::new(Size::new(width, height), &values);
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            let most = values.iter().fold(0.0, |most, value| f32::max(most, value.abs()));
            let least = values.iter().map(|value| value.abs()).fold(1.0, f32::min);
            let mut out = vec![f32::NAN; values.len()];
            for level in levels() {
                let found = sum_and_max(level, view);
                assert!((found.0 - sum).abs() < 1e-9 && found.1 == most);
                let [left, square] = centred(level, view, 0.125, &mut out);
                assert!((left - (sum - 0.125 * values.len() as f64)).abs() < 1e-9);
                let plain: f64 = out.iter().map(|&value| f64::from(value).powi(2)).sum();
                assert!((square - plain).abs() < 1e-9 && out[0] == values[0] - 0.125);
                assert_eq!(smallest(level, &values).map(|i| values[i].abs()), Some(least));
            }
        }
        assert_eq!(smallest(Level::new(), &[]), None);
    }

    #[test]
    fn of_equal_sizes_the_first_is_the_smallest() {
        let mut values = vec![3.0; 70];
        for at in [68, 41, 25] {
            values[at] = if at == 41 { 1.0 } else { -1.0 };
            for level in levels() {
                assert_eq!(smallest(level, &values), Some(at));
            }
        }
    }

    #[test]
    fn a_ramp_has_its_slopes_as_derivatives_and_their_products() {
        for (width, height, stride) in [(9, 5, 15), (32, 3, 41)] {
            let ramp = |i: usize| 2.0 * (i % stride) as f32 - 0.5 * (i / stride) as f32;
            let size = Size::new(width, height);
            let padded: Vec<f32> = (0..n_derived(stride, size)).map(ramp).collect();
            let (mut x, mut y) = (Rows::default(), Rows::default());
            let derivative = [0.75, -0.15, 1.0 / 60.0];
            for level in levels() {
                let found =
                    derivatives(level, (&padded, stride), size, derivative, [&mut x, &mut y]);
                for (rows, slope) in [(&x, 2.0), (&y, -0.5)] {
                    for (here, behind) in (0..height).map(|v| rows.row(v).split_at(width)) {
                        assert!(here.iter().all(|value| (value - slope).abs() < 1e-4));
                        assert!(behind.iter().all(|&value| value == 0.0));
                    }
                }
                let area = size.area() as f64;
                let expected = [4.0, -1.0, 0.25].map(|product| product * area);
                assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4 * area));
            }
        }
    }
}
