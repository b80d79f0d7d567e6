//! What stands around panels: which colour is which group, and notes.

use super::axis::{GAP, SMALL};
use super::drawing::{Anchor, At, BLACK, Drawing, GREY, Ink, Letters};
use super::font;
use super::selection::Group;

/// How long a line is beside its name.
const SAMPLE: f64 = 12.0;
/// From line to line of text.
const LEADING: f64 = 1.3 * SMALL;

/// The names of groups with their colours, line by line.
pub(super) struct Legend<'a> {
    lines: Vec<Vec<(&'a Group, String, f64)>>,
}

impl<'a> Legend<'a> {
    /// One for groups on a page of this width; none for a single one.
    pub(super) fn new(groups: &'a [Group], width: f64) -> Self {
        let mut lines: Vec<Vec<(&Group, String, f64)>> = Vec::new();
        let mut x = f64::INFINITY;
        for group in groups.iter().filter(|_| 1 < groups.len()).take(MOST) {
            let name = shortened(&group.name, width - SAMPLE - GAP);
            let needed = SAMPLE + GAP + font::width(&name, SMALL);
            if width < x + needed {
                lines.push(Vec::new());
                x = 0.0;
            }
            if let Some(line) = lines.last_mut() {
                line.push((group, name, x));
            }
            x += needed + 3.0 * GAP;
        }
        Self { lines }
    }

    /// How high it is.
    pub(super) fn height(&self) -> f64 {
        self.lines.len() as f64 * (LEADING + 1.0)
    }

    /// Draws it below and to the right of this point.
    pub(super) fn draw(&self, page: &mut Drawing, [left, top]: At) {
        for (index, line) in self.lines.iter().enumerate() {
            let y = top + (LEADING + 1.0) * (index as f64 + 0.5);
            for (group, name, x) in line {
                let start = left + x;
                page.line([start, y], [start + SAMPLE, y], &Ink::line(group.color, 1.6));
                let letters = Letters::new(SMALL, BLACK, Anchor::Start);
                page.text_beside([start + SAMPLE + GAP, y], name, &letters);
            }
        }
    }
}

/// More names help nobody.
const MOST: usize = 30;

/// A name that is at most this wide.
fn shortened(name: &str, width: f64) -> String {
    if font::width(name, SMALL) <= width {
        return name.into();
    }
    let mut short = String::new();
    for letter in name.chars() {
        if width < font::width(&short, SMALL) + font::width("m…", SMALL) {
            break;
        }
        short.push(letter);
    }
    short + "…"
}

/// Notes below a picture, in lines that fit.
pub(super) struct Notes(Vec<String>);

/// Of notes.
const TINY: f64 = 6.0;

impl Notes {
    /// Sentences one after the other on a page of this width.
    pub(super) fn new(sentences: &[String], width: f64) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for word in sentences.iter().flat_map(|sentence| sentence.split(' ')) {
            match lines.last_mut() {
                Some(line) if font::width(&format!("{line} {word}"), TINY) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.into()),
            }
        }
        Self(lines)
    }

    /// How high they are.
    pub(super) fn height(&self) -> f64 {
        if self.0.is_empty() { 0.0 } else { self.0.len() as f64 * 1.25 * TINY + GAP }
    }

    /// Writes them below and to the right of this point.
    pub(super) fn draw(&self, page: &mut Drawing, [left, top]: At) {
        for (index, line) in self.0.iter().enumerate() {
            let y = top + GAP + TINY * (1.25 * index as f64 + 0.8);
            page.text([left, y], line, &Letters::new(TINY, GREY, Anchor::Start));
        }
    }
}
