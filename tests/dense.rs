//! Identities of the dense algorithms on random matrices of many shapes, in both scalars.

use rand_core::SeedableRng;
use reparam::Real;
use reparam::dense::{cholesky, gauss_jordan, givens_qr, lu, newton_schulz, polar, product, qr, svd};
use reparam::random::{SplitMix64, uniform};

const SHAPES: [(usize, usize); 12] =
    [(1, 1), (2, 1), (2, 2), (3, 3), (5, 3), (7, 7), (8, 8), (9, 4), (16, 16), (17, 13), (30, 30), (40, 9)];

fn random<T: Real>(rng: &mut SplitMix64, len: usize) -> Vec<T> {
    (0..len).map(|_| T::TWO * uniform::<T, _>(rng) - T::ONE).collect()
}

fn largest_difference<T: Real>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).fold(T::ZERO, |largest, (&x, &y)| {
        assert!(x.is_finite() && y.is_finite());
        largest.max((x - y).abs())
    })
}

fn matmul<T: Real>(rows: usize, inner: usize, cols: usize, a: &[T], b: &[T]) -> Vec<T> {
    let mut c = vec![T::ZERO; rows * cols];
    product::matmul(rows, inner, cols, a, b, &mut c).unwrap();
    c
}

fn transpose<T: Real>(rows: usize, cols: usize, a: &[T]) -> Vec<T> {
    let mut b = vec![T::ZERO; rows * cols];
    product::transpose(rows, cols, a, &mut b).unwrap();
    b
}

fn identity<T: Real>(n: usize) -> Vec<T> {
    (0..n * n).map(|i| if i % (n + 1) == 0 { T::ONE } else { T::ZERO }).collect()
}

/// Largest element of |QᵀQ − I|.
fn orthogonality_error<T: Real>(rows: usize, cols: usize, q: &[T]) -> T {
    let mut gram = vec![T::ZERO; cols * cols];
    product::matmul_tn(cols, rows, cols, q, q, &mut gram).unwrap();
    largest_difference(&gram, &identity(cols))
}

fn tolerance<T: Real>(n: usize) -> T {
    T::from_usize(4 * n + 8) * T::EPSILON
}

/// Runs `body` in both scalars on every shape with a generator of its own.
macro_rules! on_shapes {
    ($($name:ident => $body:ident;)*) => {$(
        #[test]
        fn $name() {
            for (seed, (rows, cols)) in SHAPES.into_iter().enumerate() {
                $body::<f32>(rows, cols, &mut SplitMix64::seed_from_u64(seed as u64));
                $body::<f64>(rows, cols, &mut SplitMix64::seed_from_u64(seed as u64));
            }
        }
    )*};
}

on_shapes! {
    products_agree_with_the_definition => products;
    lu_solves_and_inverts => lu_identities;
    cholesky_reproduces_the_matrix => cholesky_identities;
    householder_qr_reproduces_the_matrix => qr_identities;
    pivoted_qr_reproduces_the_matrix => pivoted_qr_identities;
    givens_qr_has_the_gram_matrix => givens_qr_identities;
    svd_reproduces_the_matrix => svd_identities;
    polar_factor_is_nearest => polar_identities;
    newton_schulz_reaches_the_polar_factor => newton_schulz_identities;
}

fn products<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    let inner = 6;
    let (a, b) = (random::<T>(rng, rows * inner), random::<T>(rng, inner * cols));
    let expected: Vec<T> = (0..rows * cols)
        .map(|index| {
            let (i, j) = (index / cols, index % cols);
            (0..inner).fold(T::ZERO, |sum, k| sum + a[i * inner + k] * b[k * cols + j])
        })
        .collect();
    // The order of the sums is part of the promise: equality, not closeness.
    assert_eq!(matmul(rows, inner, cols, &a, &b), expected);
    let mut c = vec![T::NAN; rows * cols];
    product::matmul_tn(rows, inner, cols, &transpose(rows, inner, &a), &b, &mut c).unwrap();
    assert_eq!(c, expected);
    c.fill(T::NAN);
    product::matmul_nt(rows, inner, cols, &a, &transpose(inner, cols, &b), &mut c).unwrap();
    assert_eq!(c, expected);
    let x = random::<T>(rng, inner);
    let mut y = vec![T::NAN; rows];
    product::matvec(rows, inner, &a, &x, &mut y).unwrap();
    assert_eq!(y, matmul(rows, inner, 1, &a, &x));
    y.fill(T::NAN);
    product::matvec_t(inner, rows, &transpose(rows, inner, &a), &x, &mut y).unwrap();
    assert_eq!(y, matmul(rows, inner, 1, &a, &x));
}

