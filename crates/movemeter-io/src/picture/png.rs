//! Coloured pixels as a PNG file.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::pixels::Pixels;

/// The bytes of a PNG file.
///
/// # Panics
///
/// If the image is empty, or wider or higher than 2³² pixels.
pub fn png(pixels: &Pixels) -> Vec<u8> {
    let mut bytes = Vec::new();
    let side = |length: usize| u32::try_from(length).expect("it is in memory");
    let (width, height) = (side(pixels.size.width), side(pixels.size.height));
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive)
        .write_image(&pixels.rgb, width, height, ExtendedColorType::Rgb8)
        .expect("memory takes all bytes");
    bytes
}
