//! Windows drawn over a frame.

use std::io::Write;
use std::path::Path;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use movemeter::frame::Frame;
use movemeter::geometry::{Rect, Size};
use movemeter::roi::{Color, Windows};

use crate::error::Error;
use crate::output::OutputFile;

/// The darkest and the brightest pixels of this part of all become black and white: a few that are defect do not decide.
const CUT: f64 = 0.005;

/// Writes a PNG with the outlines of windows, in the colours of their groups, over a frame.
///
/// An outline is a line of one pixel, the outermost of the window's own. What lies outside the frame is not seen.
pub fn draw_windows(frame: &Frame, windows: &Windows, path: impl AsRef<Path>) -> Result<(), Error> {
    let path = path.as_ref();
    let size = frame.size();
    let mut pixels = grey(frame);
    for (group, color) in windows.groups().iter().zip(windows.colors()) {
        for window in &group.windows {
            outline(&mut pixels, size, *window, color);
        }
    }
    let mut output = OutputFile::create(path)?;
    let encoder = PngEncoder::new(&mut output);
    let (width, height) = (size.width as u32, size.height as u32);
    let written = encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8);
    written.map_err(|error| Error::Unwritable { path: path.into(), cause: error.to_string() })?;
    output.flush().map_err(|error| Error::unwritable(path, &error))?;
    output.finish()
}

/// The frame as red, green and blue of 8 bits.
fn grey(frame: &Frame) -> Vec<u8> {
    let mut sorted: Vec<f32> =
        frame.pixels().iter().copied().filter(|pixel| pixel.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let at = |part: f64| {
        let place = (part * sorted.len().saturating_sub(1) as f64).round() as usize;
        sorted.get(place).copied().unwrap_or_default()
    };
    let (black, white) = (at(CUT), at(1.0 - CUT));
    let range = (white - black).max(f32::MIN_POSITIVE);
    let level = |pixel: &f32| ((pixel - black) / range * 255.0).round() as u8;
    frame.pixels().iter().map(level).flat_map(|level| [level; 3]).collect()
}

fn outline(pixels: &mut [u8], size: Size, window: Rect, color: Color) {
    let Some(Rect { x, y, width, height }) = window.clipped_to(size) else { return };
    let mut put = |x: isize, y: isize| {
        let at = 3 * (y as usize * size.width + x as usize);
        pixels[at..at + 3].copy_from_slice(&color.0);
    };
    let (right, bottom) = (x + width as isize - 1, y + height as isize - 1);
    for x in x..=right {
        for y in [window.y, window.bottom() - 1].into_iter().filter(|at| (y..=bottom).contains(at))
        {
            put(x, y);
        }
    }
    for y in y..=bottom {
        for x in [window.x, window.right() - 1].into_iter().filter(|at| (x..=right).contains(at)) {
            put(x, y);
        }
    }
}
