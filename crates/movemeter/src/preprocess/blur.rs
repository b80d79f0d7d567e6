//! Gaussian blur, as `scipy.ndimage.gaussian_filter` computes it.

use crate::filter::{self, Border, Lines};
use crate::frame::Frame;
use crate::simd::Level;

/// The filter ends at this many standard deviations, as SciPy's does.
const TRUNCATE: f64 = 4.0;

/// The weights of a Gaussian of this standard deviation: centre, and each neighbour at 1, 2, … px.
pub fn taps(sigma_px: f64) -> Vec<f32> {
    if sigma_px <= 0.0 {
        return vec![1.0];
    }
    let reach = (TRUNCATE * sigma_px + 0.5) as usize;
    let weight = |k: usize| (-0.5 * (k as f64 / sigma_px).powi(2)).exp();
    let weights: Vec<f64> = (0..=reach).map(weight).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.into_iter().map(|weight| (weight / sum) as f32).collect()
}

/// Blurs a frame; beyond its border it is mirrored at the outer edge. `work` is scratch.
pub fn blur(level: Level, frame: &Frame, taps: &[f32], work: &mut Lines, out: &mut Frame) {
    filter::separable(level, frame, taps, Border::Reflect, work, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    /// `scipy.ndimage.gaussian_filter(a, 0.8)` of a = [[0, 1, 4, 9], [16, 25, 36, 49], [1, 0, 2, 5]].
    const BY_SCIPY: [[f32; 4]; 3] = [
        [4.94995, 7.646331, 12.38796, 16.903764],
        [9.628123, 13.495091, 19.81978, 25.50617],
        [5.252966, 7.08655, 10.835154, 14.488161],
    ];

    #[test]
    fn it_is_what_scipy_computes() {
        let values = [[0.0, 1.0, 4.0, 9.0], [16.0, 25.0, 36.0, 49.0], [1.0, 0.0, 2.0, 5.0]];
        let frame = Frame::from_fn(Size::new(4, 3), |x, y| values[y][x]);
        let mut out = Frame::default();
        blur(Level::new(), &frame, &taps(0.8), &mut Lines::default(), &mut out);
        for (y, row) in BY_SCIPY.iter().enumerate() {
            for (x, expected) in row.iter().enumerate() {
                assert!((out.row(y)[x] - expected).abs() < 1e-5, "{} {expected}", out.row(y)[x]);
            }
        }
    }
}
