//! How bright each window is, frame by frame: of frames as they were recorded, not preprocessed.

use std::sync::Arc;

use rayon::prelude::*;

use super::stage::{Measurement, Taken};
use crate::brightness::{Brightness, Levels, is_lacking};
use crate::error::Error;
use crate::frame::Frame;
use crate::geometry::{Displacement, Rect};
use crate::mask::{Counts, Mask};
use crate::monitor::Monitor;
use crate::recipe::Recipe;
use crate::simd::{Columns, Level};
use crate::source::StackInfo;
use crate::table::Table;
use crate::track::{self, Stamp};

/// Measures the brightness of windows that stay where they are. Hand it to [`run()`](super::run()).
///
/// For the brightness of windows that follow what moves, set
/// [`Recipe::brightness`] and use [`Motion`](super::Motion).
pub struct Photometer {
    bands: Bands,
    mask: Option<Mask>,
    readings: Readings,
    /// Of one batch; kept for its memory.
    levels: Vec<Levels>,
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
        let rects: Vec<Rect> = windows.iter().map(|window| window.rect).collect();
        let mode = recipe.brightness.unwrap_or_default();
        let brightness = Brightness::new(mode, windows.len(), info.n_frames);
        Ok(Self {
            bands: Bands::new(&rects, recipe.mask.as_ref().and_then(Mask::counts)),
            mask: recipe.mask.clone(),
            readings: Readings { stamps: Vec::new(), windows, brightness },
            levels: Vec::new(),
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
        let frames = included(batch);
        let counts = self.mask.as_ref().and_then(Mask::counts);
        self.bands.measure(&frames, counts, &mut self.levels);
        let (bands, levels) = (&self.bands, &self.levels);
        keep(brightness, batch, |frame, window| levels[bands.place(frame, window)]);
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

/// Windows that stay, in bands whose columns are looked at once for all windows over them.
struct Bands {
    bands: Vec<Band>,
    /// The place of each window among all, band after band.
    places: Vec<usize>,
}

/// Windows in the same rows, beside each other without gaps.
struct Band {
    rect: Rect,
    windows: Vec<Rect>,
    /// Whether it is a window of which not all pixels count.
    is_masked: bool,
}

/// Columns of a band, so that what is known of them stays in the cache nearest to the processor.
const WIDEST_BAND: usize = 512;

impl Bands {
    fn new(rects: &[Rect], counts: Option<&Counts>) -> Self {
        let mut order: Vec<usize> = (0..rects.len()).collect();
        order.sort_by_key(|&window| {
            let Rect { x, y, width, height } = rects[window];
            (y, height, x, width)
        });
        let (mut bands, mut places) = (Vec::<Band>::new(), vec![0; rects.len()]);
        for (place, &window) in order.iter().enumerate() {
            places[window] = place;
            let rect = rects[window];
            let is_masked = counts.is_some_and(|counts| is_lacking(counts, rect));
            match bands.last_mut().filter(|band| !is_masked && band.takes(rect)) {
                Some(band) => band.add(rect),
                None => bands.push(Band { rect, windows: vec![rect], is_masked }),
            }
        }
        Self { bands, places }
    }

    /// Where a window's levels are among those of the frames measured together.
    fn place(&self, frame: usize, window: usize) -> usize {
        frame * self.places.len() + self.places[window]
    }

    /// All windows in all frames, at their places.
    fn measure(&self, frames: &[&Frame], counts: Option<&Counts>, levels: &mut Vec<Levels>) {
        levels.clear();
        levels.resize(frames.len() * self.places.len(), Levels::UNKNOWN);
        let (mut tasks, mut rest) = (Vec::new(), &mut levels[..]);
        for frame in frames {
            for band in &self.bands {
                let (of_band, others) = rest.split_at_mut(band.windows.len());
                tasks.push((frame, band, of_band));
                rest = others;
            }
        }
        let level = Level::new();
        tasks.into_par_iter().for_each_init(Columns::default, |columns, (frame, band, levels)| {
            band.measure(level, frame, counts, columns, levels);
        });
    }
}

impl Band {
    fn takes(&self, rect: Rect) -> bool {
        let has_its_rows = (self.rect.y, self.rect.height) == (rect.y, rect.height);
        let is_beside = rect.x <= self.rect.right();
        let is_narrow = rect.right() - self.rect.x <= WIDEST_BAND as isize;
        !self.is_masked && has_its_rows && is_beside && is_narrow
    }

    fn add(&mut self, rect: Rect) {
        self.rect.width = (self.rect.right().max(rect.right()) - self.rect.x) as usize;
        self.windows.push(rect);
    }

    fn measure(
        &self,
        level: Level,
        frame: &Frame,
        counts: Option<&Counts>,
        columns: &mut Columns,
        levels: &mut [Levels],
    ) {
        if self.is_masked {
            levels[0] = Levels::followed_with(frame, counts, self.rect, Displacement::ZERO);
            return;
        }
        columns.gather(level, frame.crop(self.rect));
        for (levels, window) in levels.iter_mut().zip(&self.windows) {
            let first = (window.x - self.rect.x) as usize;
            *levels = Levels::of_columns(level, columns, first, window.size());
        }
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
    let frames = included(batch);
    let levels = |place: usize| {
        let (frame, window) = (place / rects.len(), place % rects.len());
        let followed = |moved| Levels::followed_with(frames[frame], counts, rects[window], moved);
        moved(frame, window).map_or(Levels::UNKNOWN, followed)
    };
    let places = (0..frames.len() * rects.len()).into_par_iter();
    let levels: Vec<Levels> = places.with_min_len(WINDOWS_PER_TASK).map(levels).collect();
    keep(brightness, batch, |frame, window| levels[frame * rects.len() + window]);
}

fn included(batch: &[Taken]) -> Vec<&Frame> {
    batch.iter().filter_map(|taken| taken.frame.as_ref()).collect()
}

/// Adds the levels of a batch, given by number among the frames that are not excluded, and by window.
fn keep(brightness: &mut Brightness, batch: &[Taken], levels: impl Fn(usize, usize) -> Levels) {
    let mut numbers = 0..;
    let numbers: Vec<Option<usize>> =
        batch.iter().map(|taken| taken.frame.as_ref().and_then(|_| numbers.next())).collect();
    for (window, of_window) in brightness.windows.iter_mut().enumerate() {
        let of_frame =
            |number: &Option<usize>| number.map_or(Levels::UNKNOWN, |frame| levels(frame, window));
        of_window.extend(numbers.iter().map(of_frame));
    }
}
