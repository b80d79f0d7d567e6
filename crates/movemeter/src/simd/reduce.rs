//! Sums over rows and patches, in `f64`.

use fearless_simd::dispatch;

use super::{LANES, Level};
use crate::frame::View;

/// Σ a·b, in `f64`, over the length of the shorter.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    let n = a.len().min(b.len());
    dispatch!(Level::new(), _simd => dot_kernel(&a[..n], &b[..n]))
}

#[inline(always)]
fn dot_kernel(a: &[f32], b: &[f32]) -> f64 {
    let mut sums = [0.0f64; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += f64::from(*a) * f64::from(*b);
        }
    }
    for ((sum, a), b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += f64::from(*a) * f64::from(*b);
    }
    sums.iter().sum()
}

/// Σ a·b·c, in `f64`, of patches of one size.
pub fn triple(a: &[f32], b: &[f32], c: &[f32]) -> f64 {
    dispatch!(Level::new(), _simd => triple_kernel(a, b, c))
}

#[inline(always)]
fn triple_kernel(a: &[f32], b: &[f32], c: &[f32]) -> f64 {
    let n = a.len().min(b.len()).min(c.len());
    let mut sums = [0.0f64; LANES];
    let whole = n / LANES * LANES;
    for at in (0..whole).step_by(LANES) {
        let (a, b, c) = (&a[at..at + LANES], &b[at..at + LANES], &c[at..at + LANES]);
        for i in 0..LANES {
            sums[i] += f64::from(a[i] * b[i] * c[i]);
        }
    }
    for at in whole..n {
        sums[at - whole] += f64::from(a[at] * b[at] * c[at]);
    }
    sums.iter().sum()
}

/// Σ a² and Σ a⁴, in `f64`.
pub fn second_and_fourth(a: &[f32]) -> [f64; 2] {
    dispatch!(Level::new(), _simd => second_and_fourth_kernel(a))
}

#[inline(always)]
fn second_and_fourth_kernel(a: &[f32]) -> [f64; 2] {
    let mut sums = [[0.0f64; LANES]; 2];
    let (a, rest) = a.as_chunks::<LANES>();
    for a in a {
        for i in 0..LANES {
            let square = f64::from(a[i]) * f64::from(a[i]);
            sums[0][i] += square;
            sums[1][i] += square * square;
        }
    }
    for (i, &a) in rest.iter().enumerate() {
        let square = f64::from(a) * f64::from(a);
        sums[0][i] += square;
        sums[1][i] += square * square;
    }
    sums.map(|lanes| lanes.iter().sum())
}

/// The largest; −∞ of none, and of what is not a number.
pub fn highest_of(a: &[f32]) -> f32 {
    dispatch!(Level::new(), _simd => {
        let mut most = [f32::NEG_INFINITY; LANES];
        let (vectors, rest) = a.as_chunks::<LANES>();
        for vector in vectors {
            for (most, &value) in most.iter_mut().zip(vector) {
                *most = if *most < value { value } else { *most };
            }
        }
        most.iter().chain(rest).fold(f32::NEG_INFINITY, |most, &value| if most < value { value } else { most })
    })
}

/// The first of [`LANES`] values in the middle row, from `first` on, among which one is above a limit and no less
/// than those beside, above and below it; where there is none, the first that has no such vector to its right any more.
///
/// `first` is at least 1.
pub fn next_peak(rows: [&[f32]; 3], first: usize, limit: f32) -> usize {
    dispatch!(Level::new(), _simd => next_peak_kernel(rows, first, limit))
}

#[inline(always)]
fn next_peak_kernel([above, row, below]: [&[f32]; 3], mut first: usize, limit: f32) -> usize {
    let vector = |of: &[f32], first: usize| of.get(first..)?.first_chunk::<LANES>().copied();
    while let (Some(left), Some(here), Some(right), Some(above), Some(below)) = (
        vector(row, first - 1),
        vector(row, first),
        vector(row, first + 1),
        vector(above, first),
        vector(below, first),
    ) {
        let mut is_peak = [0u32; LANES];
        for l in 0..LANES {
            let is_across = (left[l] <= here[l]) & (right[l] <= here[l]);
            let is_down = (above[l] <= here[l]) & (below[l] <= here[l]);
            is_peak[l] = u32::from((limit < here[l]) & is_across & is_down);
        }
        if is_peak.iter().fold(0, |any, &is| any | is) != 0 {
            break;
        }
        first += LANES;
    }
    first
}

