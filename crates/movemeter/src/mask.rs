//! Masks: which pixels of a camera's frames are used.
//!
//! A mask belongs to the camera and stays where it is: dust, dead pixels, a scale bar, a border that does not
//! move. What it covers is replaced by something smooth before anything else is done to a frame
//! ([`Mask::fill`]), so nothing depends on what was recorded there; and it is compared with nothing
//! ([`Counts`]).

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::geometry::{Point, Rect, Size};

/// The pixels of all frames that are used: those where an image is brighter than black.
///
/// In recipes it is written as its name only. One that was read from a recipe has no pixels yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", from = "String")]
pub struct Mask {
    name: String,
    image: Option<Arc<Image>>,
}

#[derive(Debug, PartialEq)]
struct Image {
    counts: Counts,
    /// The pixels that do not count, each after those that it is filled from.
    hidden: Vec<usize>,
    /// How far each pixel is from one that counts; 0 if it does.
    rings: Vec<u32>,
}

/// Which pixels of a frame count.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    size: Size,
    counts: Vec<bool>,
    /// How many do not count above and left of each pixel's corner, a row and a column more than pixels.
    lacking: Vec<usize>,
}

impl Mask {
    /// Uses the pixels where the image is brighter than 0. The name is kept for the recipe.
    pub fn new(name: impl Into<String>, image: &Frame) -> Self {
        let counts = image.pixels().iter().map(|&pixel| 0.0 < pixel).collect();
        let counts = Counts::new(image.size(), counts);
        let (hidden, rings) = rings(&counts);
        Self { name: name.into(), image: Some(Arc::new(Image { counts, hidden, rings })) }
    }

    /// What it is called in recipes: where its image was read from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which pixels count; `None` if it was read from a recipe and its image was not loaded.
    pub fn counts(&self) -> Option<&Counts> {
        Some(&self.image.as_ref()?.counts)
    }

    /// Whether it covers any pixel.
    pub fn covers_any(&self) -> bool {
        self.image.as_ref().is_some_and(|image| !image.hidden.is_empty())
    }

