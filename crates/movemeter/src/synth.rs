//! Stacks whose motion is known exactly, for demonstrations, tests and benches.
//!
//! Nothing is ever resampled: every frame is computed afresh from the same spots, each integrated
//! over the pixels at its place in that frame. So the motion is exact, and no interpolation error
//! of the maker can flatter the measurement.

mod random;
mod camera;
mod spot;

pub use camera::Camera;
pub use random::Random;

use std::f64::consts::TAU;

use crate::error::BoxError;
use crate::frame::Frame;
use crate::geometry::{Displacement, Point, Size};
use crate::source::{FrameSource, StackInfo};

use spot::Spot;

/// A random speckle pattern that moves as one body.
///
/// A spot at x in the pattern is seen at c + R(θ)(x − c) + d: turned by the frame's angle θ about the
/// frame's centre c = ((width − 1)/2, (height − 1)/2), then displaced by d.
///
/// ```
/// use movemeter::geometry::{Displacement, Size};
/// use movemeter::synth;
///
/// let stack = synth::speckle(Size::new(128, 96)).moving(Displacement::new(0.25, -0.5)).frames(10);
/// assert_eq!(stack.displacement(4), Displacement::new(1.0, -2.0));
/// ```
#[derive(Clone, Debug)]
pub struct Speckle {
    size: Size,
    seed: u64,
    radius_px: f64,
    coverage: f64,
    background: f64,
    spot: f64,
    camera: Camera,
    path: Path,
    turning_rad: f64,
}

#[derive(Clone, Debug)]
enum Path {
    Steady(Displacement),
    Listed(Vec<Displacement>),
}

/// A speckle pattern of this size that stays where it is; 8 bit, without noise.
pub fn speckle(size: Size) -> Speckle {
    Speckle {
        size,
        seed: 1,
        radius_px: 2.0,
        coverage: 0.9,
        background: 0.05,
        // Mean 0.9 of a spot's height; few places are as bright as three spots.
        spot: 0.25,
        camera: Camera { full_well: None, noise: 0.0, bits: Some(8) },
        path: Path::Steady(Displacement::ZERO),
        turning_rad: 0.0,
    }
}

impl Speckle {
    /// Another pattern and other noise.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Standard deviation of a spot, px: fine texture is 1, coarse 4. The default is 2.
    pub fn radius(self, radius_px: f64) -> Self {
        Self { radius_px, ..self }
    }

    /// Grey level between the spots and height of a mean spot, as fractions of the full range.
    ///
    /// The defaults 0.05 and 0.25 use the range well without noise. With (0.2, 0.18) noise of 10 % is
    /// hardly ever clipped.
    pub fn grey(self, background: f64, spot: f64) -> Self {
        Self { background, spot, ..self }
    }

    /// Moves by this much from each frame to the next.
    pub fn moving(self, per_frame: Displacement) -> Self {
        Self { path: Path::Steady(per_frame), ..self }
    }

    /// Is displaced by these amounts, one per frame, counted from where the pattern was made.
    pub fn path(self, displacements: Vec<Displacement>) -> Self {
        Self { path: Path::Listed(displacements), ..self }
    }

    /// Turns about the frame's centre by this much from each frame to the next, rad; positive from
    /// +x towards +y, clockwise on the screen.
    pub fn turning(self, angle_rad_per_frame: f64) -> Self {
        Self { turning_rad: angle_rad_per_frame, ..self }
    }

    /// Adds shot noise: that of a camera whose pixels hold this many electrons at full range.
    pub fn shot(self, electrons: f64) -> Self {
        Self { camera: Camera { full_well: Some(electrons), ..self.camera }, ..self }
    }

    /// Adds Gaussian noise; its standard deviation is this fraction of the full range.
    pub fn noise(self, fraction: f64) -> Self {
        Self { camera: Camera { noise: fraction, ..self.camera }, ..self }
    }

    /// Rounds to this many bits. `None`: no rounding, range 0 to 1.
    pub fn bits(self, bits: Option<u32>) -> Self {
        Self { camera: Camera { bits, ..self.camera }, ..self }
    }

    /// A stack of this many frames.
    ///
    /// # Panics
    ///
    /// If a [`path`](Self::path) was given with fewer displacements.
    pub fn frames(self, n_frames: usize) -> SynthStack {
        let displacements: Vec<Displacement> = match &self.path {
            Path::Steady(step) => (0..n_frames)
                .map(|k| Displacement::new(step.dx * k as f64, step.dy * k as f64))
                .collect(),
            Path::Listed(path) => path[..n_frames].to_vec(),
        };
        let info = StackInfo {
            name: "synthetic speckle".into(),
            size: self.size,
            n_frames,
            pixel_type: self.camera.pixel_type().into(),
            ..StackInfo::default()
        };
        let spots = self.spots(&displacements);
        SynthStack { speckle: self, info, spots, displacements, sum: Vec::new() }
    }

