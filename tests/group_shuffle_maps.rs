//! Maps from parameters to orthogonal blocks, back, and their gradients.

use proptest::prelude::*;
use rand_core::Rng;
use reparam::Real;
use reparam::dense::lu;
use reparam::group_shuffle::neumann::{self, Series};
use reparam::group_shuffle::{Error, Shape, cayley, exponential};
use reparam::random::{SplitMix64, uniform_in};

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

/// The bits of the identity, not only its values.
fn is_identity<T: Real>(b: usize, q: &[T]) -> bool {
    let bits = |x: T| x.to_f64().to_bits();
    q.iter().enumerate().all(|(x, &q)| bits(q) == bits(if x % (b + 1) == 0 { T::ONE } else { T::ZERO }))
}

fn zero_parameters_give_the_identity_bit_for_bit<T: Real>() {
    for b in 1..20 {
        let theta = vec![T::ZERO; cayley::parameter_len(b)];
        assert!(is_identity(b, &cayley_block(b, &theta)), "cayley, {b}");
        let (mut q, mut scratch) = (vec![T::NAN; b * b], vec![T::NAN; neumann::scratch_len(b)]);
        for setting in 0..6 {
            neumann::block(b, &theta, Series::peft(setting), &mut q, &mut scratch).unwrap();
            assert!(is_identity(b, &q), "neumann, {b}");
        }
        if b <= 4 {
            exponential::block(b, &theta, &mut q).unwrap();
            assert!(is_identity(b, &q), "exponential, {b}");
        }
        let (mut back, mut scratch) = (vec![T::NAN; theta.len()], vec![T::NAN; b * b]);
        cayley::inverse(b, &cayley_block(b, &theta), &mut back, &mut scratch, &mut vec![0; b]).unwrap();
        assert!(back.iter().all(|&x| x == T::ZERO));
    }
}

#[test]
fn zero_parameters_give_the_identity() {
    zero_parameters_give_the_identity_bit_for_bit::<f32>();
    zero_parameters_give_the_identity_bit_for_bit::<f64>();
}

/// `tests/reference/group_shuffle_maps.txt`, made by `group_shuffle_maps.py` beside it.
#[test]
fn maps_agree_with_numpy_and_scipy() {
    let mut cases = 0;
    for line in include_str!("reference/group_shuffle_maps.txt").lines() {
        let (head, elements) = line.split_once(" | ").unwrap();
        let mut words = head.split(' ');
        let name = words.next().unwrap();
        let [b, setting] = [(); 2].map(|()| words.next().unwrap().parse::<usize>().unwrap());
        let theta: Vec<f64> = words.map(|x| x.parse().unwrap()).collect();
        let expected: Vec<f64> = elements.split(' ').map(|x| x.parse().unwrap()).collect();
        let mut q = vec![f64::NAN; b * b];
        let mut series = |series| {
            let mut scratch = vec![f64::NAN; neumann::scratch_len(b)];
            neumann::block(b, &theta, series, &mut q, &mut scratch).unwrap();
        };
        match name {
            "cayley" => q = cayley_block(b, &theta),
            "exponential" => exponential::block(b, &theta, &mut q).unwrap(),
            "neumann" => series(Series::new(setting).unwrap()),
            "peft" => series(Series::peft(setting)),
            _ => panic!("{name}"),
        }
        let error = largest_difference(&q, &expected);
        assert!(error < 2e-14, "{head}: {error:e}");
        // The small parameters keep their digits.
        if theta.iter().all(|x| x.abs() < 1e-8) {
            let relative = (q[1] - expected[1]).abs() / expected[1].abs();
            assert!(relative < 1e-14, "{head}: {relative:e}");
        }
        cases += 1;
    }
    assert_eq!(cases, 81);
}

/// Parameters of blocks in `f32`, uniform in ±scale.
fn sample(rng: &mut impl Rng, b: usize, scale: f32) -> Vec<f32> {
    (0..cayley::parameter_len(b)).map(|_| uniform_in(rng, -scale, scale)).collect()
}

