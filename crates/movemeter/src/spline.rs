//! Quintic B-splines through the pixels of a frame: values between pixels.
//!
//! M. Unser, "Splines: a perfect fit for signal and image processing", IEEE Signal Processing
//! Magazine 16 (1999). The recursive filter that makes the coefficients is applied as the
//! symmetric sum it stands for, cut off where its weights are below `f32`'s resolution.
//!
//! Quintic, not cubic: the cubic spline's own error is the larger part of a clean window's, twice
//! what rounding to 8 bit leaves on fine texture (spots of 1 px).

use crate::filter::{self, Border, Lines, Taps};
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Size};
use crate::simd::{Level, Sampled};

/// Coefficients that make up a value, across and down.
pub const TAPS: usize = 6;

/// Coefficients kept beyond the frame on each side: a window may be sampled up to two pixels outside.
pub const MARGIN: usize = TAPS / 2 + 2;

/// Pixels around a rectangle whose coefficients are kept with it: none of its pixels is then counted as outside.
const PART_MARGIN: usize = 2;

/// The poles of the inverse of the sampled quintic B-spline (1, 26, 66, 26, 1)/120.
pub const POLES: [f64; 2] = [-0.430_575_347_099_973_8, -0.043_096_288_203_264_65];

/// Where the first pole's powers fall below half a step of `f32`.
const REACH: usize = 20;
/// Taps below half a step of `f32` are left out at the end.
const NEGLIGIBLE: f64 = 0.5 * f32::EPSILON as f64;

/// The spline through a frame's pixels, perhaps smoothed first.
#[derive(Clone, Debug, Default)]
pub struct Spline {
    size: Size,
    coefficients: Frame,
}

impl Spline {
    /// The spline through the frame after the symmetric filter `smoothing` (centre first; `[1.0]` is none).
    pub fn through(level: Level, frame: &Frame, smoothing: &[f64]) -> Self {
        let mut spline = Self::default();
        spline.pass(level, frame, &coefficient_taps(smoothing), &mut Lines::default());
        spline
    }

    /// Makes this the spline through another frame, whose coefficients these [taps](coefficient_taps) give.
    pub fn pass(&mut self, level: Level, frame: &Frame, taps: &[f32], work: &mut Lines) {
        let size = frame.size();
        // One row more, for kernels read whole vectors beyond the last value.
        let grown = Size::new(size.width + 2 * MARGIN, size.height + 2 * MARGIN + 1);
        self.size = size;
        self.coefficients.reset(grown);
        let (taps, out) = ([Taps::Even(taps); 2], (&mut self.coefficients, MARGIN));
        filter::into_margins(level, frame, taps, Border::Mirror, work, out);
        self.mirror_into_margins();
    }

    fn mirror_into_margins(&mut self) {
        let Size { width, height } = self.size;
        let stride = width + 2 * MARGIN;
        let source = |i: usize, n: usize| Border::Mirror.index(i as isize - MARGIN as isize, n);
        for y in MARGIN..MARGIN + height {
            let row = self.coefficients.row_mut(y);
            for x in (0..MARGIN).chain(MARGIN + width..stride) {
                row[x] = row[MARGIN + source(x, width)];
            }
        }
        let pixels = self.coefficients.pixels_mut();
        for y in (0..MARGIN).chain(MARGIN + height..height + 2 * MARGIN) {
            let from = (MARGIN + source(y, height)) * stride;
            pixels.copy_within(from..from + stride, y * stride);
        }
    }

    /// Size of the frame.
    pub fn size(&self) -> Size {
        self.size
    }

    /// From one row of coefficients to the next.
    pub fn stride(&self) -> usize {
        self.coefficients.size().width
    }

    /// The coefficients from that of the pixel (x − 2, y − 2) on, the first needed at (x, y).
    ///
    /// `x` and `y` may lie up to two pixels outside the frame.
    pub fn coefficients_from(&self, x: isize, y: isize) -> &[f32] {
        let before = (MARGIN - (TAPS / 2 - 1)) as isize;
        let (x, y) = (x + before, y + before);
        &self.coefficients.pixels()[y as usize * self.stride() + x as usize..]
    }

    /// The value at a point of the frame.
    pub fn at(&self, point: Point) -> f64 {
        let (x, y) = (point.x.floor(), point.y.floor());
        let (across, down) = (weights(point.x - x), weights(point.y - y));
        let from = self.coefficients_from(x as isize, y as isize);
        let row = |j: usize| -> f64 {
            let row = &from[j * self.stride()..][..TAPS];
            row.iter().zip(across).map(|(&c, w)| f64::from(c) * w).sum()
        };
        (0..TAPS).map(|j| down[j] * row(j)).sum()
    }
}

