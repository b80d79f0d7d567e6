//! What a score is worth: how high texture scores that has nothing to do with the template, and how
//! far noise alone can part two places that match equally well.

use super::template::Roughness;

/// Standard deviations above the highest score that chance is expected to give somewhere in the search.
const BEYOND_CHANCE: f64 = 1.5;
/// A score above this is a match, not chance, if the window has a few independent details, …
const SURELY_ALIKE: f64 = 0.9;
/// A few.
const A_FEW: f64 = 3.0;
/// Scores nearer than this may differ by the rounding of grey levels, or of sums, alone.
const ROUNDED: f64 = 1e-3;
/// Standard deviations between a peak and its slope that noise does not explain: there are more places on
/// the slope than one, and the highest is asked.
const BEYOND_SLOPE: f64 = 4.0;
/// Standard deviations between two peaks that noise does not explain.
const BEYOND_NOISE: f64 = 3.0;

/// The template's roughness without the share that is noise.
///
/// At score ρ a part 1 − ρ of the template's contrast is noise, whose gradient has `noise_gradient`
/// times its variance.
pub fn without_noise(roughness: Roughness, score: f64, noise_gradient: f64) -> Roughness {
    let score = score.clamp(0.05, 1.0);
    let noise = (1.0 - score) * noise_gradient;
    // A tenth of the measured roughness remains in any case: the correction is an estimate.
    let signal = |all: f64| ((all - noise) / score).max(0.1 * all);
    let (xx, yy) = (signal(roughness.xx), signal(roughness.yy));
    let limit = (xx * yy).sqrt();
    Roughness { xx, xy: (roughness.xy / score).clamp(-limit, limit), yy }
}

/// The score that unrelated texture is not expected to pass anywhere among `n_positions`.
///
/// Fisher's z = artanh(score) of unrelated patches with n independent details has variance
/// 1/(n − 3) (R. A. Fisher 1915); the highest of m draws lies near √(2 ln m) standard deviations.
pub fn chance_level(roughness: Roughness, area: usize, n_positions: usize) -> f64 {
    let n_independent = roughness.n_independent(area);
    let n_places = n_positions as f64 * n_independent / area as f64;
    let z = (2.0 * n_places.max(1.0).ln()).sqrt() + BEYOND_CHANCE;
    let level = |n: f64| (z / (n - 3.0).max(1.0).sqrt()).tanh();
    // … and the fewer the nearer to 1: a mere slope is like any other.
    let surely = 1.0 - (1.0 - SURELY_ALIKE) * (n_independent / A_FEW).min(1.0).powi(3);
    // A window of a few pixels finds its like anywhere, whatever its texture.
    level(n_independent).min(surely).max(level(area as f64))
}

/// How much lower a second peak may be, by noise alone, than a first of this score.
///
/// Noise in both frames moves each score by about √((1 − score²)/n) for n pixels of white noise; what
/// smoothing leaves counts as `noise_area` < 1 of them. Equals stay equals when they are rounded. `rise` is what the first peak gained by
/// interpolation between pixels: the heights are not known better than to a tenth of that.
pub fn indistinct(score: f64, rise: f64, area: usize, noise_area: f64) -> f64 {
    let n = area as f64 * noise_area;
    BEYOND_NOISE * (2.0 * (1.0 - score * score).max(0.0) / n).sqrt() + 0.1 * rise + ROUNDED
}

/// How much lower, by noise alone, a score on the slope of the peak may be than the peak's, where the
/// template still has this likeness to itself.
///
/// What both places have in common moves both scores alike; what is left is 1 − likeness of it, and the
/// noise of the template times that of the frame, which is another in each place.
pub fn indistinct_on_slope(score: f64, likeness: f64, area: usize, noise_area: f64) -> f64 {
    let n = area as f64 * noise_area;
    let apart = (1.0 - score * score).max(0.0) * (1.0 - likeness);
    let noise = (1.0 - score).max(0.0).powi(2);
    BEYOND_SLOPE * (2.0 * (apart + noise) / n).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECKLE: Roughness = Roughness { xx: 0.125, xy: 0.0, yy: 0.125 };

    #[test]
    fn a_larger_window_needs_a_lower_score_to_be_beyond_chance() {
        let level = |area| chance_level(SPECKLE, area, 441);
        assert!(level(16 * 16) > level(32 * 32) && level(32 * 32) > level(128 * 128));
        assert!((0.4..0.7).contains(&level(32 * 32)), "{}", level(32 * 32));
    }

    #[test]
    fn a_longer_search_needs_a_higher_score() {
        let level = |n| chance_level(SPECKLE, 32 * 32, n);
        assert!(level(1_000_000) > level(441));
    }

    #[test]
    fn a_window_of_a_few_pixels_is_never_surely_alike() {
        assert!(chance_level(SPECKLE, 4, 441) > 0.98);
        assert!(chance_level(SPECKLE, 64, 441) <= 0.999);
        let coarse = Roughness { xx: 0.03, xy: 0.0, yy: 0.03 };
        assert!(chance_level(SPECKLE, 64, 441) < chance_level(coarse, 64, 441));
    }

    #[test]
    fn noise_is_taken_off_the_roughness_but_never_all_of_it() {
        let clean = without_noise(SPECKLE, 1.0, 0.7);
        assert!((clean.xx - SPECKLE.xx).abs() < 1e-12);
        let noisy = without_noise(SPECKLE, 0.9, 0.7);
        assert!(noisy.xx < SPECKLE.xx && 0.0 < noisy.xx);
        assert!((without_noise(SPECKLE, 0.2, 0.7).xx - 0.0125).abs() < 1e-12);
    }

    #[test]
    fn equal_peaks_are_indistinct_and_noise_widens_what_is() {
        assert_eq!(indistinct(1.0, 0.0, 1024, 1.0), ROUNDED);
        assert!(indistinct(0.8, 0.0, 1024, 1.0) > indistinct(0.95, 0.0, 1024, 1.0));
    }
}
