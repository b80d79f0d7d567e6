//! How a window's content turned and deformed.

use std::f64::consts::TAU;

/// What of deformation is measured besides the displacement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deforming {
    /// Nothing.
    #[default]
    No,
    /// The angle.
    Turning,
    /// The angle and the strains.
    Straining,
}

/// How a window's content turned and deformed since the reference.
///
/// With the deformation gradient F (how a small distance in the reference looks now) and its polar
/// decomposition F = R U, the angle is that of the rotation R, positive from +x towards +y, and the
/// strains are those of Green and Lagrange, E = ½ (Fᵀ F − I), whose axes are the reference's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deformation {
    /// How far it turned, rad; summed over frames it may be more than a full turn. NaN where it was
    /// not measured.
    pub angle_rad: f64,
    /// Standard deviation of the angle's error, rad.
    pub sd_angle_rad: f32,
    /// Stretched along x.
    pub exx: f32,
    /// Sheared.
    pub exy: f32,
    /// Stretched along y.
    pub eyy: f32,
}

impl Deformation {
    /// Not measured.
    pub const UNKNOWN: Self = Self {
        angle_rad: f64::NAN,
        sd_angle_rad: f32::NAN,
        exx: f32::NAN,
        exy: f32::NAN,
        eyy: f32::NAN,
    };
    /// Neither turned nor deformed.
    pub const NONE: Self = Self { angle_rad: 0.0, sd_angle_rad: 0.0, exx: 0.0, exy: 0.0, eyy: 0.0 };

    /// Whether it was measured.
    pub fn is_known(&self) -> bool {
        !self.angle_rad.is_nan()
    }

    /// Of a deformation gradient, row by row; nothing is said of the error.
    pub fn of_gradient([[xx, xy], [yx, yy]]: [[f64; 2]; 2]) -> Self {
        Self {
            angle_rad: (yx - xy).atan2(xx + yy),
            sd_angle_rad: f32::NAN,
            exx: (0.5 * (xx * xx + yx * yx - 1.0)) as f32,
            exy: (0.5 * (xx * xy + yx * yy)) as f32,
            eyy: (0.5 * (xy * xy + yy * yy - 1.0)) as f32,
        }
    }

    /// The deformation gradient, R U with U = √(2E + I).
    pub fn gradient(&self) -> [[f64; 2]; 2] {
        let of = |strain: f32, one: f64| 2.0 * f64::from(strain) + one;
        let (xx, xy, yy) = (of(self.exx, 1.0), of(self.exy, 0.0), of(self.eyy, 1.0));
        // The root of a symmetric matrix C is (C + √det C)/√(tr C + 2 √det C).
        let root = (xx * yy - xy * xy).max(0.0).sqrt();
        let scale = 1.0 / (xx + yy + 2.0 * root).sqrt();
        let stretch = [[scale * (xx + root), scale * xy], [scale * xy, scale * (yy + root)]];
        let (sin, cos) = self.angle_rad.sin_cos();
        product([[cos, -sin], [sin, cos]], stretch)
    }

    /// What brings the present shape back to that in the reference.
    pub fn inverse(&self) -> Self {
        if !self.is_known() {
            return Self::UNKNOWN;
        }
        let [[xx, xy], [yx, yy]] = self.gradient();
        let determinant = xx * yy - xy * yx;
        let inverse = [[yy, -xy], [-yx, xx]].map(|row| row.map(|value| value / determinant));
        Self {
            // Not by way of the gradient: that keeps no full turns, nor the sign of half a turn.
            angle_rad: 0.0 - self.angle_rad,
            sd_angle_rad: self.sd_angle_rad,
            ..Self::of_gradient(inverse)
        }
    }

    /// This deformation and then another, with independent errors. Angles add up, past a full turn too.
    pub fn then(&self, next: &Self) -> Self {
        if !(self.is_known() && next.is_known()) {
            return Self::UNKNOWN;
        }
        let both = Self::of_gradient(product(next.gradient(), self.gradient()));
        let sum = self.angle_rad + next.angle_rad;
        // Strained differently, the angle of both is not quite the sum.
        let rest = both.angle_rad - sum;
        Self {
            angle_rad: sum + (rest - TAU * (rest / TAU).round()),
            sd_angle_rad: self.sd_angle_rad.hypot(next.sd_angle_rad),
            ..both
        }
    }

    /// How much farther than the centre a point moves that is this far from it.
    pub fn moves(&self, x: f64, y: f64) -> (f64, f64) {
        let [[xx, xy], [yx, yy]] = self.gradient();
        ((xx - 1.0) * x + xy * y, yx * x + (yy - 1.0) * y)
    }
}

fn product(a: [[f64; 2]; 2], b: [[f64; 2]; 2]) -> [[f64; 2]; 2] {
    a.map(|row| [0, 1].map(|j| row[0] * b[0][j] + row[1] * b[1][j]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRADIENT: [[f64; 2]; 2] = [[0.02, -1.05], [0.97, 0.08]];

    fn near(a: [[f64; 2]; 2], b: [[f64; 2]; 2]) {
        let apart = a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| (a - b).abs());
        // Strains are kept in single precision.
        assert!(apart.fold(0.0, f64::max) < 1e-6, "{a:?} {b:?}");
    }

    #[test]
    fn angle_and_strains_say_all_of_a_gradient() {
        near(Deformation::of_gradient(GRADIENT).gradient(), GRADIENT);
    }

    #[test]
    fn there_and_back_is_no_deformation() {
        let there = Deformation { sd_angle_rad: 0.0, ..Deformation::of_gradient(GRADIENT) };
        near(there.then(&there.inverse()).gradient(), Deformation::NONE.gradient());
    }

    #[test]
    fn angles_add_up_past_a_full_turn() {
        let step = Deformation { angle_rad: 2.5, ..Deformation::NONE };
        let sum = step.then(&step).then(&step);
        assert!((sum.angle_rad - 7.5).abs() < 1e-9, "{}", sum.angle_rad);
        let half = Deformation { angle_rad: -std::f64::consts::PI, ..Deformation::NONE };
        assert!((half.then(&half).angle_rad + TAU).abs() < 1e-9);
    }

    #[test]
    fn a_point_beside_the_centre_moves_with_the_turn() {
        let quarter = Deformation { angle_rad: 0.25 * TAU, ..Deformation::NONE };
        let (dx, dy) = quarter.moves(0.5, 0.0);
        assert!((dx + 0.5).abs() < 1e-12 && (dy - 0.5).abs() < 1e-12);
    }
}
