//! Heatmaps: what was measured of each window, at its place in the frame.

use crate::error::BoxError;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::source::{FrameSource, StackInfo};
use crate::track::{Sample, Status, Track, Tracks};

/// What a heatmap shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Heat {
    /// Length of the displacement, px.
    #[default]
    Displacement,
    /// How fast the length of the displacement changes: its change since the frame before without its sign, times the
    /// frame rate where times are known: px/s, else px/frame.
    Speed,
    /// Where the displacement points: degrees from +x (right) towards +y (down), 0 to 360.
    Direction,
    /// Score of the match.
    Score,
    /// Standard deviation of the displacement's error, px: the root of the mean variance of x and y.
    Sd,
}

impl Heat {
    /// All, in the order documented.
    pub const ALL: [Self; 5] =
        [Self::Displacement, Self::Speed, Self::Direction, Self::Score, Self::Sd];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Displacement => "displacement",
            Self::Speed => "speed",
            Self::Direction => "direction",
            Self::Score => "score",
            Self::Sd => "sd",
        }
    }

    /// Whether it is a length, so that it can be given in µm.
    pub const fn is_length(self) -> bool {
        matches!(self, Self::Displacement | Self::Speed | Self::Sd)
    }
}

/// What becomes of several frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The mean over the frames measured; for a direction, that of the mean displacement.
    Mean,
    /// The largest over the frames measured; a direction has none.
    Max,
}

/// What a heatmap shows: of one frame, or of several together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A frame, by its place among those of the tracks.
    Frame(usize),
    /// These frames together.
    Several(Vec<usize>, Over),
}

/// One value for each window at a moment; NaN where it was not measured.
pub fn values_at(tracks: &Tracks, heat: Heat, moment: &Moment) -> Vec<f64> {
    match moment {
        Moment::Frame(frame) => values(tracks, heat, *frame),
        Moment::Several(frames, over) => values_over(tracks, heat, frames, *over),
    }
}

impl Moment {
    /// The frame, or the first of them.
    pub fn first(&self) -> usize {
        match self {
            Self::Frame(frame) => *frame,
            Self::Several(frames, _) => frames.first().copied().unwrap_or(0),
        }
    }
}

/// One value for each window in a frame; NaN where it was not measured.
pub fn values(tracks: &Tracks, heat: Heat, frame: usize) -> Vec<f64> {
    (0..tracks.n_windows()).map(|window| value(tracks, heat, window, frame)).collect()
}

/// One value for each window over these frames; NaN where it was measured in none. The reference frame does not count:
/// what is lost in all others has not stood still.
pub fn values_over(tracks: &Tracks, heat: Heat, frames: &[usize], over: Over) -> Vec<f64> {
    (0..tracks.n_windows())
        .map(|window| match (heat, over) {
            (Heat::Direction, Over::Mean) => mean_direction(tracks, window, frames),
            (Heat::Direction, Over::Max) => f64::NAN,
            _ => {
                let counts = |frame: &&usize| !is_reference(&tracks[window].samples[**frame]);
                let counted = frames.iter().filter(counts);
                let all = counted.map(|&frame| value(tracks, heat, window, frame));
                of_measured(all, over)
            }
        })
        .collect()
}

/// How many windows were measured in some of these frames, but not in all: a mean or extreme over frames is over others
/// than that of their neighbours.
pub fn n_partly_measured(tracks: &Tracks, frames: &[usize]) -> usize {
    let is_measured = |sample: &Sample| sample.displacement().is_some() && !is_reference(sample);
    let is_partly = |track: &&Track| {
        let mut samples = frames.iter().map(|&frame| &track.samples[frame]);
        samples.clone().any(is_measured) && samples.any(is_lost)
    };
    tracks.tracks.iter().filter(is_partly).count()
}

/// Against itself, nothing is measured.
fn is_reference(sample: &Sample) -> bool {
    *sample == Sample::reference()
}

/// Neither measured nor left out by the user.
fn is_lost(sample: &Sample) -> bool {
    sample.displacement().is_none() && sample.status != Status::Excluded
}

