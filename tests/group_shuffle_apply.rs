//! Products with vectors: against an independent program, and against the definition with dense matrices.

mod rotations;

use proptest::prelude::*;
use reparam::Real;
use reparam::group_shuffle::{Error, GroupShuffle, Shape, Shuffle, apply, columns, orthogonality_error};
use reparam::random::SplitMix64;
use rotations::{distance, norm, random_blocks, symmetric_vec};

/// What the reference program prints of a vector y: the sum, and Σ (i + 1) yᵢ.
fn sums(y: &[f64]) -> [f64; 2] {
    [y.iter().sum(), y.iter().enumerate().map(|(i, y)| (i + 1) as f64 * y).sum()]
}

fn assert_near(x: f64, golden: f64, tolerance: f64) {
    assert!((x - golden).abs() <= tolerance, "{x} instead of {golden}");
}

fn applied<T: Real>(shape: Shape, blocks: &[T], x: &[T]) -> Vec<T> {
    let mut y = x.to_vec();
    apply::apply(shape, blocks, &mut y, &mut vec![T::ZERO; apply::scratch_len(shape)]).unwrap();
    y
}

fn transposed<T: Real>(shape: Shape, blocks: &[T], x: &[T]) -> Vec<T> {
    let mut y = x.to_vec();
    apply::apply_transpose(shape, blocks, &mut y, &mut vec![T::ZERO; apply::scratch_len(shape)]).unwrap();
    y
}

fn trace(shape: Shape, blocks: &[f64]) -> f64 {
    let d = shape.dim();
    let unit = |i| (0..d).map(|j| if i == j { 1.0 } else { 0.0 }).collect::<Vec<_>>();
    (0..d).map(|i| applied(shape, blocks, &unit(i))[i]).sum()
}

