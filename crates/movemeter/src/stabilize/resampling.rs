//! A frame's values at other places.

use rayon::prelude::*;

use super::placement::Placement;
use crate::filter::Lines;
use crate::frame::Frame;
use crate::geometry::{Point, Rect, Size};
use crate::mask::Mask;
use crate::simd::{Level, Sampled, sample_line, sum};
use crate::spline::{Spline, coefficient_taps};

/// What is shown where a frame did not see what should be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Border {
    /// The nearest pixel of the frame's edge.
    #[default]
    Keep,
    /// Nothing: 0.
    Black,
    /// No such place is shown: frames are cropped to the largest rectangle that all have.
    Crop,
}

impl Border {
    /// Every one, the default first.
    pub const ALL: [Self; 3] = [Self::Keep, Self::Black, Self::Crop];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Black => "black",
            Self::Crop => "crop",
        }
    }
}

/// Takes values out of frames, on the spline through their pixels.
pub struct Resampling {
    level: Level,
    taps: Vec<f32>,
    less: Frame,
    spline: Spline,
    lines: Lines,
}

impl Resampling {
    pub fn new() -> Self {
        Self {
            level: Level::new(),
            taps: coefficient_taps(&[1.0]),
            less: Frame::default(),
            spline: Spline::default(),
            lines: Lines::default(),
        }
    }

    /// Shows, at each pixel of `shown`, what is at its place in `frame`.
    pub fn resample(
        &mut self,
        frame: &Frame,
        transform: &Placement,
        (shown, border): (Rect, Border),
        out: &mut Frame,
    ) {
        out.reset(shown.size());
        match transform.whole_pixels() {
            Some(by) => copy(frame, by, (shown, border), out),
            None => self.sample(frame, transform, (shown, border), out),
        }
    }

    fn sample(
        &mut self,
        frame: &Frame,
        transform: &Placement,
        (shown, border): (Rect, Border),
        out: &mut Frame,
    ) {
        let holes = Holes::of(frame);
        let offset = self.pass(frame, holes.as_ref());
        let line = Line {
            level: self.level,
            spline: &self.spline,
            sampled: self.spline.less(0.0),
            offset,
            transform,
            border,
        };
        for_each_row(shown, out, |y, row| {
            line.fill(shown.x, y, row);
            if let Some(holes) = &holes {
                holes.leave(transform, (shown.x, y), row);
            }
        });
    }

    /// Makes the spline through the frame's pixels less their mean, so that rounding is as small as the contrast; gives the mean.
    fn pass(&mut self, frame: &Frame, holes: Option<&Holes>) -> f32 {
        self.less.clone_from(frame);
        if let Some(holes) = holes {
            holes.0.fill(&mut self.less);
        }
        let pixels = self.less.pixels_mut();
        let offset = (sum(pixels) / pixels.len() as f64) as f32;
        pixels.iter_mut().for_each(|pixel| *pixel -= offset);
        self.spline.pass(self.level, &self.less, &self.taps, &mut self.lines);
        offset
    }
}

/// Rows side by side; each is made alone, so that the number of threads makes no difference.
fn for_each_row(shown: Rect, out: &mut Frame, fill: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = out.pixels_mut().par_chunks_mut(shown.width.max(1));
    rows.enumerate().for_each(|(y, row)| fill(shown.y as usize + y, row));
}

/// Moves whole pixels, which keep their values.
fn copy(frame: &Frame, (dx, dy): (isize, isize), (shown, border): (Rect, Border), out: &mut Frame) {
    let Size { width, height } = frame.size();
    let nearest = |at: isize, side: usize| at.clamp(0, side as isize - 1);
    for_each_row(shown, out, |y, row| {
        let from_y = y as isize + dy;
        let from = frame.row(nearest(from_y, height) as usize);
        for (x, pixel) in (shown.x + dx..).zip(row) {
            let (at, row) = (nearest(x, width), nearest(from_y, height));
            let is_invented = at != x || row != from_y;
            *pixel = if is_invented && border == Border::Black { 0.0 } else { from[at as usize] };
        }
    });
}

