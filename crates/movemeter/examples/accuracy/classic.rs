//! The usual way, to compare with: least squares on the unsmoothed spline of the noisy frame.
//!
//! Minimises Σ (f(x + d) − a t(x) − b)² over d, a and b by Gauss–Newton steps with the gradients of f
//! (forward additive). Interpolation half-way between pixels smooths the noise of f, which lowers the
//! sum there: the fit is drawn to half pixels.

use movemeter::spline::{self, Spline, TAPS};
use movemeter::{Displacement, Frame, Rect};

const MAX_STEPS: usize = 30;
const SETTLED_PX: f64 = 1e-5;

/// Where the content of `rect` in `template` is in the frame of the spline, from near `start`.
pub fn fit(
    template: &Frame,
    spline: &Spline,
    rect: Rect,
    start: Displacement,
) -> Option<Displacement> {
    let rows = template.crop(rect).rows();
    let mut wanted: Vec<f64> = rows.flatten().map(|&value| f64::from(value)).collect();
    centre(&mut wanted);
    let mut at = start;
    for _ in 0..MAX_STEPS {
        let step = step(&wanted, sample(spline, rect, at))?;
        at += step;
        if step.reach() < SETTLED_PX {
            return Some(at);
        }
        if 1.5 < (at - start).reach() || at.dx.is_nan() {
            return None;
        }
    }
    None
}

fn step(wanted: &[f64], [mut value, mut x, mut y]: [Vec<f64>; 3]) -> Option<Displacement> {
    for values in [&mut value, &mut x, &mut y] {
        centre(values);
        let share = dot(values, wanted) / dot(wanted, wanted);
        values.iter_mut().zip(wanted).for_each(|(v, t)| *v -= share * t);
    }
    let (xx, xy, yy) = (dot(&x, &x), dot(&x, &y), dot(&y, &y));
    let (vx, vy) = (dot(&value, &x), dot(&value, &y));
    let determinant = xx * yy - xy * xy;
    (0.0 < determinant).then(|| {
        let dx = (xy * vy - yy * vx) / determinant;
        let dy = (xy * vx - xx * vy) / determinant;
        Displacement::new(dx, dy)
    })
}

/// Values and gradients of the spline at all pixels of the displaced window.
fn sample(spline: &Spline, rect: Rect, at: Displacement) -> [Vec<f64>; 3] {
    let (whole_x, whole_y) = (at.dx.floor(), at.dy.floor());
    let (fx, fy) = (at.dx - whole_x, at.dy - whole_y);
    let (across, down) = (spline::weights(fx), spline::weights(fy));
    let (slope_across, slope_down) = (slopes(fx), slopes(fy));
    let mut samples = [Vec::new(), Vec::new(), Vec::new()];
    for y in rect.y..rect.bottom() {
        for x in rect.x..rect.right() {
            let from = spline.coefficients_from(x + whole_x as isize, y + whole_y as isize);
            let sum = |across: &[f64; TAPS], down: &[f64; TAPS]| -> f64 {
                let row = |j: usize| -> f64 {
                    let row = &from[j * spline.stride()..][..TAPS];
                    row.iter().zip(across).map(|(&c, w)| f64::from(c) * w).sum()
                };
                (0..TAPS).map(|j| down[j] * row(j)).sum()
            };
            samples[0].push(sum(&across, &down));
            samples[1].push(sum(&slope_across, &down));
            samples[2].push(sum(&across, &slope_down));
        }
    }
    samples
}

/// Derivatives of [`spline::weights`].
fn slopes(t: f64) -> [f64; TAPS] {
    const STEP: f64 = 1e-4;
    let (before, after) = (spline::weights(t - STEP), spline::weights(t + STEP));
    std::array::from_fn(|i| (after[i] - before[i]) / (2.0 * STEP))
}

fn centre(values: &mut [f64]) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