    /// Spots over the frame and as far around it as motion can bring them in.
    fn spots(&self, displacements: &[Displacement]) -> Vec<Spot> {
        let (across, down) = self.margins(displacements);
        let (width, height) =
            (self.size.width as f64 + 2.0 * across, self.size.height as f64 + 2.0 * down);
        let n = self.coverage * width * height / (TAU * self.radius_px * self.radius_px);
        let mut random = Random::new(self.seed, 0);
        let mut spot = |_| Spot {
            x: random.uniform() * width - across,
            y: random.uniform() * height - down,
            strength: (1.0 + 0.35 * random.normal()).max(0.2),
            radius_px: self.radius_px * (0.8 + 0.45 * random.uniform()),
        };
        (0..n as usize).map(&mut spot).collect()
    }

    /// How far beyond the frame there are spots, left and right, above and below.
    fn margins(&self, displacements: &[Displacement]) -> (f64, f64) {
        let beyond = spot::REACH * 1.25 * self.radius_px;
        if self.turning_rad == 0.0 {
            let margin = displacements.iter().map(|d| d.reach()).fold(0.0, f64::max) + beyond;
            return (margin, margin);
        }
        // What can turn into the frame lies in the circle around its corners.
        let margin = displacements.iter().map(|d| d.length()).fold(0.0, f64::max) + beyond;
        let (width, height) = (self.size.width as f64, self.size.height as f64);
        let diagonal = width.hypot(height);
        (margin + 0.5 * (diagonal - width), margin + 0.5 * (diagonal - height))
    }
}

/// Made frames, computed when they are read.
#[derive(Clone, Debug)]
pub struct SynthStack {
    speckle: Speckle,
    info: StackInfo,
    spots: Vec<Spot>,
    displacements: Vec<Displacement>,
    sum: Vec<f64>,
}

/// Gradients are differences over this much to each side, px: far above what `f64` resolves; the third
/// derivative takes about (step/radius)²/4 off the gradient, 0.06 % at radius 1.
const GRADIENT_STEP_PX: f64 = 0.05;

impl SynthStack {
    /// The true displacement in a frame, counted from frame 0: that of the frame's centre, where the
    /// pattern turns as well.
    pub fn displacement(&self, index: usize) -> Displacement {
        self.displacements[index] - self.displacements[0]
    }

    /// The true angle in a frame, counted from frame 0, rad.
    pub fn angle(&self, index: usize) -> f64 {
        self.speckle.turning_rad * index as f64
    }

    /// The true displacement, in a frame, of what was at `point` in frame 0.
    pub fn displacement_at(&self, point: Point, index: usize) -> Displacement {
        let start = self.displacements[0];
        let in_pattern = Point { x: point.x - start.dx, y: point.y - start.dy };
        let now = self.turned(in_pattern, self.angle(index));
        let by = self.displacements[index];
        Displacement::new(now.x + by.dx - point.x, now.y + by.dy - point.y)
    }

    /// All frames at once.
    pub fn to_frames(&mut self) -> Vec<Frame> {
        let n_frames = self.info.n_frames;
        (0..n_frames)
            .map(|index| {
                let mut frame = Frame::default();
                self.read(index, &mut frame).expect("made frames can always be read");
                frame
            })
            .collect()
    }

    /// The light on every pixel of a frame, row by row, as a fraction of the full range: the frame
    /// before noise, rounding and clipping.
    pub fn light(&mut self, index: usize) -> Vec<f64> {
        self.light_beside(index, Displacement::ZERO)
    }

    /// A frame before noise, rounding and clipping, in grey values.
    pub fn clean(&mut self, index: usize) -> Frame {
        let range = self.speckle.camera.full_range();
        let pixels = self.light(index).into_iter().map(|light| (light * range) as f32).collect();
        Frame::from_pixels(self.speckle.size, pixels).expect("one value per pixel")
    }

    /// The gradient to the right and down of the light on every pixel, per px.
    pub fn gradient(&mut self, index: usize) -> [Vec<f64>; 2] {
        let along = |dx, dy| Displacement::new(GRADIENT_STEP_PX * dx, GRADIENT_STEP_PX * dy);
        // What lies at x + h comes to x when the pattern moves by −h.
        [along(-1.0, 0.0), along(0.0, -1.0)].map(|by| {
            let (ahead, behind) = (self.light_beside(index, by), self.light_beside(index, -by));
            let slopes = ahead.iter().zip(&behind).map(|(a, b)| (a - b) / (2.0 * GRADIENT_STEP_PX));
            slopes.collect()
        })
    }

