//! Sums of errors, and what they say.

use movemeter::{Displacement, Sample};

/// An error larger than this is a wrong match, px.
const WRONG_PX: f64 = 0.5;

/// Errors of x and y together, of windows that are ok.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    pub n_windows: usize,
    pub n_ok: usize,
    pub n_wrong: usize,
    sum: Displacement,
    squares: f64,
    bounds: f64,
    /// Σ e⁴, Σ e² b and Σ b² of squared errors e² and bounds b of the windows.
    fourth: [f64; 3],
    within_one: usize,
    within_two: usize,
}

impl Tally {
    /// Counts a window whose bound, the mean variance of x and y, is known.
    pub fn add(&mut self, sample: &Sample, truth: Displacement, bound: f64) {
        self.n_windows += 1;
        if !sample.is_ok() {
            return;
        }
        let error = sample.displacement - truth;
        self.add_error(error, bound);
        for (error, sd) in [(error.dx, sample.sd_x()), (error.dy, sample.sd_y())] {
            self.within_one += usize::from(error.abs() <= sd);
            self.within_two += usize::from(error.abs() <= 1.96 * sd);
        }
    }

    fn add_error(&mut self, error: Displacement, bound: f64) {
        self.n_ok += 1;
        self.n_wrong += usize::from(WRONG_PX < error.reach());
        self.sum += error;
        let (square, bound) = (error.dx * error.dx + error.dy * error.dy, 2.0 * bound);
        self.squares += square;
        self.bounds += bound;
        self.fourth[0] += square * square;
        self.fourth[1] += square * bound;
        self.fourth[2] += bound * bound;
    }

    pub fn merge(&mut self, other: &Self) {
        self.n_windows += other.n_windows;
        self.n_ok += other.n_ok;
        self.n_wrong += other.n_wrong;
        self.sum += other.sum;
        self.squares += other.squares;
        self.bounds += other.bounds;
        self.fourth.iter_mut().zip(other.fourth).for_each(|(sum, other)| *sum += other);
        self.within_one += other.within_one;
        self.within_two += other.within_two;
    }

    /// Two values, x and y, of each window.
    pub fn n(&self) -> f64 {
        2.0 * self.n_ok as f64
    }

    pub fn rms(&self) -> f64 {
        (self.squares / self.n()).sqrt()
    }

    pub fn bound(&self) -> f64 {
        (self.bounds / self.n()).sqrt()
    }

    pub fn ratio(&self) -> f64 {
        self.rms() / self.bound()
    }

    /// Standard deviation of the ratio: that of a quotient of sums over windows whose errors are
    /// independent, though not equally large.
    pub fn ratio_error(&self) -> f64 {
        let square = self.ratio() * self.ratio();
        let [e4, e2b, b2] = self.fourth;
        let variance = e4 - 2.0 * square * e2b + square * square * b2;
        variance.max(0.0).sqrt() / self.bounds / (2.0 * self.ratio())
    }

    /// The larger mean error of the two axes, px.
    pub fn bias(&self) -> f64 {
        self.sum.reach() / self.n_ok as f64
    }

    pub fn share_ok(&self) -> f64 {
        self.n_ok as f64 / self.n_windows as f64
    }

    /// Parts of the truths within 1 and within 1.96 stated standard deviations.
    pub fn coverage(&self) -> (f64, f64) {
        (self.within_one as f64 / self.n(), self.within_two as f64 / self.n())
    }
}

/// Errors of one axis.
#[derive(Clone, Copy, Default)]
pub struct Mean {
    n: usize,
    sum: f64,
    squares: f64,
}

impl Mean {
    pub fn add(&mut self, error: f64) {
        self.n += 1;
        self.sum += error;
        self.squares += error * error;
    }

    pub fn merge(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    pub fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }

    /// Standard deviation of the mean.
    pub fn uncertainty(&self) -> f64 {
        let n = self.n as f64;
        ((self.squares / n - self.mean().powi(2)) / n).sqrt()
    }
}
