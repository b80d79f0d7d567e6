//! One at a time: a file in a folder that the system locks for whoever works there.
//!
//! The system takes the lock back when a process ends, however it ends, so that a lock is never left over. Between
//! computers it holds where the file system passes locks on, as NFS does; where there are none at all, work
//! goes on without.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::error::Error;

/// The name of the file in a stack's folder. It is gone when the stack is finished.
pub(super) const NAME: &str = ".movemeter-lock";

/// Held while something is done in a folder.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Whether the file is taken away in the end.
    is_removed: bool,
    /// Closed last, which gives the lock back.
    _file: File,
}

/// How often one asks for what another holds.
pub(super) const ASKING: Duration = Duration::from_millis(100);

impl Lock {
    /// The lock of a stack's folder, which is made if need be; `None` while another holds it.
    pub(super) fn of_stack(folder: &Path) -> Result<Option<Self>, Error> {
        make(folder)?;
        match Self::take(folder.join(NAME), true) {
            // Whoever left the folder empty took it away.
            Err(Error::Unwritable { .. }) if !folder.exists() => Ok(None),
            taken => taken,
        }
    }

    /// The lock at `path`, a file that stays; waits while another holds it.
    pub(super) fn waiting(path: &Path) -> Result<Self, Error> {
        loop {
            if let Some(lock) = Self::take(path.into(), false)? {
                return Ok(lock);
            }
            thread::sleep(ASKING);
        }
    }

    fn take(path: PathBuf, is_removed: bool) -> Result<Option<Self>, Error> {
        loop {
            let opened = File::options().create(true).truncate(false).write(true).open(&path);
            let file = opened.map_err(|error| Error::unwritable(&path, &error))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                // Without locks two batches may measure a stack twice, which is slow but gives the same.
                Ok(()) | Err(TryLockError::Error(_)) => {}
            }
            // Whoever held it may have taken the file away after it was opened here.
            if is_still_there(&path, &file) {
                return Ok(Some(Self { path, is_removed, _file: file }));
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_removed {
            // A file that stays only waits for the next one.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes a folder and those it is in.
pub(super) fn make(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|error| Error::unwritable(folder, &error))
}

#[cfg(unix)]
fn is_still_there(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(there), Ok(here)) = (std::fs::metadata(path), file.metadata()) else { return false };
    (there.dev(), there.ino()) == (here.dev(), here.ino())
}

#[cfg(not(unix))]
fn is_still_there(path: &Path, _: &File) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_holds_it_at_a_time_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let (holding, n_held) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while n_held.load(Ordering::SeqCst) < 400 {
                        let Some(_lock) = Lock::of_stack(folder.path()).unwrap() else { continue };
                        assert_eq!(holding.fetch_add(1, Ordering::SeqCst), 0);
                        n_held.fetch_add(1, Ordering::SeqCst);
                        holding.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_was_left_over_locks_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "").unwrap();
        let lock = Lock::of_stack(folder.path()).unwrap();
        assert!(lock.is_some() && Lock::of_stack(folder.path()).unwrap().is_none());
    }
}