impl Spline {
    /// Copies what is needed to sample it inside this rectangle, and gives the rectangle's place in the copy.
    pub fn part(&self, rect: Rect, out: &mut Self) -> Rect {
        let around = rect.grown(PART_MARGIN).clipped_to(self.size).expect("a part of the frame");
        out.size = around.size();
        let (width, height) = (around.width + 2 * MARGIN, around.height + 2 * MARGIN);
        out.coefficients.reset(Size::new(width, height + 1));
        for y in 0..=height {
            let from = &self.coefficients.row(around.y as usize + y)[around.x as usize..];
            out.coefficients.row_mut(y).copy_from_slice(&from[..width]);
        }
        rect.moved(-around.x, -around.y)
    }

    /// Its coefficients, to be [sampled](crate::simd::sample_line).
    ///
    /// A place farther outside the frame than two pixels counts as one that far outside.
    pub fn less(&self, offset: f32) -> Sampled<'_> {
        let before = MARGIN - (TAPS / 2 - 1);
        let reach = |side: usize| [-2, side as i32 + 1];
        Sampled {
            coefficients: self.coefficients.pixels(),
            stride: self.stride(),
            origin: before * self.stride() + before,
            reach: [reach(self.size.width), reach(self.size.height)],
            offset,
        }
    }

    /// The value less `offset` at a point, in single precision: for many points that lie anywhere.
    ///
    /// A point farther outside the frame than two pixels counts as one that far outside.
    pub fn sample(&self, x: f64, y: f64, offset: f32) -> f32 {
        let (x, whole_x) = split(x, self.size.width);
        let (y, whole_y) = split(y, self.size.height);
        let (across, down) = (weights(x).map(|w| w as f32), weights(y).map(|w| w as f32));
        let from = self.coefficients_from(whole_x, whole_y);
        let mut sum = 0.0;
        for (j, down) in down.iter().enumerate() {
            let row = &from[j * self.stride()..][..across.len()];
            let along: f32 = row.iter().zip(across).map(|(c, across)| across * (c - offset)).sum();
            sum += down * along;
        }
        sum
    }
}

/// The part of a coordinate beyond a whole pixel, and that pixel, at most two outside.
fn split(place: f64, side: usize) -> (f64, isize) {
    let place = place.clamp(-2.0, side as f64 + 1.0);
    // Rounded towards zero, which is down for what is not negative.
    let whole = (place + 2.0) as isize - 2;
    (place - whole as f64, whole)
}

/// The weights of the coefficients at −2, −1, 0, 1, 2, 3 for a place `fraction` (0 to 1) beyond pixel 0.
pub fn weights(fraction: f64) -> [f64; TAPS] {
    let (t, s) = (fraction, 1.0 - fraction);
    [outer(s), middle(1.0 + t), inner(t), inner(s), middle(1.0 + s), outer(t)]
}

/// How wrong a wave of this frequency (radians per pixel) is between the pixels: the mean square of the
/// error over all places, relative to the wave's.
pub fn error_at(omega: f64) -> f64 {
    let at_pixels = weights(0.0);
    let wave = |weights: [f64; TAPS]| -> [f64; 2] {
        let phase = |j: usize| omega * (j as f64 - (TAPS / 2 - 1) as f64);
        let sum = |of: fn(f64) -> f64| (0..TAPS).map(|j| weights[j] * of(phase(j))).sum();
        [sum(f64::cos), sum(f64::sin)]
    };
    let gain = wave(at_pixels)[0];
    let error = |place: f64| -> f64 {
        let [real, imaginary] = wave(weights(place)).map(|part| part / gain);
        let (sin, cos) = (omega * place).sin_cos();
        (real - cos).powi(2) + (imaginary - sin).powi(2)
    };
    (1..N_PLACES).map(|i| error(i as f64 / N_PLACES as f64)).sum::<f64>() / (N_PLACES - 1) as f64
}

/// Places between two pixels that [`error_at`] averages over.
const N_PLACES: usize = 8;

/// The quintic B-spline at 0 ≤ x ≤ 1.
fn inner(x: f64) -> f64 {
    let square = x * x;
    (66.0 + square * (-60.0 + square * (30.0 - 10.0 * x))) / 120.0
}

