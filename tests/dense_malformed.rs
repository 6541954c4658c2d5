//! Every dense function on wrong lengths, NaN, infinity, singular and extreme input: the documented error.

use proptest::prelude::*;
use reparam::Real;
use reparam::dense::{
    Error, Matrix, cholesky, gauss_jordan, givens_qr, lu, newton_schulz, polar, product, qr, svd,
};

/// Calls `f` with the given lengths, which must do, and with each of them one off, which must be refused.
fn refuses_other_lengths(what: &str, right: &[usize], f: impl Fn(&[usize]) -> Result<(), Error>) {
    assert_ne!(f(right), Err(Error::Shape), "{what} at {right:?}");
    for index in 0..right.len() {
        for wrong in [right[index] + 1, right[index] - 1, 0] {
            let mut lengths = right.to_vec();
            lengths[index] = wrong;
            assert_eq!(f(&lengths), Err(Error::Shape), "{what} at {lengths:?}");
        }
    }
}

/// `len` elements that make regular matrices of any shape.
fn input(len: usize) -> Vec<f64> {
    (0..len).map(|i| ((i * i + 3 * i) % 11) as f64 - 4.5).collect()
}

fn output(len: usize) -> Vec<f64> {
    vec![0.0; len]
}

#[test]
fn wrong_lengths_are_refused() {
    use refuses_other_lengths as r;
    r("matvec", &[6, 3, 2], |l| product::matvec(2, 3, &input(l[0]), &input(l[1]), &mut output(l[2])));
    r("matvec_t", &[6, 2, 3], |l| product::matvec_t(2, 3, &input(l[0]), &input(l[1]), &mut output(l[2])));
    r("matmul", &[6, 12, 8], |l| product::matmul(2, 3, 4, &input(l[0]), &input(l[1]), &mut output(l[2])));
    r("matmul_tn", &[6, 12, 8], |l| {
        product::matmul_tn(2, 3, 4, &input(l[0]), &input(l[1]), &mut output(l[2]))
    });
    r("matmul_nt", &[6, 12, 8], |l| {
        product::matmul_nt(2, 3, 4, &input(l[0]), &input(l[1]), &mut output(l[2]))
    });
    r("transpose", &[6, 6], |l| product::transpose(2, 3, &input(l[0]), &mut output(l[1])));
    r("lu", &[9, 3], |l| lu::factor(3, &mut input(l[0]), &mut vec![0; l[1]]));
    let pivots = |len: usize| vec![0; len];
    r("invert", &[9, 3], |l| gauss_jordan::invert(3, &mut input(l[0]), &mut vec![0; l[1]]));
    r("lu solve", &[9, 3, 3], |l| lu::solve(3, &input(l[0]), &pivots(l[1]), &mut input(l[2])));
    r("lu solve_t", &[9, 3, 3], |l| lu::solve_t(3, &input(l[0]), &pivots(l[1]), &mut input(l[2])));
    r("solve_matrix", &[9, 3, 6], |l| lu::solve_matrix(3, 2, &input(l[0]), &pivots(l[1]), &mut input(l[2])));
    r("inverse", &[9, 3, 9], |l| lu::inverse(3, &input(l[0]), &pivots(l[1]), &mut output(l[2])));
    r("determinant", &[9, 3], |l| lu::determinant(3, &input(l[0]), &pivots(l[1])).map(drop));
    r("cholesky", &[9], |l| cholesky::factor(3, &mut input(l[0])));
    r("cholesky solve", &[9, 3], |l| cholesky::solve(3, &input(l[0]), &mut input(l[1])));
    r("qr", &[12, 3], |l| qr::factor(4, 3, &mut input(l[0]), &mut output(l[1])));
    r("pivoted qr", &[12, 3, 3, 6], |l| {
        qr::factor_pivoted(4, 3, &mut input(l[0]), &mut output(l[1]), &mut vec![0; l[2]], &mut output(l[3]))
    });
    r("apply_q", &[12, 3, 8], |l| qr::apply_q(4, 3, &input(l[0]), &input(l[1]), 2, &mut input(l[2])));
    r("apply_qt", &[12, 3, 8], |l| qr::apply_qt(4, 3, &input(l[0]), &input(l[1]), 2, &mut input(l[2])));
    r("thin_q", &[12, 3, 12], |l| qr::thin_q(4, 3, &input(l[0]), &input(l[1]), &mut output(l[2])));
    r("rank", &[12], |l| qr::rank(4, 3, &input(l[0]), 0.1).map(drop));
    r("qr solve", &[12, 3, 4], |l| qr::solve(4, 3, &input(l[0]), &input(l[1]), &mut input(l[2])));
    r("pivoted solve", &[12, 3, 3, 4, 3], |l| {
        let permutation: Vec<usize> = (0..l[2]).collect();
        let (a, tau, mut b, mut x) = (input(l[0]), input(l[1]), input(l[3]), output(l[4]));
        qr::solve_pivoted(4, 3, &a, &tau, &permutation, 0.1, &mut b, &mut x).map(drop)
    });
    r("add_row", &[9, 6, 3, 2], |l| {
        givens_qr::add_row(3, 2, &mut input(l[0]), &mut input(l[1]), &mut input(l[2]), &mut input(l[3]))
    });
    r("givens solve", &[9, 6], |l| givens_qr::solve(3, 2, &input(l[0]), &mut input(l[1])));
    r("svd", &[12, 12, 3, 9, 21], |l| {
        let (mut u, mut s, mut v, mut scratch) = (output(l[1]), output(l[2]), output(l[3]), output(l[4]));
        svd::factor(4, 3, &input(l[0]), &mut u, &mut s, &mut v, &mut scratch).map(drop)
    });
    r("svd solve", &[12, 3, 9, 4, 3], |l| {
        let (u, s, v, b) = (input(l[0]), input(l[1]), input(l[2]), input(l[3]));
        svd::solve(4, 3, &u, &s, &v, 0.1, &b, &mut output(l[4])).map(drop)
    });
    r("polar", &[12, 12, polar::scratch_len(4, 3)], |l| {
        polar::factor(4, 3, &input(l[0]), &mut output(l[1]), &mut output(l[2]))
    });
    r("newton_schulz", &[12, 12], |l| {
        newton_schulz::step(4, 3, &mut input(l[0]), &mut output(l[1])).map(drop)
    });
    r("newton_schulz iterate", &[12, 12], |l| {
        newton_schulz::iterate(4, 3, &mut input(l[0]), 1e-9, 2, &mut output(l[1])).map(drop)
    });
}

