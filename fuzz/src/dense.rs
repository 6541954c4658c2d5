use reparam::Real;
use reparam::dense::{Error, cholesky, givens_qr, lu, newton_schulz, polar, product, qr, svd};

use super::bytes::{Bytes, finite};
use super::matrix::{Matrix, close, largest, same};

/// Any algorithm on any matrix of up to 7 x 7.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    if bytes.flag() { algorithms::<f32>(&mut bytes) } else { algorithms::<f64>(&mut bytes) }
}

fn algorithms<T: Real>(bytes: &mut Bytes) {
    let (rows, cols) = (1 + bytes.below(7), 1 + bytes.below(7));
    match bytes.below(10) {
        0 => shapes::<T>(bytes),
        1 => products::<T>(rows, cols, bytes),
        2 => lu_solves::<T>(rows, bytes),
        3 => cholesky_solves::<T>(rows, bytes),
        4 => qr_factors::<T>(rows, cols, bytes),
        5 => pivoted_qr_factors::<T>(rows, cols, bytes),
        6 => rows_are_added::<T>(cols, bytes),
        7 => svd_factors::<T>(rows, cols, bytes),
        8 => polar_is_orthonormal::<T>(rows, cols, bytes),
        _ => newton_schulz_converges::<T>(rows.max(cols), cols.min(rows), bytes),
    }
}

/// A matrix of moderate numbers, often singular, whose algorithms can neither overflow nor underflow: they must
/// succeed or say why, and the answers are checked. Or, for one in four, anything: then only what holds for
/// every input is checked.
struct Input<T> {
    matrix: Matrix<T>,
    tame: bool,
}

impl<T: Real> Input<T> {
    fn new(rows: usize, cols: usize, bytes: &mut Bytes) -> Self {
        let tame = bytes.byte() >= 64;
        let elements = if tame { bytes.tames(rows * cols) } else { bytes.reals(rows * cols) };
        Self { matrix: Matrix::new(rows, cols, elements), tame }
    }

    /// The error of an algorithm must be one that this input can cause.
    fn may_fail(&self, error: Error, documented: &[Error]) {
        assert!(error != Error::Shape, "shapes fit");
        assert!(!self.tame || error != Error::NotFinite, "{error:?} for {:?}", self.matrix);
        assert!(error == Error::NotFinite || documented.contains(&error), "{error:?} for {:?}", self.matrix);
    }
}

/// Rounding of `steps` operations on numbers of size `scale`.
fn rounding<T: Real>(steps: usize, scale: T) -> T {
    T::from_usize(8 * steps) * T::EPSILON * scale + T::MIN_POSITIVE
}

