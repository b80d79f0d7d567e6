//! How the time is taken.

use std::time::Instant;

use movemeter::error::BoxError;

/// Seconds of one piece of work, and what it gave; repeated while it is too short to time.
pub fn timed<T>(
    at_least_s: f64,
    mut work: impl FnMut() -> Result<T, BoxError>,
) -> Result<(f64, T), BoxError> {
    let start = Instant::now();
    let mut n = 0;
    loop {
        let result = work()?;
        n += 1;
        let seconds = start.elapsed().as_secs_f64();
        if at_least_s <= seconds {
            return Ok((seconds / f64::from(n), result));
        }
    }
}

/// Runs on this many threads, and no more.
pub fn on_threads<T: Send>(
    n_threads: usize,
    work: impl FnOnce() -> Result<T, BoxError> + Send,
) -> Result<T, BoxError> {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build()?.install(work)
}
