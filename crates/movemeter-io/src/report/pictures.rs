//! Frames as pictures within a page.

use base64::prelude::{BASE64_STANDARD, Engine};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use movemeter::frame::Frame;
use movemeter::geometry::Size;

/// What is not there: outside the frame.
const NOTHING: u8 = 128;

/// A grey picture as the address that a page has in place of a file; `black` and `white` are the ends of its greys.
pub(super) fn address(frame: &Frame, [black, white]: [f64; 2]) -> String {
    let scale = if black < white { 255.0 / (white - black) } else { 0.0 };
    let grey = |&value: &f32| match value.is_nan() {
        true => NOTHING,
        false => ((f64::from(value) - black) * scale).round().clamp(0.0, 255.0) as u8,
    };
    let pixels: Vec<u8> = frame.pixels().iter().map(grey).collect();
    let Size { width, height } = frame.size();
    let mut png = Vec::new();
    let written = PngEncoder::new(&mut png).write_image(
        &pixels,
        width as u32,
        height as u32,
        ExtendedColorType::L8,
    );
    written.expect("a picture in memory has as many pixels as it says");
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(png))
}

/// The greys between which nearly all pixels lie: a few hot ones would make all others dark.
pub(super) fn range<'a>(pixels: impl Iterator<Item = &'a f32>) -> [f64; 2] {
    let mut known: Vec<f32> = pixels.filter(|value| value.is_finite()).copied().collect();
    if known.is_empty() {
        return [0.0, 1.0];
    }
    known.sort_unstable_by(f32::total_cmp);
    let aside = known.len() / 200;
    [f64::from(known[aside]), f64::from(known[known.len() - 1 - aside])]
}

/// A smaller picture of a frame, its longer side at most this; each pixel the mean of a square of the frame's.
pub(super) fn reduced(frame: &Frame, longest: usize) -> Frame {
    let Size { width, height } = frame.size();
    let by = width.max(height).div_ceil(longest).max(1);
    Frame::from_fn(Size::new((width / by).max(1), (height / by).max(1)), |x, y| {
        let rows = (by * y..(by * (y + 1)).min(height)).map(|row| frame.row(row));
        let squares = rows.map(|row| &row[by * x..(by * (x + 1)).min(width)]);
        let (sum, n) = squares
            .flatten()
            .fold((0.0, 0.0), |(sum, n), &value| (sum + f64::from(value), n + 1.0));
        (sum / n) as f32
    })
}
