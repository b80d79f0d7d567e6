//! Points, displacements, sizes and rectangles.
//!
//! Everything is in pixels, x to the right, y down. Pixel centres lie at whole coordinates, so the
//! frame's top left pixel is centred on (0, 0) and a rectangle (x, y, w, h) covers the columns
//! x … x+w−1 and the rows y … y+h−1.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in a frame, px.
///
/// Written as `[x, y]` in recipes and files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// The place `x` to the right and `y` down.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

impl From<(f64, f64)> for Point {
    fn from((x, y): (f64, f64)) -> Self {
        Self { x, y }
    }
}

impl From<Point> for (f64, f64) {
    fn from(point: Point) -> Self {
        (point.x, point.y)
    }
}

/// How far something moved: position now minus position in the reference, px.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Displacement {
    /// To the right.
    pub dx: f64,
    /// Down.
    pub dy: f64,
}

impl Displacement {
    /// No motion.
    pub const ZERO: Self = Self::new(0.0, 0.0);

    /// A displacement by `dx` to the right and `dy` down.
    pub const fn new(dx: f64, dy: f64) -> Self {
        Self { dx, dy }
    }

    /// √(dx² + dy²).
    pub fn length(self) -> f64 {
        self.dx.hypot(self.dy)
    }

    /// The larger of |dx| and |dy|: how far a square search must reach.
    pub fn reach(self) -> f64 {
        self.dx.abs().max(self.dy.abs())
    }
}

impl Add for Displacement {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.dx + other.dx, self.dy + other.dy)
    }
}

impl AddAssign for Displacement {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Displacement {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Displacement {
    type Output = Self;
    /// Keeps zero positive, so that no table shows a "−0".
    fn neg(self) -> Self {
        Self::new(0.0 - self.dx, 0.0 - self.dy)
    }
}

/// Width and height, px.
///
/// Written as `[width, height]` in recipes and files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(usize, usize)", into = "(usize, usize)")]
pub struct Size {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Size {
    /// `width` columns by `height` rows.
    pub const fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    pub const fn area(self) -> usize {
        self.width * self.height
    }

    /// Whether there is no pixel in it.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

impl From<(usize, usize)> for Size {
    fn from((width, height): (usize, usize)) -> Self {
        Self { width, height }
    }
}

impl From<Size> for (usize, usize) {
    fn from(size: Size) -> Self {
        (size.width, size.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A rectangle of whole pixels; its corner may lie outside the frame.
///
/// Written as `[x, y, width, height]` in recipes and files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "(isize, isize, usize, usize)", into = "(isize, isize, usize, usize)")]
pub struct Rect {
    /// Leftmost column.
    pub x: isize,
    /// Topmost row.
    pub y: isize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Rect {
    /// The rectangle with its top left pixel at (`x`, `y`).
    pub const fn new(x: isize, y: isize, width: usize, height: usize) -> Self {
        Self { x, y, width, height }
    }

    /// The whole of a frame of this size.
    pub const fn of_frame(size: Size) -> Self {
        Self::new(0, 0, size.width, size.height)
    }

    /// Its width and height.
    pub const fn size(self) -> Size {
        Size::new(self.width, self.height)
    }

    /// First column to the right of it.
    pub const fn right(self) -> isize {
        self.x + self.width as isize
    }

    /// First row below it.
    pub const fn bottom(self) -> isize {
        self.y + self.height as isize
    }

    /// Its middle: that of its middle pixel, or between two.
    pub const fn middle(self) -> Point {
        Point::new(
            self.x as f64 + (self.width as f64 - 1.0) / 2.0,
            self.y as f64 + (self.height as f64 - 1.0) / 2.0,
        )
    }

    /// The same size, `dx` further right and `dy` further down.
    pub const fn moved(self, dx: isize, dy: isize) -> Self {
        Self::new(self.x + dx, self.y + dy, self.width, self.height)
    }

    /// Larger by `margin` on each of the four sides.
    pub const fn grown(self, margin: usize) -> Self {
        let by = margin as isize;
        Self::new(self.x - by, self.y - by, self.width + 2 * margin, self.height + 2 * margin)
    }

    /// The least rectangle around both.
    pub fn joined(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self::new(x, y, (right - x) as usize, (bottom - y) as usize)
    }

    /// The part inside a frame of this size, if there is any.
    pub fn clipped_to(self, frame: Size) -> Option<Self> {
        self.common(Self::of_frame(frame))
    }

    /// The part inside both, if there is any.
    pub fn common(self, other: Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (self.right().min(other.right()), self.bottom().min(other.bottom()));
        (x < right && y < bottom)
            .then(|| Self::new(x, y, (right - x) as usize, (bottom - y) as usize))
    }

    /// Whether it has pixels and all of them lie in a frame of this size.
    pub fn is_inside(self, frame: Size) -> bool {
        self.clipped_to(frame) == Some(self)
    }
}

impl From<(isize, isize, usize, usize)> for Rect {
    fn from((x, y, width, height): (isize, isize, usize, usize)) -> Self {
        Self::new(x, y, width, height)
    }
}

impl From<Rect> for (isize, isize, usize, usize) {
    fn from(rect: Rect) -> Self {
        (rect.x, rect.y, rect.width, rect.height)
    }
}

impl fmt::Display for Rect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.x, self.y, self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Size = Size::new(10, 8);

    #[test]
    fn a_rectangle_is_clipped_on_every_side() {
        let all = Rect::of_frame(FRAME);
        assert_eq!(Rect::new(-3, -2, 30, 30).clipped_to(FRAME), Some(all));
        assert_eq!(Rect::new(8, 6, 5, 5).clipped_to(FRAME), Some(Rect::new(8, 6, 2, 2)));
        assert_eq!(Rect::new(10, 0, 5, 5).clipped_to(FRAME), None);
        assert_eq!(Rect::new(-5, 0, 5, 5).clipped_to(FRAME), None);
    }

    #[test]
    fn only_a_rectangle_with_all_its_pixels_in_the_frame_is_inside() {
        assert!(Rect::of_frame(FRAME).is_inside(FRAME));
        assert!(!Rect::new(0, 0, 11, 8).is_inside(FRAME));
        assert!(!Rect::new(-1, 0, 5, 5).is_inside(FRAME));
        assert!(!Rect::new(3, 3, 0, 2).is_inside(FRAME));
    }

    #[test]
    fn growing_and_moving_keep_the_centre_where_it_should_be() {
        assert_eq!(Rect::new(5, 6, 2, 3).grown(2), Rect::new(3, 4, 6, 7));
        assert_eq!(Rect::new(5, 6, 2, 3).moved(-6, 1), Rect::new(-1, 7, 2, 3));
    }

    #[test]
    fn a_negated_zero_stays_positive() {
        assert!((-Displacement::ZERO).dx.is_sign_positive());
    }
}
