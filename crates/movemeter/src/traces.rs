//! Curves over time: what of a window's motion is looked at, and what the windows of a group have in common.

use crate::track::{Sample, Track, Tracks};

/// What of a window is looked at over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Displacement to the right, px.
    X,
    /// Displacement down, px.
    Y,
    /// Length of the displacement, px.
    Magnitude,
    /// How far the content turned, degrees, clockwise on the screen.
    Angle,
    /// Mean brightness, as its mode has it.
    Brightness,
}

impl Quantity {
    /// All, in the order documented.
    pub const ALL: [Self; 5] = [Self::X, Self::Y, Self::Magnitude, Self::Angle, Self::Brightness];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::Y => "y",
            Self::Magnitude => "magnitude",
            Self::Angle => "angle",
            Self::Brightness => "brightness",
        }
    }

    /// Whether it is a length in the frame.
    pub const fn is_length(self) -> bool {
        matches!(self, Self::X | Self::Y | Self::Magnitude)
    }
}

/// One value per frame with its standard deviation; NaN where it was not measured, or is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// The values.
    pub values: Vec<f64>,
    /// Their errors' standard deviations.
    pub sd: Vec<f64>,
}

/// What of one window was measured.
pub fn curve(tracks: &Tracks, window: usize, quantity: Quantity) -> Curve {
    let track = &tracks[window];
    let n_frames = tracks.n_frames();
    let unknown = || vec![f64::NAN; n_frames];
    let of_samples = |value: fn(&Sample) -> f64| track.samples.iter().map(value).collect();
    match quantity {
        Quantity::X => Curve { values: track.dx().collect(), sd: of_samples(Sample::sd_x) },
        Quantity::Y => Curve { values: track.dy().collect(), sd: of_samples(Sample::sd_y) },
        Quantity::Magnitude => Curve {
            values: of_samples(|sample| sample.displacement.length()),
            sd: of_samples(sd_of_length),
        },
        Quantity::Angle => angle(track, n_frames),
        Quantity::Brightness => Curve {
            values: match &tracks.brightness {
                Some(brightness) => brightness.means(window).collect(),
                None => unknown(),
            },
            sd: unknown(),
        },
    }
}

fn angle(track: &Track, n_frames: usize) -> Curve {
    let degrees = |index: usize| track.angle_rad(index).map_or(f64::NAN, f64::to_degrees);
    let sd = |index: usize| {
        let of = track.deformations.get(index);
        of.map_or(f64::NAN, |of| f64::from(of.sd_angle_rad).to_degrees())
    };
    Curve { values: (0..n_frames).map(degrees).collect(), sd: (0..n_frames).map(sd).collect() }
}

/// Standard deviation of the length of a displacement, px, to first order:
///
/// ```text
/// σ² = (dx² σxx + 2 dx dy σxy + dy² σyy) / (dx² + dy²)
/// ```
///
/// Where nothing moved there is no direction to take it in: the mean of all directions is given.
pub fn sd_of_length(sample: &Sample) -> f64 {
    let (of, moved) = (sample.covariance, sample.displacement);
    let (xx, xy, yy) = (f64::from(of.xx), f64::from(of.xy), f64::from(of.yy));
    let squared = moved.dx * moved.dx + moved.dy * moved.dy;
    if squared == 0.0 {
        return (0.5 * (xx + yy)).sqrt();
    }
    let along =
        moved.dx * moved.dx * xx + 2.0 * moved.dx * moved.dy * xy + moved.dy * moved.dy * yy;
    (along / squared).sqrt()
}

/// The mean of several curves in each frame, over those that have a value there; NaN where none has.
///
/// Of curves of magnitude it is the mean of the magnitudes, which does not care for directions.
pub fn mean(curves: &[Curve]) -> Vec<f64> {
    over_curves(curves, |values| values.iter().sum::<f64>() / values.len() as f64)
}

/// The standard deviation among several curves in each frame; NaN where fewer than two have a value.
pub fn spread(curves: &[Curve]) -> Vec<f64> {
    over_curves(curves, |values| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
        (squares / (n - 1.0)).sqrt()
    })
}

/// The value below which this part (0 to 1) of several curves lies in each frame, between ranks by straight lines.
pub fn percentile(curves: &[Curve], part: f64) -> Vec<f64> {
    over_curves(curves, |values| {
        values.sort_by(f64::total_cmp);
        let rank = part * (values.len() - 1) as f64;
        let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
        values[below] + (rank - below as f64) * (values[above] - values[below])
    })
}

