//! Heatmaps as pictures: values of windows as colours, with a bar that says which is which.

use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::heatmap::{Heat, Moment, Over, Places, has_times, values_at};
use movemeter::roi::color::Color;
use movemeter::track::Tracks;

use super::axis::{Axis, BELOW, GAP, HAIR, NORMAL, Panel, SMALL};
use super::colormap::{Colormap, Scale};
use super::drawing::{Anchor, Area, BLACK, Drawing, Ink, Letters};
use super::grey::contrast;
use super::page::{MM, POINTS, Page};
use super::plot::{COLUMN_MM, DPI};
use super::selection::unit;
use crate::error::Error;
use crate::pixels::Pixels;

/// How heatmaps are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatmapOptions {
    /// What is shown.
    pub heat: Heat,
    /// The colours. Left out: viridis, and for directions twilight.
    pub map: Option<Colormap>,
    /// Values at the ends of the scale. Left out: 0 (for scores the least) and the largest of all frames shown.
    pub ends: [Option<f64>; 2],
    /// How wide and high the picture is, mm. Left out: as wide as a column of a journal, as high as it suits.
    pub size_mm: [Option<f64>; 2],
    /// Pixels of an inch.
    pub dpi: f64,
}

impl Default for HeatmapOptions {
    fn default() -> Self {
        Self { heat: Heat::Displacement, map: None, ends: [None; 2], size_mm: [None; 2], dpi: DPI }
    }
}

/// Heatmaps of some tracks that share scale and layout, so that they can be compared and make a film.
pub struct HeatmapPainter<'a> {
    tracks: &'a Tracks,
    options: HeatmapOptions,
    scale: Scale,
    /// Part of the frame that is shown.
    view: Rect,
    places: Places,
    /// A frame below the colours, with its black and white.
    below: Option<(Frame, [f32; 2])>,
    /// Whether there are values beyond the ends of the scale.
    beyond: [bool; 2],
}

/// What is not measured, and the lines through it.
const NOT_MEASURED: [[u8; 3]; 2] = [[0xC8; 3], [0xA0; 3]];
/// From line to line, points.
const HATCH: f64 = 3.5;
/// How much of a frame below is covered by colours.
const COVER: f64 = 0.6;
const MARGIN: f64 = 4.0;
/// The bar beside the picture.
const BAR: f64 = 8.0;

impl<'a> HeatmapPainter<'a> {
    /// Prepares to draw `moments`; the frame's size is `frame` if it is known, else as large as windows need it.
    ///
    /// The error says why there is nothing to draw.
    pub fn new(
        tracks: &'a Tracks,
        moments: &[Moment],
        frame: Option<Size>,
        options: HeatmapOptions,
    ) -> Result<Self, Error> {
        let rects: Vec<Rect> = tracks.tracks.iter().map(|track| track.rect).collect();
        let around = rects.iter().copied().reduce(Rect::joined).unwrap_or(Rect::new(0, 0, 1, 1));
        let view = frame.map_or(around, Rect::of_frame);
        let moved: Vec<Rect> = rects.iter().map(|rect| rect.moved(-view.x, -view.y)).collect();
        let places = Places::in_frame(&moved, view.size());
        let map = options.map.unwrap_or(match options.heat {
            Heat::Direction => Colormap::Twilight,
            _ => Colormap::Viridis,
        });
        let (scale, beyond) = scale_of(tracks, moments, &options, map)?;
        Ok(Self { tracks, options, scale, view, places, below: None, beyond })
    }

    /// The same over frames of this contrast: give the frame with [`below`](Self::below).
    pub fn below(&mut self, frame: &Frame) {
        let contrast = self.below.as_ref().map_or_else(|| contrast(frame), |(_, known)| *known);
        self.below = Some((frame.clone(), contrast));
    }

    /// The values at the ends of the scale, and its colours.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// The values of all windows, in the unit shown.
    pub fn values(&self, moment: &Moment) -> Vec<f64> {
        shown_values(self.tracks, self.options.heat, moment)
    }

