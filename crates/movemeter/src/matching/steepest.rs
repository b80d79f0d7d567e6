//! The steepest descents of a template: how its pixels change when it is shifted a little.
//!
//! They are made orthogonal to a change of brightness (a constant) and of contrast (the template
//! itself). So neither can be mistaken for motion, and a Gauss–Newton step needs one sum per axis.

use crate::geometry::{Rect, Size};
use crate::simd;

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
const BORDER_PX: isize = 3;

/// A symmetric 2×2 matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Symmetric {
    /// Top left.
    pub xx: f64,
    /// Off the diagonal.
    pub xy: f64,
    /// Bottom right.
    pub yy: f64,
}

impl Symmetric {
    /// Its inverse; `None` if its smaller eigenvalue is not positive or is lost in the larger.
    pub fn inverse(self) -> Option<Self> {
        let determinant = self.xx * self.yy - self.xy * self.xy;
        let trace = self.xx + self.yy;
        (0.0 < trace && SINGULAR * trace * trace < determinant).then(|| Self {
            xx: self.yy / determinant,
            xy: -self.xy / determinant,
            yy: self.xx / determinant,
        })
    }

    /// The matrix times a vector.
    pub fn times(self, x: f64, y: f64) -> (f64, f64) {
        (self.xx * x + self.xy * y, self.xy * x + self.yy * y)
    }

    /// self · middle · self
    pub fn around(self, middle: Self) -> Self {
        let (ax, ay) = middle.times(self.xx, self.xy);
        let (bx, by) = middle.times(self.xy, self.yy);
        Self {
            xx: self.xx * ax + self.xy * ay,
            xy: self.xx * bx + self.xy * by,
            yy: self.xy * bx + self.yy * by,
        }
    }

    /// The larger eigenvalue.
    pub fn largest(self) -> f64 {
        let half = 0.5 * (self.xx - self.yy);
        0.5 * (self.xx + self.yy) + half.hypot(self.xy)
    }
}

/// A determinant below this part of the squared trace is rounding of `f32` gradients.
const SINGULAR: f64 = 1e-10;

/// Template pixels and steepest descents of the part of a window that is fitted.
#[derive(Clone, Debug, Default)]
pub struct Steepest {
    origin: (usize, usize),
    size: Size,
    template: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
    template_square: f64,
    hessian: Symmetric,
}

impl Steepest {
    /// From a window's template and gradients (row by row, `size` each), leaving `inset` out.
    ///
    /// Gradients may already be freed of constant and template: what is removed twice stays removed.
    pub fn build(&mut self, [template, x, y]: [&[f32]; 3], size: Size, inset: Inset) {
        self.origin = (inset.left, inset.top);
        self.size = inset.leaves(size);
        let part = self.origin;
        for (from, to) in [(template, &mut self.template), (x, &mut self.x), (y, &mut self.y)] {
            copy_part(from, size, part, self.size, to);
            remove_mean(to);
        }
        self.template_square = simd::dot(&self.template, &self.template);
        for steepest in [&mut self.x, &mut self.y] {
            remove(&self.template, self.template_square, steepest);
        }
        self.hessian = products(&self.x, &self.y);
    }

    /// The same without further rows and columns, made into `out`.
    pub fn trimmed(&self, inset: Inset, out: &mut Self) {
        out.build([&self.template, &self.x, &self.y], self.size, inset);
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

    /// Zero-mean template, row by row.
    pub fn template(&self) -> &[f32] {
        &self.template
    }

    /// Steepest descent in x, row by row.
    pub fn x(&self) -> &[f32] {
        &self.x
    }

    /// Steepest descent in y, row by row.
    pub fn y(&self) -> &[f32] {
        &self.y
    }

    /// Σ t²
    pub fn template_square(&self) -> f64 {
        self.template_square
    }

    /// Σ g gᵀ
    pub fn hessian(&self) -> Symmetric {
        self.hessian
    }
}

fn copy_part(from: &[f32], size: Size, (x, y): (usize, usize), part: Size, to: &mut Vec<f32>) {
    to.clear();
    for row in from.chunks_exact(size.width.max(1)).skip(y).take(part.height) {
        to.extend_from_slice(&row[x..x + part.width]);
    }
}

fn remove_mean(values: &mut [f32]) {
    let mean = simd::sum(values) / values.len().max(1) as f64;
    for value in values {
        *value -= mean as f32;
    }
}

fn remove(direction: &[f32], square: f64, from: &mut [f32]) {
    if square <= 0.0 {
        return;
    }
    let share = (simd::dot(direction, from) / square) as f32;
    simd::add_scaled(-share, direction, from);
}

pub(super) fn products(x: &[f32], y: &[f32]) -> Symmetric {
    Symmetric { xx: simd::dot(x, x), xy: simd::dot(x, y), yy: simd::dot(y, y) }
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
        steepest.build([&template, &x, &y], SIZE, inset);
        steepest
    }

    #[test]
    fn neither_brightness_nor_contrast_looks_like_motion() {
        let of = built(Inset::default());
        let ones = vec![1.0; SIZE.area()];
        for steepest in [of.x(), of.y()] {
            assert!(simd::dot(&ones, steepest).abs() < 1e-5);
            assert!(simd::dot(of.template(), steepest).abs() < 1e-5);
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
        let difference = trimmed.hessian().xx - at_once.hessian().xx;
        assert!(difference.abs() < 1e-5, "{difference}");
    }

    #[test]
    fn an_inset_wider_than_the_window_leaves_nothing_to_fit() {
        let inset = Inset { left: SIZE.width + 1, ..Inset::default() };
        let nothing = built(inset);
        assert!(nothing.size().is_empty() && nothing.hessian().inverse().is_none());
        let mut trimmed = Steepest::default();
        nothing.trimmed(inset, &mut trimmed);
        assert!(trimmed.size().is_empty());
    }

    #[test]
    fn a_matrix_times_its_inverse_is_one_and_a_singular_one_has_none() {
        let matrix = Symmetric { xx: 3.0, xy: 1.0, yy: 2.0 };
        let (x, y) = matrix.inverse().unwrap().times(4.0, 3.0);
        assert!((x - 1.0).abs() < 1e-12 && (y - 1.0).abs() < 1e-12);
        assert_eq!(Symmetric { xx: 1.0, xy: 1.0, yy: 1.0 }.inverse(), None);
        assert!((matrix.largest() - 3.618_033_988_7).abs() < 1e-9);
    }
}