/// Any lengths whatever: an error or an answer, never a panic.
fn shapes<T: Real>(bytes: &mut Bytes) {
    let size = |bytes: &mut Bytes| match bytes.byte() {
        byte @ 0..=239 => usize::from(byte % 6),
        byte @ 240..=247 => usize::MAX - usize::from(byte % 4),
        byte => 1 << (usize::BITS - 1 - u32::from(byte % 4)),
    };
    let (rows, cols, inner) = (size(bytes), size(bytes), size(bytes));
    let vector = |bytes: &mut Bytes| -> Vec<T> {
        let len = bytes.below(40);
        bytes.mixed(len)
    };
    let (a, b, mut c, mut d, mut e) =
        (vector(bytes), vector(bytes), vector(bytes), vector(bytes), vector(bytes));
    let mut f = vector(bytes);
    let mut pivots: Vec<usize> = (0..bytes.below(6)).map(|_| size(bytes)).collect();
    let tolerance = bytes.real();
    // Only that they return matters.
    let _ = product::matvec(rows, cols, &a, &b, &mut c);
    let _ = product::matvec_t(rows, cols, &a, &b, &mut c);
    let _ = product::matmul(rows, inner, cols, &a, &b, &mut c);
    let _ = product::matmul_tn(rows, inner, cols, &a, &b, &mut c);
    let _ = product::matmul_nt(rows, inner, cols, &a, &b, &mut c);
    let _ = product::transpose(rows, cols, &a, &mut c);
    let _ = lu::solve(rows, &a, &pivots, &mut c);
    let _ = lu::solve_t(rows, &a, &pivots, &mut c);
    let _ = lu::solve_matrix(rows, cols, &a, &pivots, &mut c);
    let _ = lu::inverse(rows, &a, &pivots, &mut c);
    let _ = lu::determinant(rows, &a, &pivots);
    let _ = cholesky::solve(rows, &a, &mut c);
    let _ = qr::apply_qt(rows, cols, &a, &b, inner, &mut c);
    let _ = qr::apply_q(rows, cols, &a, &b, inner, &mut c);
    let _ = qr::thin_q(rows, cols, &a, &b, &mut c);
    let _ = qr::rank(rows, cols, &a, tolerance);
    let _ = qr::solve(rows, cols, &a, &b, &mut c);
    let _ = qr::solve_pivoted(rows, cols, &a, &b, &pivots, tolerance, &mut c, &mut d);
    let _ = givens_qr::solve(rows, cols, &a, &mut c);
    let _ = svd::solve(rows, cols, &a, &b, &f, tolerance, &e, &mut c);
    let _ = givens_qr::add_row(rows, cols, &mut c, &mut d, &mut e, &mut f);
    let _ = svd::factor(rows, cols, &a, &mut c, &mut d, &mut e, &mut f);
    let _ = polar::factor(rows, cols, &a, &mut c, &mut d);
    let _ = newton_schulz::step(rows, cols, &mut c, &mut d);
    let _ = newton_schulz::iterate(rows, cols, &mut c, tolerance, 5, &mut d);
    let _ = qr::factor_pivoted(rows, cols, &mut c, &mut d, &mut pivots, &mut e);
    let _ = qr::factor(rows, cols, &mut c, &mut d);
    let _ = lu::factor(rows, &mut c, &mut pivots);
    let _ = cholesky::factor(rows, &mut c);
}

fn products<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let inner = 1 + bytes.below(7);
    let a = Matrix::<T>::new(rows, inner, bytes.tames(rows * inner));
    let b = Matrix::<T>::new(inner, cols, bytes.tames(inner * cols));
    let expected = a.times(&b);
    let tolerance = rounding(inner, a.norm() * b.norm());
    let mut out = vec![T::NAN; rows * cols];

    product::matmul(rows, inner, cols, a.elements(), b.elements(), &mut out).unwrap();
    close(&out, expected.elements(), tolerance);
    product::matmul_tn(rows, inner, cols, a.transpose().elements(), b.elements(), &mut out).unwrap();
    close(&out, expected.elements(), tolerance);
    product::matmul_nt(rows, inner, cols, a.elements(), b.transpose().elements(), &mut out).unwrap();
    close(&out, expected.elements(), tolerance);

    let mut column = vec![T::NAN; rows];
    let x: Vec<T> = bytes.tames(inner);
    let expected = a.times(&Matrix::new(inner, 1, x.clone()));
    let tolerance = rounding(inner, a.norm() * largest(&x));
    product::matvec(rows, inner, a.elements(), &x, &mut column).unwrap();
    close(&column, expected.elements(), tolerance);
    product::matvec_t(inner, rows, a.transpose().elements(), &x, &mut column).unwrap();
    close(&column, expected.elements(), tolerance);
    let mut transposed = vec![T::NAN; rows * inner];
    product::transpose(rows, inner, a.elements(), &mut transposed).unwrap();
    assert_eq!(transposed, a.transpose().elements());
}

fn lu_solves<T: Real>(n: usize, bytes: &mut Bytes) {
    let input = Input::<T>::new(n, n, bytes);
    let b: Vec<T> = bytes.tames(n);
    let (mut factors, mut pivots) = (input.matrix.elements().to_vec(), vec![usize::MAX; n]);
    if let Err(error) = lu::factor(n, &mut factors, &mut pivots) {
        return input.may_fail(error, &[Error::Singular]);
    }
    assert!(pivots.iter().enumerate().all(|(k, &pivot)| (k..n).contains(&pivot)), "{pivots:?}");

    for transposed in [false, true] {
        let mut x = b.clone();
        let solved = if transposed {
            lu::solve_t(n, &factors, &pivots, &mut x)
        } else {
            lu::solve(n, &factors, &pivots, &mut x)
        };
        match solved {
            // A solution of a nearly singular system may overflow whatever the input.
            Err(error) => assert_eq!(error, Error::NotFinite),
            Ok(()) => {
                assert!(finite(&x), "{x:?}");
                if input.tame {
                    let a = if transposed { input.matrix.transpose() } else { input.matrix.clone() };
                    // Partial pivoting: elements grow by at most 2ⁿ⁻¹.
                    let steps = (n * n) << (n - 1);
                    let ax = a.times(&Matrix::new(n, 1, x.clone()));
                    close(ax.elements(), &b, rounding(steps, a.norm() * largest(&x)));
                }
            }
        }
    }
    let mut inverse = vec![T::ZERO; n * n];
    match lu::inverse(n, &factors, &pivots, &mut inverse) {
        Err(error) => assert_eq!(error, Error::NotFinite),
        Ok(()) => assert!(finite(&inverse)),
    }
    assert!(lu::determinant(n, &factors, &pivots).is_ok_and(|det| !det.is_nan()));
}

