//! Sums of blocks of pixels, and the correlation of a few blocks in place of many pixels.

use fearless_simd::dispatch;
use fearless_simd::prelude::*;

use super::Level;
use super::rows::{ROWS_PER_SUM, Rows, Vector, WIDTH, flush, load};
use crate::frame::View;
use crate::geometry::Size;

/// Rows of positions that share one pass over the template's blocks.
const ROWS: usize = 4;

/// A rectangle of square blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// Side of a block, px: a power of two.
    pub side: usize,
    /// Blocks in a row.
    pub across: usize,
    /// Rows of blocks.
    pub down: usize,
}

impl Blocks {
    /// How many there are.
    pub fn n(self) -> usize {
        self.across * self.down
    }
}

/// Sums of pixels less an offset over the block of this side whose upper left corner each pixel is; undefined where
/// the block does not fit.
pub fn sum_blocks(level: Level, from: View<'_>, offset: f32, side: usize, out: &mut Rows) {
    let Size { width, height } = from.size();
    out.fit(width, height + 1 - side);
    dispatch!(level, simd => {
        for y in 0..out.n {
            let whole = if y + side < height { out.stride } else { width / WIDTH * WIDTH };
            let rows = &from.pixels()[y * from.stride()..];
            sum_down(simd, (rows, from.stride()), offset, side, &mut out.row_mut(y)[..whole]);
            for x in whole..width {
                let down = (0..side).map(|i| rows[i * from.stride() + x] - offset);
                out.row_mut(y)[x] = down.sum();
            }
        }
        let mut reach = 1;
        while reach < side {
            add_shifted(simd, out.values_mut(), reach);
            reach *= 2;
        }
    });
}

/// The sums of as many rows as a block has.
#[inline(always)]
fn sum_down<S: Simd>(
    simd: S,
    (rows, stride): (&[f32], usize),
    offset: f32,
    n: usize,
    out: &mut [f32],
) {
    let offset = Vector::splat(simd, offset);
    for x in (0..out.len()).step_by(WIDTH) {
        let mut sum = Vector::splat(simd, 0.0);
        for i in 0..n {
            sum += load(simd, &rows[i * stride + x..]) - offset;
        }
        sum.store_slice(&mut out[x..x + WIDTH]);
    }
}

/// `of[i] += of[i + by]`, as far as there are whole vectors.
#[inline(always)]
fn add_shifted<S: Simd>(simd: S, of: &mut [f32], by: usize) {
    let n = of.len().saturating_sub(by) / WIDTH * WIDTH;
    for i in (0..n).step_by(WIDTH) {
        let sum = load(simd, &of[i..]) + load(simd, &of[i + by..]);
        sum.store_slice(&mut of[i..i + WIDTH]);
    }
}

/// Of each position of a window of blocks, the sum of squares of its block sums less their mean: their spread.
///
/// `sums` are those of [`sum_blocks`]; `out` gets `n_down` rows of at least `n_across` values. Not a number where the
/// spread is too small beside the sums themselves to be known: less than 1/`MAX_CANCELLED` of their squares.
pub fn spread(
    level: Level,
    sums: &Rows,
    of: Blocks,
    [n_across, n_down]: [usize; 2],
    work: &mut Rows,
    out: &mut Rows,
) {
    out.fit(n_across, n_down);
    work.fit(sums.stride, 2);
    dispatch!(level, simd => spread_kernel(simd, sums, of, (n_across, work), out));
}

/// What a difference of squares may lose: seven of the 24 bits of `f32`.
const MAX_CANCELLED: f32 = 128.0;

