//! Maps from parameters to orthogonal blocks, back, and their gradients.

use proptest::prelude::*;
use reparam::Real;
use reparam::dense::{Matrix, lu};
use reparam::group_shuffle::cayley;

/// The block of one set of parameters.
fn cayley_block<T: Real>(b: usize, theta: &[T]) -> Vec<T> {
    let (mut q, mut pivots) = (vec![T::NAN; b * b], vec![0; cayley::pivot_len(b)]);
    cayley::block(b, theta, &mut q, &mut pivots).unwrap();
    q
}

/// K of the parameters.
fn skew<T: Real>(b: usize, theta: &[T]) -> Vec<T> {
    let (mut k, mut next) = (vec![T::ZERO; b * b], theta.iter());
    for i in 0..b {
        for j in i + 1..b {
            let &theta = next.next().unwrap();
            (k[i * b + j], k[j * b + i]) = (theta, -theta);
        }
    }
    k
}

/// The definition, by a general solver: (I − K) Q = I + K.
fn cayley_by_solve(b: usize, theta: &[f64]) -> Vec<f64> {
    let k = skew(b, theta);
    let identity = |x: usize| if x % (b + 1) == 0 { 1.0 } else { 0.0 };
    let mut a: Vec<f64> = k.iter().enumerate().map(|(x, k)| identity(x) - k).collect();
    let mut q: Vec<f64> = k.iter().enumerate().map(|(x, k)| identity(x) + k).collect();
    let mut pivots = vec![0; b];
    lu::factor(b, &mut a, &mut pivots).unwrap();
    lu::solve_matrix(b, b, &a, &pivots, &mut q).unwrap();
    q
}

/// Largest entry of |QᵀQ − I|, summed in `f64`.
fn orthogonality<T: Real>(b: usize, q: &[T]) -> f64 {
    let mut worst = 0.0_f64;
    for i in 0..b {
        for j in 0..b {
            let product: f64 = (0..b).map(|k| q[k * b + i].to_f64() * q[k * b + j].to_f64()).sum();
            worst = worst.max((product - f64::from(u8::from(i == j))).abs());
        }
    }
    worst
}

fn determinant(b: usize, q: &[f64]) -> f64 {
    let (mut a, mut pivots) = (q.to_vec(), vec![0; b]);
    lu::factor(b, &mut a, &mut pivots).unwrap();
    lu::determinant(b, &a, &pivots).unwrap()
}

fn largest_difference<T: Real>(x: &[T], y: &[T]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).fold(0.0, |worst, (&x, &y)| f64::max(worst, (x - y).to_f64().abs()))
}

/// From an independent program in numpy.
#[test]
fn closed_forms_have_the_reference_values() {
    let q = cayley_block(4, &[0.3, -0.2, 0.5, 0.7, 0.1, -0.4]);
    let first = [0.579072532699168, 0.275862068965517, 0.175980975029726, 0.746730083234245];
    let last = [-0.537455410225921, -0.551724137931034, 0.33769322235434, 0.5410225921522];
    assert!(largest_difference(&q[..4], &first) < 1e-14 && largest_difference(&q[12..], &last) < 1e-14);
    let q = cayley_block(3, &[0.3, -0.2, 0.7]);
    assert!(largest_difference(&q[..3], &[0.839506172839506, 0.54320987654321, 0.012345679012346]) < 1e-14);
    let q = cayley_block(2, &[0.3]);
    assert!(largest_difference(&q[..2], &[0.83486239, 0.55045872]) < 1e-8);
}

/// `b` and its parameters, each at most `scale`.
fn parameters(largest: usize, scale: f64) -> impl Strategy<Value = (usize, Vec<f64>)> {
    (1..=largest)
        .prop_flat_map(move |b| (Just(b), prop::collection::vec(-scale..=scale, cayley::parameter_len(b))))
}

proptest! {
    #[test]
    fn every_block_is_a_rotation_and_solves_the_definition((b, theta) in parameters(12, 3.0)) {
        let q = cayley_block(b, &theta);
        prop_assert!(largest_difference(&q, &cayley_by_solve(b, &theta)) < 1e-13);
        prop_assert!(orthogonality(b, &q) < 1e-13);
        prop_assert!((determinant(b, &q) - 1.0).abs() < 1e-13);
    }
}
