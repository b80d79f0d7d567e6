//! Products of neighbouring pixels, and their sums over windows of an enlarged row.

use super::bilinear::Bilinear;
use crate::frame::View;
use crate::geometry::Size;
use crate::simd::{LANES, Level, steps};

/// Rows of `f64` with room for a vector beyond each.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    pub(super) values: Vec<f64>,
    pub(super) stride: usize,
    pub(super) n: usize,
}

impl Lines {
    /// Makes room for rows of this width; what they hold is undefined.
    pub(super) fn fit(&mut self, width: usize, n: usize) {
        self.n = n;
        self.stride = width.next_multiple_of(LANES);
        self.values.resize(self.stride * n + 2 * LANES, 0.0);
    }

    /// All that is from there on.
    pub(super) fn from(&self, x: usize, y: usize) -> &[f64] {
        &self.values[y * self.stride + x..]
    }

    pub(super) fn row_mut(&mut self, y: usize) -> &mut [f64] {
        &mut self.values[y * self.stride..][..self.stride]
    }

    /// The picture in `f64`, less an offset, with its outermost pixels repeated once on each side.
    pub(super) fn pad(&mut self, picture: View<'_>, offset: f64) {
        let Size { width, height } = picture.size();
        self.values.clear();
        self.fit(width + 2 + LANES, height + 2);
        for y in 0..height + 2 {
            let from = picture.row(y.saturating_sub(1).min(height - 1));
            let to = &mut self.row_mut(y)[..width + 2];
            for (to, &from) in to[1..].iter_mut().zip(from) {
                *to = f64::from(from) - offset;
            }
            (to[0], to[width + 1]) = (to[1], to[width]);
        }
    }
}

/// A row's products with its neighbours' pixels, and what changes from one window in it to the next.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// f(x) f'(x) and f(x) f'(x + 1) + f(x + 1) f'(x), …
    products: [Vec<f64>; 2],
    /// … what they are more, one window's width on, …
    more: [Vec<f64>; 2],
    /// … and their sum over a window at each whole pixel.
    pub(super) base: Vec<f64>,
}

impl Pairs {
    /// Σ F F' of two rows in every window of `n` pixels at `places` whole pixels.
    pub(super) fn prepare(
        &mut self,
        level: Level,
        (rows, times): ([&[f64]; 2], f64),
        (n, places): (usize, usize),
        weights: &Bilinear,
    ) {
        let length = n + places + 1;
        for products in &mut self.products {
            products.resize(length, 0.0);
        }
        let ([here, beside], rows) = (&mut self.products, rows.map(|row| &row[..length]));
        steps::products_of_neighbours(level, rows, times, [here, &mut beside[..length - 1]]);
        beside[length - 1] = 0.0;
        for (more, products) in self.more.iter_mut().zip(&self.products) {
            more.clear();
            more.resize(places + 3 * LANES, 0.0);
            let [before, after] = [&products[..=places], &products[n..]];
            steps::subtract(level, [before, after], &mut more[..=places]);
        }
        let [here, beside] = &self.products;
        let first = dot(&weights.first_square(), &in_first_window(here, beside, n));
        let [more, beside] = &self.more;
        let step = weights.squares[weights.times()];
        self.base.resize(places + 3 * LANES, 0.0);
        let changes = [more, beside, &more[1..], &beside[1..], &more[2..]];
        accumulate(first, &step[1..], changes, &mut self.base[..places]);
    }

    /// The same of Σ F of one row.
    pub(super) fn prepare_sum(
        &mut self,
        level: Level,
        row: &[f64],
        (n, places): (usize, usize),
        weights: &Bilinear,
    ) {
        let more = &mut self.more[0];
        more.clear();
        more.resize(places + 3 * LANES, 0.0);
        let [before, after] = [&row[..=places], &row[n..n + places + 1]];
        steps::subtract(level, [before, after], &mut more[..=places]);
        let sum = row[..n].iter().sum::<f64>();
        let first = dot(&weights.first_sum(), &[sum, more[0], more[1]]);
        let step = weights.sums[weights.times()];
        self.base.resize(places + 3 * LANES, 0.0);
        accumulate(first, &step[1..], [more, &more[1..], &more[2..]], &mut self.base[..places]);
    }

    pub(super) fn rows(&self) -> [&[f64]; 6] {
        let [more, beside] = &self.more;
        [&self.base, more, beside, &more[1..], &beside[1..], &more[2..]]
    }

    pub(super) fn rows_of_sum(&self) -> [&[f64]; 4] {
        let more = &self.more[0];
        [&self.base, more, &more[1..], &more[2..]]
    }
}

/// Sums of which each is so much more than the one before.
pub(super) fn accumulate<const K: usize>(
    first: f64,
    weights: &[f64],
    changes: [&[f64]; K],
    sums: &mut [f64],
) {
    let mut sum = first;
    for (x, out) in sums.iter_mut().enumerate() {
        *out = sum;
        for (weight, change) in weights.iter().zip(changes) {
            sum += weight * change[x];
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// What the sum of squares over the first window is made of, from products with neighbours at least two pixels beyond it.
pub(super) fn in_first_window(here: &[f64], beside: &[f64], n: usize) -> [f64; 5] {
    let sum = |of: &[f64]| of[..n].iter().sum::<f64>();
    let more = |of: &[f64], i: usize| of[n + i] - of[i];
    [sum(here), sum(beside), more(here, 0), more(beside, 0), more(here, 1)]
}
