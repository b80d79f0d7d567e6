//! Sub-pixel position of a peak from its neighbours' scores.
//!
//! Quick, and known to lean towards whole pixels; the Gauss–Newton fit is the exact way.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::enlargement::Enlargement;
use super::peak::Candidate;
use super::score::ScoreMap;
use crate::error::Error;
use crate::geometry::Size;

/// How the position between pixels is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(extend("anyOf" = [
    { "enum": ["gauss-newton", "parabola", "gaussian", "none", "resize:2"] },
    // From 0.1 to 32.
    { "pattern": r"^resize:(0\.[1-9]\d*|([1-9]|[12]\d|3[01])(\.\d+)?|32(\.0+)?)$" },
]))]
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
    /// Whole pixels of both pictures enlarged: what users of OpenCV do. Steps of 1/U px, a bias of up
    /// to half a step, no error bar, and many times the time; to compare with results of old.
    Resize(Enlargement),
}

impl Subpixel {
    /// Every way, the default first; enlarging twice stands for all enlargements.
    pub const ALL: [Self; 5] = [
        Self::GaussNewton,
        Self::Parabola,
        Self::Gaussian,
        Self::None,
        Self::Resize(Enlargement::TWO),
    ];

    /// Its name in recipes and on the command line, where an enlargement adds its factor.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GaussNewton => "gauss-newton",
            Self::Parabola => "parabola",
            Self::Gaussian => "gaussian",
            Self::None => "none",
            Self::Resize(_) => "resize",
        }
    }

    /// How many times both pictures are enlarged before they are matched.
    pub const fn enlargement(self) -> Option<Enlargement> {
        match self {
            Self::Resize(enlargement) => Some(enlargement),
            Self::GaussNewton | Self::Parabola | Self::Gaussian | Self::None => None,
        }
    }
}

impl fmt::Display for Subpixel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resize(enlargement) => write!(f, "{}:{enlargement}", self.as_str()),
            Self::GaussNewton | Self::Parabola | Self::Gaussian | Self::None => {
                f.pad(self.as_str())
            }
        }
    }
}

impl From<Subpixel> for String {
    fn from(subpixel: Subpixel) -> Self {
        subpixel.to_string()
    }
}

