//! Cubic B-splines through the pixels of a frame: values between pixels.
//!
//! M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Processing
//! Magazine 16 (1999). The recursive filter that makes the coefficients is applied as the
//! symmetric sum it stands for, cut off where its weights are below `f32`'s resolution.

use crate::filter::{self, Border};
use crate::frame::Frame;
use crate::geometry::{Point, Size};
use crate::simd::Level;

/// Coefficients kept beyond the frame on each side: a window may be sampled up to two pixels outside.
pub const MARGIN: usize = 4;

/// The pole √3 − 2 of the cubic B-spline.
const POLE: f64 = -0.267_949_192_431_122_7;

/// Where √3·pole^k falls below half a step of `f32`.
const REACH: usize = 13;

/// The spline through a frame's pixels, perhaps smoothed first.
#[derive(Clone, Debug, Default)]
pub struct Spline {
    size: Size,
    coefficients: Frame,
}

impl Spline {
    /// The spline through the frame after the symmetric filter `smoothing` (centre first; `[1.0]` is none).
    pub fn through(level: Level, frame: &Frame, smoothing: &[f64]) -> Self {
        let (mut work, mut inner) = (Frame::default(), Frame::default());
        let taps = coefficient_taps(smoothing);
        filter::separable(level, frame, &taps, Border::Mirror, &mut work, &mut inner);
        let size = frame.size();
        let grown = Size::new(size.width + 2 * MARGIN, size.height + 2 * MARGIN);
        let mut coefficients = Frame::new(grown);
        for y in 0..grown.height {
            let from = inner.row(Border::Mirror.index(y as isize - MARGIN as isize, size.height));
            let to = coefficients.row_mut(y);
            for (x, value) in to.iter_mut().enumerate() {
                *value = from[Border::Mirror.index(x as isize - MARGIN as isize, size.width)];
            }
        }
        Self { size, coefficients }
    }

    /// Size of the frame.
    pub fn size(&self) -> Size {
        self.size
    }

    /// From one row of coefficients to the next.
    pub fn stride(&self) -> usize {
        self.coefficients.size().width
    }

    /// The coefficients from that of the pixel (x − 1, y − 1) on, the first needed at (x, y).
    ///
    /// `x` and `y` may lie up to two pixels outside the frame.
    pub fn coefficients_from(&self, x: isize, y: isize) -> &[f32] {
        let (x, y) = (x + MARGIN as isize - 1, y + MARGIN as isize - 1);
        &self.coefficients.pixels()[y as usize * self.stride() + x as usize..]
    }

    /// The value at a point of the frame.
    pub fn at(&self, point: Point) -> f64 {
        let (x, y) = (point.x.floor(), point.y.floor());
        let (across, down) = (weights(point.x - x), weights(point.y - y));
        let from = self.coefficients_from(x as isize, y as isize);
        let row = |j: usize| -> f64 {
            let row = &from[j * self.stride()..][..4];
            row.iter().zip(across).map(|(&c, w)| f64::from(c) * w).sum()
        };
        (0..4).map(|j| down[j] * row(j)).sum()
    }
}

/// The weights of the coefficients at −1, 0, 1, 2 for a place `fraction` (0 to 1) beyond pixel 0.
pub fn weights(fraction: f64) -> [f64; 4] {
    let t = fraction;
    let s = 1.0 - t;
    [
        s * s * s / 6.0,
        (4.0 + 3.0 * t * t * (t - 2.0)) / 6.0,
        (4.0 + 3.0 * s * s * (s - 2.0)) / 6.0,
        t * t * t / 6.0,
    ]
}

/// √3·pole^|k|, the inverse of the sampled B-spline (1, 4, 1)/6, convolved with the smoothing.
fn coefficient_taps(smoothing: &[f64]) -> Vec<f32> {
    let inverse = |k: isize| 3.0f64.sqrt() * POLE.powi(k.unsigned_abs() as i32);
    let tap = |k: usize| -> f64 {
        let side = |j: usize| inverse(k as isize - j as isize) + inverse((k + j) as isize);
        let sides: f64 = smoothing.iter().enumerate().skip(1).map(|(j, w)| w * side(j)).sum();
        smoothing[0] * inverse(k as isize) + sides
    };
    let taps: Vec<f64> = (0..=REACH + smoothing.len() - 1).map(tap).collect();
    let weight = taps[0] + 2.0 * taps[1..].iter().sum::<f64>();
    taps.into_iter().map(|tap| (tap / weight) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(24, 20);

    fn wave(x: f64, y: f64) -> f64 {
        100.0 + 40.0 * (0.5 * x + 0.2).sin() * (0.4 * y - 0.1).cos()
    }

    #[test]
    fn the_spline_passes_through_every_pixel() {
        let frame = Frame::from_fn(SIZE, |x, y| ((x * 7 + y * 13) % 31) as f32);
        let spline = Spline::through(Level::new(), &frame, &[1.0]);
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                let value = spline.at(Point { x: x as f64, y: y as f64 });
                assert!((value - f64::from(frame.row(y)[x])).abs() < 2e-5, "{x} {y}");
            }
        }
    }

    #[test]
    fn between_pixels_it_follows_a_smooth_wave() {
        let frame = Frame::from_fn(SIZE, |x, y| wave(x as f64, y as f64) as f32);
        let spline = Spline::through(Level::new(), &frame, &[1.0]);
        for i in 0..100 {
            let (x, y) = (6.0 + 0.113 * f64::from(i), 5.0 + 0.097 * f64::from(i));
            // A cubic spline errs by about (ω/π)⁴/10 of the amplitude here.
            assert!((spline.at(Point { x, y }) - wave(x, y)).abs() < 0.02);
        }
    }

    #[test]
    fn smoothing_first_or_in_the_coefficients_is_the_same() {
        let smoothing = [0.6, 0.2];
        let frame = Frame::from_fn(SIZE, |x, y| ((x * 5 + y * 3) % 17) as f32);
        let mut smooth = Frame::default();
        let taps = [0.6, 0.2];
        filter::separable(
            Level::new(),
            &frame,
            &taps,
            Border::Mirror,
            &mut Frame::default(),
            &mut smooth,
        );
        let apart = Spline::through(Level::new(), &smooth, &[1.0]);
        let at_once = Spline::through(Level::new(), &frame, &smoothing);
        for i in 0..40 {
            let at = Point { x: 0.31 + 0.5 * f64::from(i), y: 0.4 * f64::from(i) };
            assert!((apart.at(at) - at_once.at(at)).abs() < 1e-5);
        }
    }

    #[test]
    fn the_four_weights_add_up_to_one() {
        for fraction in [0.0, 0.25, 0.5, 0.999] {
            assert!((weights(fraction).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }
}
