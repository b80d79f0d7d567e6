//! Stored numbers to grey `f32` pixels.
//!
//! Colour becomes luminance with the weights of ITU-R BT.601, the ones of JPEG, OpenCV and Pillow:
//!
//! ```text
//! grey = (299 R + 587 G + 114 B) / 1000
//! ```
//!
//! computed in `f64` in this form, so that a grey pixel (R = G = B) keeps its value to the last bit.

/// A number as cameras store it.
pub(super) trait Sample: Copy {
    /// Nearest `f32`: exact up to 24 bits.
    fn to_f32(self) -> f32;
    /// Nearest `f64`.
    fn to_f64(self) -> f64;
}

macro_rules! sample {
    ($($number:ty),*) => {
        $(impl Sample for $number {
            fn to_f32(self) -> f32 { self as f32 }
            fn to_f64(self) -> f64 { self as f64 }
        })*
    };
}

sample!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

/// The first of every pixel's `n_channels` numbers.
pub(super) fn first_channel<T: Sample>(samples: &[T], n_channels: usize, grey: &mut [f32]) {
    if n_channels == 1 {
        // As a loop of its own it is compiled to vector code.
        return convert(samples.iter(), grey);
    }
    convert(samples.iter().step_by(n_channels), grey);
}

fn convert<'a, T: Sample + 'a>(samples: impl Iterator<Item = &'a T>, grey: &mut [f32]) {
    for (pixel, sample) in grey.iter_mut().zip(samples) {
        *pixel = sample.to_f32();
    }
}

/// The luminance of the first three of every pixel's `n_channels` numbers.
pub(super) fn luminance_of<T: Sample>(samples: &[T], n_channels: usize, grey: &mut [f32]) {
    for (pixel, colour) in grey.iter_mut().zip(samples.chunks_exact(n_channels)) {
        *pixel = luminance(colour[0].to_f64(), colour[1].to_f64(), colour[2].to_f64()) as f32;
    }
}

/// How bright a colour is, on the scale of its parts.
pub(super) fn luminance(red: f64, green: f64, blue: f64) -> f64 {
    (299.0 * red + 587.0 * green + 114.0 * blue) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_colour_keeps_its_value_exactly() {
        for value in 0..=u16::MAX {
            let mut grey = [0.0];
            luminance_of(&[value; 3], 3, &mut grey);
            assert_eq!(grey[0], f32::from(value));
        }
    }

    #[test]
    fn channels_that_are_no_colours_are_left_out() {
        let mut grey = [0.0; 2];
        luminance_of(&[10u8, 20, 30, 99, 200, 100, 0, 99], 4, &mut grey);
        assert_eq!(grey, [18.15, 118.5]);
        first_channel(&[7u16, 1, 9, 2], 2, &mut grey);
        assert_eq!(grey, [7.0, 9.0]);
    }
}
