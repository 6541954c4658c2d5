//! Backward passes and online steps: an independent program, finite differences, a planted rotation, drift.

mod rotations;

use proptest::prelude::*;
use reparam::Real;
use reparam::dense::product;
use reparam::group_shuffle::online::{self, Rate};
use reparam::group_shuffle::{
    DriftGuard, Error, GroupShuffle, Shape, apply, backward, cayley, orthogonality_error,
};
use reparam::random::SplitMix64;
use rotations::{distance, dot, norm, orthogonal, parameters, random_blocks, symmetric_vec};

fn assert_near(x: f64, golden: f64, tolerance: f64) {
    assert!((x - golden).abs() <= tolerance, "{x} instead of {golden}");
}

fn identity<T: Real>(shape: Shape) -> Vec<T> {
    let b = shape.block();
    (0..shape.block_len()).map(|n| if n / b % b == n % b { T::ONE } else { T::ZERO }).collect()
}

fn applied<T: Real>(shape: Shape, blocks: &[T], x: &[T]) -> Vec<T> {
    let mut y = x.to_vec();
    apply::apply(shape, blocks, &mut y, &mut vec![T::ZERO; shape.block()]).unwrap();
    y
}

/// A frozen layer behind the rotation: f = |W Q x − target|²/2.
struct Layer {
    shape: Shape,
    x: Vec<f64>,
    weights: Vec<f64>,
    target: Vec<f64>,
}

impl Layer {
    fn residual(&self, y: &[f64]) -> Vec<f64> {
        let mut z = vec![0.0; self.target.len()];
        product::matvec(z.len(), y.len(), &self.weights, y, &mut z).unwrap();
        z.iter().zip(&self.target).map(|(z, target)| z - target).collect()
    }

    fn value(&self, theta: &[f64]) -> f64 {
        let residual = self.residual(&applied(self.shape, &orthogonal(self.shape, theta), &self.x));
        0.5 * dot(&residual, &residual)
    }

    /// The gradient with respect to the parameters; also checks what the backward pass leaves in place.
    fn gradient(&self, theta: &[f64]) -> Vec<f64> {
        let Self { shape, x, weights, target } = self;
        let blocks = orthogonal(*shape, theta);
        let mut y = applied(*shape, &blocks, x);
        let mut g = vec![0.0; shape.dim()];
        product::matvec_t(target.len(), shape.dim(), weights, &self.residual(&y), &mut g).unwrap();
        let mut expected = g.clone();
        apply::apply_transpose(*shape, &blocks, &mut expected, &mut vec![0.0; shape.block()]).unwrap();
        let mut gradients = vec![0.0; shape.block_len()];
        let mut scratch = vec![0.0; backward::scratch_len(*shape)];
        backward::backward(*shape, &blocks, &mut y, &mut g, &mut gradients, &mut scratch).unwrap();
        assert!(distance(&y, x) < 1e-13);
        assert_eq!(g, expected);
        let mut theta_gradient = vec![0.0; shape.parameter_len()];
        let mut scratch = vec![0.0; cayley::gradient_scratch_len(shape.block())];
        cayley::gradients(*shape, &blocks, &gradients, &mut theta_gradient, &mut scratch).unwrap();
        theta_gradient
    }
}

fn assert_finite_differences(layer: &Layer, theta: &[f64], gradient: &[f64]) {
    for (k, gradient) in gradient.iter().enumerate() {
        let value = |sign: f64| {
            let mut theta = theta.to_vec();
            theta[k] += sign * 1e-6;
            layer.value(&theta)
        };
        assert_near((value(1.0) - value(-1.0)) / 2e-6, *gradient, 1e-7);
    }
}

/// Numbers of an independent numpy program, seed 2040.
#[test]
fn gradient_of_a_frozen_layer() {
    let shape = Shape::new(4, 4, 2).unwrap();
    let mut rng = SplitMix64::new(2040);
    let theta = parameters(shape, 0.5, &mut rng);
    let [x, weights, target] = [16, 5 * 16, 5].map(|len| symmetric_vec(&mut rng, len));
    let layer = Layer { shape, x, weights, target };
    let gradient = layer.gradient(&theta);
    for (value, golden) in [
        (layer.value(&theta), 3.443694473183529),
        (norm(&gradient), 15.485739924629115),
        (gradient[0], -1.375490903853089),
        (gradient[47], -1.030234318922677),
        (gradient.iter().sum(), 18.834717030245198),
    ] {
        assert_near(value, golden, 1e-11);
    }
    assert_finite_differences(&layer, &theta, &gradient);
}

