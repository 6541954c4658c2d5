//! Least squares of Dirac-Frenkel dynamics: matrices in closed form with values from numpy's SVD
//! (`tests/reference/dirac_frenkel.py`), and identities.

use proptest::prelude::*;
use reparam::Real;
use reparam::dirac_frenkel::least_squares::{Factored, LeastSquares, Truncation, state_len};
use reparam::dirac_frenkel::velocity::from_factored;
use reparam::dirac_frenkel::{Error, Method, Momentum, Stage};

/// J, f and m: `J_ij = Σ_{k<r₀} 10^(−dk) cos(πk(i + ½)/m) sin(1 + (k + 1)(j + 1))`, `f_i = sin(i/10)`, `m_j = cos j`.
fn matrix(rows: usize, cols: usize, rank: usize, decay: f64) -> (Vec<Vec<f64>>, Vec<f64>, Vec<f64>) {
    let entry = |i: usize, j: usize| -> f64 {
        (0..rank)
            .map(|k| {
                let (k, i, j) = (k as f64, i as f64, j as f64);
                let angle = std::f64::consts::PI * k * (i + 0.5) / rows as f64;
                10f64.powf(-decay * k) * angle.cos() * (1.0 + (k + 1.0) * (j + 1.0)).sin()
            })
            .sum()
    };
    let j = (0..rows).map(|i| (0..cols).map(|j| entry(i, j)).collect()).collect();
    let f = (0..rows).map(|i| (0.1 * i as f64).sin()).collect();
    (j, f, (0..cols).map(|j| (j as f64).cos()).collect())
}

fn factor<'a, T: Real>(j: &[Vec<f64>], f: &[f64], state: &'a mut [T]) -> Factored<'a, T> {
    let mut rows = LeastSquares::new(j[0].len(), state).unwrap();
    for (row, &f) in j.iter().zip(f) {
        let mut row: Vec<T> = row.iter().map(|&x| T::from_f64(x)).collect();
        rows.add_row(&mut row, T::from_f64(f)).unwrap();
    }
    rows.factor(&mut vec![T::NAN; j[0].len()]).unwrap()
}

fn norm<T: Real>(x: &[T]) -> f64 {
    x.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

/// With the momentum as it is: β so near to 1 that it takes nothing up, λ = 1.
fn stage<T: Real>(factored: &Factored<'_, T>, relative: T, m: &[f64]) -> (Stage<T>, Vec<T>, Vec<T>) {
    let method = Method::Truncated(Truncation::new(relative, T::ZERO).unwrap());
    let n = m.len();
    let mut eta = vec![T::ZERO; n];
    let mut momentum: Vec<T> = m.iter().map(|&x| T::from_f64(x)).collect();
    let mut unseen = vec![T::ZERO; n];
    let plain = from_factored(factored, method, None, None, &mut momentum, &mut eta, &mut unseen).unwrap();
    let mut velocity = vec![T::ZERO; n];
    let keep = Momentum::new(T::ONE - T::EPSILON, T::ONE).unwrap();
    let stage =
        from_factored(factored, method, Some(keep), None, &mut momentum, &mut velocity, &mut unseen).unwrap();
    assert_eq!(plain.residual_before, stage.residual_before);
    (stage, eta, unseen)
}

fn near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found}, not {expected}");
}

#[test]
fn an_exact_null_space() {
    let (j, f, m) = matrix(128, 30, 18, 0.0);
    let mut state = vec![f64::NAN; state_len(30)];
    let factored = factor(&j, &f, &mut state);
    let (stage, eta, unseen) = stage(&factored, 1e-10, &m);
    assert_eq!(stage.rank, 18);
    near(norm(&eta), 0.283633, 1e-5);
    near(stage.residual_before, 0.220838, 1e-5);
    near(norm(&unseen), 1.29241, 1e-5);
    near(stage.null, 1.29241, 1e-5);
    assert!(stage.image <= 1e-11, "{}", stage.image);
    assert!((stage.residual_after - stage.residual_before).abs() <= 1e-12);
}