/// Orthogonality of the map in `f32` for small and large parameters, before and after one Newton-Schulz step.
#[test]
fn single_precision_is_as_orthogonal_as_documented() {
    let mut rng = SplitMix64::new(2);
    for (scale, plain_bound) in [(0.1, 2e-6), (1.0, 2e-6), (10.0, 1e-5), (100.0, 1e-4), (1000.0, 5e-4)] {
        let (mut plain, mut refined) = (0.0_f64, 0.0_f64);
        for b in [2, 3, 4, 5, 8, 16, 32] {
            for _ in 0..20 {
                let mut q = cayley_block(b, &sample(&mut rng, b, scale));
                plain = plain.max(orthogonality(b, &q));
                let mut scratch = vec![0.0; cayley::refine_scratch_len(b)];
                cayley::refine(Shape::new(b, 1, 1).unwrap(), &mut q, &mut scratch).unwrap();
                refined = refined.max(orthogonality(b, &q));
            }
        }
        println!("|θ| <= {scale}: {plain:.1e}, {refined:.1e} after one step");
        assert!(plain <= plain_bound, "{plain:e} at {scale}");
        assert!(refined <= 1e-6, "{refined:e} at {scale}");
    }
}

/// Largest singular value.
fn spectral_norm(b: usize, a: &[f64]) -> f64 {
    nalgebra::DMatrix::from_row_slice(b, b, a).singular_values().max()
}

#[test]
fn series_is_the_exact_map_less_a_power_and_its_bounds_hold() {
    let mut rng = SplitMix64::new(7);
    for b in 2..=6 {
        for scale in [0.1, 0.5, 1.5] {
            let theta: Vec<f64> =
                (0..cayley::parameter_len(b)).map(|_| uniform_in(&mut rng, -scale, scale)).collect();
            let (exact, k) = (cayley_block(b, &theta), skew(b, &theta));
            let mut power = k.clone();
            for terms in 1..=7 {
                let series = Series::new(terms).unwrap();
                let (mut r, mut scratch) = (vec![0.0; b * b], vec![0.0; neumann::scratch_len(b)]);
                let bound = neumann::block(b, &theta, series, &mut r, &mut scratch).unwrap();
                // R = C (I − Kᵖ).
                let lost = multiply(b, &exact, &power);
                let expected: Vec<f64> = exact.iter().zip(&lost).map(|(c, lost)| c - lost).collect();
                let size = r.iter().fold(1.0, |size: f64, x| size.max(x.abs()));
                assert!(largest_difference(&r, &expected) < 2e-14 * size, "{b} {terms}");

                let largest = spectral_norm(b, &k);
                let power_of_largest = largest.powi(i32::try_from(terms).unwrap());
                let mut gram = multiply_transposed(b, &r);
                gram.iter_mut().step_by(b + 1).for_each(|x| *x -= 1.0);
                let error = spectral_norm(b, &gram);
                let slack = 1.0 + 1e-12;
                assert!(error <= bound * slack + 1e-14, "{b} {terms}: {error:e} above {bound:e}");
                assert!(power_of_largest <= series.cayley_bound(&theta) * slack);
                if b <= 3 && largest < 1.0 {
                    // A single pair of eigenvalues: the bound is the value.
                    assert!((error - bound).abs() <= 1e-13, "{b} {terms}: {error:e}, {bound:e}");
                    let formula = match terms % 4 {
                        1 | 3 => power_of_largest * power_of_largest,
                        0 => 1.0 - (1.0 - power_of_largest).powi(2),
                        _ => (1.0 + power_of_largest).powi(2) - 1.0,
                    };
                    assert!((error - formula).abs() <= 1e-13);
                }
                power = multiply(b, &power, &k);
            }
            for setting in 0..3 {
                let series = Series::peft(setting);
                let (mut r, mut scratch) = (vec![0.0; b * b], vec![0.0; neumann::scratch_len(b)]);
                let bound = neumann::block(b, &theta, series, &mut r, &mut scratch).unwrap();
                let mut gram = multiply_transposed(b, &r);
                gram.iter_mut().step_by(b + 1).for_each(|x| *x -= 1.0);
                assert!(spectral_norm(b, &gram) <= bound * (1.0 + 1e-12) + 1e-14);
                let difference: Vec<f64> = r.iter().zip(&exact).map(|(r, c)| r - c).collect();
                assert!(spectral_norm(b, &difference) <= series.cayley_bound(&theta) * (1.0 + 1e-12) + 1e-14);
            }
        }
    }
}

