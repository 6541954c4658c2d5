//! The leading singular pair against the whole decomposition.

mod matrices;

use matrices::*;
use reparam::Real;
use reparam::dense::{Error, leading, svd};
use reparam::random::SplitMix64;

fn leading_of<T: Real>(rows: usize, cols: usize, a: &[T]) -> Result<(T, Vec<T>, Vec<T>), Error> {
    let (mut u, mut v) = (vec![T::NAN; rows], vec![T::NAN; cols]);
    let mut scratch = vec![T::NAN; leading::scratch_len(rows, cols)];
    let value = leading::factor(rows, cols, a, &mut u, &mut v, &mut scratch)?;
    Ok((value, u, v))
}

fn largest(rows: usize, cols: usize, a: &[f64]) -> f64 {
    let short = rows.min(cols);
    let (mut u, mut s, mut v) = (vec![0.0; rows * short], vec![0.0; short], vec![0.0; cols * short]);
    let mut scratch = vec![0.0; svd::scratch_len(rows, cols)];
    svd::factor(rows, cols, a, &mut u, &mut s, &mut v, &mut scratch).unwrap();
    s[0]
}

/// A v = σ u and Aᵀ u = σ v with unit vectors and the largest σ, to a small multiple of ε σ.
fn check(rows: usize, cols: usize, a: &[f64], tolerance: f64) {
    let (value, u, v) = leading_of(rows, cols, a).unwrap();
    let expected = largest(rows, cols, a);
    assert!((value - expected).abs() <= 1e-14 * expected, "{rows} × {cols}: {value}, expected {expected}");
    assert!((norm(&u) - 1.0).abs() < 1e-14 && (norm(&v) - 1.0).abs() < 1e-14);
    let scaled = |x: &[f64]| x.iter().map(|x| x * value).collect::<Vec<_>>();
    assert!(distance(&product(cols, a, &v), &scaled(&u)) <= 1e-13 * value);
    let back = product(rows, &transpose(cols, a), &u);
    assert!(
        distance(&back, &scaled(&v)) <= tolerance * value,
        "{rows} × {cols}: {}",
        distance(&back, &scaled(&v)) / value
    );
}

#[test]
fn random_matrices_of_any_shape() {
    let mut rng = SplitMix64::new(1);
    for rows in [1, 2, 3, 7, 8, 9, 16, 33, 64] {
        for cols in [1, 2, 5, 8, 12, 32, 65] {
            check(rows, cols, &syms(&mut rng, rows * cols), 1e-12);
        }
    }
}

/// Repeated, graded, rank-one, split and permuted matrices, far away from 1 too.
#[test]
fn special_matrices() {
    let n = 12;
    let diagonal = |f: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..n * n).map(|k| if k % (n + 1) == 0 { f(k / n) } else { 0.0 }).collect()
    };
    let q = haar(&mut SplitMix64::new(2), n);
    let p = haar(&mut SplitMix64::new(3), n);
    let turned = |d: Vec<f64>| product(n, &product(n, &q, &d), &transpose(n, &p));
    for a in [
        q.clone(),
        diagonal(&|_| 1.0),
        diagonal(&|i| f64::from(i == 7)),
        diagonal(&|i| 0.1f64.powi(i as i32)),
        turned(diagonal(&|i| if i < 4 { 1.0 } else { 0.0 })),
        turned(diagonal(&|i| 0.01f64.powi(i as i32))),
        turned(diagonal(&|i| f64::from(i == 0))),
        turned(diagonal(&|i| 1.0 - 1e-9 * i as f64)),
        vec![1.0; n * n],
        (0..n * n).map(|k| if (k / n + k % n) % 2 == 0 { 1.0 } else { -1.0 }).collect(),
    ] {
        for scale in [1.0, 1e-160, 1e150] {
            let a: Vec<f64> = a.iter().map(|x| x * scale).collect();
            check(n, n, &a, 1e-12);
        }
    }
}

#[test]
fn zero_and_refused() {
    assert_eq!(leading_of(2, 3, &[0.0f64; 6]), Ok((0.0, vec![1.0, 0.0], vec![1.0, 0.0, 0.0])));
    assert_eq!(leading_of(2, 2, &[1.0, f64::NAN, 0.0, 1.0]), Err(Error::NotFinite));
    assert_eq!(leading_of(2, 2, &[1.0, f64::INFINITY, 0.0, 1.0]), Err(Error::NotFinite));
    assert_eq!(leading_of(2, 2, &[f64::MAX; 4]), Err(Error::NotFinite));
    assert_eq!(leading_of(2, 2, &[1.0f64; 3]), Err(Error::Shape));
}

#[test]
fn single_precision() {
    let mut rng = SplitMix64::new(4);
    for n in [3, 16, 64] {
        let a = syms(&mut rng, n * n);
        let single: Vec<f32> = a.iter().map(|&x| x as f32).collect();
        let (value, ..) = leading_of(n, n, &single).unwrap();
        assert!((f64::from(value) / largest(n, n, &a) - 1.0).abs() < 1e-6);
    }
}
