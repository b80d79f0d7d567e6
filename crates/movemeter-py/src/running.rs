//! Long work beside the interpreter: its signals are heard, who asked for progress is told, and either may stop it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use movemeter::monitor::{Monitor, Stage, Warning};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::failure::setting;

/// How often signals are looked for and progress is told: a person waits no longer for a stop, and an interpreter that
/// is asked fifty times a second does not feel it.
const INTERVAL: Duration = Duration::from_millis(20);

/// What the working threads say, and what they are told.
#[derive(Default)]
struct Watch {
    is_stopped: AtomicBool,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    progress: Option<(Stage, usize, usize)>,
    warnings: Vec<Warning>,
}

impl Watch {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Monitor for Watch {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.said().progress = Some((stage, done, total));
    }

    fn warn(&self, warning: Warning) {
        self.said().warnings.push(warning);
    }

    fn is_cancelled(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}

/// What became of work.
pub struct Outcome<R> {
    /// What it gave.
    pub result: R,
    /// The exception that stopped it: of a signal, or of who was told of progress.
    pub exception: Option<PyErr>,
    /// What should be known of the result.
    pub warnings: Vec<Warning>,
}

/// Does work with `threads` threads of its own (as many as there are cores if it is `None`), while the lock of the
/// interpreter is released. `progress` is called with the stage, how much is done, and of how much; if it
/// returns `False` the work is stopped.
///
/// The threads end with the work: a process that forks later forks no threads.
pub fn run<R: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&dyn Monitor) -> R + Send,
) -> PyResult<Outcome<R>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(0)).build();
    let pool = pool.map_err(|error| {
        let shown = threads.map_or_else(|| "None".into(), |threads| threads.to_string());
        setting(py, "threads", &format!("fewer ({error})"), &shown)
    })?;
    let watch = Watch::default();
    let progress = progress.map(|progress| progress.clone().unbind());
    let (result, exception) = py.detach(|| {
        thread::scope(|scope| {
            let (ended, has_ended) = channel::<()>();
            let worker = scope.spawn(|| {
                let result = pool.install(|| work(&watch));
                drop(ended);
                result
            });
            let mut told = Told { progress, last: None, exception: None };
            while has_ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                told.tell(&watch);
            }
            told.tell(&watch);
            match worker.join() {
                Ok(result) => (result, told.exception),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    });
    let warnings = std::mem::take(&mut watch.said().warnings);
    Ok(Outcome { result, exception, warnings })
}

/// Who is told, and what was told last.
struct Told {
    progress: Option<Py<PyAny>>,
    last: Option<(Stage, usize, usize)>,
    exception: Option<PyErr>,
}

impl Told {
    fn tell(&mut self, watch: &Watch) {
        if self.exception.is_some() {
            return;
        }
        let progress = watch.said().progress.filter(|progress| Some(*progress) != self.last);
        self.last = progress.or(self.last);
        let goes_on = Python::attach(|py| {
            py.check_signals()?;
            match (progress, &self.progress) {
                (Some((stage, done, total)), Some(call)) => {
                    let answer = call.bind(py).call1((stage.to_string(), done, total))?;
                    Ok(!answer.is(PyBool::new(py, false)))
                }
                _ => Ok(true),
            }
        });
        match goes_on {
            Ok(true) => return,
            Ok(false) => {}
            Err(exception) => self.exception = Some(exception),
        }
        watch.is_stopped.store(true, Ordering::Relaxed);
    }
}
