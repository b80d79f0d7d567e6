//! What a fit of a warp compares: the pixels of a window that count, and how they change when the
//! window is moved, turned or deformed a little.

use std::sync::OnceLock;

use super::matrix::Matrix;
use super::steepest::{BORDER_PX, Inset, Patches};
use super::warp::{Model, Warp};
use crate::geometry::{Point, Rect, Size};
use crate::mask::Counts;
use crate::simd::{self, Lags};

/// The pixels of a window with their gradients and weights, as they are.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    model: Model,
    size: Size,
    pixels: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
    weights: [Vec<f32>; 2],
    noise: [f64; 2],
    counts: Vec<bool>,
    descents: Descents,
}

/// [Weights](super::weights) and changes, a patch each for each parameter of the model, over the pixels that
/// count.
///
/// Where a pixel does not count, all are 0. Weights are orthogonal to a constant and to the template.
#[derive(Clone, Debug, Default)]
pub struct Descents {
    /// Whether a pixel counts: 1 or 0.
    pub counts: Vec<f32>,
    /// How many pixels count.
    pub n: usize,
    /// Zero-mean template.
    pub template: Vec<f32>,
    /// Σ t²
    pub template_square: f64,
    /// The weights for each parameter.
    pub of: Vec<Vec<f32>>,
    /// How the pixels change with each parameter.
    changes: Vec<Vec<f32>>,
    /// Σ w gᵀ, its symmetric part.
    pub sensitivity: Matrix,
    of_noise: OnceLock<OfNoise>,
    is_kept: bool,
}

/// What noise does to a fit, as far as the template tells ([`warp_covariance`](super::warp_covariance)).
#[derive(Clone, Debug)]
pub struct OfNoise {
    /// Σ w(p) ρ(p − q) w(q)ᵀ with the correlation ρ that is expected.
    pub white: Matrix,
    /// Σ w wᵀ
    pub squares: Matrix,
    /// Σ t w wᵀ
    pub uneven: Matrix,
    /// What any other correlation makes of the first, for each pair of parameters; none if that is not worth knowing.
    pub lags: Vec<Lags>,
}

impl Patch {
    /// From a window's patches.
    ///
    /// Pixels at the frame's border do not count: smoothing knows the frame only on one side there.
    pub fn build(&mut self, model: Model, from: Patches<'_>, window: Rect, frame: Size) {
        (self.model, self.size, self.noise) = (model, window.size(), from.noise);
        let ([x, y], [across, down]) = (from.gradients, from.weights);
        let [weights_x, weights_y] = &mut self.weights;
        for (from, to) in [
            (from.template, &mut self.pixels),
            (x, &mut self.x),
            (y, &mut self.y),
            (across, weights_x),
            (down, weights_y),
        ] {
            to.clear();
            from.rows().for_each(|row| to.extend_from_slice(row));
        }
        let inset = Inset::at_border(window, frame);
        let columns = inset.left..window.width.saturating_sub(inset.right);
        let rows = inset.top..window.height.saturating_sub(inset.bottom);
        self.counts.clear();
        for y in 0..window.height {
            let is_row = rows.contains(&y);
            self.counts.extend((0..window.width).map(|x| is_row && columns.contains(&x)));
        }
        self.refill();
    }

    /// Leaves out pixels of the window for good: those that are not among these, row by row.
    pub fn leave_out_of_window(&mut self, counts: &[bool]) {
        for (all, &counts) in self.counts.iter_mut().zip(counts) {
            *all = *all && counts;
        }
        self.refill();
    }

    fn refill(&mut self) {
        let mut descents = std::mem::take(&mut self.descents);
        self.fill(|_| true, &mut descents);
        self.descents = descents;
    }

    /// Says that it will be fitted to many frames.
    pub fn keep(&mut self) {
        self.descents.is_kept = true;
    }

    /// The model it was built for.
    pub fn model(&self) -> Model {
        self.model
    }

    /// What weights and gradients have in common without any texture, over Σ g², for x and y.
    pub fn noise(&self) -> [f64; 2] {
        self.noise
    }

