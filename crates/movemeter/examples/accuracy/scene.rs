//! Patterns whose motion and gradients are known, and exposures of them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use movemeter::matching::subpixel::Subpixel;
use movemeter::synth::{self, Camera, Random, SynthStack};
use movemeter::{
    Displacement, Frame, MemoryStack, Recipe, Rect, Silent, Size, Tracks, Windows, grid,
};

pub const SIZE: Size = Size::new(512, 512);

/// Windows stay this far inside, so that none leaves the frame or has a clipped search.
pub const BORDER: usize = 16;

/// Grey level between spots, as a part of the full range: noise of 10 % is hardly ever clipped there.
pub const BACKGROUND: f64 = 0.2;

/// Displacements are anywhere up to this, in x and in y, px.
pub const REACH: f64 = 5.0;

/// Windows are looked for up to this far, px.
pub const SEARCH: f64 = 10.0;

/// A texture by the standard deviation of its spots.
#[derive(Clone, Copy)]
pub struct Texture {
    pub name: &'static str,
    pub radius_px: f64,
    /// Height of a mean spot, as a part of the full range: so that where several meet hardly any pixel
    /// is clipped. A clean window of fine texture is known so well that a few would show.
    pub spot: f64,
}

pub const TEXTURES: [Texture; 3] = [
    Texture { name: "fine", radius_px: 1.0, spot: 0.12 },
    Texture { name: "medium", radius_px: 2.0, spot: 0.18 },
    Texture { name: "coarse", radius_px: 4.0, spot: 0.18 },
];

/// A pattern that is displaced by these amounts; at rest in frame 0.
pub fn pattern(texture: &Texture, seed: u64, displacements: &[Displacement]) -> SynthStack {
    let path: Vec<_> = [Displacement::ZERO].iter().chain(displacements).copied().collect();
    let n_frames = path.len();
    let speckle =
        synth::speckle(SIZE).radius(texture.radius_px).grey(BACKGROUND, texture.spot).seed(seed);
    speckle.path(path).frames(n_frames)
}

/// A displacement anywhere in reach, another for each seed.
pub fn anywhere(seed: u64) -> Displacement {
    let mut random = Random::new(seed, 77);
    let mut shift = || REACH * (2.0 * random.uniform() - 1.0);
    Displacement::new(shift(), shift())
}

/// What a camera sees of the light; each (seed, exposure) has other noise.
pub fn expose(light: &[f64], camera: Camera, seed: u64, exposure: u64) -> Frame {
    let mut random = Random::new(seed, 1000 + exposure);
    let pixels = light.iter().map(|&light| camera.see(light, &mut random)).collect();
    Frame::from_pixels(SIZE, pixels).expect("one value per pixel")
}

/// Windows side by side.
pub fn windows(side: usize) -> Windows {
    let within = |length: usize| length - 2 * BORDER;
    let corner = BORDER as isize;
    let rect = Rect::new(corner, corner, within(SIZE.width), within(SIZE.height));
    grid(rect, Size::new(side, side), 1.0)
}

/// Follows the windows of frame 0 through the others.
///
/// They count as stored in 16 bits at most, that is: rounded.
pub fn follow(frames: Vec<Frame>, side: usize, subpixel: Subpixel, blur_sigma_px: f64) -> Tracks {
    let recipe = Recipe {
        windows: windows(side),
        follow: true,
        max_displacement_px: Some(SEARCH),
        subpixel,
        blur_sigma_px,
        ..Recipe::default()
    };
    let mut stack = MemoryStack::new(frames).expect("frames of one size").stored_as("uint16");
    recipe.measure(&mut stack, &Silent).expect("the windows lie in the frame")
}

/// Does the work for every seed from 1 on, on all processors; results in the order of the seeds.
pub fn for_each_seed<T: Send>(n_seeds: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(1);
    let done = Mutex::new(Vec::new());
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if n_seeds < seed {
                        return;
                    }
                    let result = work(seed);
                    done.lock().expect("no thread ended in a panic").push((seed, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread ended in a panic");
    done.sort_by_key(|(seed, _)| *seed);
    done.into_iter().map(|(_, result)| result).collect()
}
