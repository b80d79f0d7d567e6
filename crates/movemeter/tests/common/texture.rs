//! Textures that are computed afresh at their place in each frame: turned and deformed exactly.

use std::f64::consts::TAU;

use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::source::MemoryStack;
use movemeter::synth::Random;

/// Waves of random length and direction: exact at any point.
pub struct Texture {
    waves: Vec<[f64; 4]>,
}

impl Texture {
    /// No wave shorter than this, px.
    pub fn new(seed: u64, shortest: f64) -> Self {
        let mut random = Random::new(seed, 3);
        let mut wave = |_| {
            let length = shortest * (1.0 + 2.0 * random.uniform());
            let (sin, cos) = (TAU * random.uniform()).sin_cos();
            let k = TAU / length;
            [k * cos, k * sin, TAU * random.uniform(), 0.5 + random.uniform()]
        };
        Self { waves: (0..60).map(&mut wave).collect() }
    }

    pub fn at(&self, x: f64, y: f64) -> f64 {
        let wave = |[kx, ky, phase, height]: &[f64; 4]| height * (kx * x + ky * y + phase).cos();
        self.waves.iter().map(wave).sum::<f64>()
    }
}

/// Where a frame's content came from: about a centre, turned and strained by F, then moved.
#[derive(Clone, Copy)]
pub struct Pose {
    pub centre: (f64, f64),
    pub moved: Displacement,
    pub f: [[f64; 2]; 2],
}

impl Pose {
    pub fn turned(centre: (f64, f64), moved: Displacement, angle_rad: f64) -> Self {
        let (sin, cos) = angle_rad.sin_cos();
        Self { centre, moved, f: [[cos, -sin], [sin, cos]] }
    }

    /// The place in the reference of what is at a place now.
    pub fn back(&self, x: f64, y: f64) -> (f64, f64) {
        let [[a, b], [c, d]] = self.f;
        let determinant = a * d - b * c;
        let x = x - self.centre.0 - self.moved.dx;
        let y = y - self.centre.1 - self.moved.dy;
        (
            self.centre.0 + (d * x - b * y) / determinant,
            self.centre.1 + (a * y - c * x) / determinant,
        )
    }

    /// The place now of what was at a place in the reference.
    pub fn forth(&self, x: f64, y: f64) -> (f64, f64) {
        let [[a, b], [c, d]] = self.f;
        let (x, y) = (x - self.centre.0, y - self.centre.1);
        (
            self.centre.0 + a * x + b * y + self.moved.dx,
            self.centre.1 + c * x + d * y + self.moved.dy,
        )
    }
}

/// A frame in 0 to 1, with noise of this standard deviation.
pub fn frame(size: Size, texture: &Texture, pose: &Pose, noise: f64, seed: u64) -> Frame {
    let mut random = Random::new(seed, 9);
    Frame::from_fn(size, |x, y| {
        let (x, y) = pose.back(x as f64, y as f64);
        (0.5 + 0.03 * texture.at(x, y) + noise * random.normal()) as f32
    })
}

pub fn stack(size: Size, texture: &Texture, poses: &[Pose], noise: f64) -> MemoryStack {
    let still = Pose::turned(poses[0].centre, Displacement::ZERO, 0.0);
    let poses = std::iter::once(&still).chain(poses);
    let frames = poses.enumerate().map(|(k, pose)| frame(size, texture, pose, noise, k as u64 + 1));
    MemoryStack::new(frames.collect()).unwrap()
}

pub fn middle(window: Rect) -> (f64, f64) {
    let at = |from: isize, side: usize| from as f64 + 0.5 * (side as f64 - 1.0);
    (at(window.x, window.width), at(window.y, window.height))
}

/// How far the window's centre moved: forward if followed, else backward from where it is.
pub fn truth(window: Rect, pose: &Pose, follow: bool) -> Displacement {
    let (x, y) = middle(window);
    if follow {
        let (to_x, to_y) = pose.forth(x, y);
        Displacement::new(to_x - x, to_y - y)
    } else {
        let (from_x, from_y) = pose.back(x, y);
        Displacement::new(x - from_x, y - from_y)
    }
}

/// The difference of two angles, degrees, without full turns.
pub fn apart_deg(a_rad: f64, b_rad: f64) -> f64 {
    let apart = a_rad - b_rad;
    (apart - TAU * (apart / TAU).round()).to_degrees()
}

/// Any angles up to a limit with motion of ±5 px, about a point.
pub fn anyhow(n: usize, centre: (f64, f64), max_rad: f64, seed: u64) -> Vec<Pose> {
    let mut random = Random::new(seed, 5);
    let mut within = |limit: f64| limit * (2.0 * random.uniform() - 1.0);
    let mut pose = |_| {
        let moved = Displacement::new(within(5.0), within(5.0));
        Pose::turned(centre, moved, within(max_rad))
    };
    (0..n).map(&mut pose).collect()
}
