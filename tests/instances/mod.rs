//! Instances of the published suite, made by the same portable generator as `reference/givens_search.py`, and
//! the values that it found for them.
#![allow(dead_code, reason = "each test crate uses its part")]

use rand_core::Rng;
use reparam::givens::frame;
use reparam::random::{SplitMix64, uniform};

/// √(−2 ln(1 − u)) cos 2πv of two uniforms. Written out: the goldens depend on it.
pub(crate) fn gaussian(rng: &mut impl Rng) -> f64 {
    let (u, v): (f64, f64) = (uniform(rng), uniform(rng));
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

pub(crate) fn gaussians(rng: &mut impl Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| gaussian(rng)).collect()
}

/// Row-major transpose(a)·b of matrices with equally many rows.
pub(crate) fn gram(a: &[f64], a_cols: usize, b: &[f64], b_cols: usize) -> Vec<f64> {
    let mut product = vec![0.0; a_cols * b_cols];
    for (a, b) in a.chunks_exact(a_cols).zip(b.chunks_exact(b_cols)) {
        for (r, &x) in a.iter().enumerate() {
            for (c, &y) in b.iter().enumerate() {
                product[r * b_cols + c] += x * y;
            }
        }
    }
    product
}

/// Correlation matrix of AᵀA, A a Gaussian matrix.
pub(crate) fn correlation(rng: &mut impl Rng, p: usize) -> Vec<f64> {
    let a = gaussians(rng, p * p);
    let s = gram(&a, p, &a, p);
    (0..p * p).map(|k| s[k] / (s[k / p * (p + 1)] * s[k % p * (p + 1)]).sqrt()).collect()
}

/// Orthonormal factor of a Gaussian matrix.
pub(crate) fn random_frame(rng: &mut impl Rng, rows: usize, cols: usize) -> Vec<f64> {
    let mut q = gaussians(rng, rows * cols);
    frame::orthonormalize(rows, cols, &mut q).unwrap();
    q
}

pub(crate) fn heterogeneous(seed: u64) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    (0..10).flat_map(|_| correlation(&mut rng, 20)).collect()
}

/// C_k = W diag(linspace(0.5, 2) + 0.2 N) Wᵀ + 0.1 sym(N).
pub(crate) fn joint_diagonalization(seed: u64, p: usize, m: usize) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    let w = random_frame(&mut rng, p, p);
    let mut matrices = Vec::new();
    for _ in 0..m {
        let diagonal: Vec<f64> =
            (0..p).map(|k| 0.5 + 1.5 * k as f64 / (p - 1) as f64 + 0.2 * gaussian(&mut rng)).collect();
        let noise = gaussians(&mut rng, p * p);
        matrices.extend((0..p * p).map(|k| {
            let (r, c) = (k / p, k % p);
            let signal: f64 = (0..p).map(|t| w[r * p + t] * diagonal[t] * w[c * p + t]).sum();
            signal + 0.1 * (noise[r * p + c] + noise[c * p + r]) / 2.0
        }));
    }
    matrices
}

/// Transposed loadings: `p` factors by `n` variables.
pub(crate) fn loadings(seed: u64, n: usize, p: usize) -> Vec<f64> {
    let mut rng = SplitMix64::new(seed);
    let mut a = vec![0.0; n * p];
    for k in 0..n {
        let sign = if uniform::<f64, _>(&mut rng) < 0.5 { 1.0 } else { -1.0 };
        a[k * p + k % p] = sign * (0.8 + 0.4 * uniform::<f64, _>(&mut rng));
        for shift in 1..=2 {
            a[k * p + (k + shift) % p] = 0.05 * gaussian(&mut rng);
        }
    }
    for c in 0..p {
        let norm = (0..n).map(|k| a[k * p + c] * a[k * p + c]).sum::<f64>().sqrt();
        (0..n).for_each(|k| a[k * p + c] /= norm);
    }
    let hidden = random_frame(&mut rng, p, p);
    // (A R)ᵀ
    (0..p * n).map(|k| (0..p).map(|t| a[k % n * p + t] * hidden[t * p + k / n]).sum()).collect()
}

/// The value in `reference/givens_search.txt`.
pub(crate) fn golden(name: &str, seed: u64) -> f64 {
    include_str!("../reference/givens_search.txt")
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields[0] == name && fields[1].parse() == Ok(seed))
        .unwrap_or_else(|| panic!("no golden {name} {seed}"))[2]
        .parse()
        .unwrap()
}
