//! The angle chart: count, round trip, ranges, products without the frame, gradient, update of one angle.

use proptest::prelude::*;
use reparam::Real;
use reparam::givens::{Chart, Error, Frame, Plane, Rotation, angle_count, chart, frame, planes};
use reparam::random::{SplitMix64, uniform};

const SIZES: [(usize, usize); 4] = [(5, 2), (20, 10), (20, 20), (50, 7)];

/// Largest difference of two slices of the same length.
fn distance<T: Real>(x: &[T], y: &[T]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(&x, &y)| (x.to_f64() - y.to_f64()).abs()).fold(0.0, f64::max)
}

fn random_frame<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) -> Vec<T> {
    let mut q = vec![T::ZERO; rows * cols];
    frame::random(rows, cols, rng, &mut q).unwrap();
    q
}

fn random_angles<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) -> Vec<T> {
    (0..angle_count(rows, cols)).map(|_| (uniform::<T, _>(rng) - T::HALF) * T::TAU).collect()
}

fn materialise<T: Real>(rows: usize, cols: usize, angles: &[T], reflected: bool) -> Vec<T> {
    let mut q = vec![T::ZERO; rows * cols];
    chart::materialise(rows, cols, angles, reflected, &mut q).unwrap();
    q
}

#[test]
fn angle_count_is_the_dimension_of_the_frames() {
    for rows in 1..40 {
        for cols in 1..=rows {
            assert_eq!(angle_count(rows, cols), cols * rows - cols * (cols + 1) / 2);
        }
    }
    assert_eq!(SIZES.map(|(rows, cols)| angle_count(rows, cols)), [7, 145, 190, 322]);
    assert_eq!([angle_count(2, 3), angle_count(3, 0), angle_count(0, 0)], [0; 3]);
}

#[test]
fn planes_go_column_by_column_both_ways() {
    for rows in 1..12 {
        for cols in 1..=rows {
            let expected: Vec<_> =
                (0..cols).flat_map(|i| (i + 1..rows).map(move |j| Plane { i, j })).collect();
            assert_eq!(planes(rows, cols).len(), angle_count(rows, cols));
            assert_eq!(planes(rows, cols).collect::<Vec<_>>(), expected);
            let mut back: Vec<_> = planes(rows, cols).rev().collect();
            back.reverse();
            assert_eq!(back, expected);
        }
    }
    assert_eq!(planes(2, 3).next(), None);
}

/// Round trip of the angle chart, ranges of its angles, and the leftover sign.
fn round_trip<T: Real>(tolerance: f64) {
    let mut rng = SplitMix64::new(2);
    for (rows, cols) in SIZES {
        for _ in 0..10 {
            let q: Vec<T> = random_frame(rows, cols, &mut rng);
            let mut angles = vec![T::ZERO; angle_count(rows, cols)];
            let mut rest = q.clone();
            let reflected = chart::decompose(rows, cols, &mut rest, &mut angles).unwrap();
            for (plane, &angle) in planes(rows, cols).zip(&angles) {
                if plane.j == plane.i + 1 {
                    assert!(angle > -T::PI && angle <= T::PI, "first angle {angle}");
                } else {
                    assert!(angle.abs() <= T::FRAC_PI_2, "later angle {angle}");
                }
            }
            assert_eq!(reflected, rows == cols && determinant(rows, &q) < 0.0);
            assert!(distance(&materialise(rows, cols, &angles, reflected), &q) <= tolerance);
            // What is left of a frame is the identity, with the leftover sign last.
            for (k, &x) in rest.iter().enumerate() {
                let target = match (k / cols == k % cols, reflected && k + 1 == rows * cols) {
                    (true, true) => -1.0,
                    (true, false) => 1.0,
                    (false, _) => 0.0,
                };
                assert!((x.to_f64() - target).abs() <= tolerance, "{rows} x {cols}: entry {k} left {x}");
            }
        }
    }
}

