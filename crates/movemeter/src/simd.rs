//! The inner loops, compiled once for each CPU level and chosen when they run.
//!
//! Each kernel is a plain loop over rows that the compiler turns into vector code, or written with
//! vectors of a fixed length where it would not. None uses fused multiply–add and all sum in the same
//! order, so **every level gives the same bits**; how many pixels one instruction handles is all that
//! differs.

pub mod reduce;
pub mod levels;
pub mod filter;
pub mod correlate;
pub mod rows;
pub mod fit;
pub mod sample;
pub mod blocks;
pub mod residual;
pub mod lags;
pub mod patch;
pub mod steepest;
pub mod moments;
pub mod spread;
pub mod steps;

pub use blocks::{Blocks, correlate_blocks, find_not_below, highest, products, spread, sum_blocks};
pub use correlate::{Correlation, Precision, correlate, correlate_exactly, n_computed};
pub use fearless_simd::Level;
pub use filter::{antisymmetric, symmetric};
pub use fit::{Fit, FitSums, fit_sums};
pub use lags::{CorrelatedScratch, Lags, correlated_products, lag_products};
pub use levels::{Columns, LevelSums};
pub use moments::{Moments, gradient_moments};
pub use patch::{centred, derivatives, n_derived, smallest, sum_and_max};
pub use reduce::{
    add_scaled, dot, highest_of, max_abs, moments, next_peak, second_and_fourth, sum, triple,
};
pub use residual::{Autocorrelation, MAX_LAG, autocorrelation, gradient_products, residual};
pub use rows::Rows;
pub use sample::{Region, Sampled, sample_line};
pub use spread::spread_both_ways;
pub use steepest::{less, less_template, squares, taken};

/// How many running sums a sum keeps: enough for two vectors of the widest level.
pub const LANES: usize = 16;

/// All levels this CPU offers, the slowest first.
pub fn levels() -> Vec<Level> {
    let best = Level::new();
    let mut levels = Vec::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        levels.extend(best.as_sse2().map(Level::Sse2));
        levels.extend(best.as_sse4_2().map(Level::Sse4_2));
        levels.extend(best.as_avx2().map(Level::Avx2));
        levels.extend(best.as_avx512().map(Level::Avx512));
    }
    if levels.is_empty() {
        levels.push(best);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evenly between −½ and ½, for the tests of all kernels.
    pub(super) fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn there_is_a_level_and_the_best_comes_last() {
        let best = levels().pop().map(|level| format!("{level:?}"));
        assert_eq!(best, Some(format!("{:?}", Level::new())));
    }
}
