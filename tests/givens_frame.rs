//! Frames: constructors, refusals, drift of many rotations, clean-up, uniform distribution.

use proptest::prelude::*;
use reparam::Real;
use reparam::givens::{DriftGuard, Error, Frame, Plane, Rotation, RoundRobin, frame};
use reparam::random::{SplitMix64, uniform};

/// Orthogonality error after `count` rotations of random planes by random angles of a frame of 20 x 10.
fn drift<T: Real>(count: u32, mut guard: DriftGuard) -> f64 {
    let mut rng = SplitMix64::new(8);
    let mut frame = Frame::<T, 20, 10>::random(&mut rng);
    // A table of rotations: computing the angle of each would take longer than to apply it.
    let table: Vec<_> = (0..997).map(|_| Rotation::new(uniform::<T, _>(&mut rng) * T::TAU)).collect();
    let planes: Vec<Plane> = RoundRobin::new(20).rounds().flatten().collect();
    for ((_, &rotation), &plane) in (0..count).zip(table.iter().cycle()).zip(planes.iter().cycle()) {
        frame.rotate(plane, rotation);
        frame.guard(&mut guard, 1);
    }
    frame.orthogonality_error().to_f64()
}

const NEVER: DriftGuard = DriftGuard::new(0);

#[test]
fn drift_of_rotations_in_double_precision() {
    let (million, ten_million) = (drift::<f64>(1_000_000, NEVER), drift::<f64>(10_000_000, NEVER));
    println!("orthogonality error, f64: {million:e} after 1e6, {ten_million:e} after 1e7");
    assert!(million <= 5e-13 && ten_million <= 2e-12);
}

#[test]
fn drift_of_rotations_in_single_precision() {
    let errors = [10_000, 1_000_000, 10_000_000].map(|count| drift::<f32>(count, NEVER));
    println!("orthogonality error, f32: {errors:?} after 1e4, 1e6, 1e7");
    assert!(errors[0] <= 1e-5 && errors[1] <= 2e-4 && errors[2] <= 5e-4);
}

#[test]
fn drift_with_a_clean_up_each_ten_thousand_rotations() {
    // Measured just before a clean-up is due, where it is largest.
    let errors = [1_009_999, 10_009_999].map(|count| drift::<f32>(count, DriftGuard::new(10_000)));
    println!("orthogonality error, f32 with clean-up: {errors:?} after 1e6, 1e7");
    assert!(errors.iter().all(|&error| error <= 5e-6));
}

#[test]
fn clean_up_squares_the_error() {
    let mut rng = SplitMix64::new(9);
    let exact = Frame::<f64, 6, 3>::random(&mut rng);
    let noise: [[f64; 3]; 6] = std::array::from_fn(|i| {
        std::array::from_fn(|k| exact.rows()[i][k] + 1e-4 * (uniform::<f64, _>(&mut rng) - 0.5))
    });
    let mut frame = Frame::from_rows_within(noise, 1e-3).unwrap();
    let before = frame.orthogonality_error();
    frame.clean_up();
    let after = frame.orthogonality_error();
    assert!(before > 1e-5 && after < 3.0 * before * before, "{before:e} became {after:e}");
    let mut slice = noise.as_flattened().to_vec();
    frame::clean_up(6, 3, &mut slice, &mut vec![0.0; frame::clean_up_scratch(3)]).unwrap();
    assert_eq!(slice, frame.as_slice());
}

#[test]
fn a_guard_counts() {
    let mut guard = DriftGuard::new(3);
    assert_eq!([1, 1, 1, 2, 2, 7].map(|count| guard.due(count)), [false, false, true, false, true, true]);
    let mut never = DriftGuard::new(0);
    assert!(!never.due(u32::MAX) && !never.due(u32::MAX));
}

#[test]
fn what_is_not_a_frame_is_refused() {
    let skew = [[1.0, 0.1], [0.0, 1.0], [0.0, 0.0]];
    match Frame::<f64, 3, 2>::from_rows(skew) {
        Err(Error::NotOrthonormal { error }) => assert!((error - 0.1).abs() < 1e-6),
        other => panic!("{other:?}"),
    }
    assert!(Frame::from_rows_within(skew, 0.11).is_ok());
    assert_eq!(Frame::<f64, 2, 1>::from_rows([[f64::NAN], [1.0]]), Err(Error::NotFinite));
    assert_eq!(Frame::<f64, 2, 1>::orthonormalize([[f64::INFINITY], [1.0]]), Err(Error::NotFinite));
    assert_eq!(Frame::<f64, 2, 1>::from_slice(&[1.0]), Err(Error::Length { expected: 2, found: 1 }));
    assert_eq!(Frame::<f64, 2, 1>::from_angles(&[f64::NAN], false), Err(Error::NotFinite));
    assert_eq!(Frame::<f64, 2, 1>::from_angles(&[0.0], true), Err(Error::NoReflection));
    assert_eq!(frame::orthogonality_error(2, 1, &[1.0]), f64::INFINITY);
    assert_eq!(frame::orthogonality_error(2, 1, &[f64::NAN, 0.0]), f64::INFINITY);
    assert!(Frame::from_rows_within(skew, f64::NAN).is_err());
}