fn of_measured(values: impl Iterator<Item = f64>, over: Over) -> f64 {
    let (mut n, mut sum, mut max) = (0, 0.0, f64::NEG_INFINITY);
    for value in values.filter(|value| !value.is_nan()) {
        (n, sum, max) = (n + 1, sum + value, value.max(max));
    }
    match (n, over) {
        (0, _) => f64::NAN,
        (_, Over::Mean) => sum / f64::from(n),
        (_, Over::Max) => max,
    }
}

fn mean_direction(tracks: &Tracks, window: usize, frames: &[usize]) -> f64 {
    let moved = frames.iter().filter_map(|&frame| tracks[window].displacement(frame));
    let (dx, dy) = moved.fold((0.0, 0.0), |(dx, dy), by| (dx + by.dx, dy + by.dy));
    direction_deg(dx, dy)
}

/// Nothing that did not move has a direction.
fn direction_deg(dx: f64, dy: f64) -> f64 {
    match (dx, dy) {
        (0.0, 0.0) => f64::NAN,
        _ => dy.atan2(dx).to_degrees().rem_euclid(360.0),
    }
}

fn value(tracks: &Tracks, heat: Heat, window: usize, frame: usize) -> f64 {
    let sample = &tracks[window].samples[frame];
    let moved = sample.displacement;
    match heat {
        Heat::Displacement => moved.length(),
        Heat::Speed => speed(tracks, window, frame),
        Heat::Direction => direction_deg(moved.dx, moved.dy),
        Heat::Score => f64::from(sample.score),
        Heat::Sd => {
            let of = sample.covariance;
            (0.5 * (f64::from(of.xx) + f64::from(of.yy))).sqrt()
        }
    }
}

fn speed(tracks: &Tracks, window: usize, frame: usize) -> f64 {
    let Some(before) = frame.checked_sub(1) else { return f64::NAN };
    let length = |frame: usize| tracks[window].samples[frame].displacement.length();
    let (from, to) = (&tracks.stamps[before], &tracks.stamps[frame]);
    let time = match has_times(tracks) {
        true => to.time_s - from.time_s,
        false => to.number as f64 - from.number as f64,
    };
    (length(frame) - length(before)).abs() / time
}

/// Whether every frame has a time: speed is per second then, else per frame.
pub fn has_times(tracks: &Tracks) -> bool {
    tracks.stamps.iter().all(|stamp| stamp.time_s.is_finite())
}

/// No window.
const NOBODY: u32 = u32::MAX;

/// Which window is seen at each place of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    size: Size,
    windows: Vec<u32>,
}

impl Places {
    /// At each pixel of a frame, the window whose centre is nearest of those that cover it.
    pub fn in_frame(windows: &[Rect], frame: Size) -> Self {
        let mut nearest = vec![(NOBODY, u64::MAX); frame.area()];
        for (index, window) in windows.iter().enumerate() {
            let Some(seen) = window.clipped_to(frame) else { continue };
            for y in seen.y..seen.bottom() {
                for x in seen.x..seen.right() {
                    let place = &mut nearest[y as usize * frame.width + x as usize];
                    let distance = distance_squared(*window, x, y);
                    if distance < place.1 {
                        *place = (index as u32, distance);
                    }
                }
            }
        }
        Self { size: frame, windows: nearest.into_iter().map(|(window, _)| window).collect() }
    }

    /// One pixel for each window of a grid: for each column and row in which windows begin. `None` if windows do not
    /// stand in rows and columns, so that most pixels would be empty.
    pub fn cells(windows: &[Rect]) -> Option<Self> {
        let columns = starts(windows.iter().map(|window| window.x));
        let rows = starts(windows.iter().map(|window| window.y));
        let size = Size::new(columns.len(), rows.len());
        if MOST_EMPTY * windows.len() < size.area() {
            return None;
        }
        let mut places = vec![NOBODY; size.area()];
        for (index, window) in windows.iter().enumerate() {
            let column = columns.binary_search(&window.x).expect("one of them");
            let row = rows.binary_search(&window.y).expect("one of them");
            let place = &mut places[row * size.width + column];
            *place = (*place).min(index as u32);
        }
        Some(Self { size, windows: places })
    }

    /// Width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The window that is seen at a pixel.
    pub fn window_at(&self, x: usize, y: usize) -> Option<usize> {
        let window = self.windows[y * self.size.width + x];
        (window != NOBODY).then_some(window as usize)
    }
}