    /// The light in a frame with the pattern displaced by this much more.
    fn light_beside(&mut self, index: usize, by: Displacement) -> Vec<f64> {
        self.draw(self.displacements[index] + by, self.angle(index));
        let (background, spot) = (self.speckle.background, self.speckle.spot);
        self.sum.iter().map(|sum| background + spot * sum).collect()
    }

    fn turned(&self, point: Point, angle_rad: f64) -> Point {
        let size = self.speckle.size;
        let (cx, cy) = (0.5 * (size.width as f64 - 1.0), 0.5 * (size.height as f64 - 1.0));
        let (x, y) = (point.x - cx, point.y - cy);
        let (sin, cos) = angle_rad.sin_cos();
        Point { x: cx + cos * x - sin * y, y: cy + sin * x + cos * y }
    }

    /// The sum of all spots, turned and moved.
    fn draw(&mut self, by: Displacement, angle_rad: f64) {
        let size = self.speckle.size;
        let mut sum = std::mem::take(&mut self.sum);
        sum.clear();
        sum.resize(size.area(), 0.0);
        for spot in &self.spots {
            let mut place = Point { x: spot.x, y: spot.y };
            if angle_rad != 0.0 {
                place = self.turned(place, angle_rad);
            }
            let across = spot.profile(place.x + by.dx, size.width);
            let down = spot.profile(place.y + by.dy, size.height);
            for (j, share) in down.1.iter().enumerate() {
                let share = share * spot.strength;
                let row = &mut sum[(down.0 + j) * size.width + across.0..];
                for (pixel, value) in row.iter_mut().zip(&across.1) {
                    *pixel += share * value;
                }
            }
        }
        self.sum = sum;
    }
}