fn lu_identities<T: Real>(_: usize, n: usize, rng: &mut SplitMix64) {
    let a = random::<T>(rng, n * n);
    let (mut factors, mut pivots) = (a.clone(), vec![0; n]);
    lu::factor(n, &mut factors, &mut pivots).unwrap();
    // P A = L U.
    let mut permuted = a.clone();
    for (k, &pivot) in pivots.iter().enumerate() {
        (0..n).for_each(|j| permuted.swap(k * n + j, pivot * n + j));
    }
    let part = |keep: fn(usize, usize) -> bool| -> Vec<T> {
        let element = |i, j| if keep(i, j) { factors[i * n + j] } else { T::ZERO };
        (0..n * n).map(|index| element(index / n, index % n)).collect()
    };
    let lower: Vec<T> = part(|i, j| i > j).iter().zip(identity(n)).map(|(&l, one)| l + one).collect();
    assert!(lower.iter().all(|l| l.abs() <= T::ONE + T::EPSILON));
    let product = matmul(n, n, n, &lower, &part(|i, j| i <= j));
    assert!(largest_difference(&product, &permuted) < tolerance(n));

    let b = random::<T>(rng, n);
    for (transposed, matrix) in [(false, a.clone()), (true, transpose(n, n, &a))] {
        let mut x = b.clone();
        let solve = if transposed { lu::solve_t } else { lu::solve };
        solve(n, &factors, &pivots, &mut x).unwrap();
        let scale = x.iter().fold(T::ONE, |largest, x| largest.max(x.abs()));
        assert!(largest_difference(&matmul(n, n, 1, &matrix, &x), &b) < scale * tolerance(n));
    }
    let mut inverse = vec![T::NAN; n * n];
    lu::inverse(n, &factors, &pivots, &mut inverse).unwrap();
    let scale = inverse.iter().fold(T::ONE, |largest, x| largest.max(x.abs()));
    assert!(largest_difference(&matmul(n, n, n, &a, &inverse), &identity(n)) < scale * tolerance(n));

    // In place, from both sides: the exchanges of rows are taken back.
    let mut inverse = a.clone();
    gauss_jordan::invert(n, &mut inverse, &mut pivots).unwrap();
    assert!(largest_difference(&matmul(n, n, n, &a, &inverse), &identity(n)) < scale * scale * tolerance(n));
    assert!(largest_difference(&matmul(n, n, n, &inverse, &a), &identity(n)) < scale * scale * tolerance(n));
}

fn cholesky_identities<T: Real>(_: usize, n: usize, rng: &mut SplitMix64) {
    let root = random::<T>(rng, (n + 2) * n);
    let mut a = vec![T::ZERO; n * n];
    product::matmul_tn(n, n + 2, n, &root, &root, &mut a).unwrap();
    let mut u = a.clone();
    cholesky::factor(n, &mut u).unwrap();
    let b = random::<T>(rng, n);
    let mut x = b.clone();
    cholesky::solve(n, &u, &mut x).unwrap();
    let scale = x.iter().fold(T::ONE, |largest, x| largest.max(x.abs()));
    let bound = T::from_usize(n) * scale * tolerance(n);
    assert!(largest_difference(&matmul(n, n, 1, &a, &x), &b) < bound);
    for i in 0..n {
        for j in 0..i {
            assert_eq!(u[i * n + j], a[i * n + j], "below the diagonal nothing changes");
            u[i * n + j] = T::ZERO;
        }
    }
    let product = matmul(n, n, n, &transpose(n, n, &u), &u);
    assert!(largest_difference(&product, &a) < T::from_usize(n) * tolerance(n));
}

fn upper<T: Real>(rows: usize, cols: usize, factors: &[T]) -> Vec<T> {
    let short = rows.min(cols);
    let element = |i: usize, j: usize| if i <= j { factors[i * cols + j] } else { T::ZERO };
    (0..short * cols).map(|index| element(index / cols, index % cols)).collect()
}

