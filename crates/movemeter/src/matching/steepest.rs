//! What a fit knows of a template: its pixels, their gradients, and the weights they are compared with.
//!
//! The [weights](super::weights) are made orthogonal to a change of brightness (a constant) and of contrast
//! (the template itself). So neither can be mistaken for motion, and a Gauss–Newton step needs one sum
//! per axis.

use std::sync::OnceLock;

use super::matrix2::Matrix2;
use super::roughness::Roughness;
use crate::frame::View;
use crate::geometry::{Rect, Size};
use crate::simd::{self, Lags, Level, Rows};

/// Rows and columns left out of a fit on each side, because they lie at the frame's border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inset {
    /// Columns on the left.
    pub left: usize,
    /// Columns on the right.
    pub right: usize,
    /// Rows at the top.
    pub top: usize,
    /// Rows at the bottom.
    pub bottom: usize,
}

impl Inset {
    /// What of a rectangle lies so near the frame's border that it is not to be compared: smoothing
    /// and spline know the frame only on one side there, and so does a window that moves outwards.
    pub fn at_border(rect: Rect, frame: Size) -> Self {
        let lacking = |distance: isize| (BORDER_PX - distance).max(0) as usize;
        Self {
            left: lacking(rect.x),
            right: lacking(frame.width as isize - rect.right()),
            top: lacking(rect.y),
            bottom: lacking(frame.height as isize - rect.bottom()),
        }
    }

    /// What it leaves of a window; nothing at all where one side is used up.
    fn leaves(self, size: Size) -> Size {
        let width = size.width.saturating_sub(self.left + self.right);
        let height = size.height.saturating_sub(self.top + self.bottom);
        let left = Size::new(width, height);
        if left.is_empty() { Size::default() } else { left }
    }

