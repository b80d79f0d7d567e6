//! How bright windows are: grey levels of one window in one frame, and of all over time.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::{Frame, View};
use crate::geometry::{Displacement, Rect, Size};
use crate::mask::Counts;
use crate::simd::{Columns, Level, LevelSums};
use crate::table::{Cell, Column, Digits};

/// How the mean brightness v of a window is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrightnessMode {
    /// v, in the recording's grey levels.
    #[default]
    Absolute,
    /// (v − min v) / max v, over all frames.
    Range,
    /// v / min v, over all frames.
    Minimum,
}

impl BrightnessMode {
    /// All, in the order documented.
    pub const ALL: [Self; 3] = [Self::Absolute, Self::Range, Self::Minimum];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Range => "range",
            Self::Minimum => "minimum",
        }
    }

    /// A mean as it is given, where all means lie from `lowest` to `highest`; NaN where the formula
    /// divides by zero.
    fn of(self, mean: f64, [lowest, highest]: [f64; 2]) -> f64 {
        let given = match self {
            Self::Absolute => mean,
            Self::Range => (mean - lowest) / highest,
            Self::Minimum => mean / lowest,
        };
        if given.is_finite() { given } else { f64::NAN }
    }
}

impl fmt::Display for BrightnessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The grey levels of one window in one frame, as recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// The mean. Of a window that was followed between the pixels, each pixel counts by the area of
    /// it that the window covers, so that the mean does not jump when the window passes a pixel.
    pub mean: f64,
    /// The darkest pixel; of a followed window, in the nearest whole-pixel window.
    pub min: f32,
    /// The brightest pixel, in the same window.
    pub max: f32,
    /// Standard deviation of the pixels, √(Σ(v − v̄)² / n), in the same window.
    pub sd: f64,
}

impl Levels {
    /// Not measured.
    pub const UNKNOWN: Self = Self { mean: f64::NAN, min: f32::NAN, max: f32::NAN, sd: f64::NAN };

    /// Of a window that stays.
    pub fn of(window: View<'_>) -> Self {
        let (level, mut columns) = (Level::new(), Columns::default());
        columns.gather(level, window);
        Self::of_columns(level, &columns, 0, window.size())
    }

    /// The same of a window of this size whose left column is number `first` of the columns of a band.
    pub(crate) fn of_columns(level: Level, columns: &Columns, first: usize, size: Size) -> Self {
        let LevelSums { mean, min, max, squares } = columns.window(level, first, size.width);
        Self { mean, min, max, sd: (squares / size.area() as f64).sqrt() }
    }

    /// Of a window whose content moved this far; unknown if the nearest whole-pixel window is not
    /// inside the frame. Of the window itself, up to half a pixel may be outside, and does not count.
    pub fn followed(frame: &Frame, window: Rect, moved: Displacement) -> Self {
        let whole = Displacement::new(moved.dx.round(), moved.dy.round());
        let nearest = window.moved(whole.dx as isize, whole.dy as isize);
        if !nearest.is_inside(frame.size()) {
            return Self::UNKNOWN;
        }
        let levels = Self::of(frame.crop(nearest));
        match moved == whole {
            true => levels,
            false => Self { mean: mean_by_area(frame, window, moved), ..levels },
        }
    }

    /// The same of the pixels that count; unknown if none does.
    pub fn followed_with(
        frame: &Frame,
        counts: Option<&Counts>,
        window: Rect,
        moved: Displacement,
    ) -> Self {
        let nearby = window.moved(moved.dx.floor() as isize, moved.dy.floor() as isize);
        match counts.filter(|counts| is_lacking(counts, nearby)) {
            None => Self::followed(frame, window, moved),
            Some(counts) => Self::followed_counting(frame, counts, window, moved),
        }
    }

    fn followed_counting(
        frame: &Frame,
        counts: &Counts,
        window: Rect,
        moved: Displacement,
    ) -> Self {
        let nearest = window.moved(moved.dx.round() as isize, moved.dy.round() as isize);
        if !nearest.is_inside(frame.size()) {
            return Self::UNKNOWN;
        }
        let pixels = frame.crop(nearest).rows().flatten().zip(counts.part(nearest));
        let pixels = pixels.filter_map(|(&pixel, counts)| counts.then_some(pixel));
        let pixels: Vec<f32> = pixels.collect();
        if pixels.is_empty() {
            return Self::UNKNOWN;
        }
        let levels = Self::of(View::new(Size::new(pixels.len(), 1), &pixels));
        Self { mean: mean_by_counting_area(frame, counts, window, moved), ..levels }
    }
}

/// Whether a window may have pixels that do not count; followed between the pixels, it reaches one
/// farther.
pub(crate) fn is_lacking(counts: &Counts, window: Rect) -> bool {
    0 < counts.n_lacking(window.grown(1))
}

