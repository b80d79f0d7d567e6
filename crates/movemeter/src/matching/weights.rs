//! The weights with which a fit compares each pixel: the template's gradient, cleared of noise.
//!
//! A shift shows in a frame as its gradient, so the pixels of the difference between frame and template
//! are added up with the gradient as weight. That is best when the gradient is known. It is not: the
//! template's own is noisy, and smoothed as both frames are. The weights are
//!
//! ```text
//! w = ∂ h⁻¹ W ∗ template's frame
//! ```
//!
//! with the worth W of each frequency ([`texture`]), and with the smoothing h undone, which both frames have
//! had before they are compared: what counts then is W alone, and the error is as small as the noise allows.

use std::f64::consts::PI;

use super::texture::{self, Worth};
use super::{DERIVATIVE, SMOOTHING};
use crate::filter::{self, Border, Lines, Taps};
use crate::frame::Frame;
use crate::simd::Level;

/// The filters reach at most this far to each side, px, …
pub const REACH: usize = 16;
/// … and no farther than to leave out this part of their sum of squares: errors then are larger than the least by
/// about as much of their own square.
const LEFT_OUT: f64 = 3e-6;

/// The weights of all pixels of a frame, for a shift in x and one in y.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    /// For a shift in x.
    pub x: Frame,
    /// For a shift in y.
    pub y: Frame,
    /// Of white noise, how much Σ w g is for its Σ g², for x and y: what the gradient g of the
    /// smoothed frame and the weight have in common without any texture.
    pub noise: [f64; 2],
}

impl Weights {
    /// Makes these the weights of a frame before smoothing. `work` is scratch.
    pub fn weigh(&mut self, level: Level, frame: &Frame, work: &mut Lines) {
        self.weigh_by(texture::worth(frame), level, frame, work);
    }

    /// The same of a part of a frame with this [worth](texture::worth).
    pub fn weigh_by(
        &mut self,
        worth: Option<[Worth; 2]>,
        level: Level,
        frame: &Frame,
        work: &mut Lines,
    ) {
        let [across, down] = match worth {
            Some(worth) => worth.map(|worth| Line::weighing(&worth)),
            None => [Line::plain(), Line::plain()],
        };
        let mut filter = |taps, out| {
            filter::rows_and_columns(level, frame, taps, Border::Mirror, work, out);
        };
        filter([Taps::Odd(&across.odd), Taps::Even(&down.even)], &mut self.x);
        filter([Taps::Even(&across.even), Taps::Odd(&down.odd)], &mut self.y);
        let plain = Line::plain();
        self.noise = [across.common(&plain, &down), down.common(&plain, &across)];
    }
}

/// The filter along one axis: where the weight is for a shift along it (odd), and where not (even).
struct Line {
    even: Vec<f32>,
    odd: Vec<f32>,
}

impl Line {
    /// `W h⁻¹` and `∂ W h⁻¹`, cut off softly.
    fn weighing(worth: &Worth) -> Self {
        let n = worth.len() - 1;
        let turn: Vec<(f64, f64)> =
            (0..2 * n).map(|i| (PI * i as f64 / n as f64).sin_cos()).collect();
        // Trapezoids over half the circle; the ends count half.
        let share = |j: usize| if j == 0 || j == n { 0.5 } else { 1.0 } / n as f64;
        let gain = |j: usize| share(j) * worth[j] / smoothing_at(turn[j].1);
        let gains: Vec<f64> = (0..=n).map(gain).collect();
        let sum = |of: &dyn Fn(f64, (f64, f64)) -> f64, k: usize| -> f64 {
            let at = |(j, gain): (usize, &f64)| {
                gain * of(PI * j as f64 / n as f64, turn[j * k % (2 * n)])
            };
            gains.iter().enumerate().map(at).sum()
        };
        let even = |k: usize| fading(k) * sum(&|_, (_, cos)| cos, k);
        let odd = |k: usize| fading(k) * sum(&|omega, (sin, _)| omega * sin, k);
        Self {
            even: shortened((0..=REACH).map(|k| even(k) as f32).collect()),
            odd: shortened((0..=REACH).map(|k| odd(k) as f32).collect()),
        }
    }