/// More factors, blocks wider than registers, blocks of one.
#[test]
fn gradients_of_other_sizes() {
    for (b, r, m) in [(3, 5, 3), (11, 2, 2), (2, 8, 4), (5, 1, 2), (9, 3, 1)] {
        let shape = Shape::new(b, r, m).unwrap();
        let mut rng = SplitMix64::new(41);
        let theta = parameters(shape, 0.5, &mut rng);
        let [x, weights, target] = [shape.dim(), 2 * shape.dim(), 2].map(|len| symmetric_vec(&mut rng, len));
        let layer = Layer { shape, x, weights, target };
        assert_finite_differences(&layer, &theta, &layer.gradient(&theta));
    }
}

/// Gradients of several samples add up; the type calls the functions on slices.
#[test]
fn gradients_accumulate() {
    let shape = Shape::new(3, 4, 2).unwrap();
    let mut rng = SplitMix64::new(42);
    let blocks = random_blocks::<f32>(shape, 0.5, &mut rng);
    let matrix = GroupShuffle::<f32, 3, 4, 2>::from_slice(&blocks).unwrap();
    let (mut sum, mut typed) = (vec![0.0; shape.block_len()], [[[[0.0; 3]; 3]; 4]; 2]);
    let mut expected = vec![0.0; shape.block_len()];
    for _ in 0..3 {
        let [y, g]: [Vec<f32>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, 12));
        let mut scratch = [0.0; 6];
        let mut one = vec![0.0; shape.block_len()];
        backward::backward(shape, &blocks, &mut y.clone(), &mut g.clone(), &mut one, &mut scratch).unwrap();
        backward::backward(shape, &blocks, &mut y.clone(), &mut g.clone(), &mut sum, &mut scratch).unwrap();
        expected.iter_mut().zip(one).for_each(|(sum, x)| *sum += x);
        let [mut y, mut g] = [y, g].map(|x| [0, 1, 2, 3].map(|k| [x[3 * k], x[3 * k + 1], x[3 * k + 2]]));
        matrix.backward(&mut y, &mut g, &mut typed);
    }
    assert_eq!(sum, expected);
    assert_eq!(typed.as_flattened().as_flattened().as_flattened(), sum);
}

/// Q·cayley(K), the slow way.
fn turned(b: usize, q: &[f64], s: &[f64], w: &[f64], eta: f64) -> Vec<f64> {
    let alpha = 0.5 * eta;
    let theta: Vec<_> = (0..b)
        .flat_map(|i| (i + 1..b).map(move |j| (i, j)))
        .map(|(i, j)| alpha * (s[i] * w[j] - w[i] * s[j]))
        .collect();
    let mut product = vec![0.0; b * b];
    product::matmul(b, b, b, q, &rotations::cayley(b, &theta), &mut product).unwrap();
    product
}

fn rank_two(b: usize, q: &mut [f64], s: &[f64], g: &[f64], eta: f64) -> Result<(), Error> {
    let (mut p, mut w) = (vec![0.0; b], vec![0.0; b]);
    product::matvec(b, b, q, s, &mut p).unwrap();
    product::matvec_t(b, b, q, g, &mut w).unwrap();
    online::rank_two(b, q, s, &p, g, &w, eta)
}

/// Numbers of an independent numpy program, seed 66, and the Cayley map by a linear system.
#[test]
fn rank_two_is_a_cayley_step() {
    let mut rng = SplitMix64::new(66);
    let mut q = rotations::cayley(4, &symmetric_vec(&mut rng, 6));
    let [s, g]: [Vec<f64>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, 4));
    assert_near(q[0], 0.362694627958703, 1e-14);
    rank_two(4, &mut q, &s, &g, 0.5).unwrap();
    for (value, golden) in [
        (q[0], 0.459215648352730),
        (q[3], -0.332689437168937),
        (q[12], 0.105614588280449),
        (q[0] + q[5] + q[10] + q[15], -0.080606370285536),
    ] {
        assert_near(value, golden, 1e-12);
    }
    for b in [1, 2, 3, 4, 8, 16, 19] {
        for eta in [0.0, 0.1, 3.0] {
            let shape = Shape::new(b, 1, 1).unwrap();
            let mut q = random_blocks::<f64>(shape, 0.7, &mut rng);
            let [s, g]: [Vec<f64>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, b));
            let mut w = vec![0.0; b];
            product::matvec_t(b, b, &q, &g, &mut w).unwrap();
            let expected = turned(b, &q, &s, &w, eta);
            rank_two(b, &mut q, &s, &g, eta).unwrap();
            assert!(distance(&q, &expected) < 1e-12, "b = {b}, eta = {eta}");
        }
    }
}

