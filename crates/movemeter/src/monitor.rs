//! The caller's side of a long run: progress, warnings, cancellation.

use std::fmt;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Looking at all frames for what they have in common, to take it off.
    Background,
    /// Averaging all frames to make the reference.
    Averaging,
    /// Measuring frame by frame.
    Measuring,
    /// Writing frame by frame.
    Writing,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Background => "background",
            Self::Averaging => "averaging",
            Self::Measuring => "measuring",
            Self::Writing => "writing",
        })
    }
}

/// Something that was adjusted, or that the user should know of the result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// Some windows could not be searched as far as asked, because the frame ends.
    SearchClipped {
        /// How many windows.
        n_windows: usize,
        /// How far the search should have reached, px.
        max_displacement_px: f64,
    },
    /// The recording does not say when its frames were taken.
    NoFrameTimes,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SearchClipped { n_windows, max_displacement_px } => write!(
                f,
                "{n_windows} window{} closer than {max_displacement_px} px to the frame's border: \
                 there the search ends at the border",
                if *n_windows == 1 { " is" } else { "s are" }
            ),
            Self::NoFrameTimes => f.write_str("the frame rate is not known, so there are no times"),
        }
    }
}

/// Is told how a run goes, and may stop it. Called from the thread that runs.
pub trait Monitor: Sync {
    /// `done` of `total` frames of this stage are finished.
    fn progress(&self, _stage: Stage, _done: usize, _total: usize) {}
    /// Something the user should know.
    fn warn(&self, _warning: Warning) {}
    /// Whether to stop now.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing, stops nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Monitor for Silent {}
