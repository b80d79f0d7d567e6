//! Times the brightness of windows in a recording on disk.

use std::path::PathBuf;

use movemeter::error::BoxError;
use movemeter::{Recipe, Silent};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{on_threads, timed};

/// Which recording, and which windows.
#[derive(Deserialize)]
pub struct Brightness {
    file: PathBuf,
    n_threads: usize,
    recipe: Recipe,
    at_least_s: f64,
}

impl Brightness {
    /// Seconds to open the recording, read it and measure every window in every frame.
    pub fn measure(&self) -> Result<Value, BoxError> {
        let once = || -> Result<_, BoxError> {
            let mut stack = movemeter_io::open(&self.file)?;
            Ok(self.recipe.measure_brightness(&mut *stack, &Silent)?)
        };
        let (seconds, _) = on_threads(self.n_threads, || timed(self.at_least_s, once))?;
        Ok(json!({ "seconds": seconds }))
    }
}