fn qr_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    for (rows, cols) in [(rows, cols), (cols, rows)] {
        let short = rows.min(cols);
        let a = random::<T>(rng, rows * cols);
        let (mut factors, mut tau) = (a.clone(), vec![T::NAN; short]);
        qr::factor(rows, cols, &mut factors, &mut tau).unwrap();
        let mut q = vec![T::NAN; rows * short];
        qr::thin_q(rows, cols, &factors, &tau, &mut q).unwrap();
        assert!(orthogonality_error(rows, short, &q) < tolerance(rows));
        let product = matmul(rows, short, cols, &q, &upper(rows, cols, &factors));
        assert!(largest_difference(&product, &a) < tolerance(rows));
        // Q and Qᵀ without forming Q.
        let b = random::<T>(rng, rows * 5);
        let mut rotated = b.clone();
        qr::apply_qt(rows, cols, &factors, &tau, 5, &mut rotated).unwrap();
        let mut expected = vec![T::NAN; short * 5];
        product::matmul_tn(short, rows, 5, &q, &b, &mut expected).unwrap();
        assert!(largest_difference(&rotated[..short * 5], &expected) < tolerance(rows));
        qr::apply_q(rows, cols, &factors, &tau, 5, &mut rotated).unwrap();
        assert!(largest_difference(&rotated, &b) < tolerance(rows));
    }
    // The residual of least squares is orthogonal to the columns.
    let a = random::<T>(rng, rows * cols);
    let b = random::<T>(rng, rows);
    let (mut factors, mut tau, mut solved) = (a.clone(), vec![T::NAN; cols], b.clone());
    qr::factor(rows, cols, &mut factors, &mut tau).unwrap();
    qr::solve(rows, cols, &factors, &tau, &mut solved).unwrap();
    let x = &solved[..cols];
    let scale = x.iter().fold(T::ONE, |largest, x| largest.max(x.abs()));
    let residual: Vec<T> = b.iter().zip(matmul(rows, cols, 1, &a, x)).map(|(&b, ax)| b - ax).collect();
    let mut normal = vec![T::NAN; cols];
    product::matvec_t(rows, cols, &a, &residual, &mut normal).unwrap();
    assert!(largest_difference(&normal, &vec![T::ZERO; cols]) < T::TWO * scale * tolerance(rows));
}

fn pivoted_qr_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    for (rows, cols) in [(rows, cols), (cols, rows)] {
        let short = rows.min(cols);
        let a = random::<T>(rng, rows * cols);
        let (mut factors, mut tau) = (a.clone(), vec![T::NAN; short]);
        let (mut permutation, mut scratch) = (vec![0; cols], vec![T::NAN; qr::scratch_len(cols)]);
        qr::factor_pivoted(rows, cols, &mut factors, &mut tau, &mut permutation, &mut scratch).unwrap();
        let mut q = vec![T::NAN; rows * short];
        qr::thin_q(rows, cols, &factors, &tau, &mut q).unwrap();
        let r = upper(rows, cols, &factors);
        let product = matmul(rows, short, cols, &q, &r);
        let permuted: Vec<T> =
            (0..rows * cols).map(|index| a[index / cols * cols + permutation[index % cols]]).collect();
        assert!(largest_difference(&product, &permuted) < tolerance(rows));
        let mut sorted = permutation.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..cols));
        for k in 1..short {
            let (previous, this) = (r[(k - 1) * cols + k - 1].abs(), r[k * cols + k].abs());
            assert!(this <= previous * (T::ONE + tolerance(rows)));
        }
    }
}

fn givens_qr_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    let (a, b) = (random::<T>(rng, rows * cols), random::<T>(rng, rows * 2));
    let (mut r, mut rhs) = (vec![T::ZERO; cols * cols], vec![T::ZERO; cols * 2]);
    let mut residual = T::ZERO;
    for (row, values) in a.chunks(cols).zip(b.chunks(2)) {
        let (mut row, mut values) = (row.to_vec(), values.to_vec());
        givens_qr::add_row(cols, 2, &mut r, &mut rhs, &mut row, &mut values).unwrap();
        assert!(row.iter().all(|&x| x == T::ZERO));
        residual = values.iter().fold(residual, |sum, &x| sum + x * x);
    }
    let gram = |rows: usize, a: &[T], cols: usize, b: &[T], b_cols: usize| {
        let mut c = vec![T::NAN; cols * b_cols];
        product::matmul_tn(cols, rows, b_cols, a, b, &mut c).unwrap();
        c
    };
    let bound = T::from_usize(rows) * tolerance(rows);
    assert!(largest_difference(&gram(cols, &r, cols, &r, cols), &gram(rows, &a, cols, &a, cols)) < bound);
    assert!(largest_difference(&gram(cols, &r, cols, &rhs, 2), &gram(rows, &a, cols, &b, 2)) < bound);
    let squares = |x: &[T]| x.iter().fold(T::ZERO, |sum, &x| sum + x * x);
    assert!((squares(&rhs) + residual - squares(&b)).abs() < bound);
}