#[test]
fn impossible_shapes_are_refused() {
    assert_eq!(product::matvec::<f64>(0, 0, &[], &[], &mut []), Err(Error::Shape));
    assert_eq!(lu::factor::<f64>(0, &mut [], &mut []), Err(Error::Shape));
    assert_eq!(product::matvec::<f64>(usize::MAX, 2, &[1.0; 2], &[1.0; 2], &mut []), Err(Error::Shape));
    // Wide: more unknowns than rows.
    assert_eq!(qr::solve(1, 2, &[1.0; 2], &[0.0; 2], &mut [1.0]), Err(Error::Shape));
    assert_eq!(newton_schulz::step(1, 2, &mut [1.0; 2], &mut [0.0; 6]), Err(Error::Shape));
    assert_eq!(Matrix::<f64, 2, 2>::from_slice(&[1.0; 3]), None);
}

/// Every algorithm that checks its input, on `a`, 4 × 4.
fn outcomes<T: Real>(a: &[T]) -> [Result<(), Error>; 9] {
    let mut q = a.to_vec();
    [
        lu::factor(4, &mut a.to_vec(), &mut [0; 4]),
        gauss_jordan::invert(4, &mut a.to_vec(), &mut [0; 4]),
        cholesky::factor(4, &mut a.to_vec()),
        qr::factor(4, 4, &mut a.to_vec(), &mut [T::ZERO; 4]),
        qr::factor_pivoted(4, 4, &mut a.to_vec(), &mut [T::ZERO; 4], &mut [0; 4], &mut [T::ZERO; 8]),
        a.chunks(4).try_for_each(|row| {
            let (mut r, mut rhs) = ([T::ZERO; 16], [T::ZERO; 4]);
            givens_qr::add_row(4, 1, &mut r, &mut rhs, &mut row.to_vec(), &mut [T::ONE])
        }),
        {
            let (mut u, mut s, mut v) = ([T::ZERO; 16], [T::ZERO; 4], [T::ZERO; 16]);
            svd::factor(4, 4, a, &mut u, &mut s, &mut v, &mut [T::ZERO; 32]).map(drop)
        },
        polar::factor(4, 4, a, &mut [T::ZERO; 16], &mut vec![T::ZERO; polar::scratch_len(4, 4)]),
        newton_schulz::step(4, 4, &mut q, &mut [T::ZERO; 20]).map(drop),
    ]
}