/// What a row of pixels is made of.
struct Line<'a> {
    level: Level,
    spline: &'a Spline,
    sampled: Sampled<'a>,
    offset: f32,
    transform: &'a Placement,
    border: Border,
}

impl Line<'_> {
    /// The pixels of row `y` from column `left` on.
    fn fill(&self, left: isize, y: usize, row: &mut [f32]) {
        let (first, end) = self.transform.seen_in_row(y, self.spline.size());
        let within = |x: usize| (x as isize - left).clamp(0, row.len() as isize) as usize;
        let (first, end) = (within(first), within(end));
        let place = |i: usize| self.transform.place((left + i as isize) as f64, y as f64);
        let Point { x, y } = place(first);
        sample_line(
            self.level,
            &self.sampled,
            [x, y],
            self.transform.along(),
            &mut row[first..end],
        );
        for pixel in &mut row[first..end] {
            *pixel += self.offset;
        }
        for i in (0..first).chain(end..row.len()) {
            row[i] = self.beyond(place(i));
        }
    }

    /// What is shown at a place that the frame did not see.
    fn beyond(&self, Point { x, y }: Point) -> f32 {
        if self.border == Border::Black {
            return 0.0;
        }
        let Size { width, height } = self.spline.size();
        let nearest = |at: f64, side: usize| at.clamp(0.0, side as f64 - 1.0);
        self.spline.sample(nearest(x, width), nearest(y, height), 0.0) + self.offset
    }
}

/// Pixels that are no number.
struct Holes(Mask);

impl Holes {
    fn of(frame: &Frame) -> Option<Self> {
        if frame.pixels().iter().all(|pixel| pixel.is_finite()) {
            return None;
        }
        let is_number = |x: usize, y: usize| f32::from(frame.row(y)[x].is_finite());
        Some(Self(Mask::new("", &Frame::from_fn(frame.size(), is_number))))
    }