/// Of a picture with a pixel for each window, at most one part in so many has a window: rings and lines of windows
/// still do, scattered ones do not.
const MOST_EMPTY: usize = 16;

/// Four times the squared distance from a window's centre, which may lie between pixels.
fn distance_squared(window: Rect, x: isize, y: isize) -> u64 {
    let dx = (2 * x - (window.x + window.right() - 1)).unsigned_abs() as u64;
    let dy = (2 * y - (window.y + window.bottom() - 1)).unsigned_abs() as u64;
    dx * dx + dy * dy
}

fn starts(places: impl Iterator<Item = isize>) -> Vec<isize> {
    let mut starts: Vec<isize> = places.collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Heatmaps of some tracks, one for each moment, as frames of values: NaN where there is no window, or it was not measured.
pub struct Heatmaps<'a> {
    tracks: &'a Tracks,
    heat: Heat,
    moments: Vec<Moment>,
    places: Places,
    scale: f64,
    info: StackInfo,
}

impl<'a> Heatmaps<'a> {
    /// The heatmaps of these moments; values are multiplied by `scale`, as from px to µm.
    pub fn new(
        tracks: &'a Tracks,
        heat: Heat,
        moments: Vec<Moment>,
        places: Places,
        scale: f64,
    ) -> Self {
        let stamps = moments.iter().map(|moment| &tracks.stamps[moment.first()]);
        let numbers = stamps.clone().map(|stamp| stamp.number).collect();
        let times_s = stamps.map(|stamp| stamp.time_s).collect();
        let info = StackInfo {
            name: heat.as_str().into(),
            size: places.size(),
            n_frames: moments.len(),
            pixel_type: "float32".into(),
            numbers: Some(numbers),
            times_s: has_times(tracks).then_some(times_s),
            ..StackInfo::default()
        };
        Self { tracks, heat, moments, places, scale, info }
    }
}

