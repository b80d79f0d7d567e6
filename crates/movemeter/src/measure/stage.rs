//! What the loop hands to measurements, and the working memory of its threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::frame::Frame;
use crate::matching::matcher::{MatchFrame, MatchScratch, SourceScratch};
use crate::matching::target::Target;
use crate::matching::template::Template;
use crate::monitor::Monitor;
use crate::preprocess::Work;
use crate::table::Table;
use crate::track::Stamp;

/// One frame as it is handed to measurements.
pub struct Taken {
    /// Its number and time.
    pub stamp: Stamp,
    /// Its pixels; `None` if it is excluded.
    pub frame: Option<Frame>,
}

/// Frames that fit into this much memory for each thread are still in the cache when they are measured.
pub const FEW_BYTES: usize = 2 << 20;

/// What is taken from each frame.
pub trait Measurement {
    /// How much memory the frames of a batch should take for each thread.
    fn batch_bytes_per_thread(&self) -> usize {
        FEW_BYTES
    }

    /// Measures the next frames, in order.
    ///
    /// Asks the monitor now and then whether to stop; then nothing of this batch is kept, and the
    /// error is [`Error::Cancelled`].
    fn frames(&mut self, batch: &[Taken], monitor: &dyn Monitor) -> Result<(), Error>;

    /// What was measured so far.
    fn table(&self) -> Table<'_>;
}

/// Working memory of one thread.
#[derive(Default)]
pub(super) struct Scratch {
    pub matching: MatchScratch,
    pub template: Template,
    pub target: Target,
    pub preparing: Work,
    pub source: SourceScratch,
}

/// One [`Scratch`] for each thread of the pool, and frames to be prepared anew; it lives as long as the run.
#[derive(Default)]
pub(super) struct ScratchPool {
    of_thread: Vec<Mutex<Scratch>>,
    spare: Mutex<Vec<MatchFrame>>,
}

impl ScratchPool {
    /// Makes room for the threads of the current pool.
    pub fn fit(&mut self) {
        let n_threads = rayon::current_num_threads();
        if self.of_thread.len() < n_threads {
            self.of_thread.resize_with(n_threads, Mutex::default);
        }
    }

    /// The calling thread's own.
    pub fn get(&self) -> MutexGuard<'_, Scratch> {
        let thread = rayon::current_thread_index().unwrap_or(0);
        lock(&self.of_thread[thread])
    }

    /// A frame whose memory is there already, if one was given back.
    pub fn spare_frame(&self) -> MatchFrame {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// Takes back frames that are not needed any more.
    pub fn give_back(&self, frames: impl IntoIterator<Item = MatchFrame>) {
        lock(&self.spare).extend(frames);
    }
}

/// A thread that panicked left dirty what it held, which is no harm to scratch.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