    /// Leaves no number where one of the four pixels around its place is none.
    fn leave(&self, transform: &Placement, (left, y): (isize, usize), row: &mut [f32]) {
        let Some(counts) = self.0.counts() else { return };
        let Size { width, height } = counts.size();
        let around = |at: f64, side: usize| {
            let at = at.clamp(0.0, side as f64 - 1.0);
            [at.floor() as usize, at.ceil() as usize]
        };
        for (x, pixel) in (left..).zip(row) {
            let place = transform.place(x as f64, y as f64);
            let (across, down) = (around(place.x, width), around(place.y, height));
            let is_known = |y: usize| across.into_iter().all(|x| counts.row(y)[x]);
            if !down.into_iter().all(is_known) {
                *pixel = f32::NAN;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Displacement;

    const SIZE: Size = Size::new(50, 40);

    fn wave(x: f64, y: f64) -> f64 {
        1000.0 + 40.0 * (0.5 * x + 0.2).sin() * (0.4 * y - 0.1).cos()
    }

    fn frame() -> Frame {
        Frame::from_fn(SIZE, |x, y| wave(x as f64, y as f64) as f32)
    }

    fn resampled(frame: &Frame, transform: &Placement, shown: Rect, border: Border) -> Frame {
        let mut out = Frame::default();
        // Working memory that was used before makes no difference.
        let mut resampling = Resampling::new();
        let other = Frame::from_fn(Size::new(70, 11), |x, y| (x * y) as f32);
        let turned = Placement::new(Point::new(0.0, 0.0), Displacement::ZERO, 1.0);
        resampling.resample(
            &other,
            &turned,
            (Rect::of_frame(other.size()), Border::Keep),
            &mut out,
        );
        resampling.resample(frame, transform, (shown, border), &mut out);
        out
    }

    fn moved(dx: f64, dy: f64, angle_deg: f64) -> Placement {
        Placement::new(Point::new(25.0, 20.0), Displacement::new(dx, dy), angle_deg.to_radians())
    }

    #[test]
    fn whole_pixels_keep_their_bits_and_edges_are_repeated_or_black() {
        let (frame, all) = (frame(), Rect::of_frame(SIZE));
        let transform = moved(3.0, -2.0, 0.0);
        let kept = resampled(&frame, &transform, all, Border::Keep);
        let black = resampled(&frame, &transform, all, Border::Black);
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                let (from_x, from_y) = ((x + 3).min(49), y.saturating_sub(2));
                let expected = frame.row(from_y)[from_x];
                assert_eq!(kept.row(y)[x].to_bits(), expected.to_bits());
                let is_invented = 50 <= x + 3 || y < 2;
                assert_eq!(black.row(y)[x], if is_invented { 0.0 } else { expected });
            }
        }
    }

    #[test]
    fn a_moved_and_turned_wave_is_what_it_is_at_the_places() {
        let transform = moved(1.3, -0.7, 8.0);
        let shown = Rect::new(20, 16, 9, 8);
        let out = resampled(&frame(), &transform, shown, Border::Keep);
        for y in 0..8 {
            for x in 0..9 {
                let place = transform.place((20 + x) as f64, (16 + y) as f64);
                // The mirrored border's kink is felt 15 px into the frame; the spline errs by 10⁻⁷ besides.
                assert!((f64::from(out.row(y)[x]) - wave(place.x, place.y)).abs() < 2e-3);
            }
        }
    }

    #[test]
    fn what_is_shown_of_a_part_is_what_the_whole_shows_there() {
        let transform = moved(-4.4, 2.6, -11.0);
        for border in [Border::Keep, Border::Black] {
            let whole = resampled(&frame(), &transform, Rect::of_frame(SIZE), border);
            let shown = Rect::new(3, 5, 40, 30);
            let part = resampled(&frame(), &transform, shown, border);
            for (y, row) in whole.crop(shown).rows().enumerate() {
                for (one, other) in row.iter().zip(part.row(y)) {
                    // Places along a row are counted from its first pixel: they are rounded differently.
                    assert!((one - other).abs() < 1e-3, "{one} {other}");
                }
            }
        }
    }

    #[test]
    fn beyond_the_edge_is_the_edge_itself() {
        let columns = Frame::from_fn(SIZE, |_, y| (10 * y) as f32);
        let out = resampled(&columns, &moved(30.5, 0.0, 0.0), Rect::of_frame(SIZE), Border::Keep);
        assert!(out.row(20).iter().all(|pixel| (pixel - 200.0).abs() < 1e-3));
        let black =
            resampled(&columns, &moved(30.5, 0.0, 0.0), Rect::of_frame(SIZE), Border::Black);
        assert_eq!((black.row(20)[19], black.row(20)[18] == 0.0), (0.0, false));
    }

    #[test]
    fn a_hole_stays_a_hole_and_spoils_nothing_else() {
        let mut holed = frame();
        holed.row_mut(20)[25] = f32::NAN;
        holed.row_mut(5)[5] = f32::INFINITY;
        let transform = moved(0.5, 0.0, 0.0);
        let (all, plain) = (Rect::of_frame(SIZE), frame());
        let out = resampled(&holed, &transform, all, Border::Keep);
        let whole = resampled(&plain, &transform, all, Border::Keep);
        for y in 0..SIZE.height {
            for x in 0..SIZE.width {
                let is_hole =
                    (y == 20 && (24..=25).contains(&x)) || (y == 5 && (4..=5).contains(&x));
                assert_eq!(out.row(y)[x].is_nan(), is_hole, "{x} {y}");
                // What fills the hole differs from what was there, and is felt less and less around it.
                assert!(is_hole || (out.row(y)[x] - whole.row(y)[x]).abs() < 3.0, "{x} {y}");
            }
        }
        let nothing = Frame::from_fn(SIZE, |_, _| f32::NAN);
        assert!(
            resampled(&nothing, &transform, all, Border::Keep).pixels().iter().all(|p| p.is_nan())
        );
    }

    #[test]
    fn the_number_of_threads_makes_no_difference() {
        let transform = moved(1.3, -0.7, 8.0);
        let with = |n_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| resampled(&frame(), &transform, Rect::of_frame(SIZE), Border::Keep))
        };
        assert_eq!(with(1), with(3));
    }
}