/// What is left of a planted rotation of 16 numbers: |e|²/|y|² of each step, and the blocks.
fn planted<T: Real>(steps: usize) -> (Vec<f64>, f64) {
    let shape = Shape::new(4, 4, 2).unwrap();
    let mut rng = SplitMix64::new(2050);
    // The reference program draws the second factor first.
    let one = Shape::new(4, 4, 1).unwrap();
    let [l, r] = [(); 2].map(|()| random_blocks::<T>(one, 0.3, &mut rng));
    let planted = [r, l].concat();
    let mut blocks = identity::<T>(shape);
    let mut scratch = vec![T::ZERO; online::scratch_len(shape)];
    let rate = Rate::Normalized { eta: T::HALF, offset: T::ZERO };
    let mut errors = Vec::new();
    for _ in 0..steps {
        let x: Vec<T> = symmetric_vec(&mut rng, 16);
        let target = applied(shape, &planted, &x);
        let mut y = applied(shape, &blocks, &x);
        let mut g: Vec<T> = y.iter().zip(&target).map(|(&y, &target)| y - target).collect();
        errors.push((dot(&g, &g) / dot(&target, &target)).to_f64());
        online::step(shape, &mut blocks, &mut y, &mut g, rate, &mut scratch).unwrap();
        assert!(distance(&y, &x) < 100.0 * T::EPSILON.to_f64());
    }
    // The product is unique, the blocks are not.
    let mut difference = 0.0f64;
    for i in 0..16 {
        let unit: Vec<T> = (0..16).map(|j| if i == j { T::ONE } else { T::ZERO }).collect();
        let column = [&blocks, &planted].map(|blocks| applied(shape, blocks, &unit));
        difference = difference.hypot(
            column[0].iter().zip(&column[1]).map(|(&x, &y)| (x - y).to_f64().powi(2)).sum::<f64>().sqrt(),
        );
    }
    (errors, difference)
}

/// Numbers of an independent numpy program, seed 2050.
#[test]
fn a_planted_rotation_is_found() {
    let (errors, difference) = planted::<f64>(1000);
    assert_near(errors[0], 0.6706093, 5e-8);
    assert_near(errors[9], 0.2288530, 5e-8);
    assert_near(errors[99], 9.2167e-6, 5e-11);
    assert!(errors[999] < 1e-25, "{:e}", errors[999]);
    assert!(difference < 1e-12, "{difference:e}");
    let (errors, difference) = planted::<f32>(1000);
    assert_near(errors[0], 0.6706093, 1e-5);
    assert_near(errors[9], 0.2288530, 1e-5);
    assert!(difference < 1e-5, "{difference:e}");
}

/// Orthogonality error of one block of 8 after 20,000 updates in single precision by random samples.
fn drift(period: u32) -> f32 {
    let mut rng = SplitMix64::new(5);
    let mut matrix = GroupShuffle::<f32, 8, 1, 1>::identity();
    let mut guard = DriftGuard::new(period);
    for _ in 0..20_000 + period.saturating_sub(1) {
        let [x, g]: [Vec<f32>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, 8));
        let mut y = [[0.0; 8]];
        y[0].copy_from_slice(&x);
        matrix.apply(&mut y);
        let mut g = [std::array::from_fn(|k| g[k])];
        matrix.step(&mut y, &mut g, Rate::Normalized { eta: 0.5, offset: 0.0 }).unwrap();
        matrix.guard(&mut guard, 1);
    }
    matrix.orthogonality_error()
}

