//! Random numbers that are the same everywhere and for ever.

use std::f64::consts::TAU;

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers in every version of this crate.
pub struct Random {
    state: u64,
    spare: Option<f64>,
}

impl Random {
    /// A stream of numbers; each (seed, stream) is another.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), spare: None };
        random.state = random.next() ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Poisson with this mean: exactly (Knuth 1969) up to 50, above it a normal number of
    /// the same mean and variance, rounded; 0 for a mean of 0 or below.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            return 0.0;
        }
        if EXACT_MEAN < mean {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let limit = (-mean).exp();
        let (mut count, mut product) = (0.0, self.uniform());
        while limit < product {
            count += 1.0;
            product *= self.uniform();
        }
        count
    }
}

/// Above this many electrons the normal number's missing skewness, 1/√mean, is below a seventh.
pub const EXACT_MEAN: f64 = 50.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_numbers_have_their_mean_as_variance() {
        for mean in [0.3, 4.0, 49.0, 51.0, 2000.0] {
            let mut random = Random::new(3, 0);
            let n = 40_000;
            let counts: Vec<f64> = (0..n).map(|_| random.poisson(mean)).collect();
            assert!(counts.iter().all(|count| count.fract() == 0.0 && 0.0 <= *count));
            let found = counts.iter().sum::<f64>() / f64::from(n);
            let variance =
                counts.iter().map(|count| (count - found).powi(2)).sum::<f64>() / f64::from(n);
            // 40,000 draws know the mean to √(mean / 40,000), the variance to 0.7 % at best; five of each.
            assert!((found - mean).abs() < 5.0 * (mean / f64::from(n)).sqrt(), "{mean}: {found}");
            let spread = (2.0 + 1.0 / mean).sqrt() * mean / f64::from(n).sqrt();
            assert!((variance - mean).abs() < 5.0 * spread, "{mean}: {variance}");
        }
    }
}
