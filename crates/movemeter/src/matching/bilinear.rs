//! What bilinear enlargement by a whole number makes of sums over windows: sums over pixels, with weights.
//!
//! Pixel Um + s of a row that is enlarged U times (s < U) lies at m + c of the row, with c = (s + ½)/U − ½, and is
//!
//! ```text
//! F(Um + s) = Σ_d w_s(d) f(m + d)       w_s = (max(−c, 0), 1 − |c|, max(c, 0)) for d = −1, 0, 1
//! ```
//!
//! where f goes on beyond the row's ends with its outermost pixels. So what is summed over a window of n·U pixels of F
//! from UY + q on is summed over pixels of f, with weights that depend on q alone. For the window's t, enlarged to T,
//!
//! ```text
//! Σ_i T(i) F(UY + q + i) = Σ_m t(m) Σ_a k(a) f(Y + m + a)      a = −1, 0, 1, 2
//! ```
//!
//! with weights k of their own for the window's first and last pixel, which T repeats outwards.

/// How far a product reaches: from one pixel before to two after.
pub const TAPS: usize = 4;

/// Weights of a row that is enlarged a whole number of times.
#[derive(Clone, Debug, Default)]
pub struct Bilinear {
    times: usize,
    /// For each step: those of the products with a window's first pixel, with its inner ones, with its last.
    pub products: Vec<[[f64; TAPS]; 3]>,
    /// For each step, and for one pixel, what the sum over a window there is more than at no step: 1, then those of
    /// f(−1), f(0), f(1) at its end less the same at its start.
    pub sums: Vec<[f64; 4]>,
    /// The same of squares: 1, then those of f(−1)², f(−1)f(0), f(0)², f(0)f(1), f(1)².
    pub squares: Vec<[f64; 6]>,
}

impl Bilinear {
    /// Makes them for this many times, if they are not made already.
    pub fn make(&mut self, times: usize) {
        if self.times == times {
            return;
        }
        let of_pixel: Vec<[f64; 3]> = (0..times).map(|s| of_pixel(s, times)).collect();
        self.times = times;
        self.products = (0..times).map(|q| products(q, &of_pixel)).collect();
        self.sums = running(&of_pixel, |[before, here, after]| [1.0, before, here, after]);
        self.squares = running(&of_pixel, |[before, here, after]| {
            [1.0, before * before, before * here, here * here, here * after, after * after]
        });
    }

    /// How many times.
    pub fn times(&self) -> usize {
        self.times
    }

    /// Weights of the sum over the first window: of Σ f(−1) over its pixels, and of what that is more one and two
    /// pixels on than the pixel before.
    pub fn first_sum(&self) -> [f64; 3] {
        let [_, before, here, after] = self.sums[self.times];
        [before + here + after, here + after, after]
    }

    /// The same of squares: of Σ f(−1)², Σ f(−1)f(0), what the one, then the other is more one pixel on, and what the first is more
    /// two on than one on.
    pub fn first_square(&self) -> [f64; 5] {
        let [_, a, b, c, d, e] = self.squares[self.times];
        [a + c + e, b + d, c + e, d, e]
    }
}

/// w_s
fn of_pixel(s: usize, times: usize) -> [f64; 3] {
    let c = (s as f64 + 0.5) / times as f64 - 0.5;
    [(-c).max(0.0), 1.0 - c.abs(), c.max(0.0)]
}

/// Sums of these weights over the first 0, 1, … all steps of a pixel; the first weight stays 1.
fn running<const N: usize>(
    of_pixel: &[[f64; 3]],
    weights: impl Fn([f64; 3]) -> [f64; N],
) -> Vec<[f64; N]> {
    let mut sums = [0.0; N];
    sums[0] = 1.0;
    let mut all = vec![sums];
    for &of in of_pixel {
        for (sum, weight) in sums.iter_mut().zip(weights(of)).skip(1) {
            *sum += weight;
        }
        all.push(sums);
    }
    all
}

/// The weights of products of two rows, the second `q` steps on: of the first pixel, of inner ones, of the last.
fn products(q: usize, of_pixel: &[[f64; 3]]) -> [[f64; TAPS]; 3] {
    let times = of_pixel.len();
    // of_pair[d][e]: of t(m + d − 1) f(Y + m + e − 1).
    let mut of_pair = [[0.0; TAPS]; 3];
    for (s, of_template) in of_pixel.iter().enumerate() {
        let (pixel, step) = ((s + q) / times, (s + q) % times);
        for (of_pair, t) in of_pair.iter_mut().zip(of_template) {
            for (to, f) in of_pair[pixel..].iter_mut().zip(of_pixel[step]) {
                *to += t * f;
            }
        }
    }
    let [before, here, after] = of_pair;
    // The same as weights of f(Y + m + a − 1) with t(m), which is t((m + 1) − 1) and t((m − 1) + 1) too.
    let later = |k: [f64; TAPS]| [0.0, k[0], k[1], k[2]];
    let sooner = |k: [f64; TAPS]| [k[1], k[2], k[3], 0.0];
    let sum = |a: [f64; TAPS], b: [f64; TAPS]| std::array::from_fn(|i| a[i] + b[i]);
    let [with_next, with_last] = [sum(here, later(before)), sum(here, sooner(after))];
    [sum(with_next, before), sum(with_next, sooner(after)), sum(with_last, after)]
}
