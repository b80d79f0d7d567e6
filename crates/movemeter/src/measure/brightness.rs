//! How bright each window is, frame by frame: of frames as they were recorded, not preprocessed.

use std::sync::Arc;

use rayon::prelude::*;

use super::stage::{Measurement, Taken};
use crate::brightness::{Brightness, Levels};
use crate::error::Error;
use crate::frame::Frame;
use crate::geometry::{Displacement, Rect};
use crate::mask::{Counts, Mask};
use crate::monitor::Monitor;
use crate::recipe::Recipe;
use crate::source::StackInfo;
use crate::table::Table;
use crate::track::{self, Stamp};

/// Measures the brightness of windows that stay where they are. Hand it to [`run()`](super::run()).
///
/// For the brightness of windows that follow what moves, set
/// [`Recipe::brightness`] and use [`Motion`](super::Motion).
pub struct Photometer {
    rects: Vec<Rect>,
    mask: Option<Mask>,
    readings: Readings,
}

/// Where a window is, and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The name of the ROI group it belongs to.
    pub group: Arc<str>,
    /// Its number in the group, from 0.
    pub window: usize,
    /// Where it was placed.
    pub rect: Rect,
}

/// The brightness of all windows over all measured frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readings {
    /// The frames, in the order measured.
    pub stamps: Vec<Stamp>,
    /// The windows.
    pub windows: Vec<Reading>,
    /// The grey levels of each window, one per frame.
    pub brightness: Brightness,
}

impl Photometer {
    /// Checks the recipe against the stack.
    pub fn new(recipe: &Recipe, info: &StackInfo) -> Result<Self, Error> {
        recipe.check(info)?;
        let place = |(group, window, rect): (&str, usize, Rect)| Reading {
            group: group.into(),
            window,
            rect,
        };
        let windows: Vec<Reading> = recipe.windows.iter().map(place).collect();
        let rects = windows.iter().map(|window| window.rect).collect();
        let mode = recipe.brightness.unwrap_or_default();
        let brightness = Brightness::new(mode, windows.len());
        Ok(Self {
            rects,
            mask: recipe.mask.clone(),
            readings: Readings { stamps: Vec::new(), windows, brightness },
        })
    }

    /// What was measured so far.
    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    /// What was measured.
    pub fn into_readings(self) -> Readings {
        self.readings
    }
}

impl Measurement for Photometer {
    fn frames(&mut self, batch: &[Taken], monitor: &dyn Monitor) -> Result<(), Error> {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let Readings { stamps, brightness, .. } = &mut self.readings;
        let counts = self.mask.as_ref().and_then(Mask::counts);
        measure(brightness, (&self.rects, counts), batch, |_, _| Some(Displacement::ZERO));
        stamps.extend(batch.iter().map(|taken| taken.stamp));
        Ok(())
    }

    fn table(&self) -> Table<'_> {
        self.readings.table()
    }
}

impl Readings {
    /// One row per frame and window: all windows of the first frame, then of the next.
    pub fn table(&self) -> Table<'_> {
        let n_windows = self.windows.len();
        let place = |window: usize| {
            let Reading { group, window, rect } = &self.windows[window];
            (&**group, *window, *rect)
        };
        let mut columns = track::columns_of_place(&self.stamps, n_windows, place);
        columns.extend(self.brightness.columns());
        Table { n_rows: self.stamps.len() * n_windows, columns }
    }
}

/// Windows that one task measures: enough to hide the cost of handing out tasks.
const WINDOWS_PER_TASK: usize = 16;

/// Adds the levels of every window in every frame of the batch, over the pixels that count.
///
/// `moved` says how far the content of a window is from its place, by number among the frames that
/// are not excluded, and by window; `None` where that is not known, so that there is no brightness.
pub(super) fn measure(
    brightness: &mut Brightness,
    (rects, counts): (&[Rect], Option<&Counts>),
    batch: &[Taken],
    moved: impl Fn(usize, usize) -> Option<Displacement> + Sync,
) {
    let frames: Vec<&Frame> = batch.iter().filter_map(|taken| taken.frame.as_ref()).collect();
    let levels = |place: usize| {
        let (frame, window) = (place / rects.len(), place % rects.len());
        let followed = |moved| Levels::followed_with(frames[frame], counts, rects[window], moved);
        moved(frame, window).map_or(Levels::UNKNOWN, followed)
    };
    let places = (0..frames.len() * rects.len()).into_par_iter();
    let levels: Vec<Levels> = places.with_min_len(WINDOWS_PER_TASK).map(levels).collect();
    let excluded = vec![Levels::UNKNOWN; rects.len()];
    let mut measured = levels.chunks_exact(rects.len());
    for taken in batch {
        let levels = match taken.frame {
            Some(_) => measured.next().expect("each included frame was measured"),
            None => &excluded,
        };
        for (window, &levels) in brightness.windows.iter_mut().zip(levels) {
            window.push(levels);
        }
    }
}
