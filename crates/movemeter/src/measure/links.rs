//! One displacement out of several that were measured on different ways.

use crate::geometry::Displacement;
use crate::matching::matrix2::Matrix2;
use crate::track::{Covariance, Sample};

/// The fit itself does not settle closer, px²: frames that are equal are not surer than this.
const SETTLED: f64 = 1e-10;
/// A way whose variance is more than this times the best one's tells less than a fifth as much: it is
/// left out, and the uncertainty stays that of the good ones.
const WORTH: f64 = 4.0;

/// Displacements of one window in one frame, weighted by the inverse of their covariances:
///
/// ```text
/// d = C/n · Σ Cᵢ⁻¹ dᵢ      C = n (Σ Cᵢ⁻¹)⁻¹
/// ```
///
/// C is the harmonic mean, not the n times smaller covariance of independent measurements: the ways
/// share frames, and their errors with them. It holds however the errors depend on each other (covariance
/// intersection with equal weights; S. J. Julier & J. K. Uhlmann, Proc. American Control Conf. 1997).
/// Where covariances are not known, unexplained contrast (1 − score) takes their place as weight.
pub(super) fn combined(ways: &[Sample]) -> Option<(Displacement, Covariance)> {
    let is_known = ways.iter().all(|way| !way.covariance.xx.is_nan());
    let variance = |way: &Sample| match is_known {
        true => of(way.covariance),
        false => {
            let unexplained = (1.0 - f64::from(way.score)).max(0.0) + SETTLED;
            Matrix2 { xx: unexplained, xy: 0.0, yx: 0.0, yy: unexplained }
        }
    };
    let best = ways.iter().map(|way| variance(way).largest()).fold(f64::INFINITY, f64::min);
    let worth = ways.iter().filter(|way| variance(way).largest() <= WORTH * best);
    let (mut sum, mut weights, mut n) = ((0.0, 0.0), Matrix2::default(), 0);
    for way in worth {
        let weight = variance(way).inverse()?;
        let (x, y) = weight.times(way.displacement.dx, way.displacement.dy);
        sum = (sum.0 + x, sum.1 + y);
        weights = weights.plus(weight);
        n += 1;
    }
    let inverse = weights.inverse()?;
    let (dx, dy) = inverse.times(sum.0, sum.1);
    let covariance = if is_known { times(f64::from(n), inverse) } else { Covariance::UNKNOWN };
    Some((Displacement::new(dx, dy), covariance))
}

fn of(covariance: Covariance) -> Matrix2 {
    let Covariance { xx, xy, yy } = covariance;
    let xy = f64::from(xy);
    Matrix2 { xx: f64::from(xx) + SETTLED, xy, yx: xy, yy: f64::from(yy) + SETTLED }
}

fn times(n: f64, of: Matrix2) -> Covariance {
    Covariance { xx: (n * of.xx) as f32, xy: (n * of.xy) as f32, yy: (n * of.yy) as f32 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
mod tests {
    use super::*;
    use crate::track::Status;

    fn way(dx: f64, dy: f64, xx: f32, yy: f32) -> Sample {
        Sample {
            displacement: Displacement::new(dx, dy),
            covariance: Covariance { xx, xy: 0.0, yy },
            score: 0.9,
            status: Status::Ok,
        }
    }

    #[test]
    fn each_direction_goes_by_the_way_that_knows_it() {
        // Both count, as neither is worse in its worst direction.
        let (d, covariance) =
            combined(&[way(1.0, 5.0, 1e-4, 1e-1), way(9.0, 2.0, 1e-1, 1e-4)]).unwrap();
        assert!((d - Displacement::new(1.0, 2.0)).reach() < 0.01, "weights are 1000 to 1: {d:?}");
        assert!((covariance.xx / 2e-4 - 1.0).abs() < 0.01, "{covariance:?}");
    }

    #[test]
    fn two_equal_ways_are_no_surer_than_one() {
        let (d, covariance) =
            combined(&[way(1.0, 0.0, 1e-4, 1e-4), way(2.0, 0.0, 1e-4, 1e-4)]).unwrap();
        assert!((d.dx - 1.5).abs() < 1e-9);
        assert!((covariance.xx / 1e-4 - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_way_that_knows_little_is_left_out() {
        let sure = way(1.0, 0.0, 1e-4, 1e-4);
        let both = combined(&[sure, way(50.0, 0.0, 1e-3, 1e-3)]).unwrap();
        assert_eq!(both, combined(&[sure]).unwrap());
    }

    #[test]
    fn without_covariances_the_scores_are_weights_and_the_uncertainty_stays_unknown() {
        let unknown =
            |dx, score| Sample { covariance: Covariance::UNKNOWN, score, ..way(dx, 0.0, 0.0, 0.0) };
        let (d, covariance) = combined(&[unknown(1.0, 0.9), unknown(2.0, 0.7)]).unwrap();
        assert!((d.dx - 1.25).abs() < 1e-6, "{d:?}");
        assert!(covariance.xx.is_nan());
    }

    #[test]
    fn equal_frames_are_combined_too() {
        let (d, _) = combined(&[way(1.0, -2.0, 0.0, 0.0)]).unwrap();
        assert!((d - Displacement::new(1.0, -2.0)).reach() < 1e-9);
        assert_eq!(combined(&[]), None);
    }
}
