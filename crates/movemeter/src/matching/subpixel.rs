//! Sub-pixel position of a peak from its neighbours' scores.
//!
//! Quick, and known to lean towards whole pixels; the Gauss–Newton fit is the exact way.

use serde::{Deserialize, Serialize};

use super::peak::Candidate;
use super::score::ScoreMap;

/// How the position between pixels is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subpixel {
    /// Gauss–Newton fit of the template on a B-spline of the frame. Exact, with an error bar.
    #[default]
    GaussNewton,
    /// A parabola through three scores in each axis.
    Parabola,
    /// A Gaussian through three scores in each axis.
    Gaussian,
    /// Whole pixels.
    None,
}

impl Subpixel {
    /// Every way, the default first.
    pub const ALL: [Self; 4] = [Self::GaussNewton, Self::Parabola, Self::Gaussian, Self::None];

    /// Its name in recipes and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GaussNewton => "gauss-newton",
            Self::Parabola => "parabola",
            Self::Gaussian => "gaussian",
            Self::None => "none",
        }
    }
}

/// The vertex of the parabola through three scores one pixel apart: its place, −½ to ½, and height.
///
/// ```text
/// offset = (before − after) / 2 (before − 2 peak + after)
/// ```
///
/// Without curvature the place is 0.
pub fn parabola(before: f64, peak: f64, after: f64) -> (f64, f64) {
    let curvature = before - 2.0 * peak + after;
    if 0.0 <= curvature || curvature.is_nan() {
        return (0.0, peak);
    }
    let offset = (0.5 * (before - after) / curvature).clamp(-0.5, 0.5);
    (offset, peak - 0.25 * (before - after) * offset)
}

/// Place of the maximum of the Gaussian through three scores: the parabola through their logarithms.
///
/// A score that is not positive has no logarithm; then the parabola through the scores is taken.
pub fn gaussian(before: f64, peak: f64, after: f64) -> f64 {
    if before <= 0.0 || peak <= 0.0 || after <= 0.0 {
        return parabola(before, peak, after).0;
    }
    parabola(before.ln(), peak.ln(), after.ln()).0
}

/// The scores left, at and right of a position, and above, at and below it.
///
/// Beyond the map's border, and where the frame is flat, a neighbour counts like the opposite one:
/// there is no sign which way the peak leans.
pub fn neighbours(map: &ScoreMap, at: Candidate) -> [[f64; 3]; 2] {
    let Candidate { u, v, .. } = at;
    let size = map.size();
    let across =
        ((0 < u).then(|| map.at(u - 1, v)), (u + 1 < size.width).then(|| map.at(u + 1, v)));
    let down = ((0 < v).then(|| map.at(u, v - 1)), (v + 1 < size.height).then(|| map.at(u, v + 1)));
    [across, down].map(|(before, after)| {
        let known = |score: Option<f32>| score.filter(|score| score.is_finite());
        let (before, after) = (known(before), known(after));
        let peak = at.score;
        let [before, after] = [before.or(after), after.or(before)];
        [before.unwrap_or(peak), peak, after.unwrap_or(peak)].map(f64::from)
    })
}

/// The height of the peak between the pixels, by parabolas in both axes.
pub fn height(map: &ScoreMap, at: Candidate) -> f64 {
    let peak = f64::from(at.score);
    let rise = |[before, peak, after]: [f64; 3]| parabola(before, peak, after).1 - peak;
    peak + neighbours(map, at).map(rise).iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_found_exactly() {
        let score = |x: f64| 0.9 - 0.3 * (x - 0.2).powi(2);
        let (offset, height) = parabola(score(-1.0), score(0.0), score(1.0));
        assert!((offset - 0.2).abs() < 1e-12 && (height - 0.9).abs() < 1e-12);
    }

    #[test]
    fn a_gaussian_is_found_exactly_and_the_parabola_leans_to_the_pixel() {
        let score = |x: f64| (-0.5 * (x - 0.3).powi(2)).exp();
        assert!((gaussian(score(-1.0), score(0.0), score(1.0)) - 0.3).abs() < 1e-12);
        let leaning = parabola(score(-1.0), score(0.0), score(1.0)).0;
        assert!((0.2..0.29).contains(&leaning));
    }

    #[test]
    fn scores_that_are_not_positive_fall_back_to_the_parabola() {
        assert_eq!(gaussian(-0.1, 0.5, 0.2), parabola(-0.1, 0.5, 0.2).0);
    }

    #[test]
    fn a_plateau_stays_on_its_pixel() {
        assert_eq!(parabola(0.5, 0.5, 0.5), (0.0, 0.5));
    }

    #[test]
    fn at_the_border_the_peak_leans_to_no_side() {
        use crate::geometry::Size;
        let mut map = ScoreMap::default();
        map.fill(Size::new(3, 3), Size::new(1, 1), |u, v| 1.0 - 0.1 * (u + v) as f32);
        let at = Candidate { u: 0, v: 0, score: 1.0 };
        let [across, _] = neighbours(&map, at);
        assert_eq!(across[0], across[2]);
        assert_eq!(height(&map, at), 1.0);
    }
}
