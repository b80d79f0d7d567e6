//! Axes: round numbers, and a panel with two of them.

use super::drawing::{Anchor, Area, At, BLACK, Drawing, Ink, Letters};
use super::font;

/// Sizes of all pictures, pt: what journals ask for in a column.
pub(super) const SMALL: f64 = 7.0;
/// Of the names of axes.
pub(super) const NORMAL: f64 = 8.0;
/// Lines of axes.
pub(super) const HAIR: f64 = 0.6;
/// Of the marks at numbers.
const TICK: f64 = 2.8;
/// Between things that belong together.
pub(super) const GAP: f64 = 3.0;

/// An axis: values from one end of a stretch of the page to the other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    /// The values at its ends.
    pub(super) from: f64,
    pub(super) to: f64,
    /// The numbers that are written, with their texts.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// An axis that holds these values, with some room, and about `n` numbers.
    pub(super) fn around(from: f64, to: f64, n: usize) -> Self {
        let room = match to - from {
            0.0 => f64::max(0.5 * to.abs(), 0.5),
            range => 0.05 * range,
        };
        Self::exactly(from - room, to + room, n)
    }

    /// An axis from one value to another.
    pub(super) fn exactly(from: f64, to: f64, n: usize) -> Self {
        Self { from, to, ticks: ticks(from.min(to), from.max(to), n) }
    }

    /// The part of its length at which a value stands.
    pub(super) fn part(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from)
    }

    /// How wide its widest number is.
    pub(super) fn width(&self, size: f64) -> f64 {
        self.ticks.iter().map(|(_, text)| font::width(text, size)).fold(0.0, f64::max)
    }
}

/// Round numbers between two values, at most about `n`: steps of 1, 2 or 5 times a power of ten.
fn ticks(from: f64, to: f64, n: usize) -> Vec<(f64, String)> {
    let rough = (to - from) / n.max(1) as f64;
    if !(0.0 < rough && rough.is_finite()) {
        return Vec::new();
    }
    let power = rough.log10().floor() as i32;
    let unit = 10f64.powi(power);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| rough <= step * unit * 1.0001);
    let step = step.unwrap_or(10.0);
    let decimals = if step == 10.0 { power + 1 } else { power };
    let first = (from / (step * unit) - 1e-9).ceil() as i64;
    let last = (to / (step * unit) + 1e-9).floor() as i64;
    let value = |k: i64| k as f64 * step * unit;
    (first..=last)
        .map(|k| (value(k), shown(value(k), -decimals, to.abs().max(from.abs()))))
        .collect()
}

/// A number with this many decimals; with an exponent where it would be long.
pub(super) fn shown(value: f64, decimals: i32, largest: f64) -> String {
    let text = match decimals {
        _ if 1e6 <= largest || (4 < decimals && largest < 1e-3) => format!("{value:.1e}"),
        1.. => format!("{value:.*}", decimals as usize),
        _ => format!("{value:.0}"),
    };
    let is_zero = text.bytes().all(|byte| b"-0.".contains(&byte));
    match text.strip_prefix('-') {
        Some(digits) if is_zero => digits.into(),
        Some(digits) => format!("\u{2212}{digits}"),
        None => text,
    }
}

/// A panel: an area of the page with an axis below and one on the left.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Panel {
    pub(super) area: Area,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

impl Panel {
    /// The place of a point.
    pub(super) fn at(&self, x: f64, y: f64) -> At {
        let Area { x: left, y: top, width, height } = self.area;
        [left + width * self.x.part(x), top + height * (1.0 - self.y.part(y))]
    }

    /// Draws the axes, with the numbers of x if there is nothing below.
    pub(super) fn draw_axes(&self, page: &mut Drawing, with_numbers_of_x: bool) {
        let (area, ink) = (self.area, Ink::line(BLACK, HAIR));
        for (value, text) in &self.x.ticks {
            let x = area.x + area.width * self.x.part(*value);
            page.line([x, area.bottom()], [x, area.bottom() + TICK], &ink);
            if with_numbers_of_x {
                let letters = Letters::new(SMALL, BLACK, Anchor::Middle);
                page.text([x, area.bottom() + TICK + GAP + 0.7 * SMALL], text, &letters);
            }
        }
        for (value, text) in &self.y.ticks {
            let y = area.y + area.height * (1.0 - self.y.part(*value));
            page.line([area.x - TICK, y], [area.x, y], &ink);
            let letters = Letters::new(SMALL, BLACK, Anchor::End);
            page.text_beside([area.x - TICK - 0.5 * GAP, y], text, &letters);
        }
        page.lines(
            &[[area.x, area.y], [area.x, area.bottom()], [area.right(), area.bottom()]],
            &ink,
        );
    }

    /// Writes the name of y beside its numbers, which are at most this wide.
    pub(super) fn name_y(&self, page: &mut Drawing, name: &str, numbers: f64) {
        let Area { y, height, .. } = self.area;
        let letters = Letters { is_upright: true, ..Letters::new(NORMAL, BLACK, Anchor::Middle) };
        let x = self.area.x - TICK - numbers - 2.0 * GAP - 0.22 * NORMAL;
        page.text([x, y + 0.5 * height], name, &letters);
    }

    /// Writes the name of x below its numbers.
    pub(super) fn name_x(&self, page: &mut Drawing, name: &str) {
        let letters = Letters::new(NORMAL, BLACK, Anchor::Middle);
        let y = self.area.bottom() + BELOW - 0.3 * NORMAL;
        page.text([self.area.x + 0.5 * self.area.width, y], name, &letters);
    }

    /// What is needed on the left for numbers this wide, and a name.
    pub(super) fn left(numbers: f64) -> f64 {
        TICK + numbers + 2.5 * GAP + NORMAL
    }
}

/// What is needed below a panel for numbers and a name.
pub(super) const BELOW: f64 = TICK + 2.2 * GAP + 0.7 * SMALL + NORMAL;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(from: f64, to: f64, n: usize) -> Vec<String> {
        ticks(from, to, n).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn numbers_are_round() {
        assert_eq!(texts(0.0, 1.0, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(-3.2, 4.1, 4), ["\u{2212}2", "0", "2", "4"]);
        assert_eq!(texts(0.0, 1000.0, 4), ["0", "500", "1000"]);
        assert_eq!(texts(1.0, 1.0, 4), Vec::<String>::new());
        assert_eq!(texts(0.0, 95.0, 5), ["0", "20", "40", "60", "80"]);
        assert_eq!(texts(0.0, 1e-5, 2), ["0.0e0", "5.0e-6", "1.0e-5"]);
    }

    #[test]
    fn an_axis_without_extent_gets_some() {
        let axis = Axis::around(0.0, 0.0, 5);
        assert!(axis.from < 0.0 && 0.0 < axis.to && !axis.ticks.is_empty());
    }
}
