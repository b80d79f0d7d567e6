//! Stacks whose motion is known exactly, for demonstrations, tests and benches.
//!
//! Nothing is ever resampled: every frame is computed afresh from the same spots, each integrated
//! over the pixels at its place in that frame. So the motion is exact, and no interpolation error
//! of the maker can flatter the measurement.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use crate::error::BoxError;
use crate::frame::Frame;
use crate::geometry::{Displacement, Size};
use crate::source::{FrameSource, StackInfo};

/// Spots are drawn to this many of their standard deviations; beyond, nothing is seen at 16 bit.
const SPOT_REACH: f64 = 5.5;

/// A random speckle pattern that moves as one body.
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
    noise: f64,
    levels: Option<f64>,
    path: Path,
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
        noise: 0.0,
        levels: Some(255.0),
        path: Path::Steady(Displacement::ZERO),
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

    /// Moves by this much from each frame to the next.
    pub fn moving(self, per_frame: Displacement) -> Self {
        Self { path: Path::Steady(per_frame), ..self }
    }

    /// Is displaced by these amounts, one per frame, counted from where the pattern was made.
    pub fn path(self, displacements: Vec<Displacement>) -> Self {
        Self { path: Path::Listed(displacements), ..self }
    }

    /// Adds Gaussian noise; its standard deviation is this fraction of the full range.
    pub fn noise(self, fraction: f64) -> Self {
        Self { noise: fraction, ..self }
    }

    /// Rounds to this many bits. `None`: no rounding, range 0 to 1.
    pub fn bits(self, bits: Option<u32>) -> Self {
        Self { levels: bits.map(|bits| f64::from(bits).exp2() - 1.0), ..self }
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
            pixel_type: "float32".into(),
            ..StackInfo::default()
        };
        let spots = self.spots(&displacements);
        SynthStack { speckle: self, info, spots, displacements, sum: Vec::new() }
    }

    /// Spots over the frame and as far around it as motion can bring them in.
    fn spots(&self, displacements: &[Displacement]) -> Vec<Spot> {
        let reach = displacements.iter().map(|d| d.reach()).fold(0.0, f64::max);
        let margin = reach + SPOT_REACH * 1.25 * self.radius_px;
        let (width, height) =
            (self.size.width as f64 + 2.0 * margin, self.size.height as f64 + 2.0 * margin);
        let n = self.coverage * width * height / (TAU * self.radius_px * self.radius_px);
        let mut random = Random::new(self.seed, 0);
        let mut spot = |_| Spot {
            x: random.uniform() * width - margin,
            y: random.uniform() * height - margin,
            strength: (1.0 + 0.35 * random.normal()).max(0.2),
            radius_px: self.radius_px * (0.8 + 0.45 * random.uniform()),
        };
        (0..n as usize).map(&mut spot).collect()
    }
}

#[derive(Clone, Copy, Debug)]
struct Spot {
    x: f64,
    y: f64,
    strength: f64,
    radius_px: f64,
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

impl SynthStack {
    /// The true displacement in a frame, counted from frame 0.
    pub fn displacement(&self, index: usize) -> Displacement {
        self.displacements[index] - self.displacements[0]
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

    /// The sum of all spots, moved.
    fn draw(&mut self, by: Displacement) {
        let size = self.speckle.size;
        self.sum.clear();
        self.sum.resize(size.area(), 0.0);
        for spot in &self.spots {
            let across = spot.profile(spot.x + by.dx, size.width);
            let down = spot.profile(spot.y + by.dy, size.height);
            for (j, share) in down.1.iter().enumerate() {
                let share = share * spot.strength;
                let row = &mut self.sum[(down.0 + j) * size.width + across.0..];
                for (pixel, value) in row.iter_mut().zip(&across.1) {
                    *pixel += share * value;
                }
            }
        }
    }
}

impl Spot {
    /// The first pixel of the line it reaches, and its integral over each pixel from there on.
    fn profile(&self, centre: f64, n: usize) -> (usize, Vec<f64>) {
        let reach = SPOT_REACH * self.radius_px;
        let first = (centre - reach).ceil().clamp(0.0, n as f64) as usize;
        let last = (centre + reach).floor().clamp(-1.0, n as f64 - 1.0) as isize;
        let up_to = |edge: f64| 0.5 * erf((edge - centre) * FRAC_1_SQRT_2 / self.radius_px);
        let scale = TAU.sqrt() * self.radius_px;
        let integral = |i: isize| scale * (up_to(i as f64 + 0.5) - up_to(i as f64 - 0.5));
        (first, (first as isize..=last).map(integral).collect())
    }
}

impl FrameSource for SynthStack {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.draw(self.displacements[index]);
        let mut random = Random::new(self.speckle.seed, 1 + index as u64);
        let (noise, levels) = (self.speckle.noise, self.speckle.levels);
        // Mean 0.9 of a spot's height; few places are as bright as three spots.
        let brightness = 0.25;
        frame.reset(self.speckle.size);
        for (pixel, &sum) in frame.pixels_mut().iter_mut().zip(&self.sum) {
            let mut value = 0.05 + brightness * sum;
            if 0.0 < noise {
                value += noise * random.normal();
            }
            *pixel = match levels {
                Some(levels) => (value * levels).round().clamp(0.0, levels) as f32,
                None => value as f32,
            };
        }
        Ok(())
    }
}

/// The error function to 1.2e-7 of its complement (W. H. Press et al., Numerical Recipes, `erfc`
/// by Chebyshev fit): the profile's shape, not its place, carries the error.
fn erf(x: f64) -> f64 {
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.5 * z);
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let polynomial = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let complement = t * (polynomial - z * z).exp();
    if x < 0.0 { complement - 1.0 } else { 1.0 - complement }
}

/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers in every version of this crate.
pub struct Random {
    state: u64,
    spare: Option<f64>,
}

impl Random {
    /// A stream of numbers; each (seed, stream) is another.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15), spare: None };
        random.state = random.next() ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (TAU * self.uniform()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
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
    fn the_centre_of_a_spot_moves_as_far_as_told() {
        let centre = |by: f64| {
            let spot = Spot { x: 0.0, y: 0.0, strength: 1.0, radius_px: 2.0 };
            let (first, profile) = spot.profile(20.0 + by, 48);
            let weight: f64 = profile.iter().sum();
            let moment: f64 =
                profile.iter().enumerate().map(|(i, value)| (first + i) as f64 * value).sum();
            moment / weight
        };
        for by in [0.0, 0.1, 0.37, 0.5, 1.9] {
            assert!((centre(by) - 20.0 - by).abs() < 1e-5, "{by}: {}", centre(by));
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
}
