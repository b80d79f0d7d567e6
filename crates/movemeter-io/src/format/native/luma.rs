//! A picture's luma, and how it is turned to be seen upright.

use movemeter::frame::Frame;
use movemeter::geometry::Size;

/// How bright each pixel of a picture is, as stored, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Luma {
    pub(super) size: Size,
    pub(super) samples: Samples,
}

/// The numbers of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    /// One byte each.
    U8(Vec<u8>),
    /// Two bytes each, the low one first.
    U16(Vec<u8>),
}

impl Luma {
    /// Puts the picture into a frame, turned.
    pub(super) fn show(&self, turn: Turn, frame: &mut Frame) {
        frame.reset(turn.size(self.size));
        match &self.samples {
            Samples::U8(bytes) => place(self.size, turn, frame, |at| f32::from(bytes[at])),
            Samples::U16(bytes) => {
                let pairs = bytes.as_chunks::<2>().0;
                place(self.size, turn, frame, |at| f32::from(u16::from_le_bytes(pairs[at])));
            }
        }
    }
}

/// How far a picture is turned clockwise to be seen upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Turn {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    /// The size of a picture that was turned.
    pub(super) fn size(self, size: Size) -> Size {
        match self {
            Self::None | Self::Half => size,
            Self::Quarter | Self::ThreeQuarters => Size::new(size.height, size.width),
        }
    }

    /// By how many degrees.
    pub(super) fn degrees(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }
}

/// Every pixel of the frame from the place it had in the picture of this size.
fn place(size: Size, turn: Turn, frame: &mut Frame, value: impl Fn(usize) -> f32) {
    let Size { width, height } = size;
    for y in 0..frame.size().height {
        // In a row of the frame, `at` goes through the picture in equal steps.
        let (start, step) = match turn {
            Turn::None => (y * width, 1),
            Turn::Quarter => ((height - 1) * width + y, -(width as isize)),
            Turn::Half => ((height - 1 - y) * width + width - 1, -1),
            Turn::ThreeQuarters => (width - 1 - y, width as isize),
        };
        for (x, pixel) in frame.row_mut(y).iter_mut().enumerate() {
            *pixel = value(start.wrapping_add_signed(x as isize * step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(turn: Turn) -> Vec<f32> {
        let luma = Luma { size: Size::new(3, 2), samples: Samples::U8(vec![1, 2, 3, 4, 5, 6]) };
        let mut frame = Frame::default();
        luma.show(turn, &mut frame);
        assert_eq!(frame.size(), turn.size(luma.size));
        frame.pixels().to_vec()
    }

    #[test]
    fn pictures_are_turned_clockwise() {
        assert_eq!(shown(Turn::None), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(shown(Turn::Quarter), [4.0, 1.0, 5.0, 2.0, 6.0, 3.0]);
        assert_eq!(shown(Turn::Half), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
        assert_eq!(shown(Turn::ThreeQuarters), [3.0, 6.0, 2.0, 5.0, 1.0, 4.0]);
    }

    #[test]
    fn two_bytes_are_one_number() {
        let luma = Luma { size: Size::new(2, 1), samples: Samples::U16(vec![1, 2, 255, 3]) };
        let mut frame = Frame::default();
        luma.show(Turn::None, &mut frame);
        assert_eq!(frame.pixels(), [513.0, 1023.0]);
    }
}
