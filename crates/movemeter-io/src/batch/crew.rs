//! Several stacks side by side.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use super::Batch;
use super::found::Stack;
use super::lock::ASKING;
use super::outcome::{BatchMonitor, Outcome};
use super::permits::Permits;
use super::record::recipe_sha256;
use crate::error::Error;

/// Those who measure the stacks of a batch, and what they share.
pub(super) struct Crew<'a> {
    pub(super) batch: &'a Batch,
    pub(super) monitor: &'a dyn BatchMonitor,
    pub(super) recipe_sha256: String,
    /// Whether a recording that seems cut off is left for later.
    pub(super) is_patient: bool,
    pub(super) permits: Permits,
    /// How many permits there are: so many small stacks are measured at a time.
    pub(super) n_permits: usize,
    /// Threads that measure, of all stacks together.
    n_threads: usize,
    n_unfinished: AtomicUsize,
    is_out_of_room: AtomicBool,
    no_room: Mutex<Option<Error>>,
}

/// A stack to look at, by its place in the list; not before a moment, if another program had it.
struct Task {
    index: usize,
    not_before: Option<Instant>,
}

impl<'a> Crew<'a> {
    pub(super) fn new(batch: &'a Batch, monitor: &'a dyn BatchMonitor, is_patient: bool) -> Self {
        let of_machine = || thread::available_parallelism().map_or(1, usize::from);
        let n_threads = batch.n_threads.unwrap_or_else(of_machine).max(1);
        let n_permits = batch.n_jobs.unwrap_or(n_threads).max(1);
        Self {
            batch,
            monitor,
            recipe_sha256: recipe_sha256(&batch.recipe),
            is_patient,
            permits: Permits::new(n_permits),
            n_permits,
            is_out_of_room: AtomicBool::new(false),
            n_threads,
            n_unfinished: AtomicUsize::new(0),
            no_room: Mutex::new(None),
        }
    }

    /// Looks at all stacks, and measures those that need it. One outcome for each.
    ///
    /// Where there is no room for results, nothing more is begun; [`Self::check_room`] says so.
    pub(super) fn settle_all(&self, stacks: &[Stack]) -> Vec<Outcome> {
        let waiting = || Outcome::Waiting("stopped before it was measured".into());
        let outcomes = Mutex::new(stacks.iter().map(|_| waiting()).collect::<Vec<_>>());
        let tasks = (0..stacks.len()).map(|index| Task { index, not_before: None });
        let tasks = Mutex::new(tasks.collect::<VecDeque<_>>());
        self.n_unfinished.store(stacks.len(), Ordering::Relaxed);
        thread::scope(|scope| {
            for _ in 0..self.n_permits.min(stacks.len()) {
                scope.spawn(|| self.work(stacks, &tasks, &outcomes));
            }
        });
        outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(
        &self,
        stacks: &[Stack],
        tasks: &Mutex<VecDeque<Task>>,
        outcomes: &Mutex<Vec<Outcome>>,
    ) {
        while !self.is_stopped() {
            let Some(Task { index, not_before }) = locked(tasks).pop_front() else { return };
            if let Some(time) = not_before.and_then(|t| t.checked_duration_since(Instant::now())) {
                thread::sleep(time);
            }
            match self.settle_whatever_happens(&stacks[index]) {
                // Another program measures it; when it is done, or was killed, we shall see.
                None => locked(tasks)
                    .push_back(Task { index, not_before: Some(Instant::now() + ASKING) }),
                Some(outcome) => {
                    self.n_unfinished.fetch_sub(1, Ordering::Relaxed);
                    self.monitor.ended(&stacks[index], &outcome);
                    locked(outcomes)[index] = outcome;
                }
            }
        }
    }

    /// A fault of ours in one stack must not end a night's work on the others.
    fn settle_whatever_happens(&self, stack: &Stack) -> Option<Outcome> {
        let settled = catch_unwind(AssertUnwindSafe(|| self.settle(stack)));
        settled.unwrap_or_else(|_| {
            let message =
                "movemeter itself failed here; please report it, with the recording".into();
            Some(Outcome::Failed(message))
        })
    }

    /// Threads for a stack that holds so many permits: its part of all, and where few stacks are left, more.
    pub(super) fn n_threads(&self, n_permits: usize) -> usize {
        let n_unfinished = self.n_unfinished.load(Ordering::Relaxed);
        let n_sharing = self.n_permits.min(n_unfinished.max(n_permits)).max(1);
        (n_permits * self.n_threads / n_sharing).clamp(1, self.n_threads)
    }

    /// Whether nothing more is to be begun.
    pub(super) fn is_stopped(&self) -> bool {
        self.monitor.is_cancelled() || self.is_out_of_room.load(Ordering::Relaxed)
    }

    /// No other stack will fare better.
    pub(super) fn stop_for(&self, error: Error) {
        self.is_out_of_room.store(true, Ordering::Relaxed);
        *locked(&self.no_room) = Some(error);
    }

    /// Why nothing more was begun, if there was no room.
    pub(super) fn check_room(&self) -> Result<(), Error> {
        locked(&self.no_room).take().map_or(Ok(()), Err)
    }
}

/// A list stays right whatever panics elsewhere.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
