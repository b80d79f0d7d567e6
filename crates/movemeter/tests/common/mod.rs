//! What several tests share: stacks, recipes, error statistics.

#![allow(clippy::unwrap_used, reason = "a test ends where its preparations fail")]
#![allow(dead_code, reason = "each test uses a part")]

pub mod texture;

use movemeter::geometry::{Displacement, Rect, Size};
use movemeter::measure::motion::Means;
use movemeter::measure::{Motion, run};
use movemeter::monitor::Silent;
use movemeter::recipe::Recipe;
use movemeter::source::FrameSource;
use movemeter::synth::{Random, SynthStack};
use movemeter::track::Tracks;

/// A window in the middle of a 128×128 frame.
pub const CENTRE: Rect = Rect::new(48, 48, 32, 32);
pub const SIZE: Size = Size::new(128, 128);

/// Follows windows, up to 10 px.
pub fn following(windows: impl Into<movemeter::roi::Windows>) -> Recipe {
    Recipe {
        windows: windows.into(),
        follow: true,
        max_displacement_px: Some(10.0),
        ..Recipe::default()
    }
}

pub fn measured(recipe: &Recipe, source: &mut dyn FrameSource) -> Tracks {
    recipe.measure(source, &Silent).unwrap()
}

/// The same by other means.
pub fn measured_by(means: Means, recipe: &Recipe, source: &mut dyn FrameSource) -> Tracks {
    let mut motion = Motion::by(means, recipe, source, &Silent).unwrap();
    run(source, recipe, &Silent, &mut [&mut motion]).unwrap();
    motion.into_tracks()
}

/// Frame 0 at rest, then displacements anywhere within ±`reach` in x and y.
pub fn anywhere(n_frames: usize, reach: f64, seed: u64) -> Vec<Displacement> {
    let mut random = Random::new(seed, 77);
    let mut shift = || reach * (2.0 * random.uniform() - 1.0);
    let moved = (1..n_frames).map(|_| Displacement::new(shift(), shift()));
    std::iter::once(Displacement::ZERO).chain(moved).collect()
}

/// Errors of every measured displacement: how many, root mean square per axis, largest.
#[derive(Debug)]
pub struct Errors {
    pub n: usize,
    pub rms: f64,
    pub worst: f64,
    /// Part of the errors within one standard deviation, as stated by the samples.
    pub within_one_sd: f64,
}

pub fn errors(tracks: &Tracks, stack: &SynthStack) -> Errors {
    let (mut n, mut squares, mut worst, mut within) = (0usize, 0.0, 0.0f64, 0usize);
    for track in &tracks.tracks {
        for (index, sample) in track.samples.iter().enumerate().skip(1) {
            let Some(found) = sample.displacement() else { continue };
            let error = found - stack.displacement(index);
            for (error, sd) in [(error.dx, sample.sd_x()), (error.dy, sample.sd_y())] {
                n += 1;
                squares += error * error;
                worst = worst.max(error.abs());
                within += usize::from(error.abs() <= sd);
            }
        }
    }
    let count = n as f64;
    Errors { n, rms: (squares / count).sqrt(), worst, within_one_sd: within as f64 / count }
}
