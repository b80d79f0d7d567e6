//! What the loop hands to measurements, and the working memory of its threads.

use std::sync::{Mutex, MutexGuard};

use crate::error::Error;
use crate::frame::Frame;
use crate::matching::matcher::MatchScratch;
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

/// What is taken from each frame.
pub trait Measurement {
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
}

/// One [`Scratch`] for each thread of the pool; it lives as long as the run.
#[derive(Default)]
pub(super) struct ScratchPool {
    of_thread: Vec<Mutex<Scratch>>,
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
        // A thread that panicked while it held its scratch left it dirty, which is no harm.
        self.of_thread[thread].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
