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

/// Where a pixel's numbers lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// From a pixel to the next.
    pub(super) pixel_stride: usize,
    /// From a pixel's red to its green, and from there to its blue.
    pub(super) sample_stride: usize,
}

/// The first number of every pixel.
pub(super) fn first_sample<T: Sample>(samples: &[T], layout: Layout, grey: &mut [f32]) {
    for (pixel, sample) in grey.iter_mut().zip(samples.iter().step_by(layout.pixel_stride)) {
        *pixel = sample.to_f32();
    }
}

/// The luminance of the first three numbers of every pixel.
pub(super) fn luminance_of<T: Sample>(samples: &[T], layout: Layout, grey: &mut [f32]) {
    for (index, pixel) in grey.iter_mut().enumerate() {
        let [red, green, blue] =
            [0, 1, 2].map(|k| samples[index * layout.pixel_stride + k * layout.sample_stride]);
        *pixel = luminance(red.to_f64(), green.to_f64(), blue.to_f64()) as f32;
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
            let layout = Layout { pixel_stride: 3, sample_stride: 1 };
            luminance_of(&[value; 3], layout, &mut grey);
            assert_eq!(grey[0], f32::from(value));
        }
    }

    #[test]
    fn interleaved_and_planar_colours_give_the_same() {
        let (mut interleaved, mut planar) = ([0.0; 2], [0.0; 2]);
        let layout = Layout { pixel_stride: 4, sample_stride: 1 };
        luminance_of(&[10u8, 20, 30, 99, 200, 100, 0, 99], layout, &mut interleaved);
        let layout = Layout { pixel_stride: 1, sample_stride: 2 };
        luminance_of(&[10u8, 200, 20, 100, 30, 0], layout, &mut planar);
        assert_eq!(interleaved, planar);
        assert_eq!(planar, [18.15, 118.5]);
    }
}
