//! The loop: one thread reads ahead, the others measure.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::stage::{Measurement, Taken};
use crate::error::Error;
use crate::frame::Frame;
use crate::monitor::{Monitor, Stage, Warning};
use crate::recipe::Recipe;
use crate::source::{FrameSource, StackInfo};
use crate::track::Stamp;

/// Batches in flight between reader and measurements: one being filled while one waits.
const READ_AHEAD: usize = 1;
/// Frames of a batch take about this much memory for each thread.
const BATCH_BYTES_PER_THREAD: usize = 8 << 20;
/// Small frames come in batches of at most this many, so that a stop is noticed soon.
const MAX_BATCH: usize = 256;

/// Reads each frame once, in order, and hands it to every measurement.
///
/// After an error or a stop the measurements hold what was measured until then.
pub fn run(
    source: &mut dyn FrameSource,
    recipe: &Recipe,
    monitor: &dyn Monitor,
    measurements: &mut [&mut dyn Measurement],
) -> Result<(), Error> {
    let info = source.info().clone();
    let excluded: BTreeSet<usize> = recipe.exclude.iter().copied().collect();
    check_frames(&info, &excluded)?;
    let stamps = stamps(&info, recipe);
    if stamps.iter().all(|stamp| stamp.time_s.is_nan()) {
        monitor.warn(Warning::NoFrameTimes);
    }
    let length = batch_length(&info);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(READ_AHEAD);
        let (stamps, excluded) = (&stamps, &excluded);
        scope.spawn(move || read(source, stamps, excluded, length, &sender));
        measure(&receiver, stamps.len(), monitor, measurements)
    })
}

fn check_frames(info: &StackInfo, excluded: &BTreeSet<usize>) -> Result<(), Error> {
    let is_measured = |index: usize| !excluded.contains(&info.number(index));
    match (0..info.n_frames).any(is_measured) {
        true => Ok(()),
        false => Err(Error::NoFrames { excluded: 0 < info.n_frames }),
    }
}

fn stamps(info: &StackInfo, recipe: &Recipe) -> Vec<Stamp> {
    let stamp = |index: usize| {
        let number = info.number(index);
        let by_rate = recipe.frame_rate_hz.map(|rate_hz| number as f64 / rate_hz);
        Stamp { number, time_s: by_rate.or(info.time_s(index)).unwrap_or(f64::NAN) }
    };
    (0..info.n_frames).map(stamp).collect()
}

fn batch_length(info: &StackInfo) -> usize {
    let frame_bytes = (info.size.area() * size_of::<f32>()).max(1);
    let bytes = rayon::current_num_threads() * BATCH_BYTES_PER_THREAD;
    (bytes / frame_bytes).clamp(1, MAX_BATCH)
}

/// Frames read, and why there are no more if one could not be read.
struct Batch {
    taken: Vec<Taken>,
    error: Option<Error>,
}

/// Reads batch after batch until all are read, one cannot be, or nobody listens any more.
fn read(
    source: &mut dyn FrameSource,
    stamps: &[Stamp],
    excluded: &BTreeSet<usize>,
    length: usize,
    sender: &SyncSender<Batch>,
) {
    for (n, stamps) in stamps.chunks(length).enumerate() {
        let batch = read_batch(source, n * length, stamps, excluded);
        let is_last = batch.error.is_some();
        if sender.send(batch).is_err() || is_last {
            return;
        }
    }
}

fn read_batch(
    source: &mut dyn FrameSource,
    first: usize,
    stamps: &[Stamp],
    excluded: &BTreeSet<usize>,
) -> Batch {
    let mut taken = Vec::with_capacity(stamps.len());
    for (i, &stamp) in stamps.iter().enumerate() {
        match take(source, first + i, stamp, excluded) {
            Ok(frame) => taken.push(Taken { stamp, frame }),
            Err(error) => return Batch { taken, error: Some(error) },
        }
    }
    Batch { taken, error: None }
}

fn take(
    source: &mut dyn FrameSource,
    index: usize,
    stamp: Stamp,
    excluded: &BTreeSet<usize>,
) -> Result<Option<Frame>, Error> {
    if excluded.contains(&stamp.number) {
        return Ok(None);
    }
    let mut frame = Frame::default();
    match source.read(index, &mut frame) {
        Ok(()) => Ok(Some(frame)),
        Err(source) => Err(Error::Read { frame: stamp.number, source }),
    }
}

fn measure(
    receiver: &Receiver<Batch>,
    n_frames: usize,
    monitor: &dyn Monitor,
    measurements: &mut [&mut dyn Measurement],
) -> Result<(), Error> {
    let mut n_done = 0;
    for batch in receiver {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let Batch { taken, error } = batch;
        for measurement in &mut *measurements {
            measurement.frames(&taken, monitor)?;
        }
        if let Some(error) = error {
            return Err(error);
        }
        n_done += taken.len();
        monitor.progress(Stage::Measuring, n_done, n_frames);
    }
    Ok(())
}
