//! One row of a symmetric filter.

use fearless_simd::dispatch;

use super::Level;

/// Pairs of rows that are added in one pass: as many as registers hold comfortably.
const PAIRS: usize = 5;

/// Two rows, or a row moved to both sides, at one distance.
pub type Pair<'a> = (&'a [f32], &'a [f32]);

/// One row of a symmetric filter: `out = taps[0]·centre + Σₖ taps[k]·(before(k) + after(k))`.
///
/// `pair(k)` gives the two rows (or the row moved left and right) at distance k ≥ 1; all are as
/// long as `out`.
pub fn symmetric<'a>(
    level: Level,
    taps: &[f32],
    centre: &[f32],
    pair: impl Fn(usize) -> Pair<'a>,
    out: &mut [f32],
) {
    dispatch!(level, _simd => kernel::<false>(taps, centre, &pair, out));
}

/// One row of an antisymmetric filter: `out = Σₖ taps[k]·(after(k) − before(k))`, k ≥ 1; `taps[0]` is not used.
pub fn antisymmetric<'a>(
    level: Level,
    taps: &[f32],
    pair: impl Fn(usize) -> Pair<'a>,
    out: &mut [f32],
) {
    dispatch!(level, _simd => kernel::<true>(taps, &[], &pair, out));
}

/// Adds the pairs a few at a time, nearest first.
#[inline(always)]
fn kernel<'a, const ODD: bool>(
    taps: &[f32],
    centre: &[f32],
    pair: &impl Fn(usize) -> Pair<'a>,
    out: &mut [f32],
) {
    let n_first = (taps.len() - 1).min(PAIRS);
    match n_first {
        0 => first::<ODD, 0>(taps, centre, pair, out),
        1 => first::<ODD, 1>(taps, centre, pair, out),
        2 => first::<ODD, 2>(taps, centre, pair, out),
        3 => first::<ODD, 3>(taps, centre, pair, out),
        4 => first::<ODD, 4>(taps, centre, pair, out),
        _ => first::<ODD, PAIRS>(taps, centre, pair, out),
    }
    let mut k = 1 + n_first;
    while k < taps.len() {
        let n = (taps.len() - k).min(PAIRS);
        match n {
            1 => more::<ODD, 1>(taps, k, pair, out),
            2 => more::<ODD, 2>(taps, k, pair, out),
            3 => more::<ODD, 3>(taps, k, pair, out),
            4 => more::<ODD, 4>(taps, k, pair, out),
            _ => more::<ODD, PAIRS>(taps, k, pair, out),
        }
        k += n;
    }
}

/// The centre and the nearest `N` pairs.
#[inline(always)]
fn first<'a, const ODD: bool, const N: usize>(
    taps: &[f32],
    centre: &[f32],
    pair: &impl Fn(usize) -> Pair<'a>,
    out: &mut [f32],
) {
    let (taps, pairs) = group::<N>(taps, 0, pair, out.len());
    let (n, centre_tap) = (out.len(), taps.0);
    let centre: &[f32] = if ODD { &[] } else { &centre[..n] };
    for i in 0..n {
        let start = if ODD { 0.0 } else { centre_tap * centre[i] };
        out[i] = add::<ODD, N>(start, &taps.1, &pairs, i);
    }
}

/// `N` pairs from distance `k` on, added to what is there.
#[inline(always)]
fn more<'a, const ODD: bool, const N: usize>(
    taps: &[f32],
    k: usize,
    pair: &impl Fn(usize) -> Pair<'a>,
    out: &mut [f32],
) {
    let (taps, pairs) = group::<N>(taps, k - 1, pair, out.len());
    for (i, out) in out.iter_mut().enumerate() {
        *out = add::<ODD, N>(*out, &taps.1, &pairs, i);
    }
}

/// The tap at distance `k`, the `N` after it, and their pairs of rows of this length.
#[inline(always)]
fn group<'a, const N: usize>(
    taps: &[f32],
    k: usize,
    pair: &impl Fn(usize) -> Pair<'a>,
    n: usize,
) -> ((f32, [f32; N]), [Pair<'a>; N]) {
    let of: [f32; N] = std::array::from_fn(|i| taps[k + 1 + i]);
    let pairs: [Pair<'a>; N] = std::array::from_fn(|i| pair(k + 1 + i));
    ((taps[k], of), pairs.map(|(before, after)| (&before[..n], &after[..n])))
}

#[inline(always)]
fn add<const ODD: bool, const N: usize>(
    start: f32,
    taps: &[f32; N],
    pairs: &[Pair<'_>; N],
    i: usize,
) -> f32 {
    let mut sum = start;
    for ((before, after), tap) in pairs.iter().zip(taps) {
        sum += tap * if ODD { after[i] - before[i] } else { before[i] + after[i] };
    }
    sum
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
