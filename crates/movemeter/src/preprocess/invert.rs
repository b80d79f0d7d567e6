//! Dark made bright: for features darker than what surrounds them.

use crate::frame::Frame;

/// What black becomes when frames whose pixels are stored as `pixel_type` are inverted.
///
/// It must be the same for every frame, so it comes from the type and not from the pixels:
///
/// | pixel type | white |
/// | --- | --- |
/// | `uint8`, also in colour; `palette …` | 255 |
/// | `uint16`, also in colour | 65535 |
/// | all others, which have no brightest value of their own | 0: the picture's negative |
pub fn white(pixel_type: &str) -> f32 {
    if pixel_type.ends_with("uint8") || pixel_type.starts_with("palette ") {
        f32::from(u8::MAX)
    } else if pixel_type.ends_with("uint16") {
        f32::from(u16::MAX)
    } else {
        0.0
    }
}

/// Makes each pixel `white` − pixel.
pub fn invert(frame: &mut Frame, white: f32) {
    for pixel in frame.pixels_mut() {
        *pixel = white - *pixel;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn the_brightest_value_is_that_of_the_pixel_type() {
        let whites =
            ["uint8", "rgb uint8", "palette uint4", "uint16", "grey+alpha uint16"].map(white);
        assert_eq!(whites, [255.0, 255.0, 255.0, 65535.0, 65535.0]);
        assert_eq!(["float32", "int16", "uint32", "bool", ""].map(white), [0.0; 5]);
    }

    #[test]
    fn inverted_twice_a_frame_is_as_it_was() {
        let frame = Frame::from_fn(Size::new(5, 4), |x, y| (x * 13 + y) as f32);
        for white in [255.0, 65535.0, 0.0] {
            let mut twice = frame.clone();
            invert(&mut twice, white);
            assert_eq!(twice.row(1)[2], white - 27.0);
            invert(&mut twice, white);
            assert_eq!(twice, frame);
        }
    }
}
