//! How much a recording moves, in a few numbers.

use super::correction::{Correction, placement};
use super::placement::Placement;
use crate::geometry::{Displacement, Rect};
use crate::track::{Status, Track};

/// How far the four corners of a window moved from where they were in the reference.
///
/// Only what a [`Correction`] takes out is counted: with the translation alone the angle is not, with the rotation alone the
/// displacement is not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unrest {
    /// Root of the mean square over frames and corners, px; NaN where no frame was measured.
    pub rms_px: f64,
    /// Of the farthest corner in any frame, px.
    pub max_px: f64,
    /// The largest angle to either side in any frame, rad.
    pub max_angle_rad: f64,
    /// How exact that is, by the error bars: root of the mean square error of a corner's place over the frames, px; NaN where one is not
    /// known. A recording that stands still seems to move by this much.
    pub sd_px: f64,
    /// How many frames were measured.
    pub n_measured: usize,
    /// How many could not be, not counting those excluded.
    pub n_lost: usize,
}

/// Motion is more than the error of measuring it from this many error bars on.
const BELIEVED: f64 = 2.0;

impl Unrest {
    /// Whether it is hardly more than the error of measuring it: who takes it out puts that error in.
    pub fn is_noise(&self) -> bool {
        self.rms_px <= BELIEVED * self.sd_px
    }

    /// Of the content of a following window.
    pub fn of(track: &Track, correction: Correction) -> Self {
        let placed = |index| Some((index, placement(track, index)?));
        let placements = (0..track.samples.len()).filter_map(placed);
        let mut unrest = Self::default();
        let (mut sum, mut sum_of_variances) = (0.0, 0.0);
        for (index, placement) in placements {
            let placement = correction.part(placement);
            sum_of_variances += variance(track, index, correction);
            for moved in corners(track.rect, &placement).map(Displacement::length) {
                sum += moved * moved;
                unrest.max_px = unrest.max_px.max(moved);
            }
            unrest.max_angle_rad = unrest.max_angle_rad.max(placement.angle_rad.abs());
            unrest.n_measured += 1;
        }
        let excluded = |sample: &&crate::Sample| sample.status == Status::Excluded;
        let n_excluded = track.samples.iter().filter(excluded).count();
        unrest.n_lost = track.samples.len() - n_excluded - unrest.n_measured;
        unrest.rms_px = (sum / (4 * unrest.n_measured) as f64).sqrt();
        unrest.sd_px = (sum_of_variances / unrest.n_measured as f64).sqrt();
        unrest
    }
}

/// Of the place of a corner, both ways together, px²: as all four are as far from the centre, it is the same for all on the average.
fn variance(track: &Track, index: usize, correction: Correction) -> f64 {
    let covariance = track.samples[index].covariance;
    let of_centre = f64::from(covariance.xx) + f64::from(covariance.yy);
    let sd_angle = track.deformations.get(index).map_or(0.0, |of| f64::from(of.sd_angle_rad));
    let half = |side: usize| (side as f64 - 1.0) / 2.0;
    let of_angle = (sd_angle * half(track.rect.width).hypot(half(track.rect.height))).powi(2);
    match correction {
        Correction::Translation => of_centre,
        Correction::Rotation => of_angle,
        Correction::Both => of_centre + of_angle,
    }
}

/// How far the corners of a rectangle moved.
fn corners(rect: Rect, placement: &Placement) -> [Displacement; 4] {
    let (left, right) = (rect.x as f64, rect.right() as f64 - 1.0);
    let (top, bottom) = (rect.y as f64, rect.bottom() as f64 - 1.0);
    [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| placement.moved(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deformation::Deformation;
    use crate::track::{Covariance, Sample};

    fn track(moved: &[(f64, f64, f64)]) -> Track {
        let sample = |&(dx, dy, _): &(f64, f64, f64)| Sample {
            displacement: Displacement::new(dx, dy),
            ..Sample::reference()
        };
        let turned =
            |&(_, _, angle_rad): &(f64, f64, f64)| Deformation { angle_rad, ..Deformation::NONE };
        Track {
            group: "roi".into(),
            window: 0,
            rect: Rect::new(10, 10, 7, 9),
            samples: moved.iter().map(sample).collect(),
            deformations: moved.iter().map(turned).collect(),
        }
    }

    #[test]
    fn a_shift_moves_all_corners_alike() {
        let unrest = Unrest::of(&track(&[(0.0, 0.0, 0.0), (3.0, -4.0, 0.0)]), Correction::Both);
        assert_eq!((unrest.max_px, unrest.n_measured, unrest.n_lost), (5.0, 2, 0));
        assert!((unrest.rms_px - 12.5f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_turn_moves_corners_by_the_chord_and_only_what_is_taken_out_counts() {
        // Corners lie 5 px from the centre: (±3, ±4).
        let turned = track(&[(30.0, 40.0, 0.2)]);
        let chord = 2.0 * 5.0 * 0.1f64.sin();
        let of = |correction| Unrest::of(&turned, correction);
        assert!((of(Correction::Rotation).max_px - chord).abs() < 1e-12);
        assert_eq!(of(Correction::Rotation).max_angle_rad, 0.2);
        assert_eq!(
            (of(Correction::Translation).max_px, of(Correction::Translation).max_angle_rad),
            (50.0, 0.0)
        );
        let rms = of(Correction::Both).rms_px;
        assert!((rms - chord.hypot(50.0)).abs() < 1e-9, "{rms}");
    }

    #[test]
    fn the_error_bar_is_that_of_a_corner() {
        let mut track = track(&[(1.0, 0.0, 0.0); 2]);
        track.samples[0].covariance = Covariance { xx: 9.0, xy: 1.0, yy: 16.0 };
        track.samples[1].covariance = track.samples[0].covariance;
        track.deformations[0].sd_angle_rad = 2.0;
        let of = |correction| Unrest::of(&track, correction).sd_px;
        assert_eq!(of(Correction::Translation), 5.0);
        // Corners lie 5 px from the centre; in one of two frames the angle is uncertain.
        assert!((of(Correction::Rotation) - 50f64.sqrt()).abs() < 1e-12);
        assert!((of(Correction::Both) - 75f64.sqrt()).abs() < 1e-12);
        // Both frames moved by 1 px, which two error bars of 0.5 px still reach.
        let is_noise = |sd_px| Unrest { rms_px: 1.0, sd_px, ..Unrest::default() }.is_noise();
        assert!(is_noise(0.5) && !is_noise(0.49));
    }

    #[test]
    fn frames_that_are_lost_are_counted_and_excluded_ones_are_not() {
        let mut track = track(&[(1.0, 0.0, 0.0); 4]);
        track.samples[1] = Sample::lost(Status::Excluded);
        track.samples[2] = Sample::lost(Status::LowScore);
        let unrest = Unrest::of(&track, Correction::Translation);
        assert_eq!((unrest.n_measured, unrest.n_lost, unrest.rms_px), (2, 1, 1.0));
    }
}
