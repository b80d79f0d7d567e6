//! One bright spot, integrated over pixels.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Spots are drawn to this many of their standard deviations; beyond, nothing is seen at 16 bit.
pub(super) const REACH: f64 = 5.5;

/// A Gaussian spot: its centre in the pattern, px, its height, and its standard deviation, px.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) strength: f64,
    pub(super) radius_px: f64,
}

impl Spot {
    /// The first pixel of the line it reaches, and its integral over each pixel from there on.
    pub(super) fn profile(&self, centre: f64, n: usize) -> (usize, Vec<f64>) {
        let reach = REACH * self.radius_px;
        let first = (centre - reach).ceil().clamp(0.0, n as f64) as usize;
        let last = (centre + reach).floor().clamp(-1.0, n as f64 - 1.0) as isize;
        let up_to = |edge: f64| 0.5 * erf((edge - centre) * FRAC_1_SQRT_2 / self.radius_px);
        let scale = TAU.sqrt() * self.radius_px;
        let integral = |i: isize| scale * (up_to(i as f64 + 0.5) - up_to(i as f64 - 0.5));
        (first, (first as isize..=last).map(integral).collect())
    }
}

/// The error function to 1.2e-7 of its complement (W. H. Press et al., Numerical Recipes, `erfc`
/// by Chebyshev fit): the profile's shape, not its place, carries the error.
fn erf(x: f64) -> f64 {
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.5 * z);
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let polynomial = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let complement = t * (polynomial - z * z).exp();
    if x < 0.0 { complement - 1.0 } else { 1.0 - complement }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centre_of_a_spot_moves_as_far_as_told() {
        let centre = |by: f64| {
            let spot = Spot { x: 0.0, y: 0.0, strength: 1.0, radius_px: 2.0 };
            let (first, profile) = spot.profile(20.0 + by, 48);
            let weight: f64 = profile.iter().sum();
            let moment: f64 =
                profile.iter().enumerate().map(|(i, value)| (first + i) as f64 * value).sum();
            moment / weight
        };
        for by in [0.0, 0.1, 0.37, 0.5, 1.9] {
            assert!((centre(by) - 20.0 - by).abs() < 1e-5, "{by}: {}", centre(by));
        }
    }
}
