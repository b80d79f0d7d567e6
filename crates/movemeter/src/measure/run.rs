//! The loop: one thread reads ahead, the others measure.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use super::stage::{FEW_BYTES, Measurement, Taken};
use crate::error::Error;
use crate::frame::Frame;
use crate::monitor::{Monitor, Stage, Warning};
use crate::recipe::Recipe;
use crate::source::{FrameSource, StackInfo};
use crate::track::Stamp;

/// Batches there are at most: one is read while one is measured. A third would only cost memory.
const MOST_BATCHES: usize = 2;
/// A batch has a frame for each thread if that takes no more than this for each.
const MOST_BATCH_BYTES_PER_THREAD: usize = 8 << 20;
/// Tiny frames come in batches of at most this many, so that a stop is noticed soon.
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
    let batches = Batches {
        stamps: &stamps,
        excluded: &excluded,
        length: batch_length(&info, batch_bytes(measurements)),
        monitor,
    };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(0);
        let (give_back, used) = sync_channel(MOST_BATCHES);
        scope.spawn(move || batches.read_all(source, &mut Spare::new(used), &sender));
        measure(&receiver, &give_back, stamps.len(), monitor, measurements)
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

/// What suits the measurement that gains most by many frames at once.
fn batch_bytes(measurements: &[&mut dyn Measurement]) -> usize {
    let bytes = measurements.iter().map(|measurement| measurement.batch_bytes_per_thread());
    bytes.max().unwrap_or(FEW_BYTES)
}

fn batch_length(info: &StackInfo, bytes_per_thread: usize) -> usize {
    let frame_bytes = (info.size.area() * size_of::<f32>()).max(1);
    let n_threads = rayon::current_num_threads();
    let n_fitting = |bytes_per_thread: usize| n_threads * bytes_per_thread / frame_bytes;
    let one_each = n_threads.min(n_fitting(MOST_BATCH_BYTES_PER_THREAD));
    n_fitting(bytes_per_thread).max(one_each).clamp(1, MAX_BATCH)
}

/// Frames read, and why there are no more if one could not be read.
struct Batch {
    taken: Vec<Taken>,
    error: Option<Error>,
}

impl Batch {
    fn of(length: usize) -> Self {
        Self { taken: Vec::with_capacity(length), error: None }
    }
}

struct NobodyListens;

/// Gives the batch back if it need not be handed over and is not waited for.
fn hand_over(
    sender: &SyncSender<Batch>,
    batch: Batch,
    must: bool,
) -> Result<Option<Batch>, NobodyListens> {
    if must {
        return sender.send(batch).map(|()| None).map_err(|_| NobodyListens);
    }
    match sender.try_send(batch) {
        Ok(()) => Ok(None),
        Err(TrySendError::Full(batch)) => Ok(Some(batch)),
        Err(TrySendError::Disconnected(_)) => Err(NobodyListens),
    }
}

/// What is read, and how much of it at once.
#[derive(Clone, Copy)]
struct Batches<'a> {
    stamps: &'a [Stamp],
    excluded: &'a BTreeSet<usize>,
    length: usize,
    monitor: &'a dyn Monitor,
}