impl FrameSource for Heatmaps<'_> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        let values = values_at(self.tracks, self.heat, &self.moments[index]);
        frame.reset(self.places.size());
        for (pixel, &window) in frame.pixels_mut().iter_mut().zip(&self.places.windows) {
            let value = values.get(window as usize).copied().unwrap_or(f64::NAN);
            *pixel = (self.scale * value) as f32;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Displacement;
    use crate::track::{Stamp, Status, Track};

    const WINDOW: Size = Size::new(4, 4);

    /// A window at each corner that moves as given, in px from frame to frame; NaN is lost.
    fn tracks(corners: &[(isize, isize)], moved: &[(f64, f64)], times_s: &[f64]) -> Tracks {
        let sample = |&(dx, dy): &(f64, f64)| match dx.is_nan() {
            true => Sample::lost(Status::Flat),
            false => Sample { displacement: Displacement::new(dx, dy), ..Sample::reference() },
        };
        let track = |(window, &(x, y)): (usize, &(isize, isize))| Track {
            group: "roi".into(),
            window,
            rect: Rect::new(x, y, WINDOW.width, WINDOW.height),
            samples: moved.iter().map(sample).collect(),
            deformations: Vec::new(),
        };
        let stamp = |(number, &time_s): (usize, &f64)| Stamp { number: 2 * number, time_s };
        Tracks {
            stamps: times_s.iter().enumerate().map(stamp).collect(),
            tracks: corners.iter().enumerate().map(track).collect(),
            ..Tracks::default()
        }
    }

    const MOVED: [(f64, f64); 4] = [(0.0, 0.0), (3.0, 4.0), (f64::NAN, f64::NAN), (0.0, -6.0)];

    fn all(tracks: &Tracks, heat: Heat) -> Vec<f64> {
        (0..tracks.n_frames()).map(|frame| values(tracks, heat, frame)[0]).collect()
    }

    fn assert_same(found: &[f64], expected: &[f64]) {
        let is_same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 || (a.is_nan() && b.is_nan());
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(is_same), "{found:?} {expected:?}");
    }

    #[test]
    fn values_are_those_of_the_original() {
        let nan = f64::NAN;
        let tracks = tracks(&[(0, 0)], &MOVED, &[0.0, 0.5, 1.0, 1.5]);
        assert_same(&all(&tracks, Heat::Displacement), &[0.0, 5.0, nan, 6.0]);
        assert_same(&all(&tracks, Heat::Speed), &[nan, 10.0, nan, nan]);
        let right_down = (4.0f64 / 3.0).atan().to_degrees();
        assert_same(&all(&tracks, Heat::Direction), &[nan, right_down, nan, 270.0]);
        assert_same(&all(&tracks, Heat::Sd), &[0.0, 0.0, nan, 0.0]);
    }

    #[test]
    fn without_times_speed_is_per_frame_of_the_recording() {
        let tracks = tracks(&[(0, 0)], &MOVED, &[f64::NAN; 4]);
        // Every second frame was measured.
        assert_eq!(values(&tracks, Heat::Speed, 1), [2.5]);
    }

    #[test]
    fn frames_that_were_not_measured_do_not_count_in_mean_and_largest() {
        let tracks = tracks(&[(0, 0)], &MOVED, &[f64::NAN; 4]);
        let over = |heat, over| values_over(&tracks, heat, &[0, 1, 2, 3], over)[0];
        // Nor does the reference.
        assert_eq!(over(Heat::Displacement, Over::Mean), 5.5);
        assert_eq!(over(Heat::Displacement, Over::Max), 6.0);
        let down = over(Heat::Direction, Over::Mean);
        assert!((down - (-2.0f64).atan2(3.0).to_degrees() - 360.0).abs() < 1e-9, "{down}");
        assert!(values_over(&tracks, Heat::Displacement, &[0, 2], Over::Mean)[0].is_nan());
    }

    #[test]
    fn windows_of_which_frames_are_missing_are_counted_but_not_those_of_none() {
        let (nan, at) = ((f64::NAN, f64::NAN), (1.0, 0.0));
        let count = |moved: [(f64, f64); 4], frames: &[usize]| {
            n_partly_measured(&tracks(&[(0, 0), (8, 0)], &moved, &[f64::NAN; 4]), frames)
        };
        let all = [0, 1, 2, 3];
        assert_eq!(count([(0.0, 0.0), at, nan, at], &all), 2);
        assert_eq!(count([(0.0, 0.0), at, nan, at], &[1, 3]), 0);
        assert_eq!(count([(0.0, 0.0), at, at, at], &all), 0);
        // The reference is no measurement: these have no value that could be of fewer frames.
        assert_eq!(count([(0.0, 0.0), nan, nan, nan], &all), 0);
        // What the user left out is missing in all windows alike.
        let mut left_out = tracks(&[(0, 0)], &[(0.0, 0.0), at, nan, at], &[f64::NAN; 4]);
        left_out.tracks[0].samples[2] = Sample::lost(Status::Excluded);
        assert_eq!(n_partly_measured(&left_out, &all), 0);
    }

    #[test]
    fn overlapping_windows_share_pixels_by_their_centres() {
        let windows = [Rect::new(0, 0, 4, 4), Rect::new(2, 0, 4, 4)];
        let places = Places::in_frame(&windows, Size::new(8, 4));
        let row: Vec<Option<usize>> = (0..8).map(|x| places.window_at(x, 1)).collect();
        let (a, b) = (Some(0), Some(1));
        assert_eq!(row, [a, a, a, b, b, b, None, None]);
    }

    #[test]
    fn a_grid_has_a_pixel_for_each_window() {
        let tracks = tracks(&[(0, 0), (8, 0), (0, 4)], &MOVED, &[0.0, 0.5, 1.0, 1.5]);
        let rects: Vec<Rect> = tracks.tracks.iter().map(|track| track.rect).collect();
        let places = Places::cells(&rects).unwrap();
        let moments = vec![Moment::Frame(1), Moment::Frame(3)];
        let mut maps = Heatmaps::new(&tracks, Heat::Displacement, moments, places, 0.5);
        assert_eq!((maps.info().size, maps.info().number(1)), (Size::new(2, 2), 6));
        let mut frame = Frame::default();
        maps.read(1, &mut frame).unwrap();
        assert_eq!(frame.pixels()[..3], [3.0, 3.0, 3.0]);
        assert!(frame.pixels()[3].is_nan());
    }

    #[test]
    fn scattered_windows_have_no_cells() {
        let windows: Vec<Rect> = (0..40).map(|k| Rect::new(k, 3 * k, 4, 4)).collect();
        assert_eq!(Places::cells(&windows), None);
    }
}
