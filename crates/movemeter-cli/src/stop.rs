//! Ctrl-C, and being told to end: once to stop in good order, twice to stop at once.

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use signal_hook::consts::SIGXFSZ;

use crate::failure::{Failure, STOPPED};

static WANTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C only asks to stop; [`is_wanted`] says whether it did.
pub fn listen() -> Result<(), Failure> {
    let heard = || {
        if WANTED.swap(true, Ordering::Relaxed) {
            std::process::exit(STOPPED.into());
        }
    };
    ctrlc::set_handler(heard)
        .map_err(|error| Failure::Failed(format!("cannot listen for Ctrl-C: {error}")))
}

/// From now on a limit on the length of files (`ulimit -f`) is an error where a file is written, not a sudden end.
pub fn outlive_limits() {
    #[cfg(unix)]
    {
        let heard = std::sync::Arc::new(AtomicBool::new(false));
        // If the system refuses this, such a limit ends the program at once, as it would have without. That is no
        // reason not to measure, and whoever sets no such limit need not hear of it.
        let _ = signal_hook::flag::register(SIGXFSZ, heard);
    }
}

/// Whether the user asked to stop.
pub fn is_wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}