/// Σ a, in `f64`.
pub fn sum(a: &[f32]) -> f64 {
    dispatch!(Level::new(), _simd => sum_kernel(a))
}

#[inline(always)]
fn sum_kernel(a: &[f32]) -> f64 {
    let mut sums = [0.0f64; LANES];
    let (a, rest) = a.as_chunks::<LANES>();
    for a in a.iter().map(|a| &a[..]).chain([rest]) {
        for (sum, a) in sums.iter_mut().zip(a) {
            *sum += f64::from(*a);
        }
    }
    sums.iter().sum()
}

/// The largest absolute value; 0 of none. What is not a number is passed over.
pub fn max_abs(a: &[f32]) -> f32 {
    dispatch!(Level::new(), _simd => max_abs_kernel(a))
}

#[inline(always)]
fn max_abs_kernel(a: &[f32]) -> f32 {
    let larger = |max: f32, value: f32| if max < value.abs() { value.abs() } else { max };
    let mut lanes = [0.0f32; LANES];
    let (a, rest) = a.as_chunks::<LANES>();
    for a in a {
        for (lane, &value) in lanes.iter_mut().zip(a) {
            *lane = larger(*lane, value);
        }
    }
    lanes.iter().chain(rest).fold(0.0, |max, &value| larger(max, value))
}

/// Sums over two patches of one size: Σ t, Σ f, Σ t², Σ f² and Σ t f, in `f64`.
///
/// `offset` is taken off f first, so that bright patches do not cancel.
pub fn moments(t: View<'_>, f: View<'_>, offset: f32) -> [f64; 5] {
    dispatch!(Level::new(), _simd => moments_kernel(t, f, offset))
}

#[inline(always)]
fn moments_kernel(t: View<'_>, f: View<'_>, offset: f32) -> [f64; 5] {
    let mut sums = [[0.0f64; LANES]; 5];
    for (t, f) in t.rows().zip(f.rows()) {
        let ((t, t_rest), (f, f_rest)) = (t.as_chunks::<LANES>(), f.as_chunks::<LANES>());
        for (t, f) in t.iter().zip(f) {
            add_moments(&mut sums, t, f, offset);
        }
        add_moments(&mut sums, t_rest, f_rest, offset);
    }
    sums.map(|lanes| lanes.iter().sum())
}

#[inline(always)]
fn add_moments(sums: &mut [[f64; LANES]; 5], t: &[f32], f: &[f32], offset: f32) {
    let [sum_t, sum_f, sum_tt, sum_ff, sum_tf] = sums;
    let sums = sum_t.iter_mut().zip(sum_f).zip(sum_tt).zip(sum_ff).zip(sum_tf);
    for (((((sum_t, sum_f), sum_tt), sum_ff), sum_tf), (t, f)) in sums.zip(t.iter().zip(f)) {
        let (t, f) = (f64::from(*t), f64::from(f - offset));
        *sum_t += t;
        *sum_f += f;
        *sum_tt += t * t;
        *sum_ff += f * f;
        *sum_tf += t * f;
    }
}

/// `to += weight · from`
pub fn add_scaled(weight: f32, from: &[f32], to: &mut [f32]) {
    dispatch!(Level::new(), _simd => {
        for (to, from) in to.iter_mut().zip(from) {
            *to += weight * from;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::noise;
    use super::*;

    #[test]
    fn sums_and_products_are_those_of_the_plain_loop_for_every_length() {
        let (a, b) = (noise(100, 5), noise(100, 6));
        for n in 0..=a.len() {
            let (a, b) = (&a[..n], &b[..n]);
            let plain: f64 = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((dot(a, b) - plain).abs() < 1e-12);
            assert!((sum(a) - a.iter().map(|&a| f64::from(a)).sum::<f64>()).abs() < 1e-12);
            let squares = a.iter().map(|&a| f64::from(a).powi(2));
            let [second, fourth] = second_and_fourth(a);
            assert!((second - squares.clone().sum::<f64>()).abs() < 1e-12);
            assert!((fourth - squares.map(|square| square * square).sum::<f64>()).abs() < 1e-12);
            let products = a.iter().zip(b).map(|(a, b)| f64::from(a * b * a));
            assert!((triple(a, b, a) - products.sum::<f64>()).abs() < 1e-7);
            assert_eq!(max_abs(a), a.iter().fold(0.0, |max, a| f32::max(max, a.abs())));
            let mut to = b.to_vec();
            add_scaled(2.0, a, &mut to);
            assert!(to.iter().zip(a.iter().zip(b)).all(|(to, (a, b))| *to == b + 2.0 * a));
        }
    }
}