/// At 1 ≤ x ≤ 2.
fn middle(x: f64) -> f64 {
    (51.0 + x * (75.0 + x * (-210.0 + x * (150.0 + x * (-45.0 + 5.0 * x))))) / 120.0
}

/// At 3 − `x`, for 0 ≤ x ≤ 1.
fn outer(x: f64) -> f64 {
    x.powi(5) / 120.0
}

/// What makes coefficients of pixels (centre first): the inverse of the sampled B-spline, a sum of two decaying
/// powers, convolved with the smoothing.
pub fn coefficient_taps(smoothing: &[f64]) -> Vec<f32> {
    let power = |k: usize, z: f64, other: f64| {
        let scale = 120.0 * z / ((z - 1.0 / z) * (z - other) * (z - 1.0 / other));
        scale * z.powi(k as i32)
    };
    let inverse = |k: isize| {
        let k = k.unsigned_abs();
        power(k, POLES[0], POLES[1]) + power(k, POLES[1], POLES[0])
    };
    let tap = |k: usize| -> f64 {
        let side = |j: usize| inverse(k as isize - j as isize) + inverse((k + j) as isize);
        let sides: f64 = smoothing.iter().enumerate().skip(1).map(|(j, w)| w * side(j)).sum();
        smoothing[0] * inverse(k as isize) + sides
    };
    let taps: Vec<f64> = (0..=REACH + smoothing.len() - 1).map(tap).collect();
    let weight = taps[0] + 2.0 * taps[1..].iter().sum::<f64>();
    let needed = taps.iter().rposition(|tap| NEGLIGIBLE * weight < tap.abs()).map_or(0, |k| k + 1);
    taps[..needed].iter().map(|tap| (tap / weight) as f32).collect()
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
                // Coefficients are up to 7.5 times the pixels each way: so is the rounding of `f32`.
                let error = value - f64::from(frame.row(y)[x]);
                assert!(error.abs() < 1e-4, "{x} {y}: {error}");
            }
        }
    }

    #[test]
    fn between_pixels_it_follows_a_smooth_wave() {
        // The border's mirror image makes a kink, which is felt 15 px into the frame.
        let size = Size::new(48, 48);
        let frame = Frame::from_fn(size, |x, y| wave(x as f64, y as f64) as f32);
        let spline = Spline::through(Level::new(), &frame, &[1.0]);
        for i in 0..100 {
            let (x, y) = (18.0 + 0.113 * f64::from(i), 18.0 + 0.097 * f64::from(i));
            // A quintic spline errs by 10⁻⁷ of the amplitude here, rounding to `f32` by 10⁻⁶.
            assert!((spline.at(Point { x, y }) - wave(x, y)).abs() < 1e-3);
        }
    }

    #[test]
    fn the_error_of_a_wave_is_what_sampling_it_gives() {
        let (omega, size) = (1.9, Size::new(200, 8));
        let frame = Frame::from_fn(size, |x, _| (omega * x as f64).sin() as f32);
        let spline = Spline::through(Level::new(), &frame, &[1.0]);
        let n = 1000;
        let error = |i: usize| {
            let x = 40.0 + 0.113 * i as f64;
            (spline.at(Point { x, y: 4.0 }) - (omega * x).sin()).powi(2)
        };
        // A sine's mean square is one half.
        let mean = 2.0 * (0..n).map(error).sum::<f64>() / n as f64;
        // The mean here is over all places, at the pixels too, where there is no error.
        assert!((0.8..1.02).contains(&(mean / error_at(omega))), "{mean} {}", error_at(omega));
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
            &mut Lines::default(),
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
    fn many_points_have_the_values_of_one_by_one_wherever_they_lie() {
        let frame = Frame::from_fn(SIZE, |x, y| (1000 + (x * 5 + y * 3) % 17) as f32);
        let spline = Spline::through(Level::new(), &frame, &[1.0]);
        for i in 0..60 {
            let (x, y) = (-2.0 + 0.44 * f64::from(i), 20.9 - 0.38 * f64::from(i));
            let at = spline.at(Point { x, y });
            assert!((f64::from(spline.sample(x, y, 1000.0)) + 1000.0 - at).abs() < 1e-4, "{x} {y}");
        }
        assert_eq!(spline.sample(-99.0, 3.0, 0.0), spline.sample(-2.0, 3.0, 0.0));
    }

    #[test]
    fn the_weights_add_up_to_one() {
        for fraction in [0.0, 0.25, 0.5, 0.999] {
            assert!((weights(fraction).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }
}