fn svd_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    for (rows, cols) in [(rows, cols), (cols, rows)] {
        let short = rows.min(cols);
        let a = random::<T>(rng, rows * cols);
        let (mut u, mut s, mut v) =
            (vec![T::NAN; rows * short], vec![T::NAN; short], vec![T::NAN; cols * short]);
        let mut scratch = vec![T::NAN; svd::scratch_len(rows, cols)];
        let sweeps = svd::factor(rows, cols, &a, &mut u, &mut s, &mut v, &mut scratch).unwrap();
        assert!(sweeps <= 12, "{rows}x{cols}: {sweeps} sweeps");
        assert!(orthogonality_error(rows, short, &u) < tolerance(rows.max(cols)));
        assert!(orthogonality_error(cols, short, &v) < T::TWO * tolerance(rows.max(cols)));
        assert!(s.windows(2).all(|pair| pair[0] >= pair[1]) && s[short - 1] >= T::ZERO);
        let scaled: Vec<T> = u.iter().enumerate().map(|(i, &u)| u * s[i % short]).collect();
        let mut product = vec![T::NAN; rows * cols];
        product::matmul_nt(rows, short, cols, &scaled, &v, &mut product).unwrap();
        assert!(largest_difference(&product, &a) < T::TWO * tolerance(rows.max(cols)));
    }
}

fn polar_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    for (rows, cols) in [(rows, cols), (cols, rows)] {
        let a = random::<T>(rng, rows * cols);
        let mut q = vec![T::NAN; rows * cols];
        let mut scratch = vec![T::NAN; polar::scratch_len(rows, cols)];
        polar::factor(rows, cols, &a, &mut q, &mut scratch).unwrap();
        let (mut tall, mut a_tall) = (q.clone(), a);
        let (long, short) = (rows.max(cols), rows.min(cols));
        if rows < cols {
            (tall, a_tall) = (transpose(rows, cols, &tall), transpose(rows, cols, &a_tall));
        }
        assert!(orthogonality_error(long, short, &tall) < T::TWO * tolerance(long));
        // QᵀA is symmetric and positive semidefinite.
        let mut h = vec![T::NAN; short * short];
        product::matmul_tn(short, long, short, &tall, &a_tall, &mut h).unwrap();
        assert!(largest_difference(&h, &transpose(short, short, &h)) < T::TWO * tolerance(long));
        (0..short).for_each(|i| h[i * short + i] += tolerance::<T>(long));
        cholesky::factor(short, &mut h).unwrap();
    }
}

fn newton_schulz_identities<T: Real>(rows: usize, cols: usize, rng: &mut SplitMix64) {
    let mut q = vec![T::NAN; rows * cols];
    let mut scratch = vec![T::NAN; polar::scratch_len(rows, cols)];
    polar::factor(rows, cols, &random::<T>(rng, rows * cols), &mut q, &mut scratch).unwrap();
    let noise = T::from_f64(0.02);
    let disturbed: Vec<T> =
        q.iter().zip(random::<T>(rng, rows * cols)).map(|(&q, e)| q + noise * e).collect();
    polar::factor(rows, cols, &disturbed, &mut q, &mut scratch).unwrap();
    let mut iterated = disturbed;
    let mut scratch = vec![T::NAN; newton_schulz::scratch_len(cols)];
    let steps = newton_schulz::iterate(rows, cols, &mut iterated, tolerance(rows), 10, &mut scratch).unwrap();
    assert!(steps <= 6);
    assert!(largest_difference(&iterated, &q) < T::TWO * tolerance(rows));
}