impl Batches<'_> {
    /// Reads until all is read, a frame cannot be, it is to stop, or nobody listens any more.
    ///
    /// A batch is handed over when it is full, or when it is waited for: frames that come slowly are measured, told and
    /// kept as they come.
    fn read_all(self, source: &mut dyn FrameSource, spare: &mut Spare, sender: &SyncSender<Batch>) {
        let mut batch = Batch::of(self.length);
        for (index, &stamp) in self.stamps.iter().enumerate() {
            match self.take(source, index, stamp, spare) {
                Ok(taken) => batch.taken.push(taken),
                Err(error) => batch.error = Some(error),
            }
            let is_last = batch.error.is_some() || index + 1 == self.stamps.len();
            let must = is_last || batch.taken.len() == self.length;
            batch = match hand_over(sender, batch, must) {
                Ok(None) => Batch::of(self.length),
                Ok(Some(batch)) => batch,
                Err(NobodyListens) => return,
            };
            if is_last {
                return;
            }
        }
    }

    fn take(
        self,
        source: &mut dyn FrameSource,
        index: usize,
        stamp: Stamp,
        spare: &mut Spare,
    ) -> Result<Taken, Error> {
        if self.excluded.contains(&stamp.number) {
            return Ok(Taken { stamp, frame: None });
        }
        if self.monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        spare.gather();
        let mut frame = spare.frame();
        let read = source.read(index, &mut frame);
        read.map_err(|source| Error::Read { frame: stamp.number, source })?;
        Ok(Taken { stamp, frame: Some(frame) })
    }
}

/// Frames that were measured and can be read into again: after the first few batches no memory is
/// asked for, which the system would have to clear page by page.
struct Spare {
    used: Receiver<Vec<Taken>>,
    frames: Vec<Frame>,
}

impl Spare {
    fn new(used: Receiver<Vec<Taken>>) -> Self {
        Self { used, frames: Vec::new() }
    }

    /// Takes back what was measured since.
    fn gather(&mut self) {
        let used = self.used.try_iter().flatten();
        self.frames.extend(used.filter_map(|taken| taken.frame));
    }

    /// A frame to be read into; what it shows is undefined.
    fn frame(&mut self) -> Frame {
        self.frames.pop().unwrap_or_default()
    }
}

