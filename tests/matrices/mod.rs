//! Matrices from the portable generator, and the few operations that tests check kernels with.
#![allow(dead_code, reason = "each test crate uses its part")]

use rand_core::Rng;
use reparam::random::{SplitMix64, uniform};

/// 2u − 1 of one uniform.
pub(crate) fn sym(rng: &mut impl Rng) -> f64 {
    2.0 * uniform::<f64, _>(rng) - 1.0
}

pub(crate) fn syms(rng: &mut impl Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| sym(rng)).collect()
}

/// √(−2 ln(1 − u)) cos 2πv of two uniforms. Written out: the goldens depend on it.
pub(crate) fn gaussian(rng: &mut impl Rng) -> f64 {
    let (u, v): (f64, f64) = (uniform(rng), uniform(rng));
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// The orthonormal factor, with a positive diagonal of the triangular one, of a matrix of normals.
pub(crate) fn haar(rng: &mut impl Rng, dim: usize) -> Vec<f64> {
    let a: Vec<f64> = (0..dim * dim).map(|_| gaussian(rng)).collect();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for j in 0..dim {
        let mut column: Vec<f64> = (0..dim).map(|i| a[i * dim + j]).collect();
        for _ in 0..2 {
            for other in &columns {
                let along: f64 = other.iter().zip(&column).map(|(x, y)| x * y).sum();
                column.iter_mut().zip(other).for_each(|(x, y)| *x -= along * y);
            }
        }
        let length = norm(&column);
        columns.push(column.iter().map(|x| x / length).collect());
    }
    (0..dim * dim).map(|k| columns[k % dim][k / dim]).collect()
}

pub(crate) fn haar_blocks(seed: u64, block: usize, count: usize) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    (0..count).flat_map(|_| haar(&mut rng, block)).collect()
}

pub(crate) fn norm(a: &[f64]) -> f64 {
    a.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

/// A·B of row-major matrices, `inner` columns of A.
pub(crate) fn product(inner: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let cols = b.len() / inner;
    let entry = |i: usize, j: usize| (0..inner).map(|k| a[i * inner + k] * b[k * cols + j]).sum();
    (0..a.len() / inner * cols).map(|k| entry(k / cols, k % cols)).collect()
}

pub(crate) fn transpose(cols: usize, a: &[f64]) -> Vec<f64> {
    let rows = a.len() / cols;
    (0..a.len()).map(|k| a[k % rows * cols + k / rows]).collect()
}

/// The dense matrix with these `rows` × `cols` blocks on its diagonal.
pub(crate) fn block_diagonal(rows: usize, cols: usize, blocks: &[f64]) -> Vec<f64> {
    let count = blocks.len() / (rows * cols);
    let mut a = vec![0.0; blocks.len() * count];
    for (k, &x) in blocks.iter().enumerate() {
        let (block, i, j) = (k / (rows * cols), k / cols % rows, k % cols);
        a[(block * rows + i) * count * cols + block * cols + j] = x;
    }
    a
}

/// The dense matrix of (P x)[target(i)] = x[i].
pub(crate) fn permutation(targets: &[usize]) -> Vec<f64> {
    let mut p = vec![0.0; targets.len() * targets.len()];
    targets.iter().enumerate().for_each(|(i, &target)| p[target * targets.len() + i] = 1.0);
    p
}

/// Fisher and Yates.
pub(crate) fn random_targets(rng: &mut SplitMix64, len: usize) -> Vec<usize> {
    let mut targets: Vec<usize> = (0..len).collect();
    for i in (1..len).rev() {
        targets.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
    }
    targets
}

/// Largest entry of |QᵀQ − I| over square blocks.
pub(crate) fn orthogonality_error(block: usize, blocks: &[f64]) -> f64 {
    let mut error = 0.0f64;
    for q in blocks.chunks_exact(block * block) {
        for (k, x) in product(block, &transpose(block, q), q).into_iter().enumerate() {
            let identity = if k / block == k % block { 1.0 } else { 0.0 };
            error = error.max((x - identity).abs());
        }
    }
    error
}