#[inline(always)]
fn spread_kernel<S: Simd>(
    simd: S,
    sums: &Rows,
    of: Blocks,
    (n_across, work): (usize, &mut Rows),
    out: &mut Rows,
) {
    let (stride, step) = (sums.stride, of.side * sums.stride);
    let (nan, zero) = (Vector::splat(simd, f32::NAN), Vector::splat(simd, 0.0));
    let (out_stride, n_down) = (out.stride, out.n);
    let (sums, lines, out) = (sums.values(), work.values_mut(), out.values_mut());
    for v in 0..n_down {
        for x in (0..stride).step_by(WIDTH) {
            let (mut sum, mut square) = (zero, zero);
            let column = &sums[v * stride + x..][..(of.down - 1) * step + WIDTH];
            for j in 0..of.down {
                let part = load(simd, &column[j * step..]);
                sum += part;
                square += part * part;
            }
            sum.store_slice(&mut lines[x..x + WIDTH]);
            square.store_slice(&mut lines[stride + x..stride + x + WIDTH]);
        }
        for u in (0..n_across).step_by(WIDTH) {
            let (mut sum, mut square) = (zero, zero);
            let line = &lines[u..][..stride + (of.across - 1) * of.side + WIDTH];
            for i in 0..of.across {
                sum += load(simd, &line[i * of.side..]);
                square += load(simd, &line[stride + i * of.side..]);
            }
            let spread = square - sum * sum * (1.0 / of.n() as f32);
            let is_known = (spread * MAX_CANCELLED).simd_gt(square);
            is_known.select(spread, nan).store_slice(&mut out[v * out_stride + u..][..WIDTH]);
        }
    }
}

/// For each of `n_across` positions in a row r·|r|, with the correlation r of a template's block sums (which are
/// zero-mean and have this sum of squares) and those of a region, whose [`spread`] is given.
pub fn correlate_blocks(
    level: Level,
    (template, square): (&[f32], f32),
    of: Blocks,
    (sums, spread): (&Rows, &Rows),
    n_across: usize,
    out: &mut Rows,
) {
    out.fit(spread.stride, spread.n);
    let of = Correlated { template, square, of, sums, spread };
    dispatch!(level, simd => {
        for u in (0..n_across).step_by(3 * WIDTH) {
            match n_across - u {
                1..=WIDTH => correlate_columns::<_, 1>(simd, &of, u, out),
                ..=TWO => correlate_columns::<_, 2>(simd, &of, u, out),
                _ => correlate_columns::<_, 3>(simd, &of, u, out),
            }
        }
    });
    for v in 0..out.n {
        out.row_mut(v)[n_across..].fill(NO_POSITION);
    }
}

/// Two vectors.
const TWO: usize = 2 * WIDTH;
/// Stands beyond the last position of a row: nothing is less alike.
const NO_POSITION: f32 = -2.0;

struct Correlated<'a> {
    template: &'a [f32],
    square: f32,
    of: Blocks,
    sums: &'a Rows,
    spread: &'a Rows,
}

/// `WIDE` vectors of positions in every row, from column `u` on.
#[inline(always)]
fn correlate_columns<S: Simd, const WIDE: usize>(
    simd: S,
    of: &Correlated<'_>,
    u: usize,
    out: &mut Rows,
) {
    let Correlated { template, square, of, sums, spread } = *of;
    let (stride, out_stride) = (sums.stride, out.stride);
    let (sums, n_down, spread, out) = (sums.values(), spread.n, spread.values(), out.values_mut());
    for v in (0..n_down).step_by(ROWS) {
        let mut totals = [[Vector::splat(simd, 0.0); WIDE]; ROWS];
        for (j, row) in template.chunks_exact(of.across).enumerate() {
            let first = |r: usize| ((v + r).min(n_down - 1) + j * of.side) * stride + u;
            let length = (of.across - 1) * of.side + WIDE * WIDTH;
            let rows: [&[f32]; ROWS] = [0, 1, 2, 3].map(|r| &sums[first(r)..][..length]);
            for (i, &t) in row.iter().enumerate() {
                let t = Vector::splat(simd, t);
                for r in 0..ROWS {
                    for c in 0..WIDE {
                        totals[r][c] += t * load(simd, &rows[r][i * of.side + c * WIDTH..]);
                    }
                }
            }
        }
        for (r, totals) in totals.iter().enumerate().take(n_down - v) {
            for (c, &total) in totals.iter().enumerate() {
                let at = (v + r) * out_stride + u + c * WIDTH;
                let signed = total * total.abs() / (load(simd, &spread[at..]) * square);
                signed.store_slice(&mut out[at..at + WIDTH]);
            }
        }
    }
}

