//! Windows and arrows on frames: what was measured, where it was measured.

use movemeter::frame::Frame;
use movemeter::geometry::{Displacement, Point, Rect, Size};
use movemeter::roi::color::Color;
use movemeter::track::{Sample, Status, Tracks};

use super::drawing::{Anchor, Area, At, BLACK, Drawing, Ink, Letters, WHITE};
use super::font;
use super::grey::{contrast, grey};
use super::page::{MM, POINTS, Page};
use super::plot::{COLUMN_MM, DPI};
use super::selection::Group;
use super::stamp::said;
use crate::pixels::Pixels;

/// How windows and arrows are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayOptions {
    /// How many times longer than the displacement arrows are. Left out: so that the longest is about as long as a
    /// window.
    pub magnify: Option<f64>,
    /// Of how many frames before the way is drawn.
    pub trail: usize,
    /// Whether windows went with their content.
    pub follow: bool,
    /// Grey levels of black and white. Left out: what suits the first frame drawn.
    pub range: Option<[f32; 2]>,
    /// How wide a page is, mm. Left out: as a column of a journal.
    pub width_mm: Option<f64>,
    /// Pixels of an inch, where a page becomes pixels.
    pub dpi: f64,
    /// Side of a pixel, µm, for the bar that says how long something is.
    pub pixel_size_um: Option<f64>,
}

impl Default for OverlayOptions {
    fn default() -> Self {
        Self {
            magnify: None,
            trail: 0,
            follow: false,
            range: None,
            width_mm: None,
            dpi: DPI,
            pixel_size_um: None,
        }
    }
}

/// Draws windows and arrows of some tracks on their frames.
pub struct OverlayPainter<'a> {
    tracks: &'a Tracks,
    groups: &'a [Group],
    options: OverlayOptions,
    magnify: f64,
    zoom: usize,
    range: Option<[f32; 2]>,
}

/// Films are at least so many pixels wide or high: smaller frames are enlarged by a whole number.
const LEAST: usize = 480;
/// Measured, but not to be trusted: amber, as everywhere.
const DOUBTFUL: Color = Color([0xFF, 0xB0, 0x00]);
/// Not measured.
const NOT_MEASURED: Color = Color([0xB4; 3]);
/// Round factors of magnification.
const FACTORS: [f64; 3] = [5.0, 2.0, 1.0];

impl<'a> OverlayPainter<'a> {
    /// Prepares to draw on frames of this size.
    pub fn new(
        tracks: &'a Tracks,
        groups: &'a [Group],
        frame: Size,
        options: OverlayOptions,
    ) -> Self {
        let magnify = options.magnify.unwrap_or_else(|| usual_factor(tracks));
        let zoom = LEAST.div_ceil(frame.width.max(frame.height).max(1)).max(1);
        let range = options.range;
        Self { tracks, groups, options, magnify, zoom, range }
    }

    /// How many times longer than the displacement arrows are.
    pub fn magnify(&self) -> f64 {
        self.magnify
    }

    /// Width and height of what [`pixels`](Self::pixels) draws on frames of this size.
    pub fn size(&self, frame: Size) -> Size {
        Size::new(self.zoom * frame.width, self.zoom * frame.height)
    }

    /// A frame with what was measured in it, by its place in the table, as pixels for a film.
    pub fn pixels(&mut self, image: &Frame, frame: usize) -> Pixels {
        let mut pixels = grey(image, self.range_for(image), self.zoom);
        let (width, height) = (pixels.size.width as f64, pixels.size.height as f64);
        let mut page = Drawing::new(width, height);
        // Sizes grow with the picture, so that a film can be read when it is shown smaller.
        let unit = (width.max(height) / 480.0).max(1.0);
        self.draw(&mut page, Area::new(0.0, 0.0, width, height), image.size(), frame, unit);
        page.paint(&mut pixels);
        pixels
    }

    /// The same as a page.
    pub fn page(&mut self, image: &Frame, frame: usize) -> Page {
        let width = self.options.width_mm.unwrap_or(COLUMN_MM) / MM * POINTS;
        let Size { width: columns, height: rows } = image.size();
        let height = width * rows as f64 / columns as f64;
        let mut page = Drawing::white(width, height);
        let area = Area::new(0.0, 0.0, width, height);
        page.image(area, &grey(image, self.range_for(image), 1));
        self.draw(&mut page, area, image.size(), frame, 0.6);
        Page { drawing: page, dpi: self.options.dpi }
    }

    /// All frames of a film have the contrast of the first: a flicker would be none of the recording's.
    fn range_for(&mut self, image: &Frame) -> [f32; 2] {
        *self.range.get_or_insert_with(|| contrast(image))
    }

