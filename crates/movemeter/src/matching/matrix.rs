//! Small symmetric matrices: one row for each parameter of a fit.

/// The most parameters a fit has: an affine warp's.
pub const MAX_PARAMETERS: usize = 6;

/// One number for each parameter; those beyond the last are 0.
pub type Vector = [f64; MAX_PARAMETERS];

/// A symmetric matrix of `n` rows; what lies beyond is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Matrix {
    n: usize,
    at: [Vector; MAX_PARAMETERS],
}

/// A pivot below this part of the mean of the diagonal is rounding of `f32` gradients. The
/// parameters are scaled alike, so that one limit serves all.
const SINGULAR: f64 = 1e-7;

impl Matrix {
    /// The matrix with `value(i, j)`, asked for j ≤ i only.
    pub fn of(n: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut at = [[0.0; MAX_PARAMETERS]; MAX_PARAMETERS];
        for (i, j) in (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))) {
            at[i][j] = value(i, j);
            at[j][i] = at[i][j];
        }
        Self { n, at }
    }

    /// Its entry in row i and column j.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.at[i][j]
    }

    /// The matrix times a vector.
    pub fn times(&self, vector: &Vector) -> Vector {
        self.at.map(|row| dot(&row, vector))
    }

    /// aᵀ · self · b
    pub fn between(&self, a: &Vector, b: &Vector) -> f64 {
        dot(a, &self.times(b))
    }

    /// self − weight · other
    pub fn less(&self, weight: f64, other: &Self) -> Self {
        Self::of(self.n, |i, j| self.at[i][j] - weight * other.at[i][j])
    }

    /// self · middle · self, times `scale`
    pub fn around(&self, middle: &Self, scale: f64) -> Self {
        Self::of(self.n, |i, j| scale * middle.between(&self.at[i], &self.at[j]))
    }

    /// The same quadratic form of fewer parameters: one for each direction of the basis.
    pub fn along(&self, basis: &[Vector]) -> Self {
        Self::of(basis.len(), |i, j| self.between(&basis[i], &basis[j]))
    }

    /// Its inverse; `None` unless it is positive definite beyond rounding.
    pub fn inverse(&self) -> Option<Self> {
        let root = self.root()?;
        let mut columns = [[0.0; MAX_PARAMETERS]; MAX_PARAMETERS];
        for (k, column) in columns.iter_mut().enumerate().take(self.n) {
            column[k] = 1.0;
            solve(&root, self.n, column);
        }
        Some(Self::of(self.n, |i, j| columns[j][i]))
    }

    /// The lower triangle L with L Lᵀ = self (A.-L. Cholesky).
    fn root(&self) -> Option<[Vector; MAX_PARAMETERS]> {
        let trace: f64 = (0..self.n).map(|i| self.at[i][i]).sum();
        let least = SINGULAR * trace / self.n as f64;
        let mut root = [[0.0; MAX_PARAMETERS]; MAX_PARAMETERS];
        for i in 0..self.n {
            for j in 0..i {
                root[i][j] = (self.at[i][j] - dot(&root[i], &root[j])) / root[j][j];
            }
            let pivot = self.at[i][i] - dot(&root[i], &root[i]);
            if !(least < pivot && 0.0 < pivot) {
                return None;
            }
            root[i][i] = pivot.sqrt();
        }
        Some(root)
    }
}

/// Turns b into x with L Lᵀ x = b.
fn solve(root: &[Vector; MAX_PARAMETERS], n: usize, b: &mut Vector) {
    for i in 0..n {
        let known: f64 = (0..i).map(|j| root[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / root[i][i];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| root[j][i] * b[j]).sum();
        b[i] = (b[i] - known) / root[i][i];
    }
}

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hilbert_and_one(n: usize) -> Matrix {
        Matrix::of(n, |i, j| 1.0 / (i + j + 1) as f64 + f64::from(u8::from(i == j)))
    }

    #[test]
    fn a_matrix_times_its_inverse_changes_nothing() {
        for n in 1..=MAX_PARAMETERS {
            let matrix = hilbert_and_one(n);
            let mut vector = [0.0; MAX_PARAMETERS];
            vector[..n].copy_from_slice(&[1.0, -2.0, 3.0, 0.5, 0.25, -1.0][..n]);
            let back = matrix.inverse().unwrap().times(&matrix.times(&vector));
            assert!(back.iter().zip(vector).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
        }
    }

    #[test]
    fn a_singular_matrix_has_no_inverse() {
        assert_eq!(Matrix::of(3, |_, _| 1.0).inverse(), None);
        assert_eq!(Matrix::of(2, |_, _| 0.0).inverse(), None);
        assert_eq!(Matrix::of(2, |_, _| f64::NAN).inverse(), None);
    }

    #[test]
    fn a_form_along_a_basis_is_that_of_the_combined_parameters() {
        let basis = [[1.0, 0.0, 2.0, 0.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0, 0.0, 0.0]];
        let (matrix, x) = (hilbert_and_one(3), [0.3, 0.7, 0.0, 0.0, 0.0, 0.0]);
        let combined = [0.3, 0.7, -0.1, 0.0, 0.0, 0.0];
        let apart = matrix.along(&basis).between(&x, &x) - matrix.between(&combined, &combined);
        assert!(apart.abs() < 1e-12);
    }
}