/// Where the highest value is, the first of equals; what is not a number is passed over. `None` of nothing else.
pub fn highest(level: Level, of: &Rows) -> Option<usize> {
    let values = &of.values()[..of.stride * of.n];
    dispatch!(level, simd => {
        let mut most = Vector::splat(simd, f32::NEG_INFINITY);
        for part in values.chunks_exact(WIDTH) {
            let part = Vector::from_slice(simd, part);
            most = part.simd_gt(most).select(part, most);
        }
        let most = most.as_slice().iter().copied().fold(NO_POSITION, f32::max);
        values.iter().position(|&value| NO_POSITION < value && value == most)
    })
}

/// Tells where values are not below this, not numbers among them, until `tell` has heard enough.
pub fn find_not_below(level: Level, of: &Rows, least: f32, mut tell: impl FnMut(usize) -> bool) {
    let values = &of.values()[..of.stride * of.n];
    dispatch!(level, simd => {
        for (i, part) in values.chunks_exact(WIDTH).enumerate() {
            let is_below = Vector::from_slice(simd, part).simd_lt(least);
            let mut found = !is_below.to_bitmask() & ((1 << WIDTH) - 1);
            while found != 0 {
                if !tell(i * WIDTH + found.trailing_zeros() as usize) {
                    return;
                }
                found &= found - 1;
            }
        }
    });
}

/// Σ f, Σ f² and Σ t f over two patches of one size, of f less the offset.
pub fn products(level: Level, t: View<'_>, f: View<'_>, offset: f32) -> [f64; 3] {
    dispatch!(level, simd => products_kernel(simd, t, f, offset))
}

#[inline(always)]
fn products_kernel<S: Simd>(simd: S, t: View<'_>, f: View<'_>, offset: f32) -> [f64; 3] {
    let zero = Vector::splat(simd, 0.0);
    let Size { width, height } = t.size();
    let whole = width / WIDTH * WIDTH;
    let mut totals = [[0.0f64; WIDTH]; 3];
    let mut sums = [zero; 3];
    for y in 0..height {
        let (t, f) = (&t.row(y)[..width], &f.row(y)[..width]);
        for x in (0..whole).step_by(WIDTH) {
            add_products(simd, &mut sums, load(simd, &t[x..]), load(simd, &f[x..]) - offset);
        }
        if whole < width {
            let (mut t_rest, mut f_rest) = ([0.0; WIDTH], [offset; WIDTH]);
            t_rest[..width - whole].copy_from_slice(&t[whole..]);
            f_rest[..width - whole].copy_from_slice(&f[whole..]);
            add_products(simd, &mut sums, load(simd, &t_rest), load(simd, &f_rest) - offset);
        }
        if y % ROWS_PER_SUM == ROWS_PER_SUM - 1 || y + 1 == height {
            flush(simd, &mut sums, &mut totals);
        }
    }
    totals.map(|lanes| lanes.iter().sum())
}

#[inline(always)]
fn add_products<S: Simd>(_: S, sums: &mut [Vector<S>; 3], t: Vector<S>, f: Vector<S>) {
    sums[0] += f;
    sums[1] += f * f;
    sums[2] += t * f;
}

#[cfg(test)]
mod tests {
    use super::super::levels;
    use super::super::tests::noise;
    use super::*;

    const OFFSET: f32 = 0.02;

    /// A region, and the sum over a block of it, less the offset, in `f64`.
    fn region(size: Size) -> (Vec<f32>, impl Fn(usize, usize, usize) -> f64) {
        let pixels = noise(size.area(), 1);
        let of = pixels.clone();
        let sum = move |x: usize, y: usize, side: usize| {
            let all = (0..side * side).map(|i| of[(y + i / side) * size.width + x + i % side]);
            all.map(|pixel| f64::from(pixel - OFFSET)).sum()
        };
        (pixels, sum)
    }

    const CASES: [(Size, Blocks); 4] = [
        (Size::new(54, 50), Blocks { side: 4, across: 8, down: 6 }),
        (Size::new(17, 9), Blocks { side: 2, across: 2, down: 3 }),
        (Size::new(130, 40), Blocks { side: 8, across: 3, down: 4 }),
        (Size::new(8, 8), Blocks { side: 4, across: 2, down: 2 }),
    ];