    /// The plain gradient of the smoothed frame.
    fn plain() -> Self {
        let [centre, side] = SMOOTHING;
        let [near, far, farthest] = DERIVATIVE.map(f64::from);
        let odd = [
            0.0,
            centre * near + side * far,
            side * (near + farthest) + centre * far,
            side * far + centre * farthest,
            side * farthest,
        ];
        Self {
            even: SMOOTHING.map(|weight| weight as f32).into(),
            odd: odd.map(|weight| weight as f32).into(),
        }
    }

    /// Σ w g over Σ g² of white noise, for the axis of this line, `other` being across it.
    fn common(&self, plain: &Self, other: &Self) -> f64 {
        let odd = product(&self.odd, &plain.odd) / product(&plain.odd, &plain.odd);
        let even = product(&other.even, &plain.even) / product(&plain.even, &plain.even);
        odd * even
    }
}

/// Without the taps at the end that hardly count.
fn shortened(mut taps: Vec<f32>) -> Vec<f32> {
    let squares = |taps: &[f32]| taps.iter().map(|tap| f64::from(tap * tap)).sum::<f64>();
    let most = LEFT_OUT * squares(&taps);
    let n = (1..taps.len()).rfind(|&k| most < squares(&taps[k..])).unwrap_or(0) + 1;
    taps.truncate(n);
    taps
}

/// What the smoothing leaves of a wave whose frequency has this cosine.
fn smoothing_at(cos: f64) -> f64 {
    SMOOTHING[0] + 2.0 * SMOOTHING[1] * cos
}

/// From 1 at the centre to 0 beyond the reach.
fn fading(k: usize) -> f64 {
    (0.5 * PI * k as f64 / (REACH + 1) as f64).cos().powi(2)
}

/// Σ a b over both sides of two filters, both even or both odd.
fn product(a: &[f32], b: &[f32]) -> f64 {
    let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
    a.iter().zip(b).take(1).map(product).sum::<f64>()
        + 2.0 * a.iter().zip(b).skip(1).map(product).sum::<f64>()
}

/// Σ g² over Σ f² of smoothed white noise.
pub fn noise_gradient() -> f64 {
    let plain = Line::plain();
    product(&plain.odd, &plain.odd) / product(&plain.even, &plain.even)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn where_all_frequencies_are_worth_the_same_a_wave_gives_its_gradient_unsmoothed() {
        let line = Line::weighing(&vec![1.0; 33]);
        let omega = 0.7;
        let sum = |taps: &[f32], of: fn(f64) -> f64| -> f64 {
            let pairs = taps.iter().enumerate().skip(1);
            2.0 * pairs.map(|(k, &tap)| f64::from(tap) * of(omega * k as f64)).sum::<f64>()
        };
        let even = f64::from(line.even[0]) + sum(&line.even, f64::cos);
        let odd = sum(&line.odd, f64::sin);
        assert!((even * smoothing_at(omega.cos()) - 1.0).abs() < 0.02, "{even}");
        assert!((odd * smoothing_at(omega.cos()) / omega - 1.0).abs() < 0.02, "{odd}");
    }

    #[test]
    fn taps_end_where_those_left_hardly_count() {
        assert_eq!(shortened(vec![1.0, 0.5, -0.01, 1e-3, 1e-4]), [1.0, 0.5, -0.01]);
        assert_eq!(shortened(vec![0.0, 0.0, 2.0]), [0.0, 0.0, 2.0]);
        assert_eq!(shortened(vec![0.0, 0.0]), [0.0]);
    }

    #[test]
    fn without_a_spectrum_the_weights_are_the_gradient_of_the_smoothed_frame() {
        let ramp = Frame::from_fn(Size::new(40, 30), |x, y| 2.0 * x as f32 - 0.5 * y as f32);
        let mut weights = Weights::default();
        weights.weigh(Level::new(), &ramp, &mut Lines::default());
        assert_eq!(weights.noise, [1.0, 1.0]);
        assert!(
            (weights.x.row(15)[20] - 2.0).abs() < 1e-4
                && (weights.y.row(15)[20] + 0.5).abs() < 1e-4
        );
    }
}
