//! The SHA-256 of the inputs, taken while others measure.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::format::name_of;
use crate::provenance::{HashedInput, hash_input};
use crate::series::Input;

/// The inputs' hashes, taken while others measure.
pub struct Hashes {
    inputs: Vec<Input>,
    coming: Receiver<Result<HashedInput, Error>>,
}

/// Who stops does not want to wait for the hash of a large recording.
const PATIENCE: Duration = Duration::from_secs(2);

/// Stands for a hash that was not waited for.
pub(crate) const UNKNOWN: &str = "unknown";

impl Hashes {
    /// Begins to take them.
    pub fn begin(inputs: Vec<Input>) -> Self {
        let (sender, coming) = channel();
        let to_hash = inputs.clone();
        thread::spawn(move || {
            for input in &to_hash {
                if sender.send(hash_input(input)).is_err() {
                    return;
                }
            }
        });
        Self { inputs, coming }
    }

    /// Every input's hash.
    ///
    /// # Panics
    ///
    /// If the thread that takes them did.
    pub fn all(self) -> Result<Vec<HashedInput>, Error> {
        let hashes = self.coming.iter().collect::<Result<Vec<_>, _>>()?;
        assert_eq!(hashes.len(), self.inputs.len(), "every input is hashed, or an error");
        Ok(hashes)
    }

    /// Every input's hash, where it comes in a moment.
    pub fn soon(self) -> Vec<HashedInput> {
        let until = Instant::now() + PATIENCE;
        let hash = |input: &Input| {
            let left = until.saturating_duration_since(Instant::now());
            let hash = self.coming.recv_timeout(left).ok().and_then(Result::ok);
            hash.unwrap_or_else(|| HashedInput {
                name: name_of(&input.path),
                path: Some(input.path.clone()),
                sha256: UNKNOWN.into(),
                n_files: (input.files != [input.path.clone()]).then_some(input.files.len()),
            })
        };
        self.inputs.iter().map(hash).collect()
    }
}
