//! Times a recipe on frames in memory.

use std::path::{Path, PathBuf};

use movemeter::error::BoxError;
use movemeter::{Frame, FrameRange, FrameSource, MemoryStack, Recipe, Silent, StackInfo, Tracks};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{on_threads, timed};
use crate::inputs::Repeated;

/// What is measured, and how.
#[derive(Deserialize)]
pub struct Motion {
    file: PathBuf,
    /// So many frames are measured, the reference among them: the file's first, and from its start
    /// again where it has fewer.
    n_frames: usize,
    n_threads: usize,
    recipe: Recipe,
    at_least_s: f64,
    wants_found: bool,
}

/// The recording that was read last.
#[derive(Default)]
pub struct Stacks {
    last: Option<(PathBuf, MemoryStack)>,
}

impl Stacks {
    fn read(&mut self, path: &Path) -> Result<&mut MemoryStack, BoxError> {
        let stack = match self.last.take() {
            Some((last, stack)) if last == path => stack,
            Some(_) | None => in_memory(path)?,
        };
        Ok(&mut self.last.insert((path.into(), stack)).1)
    }
}

fn in_memory(path: &Path) -> Result<MemoryStack, BoxError> {
    let mut source = movemeter_io::open(path)?;
    let StackInfo { n_frames, pixel_type, .. } = source.info().clone();
    let frame = |index| {
        let mut frame = Frame::default();
        source.read(index, &mut frame).map(|()| frame)
    };
    let frames = (0..n_frames).map(frame).collect::<Result<_, _>>()?;
    Ok(MemoryStack::new(frames)?.stored_as(&pixel_type))
}

impl Motion {
    /// Seconds of one measurement, after a short one to warm up.
    pub fn measure(&self, stacks: &mut Stacks) -> Result<Value, BoxError> {
        let mut stack = Repeated::new(stacks.read(&self.file)?, self.n_frames);
        let last = self.n_frames.min(2) - 1;
        let short = FrameRange { last: Some(last), ..FrameRange::default() };
        let warm_up = Recipe { frames: short, ..self.recipe.clone() };
        let (seconds, tracks) = on_threads(self.n_threads, || {
            warm_up.measure(&mut stack, &Silent)?;
            timed(self.at_least_s, || Ok(self.recipe.measure(&mut stack, &Silent)?))
        })?;
        let found = self.wants_found.then(|| found(&tracks));
        Ok(json!({ "seconds": seconds, "found": found }))
    }
}

/// For each frame after the reference and each window: dx and dy, px, and, where the window may turn,
/// its angle, degrees. What was not measured is null.
fn found(tracks: &Tracks) -> Vec<Vec<Option<f64>>> {
    let of_window = |window: usize, frame: usize| {
        let track = &tracks[window];
        let moved = track.displacement(frame);
        let mut numbers = vec![moved.map(|moved| moved.dx), moved.map(|moved| moved.dy)];
        if !track.deformations.is_empty() {
            numbers.push(track.angle_rad(frame).map(f64::to_degrees));
        }
        numbers
    };
    let of_frame = |frame| (0..tracks.n_windows()).map(move |window| of_window(window, frame));
    (1..tracks.n_frames()).flat_map(of_frame).collect()
}