fn multiply(b: usize, x: &[f64], y: &[f64]) -> Vec<f64> {
    (0..b * b).map(|at| (0..b).map(|k| x[at / b * b + k] * y[k * b + at % b]).sum()).collect()
}

/// XᵀX.
fn multiply_transposed(b: usize, x: &[f64]) -> Vec<f64> {
    (0..b * b).map(|at| (0..b).map(|k| x[k * b + at / b] * x[k * b + at % b]).sum()).collect()
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

    #[test]
    fn exponentials_are_rotations((b, theta) in parameters(4, 20.0)) {
        let mut q = vec![0.0; b * b];
        exponential::block(b, &theta, &mut q).unwrap();
        prop_assert!(orthogonality(b, &q) < 1e-13);
        prop_assert!((determinant(b, &q) - 1.0).abs() < 1e-13);
        // exp(K/2)² = exp(K).
        let (half, mut root): (Vec<_>, _) = (theta.iter().map(|t| t / 2.0).collect(), vec![0.0; b * b]);
        exponential::block(b, &half, &mut root).unwrap();
        prop_assert!(largest_difference(&multiply(b, &root, &root), &q) < 1e-13);
    }

    #[test]
    fn parameters_come_back((b, theta) in parameters(12, 5.0)) {
        let q = cayley_block(b, &theta);
        let (mut back, mut scratch) = (vec![f64::NAN; theta.len()], vec![f64::NAN; b * b]);
        let error = cayley::inverse(b, &q, &mut back, &mut scratch, &mut vec![0; b]).unwrap();
        prop_assert!(error < 1e-13);
        prop_assert!(largest_difference(&back, &theta) < 1e-10);

        let single: Vec<f32> = theta.iter().map(|&t| t as f32).collect();
        let (mut back, mut scratch) = (vec![f32::NAN; theta.len()], vec![f32::NAN; b * b]);
        let error = cayley::inverse(b, &cayley_block(b, &single), &mut back, &mut scratch, &mut vec![0; b]);
        prop_assert!(error.unwrap() < 1e-5);
        prop_assert!(largest_difference(&back, &single) < 1e-2);
    }

    #[test]
    fn gradient_agrees_with_finite_differences((b, theta) in parameters(9, 2.0), seed in any::<u64>()) {
        // f = ⟨G, Q(θ)⟩.
        let mut rng = SplitMix64::new(seed);
        let g: Vec<f64> = (0..b * b).map(|_| uniform_in(&mut rng, -1.0, 1.0)).collect();
        let f = |theta: &[f64]| cayley_block(b, theta).iter().zip(&g).map(|(q, g)| q * g).sum::<f64>();
        let (mut gradient, mut scratch) = (vec![f64::NAN; theta.len()], vec![f64::NAN; 2 * b * b]);
        cayley::gradient(b, &cayley_block(b, &theta), &g, &mut gradient, &mut scratch).unwrap();
        for (i, &slope) in gradient.iter().enumerate() {
            let (mut up, mut down, step) = (theta.clone(), theta.clone(), 1e-5);
            up[i] += step;
            down[i] -= step;
            let difference = (f(&up) - f(&down)) / (2.0 * step);
            prop_assert!((slope - difference).abs() < 1e-8, "{slope} and {difference}");
        }
    }

    #[test]
    fn shapes_are_their_blocks(b in 1..6_usize, r in 1..4_usize, m in 1..4_usize, seed in any::<u64>()) {
        let shape = Shape::new(b, r, m).unwrap();
        let mut rng = SplitMix64::new(seed);
        let mut draw = |len| -> Vec<f64> { (0..len).map(|_| uniform_in(&mut rng, -1.0, 1.0)).collect() };
        let (theta, g) = (draw(shape.parameter_len()), draw(shape.block_len()));
        let (mut q, mut pivots) = (vec![f64::NAN; shape.block_len()], vec![0; cayley::pivot_len(b)]);
        cayley::blocks(shape, &theta, &mut q, &mut pivots).unwrap();
        let mut gradient = vec![f64::NAN; theta.len()];
        cayley::gradients(shape, &q, &g, &mut gradient, &mut vec![0.0; 2 * b * b]).unwrap();
        let mut back = vec![f64::NAN; theta.len()];
        cayley::inverses(shape, &q, &mut back, &mut vec![0.0; b * b], &mut vec![0; b]).unwrap();
        prop_assert!(largest_difference(&back, &theta) < 1e-12);

        let count = cayley::parameter_len(b);
        for block in 0..r * m {
            let (places, elements) = (block * count..(block + 1) * count, block * b * b..(block + 1) * b * b);
            let one = cayley_block(b, &theta[places.clone()]);
            prop_assert_eq!(&q[elements.clone()], &one[..]);
            let mut slope = vec![f64::NAN; count];
            cayley::gradient(b, &one, &g[elements], &mut slope, &mut vec![0.0; 2 * b * b]).unwrap();
            prop_assert_eq!(&gradient[places], &slope[..]);
        }
        if b <= 4 {
            exponential::blocks(shape, &theta, &mut q).unwrap();
            for (block, q) in q.chunks(b * b).enumerate() {
                let mut one = vec![0.0; b * b];
                exponential::block(b, &theta[block * count..(block + 1) * count], &mut one).unwrap();
                prop_assert_eq!(q, &one[..]);
            }
        }
    }
}

