//! What the field would use instead, written out: independent of the search and of its objectives.

use nalgebra::{DMatrix, SymmetricEigen};

/// Jacobi angles for joint diagonalization (Cardoso and Souloumiac, SIAM J. Matrix Anal. Appl. 17, 1996), real case,
/// from the identity. Returns `Σ ‖offdiag(WᵀCW)‖²` and the number of sweeps.
pub fn jacobi_angles(matrices: &[DMatrix<f64>]) -> (f64, usize) {
    let mut matrices = matrices.to_vec();
    let dim = matrices.first().map_or(0, DMatrix::nrows);
    for sweep in 1..=200 {
        let mut largest = 0.0f64;
        for p in 0..dim {
            for q in p + 1..dim {
                let (mut on, mut off) = (0.0, 0.0);
                for c in &matrices {
                    let (h, k) = (c[(p, p)] - c[(q, q)], 2.0 * c[(p, q)]);
                    on += h * h - k * k;
                    off += 2.0 * h * k;
                }
                let angle = 0.5 * off.atan2(on + on.hypot(off));
                largest = largest.max(angle.abs());
                let (s, c) = angle.sin_cos();
                for matrix in &mut matrices {
                    rotate_columns(matrix, p, q, c, s);
                    let mut transposed = matrix.transpose();
                    rotate_columns(&mut transposed, p, q, c, s);
                    *matrix = transposed;
                }
            }
        }
        if largest < 1e-10 {
            return (off_diagonal(&matrices), sweep);
        }
    }
    (off_diagonal(&matrices), 200)
}

/// The same criterion for the eigenvectors of the mean matrix: what the published "JacobiAJD" comes to, for its
/// angles sum the matrices. A counter-example, not a method.
pub fn mean_eigenvectors(matrices: &[DMatrix<f64>]) -> f64 {
    let Some(first) = matrices.first() else { return 0.0 };
    let sum = matrices.iter().skip(1).fold(first.clone(), |sum, c| sum + c);
    let w = SymmetricEigen::new(sum).eigenvectors;
    off_diagonal(&matrices.iter().map(|c| w.tr_mul(&(c * &w))).collect::<Vec<_>>())
}

/// Kaiser's varimax (1958) by planes, without row normalisation, as `rotatefactors` does with `Normalize off`.
/// Returns minus the sum over factors of the variance of the squared loadings.
pub fn kaiser_varimax(loadings: &DMatrix<f64>) -> f64 {
    let mut b = loadings.clone();
    let n = b.nrows() as f64;
    for _ in 0..1000 {
        let mut largest = 0.0f64;
        for p in 0..b.ncols() {
            for q in p + 1..b.ncols() {
                let (mut u_sum, mut v_sum, mut num, mut den) = (0.0, 0.0, 0.0, 0.0);
                for row in 0..b.nrows() {
                    let (x, y) = (b[(row, p)], b[(row, q)]);
                    let (u, v) = (x * x - y * y, 2.0 * x * y);
                    (u_sum, v_sum) = (u_sum + u, v_sum + v);
                    (num, den) = (num + 2.0 * u * v, den + u * u - v * v);
                }
                let angle =
                    0.25 * (num - 2.0 * u_sum * v_sum / n).atan2(den - (u_sum * u_sum - v_sum * v_sum) / n);
                largest = largest.max(angle.abs());
                let (s, c) = angle.sin_cos();
                rotate_columns(&mut b, p, q, c, s);
            }
        }
        if largest < 1e-9 {
            break;
        }
    }
    -b.column_iter()
        .map(|column| {
            let square: f64 = column.iter().map(|x| x * x).sum::<f64>() / n;
            column.iter().map(|x| x.powi(4)).sum::<f64>() / n - square * square
        })
        .sum::<f64>()
}

/// Symmetric FastICA with tanh (Hyvärinen 1999) on whitened data, `variables × samples`, from `start`. Returns the
/// unmixing matrix, one component per row.
pub fn fast_ica(data: &DMatrix<f64>, start: &DMatrix<f64>) -> DMatrix<f64> {
    let samples = data.ncols() as f64;
    let mut w = start.clone();
    for _ in 0..1000 {
        let projected = (&w * data).map(f64::tanh);
        let slopes = projected.map(|g| 1.0 - g * g).column_sum() / samples;
        let next = polar(&(&projected * data.transpose() / samples - DMatrix::from_diagonal(&slopes) * &w));
        let turned = (&next * w.transpose()).diagonal().map(|c| (c.abs() - 1.0).abs()).max();
        w = next;
        if turned < 1e-10 {
            break;
        }
    }
    w
}