    fn draw(&self, page: &mut Drawing, area: Area, frame: Size, index: usize, unit: f64) {
        let fit = Fit { area, scale: area.width / frame.width as f64, unit };
        for group in self.groups {
            for &window in &group.windows {
                self.draw_window(page, &fit, window, index, group.color);
            }
        }
        for group in self.groups {
            for &window in &group.windows {
                self.draw_trail(page, &fit, window, index, group.color);
                self.draw_arrow(page, &fit, window, index, group.color);
            }
        }
        self.write(page, &fit, index);
    }

    /// Where a window is in a frame; where it was last seen if it was not measured.
    fn moved(&self, window: usize, frame: usize) -> Displacement {
        if !self.options.follow {
            return Displacement::ZERO;
        }
        let samples = &self.tracks[window].samples[..=frame];
        let last = samples.iter().rev().find_map(Sample::displacement);
        last.unwrap_or(Displacement::ZERO)
    }

    fn draw_window(
        &self,
        page: &mut Drawing,
        fit: &Fit,
        window: usize,
        frame: usize,
        color: Color,
    ) {
        let track = &self.tracks[window];
        let place = fit.rect(track.rect, self.moved(window, frame));
        let thin = fit.unit * if self.tracks.n_windows() < 200 { 1.1 } else { 0.6 };
        let status = track.samples[frame].status;
        if status == Status::Ok {
            page.frame(place, &Ink::line(BLACK, 2.2 * thin).faint(0.4));
            page.frame(place, &Ink::line(color, thin));
            return;
        }
        let color = if status.is_doubtful() { DOUBTFUL } else { NOT_MEASURED };
        page.frame(place, &Ink::line(color, thin).dashed(2.5 * fit.unit, 2.0 * fit.unit));
        if status.is_doubtful() {
            let size = fit.letters().min(0.6 * place.width.min(place.height));
            let letters =
                Letters { halo: Some(BLACK), ..Letters::new(size, color, Anchor::Middle) };
            page.text_beside(
                [place.x + 0.5 * place.width, place.y + 0.5 * place.height],
                "?",
                &letters,
            );
        } else {
            cross(page, place, &Ink::line(color, thin));
        }
    }

    fn draw_trail(&self, page: &mut Drawing, fit: &Fit, window: usize, frame: usize, color: Color) {
        if self.options.trail == 0 {
            return;
        }
        let track = &self.tracks[window];
        let first = frame.saturating_sub(self.options.trail);
        let centre = track.rect_center();
        // A following window shows the way itself, others as long as their arrows.
        let factor = self.magnify;
        let samples = &track.samples[first..=frame];
        for run in samples.split(|sample| sample.displacement().is_none()) {
            let at = |sample: &Sample| fit.at(centre, sample.displacement, factor);
            let points: Vec<At> = run.iter().map(at).collect();
            page.lines(&points, &Ink::line(color, 1.2 * fit.unit).faint(0.7));
        }
    }

    fn draw_arrow(&self, page: &mut Drawing, fit: &Fit, window: usize, frame: usize, color: Color) {
        let track = &self.tracks[window];
        let Some(moved) = track.displacement(frame) else { return };
        let centre = track.rect_center();
        let from = fit.at(centre, Displacement::ZERO, 1.0);
        let to = fit.at(centre, moved, self.magnify);
        arrow(page, from, to, color, fit.unit);
    }

    /// Frame and time, the arrows' factor, and the bar.
    fn write(&self, page: &mut Drawing, fit: &Fit, frame: usize) {
        let stamp = &self.tracks.stamps[frame];
        let mut text = said(stamp);
        if self.magnify != 1.0 {
            text += &format!(", arrows {}\u{d7}", shown_factor(self.magnify));
        }
        let size = fit.letters();
        let letters = Letters { halo: Some(BLACK), ..Letters::new(size, WHITE, Anchor::Start) };
        let edge = 0.6 * size;
        page.text([fit.area.x + edge, fit.area.bottom() - edge], &text, &letters);
        if let Some(pixel_size_um) = self.options.pixel_size_um {
            bar(page, fit, pixel_size_um, font::width(&text, size));
        }
    }
}

/// How a frame lies on a page.
struct Fit {
    area: Area,
    /// How wide a pixel of the frame is.
    scale: f64,
    /// How wide a line is.
    unit: f64,
}

impl Fit {
    fn rect(&self, rect: Rect, moved: Displacement) -> Area {
        let x = self.area.x + self.scale * (rect.x as f64 + moved.dx);
        let y = self.area.y + self.scale * (rect.y as f64 + moved.dy);
        Area::new(x, y, self.scale * rect.width as f64, self.scale * rect.height as f64)
    }

    /// A point of the frame, where pixel centres are whole, and what it moved.
    fn at(&self, point: Point, moved: Displacement, factor: f64) -> At {
        let x = self.area.x + self.scale * (point.x + 0.5 + factor * moved.dx);
        [x, self.area.y + self.scale * (point.y + 0.5 + factor * moved.dy)]
    }