/// By plain elimination in f64: independent of the chart.
fn determinant<T: Real>(n: usize, q: &[T]) -> f64 {
    let mut a: Vec<f64> = q.iter().map(|x| x.to_f64()).collect();
    let mut det = 1.0;
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i * n + k].abs().total_cmp(&a[j * n + k].abs())).unwrap();
        if pivot != k {
            (0..n).for_each(|c| a.swap(k * n + c, pivot * n + c));
            det = -det;
        }
        det *= a[k * n + k];
        for i in k + 1..n {
            let factor = a[i * n + k] / a[k * n + k];
            (k..n).for_each(|c| a[i * n + c] -= factor * a[k * n + c]);
        }
    }
    det
}

#[test]
fn round_trip_of_the_angle_chart() {
    round_trip::<f64>(1e-13);
    round_trip::<f32>(5e-6);
}

#[test]
fn both_signs_of_the_determinant_occur_and_survive() {
    let mut rng = SplitMix64::new(3);
    let mut seen = [0; 2];
    for _ in 0..64 {
        let frame = Frame::<f64, 4, 4>::random(&mut rng);
        let chart: Chart<f64, 4, 4, 6> = frame.chart();
        seen[usize::from(chart.reflected())] += 1;
        assert!(distance(chart.frame().as_slice(), frame.as_slice()) < 1e-14);
        let mut other = frame;
        other.reflect();
        assert_ne!(other.chart::<6>().reflected(), chart.reflected());
    }
    assert!(seen.iter().all(|&count| count > 15), "{seen:?}");
}

#[test]
fn signed_permutations_have_angles_in_range() {
    // Zeros of both signs everywhere: the hard cases of the arctangent.
    for zero in [0.0, -0.0] {
        for (a, b, c) in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)] {
            for signs in 0..8 {
                let mut rows = [[zero; 3]; 3];
                for (bit, (row, column)) in [(0, a), (1, b), (2, c)].into_iter().enumerate() {
                    rows[row][column] = if signs >> bit & 1 == 0 { 1.0 } else { -1.0 };
                }
                let frame = Frame::from_rows(rows).unwrap();
                let chart: Chart<f64, 3, 3, 3> = frame.chart();
                let [first, later, second] = *chart.angles();
                let pi = std::f64::consts::PI;
                assert!(first > -pi && first <= pi && second > -pi && second <= pi, "{rows:?}: {chart:?}");
                assert!(later.abs() <= pi / 2.0, "{rows:?}: {chart:?}");
                assert!(distance(chart.frame().as_slice(), frame.as_slice()) < 1e-15);
            }
        }
    }
}

/// f = Σ_c (c + 1)·q_cᵀ A q_c and its gradient by Q, for a symmetric A.
fn weighted_quadratic(rows: usize, cols: usize, a: &[f64], q: &[f64]) -> (f64, Vec<f64>) {
    let mut slope = vec![0.0; rows * cols];
    let mut value = 0.0;
    for c in 0..cols {
        for i in 0..rows {
            let product: f64 = (0..rows).map(|j| a[i * rows + j] * q[j * cols + c]).sum();
            value += (c + 1) as f64 * q[i * cols + c] * product;
            slope[i * cols + c] = 2.0 * (c + 1) as f64 * product;
        }
    }
    (value, slope)
}

fn random_symmetric(n: usize, rng: &mut SplitMix64) -> Vec<f64> {
    let b: Vec<f64> = (0..n * n).map(|_| uniform::<f64, _>(rng) - 0.5).collect();
    (0..n * n).map(|k| b[k] + b[k % n * n + k / n]).collect()
}