fn measure(
    receiver: &Receiver<Batch>,
    give_back: &SyncSender<Vec<Taken>>,
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
        // Nobody takes it back when all is read. There is room for all batches there are.
        give_back.try_send(taken).unwrap_or_default();
        monitor.progress(Stage::Measuring, n_done, n_frames);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::error::BoxError;
    use crate::geometry::{Rect, Size};
    use crate::monitor::Silent;
    use crate::preprocess::background::Background;
    use crate::recipe::Reference;
    use crate::table::Table;

    /// A source that counts how many frames it was given that had never been read into.
    struct Counting {
        info: StackInfo,
        n_new: usize,
    }

    impl FrameSource for Counting {
        fn info(&self) -> &StackInfo {
            &self.info
        }

        fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
            self.n_new += usize::from(frame.size() == Size::default());
            frame.reset(self.info.size);
            frame.pixels_mut().fill(index as f32);
            Ok(())
        }
    }

    impl Counting {
        fn of(size: Size, n_frames: usize) -> Self {
            Self { info: StackInfo { size, n_frames, ..StackInfo::default() }, n_new: 0 }
        }
    }

    /// A measurement that keeps what it is shown: number and grey level.
    #[derive(Default)]
    struct Shown(Vec<(usize, Option<f32>)>);

    impl Measurement for Shown {
        fn frames(&mut self, batch: &[Taken], _: &dyn Monitor) -> Result<(), Error> {
            let level = |taken: &Taken| taken.frame.as_ref().map(|frame| frame.pixels()[0]);
            self.0.extend(batch.iter().map(|taken| (taken.stamp.number, level(taken))));
            Ok(())
        }

        fn table(&self) -> Table<'_> {
            Table { n_rows: 0, columns: Vec::new() }
        }
    }

    #[test]
    fn however_long_the_recording_only_two_batches_of_frames_are_ever_made() {
        let n_frames = 20 * MAX_BATCH + 7;
        let mut source = Counting::of(Size::new(64, 64), n_frames);
        let length = batch_length(&source.info, FEW_BYTES);
        // Some, and then whole batches.
        let excluded: Vec<usize> = [3, 700].into_iter().chain(1000..3000).collect();
        let recipe = Recipe { exclude: excluded.clone(), ..Recipe::default() };
        let mut shown = Shown::default();
        run(&mut source, &recipe, &Silent, &mut [&mut shown]).unwrap();
        assert!(source.n_new <= MOST_BATCHES * length, "{} of {n_frames}", source.n_new);
        let level = |number: usize| (!excluded.contains(&number)).then_some(number as f32);
        let expected: Vec<_> = (0..n_frames).map(|number| (number, level(number))).collect();
        assert_eq!(shown.0, expected);
    }

    /// A recording whose frames take their time; it is told to stop when this one is read.
    struct Slow<'a> {
        info: StackInfo,
        stops_at: usize,
        stopping: &'a Stopping,
        n_read: usize,
    }

    #[derive(Default)]
    struct Stopping(AtomicBool);

    impl Monitor for Stopping {
        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    impl FrameSource for Slow<'_> {
        fn info(&self) -> &StackInfo {
            &self.info
        }

        fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
            thread::sleep(Duration::from_millis(30));
            self.n_read += 1;
            self.stopping.0.fetch_or(index == self.stops_at, Ordering::Relaxed);
            frame.reset(self.info.size);
            Ok(())
        }
    }

    /// How many frames came at once.
    #[derive(Default)]
    struct Lengths(Vec<usize>);

    impl Measurement for Lengths {
        fn frames(&mut self, batch: &[Taken], _: &dyn Monitor) -> Result<(), Error> {
            self.0.push(batch.len());
            Ok(())
        }

        fn table(&self) -> Table<'_> {
            Table { n_rows: 0, columns: Vec::new() }
        }
    }

    fn slow(n_frames: usize, stops_at: usize, stopping: &Stopping) -> Slow<'_> {
        let info = StackInfo { size: Size::new(8, 8), n_frames, ..StackInfo::default() };
        Slow { info, stops_at, stopping, n_read: 0 }
    }

    #[test]
    fn frames_that_come_slowly_are_handed_over_before_a_batch_is_full() {
        let stopping = Stopping::default();
        let mut source = slow(10, usize::MAX, &stopping);
        let mut lengths = Lengths::default();
        run(&mut source, &Recipe::default(), &stopping, &mut [&mut lengths]).unwrap();
        assert_eq!(lengths.0.iter().sum::<usize>(), 10);
        assert!(5 < lengths.0.len(), "{:?}", lengths.0);
    }

    #[test]
    fn no_frame_is_read_after_a_stop() {
        let stopping = Stopping::default();
        let mut source = slow(100, 1, &stopping);
        let mut lengths = Lengths::default();
        let ended = run(&mut source, &Recipe::default(), &stopping, &mut [&mut lengths]);
        assert!(matches!(ended, Err(Error::Cancelled)));
        assert_eq!(source.n_read, 2);
    }

    #[test]
    fn reading_ahead_for_a_reference_and_a_background_takes_one_frame_more() {
        let mut source = Counting::of(Size::new(24, 24), 10 * MAX_BATCH);
        let recipe = Recipe {
            windows: [Rect::new(4, 4, 16, 16)].into(),
            reference: Reference::Mean,
            background: Background::Min,
            max_displacement_px: Some(2.0),
            ..Recipe::default()
        };
        recipe.measure(&mut source, &Silent).unwrap();
        assert!(source.n_new <= 1 + MOST_BATCHES * MAX_BATCH, "{}", source.n_new);
    }

    #[test]
    fn a_batch_has_a_frame_for_each_thread_unless_frames_are_huge() {
        let n_threads = rayon::current_num_threads();
        let length = |side| {
            let info = StackInfo { size: Size::new(side, side), ..StackInfo::default() };
            batch_length(&info, FEW_BYTES)
        };
        assert_eq!(length(1), MAX_BATCH);
        assert_eq!(length(512), (2 * n_threads).min(MAX_BATCH));
        assert_eq!(length(1024), n_threads.min(MAX_BATCH));
        assert_eq!(length(2048), (n_threads / 2).clamp(1, MAX_BATCH));
    }
}
