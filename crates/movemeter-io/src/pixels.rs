//! Pictures in colour, and many of them.

use movemeter::geometry::Size;

use crate::error::Error;

/// An image: red, green and blue of each pixel, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pixels {
    /// Width and height.
    pub size: Size,
    /// Three bytes for each pixel.
    pub rgb: Vec<u8>,
}

impl Pixels {
    /// An image whose pixel in column x and row y is `color(x, y)`.
    pub fn from_fn(size: Size, mut color: impl FnMut(usize, usize) -> [u8; 3]) -> Self {
        let mut rgb = Vec::with_capacity(3 * size.area());
        for y in 0..size.height {
            for x in 0..size.width {
                rgb.extend(color(x, y));
            }
        }
        Self { size, rgb }
    }

    /// The colour of a pixel.
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let start = 3 * (y * self.size.width + x);
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }
}

/// Pictures of one size, drawn one after the other.
pub trait Pictures {
    /// How many there are.
    fn count(&self) -> usize;
    /// Width and height of all.
    fn size(&self) -> Size;
    /// How many a second, if that is known.
    fn rate_hz(&self) -> Option<f64>;
    /// Draws one of them.
    fn draw(&mut self, index: usize) -> Result<Pixels, Error>;
}
