//! What can go wrong before or during a run.
//!
//! What the data could not give is not an error: see [`Status`](crate::track::Status).

use crate::geometry::{Rect, Size};

/// The error of a frame source; its message names the file.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a measurement could not be started or finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of its range.
    #[error("{name} must be {allowed}, but is {value}")]
    Setting {
        /// The setting's name in the recipe.
        name: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        allowed: String,
    },
    /// A ROI that cannot be filled with windows.
    #[error("cannot fill ROI {number} of group {group:?}: {cause}")]
    Roi {
        /// The group it belongs to.
        group: String,
        /// Its number in its group, from 0.
        number: usize,
        /// Why not.
        cause: Box<Error>,
    },
    /// Nothing to measure.
    #[error("there is no window to measure; give at least one")]
    NoWindows,
    /// A window without pixels.
    #[error(
        "window {window} of group {group:?} ({rect}) has no pixels; width and height must be at least 1"
    )]
    WindowEmpty {
        /// The group it belongs to.
        group: String,
        /// Its number in its group, from 0.
        window: usize,
        /// Where it was asked for: x, y, w, h.
        rect: Rect,
    },
    /// A window that is not wholly inside the frame.
    #[error(
        "window {window} of group {group:?} ({rect}) is not inside the frame, which is {frame} px; \
         x + w may be at most {} and y + h at most {}, x and y at least 0",
        frame.width, frame.height
    )]
    WindowOutside {
        /// The group it belongs to.
        group: String,
        /// Its number in its group, from 0.
        window: usize,
        /// Where it was asked for: x, y, w, h.
        rect: Rect,
        /// The frame's size.
        frame: Size,
    },
    /// A frame that is asked for and is not there.
    #[error(
        "there is no frame {frame}: the recording has {n_frames}, numbered 0 to {}",
        n_frames.saturating_sub(1)
    )]
    NoSuchFrame {
        /// Its number.
        frame: usize,
        /// How many there are.
        n_frames: usize,
    },
    /// A stack in which no frame is left to measure.
    #[error("there is no frame to measure{}", if *.excluded { ": all are excluded" } else { "" })]
    NoFrames {
        /// Whether there were frames before some were excluded.
        excluded: bool,
    },
    /// A frame that could not be read.
    #[error("cannot read frame {frame}: {source}")]
    Read {
        /// Its number in the recording.
        frame: usize,
        /// What the source said.
        source: BoxError,
    },
    /// The caller asked to stop. What was measured until then is kept by the measurements.
    #[error("stopped")]
    Cancelled,
}
