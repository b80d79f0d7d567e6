//! One row of a symmetric filter.

use fearless_simd::dispatch;

use super::Level;

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

/// One row of an antisymmetric filter: `out = Σₖ taps[k]·(after(k) − before(k))`, k ≥ 1; `taps[0]` is not used.
pub fn antisymmetric<'a>(
    level: Level,
    taps: &[f32],
    pair: impl Fn(usize) -> (&'a [f32], &'a [f32]),
    out: &mut [f32],
) {
    dispatch!(level, _simd => antisymmetric_kernel(taps, &pair, out));
}

#[inline(always)]
fn antisymmetric_kernel<'a>(
    taps: &[f32],
    pair: &impl Fn(usize) -> (&'a [f32], &'a [f32]),
    out: &mut [f32],
) {
    out.fill(0.0);
    for (k, &tap) in taps.iter().enumerate().skip(1) {
        let (before, after) = pair(k);
        for ((out, before), after) in out.iter_mut().zip(before).zip(after) {
            *out += tap * (after - before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_antisymmetric_filter_takes_one_side_from_the_other() {
        let row = [1.0, 2.0, 4.0, 8.0, 16.0];
        let mut out = [f32::NAN; 3];
        antisymmetric(Level::new(), &[9.0, 0.5], |_| (&row[..3], &row[2..]), &mut out);
        assert_eq!(out, [1.5, 3.0, 6.0]);
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