#[test]
fn gradient_against_central_differences() {
    let mut rng = SplitMix64::new(4);
    for (rows, cols, reflected) in
        [(5, 2, false), (20, 10, false), (6, 6, true), (20, 20, false), (50, 7, false)]
    {
        let a = random_symmetric(rows, &mut rng);
        let mut angles: Vec<f64> = random_angles(rows, cols, &mut rng);
        let mut q = materialise(rows, cols, &angles, reflected);
        let (_, mut cotangent) = weighted_quadratic(rows, cols, &a, &q);
        let mut gradient = vec![0.0; angles.len()];
        chart::gradient(rows, cols, &angles, &mut q, &mut cotangent, &mut gradient).unwrap();
        let scale = gradient.iter().fold(0.0, |scale: f64, x| scale.max(x.abs()));
        for k in 0..angles.len() {
            let mut value = |shift: f64| {
                let angle = angles[k];
                angles[k] = angle + shift;
                let value =
                    weighted_quadratic(rows, cols, &a, &materialise(rows, cols, &angles, reflected)).0;
                angles[k] = angle;
                value
            };
            let difference = (value(1e-6) - value(-1e-6)) / 2e-6;
            assert!((gradient[k] - difference).abs() <= 1e-7 * scale, "{rows} x {cols}, angle {k}");
        }
    }
}

#[test]
fn gradient_in_single_precision() {
    let mut rng = SplitMix64::new(5);
    let a = random_symmetric(8, &mut rng);
    let angles: Vec<f32> = random_angles(8, 3, &mut rng);
    let wide: Vec<f64> = angles.iter().map(|&x| f64::from(x)).collect();
    let mut q = materialise(8, 3, &wide, false);
    let (_, mut cotangent) = weighted_quadratic(8, 3, &a, &q);
    let mut cotangent32: Vec<f32> = cotangent.iter().map(|&x| x as f32).collect();
    let mut gradient = vec![0.0; wide.len()];
    chart::gradient(8, 3, &wide, &mut q, &mut cotangent, &mut gradient).unwrap();
    let mut gradient32 = vec![0.0f32; wide.len()];
    chart::gradient(8, 3, &angles, &mut materialise(8, 3, &angles, false), &mut cotangent32, &mut gradient32)
        .unwrap();
    assert!(gradient.iter().zip(gradient32).all(|(x, y)| (x - f64::from(y)).abs() < 1e-5));
}

/// Products without the frame, one angle at a time updates, stored rotations: against the frame itself.
fn products_and_updates<T: Real>(tolerance: f64) {
    let mut rng = SplitMix64::new(6);
    for (rows, cols, reflected) in [(1, 1, true), (2, 2, true), (5, 2, false), (20, 10, false), (9, 9, true)]
    {
        let mut angles: Vec<T> = random_angles(rows, cols, &mut rng);
        let mut q = materialise(rows, cols, &angles, reflected);
        let rotations: Vec<_> = angles.iter().map(|&angle| Rotation::new(angle)).collect();
        let x: Vec<T> = (0..rows).map(|_| uniform::<T, _>(&mut rng) - T::HALF).collect();

        let expected: Vec<T> =
            (0..rows).map(|i| (0..cols).map(|k| q[i * cols + k] * x[k]).sum::<T>()).collect();
        let mut y = x.clone();
        chart::apply(cols, &angles, reflected, &mut y).unwrap();
        assert!(distance(&y, &expected) <= tolerance);
        let mut stored = x.clone();
        chart::apply(cols, &rotations, reflected, &mut stored).unwrap();
        assert_eq!(stored, y);

        let expected: Vec<T> =
            (0..cols).map(|k| (0..rows).map(|i| q[i * cols + k] * x[i]).sum::<T>()).collect();
        let mut y = x.clone();
        chart::apply_transpose(cols, &angles, reflected, &mut y).unwrap();
        assert!(distance(&y[..cols], &expected) <= tolerance);
        let mut stored = x.clone();
        chart::apply_transpose(cols, &rotations, reflected, &mut stored).unwrap();
        assert_eq!(stored, y);

        let mut scratch = vec![T::ZERO; chart::update_scratch(rows, cols)];
        for index in 0..angles.len() {
            let delta = uniform::<T, _>(&mut rng) * T::TAU - T::PI;
            chart::update(rows, cols, &angles, index, delta, &mut q, &mut scratch).unwrap();
            angles[index] += delta;
            let rebuilt = materialise(rows, cols, &angles, reflected);
            assert!(distance(&q, &rebuilt) <= 10.0 * tolerance, "{rows} x {cols}, angle {index}");
        }
    }
}

