//! A template at many angles, for a search that cannot miss one.

use super::angles;
use super::target::PrepareScratch;
use super::template::{Template, Turned, Turning, Uses};
use super::warp::Warp;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::simd::{self, Level};

/// The template's middle at each angle of its search, made when it is first asked for. None has no texture.
pub fn all(level: Level, template: &Template) -> &[Turned] {
    let turning = template.turning();
    turning.made.get_or_init(|| {
        let mut scratch = PrepareScratch::default();
        let mut all = Vec::new();
        for angle_rad in angles(template) {
            let mut template = Template::default();
            let pixels = content(level, turning, angle_rad);
            let uses = Uses { fit: None, warp: None, fft: None };
            let whole = Rect::of_frame(pixels.size());
            if template.prepare(&pixels, whole, uses, &mut scratch).is_ok() {
                template.keep();
                all.push(Turned { angle_rad, template });
            }
        }
        all
    })
}

/// The angles at which the template is looked for.
pub fn angles(template: &Template) -> impl ExactSizeIterator<Item = f64> {
    let Turning { of_middle, max_angle_rad, .. } = template.turning();
    angles::of_search(*of_middle, *max_angle_rad)
}

/// What is seen in the middle of the window when the content has turned about its centre.
fn content(level: Level, turning: &Turning, angle_rad: f64) -> Frame {
    let Turning { spline, window, .. } = turning;
    let Size { width, height } = angles::middle(*window).size();
    let middle = |from: isize, side: usize| from as f64 + 0.5 * (side as f64 - 1.0);
    let centre = (middle(window.x, window.width), middle(window.y, window.height));
    let back = Warp::turned(centre.0, centre.1, -angle_rad);
    let [[xx, _], [yx, _]] = back.a;
    let mut seen = Frame::default();
    seen.reset(Size::new(width, height));
    let of = spline.less(0.0);
    for y in 0..height {
        let from = back.place(-middle(0, width), y as f64 - middle(0, height));
        simd::sample_line(level, &of, [from.x, from.y], [xx, yx], seen.row_mut(y));
    }
    seen
}
