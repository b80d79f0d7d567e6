//! From frames to results: one pass over a stack, any number of measurements.

pub mod stage;
mod windows;
mod pair;
mod course;
mod against;
mod chain;
mod links;
mod level;
mod key;
mod keyframe;
pub mod reference;
pub mod brightness;
pub mod motion;
pub mod run;

pub use brightness::Photometer;
pub use motion::Motion;
pub use run::run;

use crate::error::Error;
use crate::measure::brightness::Readings;
use crate::monitor::Monitor;
use crate::preprocess::Preprocessed;
use crate::recipe::Recipe;
use crate::source::{FrameSource, Selected};
use crate::track::Tracks;

impl Recipe {
    /// The frames of the range, as recorded: what [`run()`] and [`Motion`] are given.
    pub fn selected<S: FrameSource>(&self, source: S) -> Result<Selected<S>, Error> {
        let numbers = self.frames.numbers(source.info().n_frames)?;
        Ok(Selected::new(source, numbers).expect("a range has no number twice"))
    }

    /// The frames of the range as the matcher sees them: filled where they are masked, inverted, less the background, blurred,
    /// where that is asked for.
    ///
    /// For looking at, and for writing: [`Motion`] prepares frames itself. A background is made
    /// first, of all frames of the range that are not excluded. The fit between the pixels
    /// ([`gauss_newton`](crate::matching::gauss_newton)) smooths frames further, which is not
    /// shown.
    pub fn prepared<S: FrameSource>(
        &self,
        source: S,
        monitor: &dyn Monitor,
    ) -> Result<Preprocessed<Selected<S>>, Error> {
        let mut selected = self.selected(source)?;
        self.check_mask(selected.info().size)?;
        let preparation = reference::preparation(self, &mut selected, monitor)?;
        Ok(Preprocessed::new(selected, preparation))
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
        let mut source = self.selected(source)?;
        let mut motion = Motion::new(self, &mut source, monitor)?;
        run(&mut source, self, monitor, &mut [&mut motion])?;
        Ok(motion.into_tracks())
    }

    /// Measures how bright every window is in every frame of a stack, without looking for motion:
    /// windows stay where they are. Settings of matching and preprocessing do not matter, but for the mask.
    pub fn measure_brightness(
        &self,
        source: &mut dyn FrameSource,
        monitor: &dyn Monitor,
    ) -> Result<Readings, Error> {
        let mut source = self.selected(source)?;
        let mut photometer = Photometer::new(self, source.info())?;
        run(&mut source, self, monitor, &mut [&mut photometer])?;
        Ok(photometer.into_readings())
    }
}