fn cholesky_solves<T: Real>(n: usize, bytes: &mut Bytes) {
    let mut input = Input::<T>::new(n, n, bytes);
    if input.tame {
        // Semidefinite, and definite if a shift is added.
        let mut gram = input.matrix.transpose().times(&input.matrix);
        let shift = if bytes.flag() { T::ONE } else { T::ZERO };
        (0..n).for_each(|k| gram.set(k, k, gram.get(k, k) + shift));
        input.matrix = gram;
    }
    let mut u = input.matrix.elements().to_vec();
    if let Err(error) = cholesky::factor(n, &mut u) {
        return input.may_fail(error, &[Error::NotPositiveDefinite]);
    }
    let u = Matrix::new(n, n, u);
    assert!((0..n).all(|k| u.get(k, k) > T::ZERO));
    let mut x: Vec<T> = bytes.tames(n);
    match cholesky::solve(n, u.elements(), &mut x) {
        Err(error) => assert_eq!(error, Error::NotFinite),
        Ok(()) => assert!(finite(&x)),
    }
    if input.tame {
        let upper = Matrix::from_fn(n, n, |i, j| if i <= j { u.get(i, j) } else { T::ZERO });
        let gram = upper.transpose().times(&upper);
        close(gram.elements(), input.matrix.elements(), rounding(n, input.matrix.norm()));
    }
}

fn qr_factors<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let input = Input::<T>::new(rows, cols, bytes);
    let short = rows.min(cols);
    let (mut factors, mut tau) = (input.matrix.elements().to_vec(), vec![T::ZERO; short]);
    if let Err(error) = qr::factor(rows, cols, &mut factors, &mut tau) {
        return input.may_fail(error, &[]);
    }
    let r = Matrix::from_fn(short, cols, |i, j| if i <= j { factors[i * cols + j] } else { T::ZERO });
    check_qr(&input, &factors, &tau, &r, &input.matrix);
    if rows < cols {
        return;
    }
    let b: Vec<T> = bytes.tames(rows);
    let mut x = b.clone();
    match qr::solve(rows, cols, &factors, &tau, &mut x) {
        Err(error) => assert!([Error::Singular, Error::NotFinite].contains(&error), "{error:?}"),
        Ok(()) => {
            assert!(finite(&x));
            if input.tame {
                // The residual is orthogonal to the columns.
                let a = &input.matrix;
                let x = Matrix::new(cols, 1, x[..cols].to_vec());
                let ax = a.times(&x);
                let residual = Matrix::from_fn(rows, 1, |i, _| b[i] - ax.get(i, 0));
                let scale = a.norm() * (a.norm() * largest(x.elements()) + largest(&b));
                let zero = a.transpose().times(&residual);
                close(zero.elements(), &vec![T::ZERO; cols], rounding(rows * cols * 4, scale));
            }
        }
    }
}

