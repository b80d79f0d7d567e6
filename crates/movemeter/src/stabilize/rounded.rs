//! Frames as a file of whole grey levels holds them.

use crate::error::BoxError;
use crate::frame::Frame;
use crate::source::{FrameSource, StackInfo};

/// A source whose pixels are rounded to whole numbers, and brought to the nearer end of what can be stored.
pub struct Rounded<S> {
    source: S,
    info: StackInfo,
    white: f32,
}

impl<S: FrameSource> Rounded<S> {
    /// `source`, stored as `uint8` or `uint16`; `None` for other types, which store what it gives.
    pub fn new(source: S, pixel_type: &str) -> Option<Self> {
        let white = match pixel_type {
            "uint8" => f32::from(u8::MAX),
            "uint16" => f32::from(u16::MAX),
            _ => return None,
        };
        let info = StackInfo { pixel_type: pixel_type.into(), ..source.info().clone() };
        Some(Self { source, info, white })
    }
}

impl<S: FrameSource> FrameSource for Rounded<S> {
    fn info(&self) -> &StackInfo {
        &self.info
    }

    fn read(&mut self, index: usize, frame: &mut Frame) -> Result<(), BoxError> {
        self.source.read(index, frame)?;
        for pixel in frame.pixels_mut() {
            *pixel = pixel.round().clamp(0.0, self.white);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::source::MemoryStack;

    #[test]
    fn pixels_are_what_the_type_can_hold() {
        let pixels = vec![-3.0, 0.4, 254.5, 300.0, 70_000.0];
        let frame = Frame::from_pixels(Size::new(5, 1), pixels).unwrap();
        let stack = MemoryStack::new(vec![frame]).unwrap();
        let read = |pixel_type| {
            let mut frame = Frame::default();
            Rounded::new(stack.clone(), pixel_type)?.read(0, &mut frame).unwrap();
            Some(frame.pixels().to_vec())
        };
        assert_eq!(read("uint8"), Some(vec![0.0, 0.0, 255.0, 255.0, 255.0]));
        assert_eq!(read("uint16"), Some(vec![0.0, 0.0, 255.0, 300.0, 65_535.0]));
        assert_eq!(read("float32"), None);
    }
}