impl FrameSource for SynthStack {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.draw(self.displacements[index], self.angle(index));
        let mut random = Random::new(self.speckle.seed, 1 + index as u64);
        let Speckle { background, spot, camera, .. } = self.speckle;
        frame.reset(self.speckle.size);
        for (pixel, &sum) in frame.pixels_mut().iter_mut().zip(&self.sum) {
            *pixel = camera.see(background + spot * sum, &mut random);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(48, 40);

    #[test]
    fn a_whole_pixel_of_motion_moves_every_pixel_value() {
        let frames =
            speckle(SIZE).bits(None).moving(Displacement::new(3.0, -2.0)).frames(2).to_frames();
        for y in 2..38 {
            for x in 3..48 {
                let difference = frames[1].row(y - 2)[x] - frames[0].row(y)[x - 3];
                assert!(difference.abs() < 1e-6, "{x} {y}");
            }
        }
    }

    #[test]
    fn frames_are_the_same_whatever_the_order_of_reading() {
        let mut stack = speckle(SIZE).noise(0.02).moving(Displacement::new(0.3, 0.1)).frames(3);
        let frames = stack.to_frames();
        let mut again = Frame::default();
        stack.read(1, &mut again).unwrap();
        assert_eq!(again, frames[1]);
        assert_ne!(frames[0], frames[1]);
    }

    #[test]
    fn noise_has_the_standard_deviation_asked_for() {
        let of = |noise| speckle(SIZE).bits(None).noise(noise).frames(1).to_frames().remove(0);
        let (clean, noisy) = (of(0.0), of(0.05));
        let squares: f64 =
            clean.pixels().iter().zip(noisy.pixels()).map(|(a, b)| f64::from(b - a).powi(2)).sum();
        let sd = (squares / SIZE.area() as f64).sqrt();
        assert!((sd - 0.05).abs() < 0.003, "1920 draws know it to 1.6 %: {sd}");
    }

    #[test]
    fn bits_set_the_range_and_whole_numbers() {
        let frame = speckle(SIZE).bits(Some(16)).frames(1).to_frames().remove(0);
        assert!(frame.pixels().iter().all(|v| v.fract() == 0.0 && (0.0..=65_535.0).contains(v)));
        assert!(frame.pixels().iter().any(|&v| 255.0 < v));
    }

    #[test]
    fn what_is_made_by_default_keeps_its_bits() {
        // Sums of grey values and of their squares, written down before the camera was made a part.
        let mut stack = speckle(SIZE).noise(0.02).moving(Displacement::new(0.3, -0.7)).frames(2);
        let sums = stack.to_frames().iter().fold((0.0, 0.0), |(sum, squares), frame| {
            let pixels = frame.pixels().iter().map(|&value| f64::from(value));
            (sum + pixels.clone().sum::<f64>(), squares + pixels.map(|v| v * v).sum::<f64>())
        });
        assert_eq!(sums, (268_179.0, 25_873_781.0));
    }

    #[test]
    fn grey_levels_scale_the_pattern_about_the_background() {
        let light = |background, spot| speckle(SIZE).grey(background, spot).frames(1).light(0);
        for (low, high) in light(0.05, 0.25).iter().zip(light(0.2, 0.1)) {
            assert!(((low - 0.05) / 0.25 - (high - 0.2) / 0.1).abs() < 1e-12);
        }
    }

    #[test]
    fn a_quarter_turn_brings_right_down() {
        let square = Size::new(41, 41);
        let quarter = std::f64::consts::FRAC_PI_2;
        let mut stack = speckle(square).bits(None).turning(quarter).frames(2);
        let frames = stack.to_frames();
        for y in 0..41 {
            for x in 0..41 {
                // (x, y) − c becomes (−(y − c), x − c).
                let difference = frames[1].row(x)[40 - y] - frames[0].row(y)[x];
                assert!(difference.abs() < 1e-6, "{x} {y}");
            }
        }
        assert_eq!(stack.angle(1), quarter);
        let moved = stack.displacement_at(Point { x: 30.0, y: 20.0 }, 1);
        assert!((moved - Displacement::new(-10.0, 10.0)).length() < 1e-12, "{moved:?}");
    }

    #[test]
    fn a_turned_frame_is_covered_with_spots_to_its_corners() {
        let wide = Size::new(96, 24);
        let eighth = std::f64::consts::FRAC_PI_4;
        let mut stack = speckle(wide).bits(None).turning(eighth).frames(4);
        let frames = stack.to_frames();
        let ends = |frame: &Frame| -> f32 {
            (0..24).map(|y| frame.row(y)[..24].iter().chain(&frame.row(y)[72..]).sum::<f32>()).sum()
        };
        // 1152 pixels hold about 40 spots' areas, so that their mean varies by about a sixth.
        for frame in &frames {
            assert!((ends(frame) / 1152.0 - 0.05 - 0.25 * 0.95).abs() < 0.15, "{}", ends(frame));
        }
    }

    #[test]
    fn the_motion_of_a_point_is_that_of_a_spot_there() {
        let mut stack = speckle(SIZE)
            .path(vec![Displacement::new(1.0, 2.0), Displacement::new(-0.5, 1.5)])
            .turning(0.2)
            .frames(2);
        stack.spots = vec![Spot { x: 19.0, y: 12.0, strength: 1.0, radius_px: 1.5 }];
        let mut centre = |index| {
            let light = stack.light(index);
            let weights = light.iter().map(|value| value - 0.05);
            let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
            for (i, weight) in weights.enumerate() {
                sum += weight;
                x += weight * (i % SIZE.width) as f64;
                y += weight * (i / SIZE.width) as f64;
            }
            Point { x: x / sum, y: y / sum }
        };
        let (before, after) = (centre(0), centre(1));
        let moved = stack.displacement_at(before, 1);
        let found = Displacement::new(after.x - before.x, after.y - before.y);
        assert!((moved - found).length() < 1e-5, "{moved:?} {found:?}");
    }

    #[test]
    fn shot_noise_changes_a_frame_and_only_by_its_share() {
        let of = |stack: Speckle| stack.bits(None).frames(1).to_frames().remove(0);
        let (clean, shot) = (of(speckle(SIZE)), of(speckle(SIZE).shot(5000.0)));
        let (mut squares, mut expected) = (0.0, 0.0);
        for (a, b) in clean.pixels().iter().zip(shot.pixels()) {
            squares += f64::from(b - a).powi(2);
            expected += f64::from(*a) / 5000.0;
        }
        // 1920 draws know the variance to 3.2 %.
        assert!((squares / expected - 1.0).abs() < 0.12, "{squares} {expected}");
    }

    #[test]
    fn the_gradient_is_the_slope_of_the_light() {
        let mut stack = speckle(SIZE).radius(4.0).frames(1);
        let (light, [gx, gy]) = (stack.light(0), stack.gradient(0));
        for i in [48 * 20 + 24, 48 * 7 + 30, 48 * 33 + 11] {
            // The five-point difference errs by a thirtieth of the fifth derivative.
            let slope = |step: usize| {
                let difference = |n: usize| light[i + n * step] - light[i - n * step];
                (8.0 * difference(1) - difference(2)) / 12.0
            };
            assert!((gx[i] - slope(1)).abs() < 2e-4, "{} {}", gx[i], slope(1));
            assert!((gy[i] - slope(48)).abs() < 2e-4, "{} {}", gy[i], slope(48));
        }
        let range = stack.clean(0).pixels()[100] / light[100] as f32;
        assert!((range - 255.0).abs() < 1e-3, "{range}");
    }
}