/// Numbers of an independent numpy program, seeds 2024 and 2025.
#[test]
fn two_factors() {
    let shape = Shape::new(4, 4, 2).unwrap();
    let mut rng = SplitMix64::new(2024);
    let blocks = random_blocks::<f64>(shape, 0.5, &mut rng);
    let x = symmetric_vec(&mut rng, 16);
    let y = applied(shape, &blocks, &x);
    let [sum, weighted] = sums(&y);
    let back = transposed(shape, &blocks, &x);
    for (value, golden) in [
        (y[0], 0.453706489390905),
        (y[1], 0.508710484347414),
        (y[15], 0.859317520364632),
        (sum, 0.119395131685474),
        (weighted, 1.400576736268285),
        (trace(shape, &blocks), 7.798011324045044),
        (norm(&x), 2.305188446179374),
        (norm(&y), 2.305188446179374),
        (back[0], -1.104572438017264),
        (sums(&back)[1], 12.893546654706693),
    ] {
        assert_near(value, golden, 1e-11);
    }

    let shape = Shape::new(8, 8, 2).unwrap();
    let mut rng = SplitMix64::new(2025);
    let blocks = random_blocks::<f64>(shape, 0.5, &mut rng);
    let x = symmetric_vec(&mut rng, 64);
    let y = applied(shape, &blocks, &x);
    let [sum, weighted] = sums(&y);
    let back = transposed(shape, &blocks, &x);
    for (value, golden) in [
        (y[0], -0.222603182489677),
        (sum, -2.039858324073139),
        (weighted, 28.206755755736275),
        (trace(shape, &blocks), 11.416927410762941),
        (back[0], 0.245654057999939),
        (sums(&back)[1], -84.63513160528652),
    ] {
        assert_near(value, golden, 1e-11);
    }
    let single = applied(shape, &single(&blocks), &single(&x));
    assert!(single.iter().zip(&y).all(|(&single, y)| (f64::from(single) - y).abs() < 2e-5));
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

/// Numbers of an independent numpy program, seed 2030: three factors, with and without the return.
#[test]
fn three_factors() {
    let shape = Shape::new(3, 9, 3).unwrap();
    let mut rng = SplitMix64::new(2030);
    let blocks = random_blocks::<f64>(shape, 0.5, &mut rng);
    let x = symmetric_vec(&mut rng, 27);
    let returned = applied(shape, &blocks, &x);
    let mut y = vec![0.0; 27];
    apply::read_shuffled(shape, &returned, &mut y).unwrap();
    let [sum, weighted] = sums(&y);
    for (value, golden) in [
        (y[0], -0.209796433422517),
        (y[26], 1.933121942396174),
        (sum, 3.415102675456652),
        (weighted, 81.13988240608185),
        (sums(&returned)[1], 112.7160263228271),
    ] {
        assert_near(value, golden, 1e-11);
    }
    let mut back = vec![0.0; 27];
    apply::write_shuffled(shape, &y, &mut back).unwrap();
    assert_eq!(back, returned);
}

/// Sizes with b | r, r | b, neither, b = 1, r = 1.
const SIZES: [(usize, usize, usize); 15] = [
    (4, 4, 2),
    (8, 8, 2),
    (3, 9, 3),
    (4, 16, 3),
    (4, 8, 3),
    (8, 4, 2),
    (5, 7, 3),
    (6, 4, 3),
    (2, 32, 6),
    (1, 6, 2),
    (1, 1, 2),
    (7, 1, 3),
    (2, 1, 2),
    (1, 2, 2),
    (13, 3, 4),
];

/// (Pᵀ)^{m−1} B_m P ⋯ P B_1 x, as it is written.
fn by_definition<T: Real>(shape: Shape, blocks: &[T], x: &[T]) -> Vec<T> {
    let shuffle = Shuffle::new(shape.blocks(), shape.dim()).unwrap();
    let b = shape.block();
    let mut x = x.to_vec();
    for (factor, blocks) in blocks.chunks(shape.dim() * b).enumerate() {
        if factor > 0 {
            let before = x.clone();
            shuffle.apply(&before, &mut x).unwrap();
        }
        let before = x.clone();
        for (i, x) in x.iter_mut().enumerate() {
            let row = &blocks[i * b..][..b];
            *x = rotations::dot(row, &before[i / b * b..][..b]);
        }
    }
    for _ in 1..shape.factors() {
        let before = x.clone();
        shuffle.inverse().apply(&before, &mut x).unwrap();
    }
    x
}

#[test]
fn definition() {
    for (b, r, m) in SIZES {
        let shape = Shape::new(b, r, m).unwrap();
        let mut rng = SplitMix64::new(5);
        // Any blocks: nothing here needs orthogonality.
        let blocks: Vec<f64> = symmetric_vec(&mut rng, shape.block_len());
        let x: Vec<f64> = symmetric_vec(&mut rng, shape.dim());
        let y: Vec<f64> = symmetric_vec(&mut rng, shape.dim());
        let scale = 1e-14 * (b as f64).powi(m as i32);
        let product = applied(shape, &blocks, &x);
        assert!(distance(&product, &by_definition(shape, &blocks, &x)) < scale, "{shape:?}");
        // y · Q x = x · Qᵀ y
        let back = transposed(shape, &blocks, &y);
        assert_near(rotations::dot(&y, &product), rotations::dot(&x, &back), 100.0 * scale);
    }
}

/// The columns of a matrix, one by one and together: the same bits.
#[test]
fn columns_of_a_matrix() {
    for (b, r, m) in SIZES {
        let shape = Shape::new(b, r, m).unwrap();
        let mut rng = SplitMix64::new(8);
        let blocks: Vec<f32> = symmetric_vec(&mut rng, shape.block_len());
        for count in [1, 3, 8, 19] {
            let a: Vec<f32> = symmetric_vec(&mut rng, shape.dim() * count);
            let column = |a: &[f32], k: usize| a.iter().skip(k).step_by(count).copied().collect::<Vec<_>>();
            let mut scratch = vec![0.0; columns::scratch_len(shape)];
            let (mut product, mut back) = (a.clone(), a.clone());
            columns::apply(shape, count, &blocks, &mut product, &mut scratch).unwrap();
            columns::apply_transpose(shape, count, &blocks, &mut back, &mut scratch).unwrap();
            for k in 0..count {
                assert_eq!(column(&product, k), applied(shape, &blocks, &column(&a, k)), "{shape:?}");
                assert_eq!(column(&back, k), transposed(shape, &blocks, &column(&a, k)), "{shape:?}");
            }
        }
        let d = shape.dim();
        let mut matrix = vec![f32::NAN; d * d];
        let mut scratch = vec![0.0; columns::scratch_len(shape)];
        columns::materialise(shape, &blocks, &mut matrix, &mut scratch).unwrap();
        for k in 0..d {
            let mut unit = vec![0.0; d];
            unit[k] = 1.0;
            let column: Vec<_> = matrix.iter().skip(k).step_by(d).copied().collect();
            assert_eq!(column, applied(shape, &blocks, &unit));
        }
    }
}

/// Identity blocks change nothing, whatever the sizes.
#[test]
fn identity() {
    for (b, r, m) in SIZES {
        let shape = Shape::new(b, r, m).unwrap();
        let blocks: Vec<f32> = (0..shape.block_len()).map(|n| f32::from(n / b % b == n % b)).collect();
        let x: Vec<f32> = symmetric_vec(&mut SplitMix64::new(6), shape.dim());
        assert_eq!(applied(shape, &blocks, &x), x);
        assert_eq!(transposed(shape, &blocks, &x), x);
    }
    let mut x = [[0.1f32, -0.2, 0.3], [0.4, 0.5, -0.6]];
    GroupShuffle::<f32, 3, 2, 4>::identity().apply(&mut x);
    assert_eq!(x, [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]);
}

fn invariants<T: Real>(shape: Shape, seed: u64, scale: f64) -> Result<(), TestCaseError> {
    let mut rng = SplitMix64::new(seed);
    let blocks = random_blocks::<T>(shape, scale, &mut rng);
    let [x, y]: [Vec<T>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, shape.dim()));
    let rounding = T::EPSILON.to_f64() * (32 * shape.block() * shape.factors()) as f64;
    prop_assert!(orthogonality_error(shape, &blocks).to_f64() < rounding);
    let rotated = applied(shape, &blocks, &x);
    prop_assert!((norm(&rotated) / norm(&x) - T::ONE).abs().to_f64() < rounding);
    prop_assert!(distance(&transposed(shape, &blocks, &rotated), &x) < rounding);
    prop_assert!(distance(&applied(shape, &blocks, &transposed(shape, &blocks, &x)), &x) < rounding);
    let sum: Vec<T> = x.iter().zip(&y).map(|(&x, &y)| x + T::HALF * y).collect();
    let other = applied(shape, &blocks, &y);
    let expected: Vec<T> = rotated.iter().zip(&other).map(|(&x, &y)| x + T::HALF * y).collect();
    prop_assert!(distance(&applied(shape, &blocks, &sum), &expected) < 4.0 * rounding);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rotations_are_rotations(b in 1..18usize, r in 1..18usize, m in 1..5usize, seed: u64, scale in 0.0..2.0) {
        let shape = Shape::new(b, r, m).unwrap();
        invariants::<f64>(shape, seed, scale)?;
        invariants::<f32>(shape, seed, scale)?;
    }
}

