//! Instances of the published experiments, drawn from this crate's own generator.

use nalgebra::DMatrix;
use rand_core::Rng;
use reparam::random::{gaussian, index, uniform, uniform_in};

/// `rows × cols` standard Gaussians.
pub fn gaussians(rows: usize, cols: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    DMatrix::from_fn(rows, cols, |_, _| gaussian(rng))
}

/// Correlation matrix of `AᵀA` with `A` Gaussian.
pub fn correlation(dim: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let a = gaussians(dim, dim, rng);
    let product = a.tr_mul(&a);
    DMatrix::from_fn(dim, dim, |r, c| {
        if r == c { 1.0 } else { product[(r.min(c), r.max(c))] / (product[(r, r)] * product[(c, c)]).sqrt() }
    })
}

/// `ρ^|i−j|`.
pub fn toeplitz(dim: usize, rho: f64) -> DMatrix<f64> {
    DMatrix::from_fn(dim, dim, |r, c| rho.powi(r.abs_diff(c) as i32))
}

/// Five correlation matrices down the diagonal.
pub fn blocks(dim: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let size = dim / 5;
    let mut matrix = DMatrix::identity(dim, dim);
    for block in 0..5 {
        matrix.view_mut((block * size, block * size), (size, size)).copy_from(&correlation(size, rng));
    }
    matrix
}

/// An orthogonal matrix, uniform over all.
pub fn orthogonal(dim: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let qr = gaussians(dim, dim, rng).qr();
    let r = qr.r();
    let mut q = qr.q();
    for (k, mut column) in q.column_iter_mut().enumerate() {
        column *= r[(k, k)].signum();
    }
    q
}

/// The published model of joint diagonalization: matrices with common eigenvectors, and noise.
pub fn joint(dim: usize, count: usize, rng: &mut impl Rng) -> Vec<DMatrix<f64>> {
    let w = orthogonal(dim, rng);
    let matrix = |_| {
        let spread = |k: usize| 0.5 + 1.5 * k as f64 / (dim - 1) as f64;
        let lambda = nalgebra::DVector::from_fn(dim, |k, _| spread(k) + 0.2 * gaussian::<f64, _>(rng));
        let noise = gaussians(dim, dim, rng);
        let sum = &w * DMatrix::from_diagonal(&lambda) * w.transpose() + (&noise + noise.transpose()) * 0.05;
        (&sum + sum.transpose()) * 0.5
    };
    (0..count).map(matrix).collect()
}

/// Loadings, `variables × factors`: one main entry ±U(0.8, 1.2) a row, up to two small ones, columns of length 1,
/// and a hidden rotation.
pub fn loadings(variables: usize, factors: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let pick = |rng: &mut _| index(rng, factors as u32) as usize;
    let mut simple = DMatrix::zeros(variables, factors);
    for row in 0..variables {
        for _ in 0..index(rng, 3) {
            simple[(row, pick(rng))] = 0.05 * gaussian::<f64, _>(rng);
        }
        let sign = if uniform::<f64, _>(rng) < 0.5 { -1.0 } else { 1.0 };
        simple[(row, pick(rng))] = sign * uniform_in(rng, 0.8, 1.2);
    }
    for mut column in simple.column_iter_mut() {
        let norm = column.norm();
        if norm > 0.0 {
            column /= norm;
        }
    }
    simple * orthogonal(factors, rng)
}

/// Independent sources in turn Laplace, Student with three degrees of freedom, uniform: one row each, standardized.
pub fn sources(count: usize, samples: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let draw = |source: usize, rng: &mut _| -> f64 {
        match source % 3 {
            0 => {
                let u: f64 = uniform_in(rng, -0.5, 0.5);
                -u.signum() * (1.0 - 2.0 * u.abs()).max(f64::MIN_POSITIVE).ln()
            }
            1 => {
                let square: f64 = (0..3).map(|_| gaussian::<f64, _>(rng).powi(2)).sum();
                gaussian::<f64, _>(rng) / (square / 3.0).sqrt()
            }
            _ => uniform(rng),
        }
    };
    let mut all = DMatrix::zeros(count, samples);
    for source in 0..count {
        for t in 0..samples {
            all[(source, t)] = draw(source, rng);
        }
        let mut row = all.row_mut(source);
        let mean = row.mean();
        row.add_scalar_mut(-mean);
        let deviation = row.norm() / (samples as f64).sqrt();
        row /= deviation;
    }
    all
}

/// A mixing matrix with singular values from 1 to 10.
pub fn mixing(dim: usize, rng: &mut impl Rng) -> DMatrix<f64> {
    let values = nalgebra::DVector::from_fn(dim, |k, _| 10f64.powf(k as f64 / (dim - 1) as f64));
    orthogonal(dim, rng) * DMatrix::from_diagonal(&values) * orthogonal(dim, rng)
}

/// Low rank and sparse parts of an `rows × cols` matrix: singular values from 2 down to 1, and a fifth of Cauchy
/// entries.
pub fn low_rank_and_sparse(
    rows: usize,
    cols: usize,
    rank: usize,
    rng: &mut impl Rng,
) -> (DMatrix<f64>, DMatrix<f64>) {
    let svd = gaussians(rows, cols, rng).svd(true, true);
    let mut low = DMatrix::zeros(rows, cols);
    if let (Some(u), Some(v_t)) = (svd.u, svd.v_t) {
        for k in 0..rank {
            low += u.column(k) * v_t.row(k) * (2.0 - k as f64 / (rank - 1) as f64);
        }
    }
    let sparse = DMatrix::from_fn(rows, cols, |_, _| {
        let here = uniform::<f64, _>(rng) < 0.2;
        let cauchy = (std::f64::consts::PI * uniform_in(rng, -0.5, 0.5)).tan();
        if here { cauchy } else { 0.0 }
    });
    (low, sparse)
}

/// Hamiltonian of one electron between two nuclei on a line of 10 bohr with `points` grid points: −½ d²/dx² by
/// second differences, and a softened Coulomb potential.
pub fn hamiltonian(points: usize) -> DMatrix<f64> {
    let step = 10.0 / (points + 1) as f64;
    let potential = |x: f64| {
        -[-0.7, 0.7].map(|nucleus| (1.0 + (x - nucleus) * (x - nucleus)).sqrt().recip()).iter().sum::<f64>()
    };
    DMatrix::from_fn(points, points, |r, c| match r.abs_diff(c) {
        0 => 1.0 / (step * step) + potential((r + 1) as f64 * step - 5.0),
        1 => -0.5 / (step * step),
        _ => 0.0,
    })
}

/// Row-major entries.
pub fn flat(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.transpose().as_slice().to_vec()
}
