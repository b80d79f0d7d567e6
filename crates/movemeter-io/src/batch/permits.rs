//! How many stacks are measured at a time, so that memory is enough for all.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many permits that stacks take before they are measured: small ones take one, large ones more.
pub(super) struct Permits {
    n_free: Mutex<usize>,
    freed: Condvar,
    /// Held by the one who waits, so that many small ones do not keep a large one waiting for ever.
    turn: Mutex<()>,
}

/// Permits that are given back when this is dropped.
pub(super) struct Taken<'a> {
    permits: &'a Permits,
    pub(super) n: usize,
}

impl Permits {
    pub(super) fn new(n: usize) -> Self {
        Self { n_free: Mutex::new(n), freed: Condvar::new(), turn: Mutex::new(()) }
    }

    /// Waits for `n` permits, which must not be more than there are.
    pub(super) fn take(&self, n: usize) -> Taken<'_> {
        let _turn = locked(&self.turn);
        let n_free = locked(&self.n_free);
        let enough = self.freed.wait_while(n_free, |n_free| *n_free < n);
        *enough.unwrap_or_else(PoisonError::into_inner) -= n;
        Taken { permits: self, n }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *locked(&self.permits.n_free) += self.n;
        self.permits.freed.notify_all();
    }
}

/// Counts stay right whatever panics while they are held.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn never_are_more_taken_than_there_are_and_all_come_to_their_turn() {
        let (permits, taken) = (Permits::new(4), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for n in [1, 4, 1, 2, 3, 1, 4, 1] {
                let (permits, taken, most) = (&permits, &taken, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let _permits = permits.take(n);
                        let now = taken.fetch_add(n, Ordering::SeqCst) + n;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        taken.fetch_sub(n, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 4);
        assert_eq!(*locked(&permits.n_free), 4);
    }
}