/// Something of the values that there are in each frame; NaN where there is none.
fn over_curves(curves: &[Curve], of: impl Fn(&mut Vec<f64>) -> f64) -> Vec<f64> {
    let n_frames = curves.first().map_or(0, |curve| curve.values.len());
    let mut values = Vec::with_capacity(curves.len());
    let in_frame = |frame: usize| {
        values.clear();
        values.extend(curves.iter().map(|curve| curve.values[frame]).filter(|v| !v.is_nan()));
        if values.is_empty() { f64::NAN } else { of(&mut values) }
    };
    (0..n_frames).map(in_frame).collect()
}

/// The length of the mean displacement of some windows in each frame, px: the "destructive" mean, in which what
/// moves apart cancels. Over windows measured in that frame; NaN where there is none.
pub fn length_of_mean(tracks: &Tracks, windows: &[usize]) -> Vec<f64> {
    let of = |quantity| {
        let curves: Vec<Curve> =
            windows.iter().map(|&window| curve(tracks, window, quantity)).collect();
        mean(&curves)
    };
    of(Quantity::X).into_iter().zip(of(Quantity::Y)).map(|(x, y)| x.hypot(y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Displacement, Rect};
    use crate::track::{Covariance, Stamp, Status};

    const NAN: f64 = f64::NAN;

    fn tracks(windows: &[&[(f64, f64)]]) -> Tracks {
        let sample = |&(dx, dy): &(f64, f64)| match dx.is_nan() {
            true => Sample::lost(Status::Flat),
            false => Sample {
                displacement: Displacement::new(dx, dy),
                covariance: Covariance { xx: 0.04, xy: 0.0, yy: 0.01 },
                ..Sample::reference()
            },
        };
        let track = |(window, samples): (usize, &&[(f64, f64)])| Track {
            group: "roi".into(),
            window,
            rect: Rect::new(0, 0, 8, 8),
            samples: samples.iter().map(sample).collect(),
            deformations: Vec::new(),
        };
        let stamp = |number| Stamp { number, time_s: NAN };
        Tracks {
            stamps: (0..windows[0].len()).map(stamp).collect(),
            tracks: windows.iter().enumerate().map(track).collect(),
            ..Tracks::default()
        }
    }

    #[test]
    fn magnitudes_are_averaged_apart_from_directions() {
        let tracks = tracks(&[&[(3.0, 4.0), (1.0, 0.0)], &[(-3.0, -4.0), (NAN, NAN)]]);
        let curves = [0, 1].map(|window| curve(&tracks, window, Quantity::Magnitude));
        assert_eq!(mean(&curves), [5.0, 1.0]);
        assert_eq!(length_of_mean(&tracks, &[0, 1]), [0.0, 1.0]);
    }

    #[test]
    fn the_error_of_a_length_is_that_along_the_motion() {
        let tracks = tracks(&[&[(2.0, 0.0), (0.0, -3.0), (0.0, 0.0), (NAN, NAN)]]);
        let sd = curve(&tracks, 0, Quantity::Magnitude).sd;
        // The variances are stored in f32.
        for (found, expected) in sd.iter().zip([0.2, 0.1, 0.025f64.sqrt()]) {
            assert!((found - expected).abs() < 1e-8, "{found} {expected}");
        }
        assert!(sd[3].is_nan());
    }

    #[test]
    fn percentiles_lie_between_ranks_and_gaps_stay_gaps() {
        let curves = [1.0, 2.0, 3.0, 4.0, 5.0]
            .map(|value| Curve { values: vec![value, NAN], sd: vec![NAN; 2] });
        assert_eq!(percentile(&curves, 0.5)[0], 3.0);
        assert!((percentile(&curves, 0.1)[0] - 1.4).abs() < 1e-12);
        assert!(percentile(&curves, 0.1)[1].is_nan() && mean(&curves)[1].is_nan());
        assert!((spread(&curves)[0] - 2.5f64.sqrt()).abs() < 1e-12);
        assert!(spread(&curves[..1])[0].is_nan());
    }

    #[test]
    fn what_was_not_asked_for_is_nowhere() {
        let tracks = tracks(&[&[(1.0, 0.0)]]);
        for quantity in [Quantity::Angle, Quantity::Brightness] {
            assert!(curve(&tracks, 0, quantity).values[0].is_nan());
        }
    }
}