    /// Whether nothing is left out.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Pixels at the frame's border that are not fitted. The error there falls to a quarter with each pixel.
pub(super) const BORDER_PX: isize = 3;

/// Template, weights and gradients of the part of a window that is fitted.
#[derive(Clone, Debug, Default)]
pub struct Steepest {
    origin: (usize, usize),
    size: Size,
    template: Rows,
    weights: [Rows; 2],
    gradients: [Rows; 2],
    template_square: f64,
    sensitivity: Matrix2,
    roughness: Roughness,
    noise: [f64; 2],
    is_kept: bool,
    of_noise: OnceLock<OfNoise>,
}

/// What noise does to a fit, as far as the template tells ([`covariance`](super::covariance)).
#[derive(Clone, Debug)]
pub struct OfNoise {
    /// Σ w(p) ρ(p − q) w(q)ᵀ with the correlation ρ that is expected.
    pub spread: Matrix2,
    /// The noise, in pixels' worth, that a fit takes up.
    pub taken_up: f64,
    /// Σ t w wᵀ / Σ |w|²
    pub uneven: Matrix2,
    /// What any other correlation makes of the spread, of a template that is kept and met one.
    pub lags: OnceLock<Box<Lags>>,
}

/// Patches of a window, all of its size.
#[derive(Clone, Copy)]
pub struct Patches<'a> {
    /// Pixels.
    pub template: View<'a>,
    /// Weights for a shift in x and in y; they may already be freed of constant and template: what is
    /// removed twice stays removed.
    pub weights: [View<'a>; 2],
    /// Gradients in x and y.
    pub gradients: [View<'a>; 2],
    /// See [`Weights::noise`](super::weights::Weights::noise).
    pub noise: [f64; 2],
}

impl Steepest {
    /// From a window's patches, leaving `inset` out.
    pub fn build(&mut self, of: Patches<'_>, inset: Inset) {
        self.origin = (inset.left, inset.top);
        self.size = inset.leaves(of.template.size());
        self.noise = of.noise;
        let (level, n) = (Level::new(), self.size.area().max(1) as f64);
        let inside =
            Rect::new(inset.left as isize, inset.top as isize, self.size.width, self.size.height);
        let take = |from: View<'_>, to: &mut Rows| match inside.size().is_empty() {
            true => simd::taken(level, View::new(Size::default(), &[]), to),
            false => simd::taken(level, from.crop(inside), to),
        };
        let ([wx, wy], [gx, gy]) = (&mut self.weights, &mut self.gradients);
        take(of.gradients[0], gx);
        take(of.gradients[1], gy);
        let sums = [
            take(of.template, &mut self.template),
            take(of.weights[0], wx),
            take(of.weights[1], wy),
        ];
        let means = sums.map(|sum| (sum / n) as f32);
        let [square, of_x, of_y] =
            simd::less(level, [&mut self.template, wx, wy], self.size.width, means);
        let part = |product: f64| if 0.0 < square { (product / square) as f32 } else { 0.0 };
        let parts = [part(of_x), part(of_y)];
        let [xx, xy, yx, yy, of_gradients @ ..] =
            simd::less_template(level, &self.template, [wx, wy], parts, [gx, gy]);
        self.template_square = square;
        self.sensitivity = Matrix2 { xx, xy, yx, yy };
        self.roughness = Roughness::of_products(of_gradients, square);
        (self.is_kept, self.of_noise) = (false, OnceLock::new());
    }

    /// The same without further rows and columns, made into `out`.
    pub fn trimmed(&self, inset: Inset, out: &mut Self) {
        let of = Patches {
            template: self.template.view(self.size),
            weights: self.weights.each_ref().map(|rows| rows.view(self.size)),
            gradients: self.gradients.each_ref().map(|rows| rows.view(self.size)),
            noise: self.noise,
        };
        out.build(of, inset);
        out.origin.0 += self.origin.0;
        out.origin.1 += self.origin.1;
    }

    /// First fitted column and row of the window.
    pub fn origin(&self) -> (usize, usize) {
        self.origin
    }

    /// Fitted columns and rows.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Zero-mean template, with zeros beyond the width.
    pub fn template(&self) -> &Rows {
        &self.template
    }

    /// Weights for a shift in x and in y, with zeros beyond the width.
    pub fn weights(&self) -> &[Rows; 2] {
        &self.weights
    }

    /// Σ t²
    pub fn template_square(&self) -> f64 {
        self.template_square
    }

    /// Σ w gᵀ: by how much the weighted sums change with a shift, as far as the template tells.
    pub fn sensitivity(&self) -> Matrix2 {
        self.sensitivity
    }

    /// How fast the template stops to resemble itself.
    pub fn roughness(&self) -> Roughness {
        self.roughness
    }

    /// What noise does to a fit of it, found once.
    pub fn of_noise(&self, find: impl FnOnce() -> OfNoise) -> &OfNoise {
        self.of_noise.get_or_init(find)
    }

    /// Says that it will be fitted to many frames.
    pub fn keep(&mut self) {
        self.is_kept = true;
    }

    /// Whether it will be fitted to many frames.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// See [`Weights::noise`](super::weights::Weights::noise).
    pub fn noise(&self) -> [f64; 2] {
        self.noise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size::new(9, 7);

    fn built(inset: Inset) -> Steepest {
        let line = |f: fn(f64, f64) -> f64| -> Vec<f32> {
            let value = |i: usize| f((i % SIZE.width) as f64, (i / SIZE.width) as f64) as f32;
            (0..SIZE.area()).map(value).collect()
        };
        let template = line(|x, y| (0.7 * x).sin() * (0.5 * y).cos());
        let x = line(|x, y| 0.7 * (0.7 * x).cos() * (0.5 * y).cos());
        let y = line(|x, y| -0.5 * (0.7 * x).sin() * (0.5 * y).sin());
        let mut steepest = Steepest::default();
        let [template, x, y] = [&template, &x, &y].map(|of| View::new(SIZE, of));
        let of = Patches { template, weights: [x, y], gradients: [x, y], noise: [1.0; 2] };
        steepest.build(of, inset);
        steepest
    }

    #[test]
    fn neither_brightness_nor_contrast_looks_like_motion() {
        let of = built(Inset::default());
        for weights in of.weights() {
            assert!(simd::sum(weights.all()).abs() < 1e-5);
            assert!(simd::dot(of.template().all(), weights.all()).abs() < 1e-5);
        }
    }

    #[test]
    fn trimming_later_is_leaving_out_at_once() {
        let inset = Inset { left: 1, bottom: 2, ..Inset::default() };
        let mut trimmed = Steepest::default();
        built(Inset::default()).trimmed(inset, &mut trimmed);
        let at_once = built(inset);
        assert_eq!(trimmed.origin(), (1, 0));
        assert_eq!(trimmed.size(), Size::new(8, 5));
        let difference = trimmed.sensitivity().xx - at_once.sensitivity().xx;
        assert!(difference.abs() < 1e-5, "{difference}");
    }

    #[test]
    fn an_inset_wider_than_the_window_leaves_nothing_to_fit() {
        let inset = Inset { left: SIZE.width + 1, ..Inset::default() };
        let nothing = built(inset);
        assert!(nothing.size().is_empty() && nothing.sensitivity().inverse().is_none());
        let mut trimmed = Steepest::default();
        nothing.trimmed(inset, &mut trimmed);
        assert!(trimmed.size().is_empty());
    }
}