    /// The window's size.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Σ gθ² / Σ t² of a part of the window that turns about the window's centre, rad⁻²: how fast it
    /// stops to resemble itself. 0 of a part without texture, and before it is built.
    pub fn turning(&self, part: Rect) -> f64 {
        if self.descents.template.is_empty() {
            return 0.0;
        }
        let (mut sum, mut square, mut turning) = (0.0, 0.0, 0.0);
        let width = self.size.width;
        for y in part.y as usize..part.bottom() as usize {
            let row = y * width + part.x as usize..y * width + part.right() as usize;
            let (from_x, from_y) = self.from_centre(row.start);
            let template = &self.descents.template[row.clone()];
            let mut along = [0.0f64; 3];
            for (i, ((&t, &gx), &gy)) in
                template.iter().zip(&self.x[row.clone()]).zip(&self.y[row]).enumerate()
            {
                let t = f64::from(t);
                let change = (from_x + i as f64) * f64::from(gy) - from_y * f64::from(gx);
                along = [along[0] + t, along[1] + t * t, along[2] + change * change];
            }
            (sum, square, turning) = (sum + along[0], square + along[1], turning + along[2]);
        }
        let n = part.size().area() as f64;
        let contrast = square - sum * sum / n;
        if 0.0 < contrast { turning / contrast } else { 0.0 }
    }

    /// The descents over all its pixels that count.
    pub fn descents(&self) -> &Descents {
        &self.descents
    }

    /// Root mean square distance of the window's pixels from its centre, px: the unit of the
    /// parameters of shape.
    pub fn radius(&self) -> f64 {
        let square = |side: usize| (side * side).saturating_sub(1) as f64 / 12.0;
        (square(self.size.width) + square(self.size.height)).sqrt().max(0.5)
    }

    /// From the window's centre to its pixel `i`.
    pub fn from_centre(&self, i: usize) -> (f64, f64) {
        let middle = |side: usize| 0.5 * (side as f64 - 1.0);
        let (x, y) = (i % self.size.width, i / self.size.width);
        (x as f64 - middle(self.size.width), y as f64 - middle(self.size.height))
    }

    /// Only every so many rows, from this one on, of what is compared: for a first, rough fit.
    pub fn thin(&self, first: usize, every: usize, out: &mut Descents) {
        let width = self.size.width;
        let copy = |from: &[f32], to: &mut Vec<f32>| {
            to.clear();
            for row in from.chunks_exact(width).skip(first).step_by(every) {
                to.extend_from_slice(row);
            }
        };
        let all = &self.descents;
        copy(&all.counts, &mut out.counts);
        copy(&all.template, &mut out.template);
        for (from, to) in [(&all.of, &mut out.of), (&all.changes, &mut out.changes)] {
            to.resize_with(from.len(), Vec::new);
            for (from, to) in from.iter().zip(to) {
                copy(from, to);
            }
        }
        out.n = out.counts.iter().filter(|&&counts| 0.0 < counts).count();
        out.remove_mean_of_template();
        out.make_orthogonal();
    }

    /// Leaves out the pixels that the warp brings to the border of a frame, or to pixels that do not count
    /// there; false if that are none.
    pub fn leave_out(
        &self,
        warp: &Warp,
        frame: Size,
        counts: Option<&Counts>,
        out: &mut Descents,
    ) -> bool {
        if self.is_all_seen(warp, frame, counts) {
            return false;
        }
        let place = |i: usize| self.place(warp, i);
        let is_counting = |place: Point| counts.is_none_or(|counts| counts.is_counting(place));
        self.fill(|i| is_far_from_border(place(i), frame) && is_counting(place(i)), out);
        true
    }

    /// Whether the warp brings no pixel to the border of a frame, nor to pixels that do not count there.
    pub fn is_all_seen(&self, warp: &Warp, frame: Size, counts: Option<&Counts>) -> bool {
        let (width, height) = (self.size.width, self.size.height);
        let corners = [0, width - 1, (height - 1) * width, height * width - 1];
        let corners = corners.map(|i| self.place(warp, i));
        let is_clear = counts.is_none_or(|counts| counts.n_lacking(around(&corners)) == 0);
        is_clear && corners.into_iter().all(|place| is_far_from_border(place, frame))
    }