#[test]
fn drift_and_its_guard() {
    let errors = [0, 1000, 100].map(drift);
    println!(
        "orthogonality error, f32, after 20,000 updates: never {:e}, each 1000 {:e}, each 100 {:e}",
        errors[0], errors[1], errors[2]
    );
    assert!(errors[0] < 3e-5 && errors[1] < 1e-5 && errors[2] < 1e-6);
    assert!(errors[2] < errors[0]);
}

fn step_invariants<T: Real>(shape: Shape, seed: u64, eta: f64) -> Result<(), TestCaseError> {
    let mut rng = SplitMix64::new(seed);
    let before = random_blocks::<T>(shape, 0.7, &mut rng);
    let [x, g]: [Vec<T>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, shape.dim()));
    let rounding = T::EPSILON.to_f64() * (64 * shape.block() * shape.factors()) as f64;
    let (mut blocks, mut y, mut back) = (before.clone(), applied(shape, &before, &x), g.clone());
    let mut scratch = vec![T::ZERO; online::scratch_len(shape)];
    let rate = Rate::Normalized { eta: T::from_f64(eta), offset: T::ZERO };
    online::step(shape, &mut blocks, &mut y, &mut back, rate, &mut scratch).unwrap();
    prop_assert!(orthogonality_error(shape, &blocks).to_f64() < 4.0 * rounding);
    prop_assert!(distance(&y, &x) < rounding);
    let mut expected = g.clone();
    apply::apply_transpose(shape, &before, &mut expected, &mut vec![T::ZERO; shape.block()]).unwrap();
    prop_assert_eq!(&back, &expected);
    // A short step goes down: f(Q) = g · Q x. A block of one number cannot turn.
    let change = dot(&g, &applied(shape, &blocks, &x)) - dot(&g, &applied(shape, &before, &x));
    prop_assert!(change.to_f64() < 10.0 * rounding + 10.0 * eta * eta * dot(&g, &g).to_f64());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn steps_keep_rotations(b in 1..18usize, r in 1..10usize, m in 1..5usize, seed: u64, eta in 0.0..0.2) {
        let shape = Shape::new(b, r, m).unwrap();
        step_invariants::<f64>(shape, seed, eta)?;
        step_invariants::<f32>(shape, seed, eta)?;
    }
}

/// The type calls the functions on slices: the same bits.
#[test]
fn type_and_slices_agree() {
    let shape = Shape::new(5, 3, 2).unwrap();
    let mut rng = SplitMix64::new(43);
    let mut blocks = random_blocks::<f32>(shape, 0.5, &mut rng);
    let mut matrix = GroupShuffle::<f32, 5, 3, 2>::from_slice(&blocks).unwrap();
    let [y, g]: [Vec<f32>; 2] = [(); 2].map(|()| symmetric_vec(&mut rng, 15));
    let typed =
        |x: &[f32]| -> [[f32; 5]; 3] { std::array::from_fn(|i| std::array::from_fn(|k| x[5 * i + k])) };
    let (mut typed_y, mut typed_g) = (typed(&y), typed(&g));
    matrix.step(&mut typed_y, &mut typed_g, Rate::Fixed(0.3)).unwrap();
    let (mut y, mut g) = (y, g);
    online::step(shape, &mut blocks, &mut y, &mut g, Rate::Fixed(0.3), &mut [0.0; 20]).unwrap();
    assert_eq!(matrix.as_slice(), blocks);
    assert_eq!((typed_y.as_flattened(), typed_g.as_flattened()), (&*y, &*g));
}

/// Nothing comes in: nothing changes, whatever the error is.
#[test]
fn zero_input() {
    let shape = Shape::new(3, 3, 2).unwrap();
    let before = random_blocks::<f32>(shape, 0.5, &mut SplitMix64::new(44));
    for rate in [Rate::Fixed(0.5), Rate::Normalized { eta: 0.5, offset: 0.0 }] {
        let (mut blocks, mut y, mut g) = (before.clone(), [0.0; 9], [1.0; 9]);
        online::step(shape, &mut blocks, &mut y, &mut g, rate, &mut [0.0; 12]).unwrap();
        assert_eq!(blocks, before);
        assert_eq!(y, [0.0; 9]);
        assert!((norm(&g) - 3.0).abs() < 1e-6);
    }
}