    /// The map alone, without axes and bar, in pixels of this size; windows that were not measured are hatched.
    pub fn map(&self, moment: &Moment, size: Size) -> Pixels {
        let values = self.values(moment);
        let points = size.width as f64 / self.options.dpi * POINTS;
        let hatch = (HATCH * size.width as f64 / points).round().max(3.0) as usize;
        let line = (hatch / 4).max(1);
        let of = |at: usize, length: usize, n: usize| (at * n + n / 2) / length;
        Pixels::from_fn(size, |x, y| {
            let column = of(x, size.width, self.view.width);
            let row = of(y, size.height, self.view.height);
            let below = self.grey_at(column, row);
            let Some(window) = self.places.window_at(column, row) else {
                return below.map_or([0xFF; 3], |grey| [grey; 3]);
            };
            match self.scale.color(values[window]) {
                Some(color) => mixed(color, below),
                None => NOT_MEASURED[usize::from((x + y) % hatch < line)],
            }
        })
    }

    fn grey_at(&self, column: usize, row: usize) -> Option<u8> {
        let (frame, [black, white]) = self.below.as_ref()?;
        let (x, y) = (column as isize + self.view.x, row as isize + self.view.y);
        let level = *frame.row(y as usize).get(x as usize)?;
        Some((255.0 * (level - black) / (white - black)).round() as u8)
    }

    /// The map with axes in pixels of the frame, the bar, and `title` above if there is one.
    pub fn page(&self, moment: &Moment, title: Option<&str>) -> Page {
        let (mut page, area) = self.empty_page(title.is_some());
        self.draw_map(&mut page, area, moment);
        if let Some(title) = title {
            let letters = Letters::new(SMALL, BLACK, Anchor::Start);
            page.text([area.x, MARGIN + 0.8 * SMALL], title, &letters);
        }
        self.draw_bar(&mut page, area);
        Page { drawing: page, dpi: self.options.dpi }
    }

    /// A page, and where on it the map is.
    fn empty_page(&self, has_title: bool) -> (Drawing, Area) {
        let points = |mm: f64| mm / MM * POINTS;
        let width = points(self.options.size_mm[0].unwrap_or(COLUMN_MM));
        let head = if has_title { NORMAL + GAP } else { 0.5 * SMALL };
        let left = MARGIN + Panel::left(self.axis_y(6).width(SMALL));
        let right = 5.0 * GAP + BAR + self.bar_axis(6).width(SMALL) + NORMAL + MARGIN;
        let (dx, dy) = (left + right, 2.0 * MARGIN + head + BELOW);
        let aspect = self.view.height as f64 / self.view.width as f64;
        let mut inner = (width - dx).max(20.0);
        if let Some(height) = self.options.size_mm[1].map(points) {
            inner = inner.min((height - dy).max(20.0) / aspect);
        }
        let area = Area::new(left, MARGIN + head, inner, inner * aspect);
        (Drawing::white(dx + inner, dy + inner * aspect), area)
    }

    /// Width and height in pixels of all its pages, which do not depend on what is shown.
    pub fn page_size(&self, has_title: bool) -> Size {
        let (drawing, _) = self.empty_page(has_title);
        Page { drawing, dpi: self.options.dpi }.size()
    }

    fn axis_y(&self, n: usize) -> Axis {
        let (top, bottom) = (self.view.y as f64 - 0.5, self.view.bottom() as f64 - 0.5);
        let axis = Axis::exactly(top, bottom, n);
        Axis { from: bottom, to: top, ..axis }
    }

    fn draw_map(&self, page: &mut Drawing, area: Area, moment: &Moment) {
        let pixels = |points: f64| ((points * self.options.dpi / POINTS).round() as usize).max(1);
        page.image(area, &self.map(moment, Size::new(pixels(area.width), pixels(area.height))));
        let n = |length: f64| (length / 26.0).clamp(2.0, 8.0) as usize;
        let (left, right) = (self.view.x as f64 - 0.5, self.view.right() as f64 - 0.5);
        let x = Axis::exactly(left, right, n(area.width));
        let panel = Panel { area, x, y: self.axis_y(n(area.height)) };
        panel.draw_axes(page, true);
        page.frame(area, &Ink::line(BLACK, HAIR));
        panel.name_x(page, "x (px)");
        panel.name_y(page, "y (px)", panel.y.width(SMALL));
    }