fn truncations<T: Real>(cases: &[(f32, usize, f64, f64, f64)], tolerance: f64) {
    let (j, f, m) = matrix(128, 30, 30, 0.2);
    let mut state = vec![T::NAN; state_len(30)];
    let factored = factor(&j, &f, &mut state);
    for &(relative, rank, of_eta, of_unseen, image) in cases {
        let (stage, eta, unseen) = stage(&factored, T::from_f32(relative), &m);
        assert_eq!(stage.rank, rank);
        near(norm(&eta), of_eta, tolerance);
        near(norm(&unseen), of_unseen, tolerance);
        near(stage.image.to_f64(), image, 10.0 * tolerance);
        assert!(stage.image.to_f64() <= 1.001 * stage.dropped.to_f64() * norm(&m));
        assert!(stage.kept > stage.dropped && stage.largest >= stage.kept);
    }
}

#[test]
fn singular_values_without_a_gap() {
    truncations::<f64>(
        &[
            (1e-2, 10, 2.47838, 1.55239, 0.044969),
            (1e-4, 19, 20.1127, 1.21648, 3.3044e-3),
            (1e-6, 27, 479.83, 0.605579, 1.1616e-5),
        ],
        1e-4,
    );
    truncations::<f32>(
        &[(1e-2, 10, 2.47838, 1.55239, 0.044969), (1e-4, 19, 20.1127, 1.21648, 3.3044e-3)],
        2e-3,
    );
}

/// A truncated null space is not exact: what is injected may raise the residual.
#[test]
fn momentum_may_raise_the_residual() {
    let (j, f, m) = matrix(64, 16, 10, 0.25);
    let mut state = vec![f64::NAN; state_len(16)];
    let factored = factor(&j, &f, &mut state);
    let (first, ..) = stage(&factored, 1e-2, &m);
    assert_eq!(first.rank, 8);
    near(first.residual_before, 0.360358, 1e-5);
    near(first.residual_after, 0.374244, 1e-5);
    let (second, ..) = stage(&factored, 1e-4, &m);
    assert_eq!(second.rank, 10);
    near(second.residual_before, 0.186263, 1e-5);
    near(second.residual_after, 0.186263, 1e-5);
}

/// Scales that fourth powers do not survive.
#[test]
fn scale_does_not_matter() {
    let (j, f, _) = matrix(40, 12, 12, 0.2);
    let mut state = vec![0f32; state_len(12)];
    let mut eta = [0f32; 12];
    let mut solve = |scale: f64| {
        let scaled: Vec<Vec<f64>> = j.iter().map(|row| row.iter().map(|x| scale * x).collect()).collect();
        let factored = factor(&scaled, &f, &mut state);
        let rank = factored.rank(Truncation::new(1e-2, 0.0).unwrap());
        factored.minimum_norm(rank, &mut eta).unwrap();
        (rank, norm(&eta) * scale)
    };
    let (rank, expected) = solve(1.0);
    for scale in [2f64.powi(-40), 2f64.powi(40)] {
        let (other, found) = solve(scale);
        assert_eq!(other, rank);
        near(found, expected, 1e-5);
    }
}

#[test]
fn nothing_is_seen_of_zeros() {
    let mut state = [f64::NAN; state_len(3)];
    let mut rows = LeastSquares::new(3, &mut state).unwrap();
    rows.add_row(&mut [0.0; 3], 2.0).unwrap();
    let mut scratch = [0.0; 3];
    let factored = rows.factor(&mut scratch).unwrap();
    assert_eq!(factored.rank(Truncation::none()), 0);
    let mut eta = [1.0; 3];
    factored.minimum_norm(0, &mut eta).unwrap();
    assert_eq!(eta, [0.0; 3]);
    assert_eq!(factored.residual(&eta).unwrap(), 2.0);
    let mut x = [1.0, 2.0, 3.0];
    factored.project(0, &mut x).unwrap();
    assert_eq!(x, [1.0, 2.0, 3.0]);
}

/// A γ far below the squares of rounding is plain least norm.
#[test]
fn regularization_does_not_divide_rounding_by_itself() {
    let (j, f, _) = matrix(40, 12, 5, 0.0);
    let mut state = vec![f64::NAN; state_len(12)];
    let factored = factor(&j, &f, &mut state);
    let (mut of_least_norm, mut eta) = ([0.0; 12], [0.0; 12]);
    factored.minimum_norm(factored.rank(Truncation::none()), &mut of_least_norm).unwrap();
    factored.tikhonov(1e-300, &mut eta).unwrap();
    assert!(eta.iter().zip(&of_least_norm).all(|(a, b)| (a - b).abs() < 1e-12), "{eta:?}");
}

