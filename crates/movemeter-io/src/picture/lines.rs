//! Lines and bands in a panel.

use movemeter::roi::color::Color;

use super::axis::{Axis, Panel};
use super::drawing::{At, Drawing, Ink};

/// A line through points; where one is NaN, it has a gap.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    points: Vec<(f64, f64)>,
    ink: Ink,
    has_start: bool,
}

impl Line {
    /// Of one among several windows.
    pub(super) fn thin(points: Vec<(f64, f64)>, color: Color) -> Self {
        Self { points, ink: Ink::line(color, 0.5).faint(0.65), has_start: false }
    }

    /// Of what is to be seen first.
    pub(super) fn thick(points: Vec<(f64, f64)>, color: Color) -> Self {
        Self { points, ink: Ink::line(color, 1.1), has_start: false }
    }

    /// Of another mean.
    pub(super) fn dashed(points: Vec<(f64, f64)>, color: Color) -> Self {
        Self { points, ink: Ink::line(color, 1.0).dashed(3.0, 2.2), has_start: false }
    }

    /// The same with a dot where it begins.
    pub(super) fn with_start(self) -> Self {
        Self { has_start: true, ..self }
    }
}

/// What lies between two curves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) x: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
    pub(super) color: Color,
    pub(super) opacity: f64,
}

/// All that is in a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lines {
    pub(super) name_x: String,
    pub(super) name_y: String,
    pub(super) bands: Vec<Band>,
    pub(super) lines: Vec<Line>,
    pub(super) notes: Vec<String>,
    /// Whether y grows downwards, as in frames.
    pub(super) is_down: bool,
    /// Whether y begins at 0.
    pub(super) from_zero: bool,
}

impl Lines {
    pub(super) fn new(name_x: String, name_y: String) -> Self {
        Self { name_x, name_y, ..Self::default() }
    }

    /// Whether there is no point to be drawn.
    pub(super) fn is_empty(&self) -> bool {
        self.points().next().is_none()
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let points = self.lines.iter().flat_map(|line| line.points.iter().copied());
        points.filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    pub(super) fn axis_x(&self, n: usize) -> Axis {
        // A line over time touches the ends; frames without any value count, too.
        let all = self.lines.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x));
        let (from, to) = ends(all.filter(|x| x.is_finite()));
        match self.is_down || from == to {
            true => Axis::around(from, to, n),
            false => Axis::exactly(if self.from_zero { 0.0 } else { from }, to, n),
        }
    }

    pub(super) fn axis_y(&self, n: usize) -> Axis {
        let (from, to) = ends(self.points().map(|(_, y)| y));
        let (from, to) = self.with_bands(from, to);
        if self.from_zero {
            return Axis::exactly(0.0, 1.05 * to.max(f64::MIN_POSITIVE), n);
        }
        let axis = Axis::around(from, to, n);
        match self.is_down {
            true => Axis { from: axis.to, to: axis.from, ..axis },
            false => axis,
        }
    }

    /// Bands are seen as far as nine in ten of their points reach: one wild error would flatten all curves.
    fn with_bands(&self, from: f64, to: f64) -> (f64, f64) {
        let bounded = |of: fn(&Band) -> &Vec<f64>, part: f64| {
            let all = self.bands.iter().flat_map(of).copied();
            let mut all: Vec<f64> = all.filter(|value| value.is_finite()).collect();
            all.sort_by(f64::total_cmp);
            let last = all.len().checked_sub(1)?;
            Some(all[(part * last as f64).round() as usize])
        };
        let low = bounded(|band| &band.low, 0.02).unwrap_or(from);
        let high = bounded(|band| &band.high, 0.98).unwrap_or(to);
        (from.min(low), to.max(high))
    }

    /// Height over width that suits equal scales.
    pub(super) fn shape(&self) -> f64 {
        let (left, right) = ends(self.points().map(|(x, _)| x));
        let (top, bottom) = ends(self.points().map(|(_, y)| y));
        let shape = (bottom - top) / (right - left);
        if shape.is_nan() { 1.0 } else { shape.clamp(0.4, 1.4) }
    }

    /// Makes a unit to the right as long as one down.
    pub(super) fn with_equal_scales(&self, panel: &mut Panel) {
        let per_point = |axis: &Axis, length: f64| (axis.to - axis.from).abs() / length;
        let (width, height) = (panel.area.width, panel.area.height);
        let scale = per_point(&panel.x, width).max(per_point(&panel.y, height));
        let widened = |axis: &Axis, length: f64| {
            let (middle, half) = (0.5 * (axis.from + axis.to), 0.5 * scale * length);
            let half = half.copysign(axis.to - axis.from);
            Axis::exactly(middle - half, middle + half, (length / 34.0).max(2.0) as usize)
        };
        (panel.x, panel.y) = (widened(&panel.x, width), widened(&panel.y, height));
    }

    pub(super) fn draw(&self, page: &mut Drawing, panel: &Panel) {
        page.inside(panel.area, |page| {
            for band in &self.bands {
                draw_band(page, panel, band);
            }
            // Thin lines lie below all thick ones.
            let mut lines: Vec<&Line> = self.lines.iter().collect();
            lines.sort_by(|a, b| a.ink.width.total_cmp(&b.ink.width));
            for line in lines {
                draw_line(page, panel, line);
            }
        });
    }
}