/// Half a turn in one plane, a little less than that, a reflection.
fn inverse_near_minus_one<T: Real>() {
    let inverse = |b: usize, q: &[T]| {
        let (mut theta, mut scratch) = (vec![T::ONE; cayley::parameter_len(b)], vec![T::ZERO; b * b]);
        let outcome = cayley::inverse(b, q, &mut theta, &mut scratch, &mut vec![0; b]);
        if outcome.is_err() {
            assert!(theta.iter().all(|&t| t == T::ONE), "touched");
        }
        outcome.map(|_| theta)
    };
    for b in 2..10 {
        let mut q = vec![T::ZERO; b * b];
        q.iter_mut().step_by(b + 1).for_each(|x| *x = T::ONE);
        q[b * b - 1] = -T::ONE;
        assert_eq!(inverse(b, &q), Err(Error::EigenvalueMinusOne), "reflection, {b}");
        q[(b - 2) * (b + 1)] = -T::ONE;
        assert_eq!(inverse(b, &q), Err(Error::EigenvalueMinusOne), "half a turn, {b}");
        // All angles in a row that approaches half a turn: parameters or the error, never anything else.
        let mut refused = 0;
        for exponent in 0..60 {
            let (s, c) = (T::PI - T::from_f64(0.5_f64.powi(exponent))).sin_cos();
            (q[(b - 2) * (b + 1)], q[b * b - 1]) = (c, c);
            (q[(b - 2) * b + b - 1], q[(b - 1) * b + b - 2]) = (s, -s);
            match inverse(b, &q) {
                Ok(theta) => assert!(theta.iter().all(|t| t.is_finite()) && refused == 0),
                Err(error) => {
                    assert_eq!(error, Error::EigenvalueMinusOne);
                    refused += 1;
                }
            }
        }
        assert!((30..50).contains(&refused) || T::EPSILON.to_f64() < 1e-10, "{refused}");
        // The same in a rotated frame.
        let mut rng = SplitMix64::new(b as u64);
        let theta: Vec<T> =
            (0..cayley::parameter_len(b)).map(|_| uniform_in(&mut rng, -T::ONE, T::ONE)).collect();
        let frame = cayley_block(b, &theta);
        let sign = |k: usize| if k == 0 { -T::ONE } else { T::ONE };
        let mut reflection = vec![T::ZERO; b * b];
        for (at, x) in reflection.iter_mut().enumerate() {
            let terms = (0..b).map(|k| frame[at / b * b + k] * sign(k) * frame[at % b * b + k]);
            *x = terms.sum();
        }
        assert_eq!(inverse(b, &reflection), Err(Error::EigenvalueMinusOne), "rotated, {b}");
    }
}

#[test]
fn inverse_near_eigenvalue_minus_one_is_an_error() {
    inverse_near_minus_one::<f32>();
    inverse_near_minus_one::<f64>();
}

