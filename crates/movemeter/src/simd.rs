//! The inner loops, compiled once for each CPU level and chosen when they run.
//!
//! Each kernel is a plain loop over rows that the compiler turns into vector code. None uses fused
//! multiply–add and all sum in the same order, so **every level gives the same bits**; how many
//! pixels one instruction handles is all that differs.

pub mod reduce;
pub mod filter;
pub mod correlate;
pub mod fit;

pub use correlate::{Correlation, Precision, correlate, correlate_exactly, n_computed};
pub use fearless_simd::Level;
pub use filter::{antisymmetric, symmetric};
pub use fit::{Fit, FitSums, fit_sums, residual};
pub use reduce::{add_scaled, dot, max_abs, moments, sum};

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