/// The least and the largest of some values.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let ends = values.fold(None, |ends: Option<(f64, f64)>, value| {
        let (from, to) = ends.unwrap_or((value, value));
        Some((from.min(value), to.max(value)))
    });
    ends.unwrap_or((0.0, 0.0))
}

fn draw_line(page: &mut Drawing, panel: &Panel, line: &Line) {
    let is_there = |(x, y): &(f64, f64)| x.is_finite() && y.is_finite();
    for run in line.points.split(|point| !is_there(point)).filter(|run| !run.is_empty()) {
        let points: Vec<At> = run.iter().map(|&(x, y)| panel.at(x, y)).collect();
        match &points[..] {
            // Alone between gaps.
            [point] => page.dot(*point, 0.8 * line.ink.width.max(0.6), &area(&line.ink)),
            _ => page.lines(&thinned(points), &line.ink),
        }
    }
    let start = line.points.iter().find(|point| is_there(point)).filter(|_| line.has_start);
    if let Some(&(x, y)) = start {
        page.dot(panel.at(x, y), 2.0, &area(&line.ink));
    }
}

fn area(ink: &Ink) -> Ink {
    Ink::area(ink.color, ink.opacity)
}

fn draw_band(page: &mut Drawing, panel: &Panel, band: &Band) {
    let there = |index: &usize| band.low[*index].is_finite() && band.high[*index].is_finite();
    let all: Vec<usize> = (0..band.x.len()).collect();
    for run in all.split(|index| !there(index)).filter(|run| 1 < run.len()) {
        let side = |values: &[f64]| {
            let points = run.iter().map(|&index| panel.at(band.x[index], values[index]));
            thinned(points.collect())
        };
        let mut corners = side(&band.low);
        corners.extend(side(&band.high).into_iter().rev());
        page.polygon(&corners, &Ink::area(band.color, band.opacity));
    }
}

/// As wide as a printer's dot.
const COLUMN: f64 = 0.25;

/// The same line with at most four points in a column of the page: the first, the highest, the lowest and the last. It
/// covers the same paper.
fn thinned(points: Vec<At>) -> Vec<At> {
    let column = |point: &At| (point[0] / COLUMN).floor();
    let is_forward = points.is_sorted_by(|a, b| a[0] <= b[0]);
    if !is_forward || points.len() < FEW {
        return points;
    }
    let mut kept = Vec::new();
    for run in points.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |a: &&usize, b: &&usize| run[**a][1].total_cmp(&run[**b][1]);
        let indices: Vec<usize> = (0..run.len()).collect();
        let highest = indices.iter().min_by(by_height).copied().unwrap_or(0);
        let lowest = indices.iter().max_by(by_height).copied().unwrap_or(0);
        let mut chosen = [0, highest, lowest, run.len() - 1];
        chosen.sort_unstable();
        for (place, index) in chosen.iter().enumerate() {
            if place == 0 || chosen[place - 1] != *index {
                kept.push(run[*index]);
            }
        }
    }
    kept
}

/// Short lines stay as they are.
const FEW: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_keep_their_heights_in_every_column() {
        let points: Vec<At> =
            (0..100_000).map(|k| [k as f64 * 0.001, ((k * 7919) % 1000) as f64]).collect();
        let short = thinned(points.clone());
        assert!(short.len() <= 4 * 401, "{}", short.len());
        let height = |points: &[At]| ends(points.iter().map(|point| point[1]));
        assert_eq!(height(&short), height(&points));
        assert_eq!((short[0], short[short.len() - 1]), (points[0], points[99_999]));
    }

    #[test]
    fn a_path_that_turns_back_is_kept_whole() {
        let points: Vec<At> = (0..1000).map(|k| [f64::from(k % 10), f64::from(k)]).collect();
        assert_eq!(thinned(points.clone()), points);
    }
}