fn not_finite_is_refused<T: Real>() {
    for b in 2..10 {
        let count = cayley::parameter_len(b);
        for place in [0, count / 2, count - 1] {
            for bad in [T::NAN, T::INFINITY, -T::INFINITY, T::MAX] {
                let mut theta = vec![T::HALF; count];
                theta[place] = bad;
                let mut q = vec![T::ZERO; b * b];
                let outcome = cayley::block(b, &theta, &mut q, &mut vec![0; cayley::pivot_len(b)]);
                if bad.is_finite() && outcome.is_ok() {
                    assert!(q.iter().all(|x| x.is_finite()));
                } else {
                    assert_eq!(outcome, Err(Error::NotFinite), "cayley, {b}, {bad}");
                }
                let mut scratch = vec![T::ZERO; neumann::scratch_len(b)];
                let outcome = neumann::block(b, &theta, Series::peft(5), &mut q, &mut scratch);
                assert_eq!(outcome, Err(Error::NotFinite), "neumann, {b}, {bad}");
                if b <= 4 && (b > 2 || !bad.is_finite()) {
                    assert_eq!(
                        exponential::block(b, &theta, &mut q),
                        Err(Error::NotFinite),
                        "exp, {b}, {bad}"
                    );
                }
            }
        }
        for bad in [T::NAN, T::INFINITY, T::MAX] {
            let mut q = vec![T::ZERO; b * b];
            q.iter_mut().step_by(b + 1).for_each(|x| *x = T::ONE);
            q[b] = bad;
            let mut theta = vec![T::ZERO; count];
            let outcome = cayley::inverse(b, &q, &mut theta, &mut vec![T::ZERO; b * b], &mut vec![0; b]);
            assert_eq!(outcome, Err(Error::NotFinite), "inverse, {b}, {bad}");
        }
    }
}

#[test]
fn what_is_not_finite_is_refused() {
    not_finite_is_refused::<f32>();
    not_finite_is_refused::<f64>();
}

/// Nearly orthogonal and nearly of determinant −1: no parameters are near, whatever K = (Q − I)(Q + I)⁻¹ is.
#[test]
fn reflections_within_rounding_are_refused() {
    let mut reflection = [0.0f64; 9];
    for near in [-1.0, -0.999_993_5, -1.000_01] {
        reflection.copy_from_slice(&[0.8, 0.6, 0.0, -0.6, 0.8, 0.0, 0.0, 0.0, near]);
        let refused = cayley::inverse(3, &reflection, &mut [7.0; 3], &mut [0.0; 9], &mut [0; 3]);
        assert_eq!(refused, Err(Error::EigenvalueMinusOne), "{near}");
        assert_eq!(
            cayley::inverse(1, &[near], &mut [], &mut [0.0], &mut [0]),
            Err(Error::EigenvalueMinusOne),
            "{near}"
        );
    }
}

/// Beside the largest numbers there are, the identity is lost: an elimination that ends all the same ends with nonsense.
#[test]
fn parameters_that_drown_the_identity_are_refused() {
    let mut theta = [0.0f32; 21];
    theta[..4].copy_from_slice(&[5.967_504_3e-19, 1.570_796_4, f32::MAX, f32::MAX]);
    let refused = cayley::block(7, &theta, &mut [0.0; 49], &mut [0; 7]);
    assert_eq!(refused, Err(Error::EigenvalueMinusOne));
}

#[test]
fn wrong_sizes_and_blocks_are_refused() {
    let length = |expected, found| Err(Error::Length { expected, found });
    assert_eq!(cayley::block::<f32>(0, &[], &mut [], &mut []), Err(Error::Shape));
    assert_eq!(cayley::block::<f32>(usize::MAX, &[], &mut [], &mut []), Err(Error::Shape));
    assert_eq!(cayley::block(3, &[0.0; 2], &mut [0.0; 9], &mut []), length(3, 2));
    assert_eq!(cayley::block(3, &[0.0; 3], &mut [0.0; 8], &mut []), length(9, 8));
    assert_eq!(cayley::block(5, &[0.0; 10], &mut [0.0; 25], &mut [0; 4]), length(5, 4));
    assert_eq!(exponential::block(5, &[0.0; 10], &mut [0.0; 25]), Err(Error::Setting { name: "block" }));
    assert_eq!(Series::new(0), Err(Error::Setting { name: "terms" }));
    let sheared = [1.0, 0.1, 0.0, 1.0];
    let outcome = cayley::inverse(2, &sheared, &mut [0.0], &mut [0.0; 4], &mut [0; 2]);
    assert!(matches!(outcome, Err(Error::NotOrthogonal { error }) if (error - 0.1).abs() < 1e-6));
}