#[test]
fn refused() {
    let shape = Shape::new(2, 2, 2).unwrap();
    let before = identity::<f32>(shape);
    let good = ([1.0, 2.0, 3.0, 4.0], [0.1, 0.2, 0.3, 0.4]);
    let step = |y: [f32; 4], g: [f32; 4], rate: Rate<f32>| {
        let (mut blocks, mut after) = (before.clone(), (y, g));
        let result = online::step(shape, &mut blocks, &mut after.0, &mut after.1, rate, &mut [0.0; 8]);
        let bits = |x: &[f32]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        if result.is_err() {
            assert_eq!(blocks, before);
            assert_eq!((bits(&after.0), bits(&after.1)), (bits(&y), bits(&g)));
        }
        result
    };
    let normal = Rate::Normalized { eta: 0.5, offset: 0.0 };
    assert_eq!(step(good.0, good.1, normal), Ok(()));
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        for rate in [normal, Rate::Fixed(0.5)] {
            assert_eq!(step([1.0, bad, 0.0, 0.0], good.1, rate), Err(Error::NotFinite));
            assert_eq!(step(good.0, [bad, 1.0, 0.0, 0.0], rate), Err(Error::NotFinite));
        }
    }
    for bad in [f32::NAN, f32::INFINITY, -0.1] {
        assert_eq!(step(good.0, good.1, Rate::Fixed(bad)), Err(Error::Setting { name: "eta" }));
        let rate = Rate::Normalized { eta: bad, offset: 0.0 };
        assert_eq!(step(good.0, good.1, rate), Err(Error::Setting { name: "eta" }));
        let rate = Rate::Normalized { eta: 0.5, offset: bad };
        assert_eq!(step(good.0, good.1, rate), Err(Error::Setting { name: "offset" }));
    }
    // Blocks that are not orthogonal may leave the range where the bounds on the vectors do not see it.
    let mut broken = before.clone();
    broken[8] = 1e30;
    let (mut y, mut g) = good;
    let result = online::step(shape, &mut broken, &mut y, &mut g, normal, &mut [0.0; 8]);
    assert_eq!(result, Err(Error::NotFinite));

    let error = |expected, found| Err(Error::Length { expected, found });
    let (mut blocks, mut y, mut g) = (before.clone(), [0.0; 4], [0.0; 4]);
    assert_eq!(online::step(shape, &mut blocks[1..], &mut y, &mut g, normal, &mut [0.0; 8]), error(16, 15));
    assert_eq!(online::step(shape, &mut blocks, &mut y[1..], &mut g, normal, &mut [0.0; 8]), error(4, 3));
    assert_eq!(online::step(shape, &mut blocks, &mut y, &mut g[1..], normal, &mut [0.0; 8]), error(4, 3));
    assert_eq!(online::step(shape, &mut blocks, &mut y, &mut g, normal, &mut [0.0; 7]), error(8, 7));
    let mut gradients = blocks.clone();
    let back = |blocks: &[f32], gradients: &mut [f32], scratch: &mut [f32]| {
        backward::backward(shape, blocks, &mut [0.0; 4], &mut [0.0; 4], gradients, scratch)
    };
    assert_eq!(back(&blocks[1..], &mut gradients, &mut [0.0; 4]), error(16, 15));
    assert_eq!(back(&blocks, &mut gradients[1..], &mut [0.0; 4]), error(16, 15));
    assert_eq!(back(&blocks, &mut gradients, &mut [0.0; 3]), error(4, 3));

    let (mut q, one) = ([1.0f64, 0.0, 0.0, 1.0], [1.0, 0.0]);
    assert_eq!(online::rank_two(0, &mut [], &[], &[], &[], &[], 0.1f64), Err(Error::Shape));
    assert_eq!(online::rank_two(2, &mut q, &one, &one, &one, &one[1..], 0.1), error(2, 1));
    assert_eq!(
        online::rank_two(2, &mut q, &one, &one, &one, &one, -0.1),
        Err(Error::Setting { name: "eta" })
    );
    for k in 0..4 {
        let mut x = [one; 4];
        x[k][1] = f64::NAN;
        assert_eq!(online::rank_two(2, &mut q, &x[0], &x[1], &x[2], &x[3], 0.1), Err(Error::NotFinite));
    }
    assert_eq!(online::rank_two(2, &mut q, &one, &[1e200, 0.0], &one, &one, 0.1), Err(Error::NotFinite));
    assert_eq!(q, [1.0, 0.0, 0.0, 1.0]);
}