/// Q is orthonormal and Q R is the matrix, with its columns permuted if the caller did so.
fn check_qr<T: Real>(input: &Input<T>, factors: &[T], tau: &[T], r: &Matrix<T>, a: &Matrix<T>) {
    let (rows, cols, short) = (a.rows(), a.cols(), tau.len());
    assert!(finite(factors) && finite(tau), "{:?}", input.matrix);
    let mut q = vec![T::NAN; rows * short];
    qr::thin_q(rows, cols, factors, tau, &mut q).unwrap();
    let q = Matrix::new(rows, short, q);
    let identity = Matrix::identity(short);
    close(q.transpose().times(&q).elements(), identity.elements(), rounding(rows * cols, T::ONE));
    if input.tame {
        close(q.times(r).elements(), a.elements(), rounding(rows * cols, a.norm()));
        let mut back = q.elements().to_vec();
        qr::apply_qt(rows, cols, factors, tau, short, &mut back).unwrap();
        close(&back[..short * short], identity.elements(), rounding(rows * cols, T::ONE));
        qr::apply_q(rows, cols, factors, tau, short, &mut back).unwrap();
        close(&back, q.elements(), rounding(rows * cols, T::ONE));
    }
}

fn pivoted_qr_factors<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let input = Input::<T>::new(rows, cols, bytes);
    let short = rows.min(cols);
    let (mut factors, mut tau) = (input.matrix.elements().to_vec(), vec![T::ZERO; short]);
    let (mut permutation, mut scratch) = (vec![usize::MAX; cols], vec![T::NAN; qr::scratch_len(cols)]);
    if let Err(error) = qr::factor_pivoted(rows, cols, &mut factors, &mut tau, &mut permutation, &mut scratch)
    {
        return input.may_fail(error, &[]);
    }
    let mut sorted = permutation.clone();
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..cols), "{permutation:?}");
    let permuted = Matrix::from_fn(rows, cols, |i, j| input.matrix.get(i, permutation[j]));
    let r = Matrix::from_fn(short, cols, |i, j| if i <= j { factors[i * cols + j] } else { T::ZERO });
    check_qr(&input, &factors, &tau, &r, &permuted);

    let tolerance = T::from_usize(rows + cols) * T::EPSILON;
    assert!(qr::rank(rows, cols, &factors, tolerance).unwrap() <= short);
    if input.tame {
        let slack = T::ONE + T::EPSILON.sqrt();
        let sizes: Vec<T> = (0..short).map(|k| r.get(k, k).abs()).collect();
        let floor = rounding(rows * cols, input.matrix.norm());
        assert!(sizes.windows(2).all(|pair| pair[1] <= pair[0] * slack + floor), "{sizes:?}");
    }
    let (mut b, mut x): (Vec<T>, _) = (bytes.tames(rows), vec![T::NAN; cols]);
    match qr::solve_pivoted(rows, cols, &factors, &tau, &permutation, tolerance, &mut b, &mut x) {
        Err(error) => assert_eq!(error, Error::NotFinite),
        Ok(rank) => assert!(rank <= short && finite(&x)),
    }
}

/// The triangle of rows that came one by one: R'R = A'A, and the residuals add up.
fn rows_are_added<T: Real>(n: usize, bytes: &mut Bytes) {
    let count = 1 + bytes.below(8);
    let input = Input::<T>::new(count, n, bytes);
    let values: Vec<T> = bytes.tames(count);
    let (mut r, mut rhs) = (vec![T::ZERO; n * n], vec![T::ZERO; n]);
    let mut residual = T::ZERO;
    for (row, value) in input.matrix.elements().chunks_exact(n).zip(&values) {
        let (before, mut row, mut value) = ((r.clone(), rhs.clone()), row.to_vec(), [*value]);
        let valid = finite(&row);
        match givens_qr::add_row(n, 1, &mut r, &mut rhs, &mut row, &mut value) {
            Err(error) => {
                assert!(error == Error::NotFinite && !valid, "{error:?}");
                assert!(same(&r, &before.0) && same(&rhs, &before.1), "a refused row changes nothing");
                return;
            }
            Ok(()) => assert!(valid && row.iter().all(|&x| x == T::ZERO)),
        }
        residual = residual.mac(value[0], value[0]);
    }
    let mut x = rhs.clone();
    match givens_qr::solve(n, 1, &r, &mut x) {
        Err(error) => assert!([Error::Singular, Error::NotFinite].contains(&error), "{error:?}"),
        Ok(()) => assert!(finite(&x) && r.iter().step_by(n + 1).all(|x| x.is_finite())),
    }
    if input.tame {
        let (r, a) = (Matrix::new(n, n, r), &input.matrix);
        let gram = a.transpose().times(a);
        let scale = T::from_usize(count) * a.norm() * a.norm();
        close(r.transpose().times(&r).elements(), gram.elements(), rounding(count * n, scale));
        // |b|² = |Q'b|² + residual
        let total = values.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x));
        let parts = rhs.iter().fold(residual, |sum, &x| sum.mac(x, x));
        close(&[parts], &[total], rounding(count * n, total));
    }
}

