//! Frames as grey pixels behind what is drawn.

use movemeter::frame::Frame;
use movemeter::geometry::Size;

use crate::pixels::Pixels;

/// The grey levels of black and white that suit a frame: all but the darkest and the brightest thousandth of its
/// pixels lie between them, so that a dead pixel does not make a picture grey.
pub fn contrast(frame: &Frame) -> [f32; 2] {
    let mut levels: Vec<f32> =
        frame.pixels().iter().copied().filter(|level| level.is_finite()).collect();
    if levels.is_empty() {
        return [0.0, 1.0];
    }
    levels.sort_by(f32::total_cmp);
    let last = levels.len() - 1;
    let outside = last / 1000;
    let (black, white) = (levels[outside], levels[last - outside]);
    if black < white { [black, white] } else { [levels[0], levels[last].max(levels[0] + 1.0)] }
}

/// The frame as grey pixels, each one `zoom` wide and high.
pub fn grey(frame: &Frame, [black, white]: [f32; 2], zoom: usize) -> Pixels {
    let Size { width, height } = frame.size();
    let level = |x: usize, y: usize| {
        let grey = (frame.row(y / zoom)[x / zoom] - black) / (white - black);
        // Casts saturate, and make NaN 0.
        [(255.0 * grey).round() as u8; 3]
    };
    Pixels::from_fn(Size::new(width * zoom, height * zoom), level)
}