    fn bar_axis(&self, n: usize) -> Axis {
        let Scale { min, max, .. } = self.scale;
        let mut axis = Axis::exactly(min, if min < max { max } else { min + 1.0 }, n);
        if self.options.heat == Heat::Direction && (min, max) == (0.0, 360.0) {
            axis.ticks = [0, 90, 180, 270, 360].map(|deg| (f64::from(deg), deg.to_string())).into();
        }
        axis
    }

    fn draw_bar(&self, page: &mut Drawing, beside: Area) {
        let x = beside.right() + 2.0 * GAP;
        // Room for the marks of values beyond the ends.
        let tip = 0.8 * BAR;
        let room = |is_there: bool| if is_there { tip } else { 0.0 };
        let top = beside.y + room(self.beyond[1]);
        let height = beside.height - room(self.beyond[0]) - room(self.beyond[1]);
        let bar = Area::new(x, top, BAR, height);
        let steps = Pixels::from_fn(Size::new(1, 256), |_, y| {
            self.scale.map.color(1.0 - y as f64 / 255.0).0
        });
        page.image(bar, &steps);
        page.frame(bar, &Ink::line(BLACK, HAIR));
        let ends = [(0.0, bar.bottom(), tip), (1.0, bar.y, -tip)];
        for ((part, y, tip), is_there) in ends.into_iter().zip(self.beyond) {
            if is_there {
                let corners = [[x, y], [x + BAR, y], [x + 0.5 * BAR, y + tip]];
                page.polygon(&corners, &Ink::area(self.scale.map.color(part), 1.0));
                page.lines(&[corners[0], corners[2], corners[1]], &Ink::line(BLACK, HAIR));
            }
        }
        let axis = self.bar_axis((height / 16.0).clamp(2.0, 8.0) as usize);
        for (value, text) in &axis.ticks {
            let y = bar.y + bar.height * (1.0 - axis.part(*value));
            page.line([bar.right(), y], [bar.right() + 2.0, y], &Ink::line(BLACK, HAIR));
            let letters = Letters::new(SMALL, BLACK, Anchor::Start);
            page.text_beside([bar.right() + GAP + 0.5, y], text, &letters);
        }
        let letters = Letters { is_upright: true, ..Letters::new(NORMAL, BLACK, Anchor::Middle) };
        let x = bar.right() + 2.0 * GAP + axis.width(SMALL) + 0.9 * NORMAL;
        page.text(
            [x, beside.y + 0.5 * beside.height],
            &name(self.tracks, self.options.heat),
            &letters,
        );
    }
}

fn mixed(color: Color, below: Option<u8>) -> [u8; 3] {
    let Some(grey) = below else { return color.0 };
    let mix = |above: u8| COVER * f64::from(above) + (1.0 - COVER) * f64::from(grey);
    color.0.map(|above| mix(above).round() as u8)
}

/// What a heatmap shows, with its unit.
pub fn name(tracks: &Tracks, heat: Heat) -> String {
    let (unit, _) = unit(tracks);
    match heat {
        Heat::Displacement => format!("displacement ({unit})"),
        Heat::Speed if has_times(tracks) => format!("speed ({unit}/s)"),
        Heat::Speed => format!("speed ({unit}/frame)"),
        Heat::Direction => "direction (°)".into(),
        Heat::Score => "score".into(),
        Heat::Sd => format!("sd ({unit})"),
    }
}

/// The values of all windows, in the unit shown.
fn shown_values(tracks: &Tracks, heat: Heat, moment: &Moment) -> Vec<f64> {
    let scale = if heat.is_length() { unit(tracks).1 } else { 1.0 };
    let values = values_at(tracks, heat, moment);
    values.into_iter().map(|value| scale * value).collect()
}