    fn place(&self, warp: &Warp, i: usize) -> Point {
        let (x, y) = self.from_centre(i);
        warp.place(x, y)
    }

    fn fill(&self, mut may_count: impl FnMut(usize) -> bool, out: &mut Descents) {
        let counts = self.counts.iter().enumerate().map(|(i, &counts)| counts && may_count(i));
        out.counts.clear();
        out.counts.extend(counts.map(|counts| f32::from(u8::from(counts))));
        out.n = out.counts.iter().filter(|&&counts| 0.0 < counts).count();
        out.template.clear();
        out.template.extend_from_slice(&self.pixels);
        out.remove_mean_of_template();
        let [across, down] = &self.weights;
        self.fill_by([across, down], &mut out.of);
        self.fill_by([&self.x, &self.y], &mut out.changes);
        out.make_orthogonal();
    }

    /// A patch for each parameter, from those for x and y.
    fn fill_by(&self, [x, y]: [&[f32]; 2], out: &mut Vec<Vec<f32>>) {
        out.resize_with(self.model.n_parameters(), Vec::new);
        let at = |x: f64, y: f64, gradient| chain(self.model, (x, y), 1.0, gradient);
        let (of_x, of_y) = ([1.0, 0.0], [0.0, 1.0]);
        for (parameter, patch) in out.iter_mut().enumerate() {
            // What goes with 1, and with x and y in radii.
            let part = |gradient| {
                let middle = at(0.0, 0.0, gradient)[parameter];
                [
                    middle,
                    at(1.0, 0.0, gradient)[parameter] - middle,
                    at(0.0, 1.0, gradient)[parameter] - middle,
                ]
            };
            self.fill_linear([(x, part(of_x)), (y, part(of_y))], patch);
        }
    }

    /// The sum of two patches, each times a linear function of the place.
    fn fill_linear(&self, [(x, of_x), (y, of_y)]: [(&[f32], [f32; 3]); 2], out: &mut Vec<f32>) {
        let radius = self.radius();
        out.clear();
        for row in 0..self.size.height {
            let first = row * self.size.width;
            let (from_x, from_y) = self.from_centre(first);
            let (x, y) = (&x[first..first + self.size.width], &y[first..first + self.size.width]);
            let at_row = |of: [f32; 3]| of[0] + of[2] * (from_y / radius) as f32;
            let (x_0, y_0) = (at_row(of_x), at_row(of_y));
            let (from_x, scale) = (from_x as f32, (1.0 / radius) as f32);
            out.extend(x.iter().zip(y).enumerate().map(|(i, (x, y))| {
                let at = (from_x + i as f32) * scale;
                (x_0 + of_x[1] * at) * x + (y_0 + of_y[1] * at) * y
            }));
        }
    }
}

/// How a pixel with this gradient, this far from the centre, changes with each parameter.
pub fn chain(
    model: Model,
    (x, y): (f64, f64),
    radius: f64,
    [along_x, along_y]: [f32; 2],
) -> [f32; 6] {
    let (x, y) = ((x / radius) as f32, (y / radius) as f32);
    match model {
        Model::Translation => [along_x, along_y, 0.0, 0.0, 0.0, 0.0],
        Model::Rigid => [along_x, along_y, x * along_y - y * along_x, 0.0, 0.0, 0.0],
        Model::Affine => [along_x, along_y, x * along_x, y * along_x, x * along_y, y * along_y],
    }
}

/// The pixels around these places.
fn around(places: &[Point]) -> Rect {
    let ends = |of: fn(&Point) -> f64| {
        let (low, high) = places
            .iter()
            .map(of)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        (low.floor() as isize, high.ceil() as isize)
    };
    let ((left, right), (top, bottom)) = (ends(|place| place.x), ends(|place| place.y));
    Rect::new(left, top, (right - left + 1) as usize, (bottom - top + 1) as usize)
}

fn is_far_from_border(Point { x, y }: Point, frame: Size) -> bool {
    let border = BORDER_PX as f64;
    let is_far = |place: f64, side: usize| border <= place && place <= side as f64 - 1.0 - border;
    is_far(x, frame.width) && is_far(y, frame.height)
}