fn svd_factors<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let input = Input::<T>::new(rows, cols, bytes);
    let short = rows.min(cols);
    let (mut u, mut s, mut v) = (vec![T::NAN; rows * short], vec![T::NAN; short], vec![T::NAN; cols * short]);
    let mut scratch = vec![T::NAN; svd::scratch_len(rows, cols)];
    let a = &input.matrix;
    if let Err(error) = svd::factor(rows, cols, a.elements(), &mut u, &mut s, &mut v, &mut scratch) {
        return input.may_fail(error, &[]);
    }
    assert!(s.windows(2).all(|pair| pair[0] >= pair[1]), "{s:?}");
    assert!(finite(&s) && s.iter().all(|&x| x >= T::ZERO), "{s:?} of {a:?}");
    let (u, v) = (Matrix::new(rows, short, u), Matrix::new(cols, short, v));
    let identity = Matrix::identity(short);
    close(u.transpose().times(&u).elements(), identity.elements(), rounding(rows * cols, T::ONE));
    close(v.transpose().times(&v).elements(), identity.elements(), rounding(rows * cols, T::ONE));
    let tolerance = T::from_usize(rows + cols) * T::EPSILON;
    if input.tame {
        let us = Matrix::from_fn(rows, short, |i, k| u.get(i, k) * s[k]);
        close(us.times(&v.transpose()).elements(), a.elements(), rounding(rows * cols, a.norm()));
    }
    let (b, mut x): (Vec<T>, _) = (bytes.tames(rows), vec![T::NAN; cols]);
    match svd::solve(rows, cols, u.elements(), &s, v.elements(), tolerance, &b, &mut x) {
        Err(error) => assert_eq!(error, Error::NotFinite),
        Ok(rank) => assert!(rank <= short && finite(&x)),
    }
}

fn polar_is_orthonormal<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let input = Input::<T>::new(rows, cols, bytes);
    let (mut q, mut scratch) = (vec![T::NAN; rows * cols], vec![T::NAN; polar::scratch_len(rows, cols)]);
    if let Err(error) = polar::factor(rows, cols, input.matrix.elements(), &mut q, &mut scratch) {
        return input.may_fail(error, &[Error::Singular]);
    }
    let q = Matrix::new(rows, cols, q);
    let gram = if rows >= cols { q.transpose().times(&q) } else { q.times(&q.transpose()) };
    let identity = Matrix::identity(rows.min(cols));
    close(gram.elements(), identity.elements(), rounding(rows * cols, T::ONE));
}

fn newton_schulz_converges<T: Real>(rows: usize, cols: usize, bytes: &mut Bytes) {
    let mut scratch = vec![T::NAN; newton_schulz::scratch_len(cols)];
    let tolerance = rounding::<T>(rows, T::ONE);
    if bytes.flag() {
        // Anything: it ends, and what it calls a frame is one.
        let mut q = bytes.mixed(rows * cols);
        match newton_schulz::iterate(rows, cols, &mut q, tolerance, 50, &mut scratch) {
            Err(error) => assert!([Error::NotFinite, Error::NoConvergence].contains(&error), "{error:?}"),
            Ok(steps) => {
                let q = Matrix::new(rows, cols, q);
                let identity = Matrix::identity(cols);
                assert!(steps <= 50);
                close(q.transpose().times(&q).elements(), identity.elements(), tolerance * T::TWO);
            }
        }
        return;
    }
    // The identity, perturbed by less than the radius of convergence: singular values lie in (0, √3).
    let size = T::HALF / T::from_usize(rows * 128);
    let mut q: Vec<T> = bytes.tames(rows * cols);
    q.iter_mut().enumerate().for_each(|(k, x)| {
        let identity = if k / cols == k % cols { T::ONE } else { T::ZERO };
        *x = identity + *x * size;
    });
    newton_schulz::iterate(rows, cols, &mut q, tolerance, 50, &mut scratch).unwrap();
}
