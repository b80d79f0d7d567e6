//! The judge: zero-mean normalised cross-correlation, word for word, in `f64`.

use super::score::ScoreMap;
use crate::frame::View;
use crate::sums;

/// Scores every position of the template inside the search region, straight from the definition.
///
/// ```text
/// score(u, v) = Σ (t − t̄)(f − f̄ᵤᵥ) / √( Σ (t − t̄)² · Σ (f − f̄ᵤᵥ)² )      in [−1, 1]
/// ```
///
/// Where the region is flat the score is −∞: such a place can never win. Slow; the other ways are
/// compared with it.
pub fn scores(template: View<'_>, region: View<'_>, out: &mut ScoreMap) {
    let size = template.size();
    let max_abs = region.rows().flatten().fold(0.0f32, |max, pixel| max.max(pixel.abs()));
    let limit = sums::flat_limit(size.area(), max_abs);
    let t_mean = mean(template);
    out.fill(region.size(), size, |u, v| {
        let rect = crate::geometry::Rect::new(u as isize, v as isize, size.width, size.height);
        let window = region.crop(rect);
        let f_mean = mean(window);
        let (mut tt, mut ff, mut tf) = (0.0, 0.0, 0.0);
        for (t, f) in template.rows().flatten().zip(window.rows().flatten()) {
            let (t, f) = (f64::from(*t) - t_mean, f64::from(*f) - f_mean);
            tt += t * t;
            ff += f * f;
            tf += t * f;
        }
        if ff <= limit { f32::NEG_INFINITY } else { (tf / (tt * ff).sqrt()) as f32 }
    });
}

fn mean(view: View<'_>) -> f64 {
    let sum: f64 = view.rows().flatten().map(|&pixel| f64::from(pixel)).sum();
    sum / view.size().area() as f64
}
