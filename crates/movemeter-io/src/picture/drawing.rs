//! A drawing: lines, areas, texts and images on a page, as SVG.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use movemeter::roi::color::Color;

use super::font::{self, CAPITALS};
use super::png::png;
use crate::pixels::Pixels;

/// A point on a page: to the right and down from its upper left corner.
pub type At = [f64; 2];

/// A rectangle on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Its left side.
    pub x: f64,
    /// Its upper side.
    pub y: f64,
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
}

impl Area {
    /// A rectangle with this corner and these sides.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Its right side.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }
}

/// How a line is drawn, or an area filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// Its colour.
    pub color: Color,
    /// 1 covers what is below, 0 shows all of it.
    pub opacity: f64,
    /// Of a line.
    pub width: f64,
    /// Of a line: lengths of dash and gap; `None` is solid.
    pub dash: Option<[f64; 2]>,
}

impl Ink {
    /// A solid line of this colour and width.
    pub const fn line(color: Color, width: f64) -> Self {
        Self { color, opacity: 1.0, width, dash: None }
    }

    /// An area of this colour.
    pub const fn area(color: Color, opacity: f64) -> Self {
        Self { color, opacity, width: 0.0, dash: None }
    }

    /// The same, partly transparent.
    #[must_use]
    pub const fn faint(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// The same with dashes.
    #[must_use]
    pub const fn dashed(self, dash: f64, gap: f64) -> Self {
        Self { dash: Some([dash, gap]), ..self }
    }

    fn stroke(&self) -> String {
        let mut text = format!(r#"fill="none" stroke="{}""#, self.color);
        let _ = write!(text, r#" stroke-width="{}""#, Short(self.width));
        if self.opacity < 1.0 {
            let _ = write!(text, r#" stroke-opacity="{}""#, Short(self.opacity));
        }
        if let Some([dash, gap]) = self.dash {
            let _ = write!(text, r#" stroke-dasharray="{} {}""#, Short(dash), Short(gap));
        }
        text
    }

    fn fill(&self) -> String {
        let mut text = format!(r#"fill="{}""#, self.color);
        if self.opacity < 1.0 {
            let _ = write!(text, r#" fill-opacity="{}""#, Short(self.opacity));
        }
        text
    }
}

/// Where a text's place is: at its left end, its middle, its right end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letters {
    /// The size of the letters.
    pub size: f64,
    /// Their colour.
    pub color: Color,
    /// What of the text stands at its place.
    pub anchor: Anchor,
    /// Written upwards.
    pub is_upright: bool,
    /// A border around the letters, so that they can be read on a picture.
    pub halo: Option<Color>,
}

impl Letters {
    /// Horizontal letters.
    pub const fn new(size: f64, color: Color, anchor: Anchor) -> Self {
        Self { size, color, anchor, is_upright: false, halo: None }
    }
}

/// A page that is drawn on. Its unit is for the renderer to say: see [`Page`](super::page::Page).
#[derive(Clone, Debug)]
pub struct Drawing {
    /// How wide it is.
    pub width: f64,
    /// How high it is.
    pub height: f64,
    body: String,
    n_clips: usize,
}

impl Drawing {
    /// An empty, transparent page.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new(), n_clips: 0 }
    }

    /// A white page.
    pub fn white(width: f64, height: f64) -> Self {
        let mut page = Self::new(width, height);
        page.area(Area::new(0.0, 0.0, width, height), &Ink::area(WHITE, 1.0));
        page
    }

    /// A straight line.
    pub fn line(&mut self, from: At, to: At, ink: &Ink) {
        let ([x1, y1], [x2, y2]) = (from.map(Short), to.map(Short));
        self.add(&format!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" {}/>"#, ink.stroke()));
    }

    /// Lines from point to point.
    pub fn lines(&mut self, points: &[At], ink: &Ink) {
        if 1 < points.len() {
            let style =
                format!(r#"{} stroke-linejoin="round" stroke-linecap="round""#, ink.stroke());
            self.add(&format!(r#"<polyline points="{}" {style}/>"#, list(points)));
        }
    }

    /// An area with these corners.
    pub fn polygon(&mut self, corners: &[At], ink: &Ink) {
        self.add(&format!(r#"<polygon points="{}" {}/>"#, list(corners), ink.fill()));
    }

    /// A filled rectangle.
    pub fn area(&mut self, area: Area, ink: &Ink) {
        self.add(&format!("<rect {} {}/>", rectangle(area), ink.fill()));
    }

    /// The border of a rectangle.
    pub fn frame(&mut self, area: Area, ink: &Ink) {
        self.add(&format!("<rect {} {}/>", rectangle(area), ink.stroke()));
    }

    /// A filled circle.
    pub fn dot(&mut self, [x, y]: At, radius: f64, ink: &Ink) {
        let (x, y, r) = (Short(x), Short(y), Short(radius));
        self.add(&format!(r#"<circle cx="{x}" cy="{y}" r="{r}" {}/>"#, ink.fill()));
    }

    /// A text whose letters stand on this point.
    pub fn text(&mut self, [x, y]: At, text: &str, letters: &Letters) {
        let (x, y) = (Short(x), Short(y));
        let place = match letters.is_upright {
            true => format!(r#"transform="translate({x} {y}) rotate(-90)""#),
            false => format!(r#"x="{x}" y="{y}""#),
        };
        let anchor = match letters.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let mut style = format!(r#"font-size="{}" fill="{}""#, Short(letters.size), letters.color);
        if let Some(halo) = letters.halo {
            let width = Short(letters.size / 5.0);
            let _ = write!(
                style,
                r#" stroke="{halo}" stroke-width="{width}" stroke-linejoin="round" paint-order="stroke""#
            );
        }
        self.add(&format!("<text {place}{anchor} {style}>{}</text>", escaped(text)));
    }

    /// A text whose capitals are centred on this height.
    pub fn text_beside(&mut self, [x, y]: At, text: &str, letters: &Letters) {
        let half = 0.5 * CAPITALS * letters.size;
        let at = if letters.is_upright { [x + half, y] } else { [x, y + half] };
        self.text(at, text, letters);
    }

    /// An image that fills a rectangle, its pixels kept as squares.
    pub fn image(&mut self, area: Area, pixels: &Pixels) {
        let data = STANDARD.encode(png(pixels));
        self.add(&format!(
            r#"<image {} preserveAspectRatio="none" image-rendering="optimizeSpeed" style="image-rendering:pixelated" xlink:href="data:image/png;base64,{data}"/>"#,
            rectangle(area)
        ));
    }

    /// Draws so that nothing is seen outside a rectangle.
    pub fn inside(&mut self, area: Area, draw: impl FnOnce(&mut Self)) {
        self.n_clips += 1;
        let name = self.n_clips;
        let shape = rectangle(area);
        self.add(&format!(r#"<clipPath id="c{name}"><rect {shape}/></clipPath>"#));
        self.add(&format!(r#"<g clip-path="url(#c{name})">"#));
        draw(self);
        self.add("</g>");
    }

    /// All of it as SVG, this wide and high in the unit named.
    pub(super) fn svg(&self, width: f64, height: f64, unit: &str) -> String {
        let size = format!(r#"width="{}{unit}" height="{}{unit}""#, Short(width), Short(height));
        let view = format!("0 0 {} {}", Short(self.width), Short(self.height));
        let names =
            r#"xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink""#;
        let families = font::FAMILIES;
        let body = &self.body;
        format!(
            "<svg {names} {size} viewBox=\"{view}\" font-family=\"{families}\">\n{body}</svg>\n"
        )
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// Paper.
pub const WHITE: Color = Color([0xFF; 3]);
/// Ink.
pub const BLACK: Color = Color([0x00; 3]);
/// What explains and is not to be seen first.
pub const GREY: Color = Color([0x59; 3]);

/// A number with at most three decimals: a thousandth of a point cannot be seen.
#[derive(Clone, Copy)]
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 1000.0).round() / 1000.0;
        // Without the sign of a zero.
        write!(f, "{}", rounded + 0.0)
    }
}

fn list(points: &[At]) -> String {
    let mut text = String::with_capacity(16 * points.len());
    for [x, y] in points {
        // Lines are drawn to a hundredth: curves are what makes pictures large.
        let round = |value: f64| (value * 100.0).round() / 100.0 + 0.0;
        let _ = write!(text, "{},{} ", round(*x), round(*y));
    }
    text.pop();
    text
}

fn rectangle(area: Area) -> String {
    let Area { x, y, width, height } = area;
    let [x, y, width, height] = [x, y, width, height].map(Short);
    format!(r#"x="{x}" y="{y}" width="{width}" height="{height}""#)
}

/// Signs that mean something in XML are written out; those it cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_no_sign_at_zero() {
        let shown = [0.1 + 0.2, -0.000_01, 12.0, -1.5].map(|value| Short(value).to_string());
        assert_eq!(shown, ["0.3", "0", "12", "-1.5"]);
    }

    #[test]
    fn names_cannot_break_the_page() {
        let mut page = Drawing::new(10.0, 10.0);
        let letters = Letters::new(7.0, BLACK, Anchor::Start);
        page.text([0.0, 5.0], "a<b & \"c\"\u{0}\n]]>", &letters);
        assert!(page.svg(10.0, 10.0, "pt").contains(">a&lt;b &amp; \"c\"]]&gt;</text>"));
    }
}
