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
use crate::source::FrameSource;
use crate::track::Tracks;

impl Recipe {
    /// Measures every window in every frame of a stack.
    ///
    /// Uses the threads of the current `rayon` pool; the result has the same bits for any number of
    /// them. To keep what was measured before an error or a stop, use [`Motion`] and [`run()`].
    pub fn measure(
        &self,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Tracks, Error> {
        let mut source = Preprocessed::new(source, self.blur_sigma_px);
        let mut motion = Motion::new(self, &mut source, monitor)?;
        run(&mut source, self, monitor, &mut [&mut motion])?;
        Ok(motion.into_tracks())
    }
}
