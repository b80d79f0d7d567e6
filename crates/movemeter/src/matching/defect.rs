//! Single pixels of the camera that outshine a window: they stay where they are, whatever moves.

use super::template::{Roughness, Template};
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::mask::Counts;

/// Beyond this many standard deviations of the window a pixel may be a defect, …
const OUTSTANDING: f32 = 5.0;
/// … if none of its four neighbours has half of its height: after smoothing they have a third of a
/// single pixel's, and seven tenths of a spot of 1 px.
const NEIGHBOUR: f32 = 0.5;
/// What a defect reaches, with smoothing, to each side, px.
const REACH: isize = 1;
/// More of a window than this part is no defect of a few pixels.
const MAX_PART: f64 = 0.25;

/// What a window is without its outstanding single pixels.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// Score of template and frame in the same place.
    pub score: f64,
    /// How fast the template stops to resemble itself.
    pub roughness: Roughness,
    /// Pixels.
    pub area: usize,
}

/// Window and template in the same place of the frame without outstanding single pixels.
///
/// `None` if there are none.
pub fn rest(
    template: &Template,
    (frame, counts): (&Frame, Option<&Counts>),
    window: Rect,
) -> Option<Rest> {
    let size = template.size();
    let mut is_left_out = vec![false; size.area()];
    let limit = OUTSTANDING * (template.norm() / (size.area() as f64).sqrt()) as f32;
    for i in 0..size.area() {
        if limit < template.pixels()[i].abs() && is_single(template, i) {
            leave_out(&mut is_left_out, size, i);
        }
    }
    let n_left_out = is_left_out.iter().filter(|&&left_out| left_out).count();
    let is_defect = 0 < n_left_out && (n_left_out as f64) < MAX_PART * size.area() as f64;
    for (is_left_out, counts) in is_left_out.iter_mut().zip(template.counts()) {
        *is_left_out = *is_left_out || !counts;
    }
    if let Some(counts) = counts {
        for (is_left_out, counts) in is_left_out.iter_mut().zip(counts.part(window)) {
            *is_left_out = *is_left_out || !counts;
        }
    }
    is_defect.then(|| Rest {
        score: score_of_rest(template, frame, window, &is_left_out),
        roughness: roughness_of_rest(template, &is_left_out),
        area: is_left_out.iter().filter(|&&left_out| !left_out).count(),
    })
}

fn is_single(template: &Template, i: usize) -> bool {
    let (size, pixels) = (template.size(), template.pixels());
    let (x, y) = (i % size.width, i / size.width);
    let neighbours = [
        (0 < x).then(|| i - 1),
        (x + 1 < size.width).then(|| i + 1),
        (0 < y).then(|| i - size.width),
        (y + 1 < size.height).then(|| i + size.width),
    ];
    neighbours.into_iter().flatten().all(|j| pixels[j] / pixels[i] < NEIGHBOUR)
}

fn leave_out(is_left_out: &mut [bool], size: Size, i: usize) {
    let (x, y) = ((i % size.width) as isize, (i / size.width) as isize);
    let side = 2 * REACH as usize + 1;
    let around = Rect::new(x - REACH, y - REACH, side, side).clipped_to(size);
    let around = around.expect("a pixel of the window is in it");
    for row in around.y..around.bottom() {
        let from = row as usize * size.width + around.x as usize;
        is_left_out[from..from + around.width].fill(true);
    }
}

fn score_of_rest(template: &Template, frame: &Frame, window: Rect, is_left_out: &[bool]) -> f64 {
    let pixels = frame.crop(window);
    let offset = f64::from(pixels.row(0)[0]);
    let pairs = template.pixels().iter().zip(pixels.rows().flatten()).zip(is_left_out);
    let mut sums = [0.0; 6];
    for ((&t, &f), _) in pairs.filter(|(_, left_out)| !**left_out) {
        let (t, f) = (f64::from(t), f64::from(f) - offset);
        for (sum, value) in sums.iter_mut().zip([1.0, t, f, t * t, f * f, t * f]) {
            *sum += value;
        }
    }
    let [n, t, f, tt, ff, tf] = sums;
    let square = (tt - t * t / n) * (ff - f * f / n);
    if 0.0 < square { (tf - t * f / n) / square.sqrt() } else { 0.0 }
}

/// From differences of neighbours that are both in the rest.
fn roughness_of_rest(template: &Template, is_left_out: &[bool]) -> Roughness {
    let (width, pixels) = (template.size().width, template.pixels());
    let (mut square, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for i in (0..pixels.len()).filter(|&i| !is_left_out[i]) {
        square += f64::from(pixels[i]).powi(2);
        let difference = |j: usize, is_neighbour: bool| match is_neighbour && !is_left_out[j] {
            true => f64::from(pixels[j] - pixels[i]).powi(2),
            false => 0.0,
        };
        xx += difference(i + 1, i % width + 1 < width);
        yy += difference(i + width, i + width < pixels.len());
    }
    let scale = 1.0 / square.max(f64::MIN_POSITIVE);
    Roughness { xx: scale * xx, xy: 0.0, yy: scale * yy }
}

#[cfg(test)]
mod tests {
    use super::super::target::PrepareScratch;
    use super::super::template::Uses;
    use super::*;
    use crate::synth::Random;

    const SIZE: Size = Size::new(40, 40);
    const WINDOW: Rect = Rect::new(8, 8, 24, 24);

    fn noise(seed: u64) -> Frame {
        let mut random = Random::new(seed, 0);
        Frame::from_fn(SIZE, |_, _| random.normal() as f32)
    }

    fn with(frame: &Frame, spot: impl Fn(isize, isize) -> f32) -> Frame {
        let of = |x: usize, y: usize| frame.row(y)[x] + spot(x as isize - 20, y as isize - 20);
        Frame::from_fn(SIZE, of)
    }

    fn score(one: &Frame, other: &Frame) -> Option<f64> {
        let mut template = Template::default();
        let uses = Uses { fit: None, warp: None, fft: None };
        template.prepare(one, WINDOW, uses, &mut PrepareScratch::default()).unwrap();
        rest(&template, (other, None), WINDOW).map(|rest| rest.score)
    }

    #[test]
    fn without_a_hot_pixel_noise_does_not_match_noise() {
        // A single pixel after smoothing by about (0.2, 0.6, 0.2) both ways.
        let share = |d: isize| [0.6, 0.2, 0.0][d.unsigned_abs().min(2)];
        let hot = |x: isize, y: isize| 100.0 * share(x) * share(y);
        let score = score(&with(&noise(1), hot), &with(&noise(2), hot)).unwrap();
        // 500 pixels of noise: 1/√500.
        assert!(score.abs() < 0.2, "{score}");
    }

    #[test]
    fn a_spot_is_no_defect() {
        let spot = |x: isize, y: isize| 100.0 * (-0.5 * (x * x + y * y) as f32).exp();
        assert_eq!(score(&with(&noise(1), spot), &with(&noise(2), spot)), None);
        assert_eq!(score(&noise(1), &noise(2)), None);
    }
}