fn refuses_what_is_not_finite<T: Real>() {
    // Symmetric positive definite, so that Cholesky gets as far as the others.
    let a: Vec<T> =
        (0..16).map(|i| T::from_f64(if i % 5 == 0 { 4.0 } else { 1.0 / (1 + i % 5) as f64 })).collect();
    let a: Vec<T> = (0..16).map(|i| a[i].max(a[i % 4 * 4 + i / 4])).collect();
    assert_eq!(outcomes(&a), [Ok(()); 9]);
    for bad in [T::NAN, T::INFINITY, -T::INFINITY] {
        for position in 0..16 {
            let mut a = a.clone();
            a[position] = bad;
            for (index, outcome) in outcomes(&a).into_iter().enumerate() {
                let below_diagonal = position / 4 > position % 4;
                let expected = match (index, position % 5 == 0) {
                    (2, _) if below_diagonal => Ok(()), // Cholesky does not read it
                    _ => Err(Error::NotFinite),
                };
                assert_eq!(outcome, expected, "algorithm {index}, {bad} at {position}");
            }
        }
    }
}

#[test]
fn what_is_not_finite_is_refused() {
    refuses_what_is_not_finite::<f32>();
    refuses_what_is_not_finite::<f64>();
}

#[test]
fn right_hand_sides_that_are_not_finite_are_refused() {
    for bad in [f64::NAN, f64::INFINITY] {
        let identity = [1.0, 0.0, 0.0, 1.0];
        let b = [1.0, bad];
        assert_eq!(lu::solve(2, &identity, &[0, 1], &mut b.clone()), Err(Error::NotFinite));
        assert_eq!(lu::solve_t(2, &identity, &[0, 1], &mut b.clone()), Err(Error::NotFinite));
        assert_eq!(lu::solve_matrix(2, 1, &identity, &[0, 1], &mut b.clone()), Err(Error::NotFinite));
        assert_eq!(cholesky::solve(2, &identity, &mut b.clone()), Err(Error::NotFinite));
        assert_eq!(qr::solve(2, 2, &identity, &[0.0; 2], &mut b.clone()), Err(Error::NotFinite));
        let mut x = [0.0; 2];
        let pivoted = qr::solve_pivoted(2, 2, &identity, &[0.0; 2], &[0, 1], 0.0, &mut b.clone(), &mut x);
        assert_eq!(pivoted, Err(Error::NotFinite));
        assert_eq!(svd::solve(2, 2, &identity, &[1.0; 2], &identity, 0.0, &b, &mut x), Err(Error::NotFinite));
        assert_eq!(givens_qr::solve(2, 1, &identity, &mut b.clone()), Err(Error::NotFinite));
        let mut r = [0.0; 4];
        let added = givens_qr::add_row(2, 1, &mut r, &mut [0.0; 2], &mut [1.0, 1.0], &mut [bad]);
        assert_eq!((added, r), (Err(Error::NotFinite), [0.0; 4]), "a refused row leaves no trace");
    }
}

#[test]
fn singular_matrices_are_refused_where_the_result_does_not_exist() {
    let singular = [1.0, 2.0, 2.0, 4.0];
    assert_eq!(lu::factor(2, &mut singular.clone(), &mut [0; 2]), Err(Error::Singular));
    assert_eq!(gauss_jordan::invert(2, &mut singular.clone(), &mut [0; 2]), Err(Error::Singular));
    assert_eq!(cholesky::factor(2, &mut singular.clone()), Err(Error::NotPositiveDefinite));
    assert_eq!(cholesky::factor(2, &mut [1.0, 2.0, 2.0, 1.0]), Err(Error::NotPositiveDefinite));
    let mut scratch = [0.0; polar::scratch_len(2, 2)];
    assert_eq!(polar::factor(2, 2, &singular, &mut [0.0; 4], &mut scratch), Err(Error::Singular));
    let (mut zero, mut tau) = ([0.0; 4], [0.0; 2]);
    qr::factor(2, 2, &mut zero, &mut tau).unwrap();
    assert_eq!(qr::solve(2, 2, &zero, &tau, &mut [1.0; 2]), Err(Error::Singular));
    assert_eq!(givens_qr::solve(2, 1, &zero, &mut [1.0; 2]), Err(Error::Singular));
    // Zero is no fixed point to converge to.
    let iterated = newton_schulz::iterate(2, 2, &mut [0.0; 4], 1e-9, 50, &mut [0.0; 6]);
    assert_eq!(iterated, Err(Error::NoConvergence));
}

