//! 2×2 matrices of sums over a window.

/// A 2×2 matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Matrix2 {
    /// Top left.
    pub xx: f64,
    /// Top right.
    pub xy: f64,
    /// Bottom left.
    pub yx: f64,
    /// Bottom right.
    pub yy: f64,
}

/// A determinant below this part of the squared trace is rounding of `f32` sums.
const SINGULAR: f64 = 1e-10;

impl Matrix2 {
    /// Its inverse; `None` if it does not tell every direction: of a sum of squares, if its smaller
    /// eigenvalue is not positive or is lost in the larger.
    pub fn inverse(self) -> Option<Self> {
        let determinant = self.xx * self.yy - self.xy * self.yx;
        let trace = self.xx + self.yy;
        (0.0 < trace && SINGULAR * trace * trace < determinant).then(|| Self {
            xx: self.yy / determinant,
            xy: -self.xy / determinant,
            yx: -self.yx / determinant,
            yy: self.xx / determinant,
        })
    }

    /// The matrix times a vector.
    pub fn times(self, x: f64, y: f64) -> (f64, f64) {
        (self.xx * x + self.xy * y, self.yx * x + self.yy * y)
    }

    /// self − other
    pub fn minus(self, other: Self) -> Self {
        Self {
            xx: self.xx - other.xx,
            xy: self.xy - other.xy,
            yx: self.yx - other.yx,
            yy: self.yy - other.yy,
        }
    }

    /// Each element times a number.
    pub fn scaled(self, by: f64) -> Self {
        Self { xx: by * self.xx, xy: by * self.xy, yx: by * self.yx, yy: by * self.yy }
    }

    /// self + other
    pub fn plus(self, other: Self) -> Self {
        self.minus(other.scaled(-1.0))
    }

    /// self · middle · selfᵀ
    pub fn around(self, middle: Self) -> Self {
        let (ax, ay) = middle.transposed().times(self.xx, self.xy);
        let (bx, by) = middle.transposed().times(self.yx, self.yy);
        Self {
            xx: self.xx * ax + self.xy * ay,
            xy: self.yx * ax + self.yy * ay,
            yx: self.xx * bx + self.xy * by,
            yy: self.yx * bx + self.yy * by,
        }
    }

    fn transposed(self) -> Self {
        Self { xy: self.yx, yx: self.xy, ..self }
    }

    /// The larger eigenvalue, if it is symmetric.
    pub fn largest(self) -> f64 {
        let half = 0.5 * (self.xx - self.yy);
        0.5 * (self.xx + self.yy) + half.hypot(self.xy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_one_and_a_singular_one_has_none() {
        let matrix = Matrix2 { xx: 3.0, xy: 1.0, yx: 0.5, yy: 2.0 };
        let (x, y) = matrix.inverse().unwrap().times(4.0, 2.5);
        assert!((x - 1.0).abs() < 1e-12 && (y - 1.0).abs() < 1e-12);
        assert_eq!(Matrix2 { xx: 1.0, xy: 1.0, yx: 1.0, yy: 1.0 }.inverse(), None);
        let symmetric = Matrix2 { xx: 3.0, xy: 1.0, yx: 1.0, yy: 2.0 };
        assert!((symmetric.largest() - 3.618_033_988_7).abs() < 1e-9);
    }

    #[test]
    fn around_multiplies_from_both_sides() {
        let (a, m) = (
            Matrix2 { xx: 2.0, xy: 1.0, yx: 0.0, yy: 3.0 },
            Matrix2 { xx: 1.0, xy: 0.5, yx: 0.5, yy: 4.0 },
        );
        // [2 1; 0 3] [1 ½; ½ 4] [2 0; 1 3]
        assert_eq!(a.around(m), Matrix2 { xx: 10.0, xy: 15.0, yx: 15.0, yy: 36.0 });
    }
}