impl Descents {
    /// What noise does to a fit, found once.
    pub fn of_noise(&self, find: impl FnOnce() -> OfNoise) -> &OfNoise {
        self.of_noise.get_or_init(find)
    }

    /// Whether it is fitted to many frames.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    fn remove_mean_of_template(&mut self) {
        remove_mean(&mut self.template, &self.counts, self.n);
        self.template_square = simd::dot(&self.template, &self.template);
    }

    fn make_orthogonal(&mut self) {
        for descent in &mut self.of {
            remove_mean(descent, &self.counts, self.n);
            if 0.0 < self.template_square {
                let share = simd::dot(&self.template, descent) / self.template_square;
                simd::add_scaled(-share as f32, &self.template, descent);
            }
        }
        // Weights are 0 where pixels do not count, so changes need not be.
        let both = |i: usize, j: usize| simd::dot(&self.of[i], &self.changes[j]);
        (self.is_kept, self.of_noise) = (false, OnceLock::new());
        self.sensitivity = Matrix::of(self.of.len(), |i, j| 0.5 * (both(i, j) + both(j, i)));
    }
}

fn remove_mean(values: &mut [f32], counts: &[f32], n: usize) {
    let mean = simd::dot(values, counts) / n.max(1) as f64;
    for (value, counts) in values.iter_mut().zip(counts) {
        *value = (*value - mean as f32) * counts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::View;

    const FRAME: Size = Size::new(64, 64);

    fn patch(model: Model, window: Rect) -> Patch {
        let line = |f: fn(f64, f64) -> f64| -> Vec<f32> {
            let value = |i: usize| f((i % window.width) as f64, (i / window.width) as f64) as f32;
            (0..window.size().area()).map(value).collect()
        };
        let of = [
            line(|x, y| (0.7 * x).sin() * (0.5 * y).cos()),
            line(|x, y| 0.7 * (0.7 * x).cos() * (0.5 * y).cos()),
            line(|x, y| -0.5 * (0.7 * x).sin() * (0.5 * y).sin()),
        ];
        let gradients = [&of[1], &of[2]].map(|of| View::new(window.size(), of));
        let from = Patches {
            template: View::new(window.size(), &of[0]),
            weights: gradients,
            gradients,
            noise: [1.0; 2],
        };
        let mut patch = Patch::default();
        patch.build(model, from, window, FRAME);
        patch
    }

    #[test]
    fn neither_brightness_nor_contrast_looks_like_any_parameter() {
        let patch = patch(Model::Affine, Rect::new(1, 20, 16, 12));
        let descents = patch.descents();
        assert_eq!(descents.n, 14 * 12, "two columns lie at the frame's border");
        for descent in &descents.of {
            assert!(simd::sum(descent).abs() < 1e-5);
            assert!(simd::dot(&descents.template, descent).abs() < 1e-5);
            assert_eq!(descent[0], 0.0);
        }
    }

    #[test]
    fn turning_is_shear_one_way_less_shear_the_other() {
        let window = Rect::new(20, 20, 16, 12);
        let (rigid, affine) = (patch(Model::Rigid, window), patch(Model::Affine, window));
        let turned = Model::Affine.basis(Model::Rigid).unwrap();
        let along = affine.descents().sensitivity.along(turned);
        for i in 0..3 {
            let apart = along.at(i, 2) - rigid.descents().sensitivity.at(i, 2);
            assert!(apart.abs() < 1e-4, "{apart}");
        }
    }

    #[test]
    fn only_what_a_warp_brings_to_the_border_is_left_out() {
        let patch = patch(Model::Rigid, Rect::new(20, 20, 17, 17));
        let mut left = Descents::default();
        assert!(!patch.leave_out(&Warp::at(30.0, 30.0), FRAME, None, &mut left));
        assert!(patch.leave_out(&Warp::at(10.0, 30.0), FRAME, None, &mut left));
        assert_eq!(left.n, 16 * 17, "the first column is at 2");
        assert!(patch.leave_out(&Warp::turned(11.0, 30.0, 0.785), FRAME, None, &mut left));
        // The corner is at −0.3; along its diagonal, pixels are 1/√2 px apart: five rows of them.
        assert_eq!(left.n, 17 * 17 - 15);
    }
}
