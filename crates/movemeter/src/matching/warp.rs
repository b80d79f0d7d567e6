//! How a window's content may change its place and shape: models, and the warps they allow.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matrix::Vector;
use crate::deformation::Deformation;
use crate::geometry::Point;

/// What a window's content may do between two frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Move.
    #[default]
    Translation,
    /// Move and turn.
    Rigid,
    /// Move, turn, stretch and shear.
    Affine,
}

impl Model {
    /// Every model, the default first.
    pub const ALL: [Self; 3] = [Self::Translation, Self::Rigid, Self::Affine];

    /// Its name in recipes and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Translation => "translation",
            Self::Rigid => "rigid",
            Self::Affine => "affine",
        }
    }

    /// How many parameters it has.
    pub const fn n_parameters(self) -> usize {
        match self {
            Self::Translation => 2,
            Self::Rigid => 3,
            Self::Affine => 6,
        }
    }

    /// The parameters of a simpler model as directions in this one's; `None` if it is not simpler.
    ///
    /// All parameters are px: those of shape are the motion at one radius from the centre. In order:
    /// x, y; for rigid, turned; for affine, x by x, x by y, y by x, y by y.
    pub fn basis(self, of: Self) -> Option<&'static [Vector]> {
        const UNIT: [Vector; 6] = [
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
        ];
        const TURN: [Vector; 3] = [UNIT[0], UNIT[1], [0.0, 0.0, 0.0, -1.0, 1.0, 0.0]];
        match (self, of) {
            (_, Self::Translation) => Some(&UNIT[..2]),
            (Self::Rigid, Self::Rigid) => Some(&UNIT[..3]),
            (Self::Affine, Self::Rigid) => Some(&TURN),
            (Self::Affine, Self::Affine) => Some(&UNIT),
            (Self::Translation, _) | (Self::Rigid, Self::Affine) => None,
        }
    }

    /// The angle as a combination of the parameters, in radii: radians times the radius.
    pub const fn angle(self) -> Vector {
        match self {
            Self::Translation => [0.0; 6],
            Self::Rigid => [0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
            // The antisymmetric part: what polar decomposition gives to first order.
            Self::Affine => [0.0, 0.0, 0.0, -0.5, 0.5, 0.0],
        }
    }
}

/// Where a window's content is: its centre, and how the surroundings of the centre are deformed.
///
/// ```text
/// W(r) = (x, y) + A r        r: from the window's centre, px
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// Of the centre.
    pub x: f64,
    /// Of the centre.
    pub y: f64,
    /// The deformation gradient A, row by row.
    pub a: [[f64; 2]; 2],
}

impl Warp {
    /// Centred here, neither turned nor deformed.
    pub const fn at(x: f64, y: f64) -> Self {
        Self { x, y, a: [[1.0, 0.0], [0.0, 1.0]] }
    }

    /// Centred here, and turned from +x towards +y.
    pub fn turned(x: f64, y: f64, angle_rad: f64) -> Self {
        let (sin, cos) = angle_rad.sin_cos();
        Self { x, y, a: [[cos, -sin], [sin, cos]] }
    }

    /// The small warp of these parameters, about the origin. A rigid one turns by its angle exactly.
    pub fn of(model: Model, parameters: &Vector, radius: f64) -> Self {
        let [x, y, shape @ ..] = *parameters;
        let [first, second, third, fourth] = shape.map(|px| px / radius);
        match model {
            Model::Translation => Self::at(x, y),
            Model::Rigid => Self::turned(x, y, first),
            Model::Affine => Self { x, y, a: [[1.0 + first, second], [third, 1.0 + fourth]] },
        }
    }

    /// Where the pixel this far from the window's centre is.
    pub fn place(&self, x: f64, y: f64) -> Point {
        let [[xx, xy], [yx, yy]] = self.a;
        Point { x: self.x + xx * x + xy * y, y: self.y + yx * x + yy * y }
    }

    /// This warp after the inverse of another; `None` if that one has no inverse.
    pub fn after_inverse(&self, step: &Self) -> Option<Self> {
        let [[xx, xy], [yx, yy]] = step.a;
        let determinant = xx * yy - xy * yx;
        if determinant.is_nan() || determinant < MIN_DETERMINANT {
            return None;
        }
        let inverse = [[yy, -xy], [-yx, xx]].map(|row| row.map(|value| value / determinant));
        let column = |j: usize| [inverse[0][j], inverse[1][j]];
        let row = |row: [f64; 2]| [dot(row, column(0)), dot(row, column(1))];
        let a = self.a.map(row);
        let Point { x, y } = Self { a, ..*self }.place(-step.x, -step.y);
        Some(Self { x, y, a })
    }

    /// How this deforms. The angle is that of the rotation in the polar decomposition.
    pub fn deformation(&self, sd_angle_rad: f64) -> Deformation {
        Deformation { sd_angle_rad: sd_angle_rad as f32, ..Deformation::of_gradient(self.a) }
    }
}

/// A step that shrinks the area to less than this is no step towards a match.
const MIN_DETERMINANT: f64 = 0.1;

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warp_after_its_own_inverse_is_none_at_all() {
        let warp = Warp { x: 3.0, y: -2.0, a: [[1.1, 0.2], [-0.3, 0.9]] };
        let none = warp.after_inverse(&warp).unwrap();
        assert!(none.x.abs() + none.y.abs() < 1e-12);
        assert!((none.a[0][0] - 1.0).abs() + none.a[0][1].abs() + none.a[1][0].abs() < 1e-12);
    }

    #[test]
    fn composing_moves_each_point_first_back_then_on() {
        let warp = Warp::turned(5.0, 1.0, 2.0);
        let step = Warp { x: 0.3, y: -0.1, a: [[1.01, 0.02], [-0.03, 0.99]] };
        let both = warp.after_inverse(&step).unwrap();
        let there = step.place(4.0, 7.0);
        let (a, b) = (both.place(there.x, there.y), warp.place(4.0, 7.0));
        assert!((a.x - b.x).abs() < 1e-12 && (a.y - b.y).abs() < 1e-12);
    }

    #[test]
    fn a_positive_angle_turns_from_x_towards_y() {
        let right = Warp::turned(0.0, 0.0, 0.5).place(1.0, 0.0);
        assert!(0.0 < right.y);
        let found = Warp::turned(0.0, 0.0, 3.0).deformation(0.0);
        assert!((found.angle_rad - 3.0).abs() < 1e-12 && found.exx.abs() < 1e-6);
    }

    #[test]
    fn a_small_turn_is_the_same_in_both_models() {
        let turn = Model::Affine.basis(Model::Rigid).unwrap()[2];
        let small = turn.map(|value| 1e-4 * value);
        let affine = Warp::of(Model::Affine, &small, 1.0).deformation(0.0).angle_rad;
        let by_vector: f64 =
            Model::Affine.angle().iter().zip(small).map(|(angle, value)| angle * value).sum();
        assert!((affine - 1e-4).abs() < 1e-11 && (by_vector - 1e-4).abs() < 1e-11);
    }
}
