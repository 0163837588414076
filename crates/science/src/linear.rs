//! Small symmetric systems of equations: the normal equations of a model with a dozen terms.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is below the order of the matrix, which owns its storage"
)]

/// A symmetric matrix, of which the lower triangle is used.
#[derive(Clone, Debug)]
pub(crate) struct Symmetric {
    order: usize,
    cells: Vec<f64>,
}

/// The Cholesky factor of a positive definite matrix.
#[derive(Clone, Debug)]
pub(crate) struct Factor(Symmetric);

/// What is left of a diagonal cell, in parts of it, when its row depends on the ones before.
const DEPENDENT: f64 = 1e-9;

impl Symmetric {
    pub(crate) fn zero(order: usize) -> Self {
        Self { order, cells: vec![0.0; order * order] }
    }

    /// Adds `weight x xᵀ`.
    pub(crate) fn add(&mut self, weight: f64, x: &[f64]) {
        for (row, a) in x.iter().take(self.order).enumerate() {
            if *a != 0.0 {
                for (column, b) in x.iter().take(row + 1).enumerate() {
                    self.cells[row * self.order + column] += weight * a * b;
                }
            }
        }
    }

    /// The factor `L` with `L Lᵀ` = the matrix (Golub & Van Loan 2013, algorithm 4.2.1); `None` when a row depends on the
    /// ones before it, so that the system has no single solution.
    pub(crate) fn factor(&self) -> Option<Factor> {
        let (n, mut l) = (self.order, self.clone());
        for column in 0..n {
            let diagonal = l.cells[column * n + column];
            let mut rest = diagonal;
            for k in 0..column {
                rest -= l.cells[column * n + k] * l.cells[column * n + k];
            }
            if !rest.is_finite() || rest <= DEPENDENT * diagonal {
                return None;
            }
            let root = rest.sqrt();
            l.cells[column * n + column] = root;
            for row in column + 1..n {
                let mut cell = l.cells[row * n + column];
                for k in 0..column {
                    cell -= l.cells[row * n + k] * l.cells[column * n + k];
                }
                l.cells[row * n + column] = cell / root;
            }
        }
        Some(Factor(l))
    }
}

impl Factor {
    /// Solves for the right side `b`, which has the order of the matrix.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let (n, l) = (self.0.order, &self.0.cells);
        let mut x: Vec<f64> = b.iter().copied().chain(std::iter::repeat(0.0)).take(n).collect();
        for row in 0..n {
            for k in 0..row {
                x[row] -= l[row * n + k] * x[k];
            }
            x[row] /= l[row * n + row];
        }
        for row in (0..n).rev() {
            for k in row + 1..n {
                x[row] -= l[k * n + row] * x[k];
            }
            x[row] /= l[row * n + row];
        }
        x
    }

    /// A diagonal cell of the inverse.
    pub(crate) fn inverse_diagonal(&self, index: usize) -> f64 {
        let unit: Vec<f64> = (0..self.0.order).map(|i| if i == index { 1.0 } else { 0.0 }).collect();
        self.solve(&unit)[index]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_that_depends_on_others_is_found() {
        let mut matrix = Symmetric::zero(3);
        for x in [[1.0, 0.0, 1.0], [1.0, 1.0, 2.0], [1.0, 2.0, 3.0]] {
            matrix.add(1.0, &x);
        }
        assert!(matrix.factor().is_none());
    }

    proptest! {
        #[test]
        fn the_solution_solves(rows in prop::collection::vec(prop::collection::vec(-3.0_f64..3.0, 4), 8..20), truth in prop::collection::vec(-5.0_f64..5.0, 4)) {
            let mut matrix = Symmetric::zero(4);
            let mut right = [0.0; 4];
            for x in &rows {
                matrix.add(1.0, x);
                let value: f64 = x.iter().zip(&truth).map(|(a, b)| a * b).sum();
                right.iter_mut().zip(x).for_each(|(r, a)| *r += a * value);
            }
            if let Some(factor) = matrix.factor() {
                prop_assert!(factor.solve(&right).iter().zip(&truth).all(|(a, b)| (a - b).abs() < 1e-4));
            }
        }
    }
}