/// Amari distance from 0 (separated) to 1, of `unmixing · mixing`.
pub fn amari(product: &DMatrix<f64>) -> f64 {
    let n = product.nrows() as f64;
    let excess = |line: Vec<f64>| {
        line.iter().sum::<f64>() / line.iter().copied().fold(f64::MIN_POSITIVE, f64::max) - 1.0
    };
    let rows = product.row_iter().map(|row| excess(row.iter().map(|x| x.abs()).collect())).sum::<f64>();
    let columns = product.column_iter().map(|c| excess(c.iter().map(|x| x.abs()).collect())).sum::<f64>();
    (rows + columns) / (2.0 * n * (n - 1.0))
}

/// Sum over components of the mean of log cosh.
pub fn log_cosh(unmixing: &DMatrix<f64>, data: &DMatrix<f64>) -> f64 {
    let sum: f64 = (unmixing * data).iter().map(|u| u.cosh().ln()).sum();
    sum / data.ncols() as f64
}

/// Symmetric inverse square root of the covariance of `variables × samples` data with mean zero.
pub fn whitener(data: &DMatrix<f64>) -> DMatrix<f64> {
    let eigen = SymmetricEigen::new(data * data.transpose() / data.ncols() as f64);
    let roots = DMatrix::from_diagonal(&eigen.eigenvalues.map(|lambda| lambda.sqrt().recip()));
    &eigen.eigenvectors * roots * eigen.eigenvectors.transpose()
}

fn polar(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let svd = matrix.clone().svd(true, true);
    match (svd.u, svd.v_t) {
        (Some(u), Some(v_t)) => u * v_t,
        _ => matrix.clone(),
    }
}

fn rotate_columns(matrix: &mut DMatrix<f64>, p: usize, q: usize, c: f64, s: f64) {
    for row in 0..matrix.nrows() {
        let (x, y) = (matrix[(row, p)], matrix[(row, q)]);
        matrix[(row, p)] = c * x + s * y;
        matrix[(row, q)] = c * y - s * x;
    }
}

fn off_diagonal(matrices: &[DMatrix<f64>]) -> f64 {
    matrices.iter().map(|m| m.norm_squared() - m.diagonal().norm_squared()).sum()
}

#[cfg(test)]
mod tests {
    use reparam::random::SplitMix64;

    use super::super::instances;
    use super::*;

    #[test]
    fn jacobi_angles_diagonalize_what_can_be() {
        let mut rng = SplitMix64::new(1);
        let w = instances::orthogonal(6, &mut rng);
        let diagonal =
            |k: usize| DMatrix::from_diagonal(&nalgebra::DVector::from_fn(6, |r, _| ((r * k) as f64).sin()));
        let matrices: Vec<DMatrix<f64>> = (1..4).map(|k| &w * diagonal(k) * w.transpose()).collect();
        assert!(jacobi_angles(&matrices).0 < 1e-20);
        let noisy = instances::joint(6, 4, &mut rng);
        assert!(jacobi_angles(&noisy).0 < mean_eigenvectors(&noisy));
    }

    #[test]
    fn fast_ica_separates_long_records() {
        let mut rng = SplitMix64::new(2);
        let mixing = instances::mixing(3, &mut rng);
        let x = &mixing * instances::sources(3, 20_000, &mut rng);
        let whitener = whitener(&x);
        let w = fast_ica(&(&whitener * &x), &DMatrix::identity(3, 3));
        assert!(amari(&(&w * &whitener * &mixing)) < 0.05);
        assert!(amari(&mixing) > 0.2);
        assert!(amari(&DMatrix::from_row_slice(2, 2, &[0.0, -3.0, 2.0, 0.0])) < 1e-15);
    }

    #[test]
    fn varimax_undoes_a_rotation_of_simple_loadings() {
        let mut rng = SplitMix64::new(3);
        let simple = DMatrix::from_fn(12, 3, |r, c| f64::from(u8::from(r % 3 == c)));
        let rotated = &simple * instances::orthogonal(3, &mut rng);
        // Squared loadings are 1 for a third of the rows: variance 1/3 − 1/9 for each factor.
        assert!((kaiser_varimax(&rotated) + 3.0 * (1.0 / 3.0 - 1.0 / 9.0)).abs() < 1e-12);
    }
}