/// The type calls the functions on slices: the same bits.
#[test]
fn type_and_slices_agree() {
    let shape = Shape::new(3, 5, 3).unwrap();
    let mut rng = SplitMix64::new(7);
    let blocks = random_blocks::<f32>(shape, 0.7, &mut rng);
    let x: Vec<f32> = symmetric_vec(&mut rng, 15);
    let matrix = GroupShuffle::<f32, 3, 5, 3>::from_slice(&blocks).unwrap();
    assert_eq!(GroupShuffle::from_blocks(*matrix.blocks()), Ok(matrix));
    assert_eq!(matrix.orthogonality_error(), orthogonality_error(shape, &blocks));
    let mut y = [[0.0; 3]; 5];
    y.as_flattened_mut().copy_from_slice(&x);
    matrix.apply(&mut y);
    assert_eq!(y.as_flattened(), applied(shape, &blocks, &x));
    matrix.apply_transpose(&mut y);
    assert_eq!(y.as_flattened(), transposed(shape, &blocks, &applied(shape, &blocks, &x)));
}

#[test]
fn refused() {
    let shape = Shape::new(2, 2, 1).unwrap();
    let (blocks, mut x, mut scratch) = ([0.0; 8], [0.0; 4], [0.0; 2]);
    let error = |expected, found| Err(Error::Length { expected, found });
    assert_eq!(apply::apply(shape, &blocks[1..], &mut x, &mut scratch), error(8, 7));
    assert_eq!(apply::apply(shape, &blocks, &mut x[1..], &mut scratch), error(4, 3));
    assert_eq!(apply::apply_transpose(shape, &blocks, &mut x, &mut scratch[1..]), error(2, 1));
    assert_eq!(apply::read_shuffled(shape, &x, &mut [0.0; 5]), error(4, 5));
    assert_eq!(apply::write_shuffled(shape, &[0.0; 5], &mut x), error(4, 5));
    assert_eq!(columns::apply(shape, usize::MAX, &blocks, &mut x, &mut scratch), Err(Error::Shape));
    assert_eq!(columns::apply(shape, 1, &blocks, &mut x[1..], &mut [0.0; 16]), error(4, 3));
    assert_eq!(columns::apply_transpose(shape, 1, &blocks, &mut x, &mut [0.0; 15]), error(16, 15));
    assert_eq!(columns::materialise(shape, &blocks[1..], &mut [0.0; 16], &mut [0.0; 16]), error(8, 7));
    assert_eq!(orthogonality_error(shape, &blocks[1..]), f64::INFINITY);
    type Small = GroupShuffle<f64, 2, 1, 1>;
    assert_eq!(Small::from_slice(&[1.0; 3]), Err(Error::Length { expected: 4, found: 3 }));
    assert_eq!(Small::from_slice(&[1.0, 0.0, 0.0, f64::NAN]), Err(Error::NotFinite));
    assert_eq!(Small::from_slice(&[1.0, 0.0, 0.0, 2.0]), Err(Error::NotOrthogonal { error: 3.0 }));
}