    /// Replaces what it covers in a frame, from the pixels around: from the rim inwards, each by the mean of
    /// its neighbours that are known by then. Whatever was there leaves no trace.
    ///
    /// # Panics
    ///
    /// If the frame has another size.
    pub fn fill(&self, frame: &mut Frame) {
        let Some(image) = &self.image else { return };
        assert_eq!(image.counts.size, frame.size(), "the recipe was checked against this stack");
        let (size, pixels) = (frame.size(), frame.pixels_mut());
        for &i in &image.hidden {
            let (mut sum, mut n) = (0.0, 0.0f32);
            for j in neighbours(i, size).filter(|&j| image.rings[j] < image.rings[i]) {
                (sum, n) = (sum + pixels[j], n + 1.0);
            }
            // Where nothing counts at all, nothing is near.
            pixels[i] = if 0.0 < n { sum / n } else { 0.0 };
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl From<Mask> for String {
    fn from(mask: Mask) -> Self {
        mask.name
    }
}

impl From<String> for Mask {
    fn from(name: String) -> Self {
        Self { name, image: None }
    }
}

impl Counts {
    fn new(size: Size, counts: Vec<bool>) -> Self {
        let stride = size.width + 1;
        let mut lacking = vec![0; stride * (size.height + 1)];
        for y in 0..size.height {
            let mut in_row = 0;
            for x in 0..size.width {
                in_row += usize::from(!counts[y * size.width + x]);
                lacking[(y + 1) * stride + x + 1] = lacking[y * stride + x + 1] + in_row;
            }
        }
        Self { size, counts, lacking }
    }

    /// Of frames of this size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether each pixel of a row counts.
    pub fn row(&self, y: usize) -> &[bool] {
        &self.counts[y * self.size.width..][..self.size.width]
    }

    /// Whether the pixel nearest to a place counts; none does outside the frame.
    pub fn is_counting(&self, Point { x, y }: Point) -> bool {
        let (x, y) = (x.round(), y.round());
        let is_inside =
            0.0 <= x && x < self.size.width as f64 && 0.0 <= y && y < self.size.height as f64;
        is_inside && self.counts[y as usize * self.size.width + x as usize]
    }

    /// How many pixels of the part of a rectangle inside the frame do not count.
    pub fn n_lacking(&self, rect: Rect) -> usize {
        let Some(inside) = rect.clipped_to(self.size) else { return 0 };
        let at = |x: isize, y: isize| self.lacking[y as usize * (self.size.width + 1) + x as usize];
        let Rect { x, y, .. } = inside;
        let (right, bottom) = (inside.right(), inside.bottom());
        at(right, bottom) + at(x, y) - at(right, y) - at(x, bottom)
    }

    /// Those of a part of the frame.
    ///
    /// # Panics
    ///
    /// If the rectangle is not inside the frame.
    pub fn cropped(&self, rect: Rect) -> Self {
        assert!(rect.is_inside(self.size), "rectangle {rect} is not inside {}", self.size);
        Self::new(rect.size(), self.part(rect).collect())
    }

    /// Whether each pixel of a rectangle inside the frame counts, row by row.
    pub fn part(&self, rect: Rect) -> impl Iterator<Item = bool> {
        let columns = rect.x as usize..rect.right() as usize;
        let rows = rect.y as usize..rect.bottom() as usize;
        rows.flat_map(move |y| self.row(y)[columns.clone()].iter().copied())
    }

    /// Only those that are farther than `margin` from all that do not count, in x or in y.
    pub fn shrunk(&self, margin: usize) -> Self {
        let is_far = |i: usize| {
            let (x, y) = ((i % self.size.width) as isize, (i / self.size.width) as isize);
            self.n_lacking(Rect::new(x, y, 1, 1).grown(margin)) == 0
        };
        Self::new(self.size, (0..self.size.area()).map(is_far).collect())
    }
}

/// The pixels that do not count, from the rim inwards, and how far each pixel is from the rim.
fn rings(counts: &Counts) -> (Vec<usize>, Vec<u32>) {
    let size = counts.size;
    let is_hidden = |&i: &usize| !counts.counts[i];
    let mut rings: Vec<u32> =
        counts.counts.iter().map(|&counts| if counts { 0 } else { u32::MAX }).collect();
    let mut hidden = Vec::new();
    let mut left: Vec<usize> = (0..size.area()).filter(is_hidden).collect();
    for ring in 1.. {
        let is_next = |&i: &usize| neighbours(i, size).any(|j| rings[j] < ring);
        let (next, others): (Vec<usize>, Vec<usize>) = left.into_iter().partition(is_next);
        left = others;
        if next.is_empty() {
            break;
        }
        for &i in &next {
            rings[i] = ring;
        }
        hidden.extend(next);
    }
    hidden.extend(left);
    (hidden, rings)
}

/// The up to eight pixels around one.
fn neighbours(i: usize, size: Size) -> impl Iterator<Item = usize> {
    let (x, y) = (i % size.width, i / size.width);
    let columns = x.saturating_sub(1)..(x + 2).min(size.width);
    let rows = y.saturating_sub(1)..(y + 2).min(size.height);
    let all = rows.flat_map(move |y| columns.clone().map(move |x| y * size.width + x));
    all.filter(move |&j| j != i)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(12, 9);

    fn bar() -> Mask {
        let image = Frame::from_fn(SIZE, |x, _| if (4..9).contains(&x) { 0.0 } else { 255.0 });
        Mask::new("bar.png", &image)
    }

    #[test]
    fn what_is_covered_is_filled_from_the_sides_and_leaves_no_trace() {
        let with = |garbage: f32| {
            let mut frame = Frame::from_fn(SIZE, |x, _| match x {
                0..4 => 10.0,
                4..9 => garbage,
                _ => 20.0,
            });
            bar().fill(&mut frame);
            frame
        };
        let filled = with(1e9);
        assert_eq!(
            filled.row(4),
            &[10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 15.0, 20.0, 20.0, 20.0, 20.0, 20.0]
        );
        assert_eq!(with(f32::NAN), filled);
    }

    #[test]
    fn where_all_is_covered_the_frame_becomes_black() {
        let mut frame = Frame::from_fn(SIZE, |x, y| (x + y) as f32);
        Mask::new("all.png", &Frame::new(SIZE)).fill(&mut frame);
        assert_eq!(frame, Frame::new(SIZE));
    }

    #[test]
    fn lacking_pixels_are_counted_in_any_rectangle() {
        let mask = bar();
        let counts = mask.counts().unwrap();
        assert_eq!(counts.n_lacking(Rect::new(0, 0, 4, 9)), 0);
        assert_eq!(counts.n_lacking(Rect::new(3, 2, 3, 4)), 2 * 4);
        assert_eq!(counts.n_lacking(Rect::new(-5, -5, 40, 40)), 5 * 9);
        assert_eq!(counts.n_lacking(Rect::new(20, 0, 4, 4)), 0);
        assert_eq!(counts.cropped(Rect::new(3, 2, 3, 4)).n_lacking(Rect::new(0, 0, 3, 4)), 8);
    }

    #[test]
    fn a_margin_makes_the_mask_wider_on_each_side() {
        let wide = bar().counts().unwrap().shrunk(2);
        assert_eq!(wide.n_lacking(Rect::of_frame(SIZE)), 9 * 9);
        assert!(wide.row(0)[1] && !wide.row(0)[2] && !wide.row(0)[10] && wide.row(0)[11]);
    }

    #[test]
    fn in_a_recipe_it_is_only_a_name() {
        let text = serde_json::to_string(&bar()).unwrap();
        assert_eq!(text, "\"bar.png\"");
        let read: Mask = serde_json::from_str(&text).unwrap();
        assert_eq!((read.name(), read.counts()), ("bar.png", None));
    }
}
