//! From frames to results: one pass over a stack, any number of measurements.

pub mod stage;
mod windows;
mod pair;
mod against;
mod chain;
pub mod reference;
pub mod motion;
pub mod run;

pub use motion::Motion;
pub use run::run;

use crate::error::Error;
use crate::monitor::Monitor;
use crate::preprocess::Preprocessed;
use crate::recipe::Recipe;
use crate::source::{FrameSource, Selected};
use crate::track::Tracks;

impl Recipe {
    /// The frames as the matcher is to see them: those of the range, blurred if that is asked for.
    pub fn prepared<S: FrameSource>(&self, source: S) -> Result<Preprocessed<Selected<S>>, Error> {
        let numbers = self.frames.numbers(source.info().n_frames)?;
        let selected = Selected::new(source, numbers).expect("a range has no number twice");
        Ok(Preprocessed::new(selected, self.blur_sigma_px))
    }

    /// Measures every window in every frame of a stack.
    ///
    /// Uses the threads of the current `rayon` pool; the result has the same bits for any number of
    /// them. To keep what was measured before an error or a stop, use [`Motion`] and [`run()`].
    pub fn measure(
        &self,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Tracks, Error> {
        let mut source = self.prepared(source)?;
        let mut motion = Motion::new(self, &mut source, monitor)?;
        run(&mut source, self, monitor, &mut [&mut motion])?;
        Ok(motion.into_tracks())
    }
}