impl TryFrom<String> for Subpixel {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl FromStr for Subpixel {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let found = match text.split_once(':') {
            Some(("resize", factor)) => factor.parse().ok().map(Self::Resize),
            Some(_) => None,
            None => Self::ALL.into_iter().find(|way| way.to_string() == text),
        };
        found.ok_or_else(|| Error::Setting {
            name: "subpixel",
            value: format!("{text:?}"),
            allowed: format!(
                "gauss-newton, parabola, gaussian, none, or resize:U with U from {} to {}, as in \
                 resize:2.5",
                Enlargement::MIN,
                Enlargement::MAX
            ),
        })
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

/// Where the top of a hill is, from its highest pixel: of the Gaussian through the scores around it.
///
/// `score` gives that of a position so far from the highest, `None` beyond the border. With l = ln score,
///
/// ```text
/// d = −H⁻¹ g      g, H: first and second central differences of l
/// ```
///
/// Where scores are lacking or have no logarithm, each axis for itself.
pub fn lean(score: impl Fn(isize, isize) -> Option<f64>) -> [f64; 2] {
    let here = score(0, 0).unwrap_or(0.0);
    let log = |dx, dy| score(dx, dy).filter(|&score| 0.0 < score).map(f64::ln);
    let both_ways = || {
        let [west, east, north, south] = [log(-1, 0)?, log(1, 0)?, log(0, -1)?, log(0, 1)?];
        let (x, y, middle) = (0.5 * (east - west), 0.5 * (south - north), log(0, 0)?);
        let (xx, yy) = (east - 2.0 * middle + west, south - 2.0 * middle + north);
        let xy = 0.25 * (log(1, 1)? - log(1, -1)? - log(-1, 1)? + log(-1, -1)?);
        let determinant = xx * yy - xy * xy;
        let is_hill = xx < 0.0 && LEAST_ROUND * xx * yy < determinant;
        let top = [(xy * y - yy * x) / determinant, (xy * x - xx * y) / determinant];
        is_hill.then(|| top.map(|way| way.clamp(-MAX_LEAN_PX, MAX_LEAN_PX)))
    };
    both_ways().unwrap_or_else(|| {
        let along = |before: Option<f64>, after: Option<f64>| {
            let (before, after) = (before.or(after), after.or(before));
            gaussian(before.unwrap_or(here), here, after.unwrap_or(here))
        };
        [along(score(-1, 0), score(1, 0)), along(score(0, -1), score(0, 1))]
    })
}

/// The same in a map.
pub fn lean_of(map: &ScoreMap, Candidate { u, v, .. }: Candidate) -> [f64; 2] {
    let Size { width, height } = map.size();
    lean(|dx, dy| {
        let (u, v) = (u.wrapping_add_signed(dx), v.wrapping_add_signed(dy));
        (u < width && v < height).then(|| f64::from(map.at(u, v)))
    })
}

/// Of a hill that is longer than it is wide, the top lies no farther than this from the highest pixel, px.
const MAX_LEAN_PX: f64 = 0.75;
/// How round a hill is at least, as the determinant of H over the product of its diagonal.
const LEAST_ROUND: f64 = 0.1;

/// The scores left, at and right of a position, and above, at and below it.
pub type Neighbours = [[f64; 3]; 2];

/// Between pixels a hill is at most so much higher than at its highest pixel: as much as one of spots of 1 px that
/// lies in the middle of four pixels.
pub const MAX_RISE: f64 = 0.1;

/// The scores around a position.
///
/// Beyond the map's border, and where the frame is flat, a neighbour counts like the opposite one:
/// there is no sign which way the peak leans.
pub fn neighbours(map: &ScoreMap, at: Candidate) -> Neighbours {
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
    peak + neighbours(map, at).map(rise).iter().sum::<f64>().min(MAX_RISE)
}

/// How high the hill still is on a ring around the best: the highest score at positions `reach` away from
/// it across or down, between positions too; and where.
///
/// `None` if all of the ring is outside the map.
pub fn on_ring(map: &ScoreMap, best: Candidate, reach: usize) -> Option<(f64, [isize; 2])> {
    let reach = reach as isize;
    let at = |du: isize, dv: isize| -> Option<f64> {
        let u = best.u.checked_add_signed(du).filter(|&u| u < map.size().width)?;
        let v = best.v.checked_add_signed(dv).filter(|&v| v < map.size().height)?;
        Some(f64::from(map.at(u, v))).filter(|score| score.is_finite())
    };
    let mut highest: Option<(f64, [isize; 2])> = None;
    for along in -reach..=reach {
        for [du, dv] in [[along, -reach], [along, reach], [-reach, along], [reach, along]] {
            let Some(score) = at(du, dv) else { continue };
            // Along its side of the ring; at the corners there are two, and none is needed.
            let [eu, ev] = if dv.abs() == reach { [1, 0] } else { [0, 1] };
            let height = match (at(du - eu, dv - ev), at(du + eu, dv + ev)) {
                (Some(before), Some(after)) if along.abs() < reach => {
                    parabola(before, score, after).1.min(score + 0.5 * MAX_RISE)
                }
                _ => score,
            };
            if highest.is_none_or(|(highest, _)| highest < height) {
                highest = Some((height, [du, dv]));
            }
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn every_way_is_read_as_it_was_written() {
        let half = Enlargement::new(0.5).unwrap();
        for way in Subpixel::ALL.into_iter().chain([Subpixel::Resize(half)]) {
            let text = serde_json::to_string(&way).unwrap();
            assert_eq!(serde_json::from_str::<Subpixel>(&text).unwrap(), way, "{text}");
        }
        assert_eq!(Subpixel::Resize(half).to_string(), "resize:0.5");
        assert_eq!(serde_json::to_string(&Subpixel::GaussNewton).unwrap(), "\"gauss-newton\"");
    }

    #[test]
    fn a_way_that_is_not_known_or_enlarges_too_much_is_refused() {
        for wrong in
            ["best", "resize", "resize:", "resize:0", "resize:33", "resize:x", "none:2", ""]
        {
            let said = wrong.parse::<Subpixel>().err().map(|error| error.to_string());
            let says = said.as_ref().is_some_and(|said| {
                said.contains("resize:U with U from 0.1 to 32") && said.contains("gauss-newton")
            });
            assert!(says, "{wrong}: {said:?}");
        }
    }

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
        let mut map = ScoreMap::default();
        map.fill(Size::new(3, 3), Size::new(1, 1), |u, v| 1.0 - 0.1 * (u + v) as f32);
        let at = Candidate { u: 0, v: 0, score: 1.0 };
        let [across, _] = neighbours(&map, at);
        assert_eq!(across[0], across[2]);
        assert_eq!(height(&map, at), 1.0);
    }

    #[test]
    fn a_ridge_is_as_high_on_the_ring_as_at_its_best_whichever_way_it_runs() {
        for (across, along) in [((1.0, 0.0), 0), ((0.8, 0.6), 1), ((0.6, -0.8), 2)] {
            let mut map = ScoreMap::default();
            map.fill(Size::new(21, 17), Size::new(1, 1), |u, v| {
                let off = across.0 * (u as f64 - 10.0) + across.1 * (v as f64 - 8.0);
                (0.9 * (-0.1 * off * off).exp()) as f32
            });
            let (height, _) = on_ring(&map, Candidate { u: 10, v: 8, score: 0.9 }, 3).unwrap();
            assert!(0.89 < height, "{along}: {height}");
        }
        let mut map = ScoreMap::default();
        map.fill(Size::new(21, 17), Size::new(1, 1), |u, v| {
            let square = (u as f64 - 5.0).powi(2) + (v as f64 - 6.0).powi(2);
            (0.9 * (-0.25 * square).exp()) as f32
        });
        let hill = on_ring(&map, Candidate { u: 5, v: 6, score: 0.9 }, 3).unwrap();
        assert!(hill.0 < 0.1, "{hill:?}");
    }
}