#[test]
fn products_and_updates_agree_with_the_frame() {
    products_and_updates::<f64>(1e-14);
    products_and_updates::<f32>(5e-6);
}

#[test]
fn a_small_update_is_as_exact_as_its_size() {
    let mut rng = SplitMix64::new(7);
    let angles: Vec<f64> = random_angles(6, 3, &mut rng);
    let q = materialise(6, 3, &angles, false);
    let mut moved = q.clone();
    let mut scratch = vec![0.0; chart::update_scratch(6, 3)];
    chart::update(6, 3, &angles, 4, 1e-200, &mut moved, &mut scratch).unwrap();
    assert_eq!(moved, q);
}

#[test]
fn wrong_arguments_are_errors() {
    let angles = [0.1f64; 7];
    let mut q = [0.0; 10];
    let length = |expected, found| Err(Error::Length { expected, found });
    assert_eq!(chart::materialise(5, 2, &angles[..6], false, &mut q), length(7, 6));
    assert_eq!(chart::materialise(5, 2, &angles, false, &mut q[..9]), length(10, 9));
    assert_eq!(chart::materialise(5, 2, &angles, true, &mut q), Err(Error::NoReflection));
    let dimensions = |rows, cols| Err(Error::Dimensions { rows, cols });
    assert_eq!(chart::materialise(2, 5, &angles, false, &mut q), dimensions(2, 5));
    assert_eq!(chart::materialise(0, 0, &angles[..0], false, &mut q[..0]), dimensions(0, 0));
    assert_eq!(chart::materialise(usize::MAX, 2, &angles, false, &mut q), dimensions(usize::MAX, 2));
    assert_eq!(chart::apply(2, &angles, false, &mut q[..4]), length(5, 7));
    assert_eq!(chart::apply_transpose(0, &angles, false, &mut q[..5]), dimensions(5, 0));
    let mut scratch = [0.0; 14];
    let mut update =
        |index, delta, len: usize| chart::update(5, 2, &angles, index, delta, &mut q, &mut scratch[..len]);
    assert_eq!(update(7, 0.1, 14), Err(Error::Index { index: 7, count: 7 }));
    assert_eq!(update(0, f64::NAN, 14), Err(Error::NotFinite));
    assert_eq!(update(0, 0.1, 13), length(14, 13));
    let mut found = [0.0; 7];
    assert_eq!(chart::decompose(5, 2, &mut [f64::INFINITY; 10], &mut found), Err(Error::NotFinite));
    assert_eq!(Chart::<f64, 2, 1, 1>::new([f64::NAN]), Err(Error::NotFinite));
    assert_eq!(Chart::<f64, 2, 1, 1>::with_reflection([0.0], true), Err(Error::NoReflection));
    assert_eq!(
        Chart::<f64, 2, 1, 1>::from_slice(&[0.0; 2], false),
        Err(Error::Length { expected: 1, found: 2 })
    );
}

#[test]
fn setting_an_angle_moves_the_frame_along() {
    let mut chart = Chart::<f64, 6, 3, 12>::new(std::array::from_fn(|k| 0.2 * k as f64 - 1.0)).unwrap();
    let mut frame = chart.frame();
    for index in 0..12 {
        chart.set_angle(index, -0.5, &mut frame).unwrap();
        assert_eq!(chart.angles()[index], -0.5);
        assert!(distance(frame.as_slice(), chart.frame().as_slice()) < 1e-14);
    }
    let before = (chart, frame);
    assert_eq!(chart.set_angle(12, 0.0, &mut frame), Err(Error::Index { index: 12, count: 12 }));
    assert_eq!(chart.set_angle(0, f64::NAN, &mut frame), Err(Error::NotFinite));
    assert_eq!((chart, frame), before);
}