    fn letters(&self) -> f64 {
        11.0 * self.unit
    }
}

/// A cross in the middle of a rectangle.
fn cross(page: &mut Drawing, place: Area, ink: &Ink) {
    let half = 0.12 * place.width.min(place.height);
    let (x, y) = (place.x + 0.5 * place.width, place.y + 0.5 * place.height);
    page.line([x - half, y - half], [x + half, y + half], ink);
    page.line([x + half, y - half], [x - half, y + half], ink);
}

/// An arrow whose head is part of its length; one too short for a head is a dot.
fn arrow(page: &mut Drawing, from: At, to: At, color: Color, unit: f64) {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    if length < 1.5 * unit {
        page.dot(from, 1.2 * unit, &Ink::area(color, 1.0));
        return;
    }
    let (x, y) = (dx / length, dy / length);
    let head = (6.5 * unit).min(0.6 * length);
    let neck = [to[0] - 0.9 * head * x, to[1] - 0.9 * head * y];
    let side = |sign: f64, grown: f64| {
        let (long, wide) = (head + grown, (0.45 * head + grown) * sign);
        [to[0] - long * x - wide * y, to[1] - long * y + wide * x]
    };
    // White around it: colours are seen on dark frames and bright ones.
    let edge = 0.9 * unit;
    let tip = [to[0] + 1.6 * edge * x, to[1] + 1.6 * edge * y];
    let white = Ink::area(WHITE, 1.0);
    page.line(from, neck, &Ink::line(WHITE, 1.5 * unit + 2.0 * edge));
    page.polygon(&[tip, side(1.0, edge), side(-1.0, edge)], &white);
    page.line(from, neck, &Ink::line(color, 1.5 * unit));
    page.polygon(&[to, side(1.0, 0.0), side(-1.0, 0.0)], &Ink::area(color, 1.0));
}

/// A bar of a round length, about a fifth of the picture.
fn bar(page: &mut Drawing, fit: &Fit, pixel_size_um: f64, beside: f64) {
    let um = |length: f64| length / fit.scale * pixel_size_um;
    let most = um((0.25 * fit.area.width).min(fit.area.width - beside - 4.0 * fit.letters()));
    if !(0.0 < most && most.is_finite()) {
        return;
    }
    let power = 10f64.powf(most.log10().floor());
    let factor = FACTORS.into_iter().find(|factor| factor * power <= most).unwrap_or(1.0);
    let length = factor * power;
    let text = match length {
        1000.0.. => format!("{} mm", length / 1000.0),
        0.999..1000.0 => format!("{} µm", length.round()),
        _ => format!("{} nm", (1000.0 * length).round()),
    };
    let size = fit.letters();
    let right = fit.area.right() - 0.8 * size;
    let left = right - length / pixel_size_um * fit.scale;
    let y = fit.area.bottom() - 0.9 * size;
    page.line([left, y], [right, y], &Ink::line(BLACK, 4.4 * fit.unit));
    page.line([left, y], [right, y], &Ink::line(WHITE, 2.6 * fit.unit));
    let letters = Letters { halo: Some(BLACK), ..Letters::new(size, WHITE, Anchor::Middle) };
    page.text([0.5 * (left + right), y - 0.5 * size], &text, &letters);
}

/// A round factor with which the longest arrow is about as long as the side of a window; 1 if nothing moved.
fn usual_factor(tracks: &Tracks) -> f64 {
    let sides = tracks.tracks.iter().map(|track| track.rect.width.max(track.rect.height));
    let side = sides.max().unwrap_or(1) as f64;
    let all = tracks.tracks.iter().flat_map(|track| &track.samples);
    let mut lengths: Vec<f64> =
        all.filter_map(Sample::displacement).map(Displacement::length).collect();
    lengths.sort_by(f64::total_cmp);
    // Beside a few wild ones.
    let longest = lengths.get((0.99 * lengths.len() as f64) as usize).copied().unwrap_or(0.0);
    let most = side / longest;
    if !(most.is_finite() && 0.0 < most) {
        return 1.0;
    }
    let power = 10f64.powf(most.log10().floor());
    let round = FACTORS.into_iter().find(|factor| factor * power <= most).unwrap_or(1.0) * power;
    round.max(1.0)
}

fn shown_factor(factor: f64) -> String {
    format!("{}", (factor * 1000.0).round() / 1000.0)
}

/// The centre of a track's window, where pixel centres are whole.
trait Centred {
    fn rect_center(&self) -> Point;
}

impl Centred for movemeter::track::Track {
    fn rect_center(&self) -> Point {
        let Rect { x, y, width, height } = self.rect;
        Point::new(x as f64 + 0.5 * (width as f64 - 1.0), y as f64 + 0.5 * (height as f64 - 1.0))
    }
}