#[test]
fn bad_input_is_refused() {
    let mut state = [0.0; state_len(2)];
    assert_eq!(LeastSquares::<f64>::new(0, &mut []).unwrap_err(), Error::Size);
    assert!(matches!(LeastSquares::new(3, &mut state), Err(Error::Length { expected: 13, found: 7 })));
    let mut rows = LeastSquares::new(2, &mut state).unwrap();
    assert_eq!(rows.add_row(&mut [1.0], 0.0), Err(Error::Length { expected: 2, found: 1 }));
    rows.add_row(&mut [1.0, 0.5], 1.0).unwrap();
    assert_eq!(rows.add_row(&mut [f64::NAN, 0.0], 1.0), Err(Error::NotFinite));
    assert_eq!(rows.add_row(&mut [1.0, 0.0], f64::INFINITY), Err(Error::NotFinite));
    let mut scratch = [0.0; 2];
    let factored = rows.factor(&mut scratch).unwrap();
    assert_eq!(factored.rank(Truncation::none()), 1);
    assert_eq!(factored.tikhonov(0.0, &mut [0.0; 2]), Err(Error::Setting { name: "gamma" }));
    assert!(Truncation::new(0.0, f64::NAN).is_err());
    assert_eq!(Momentum::new(1.0, 1.0), Err(Error::Setting { name: "beta" }));
    assert_eq!(Momentum::new(0.5, -1.0), Err(Error::Setting { name: "lambda" }));
    assert_eq!(Momentum::relaxing(1.0, 0.0, 1.0), Err(Error::Setting { name: "dt" }));
    // All of τ is memory: not quite.
    assert!(Momentum::relaxing(1e30, 1e-3, 1.0).is_ok());
    let (method, keep) = (Method::Tikhonov(0.1), Some(Momentum::new(0.5, 1.0).unwrap()));
    let refused = from_factored(&factored, method, keep, None, &mut [0.0; 2], &mut [0.0; 2], &mut [0.0; 2]);
    assert_eq!(refused, Err(Error::Setting { name: "momentum" }));
}

proptest! {
    /// The normal equations of the least squares, of Tikhonov's, and the projector.
    #[test]
    fn normal_equations(
        values in prop::collection::vec(-1.0f64..1.0, 9 * 5 + 9),
        x in prop::collection::vec(-1.0f64..1.0, 5),
        gamma in 1e-3f64..1.0,
    ) {
        let (elements, f) = values.split_at(45);
        let j: Vec<Vec<f64>> = elements.chunks(5).map(<[f64]>::to_vec).collect();
        let mut state = vec![0.0; state_len(5)];
        let factored = factor(&j, f, &mut state);
        let rank = factored.rank(Truncation::new(1e-8, 0.0).unwrap());
        let mut eta = vec![0.0; 5];
        let left = |eta: &[f64]| -> Vec<f64> {
            let of = |row: &Vec<f64>| -> f64 { row.iter().zip(eta).map(|(a, b)| a * b).sum() };
            j.iter().zip(f).map(|(row, f)| of(row) - f).collect()
        };
        let gradient = |left: &[f64]| -> Vec<f64> {
            (0..5).map(|k| j.iter().zip(left).map(|(row, l)| row[k] * l).sum()).collect()
        };
        factored.minimum_norm(rank, &mut eta).unwrap();
        let residual = left(&eta);
        prop_assert!(norm(&gradient(&residual)) < 1e-11);
        prop_assert!((norm(&residual) - factored.residual(&eta).unwrap()).abs() < 1e-12);
        factored.tikhonov(gamma, &mut eta).unwrap();
        let pulled: Vec<f64> = gradient(&left(&eta)).iter().zip(&eta).map(|(g, e)| g + gamma * e).collect();
        prop_assert!(norm(&pulled) < 1e-11);
        // With part of the rank: P² = P, P η̄ = 0.
        let part = rank / 2;
        let mut once = x.clone();
        factored.project(part, &mut once).unwrap();
        let mut twice = once.clone();
        factored.project(part, &mut twice).unwrap();
        prop_assert!(once.iter().zip(&twice).all(|(a, b)| (a - b).abs() < 1e-12));
        factored.minimum_norm(part, &mut eta).unwrap();
        factored.project(part, &mut eta).unwrap();
        prop_assert!(norm(&eta) < 1e-10);
    }
}