proptest! {
    #[test]
    fn charts_make_orthonormal_frames(seed: u64, rows in 1usize..24, shrink in 0usize..24, flip: bool) {
        let cols = rows - shrink % rows;
        let mut rng = SplitMix64::new(seed);
        let angles: Vec<f64> = random_angles(rows, cols, &mut rng);
        let reflected = flip && rows == cols;
        let q = materialise(rows, cols, &angles, reflected);
        prop_assert!(frame::orthogonality_error(rows, cols, &q) < 1e-14);
        // The frame is a point of its chart, though its canonical angles may differ.
        let mut canonical = vec![0.0; angles.len()];
        prop_assert_eq!(chart::decompose(rows, cols, &mut q.clone(), &mut canonical).unwrap(), reflected);
        prop_assert!(distance(&materialise(rows, cols, &canonical, reflected), &q) < 1e-13);
    }

    #[test]
    fn canonical_angles_come_back(seed: u64) {
        let mut rng = SplitMix64::new(seed);
        let mut angles = [0.0; 9];
        for (plane, angle) in planes(5, 3).zip(&mut angles) {
            // Away from the poles, where neighbouring angles are undetermined.
            let range = if plane.j == plane.i + 1 { 3.1 } else { 1.2 };
            *angle = range * (2.0 * uniform::<f64, _>(&mut rng) - 1.0);
        }
        let chart = Chart::<f64, 5, 3, 9>::new(angles).unwrap();
        let back: Chart<f64, 5, 3, 9> = chart.frame().chart();
        prop_assert!(distance(back.angles(), &angles) < 1e-12);
        let stored = chart.frame().rotations::<9>();
        prop_assert!(stored.rotations().iter().zip(angles).all(|(r, a)| (r.angle() - a).abs() < 1e-12));
    }

    #[test]
    fn transpose_inverts_on_the_span_and_apply_is_linear(seed: u64, scale in -10.0..10.0f64) {
        let mut rng = SplitMix64::new(seed);
        let chart = Chart::<f64, 7, 4, 18>::from_slice(&random_angles(7, 4, &mut rng), false).unwrap();
        let chain = chart.rotations();
        let mut draw = || std::array::from_fn(|_| uniform::<f64, _>(&mut rng) - 0.5);
        let (x, y): ([f64; 4], [f64; 4]) = (draw(), draw());
        prop_assert!(distance(&chart.apply_transpose(&chart.apply(&x)), &x) < 1e-14);
        prop_assert!(distance(&chain.apply_transpose(&chain.apply(&y)), &y) < 1e-14);
        prop_assert_eq!(chain.apply(&x), chart.apply(&x));
        let mixed: [f64; 4] = std::array::from_fn(|k| x[k] + scale * y[k]);
        let (qx, qy) = (chart.apply(&x), chart.apply(&y));
        let expected: [f64; 7] = std::array::from_fn(|k| qx[k] + scale * qy[k]);
        prop_assert!(distance(&chart.apply(&mixed), &expected) < 1e-13);
        prop_assert!(distance(&chart.frame().apply(&x), &qx) < 1e-14);
        prop_assert!(distance(&chart.frame().apply_transpose(&qx), &x) < 1e-14);
        prop_assert!(distance(chain.frame().as_slice(), chart.frame().as_slice()) == 0.0);
    }

    #[test]
    fn gradient_of_a_linear_function(seed: u64, reflected: bool) {
        let mut rng = SplitMix64::new(seed);
        let mut draw = || uniform::<f64, _>(&mut rng) - 0.5;
        let weights: [[f64; 4]; 4] = std::array::from_fn(|_| std::array::from_fn(|_| draw()));
        let angles: [f64; 6] = std::array::from_fn(|_| 6.0 * draw());
        let chart = Chart::<f64, 4, 4, 6>::with_reflection(angles, reflected).unwrap();
        let gradient = chart.gradient(&weights);
        prop_assert_eq!(chart.rotations().gradient(&weights), gradient);
        for k in 0..6 {
            let value = |shift: f64| {
                let mut angles = angles;
                angles[k] += shift;
                let frame = Chart::<f64, 4, 4, 6>::with_reflection(angles, reflected).unwrap().frame();
                frame.as_slice().iter().zip(weights.as_flattened()).map(|(q, w)| q * w).sum::<f64>()
            };
            prop_assert!(((value(1e-5) - value(-1e-5)) / 2e-5 - gradient[k]).abs() < 1e-8);
        }
    }
}
