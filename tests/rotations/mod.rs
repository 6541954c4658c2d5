//! Group-and-shuffle matrices drawn as the reference program draws them.
#![allow(dead_code)]

use rand_core::Rng;
use reparam::Real;
use reparam::dense::lu;
use reparam::group_shuffle::Shape;
use reparam::random::{SplitMix64, uniform};

/// Uniform in −1..1.
pub(crate) fn symmetric<T: Real>(rng: &mut impl Rng) -> T {
    T::from_f64(2.0 * uniform::<f64, _>(rng) - 1.0)
}

pub(crate) fn symmetric_vec<T: Real>(rng: &mut impl Rng, len: usize) -> Vec<T> {
    (0..len).map(|_| symmetric(rng)).collect()
}

/// `(I + K)(I − K)⁻¹` of the strict upper triangle of K, by a linear system.
pub(crate) fn cayley(b: usize, theta: &[f64]) -> Vec<f64> {
    let mut k = vec![0.0; b * b];
    let mut theta = theta.iter();
    for i in 0..b {
        for j in i + 1..b {
            k[i * b + j] = *theta.next().unwrap();
            k[j * b + i] = -k[i * b + j];
        }
    }
    let identity = |n: usize| if n / b == n % b { 1.0 } else { 0.0 };
    // The transpose of X (I − K) = I + K.
    let mut left: Vec<_> = k.iter().enumerate().map(|(n, k)| identity(n) + k).collect();
    let mut pivots = vec![0; b];
    lu::factor(b, &mut left, &mut pivots).unwrap();
    let mut q = vec![0.0; b * b];
    for i in 0..b {
        let mut column: Vec<_> = (0..b).map(|j| identity(j * b + i) - k[j * b + i]).collect();
        lu::solve(b, &left, &pivots, &mut column).unwrap();
        q[i * b..(i + 1) * b].copy_from_slice(&column);
    }
    q
}

/// Parameters of all blocks, uniform in −scale..scale.
pub(crate) fn parameters(shape: Shape, scale: f64, rng: &mut SplitMix64) -> Vec<f64> {
    (0..shape.parameter_len()).map(|_| scale * symmetric::<f64>(rng)).collect()
}

/// The orthogonal blocks of all parameters.
pub(crate) fn orthogonal(shape: Shape, parameters: &[f64]) -> Vec<f64> {
    let b = shape.block();
    if b == 1 {
        return vec![1.0; shape.block_len()];
    }
    parameters.chunks(b * (b - 1) / 2).flat_map(|theta| cayley(b, theta)).collect()
}

/// Blocks of parameters that are uniform in −scale..scale.
pub(crate) fn random_blocks<T: Real>(shape: Shape, scale: f64, rng: &mut SplitMix64) -> Vec<T> {
    orthogonal(shape, &parameters(shape, scale, rng)).into_iter().map(T::from_f64).collect()
}

pub(crate) fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    x.iter().zip(y).map(|(&x, &y)| x * y).sum()
}

pub(crate) fn norm<T: Real>(x: &[T]) -> T {
    dot(x, x).sqrt()
}

/// Largest difference of two vectors.
pub(crate) fn distance<T: Real>(x: &[T], y: &[T]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).fold(0.0, |worst, (&x, &y)| worst.max((x - y).abs().to_f64()))
}