/// The mean of what counts of a window between the pixels.
fn mean_by_counting_area(frame: &Frame, counts: &Counts, window: Rect, moved: Displacement) -> f64 {
    let size = frame.size();
    let columns = Span::new(window.x as f64 + moved.dx, window.width, size.width);
    let rows = Span::new(window.y as f64 + moved.dy, window.height, size.height);
    let (mut sum, mut area) = (0.0, 0.0);
    for (y, height) in rows.pixels() {
        let (row, counts) = (frame.row(y), counts.row(y));
        for (x, width) in columns.pixels().filter(|&(x, _)| counts[x]) {
            sum += height * width * f64::from(row[x]);
            area += height * width;
        }
    }
    sum / area
}

/// The mean of a window between the pixels; what is outside the frame does not count.
fn mean_by_area(frame: &Frame, window: Rect, moved: Displacement) -> f64 {
    let size = frame.size();
    let columns = Span::new(window.x as f64 + moved.dx, window.width, size.width);
    let rows = Span::new(window.y as f64 + moved.dy, window.height, size.height);
    let of_row = |y: usize| {
        let row = frame.row(y);
        columns.pixels().map(|(x, weight)| weight * f64::from(row[x])).sum::<f64>()
    };
    let sum: f64 = rows.pixels().map(|(y, weight)| weight * of_row(y)).sum();
    sum / (columns.weight() * rows.weight())
}

/// Pixels of a line that a window between the pixels covers.
struct Span {
    first: isize,
    length: usize,
    /// The part of the first pixel that is not covered, and of the one behind the last that is.
    part: f64,
    line: usize,
}

impl Span {
    /// `length` pixels from `start` on, of a line of `line` pixels.
    fn new(start: f64, length: usize, line: usize) -> Self {
        let first = start.floor();
        Self { first: first as isize, length, part: start - first, line }
    }

    /// Each pixel with the part of it that is covered.
    fn pixels(&self) -> impl Iterator<Item = (usize, f64)> {
        let pixels = (0..=self.length).filter_map(|k| {
            let place = usize::try_from(self.first + k as isize).ok()?;
            let weight = match k {
                0 => 1.0 - self.part,
                k if k == self.length => self.part,
                _ => 1.0,
            };
            Some((place, weight))
        });
        pixels.filter(|&(place, _)| place < self.line)
    }

    fn weight(&self) -> f64 {
        self.pixels().map(|(_, weight)| weight).sum()
    }
}

/// The grey levels of all windows over all measured frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brightness {
    /// How means are given in tables.
    pub mode: BrightnessMode,
    /// The levels of each window, one per frame.
    pub windows: Vec<Vec<Levels>>,
}

impl Brightness {
    /// No frame yet, for this many windows, with room for this many frames.
    pub fn new(mode: BrightnessMode, n_windows: usize, n_frames: usize) -> Self {
        let windows = (0..n_windows).map(|_| Vec::with_capacity(n_frames));
        Self { mode, windows: windows.collect() }
    }

    /// The mean of a window in every frame, as the mode has it; NaN where it was not measured.
    pub fn means(&self, window: usize) -> impl Iterator<Item = f64> {
        let (mode, ends) = (self.mode, ends(&self.windows[window]));
        self.windows[window].iter().map(move |levels| mode.of(levels.mean, ends))
    }

    /// What is measured as columns of a table with a row per frame and window: mean as the mode has
    /// it; minimum, maximum and standard deviation as recorded.
    pub fn columns(&self) -> Vec<Column<'_>> {
        let ends: Vec<[f64; 2]> = self.windows.iter().map(|levels| ends(levels)).collect();
        let mode = self.mode;
        vec![
            self.column("brightness", MEAN, move |window, levels| {
                mode.of(levels.mean, ends[window])
            }),
            self.column("brightness_min", PIXEL, |_, levels| f64::from(levels.min)),
            self.column("brightness_max", PIXEL, |_, levels| f64::from(levels.max)),
            self.column("brightness_sd", MEAN, |_, levels| levels.sd),
        ]
    }

    fn column<'a>(
        &'a self,
        name: &str,
        digits: Digits,
        value: impl Fn(usize, &Levels) -> f64 + 'a,
    ) -> Column<'a> {
        let n_windows = self.windows.len();
        Column::new(name, digits, move |row| {
            let (frame, window) = (row / n_windows, row % n_windows);
            Cell::Float(value(window, &self.windows[window][frame]))
        })
    }
}

/// A millionth of a grey level.
const MEAN: Digits = Digits::Decimals(6);
/// As recorded: whole numbers stay whole numbers.
const PIXEL: Digits = Digits::Shortest;

