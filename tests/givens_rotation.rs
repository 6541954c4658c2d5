//! Plane rotations: exactness of half turns and inverses, elimination over the whole range of exponents.

use proptest::prelude::*;
use reparam::Real;
use reparam::givens::{Plane, Rotation};

const PLANE: Plane = Plane { i: 1, j: 3 };

/// Five rows of three columns of unit entries, of both signs.
fn unit_matrix<T: Real>() -> Vec<T> {
    (0..15).map(|k| if k % 2 == 0 { T::ONE } else { -T::ONE }).collect()
}

/// Half turns of either sign negate both rows and leave the others alone.
fn half_turns_negate<T: Real>(tolerance: f64) {
    for angle in [T::PI, -T::PI] {
        let mut matrix = unit_matrix::<T>();
        Rotation::new(angle).apply_rows(PLANE, 3, &mut matrix);
        for (k, (after, before)) in matrix.iter().zip(unit_matrix::<T>()).enumerate() {
            if [1, 3].contains(&(k / 3)) {
                assert!((*after + before).to_f64().abs() <= tolerance, "entry {k}: {before} became {after}");
            } else {
                assert_eq!(*after, before);
            }
        }
    }
}

#[test]
fn half_turns_negate_both_rows() {
    half_turns_negate::<f64>(4e-16);
    half_turns_negate::<f32>(2e-7);
}

#[test]
fn rows_outside_of_the_matrix_change_nothing() {
    for plane in [Plane { i: 0, j: 5 }, Plane { i: 5, j: 6 }, Plane { i: usize::MAX, j: usize::MAX }] {
        let mut matrix = unit_matrix::<f64>();
        Rotation::new(1.0).apply_rows(plane, 3, &mut matrix);
        assert_eq!(matrix, unit_matrix::<f64>());
    }
    let mut ragged = vec![1.0; 14];
    Rotation::new(1.0).apply_rows(Plane { i: 0, j: 4 }, 3, &mut ragged);
    assert_eq!(ragged, vec![1.0; 14]);
}

/// Elimination of pairs whose squares overflow, underflow or are subnormal.
fn zeroing_at_all_scales<T: Real>(scales: &[f64], tolerance: f64) {
    for &scale in scales {
        for (x, y) in
            [(3.0, 4.0), (-3.0, 4.0), (3.0, -4.0), (-3.0, -4.0), (0.0, 5.0), (5.0, 0.0), (-5.0, 0.0)]
        {
            let (x, y) = (T::from_f64(x * scale), T::from_f64(y * scale));
            let (rotation, r) = Rotation::zeroing(x, y);
            let error = |a: T, b: f64| (a.to_f64() - b).abs();
            assert!(error(r / T::from_f64(5.0 * scale), 1.0) <= tolerance, "({x}, {y}) has length {r}");
            assert!(error(rotation.c * rotation.c + rotation.s * rotation.s, 1.0) <= 2.0 * tolerance);
            let (along, across) = rotation.apply(x / r, y / r);
            assert!(error(along, 1.0) <= 2.0 * tolerance && error(across, 0.0) <= tolerance);
        }
    }
}

#[test]
fn elimination_is_accurate_at_all_scales() {
    zeroing_at_all_scales::<f64>(&[1.0, 1e-300, 1e-320 * 64.0, 1e-160, 1e-150, 1e150, 1e160, 3e307], 4e-13);
    zeroing_at_all_scales::<f64>(&[1.0, 1e-300, 1e-160, 1e-150, 1e150, 1e160, 3e307], 4e-16);
    zeroing_at_all_scales::<f32>(&[1.0, 1e-35, 1e-20, 1e-12, 1e12, 1e20, 6e37], 2e-7);
}

#[test]
fn elimination_of_special_pairs() {
    assert_eq!(Rotation::zeroing(0.0, 0.0), (Rotation::IDENTITY, 0.0));
    assert_eq!(Rotation::zeroing(-0.0f32, -0.0), (Rotation::IDENTITY, 0.0));
    for (x, y) in [(f64::NAN, 0.0), (0.0, f64::NAN), (f64::NAN, 1.0), (1.0, f64::NAN), (f64::INFINITY, 1.0)] {
        let (rotation, _) = Rotation::zeroing(x, y);
        assert!(rotation.c.is_nan() || rotation.s.is_nan());
    }
}

proptest! {
    #[test]
    fn a_rotation_and_its_opposite_cancel(angle in -100.0..100.0f64, x in -1.0..1.0f64, y in -1.0..1.0f64) {
        let rotation = Rotation::new(angle);
        let (u, v) = rotation.apply(x, y);
        let (u, v) = rotation.inverse().apply(u, v);
        prop_assert!((u - x).abs() <= 1e-15 && (v - y).abs() <= 1e-15);
        let opposite = Rotation::new(-angle).compose(rotation);
        prop_assert!((opposite.c - 1.0).abs() <= 1e-15 && opposite.s.abs() <= 1e-15);
    }

    #[test]
    fn angles_add(a in -3.0..3.0f64, b in -3.0..3.0f64) {
        let sum = Rotation::new(a).compose(Rotation::new(b));
        let direct = Rotation::new(a + b);
        prop_assert!((sum.c - direct.c).abs() <= 2e-15 && (sum.s - direct.s).abs() <= 2e-15);
    }

    #[test]
    fn the_angle_is_the_one_given(angle in -3.1..3.1f64) {
        prop_assert!((Rotation::new(angle).angle() - angle).abs() <= 1e-15);
        prop_assert!((Rotation::new(angle as f32).angle() - angle as f32).abs() <= 1e-6);
    }

    #[test]
    fn elimination_leaves_the_length(x in -1e3..1e3f64, y in -1e3..1e3f64) {
        let (rotation, r) = Rotation::zeroing(x, y);
        prop_assert!(r >= 0.0 && (r - x.hypot(y)).abs() <= 4e-16 * r);
        let (along, across) = rotation.apply(x, y);
        prop_assert!((along - r).abs() <= 1e-15 * r && across.abs() <= 1e-15 * r);
    }
}