#[test]
fn factors_of_the_zero_matrix_are_orthonormal() {
    let (mut u, mut s, mut v) = ([f64::NAN; 6], [f64::NAN; 2], [f64::NAN; 4]);
    svd::factor(3, 2, &[0.0; 6], &mut u, &mut s, &mut v, &mut [0.0; 10]).unwrap();
    assert_eq!(s, [0.0; 2]);
    assert_eq!((u, v), ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]));
}

proptest! {
    /// Any elements, any scale: an error or finite orthonormal factors.
    #[test]
    fn svd_of_anything_is_orthonormal_or_an_error(
        a in proptest::collection::vec(prop_oneof![any::<f32>(), -1e3f32..1e3, Just(0.0)], 12),
    ) {
        let (mut u, mut s, mut v) = ([f32::NAN; 12], [f32::NAN; 3], [f32::NAN; 9]);
        let outcome = svd::factor(4, 3, &a, &mut u, &mut s, &mut v, &mut [0.0; 21]);
        if a.iter().all(|x| x.abs() < 1e37) {
            prop_assert!(outcome.is_ok());
        }
        if outcome.is_ok() {
            let gram = |rows: usize, q: &[f32]| {
                let mut gram = [0.0; 9];
                product::matmul_tn(3, rows, 3, q, q, &mut gram).unwrap();
                (0..9).map(|i| (gram[i] - if i % 4 == 0 { 1.0 } else { 0.0 }).abs()).fold(0.0, f32::max)
            };
            prop_assert!(gram(4, &u) < 3e-6 && gram(3, &v) < 3e-6);
            prop_assert!(s[0] >= s[1] && s[1] >= s[2] && s[2] >= 0.0 && s[0].is_finite());
        }
    }

    /// Powers of two scale R and leave Q as it is, as long as nothing leaves the range.
    #[test]
    fn qr_does_not_depend_on_scale(a in proptest::collection::vec(0.5f32..2.0, 12), exponent in -100i32..100) {
        let scale = 2f32.powi(exponent);
        let scaled: Vec<f32> = a.iter().map(|x| x * scale).collect();
        let factor = |mut a: Vec<f32>| {
            let mut tau = [0.0; 3];
            qr::factor(4, 3, &mut a, &mut tau).unwrap();
            let mut q = [0.0; 12];
            qr::thin_q(4, 3, &a, &tau, &mut q).unwrap();
            q
        };
        for (x, y) in factor(a).into_iter().zip(factor(scaled)) {
            prop_assert!((x - y).abs() < 2e-6);
        }
    }
}

/// An element of R that overflows above the diagonal, where no later step meets it.
fn overflow_in_the_first_row<T: Real>() {
    let [small, large] = [-0.2, 0.8].map(|x| T::from_f64(x) * T::MAX);
    let a = [T::ONE, small, T::ONE, large, T::ONE, large, T::ONE, large];
    assert_eq!(qr::factor(4, 2, &mut a.clone(), &mut [T::ZERO; 2]), Err(Error::NotFinite));
    // The other order: pivoting would take the large column first.
    let (mut permutation, mut scratch) = ([0; 2], [T::ZERO; qr::scratch_len(2)]);
    let pivoted = qr::factor_pivoted(4, 2, &mut a.clone(), &mut [T::ZERO; 2], &mut permutation, &mut scratch);
    assert_eq!(pivoted, Err(Error::NotFinite));
}

#[test]
fn overflow_of_a_factor_is_an_error() {
    overflow_in_the_first_row::<f32>();
    overflow_in_the_first_row::<f64>();
}