/// The lowest and the highest mean of those that were measured.
fn ends(levels: &[Levels]) -> [f64; 2] {
    let means = levels.iter().map(|levels| levels.mean);
    means.fold([f64::INFINITY, f64::NEG_INFINITY], |[lowest, highest], mean| {
        [lowest.min(mean), highest.max(mean)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn ramp(x: usize, y: usize) -> f32 {
        (3 * x * x + 7 * y) as f32
    }

    #[test]
    fn a_window_has_its_mean_its_ends_and_its_spread() {
        let frame = Frame::from_fn(Size::new(5, 4), |x, y| [1.0, 5.0, 2.0, 8.0, 0.0][x] + y as f32);
        let levels = Levels::of(frame.crop(Rect::new(1, 1, 3, 1)));
        // Of 6, 3 and 9.
        assert_eq!((levels.mean, levels.min, levels.max, levels.sd), (6.0, 3.0, 9.0, 6f64.sqrt()));
    }

    #[test]
    fn between_pixels_each_counts_by_the_area_that_is_covered() {
        let frame = Frame::from_fn(Size::new(12, 9), ramp);
        let window = Rect::new(3, 2, 4, 3);
        let moved = Displacement::new(1.25, -0.5);
        // Columns 4 to 8 and rows 1 to 4; of the outermost, parts.
        let (columns, rows) = ([0.75, 1.0, 1.0, 1.0, 0.25], [0.5, 1.0, 1.0, 0.5]);
        let (mut sum, mut area) = (0.0, 0.0);
        for (j, row) in rows.iter().enumerate() {
            for (i, column) in columns.iter().enumerate() {
                sum += row * column * f64::from(ramp(4 + i, 1 + j));
                area += row * column;
            }
        }
        assert_eq!(area, 12.0);
        let levels = Levels::followed(&frame, window, moved);
        // Both are sums of some twenty numbers below 1000.
        assert!((levels.mean - sum / area).abs() < 1e-10, "{levels:?} {}", sum / area);
        // Half a pixel is rounded away from zero: columns 4 to 7, rows 1 to 3.
        let nearest = Levels::of(frame.crop(Rect::new(4, 1, 4, 3)));
        assert_eq!((levels.min, levels.max, levels.sd), (nearest.min, nearest.max, nearest.sd));
    }

    #[test]
    fn the_mean_does_not_jump_where_the_nearest_pixel_changes() {
        let frame = Frame::from_fn(Size::new(12, 9), ramp);
        let mean =
            |dx| Levels::followed(&frame, Rect::new(3, 2, 4, 3), Displacement::new(dx, 0.3)).mean;
        for edge in [0.5, 1.0, 1.5, -2.0] {
            let jump = mean(edge + 1e-9) - mean(edge - 1e-9);
            // The ramp's steepest part is 3 · 11² − 3 · 10² = 63 a pixel.
            assert!(jump.abs() < 63.0 * 2e-9 + 1e-10, "{edge}: {jump}");
        }
    }

    #[test]
    fn half_a_pixel_may_be_outside_the_frame_and_no_more() {
        let frame = Frame::from_fn(Size::new(8, 8), |_, y| y as f32);
        let mean = |dx, dy| {
            Levels::followed(&frame, Rect::new(0, 4, 4, 4), Displacement::new(dx, dy)).mean
        };
        assert_eq!(mean(-0.4, 0.0), 5.5);
        assert!(mean(-0.6, 0.0).is_nan() && mean(0.0, 0.6).is_nan() && mean(1e6, 0.0).is_nan());
        // Rows 4.4 to 7.5, centred on 5.95; the frame ends at 7.5.
        let (sum, area) = (0.6 * 4.0 + 5.0 + 6.0 + 7.0, 3.6);
        assert!((mean(0.0, 0.4) - sum / area).abs() < 1e-12);
    }

    fn over_time(mode: BrightnessMode, means: &[f64]) -> Vec<f64> {
        let levels = means.iter().map(|&mean| Levels { mean, ..Levels::UNKNOWN });
        Brightness { mode, windows: vec![levels.collect()] }.means(0).collect()
    }

    #[test]
    fn modes_are_their_formulas_over_the_frames_that_were_measured() {
        let means = [20.0, f64::NAN, 10.0, 40.0];
        let show = |mode| format!("{:?}", over_time(mode, &means));
        assert_eq!(show(BrightnessMode::Absolute), "[20.0, NaN, 10.0, 40.0]");
        assert_eq!(show(BrightnessMode::Minimum), "[2.0, NaN, 1.0, 4.0]");
        assert_eq!(show(BrightnessMode::Range), "[0.25, NaN, 0.0, 0.75]");
    }

    #[test]
    fn what_cannot_be_divided_is_not_known() {
        for mode in [BrightnessMode::Minimum, BrightnessMode::Range] {
            assert!(over_time(mode, &[0.0, 0.0]).iter().all(|mean| mean.is_nan()), "{mode}");
        }
        assert!(over_time(BrightnessMode::Minimum, &[5.0, 0.0]).iter().all(|mean| mean.is_nan()));
        assert!(over_time(BrightnessMode::Range, &[f64::NAN]).iter().all(|mean| mean.is_nan()));
    }
}
