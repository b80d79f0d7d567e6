//! Frames: one image of a stack, and views of parts of it.

use crate::geometry::{Rect, Size};

/// One grey image, owned; `f32`, row by row.
///
/// 8- and 16-bit data are kept exactly.
#[derive(Debug, Default, PartialEq)]
pub struct Frame {
    size: Size,
    pixels: Vec<f32>,
}

impl Clone for Frame {
    fn clone(&self) -> Self {
        Self { size: self.size, pixels: self.pixels.clone() }
    }

    /// Keeps its memory.
    fn clone_from(&mut self, frame: &Self) {
        self.size = frame.size;
        self.pixels.clone_from(&frame.pixels);
    }
}

impl Frame {
    /// A black frame.
    pub fn new(size: Size) -> Self {
        Self { size, pixels: vec![0.0; size.area()] }
    }

    /// A frame with `value(x, y)` at column x, row y.
    pub fn from_fn(size: Size, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let mut frame = Self::new(size);
        for y in 0..size.height {
            for (x, pixel) in frame.row_mut(y).iter_mut().enumerate() {
                *pixel = value(x, y);
            }
        }
        frame
    }

    /// A frame over existing pixels, row by row; `None` if their number is not width × height.
    pub fn from_pixels(size: Size, pixels: Vec<f32>) -> Option<Self> {
        (pixels.len() == size.area()).then_some(Self { size, pixels })
    }

    /// Makes this a frame of another size, keeping its memory; what it shows afterwards is undefined.
    pub fn reset(&mut self, size: Size) {
        self.size = size;
        match size.area() <= self.pixels.capacity() {
            true => self.pixels.resize(size.area(), 0.0),
            // Memory that the system hands out cleared is not there before it is written.
            false => self.pixels = vec![0.0; size.area()],
        }
    }

    /// Makes this a copy of a part of another frame, keeping its memory.
    pub fn copy(&mut self, of: View<'_>) {
        self.size = of.size();
        self.pixels.clear();
        for row in of.rows() {
            self.pixels.extend_from_slice(row);
        }
    }

    /// Its width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All pixels, row by row.
    pub fn pixels(&self) -> &[f32] {
        &self.pixels
    }

    /// All pixels, to be written.
    pub fn pixels_mut(&mut self) -> &mut [f32] {
        &mut self.pixels
    }

    /// One row.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.pixels[y * self.size.width..][..self.size.width]
    }

    /// One row, to be written.
    pub fn row_mut(&mut self, y: usize) -> &mut [f32] {
        &mut self.pixels[y * self.size.width..][..self.size.width]
    }

    /// Shows these pixels under a rectangle of their size.
    pub fn paste(&mut self, part: View<'_>, corner: Rect) {
        for (y, from) in part.rows().enumerate() {
            let row = self.row_mut(corner.y as usize + y);
            row[corner.x as usize..][..from.len()].copy_from_slice(from);
        }
    }

    /// The whole frame as a view.
    pub fn view(&self) -> View<'_> {
        View { size: self.size, stride: self.size.width, pixels: &self.pixels }
    }

    /// The part of the frame under a rectangle.
    ///
    /// # Panics
    ///
    /// If the rectangle is not inside the frame.
    pub fn crop(&self, rect: Rect) -> View<'_> {
        self.view().crop(rect)
    }
}

/// A rectangle of pixels that belong to a frame.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    size: Size,
    stride: usize,
    pixels: &'a [f32],
}

impl<'a> View<'a> {
    /// A view of pixels that lie row by row without gaps.
    ///
    /// # Panics
    ///
    /// If there are fewer than width × height.
    pub fn new(size: Size, pixels: &'a [f32]) -> Self {
        View { size, stride: size.width, pixels: &pixels[..size.area()] }
    }

    /// A view of pixels whose rows lie `stride` apart.
    ///
    /// # Panics
    ///
    /// If there are fewer than such rows take.
    pub fn with_stride(size: Size, stride: usize, pixels: &'a [f32]) -> Self {
        let n = if size.is_empty() { 0 } else { (size.height - 1) * stride + size.width };
        View { size, stride, pixels: &pixels[..n] }
    }

    /// Its width and height.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Pixels from one row's start to the next one's.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The pixels from the view's first to its last; rows lie `stride` apart.
    pub fn pixels(&self) -> &'a [f32] {
        self.pixels
    }

    /// One row.
    pub fn row(&self, y: usize) -> &'a [f32] {
        &self.pixels[y * self.stride..][..self.size.width]
    }

    /// All rows from top to bottom.
    pub fn rows(self) -> impl Iterator<Item = &'a [f32]> {
        (0..self.size.height).map(move |y| self.row(y))
    }

    /// The part under a rectangle in this view's own coordinates.
    ///
    /// # Panics
    ///
    /// If the rectangle is not inside the view.
    pub fn crop(&self, rect: Rect) -> View<'a> {
        assert!(rect.is_inside(self.size), "rectangle {rect} is not inside {}", self.size);
        let first = rect.y as usize * self.stride + rect.x as usize;
        let last = first + (rect.height - 1) * self.stride + rect.width;
        View { size: rect.size(), stride: self.stride, pixels: &self.pixels[first..last] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crop_of_a_crop_shows_the_same_pixels_as_the_frame() {
        let frame = Frame::from_fn(Size::new(7, 5), |x, y| (10 * y + x) as f32);
        let inner = frame.crop(Rect::new(2, 1, 4, 3)).crop(Rect::new(1, 1, 3, 2));
        assert_eq!(inner.row(0), &[23.0, 24.0, 25.0]);
        assert_eq!(inner.row(1), &[33.0, 34.0, 35.0]);
        assert_eq!(inner.rows().count(), 2);
    }

    #[test]
    fn pixels_of_the_wrong_number_make_no_frame() {
        assert!(Frame::from_pixels(Size::new(2, 2), vec![0.0; 3]).is_none());
    }

    #[test]
    #[should_panic(expected = "not inside")]
    fn a_crop_outside_the_frame_is_refused() {
        Frame::new(Size::new(4, 4)).crop(Rect::new(2, 2, 3, 1));
    }
}