    #[test]
    fn likeness_of_blocks_is_the_correlation_of_their_sums_on_every_level_with_dirty_scratch() {
        let (mut sums, mut work, mut spreads, mut out) = <(Rows, Rows, Rows, Rows)>::default();
        for level in levels() {
            for (size, of) in CASES {
                let (pixels, sum) = region(size);
                let positions =
                    [size.width - of.side * of.across + 1, size.height - of.side * of.down + 1];
                sum_blocks(level, View::new(size, &pixels), OFFSET, of.side, &mut sums);
                spread(level, &sums, of, positions, &mut work, &mut spreads);
                let template: Vec<f32> = noise(of.n(), 2);
                let mean = template.iter().sum::<f32>() / of.n() as f32;
                let template: Vec<f32> = template.iter().map(|t| t - mean).collect();
                let square = template.iter().map(|t| t * t).sum();
                let of_template = (&template[..], square);
                correlate_blocks(level, of_template, of, (&sums, &spreads), positions[0], &mut out);
                for at in 0..positions[0] * positions[1] {
                    let (u, v) = (at % positions[0], at / positions[0]);
                    let block = |k: usize| {
                        sum(u + k % of.across * of.side, v + k / of.across * of.side, of.side)
                    };
                    let mean = (0..of.n()).map(block).sum::<f64>() / of.n() as f64;
                    let spread: f64 = (0..of.n()).map(|k| (block(k) - mean).powi(2)).sum();
                    let product: f64 =
                        (0..of.n()).map(|k| f64::from(template[k]) * (block(k) - mean)).sum();
                    let likeness = product * product.abs() / (spread * f64::from(square));
                    assert!((f64::from(spreads.row(v)[u]) / spread - 1.0).abs() < 1e-3);
                    assert!((f64::from(out.row(v)[u]) - likeness).abs() < 1e-3, "{u} {v}");
                }
                for rows in [&mut sums, &mut work, &mut spreads, &mut out] {
                    rows.values_mut().fill(f32::NAN);
                }
            }
        }
    }

    #[test]
    fn a_spread_that_cancels_is_not_a_number_and_may_be_anything() {
        let (size, of) = (Size::new(20, 20), Blocks { side: 4, across: 4, down: 4 });
        let pixels: Vec<f32> = noise(size.area(), 1).iter().map(|pixel| 1000.0 + pixel).collect();
        let (mut sums, mut work, mut spreads) = <(Rows, Rows, Rows)>::default();
        for level in levels() {
            sum_blocks(level, View::new(size, &pixels), 0.0, of.side, &mut sums);
            spread(level, &sums, of, [5, 5], &mut work, &mut spreads);
            assert!(spreads.row(2)[3].is_nan());
        }
    }

    #[test]
    fn the_highest_is_the_first_of_equals_and_what_is_not_a_number_is_found_with_it() {
        let mut rows = Rows::default();
        rows.fit(16, 2);
        rows.values_mut().fill(0.1);
        rows.row_mut(0)[5] = f32::NAN;
        rows.row_mut(0)[9] = 0.7;
        rows.row_mut(1)[2] = 0.7;
        for level in levels() {
            assert_eq!(highest(level, &rows), Some(9));
            let mut found = Vec::new();
            find_not_below(level, &rows, 0.5, |at| {
                found.push(at);
                found.len() < 3
            });
            assert_eq!(found, [5, 9, 18]);
        }
        rows.values_mut().fill(f32::NAN);
        assert_eq!(highest(Level::new(), &rows), None);
    }

    #[test]
    fn products_are_those_of_the_plain_loop_on_every_level() {
        for (width, height) in [(1, 1), (16, 4), (33, 20)] {
            let size = Size::new(width, height);
            let (t, f) = (noise(size.area(), 3), noise(size.area(), 4));
            let pairs = || t.iter().zip(&f).map(|(&t, &f)| (f64::from(t), f64::from(f - OFFSET)));
            let plain: [f64; 3] = [
                pairs().map(|(_, f)| f).sum(),
                pairs().map(|(_, f)| f * f).sum(),
                pairs().map(|(t, f)| t * f).sum(),
            ];
            for level in levels() {
                let found = products(level, View::new(size, &t), View::new(size, &f), OFFSET);
                assert!(found.iter().zip(plain).all(|(found, plain)| (found - plain).abs() < 1e-4));
            }
        }
    }
}
