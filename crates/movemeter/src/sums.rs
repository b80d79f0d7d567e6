//! How much contrast every window of a region has: sums over windows in constant time each.
//!
//! Running sums in `f64` over columns, then over rows, as in J. P. Lewis, "Fast Normalized
//! Cross-Correlation" (1995), but never over the whole region: what is added and taken away again
//! is at most one window high or one row long, so that little is lost to rounding.

use crate::geometry::Size;

/// Contrast below this many steps of `f32` at the region's brightest value is rounding, not texture.
const FLAT_STEPS: f64 = 4.0 * f32::EPSILON as f64;

/// The smallest Σ (f − f̄)² that is texture, for windows of `area` pixels among values up to `max_abs`.
pub fn flat_limit(area: usize, max_abs: f32) -> f64 {
    area as f64 * (FLAT_STEPS * f64::from(max_abs)).powi(2)
}

/// A region whose windows are to be summed: rows `stride` apart, an offset already taken off.
#[derive(Clone, Copy)]
pub struct Region<'a> {
    /// Pixels, less the offset.
    pub pixels: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
    /// Columns and rows.
    pub size: Size,
    /// Largest absolute value before the offset was taken off.
    pub max_abs: f32,
}

/// √ Σ (f − f̄)² of every window of this size in the region, row by row; 0 where it is flat.
///
/// `columns` is scratch.
pub fn window_norms(
    region: Region<'_>,
    window: Size,
    columns: &mut Vec<f64>,
    norms: &mut Vec<f32>,
) {
    let width = region.size.width;
    let (n_across, n_down) = (width - window.width + 1, region.size.height - window.height + 1);
    let limit = flat_limit(window.area(), region.max_abs);
    columns.clear();
    columns.resize(2 * width, 0.0);
    let (sum, square) = columns.split_at_mut(width);
    norms.clear();
    norms.reserve(n_across * n_down);
    let row = |y: usize| &region.pixels[y * region.stride..][..width];
    for y in 0..window.height {
        add(sum, square, row(y));
    }
    for v in 0..n_down {
        if 0 < v {
            exchange(sum, square, row(v - 1), row(v - 1 + window.height));
        }
        push_row(sum, square, window, limit, norms);
    }
}

fn add(sum: &mut [f64], square: &mut [f64], row: &[f32]) {
    for ((sum, square), &pixel) in sum.iter_mut().zip(square).zip(row) {
        let value = f64::from(pixel);
        *sum += value;
        *square += value * value;
    }
}

fn exchange(sum: &mut [f64], square: &mut [f64], out: &[f32], row: &[f32]) {
    for (((sum, square), &out), &pixel) in sum.iter_mut().zip(square).zip(out).zip(row) {
        let (value, out) = (f64::from(pixel), f64::from(out));
        *sum += value - out;
        *square += value * value - out * out;
    }
}

fn push_row(sum: &[f64], square: &[f64], window: Size, limit: f64, norms: &mut Vec<f32>) {
    let area = window.area() as f64;
    let mut total: f64 = sum[..window.width].iter().sum();
    let mut total_square: f64 = square[..window.width].iter().sum();
    let mut push = |total: f64, total_square: f64| {
        let contrast = total_square - total * total / area;
        norms.push(if contrast <= limit { 0.0 } else { contrast.sqrt() as f32 });
    };
    push(total, total_square);
    for u in window.width..sum.len() {
        total += sum[u] - sum[u - window.width];
        total_square += square[u] - square[u - window.width];
        push(total, total_square);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn norms_of(pixels: &[f32], size: Size, window: Size, max_abs: f32) -> Vec<f32> {
        let mut norms = vec![f32::NAN; 3];
        let region = Region { pixels, stride: size.width, size, max_abs };
        window_norms(region, window, &mut vec![f64::NAN; 5], &mut norms);
        norms
    }

    #[test]
    fn a_bright_weak_texture_beside_black_keeps_its_contrast() {
        // Mean 60000, a checkerboard of ±5, left half black.
        let size = Size::new(40, 20);
        let value = |x: usize, y: usize| match (x < 20, (x + y) % 2) {
            (true, _) => 0.0,
            (false, 0) => 60_005.0,
            (false, _) => 59_995.0,
        };
        let pixels: Vec<f32> = (0..800).map(|i| value(i % 40, i / 40) - 30_000.0).collect();
        let norms = norms_of(&pixels, size, Size::new(8, 8), 60_005.0);
        let n_across = 33;
        assert_eq!(norms[0], 0.0, "black is flat");
        assert!((norms[25] - 40.0).abs() < 1e-4, "√(64·25) = 40, found {}", norms[25]);
        assert!((norms[12 * n_across + 32] - 40.0).abs() < 1e-4);
    }

    #[test]
    fn a_constant_that_no_binary_fraction_gives_is_flat() {
        let size = Size::new(9, 9);
        let norms = norms_of(&[0.1; 81], size, Size::new(4, 3), 0.1);
        assert_eq!(norms, vec![0.0; 6 * 7]);
    }

    #[test]
    fn one_position_is_left_where_the_window_fills_the_region() {
        let norms = norms_of(&[0.0, 2.0], Size::new(2, 1), Size::new(2, 1), 2.0);
        assert_eq!(norms, vec![2.0f32.sqrt()]);
    }
}