/// The Gram-Schmidt frame spans the same nested spaces and has a positive diagonal in R.
fn gram_schmidt<T: Real>(scale: f64, tolerance: f64) {
    let mut rng = SplitMix64::new(10);
    let rows: [[T; 4]; 7] = std::array::from_fn(|_| {
        std::array::from_fn(|_| T::from_f64((uniform::<f64, _>(&mut rng) - 0.5) * scale))
    });
    let frame = Frame::orthonormalize(rows).unwrap();
    assert!(frame.orthogonality_error().to_f64() <= tolerance);
    for (k, m) in (0..16).map(|n| (n / 4, n % 4)) {
        let columns = frame.rows().iter().zip(&rows).map(|(q, a)| q[m].to_f64() * (a[k].to_f64() / scale));
        let r: f64 = columns.sum();
        if m > k {
            assert!(r.abs() <= tolerance, "column {k} has a part {r:e} along frame column {m}");
        } else if m == k {
            assert!(r > 0.0);
        }
    }
}

#[test]
fn orthonormalizing_is_gram_schmidt_at_all_scales() {
    for scale in [1.0, 1e-300, 1e-30, 1e30, 1e308] {
        gram_schmidt::<f64>(scale, 4e-15);
    }
    for scale in [1.0, 1e-35, 1e-10, 1e10, 1e38] {
        gram_schmidt::<f32>(scale, 2e-6);
    }
}

#[test]
fn dependent_columns_still_give_a_frame() {
    for rows in [[[0.0; 3]; 4], [[1.0; 3]; 4], [[1.0, 2.0, 0.0]; 4]] {
        let frame = Frame::<f64, 4, 3>::orthonormalize(rows).unwrap();
        assert!(frame.orthogonality_error() < 1e-15);
    }
}

#[test]
fn a_frame_in_its_own_span_is_kept() {
    let frame = Frame::<f64, 6, 4>::random(&mut SplitMix64::new(11));
    let again = Frame::orthonormalize(*frame.rows()).unwrap();
    assert!(frame.as_slice().iter().zip(again.as_slice()).all(|(x, y)| (x - y).abs() < 1e-15));
    assert_eq!(frame.column(1), Some(frame.rows().map(|row| row[1])));
    assert_eq!(frame.column(4), None);
}

/// Moments of the uniform distribution on square frames of size n: E q² = 1/n, E q⁴ = 3/(n(n+2)),
/// E (tr Q)² = 1, and both determinants equally often.
#[test]
fn random_frames_are_uniform() {
    const COUNT: usize = 20_000;
    let mut rng = SplitMix64::new(12);
    let (mut square, mut fourth, mut trace) = ([[0.0; 3]; 3], [[0.0; 3]; 3], 0.0);
    let mut reflected = 0;
    for _ in 0..COUNT {
        let frame = Frame::<f64, 3, 3>::random(&mut rng);
        for (i, k) in (0..9).map(|n| (n / 3, n % 3)) {
            square[i][k] += frame.rows()[i][k].powi(2) / COUNT as f64;
            fourth[i][k] += frame.rows()[i][k].powi(4) / COUNT as f64;
        }
        trace += (0..3).map(|i| frame.rows()[i][i]).sum::<f64>().powi(2) / COUNT as f64;
        reflected += usize::from(frame.chart::<3>().reflected());
    }
    // Five standard errors: sd of q² is 0.298, of q⁴ 0.27, of (tr Q)² 1.4 at most.
    assert!(square.as_flattened().iter().all(|x| (x - 1.0 / 3.0).abs() < 0.011), "{square:?}");
    assert!(fourth.as_flattened().iter().all(|x| (x - 0.2).abs() < 0.01), "{fourth:?}");
    assert!((trace - 1.0).abs() < 0.05, "{trace}");
    assert!((reflected as f64 / COUNT as f64 - 0.5).abs() < 0.018, "{reflected}");
}

proptest! {
    #[test]
    fn rotations_keep_frames_orthonormal(seed: u64, steps in 0usize..50) {
        let mut rng = SplitMix64::new(seed);
        let mut frame = Frame::<f64, 8, 3>::random(&mut rng);
        let planes: Vec<Plane> = RoundRobin::new(8).rounds().flatten().collect();
        for k in 0..steps {
            frame.rotate(planes[k % 28], Rotation::new(uniform::<f64, _>(&mut rng) * 6.0));
        }
        frame.reflect();
        prop_assert!(frame.orthogonality_error() < 1e-14);
    }
}
