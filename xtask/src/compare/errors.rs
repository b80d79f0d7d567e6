//! What was found beside the truth: one judge for all programs.

use serde_json::Value;

/// Farther from the truth than this in x or y, a window is at another place, px.
const ASTRAY_PX: f64 = 0.5;

/// How far from the truth.
pub(super) struct Errors {
    n: usize,
    n_measured: usize,
    n_astray: usize,
    sum_of_squares: f64,
}

impl Errors {
    /// Of displacements, all windows of a frame before the next frame's; the truth is one displacement
    /// for each frame.
    pub(super) fn of(found: &[Vec<Option<f64>>], truth: &[[f64; 2]]) -> Self {
        let n_windows = found.len() / truth.len();
        let mut errors = Self { n: found.len(), n_measured: 0, n_astray: 0, sum_of_squares: 0.0 };
        for (index, moved) in found.iter().enumerate() {
            let truth = truth[index / n_windows];
            if let [Some(dx), Some(dy), ..] = moved[..] {
                errors.add([dx - truth[0], dy - truth[1]]);
            }
        }
        errors
    }

    fn add(&mut self, error: [f64; 2]) {
        self.n_measured += 1;
        self.n_astray += usize::from(error.iter().any(|error| ASTRAY_PX < error.abs()));
        self.sum_of_squares += error.iter().map(|error| error * error).sum::<f64>();
    }

    /// Root mean square, x and y taken together, px.
    pub(super) fn rms_px(&self) -> f64 {
        (self.sum_of_squares / (2.0 * self.n_measured as f64)).sqrt()
    }

    /// Windows that were found at another place, or not at all, as per cent.
    pub(super) fn astray_percent(&self) -> f64 {
        100.0 * (self.n_astray + self.n - self.n_measured) as f64 / self.n as f64
    }
}

/// What a reply says was found.
pub(super) fn found(reply: &Value) -> Vec<Vec<Option<f64>>> {
    let rows = reply["found"].as_array().into_iter().flatten();
    rows.map(|row| row.as_array().into_iter().flatten().map(Value::as_f64).collect()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_are_of_each_frames_own_truth() {
        let reply = json!({ "found": [[1.3, 2.0], [1.0, 2.0], [0.0, 0.0], [null, null]] });
        let errors = Errors::of(&found(&reply), &[[1.0, 2.0], [0.0, 0.6]]);
        assert_eq!((errors.n, errors.n_measured, errors.n_astray), (4, 3, 1));
        assert!((errors.rms_px() - (0.45f64 / 6.0).sqrt()).abs() < 1e-12);
        assert_eq!(errors.astray_percent(), 50.0);
    }
}