/// The scale for all moments together, and whether values lie beyond its ends.
fn scale_of(
    tracks: &Tracks,
    moments: &[Moment],
    options: &HeatmapOptions,
    map: Colormap,
) -> Result<(Scale, [bool; 2]), Error> {
    let heat = options.heat;
    let is_largest = |moment: &Moment| matches!(moment, Moment::Several(_, Over::Max));
    if heat == Heat::Direction && moments.iter().any(is_largest) {
        return Err(Error::NoPicture("directions have no largest; ask for the mean".into()));
    }
    let (mut least, mut largest) = (f64::INFINITY, f64::NEG_INFINITY);
    for moment in moments {
        for value in shown_values(tracks, heat, moment).into_iter().filter(|v| v.is_finite()) {
            (least, largest) = (least.min(value), largest.max(value));
        }
    }
    if largest < least {
        return Err(Error::NoPicture(format!(
            "there is nothing to draw: no {} was measured in what is shown",
            heat.as_str()
        )));
    }
    let usual = match heat {
        Heat::Direction => (0.0, 360.0),
        Heat::Score => (least, 1.0),
        Heat::Displacement | Heat::Speed | Heat::Sd => (0.0, largest),
    };
    let (min, max) = (options.ends[0].unwrap_or(usual.0), options.ends[1].unwrap_or(usual.1));
    if max < min || (min == max && options.ends.iter().any(Option::is_some)) {
        return Err(Error::NoPicture(format!(
            "the scale must begin below its end, but goes from {min} to {max}; values are from \
             {least:.4} to {largest:.4}"
        )));
    }
    Ok((Scale { min, max, map }, [least < min, max < largest]))
}

#[cfg(test)]
mod tests {
    use movemeter::geometry::Displacement;
    use movemeter::track::{Sample, Stamp, Status, Track};

    use super::*;

    /// Two windows of 8 px beside one another; the second is lost.
    fn tracks() -> Tracks {
        let moved = Sample { displacement: Displacement::new(3.0, 4.0), ..Sample::reference() };
        let track = |window: usize, sample| Track {
            group: "grid".into(),
            window,
            rect: Rect::new(8 * window as isize, 0, 8, 8),
            samples: vec![sample],
            deformations: Vec::new(),
        };
        Tracks {
            stamps: vec![Stamp { number: 0, time_s: f64::NAN }],
            tracks: vec![track(0, moved), track(1, Sample::lost(Status::Flat))],
            ..Tracks::default()
        }
    }

    #[test]
    fn a_window_has_the_colour_of_its_value_and_a_lost_one_is_hatched() {
        let tracks = tracks();
        let options = HeatmapOptions { ends: [None, Some(10.0)], ..HeatmapOptions::default() };
        let moments = [Moment::Frame(0)];
        let frame = Some(Size::new(24, 8));
        let painter = HeatmapPainter::new(&tracks, &moments, frame, options).unwrap();
        let map = painter.map(&moments[0], Size::new(240, 80));
        assert_eq!(map.at(40, 40), Colormap::Viridis.color(0.5).0);
        assert!((80..160).all(|x| NOT_MEASURED.contains(&map.at(x, 40))));
        assert!(NOT_MEASURED.iter().all(|grey| (80..160).any(|x| map.at(x, 40) == *grey)));
        // No window was there.
        assert_eq!(map.at(200, 40), [0xFF; 3]);
    }

    #[test]
    fn all_pages_of_a_film_have_the_size_promised() {
        let tracks = tracks();
        let moments = [Moment::Frame(0)];
        let options = HeatmapOptions::default();
        let painter = HeatmapPainter::new(&tracks, &moments, None, options).unwrap();
        let page = painter.page(&moments[0], Some("frame 0"));
        assert_eq!(page.size(), painter.page_size(true));
        assert_eq!(page.pixels().size, page.size());
    }
}
