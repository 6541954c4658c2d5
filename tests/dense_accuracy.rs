//! Accuracy in `f32` on graded, nearly singular and badly scaled matrices: not worse than nalgebra's on the same
//! input, every error taken in `f64`.
//!
//! Two correct programs round differently, so "not worse" admits a few ε where both are that good.

use nalgebra::{DMatrix, DVector};
use rand_core::SeedableRng;
use reparam::dense::{cholesky, givens_qr, lu, qr, svd};
use reparam::random::{SplitMix64, uniform};

const N: usize = 12;

struct Instance {
    name: &'static str,
    rows: usize,
    cols: usize,
    a: Vec<f32>,
}

impl Instance {
    fn new(name: &'static str, rows: usize, cols: usize, f: impl Fn(usize, usize) -> f64) -> Self {
        let a = (0..rows * cols).map(|index| f(index / cols, index % cols) as f32).collect();
        Self { name, rows, cols, a }
    }

    fn exact(&self) -> DMatrix<f64> {
        widen(self.rows, self.cols, &self.a)
    }

    fn peer(&self) -> DMatrix<f32> {
        DMatrix::from_row_slice(self.rows, self.cols, &self.a)
    }
}

fn widen(rows: usize, cols: usize, a: &[f32]) -> DMatrix<f64> {
    DMatrix::from_row_iterator(rows, cols, a.iter().map(|&x| f64::from(x)))
}

fn instances() -> Vec<Instance> {
    let mut rng = SplitMix64::seed_from_u64(8);
    let noise: Vec<f64> = (0..N * N).map(|_| 2.0 * uniform::<f64, _>(&mut rng) - 1.0).collect();
    let noise = move |i: usize, j: usize| noise[i * N + j];
    let grade = |k: usize| 10f64.powf(-6.0 * k as f64 / (N - 1) as f64);
    let identity = |i, j| if i == j { 1.0 } else { 0.0 };
    let kahan = |i: usize, j: usize| {
        let (s, c) = 1.2f64.sin_cos();
        s.powi(i as i32)
            * if i == j {
                1.0
            } else if i < j {
                -c
            } else {
                0.0
            }
    };
    vec![
        Instance::new("uniform", N, N, &noise),
        Instance::new("graded columns", N, N, |i, j| noise(i, j) * grade(j)),
        Instance::new("columns graded upwards", N, N, |i, j| noise(i, j) * grade(N - 1 - j)),
        Instance::new("graded rows", N, N, |i, j| noise(i, j) * grade(i)),
        Instance::new("graded rows and columns", N, N, |i, j| noise(i, j) * grade(i) * grade(j)),
        Instance::new("Hilbert", 6, 6, |i, j| 1.0 / (i + j + 1) as f64),
        Instance::new("Kahan", N, N, kahan),
        Instance::new("Lauchli", N + 1, N, |i, j| if i == 0 { 1.0 } else { 1e-3 * identity(i - 1, j) }),
        Instance::new("nearly rank one", N, N, |i, j| 1.0 + 1e-5 * noise(i, j)),
        Instance::new("large", N, N, |i, j| 1e25 * noise(i, j)),
        Instance::new("small", N, N, |i, j| 1e-25 * noise(i, j)),
    ]
}

/// Asserts that `ours` is at most `theirs`, or at most `floor` units of ε.
fn assert_not_worse(what: &str, instance: &Instance, ours: f64, theirs: f64, floor: f64) {
    // NaN means that the peer found no result.
    let theirs = if theirs.is_nan() { f64::INFINITY } else { theirs };
    let bound = theirs.max(floor * f64::from(f32::EPSILON));
    assert!(ours <= bound, "{what} of {}: {ours:e}, peer {theirs:e}", instance.name);
}

/// Largest column of the residual relative to the column of A.
fn column_error(a: &DMatrix<f64>, product: &DMatrix<f64>) -> f64 {
    (0..a.ncols())
        .map(|j| (a.column(j) - product.column(j)).norm() / a.column(j).norm())
        .fold(0.0, |largest, error| if error > largest || error.is_nan() { error } else { largest })
}

fn orthogonality(q: &DMatrix<f64>) -> f64 {
    (q.transpose() * q - DMatrix::identity(q.ncols(), q.ncols())).norm()
}

#[test]
fn qr_is_not_worse_than_the_peer() {
    for instance in instances() {
        let (rows, cols, exact) = (instance.rows, instance.cols, instance.exact());
        let (mut factors, mut tau) = (instance.a.clone(), vec![0.0; cols]);
        qr::factor(rows, cols, &mut factors, &mut tau).unwrap();
        let mut q = vec![0.0; rows * cols];
        qr::thin_q(rows, cols, &factors, &tau, &mut q).unwrap();
        let (q, r) = (widen(rows, cols, &q), widen(rows, cols, &factors).rows(0, cols).upper_triangle());

        let (peer_q, peer_r) = instance.peer().qr().unpack();
        let (peer_q, peer_r) = (peer_q.cast::<f64>(), peer_r.cast::<f64>());
        assert_not_worse("Q", &instance, orthogonality(&q), orthogonality(&peer_q), 12.0);
        let errors = (column_error(&exact, &(&q * r)), column_error(&exact, &(peer_q * peer_r)));
        assert_not_worse("QR", &instance, errors.0, errors.1, 6.0);
    }
}

#[test]
fn pivoted_qr_is_not_worse_than_the_peer() {
    for instance in instances() {
        let (rows, cols, exact) = (instance.rows, instance.cols, instance.exact());
        let (mut factors, mut tau) = (instance.a.clone(), vec![0.0; cols]);
        let (mut permutation, mut scratch) = (vec![0; cols], vec![0.0; qr::scratch_len(cols)]);
        qr::factor_pivoted(rows, cols, &mut factors, &mut tau, &mut permutation, &mut scratch).unwrap();
        let mut q = vec![0.0; rows * cols];
        qr::thin_q(rows, cols, &factors, &tau, &mut q).unwrap();
        let (q, r) = (widen(rows, cols, &q), widen(rows, cols, &factors).rows(0, cols).upper_triangle());
        let permuted = DMatrix::from_fn(rows, cols, |i, j| exact[(i, permutation[j])]);

        let (peer_q, peer_r, peer_permutation) = instance.peer().col_piv_qr().unpack();
        let (peer_q, peer_r) = (peer_q.cast::<f64>(), peer_r.cast::<f64>());
        let mut peer_permuted = exact.clone();
        peer_permutation.permute_columns(&mut peer_permuted);
        assert_not_worse("Q", &instance, orthogonality(&q), orthogonality(&peer_q), 12.0);
        let errors = (column_error(&permuted, &(&q * r)), column_error(&peer_permuted, &(peer_q * peer_r)));
        assert_not_worse("pivoted QR", &instance, errors.0, errors.1, 6.0);
    }
}

/// The Givens R of a stream of rows: RᵀR against AᵀA, relative to the norms of the columns.
#[test]
fn givens_qr_is_not_worse_than_the_peer() {
    let gram_error = |exact: &DMatrix<f64>, r: &DMatrix<f64>| {
        let (gram, expected) = (r.transpose() * r, exact.transpose() * exact);
        let norm = |j: usize| exact.column(j).norm();
        let error = |(i, j): (usize, usize)| (gram[(i, j)] - expected[(i, j)]).abs() / norm(i) / norm(j);
        let indices = (0..exact.ncols()).flat_map(|i| (0..exact.ncols()).map(move |j| (i, j)));
        indices.map(error).fold(0.0, |largest: f64, e| if e > largest || e.is_nan() { e } else { largest })
    };
    for instance in instances() {
        let (cols, exact) = (instance.cols, instance.exact());
        let mut r = vec![0.0; cols * cols];
        for row in instance.a.chunks(cols) {
            givens_qr::add_row(cols, 0, &mut r, &mut [], &mut row.to_vec(), &mut []).unwrap();
        }
        let ours = gram_error(&exact, &widen(cols, cols, &r));
        let theirs = gram_error(&exact, &instance.peer().qr().r().cast::<f64>());
        assert_not_worse("R", &instance, ours, theirs, 12.0);
    }
}

/// ‖b − A x‖ / (‖A‖ ‖x‖ + ‖b‖), Rigal and Gaches' backward error.
fn backward_error(a: &DMatrix<f64>, x: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (b - a * x).norm() / (a.norm() * x.norm() + b.norm())
}

#[test]
fn lu_is_not_worse_than_the_peer() {
    for instance in instances().into_iter().filter(|instance| instance.rows == instance.cols) {
        let (n, exact) = (instance.rows, instance.exact());
        let scale = exact.amax() as f32;
        let b: Vec<f32> = (0..n).map(|i| scale * (i as f32 - 3.3)).collect();
        let wide_b = DVector::from_iterator(n, b.iter().map(|&x| f64::from(x)));
        let (mut factors, mut pivots, mut x) = (instance.a.clone(), vec![0; n], b.clone());
        lu::factor(n, &mut factors, &mut pivots).unwrap();
        lu::solve(n, &factors, &pivots, &mut x).unwrap();
        let x = DVector::from_iterator(n, x.into_iter().map(f64::from));
        let peer = instance.peer().lu().solve(&DVector::from_vec(b));
        let theirs = peer.map_or(f64::NAN, |x| backward_error(&exact, &x.cast(), &wide_b));
        assert_not_worse("LU", &instance, backward_error(&exact, &x, &wide_b), theirs, 2.0);
    }
}

#[test]
fn cholesky_is_not_worse_than_the_peer() {
    for mut instance in instances() {
        // The Gram matrix with unit columns and a small shift: as nearly singular as f32 can factor.
        let exact = instance.exact();
        let scaled =
            DMatrix::from_fn(exact.nrows(), exact.ncols(), |i, j| exact[(i, j)] / exact.column(j).norm());
        let gram = scaled.transpose() * &scaled;
        let n = instance.cols;
        instance.rows = n;
        instance.a = (0..n * n)
            .map(|index| {
                (gram[(index / n, index % n)] + if index % (n + 1) == 0 { 1e-5 } else { 0.0 }) as f32
            })
            .collect();
        let exact = instance.exact();
        let mut u = instance.a.clone();
        cholesky::factor(n, &mut u).unwrap();
        let u = widen(n, n, &u).upper_triangle();
        let error = |product: DMatrix<f64>| (&exact - product).norm() / exact.norm();
        let theirs = instance.peer().cholesky().map_or(f64::NAN, |factor| {
            let l = factor.l().cast::<f64>();
            error(&l * l.transpose())
        });
        assert_not_worse("Cholesky", &instance, error(u.transpose() * &u), theirs, 2.0);
    }
}

fn singular_values(instance: &Instance) -> Vec<f64> {
    let (rows, cols) = (instance.rows, instance.cols);
    let short = rows.min(cols);
    let (mut u, mut s, mut v) = (vec![0.0; rows * short], vec![0.0; short], vec![0.0; cols * short]);
    let mut scratch = vec![0.0; svd::scratch_len(rows, cols)];
    svd::factor(rows, cols, &instance.a, &mut u, &mut s, &mut v, &mut scratch).unwrap();
    let (u, v) = (widen(rows, short, &u), widen(cols, short, &v));
    assert!(orthogonality(&u) < 3e-6 && orthogonality(&v) < 6e-6, "{}", instance.name);
    s.into_iter().map(f64::from).collect()
}

/// Largest error of the singular values, relative to the largest and each to itself.
fn singular_value_errors(exact: &[f64], actual: &[f64]) -> [f64; 2] {
    let fold = |errors: Vec<f64>| {
        errors.into_iter().fold(0.0, |largest: f64, e| if e > largest || e.is_nan() { e } else { largest })
    };
    let difference = || exact.iter().zip(actual).map(|(exact, actual)| (exact - actual).abs());
    let absolute = difference().map(|e| e / exact[0]).collect();
    [fold(absolute), fold(difference().zip(exact).map(|(e, exact)| e / exact).collect())]
}

fn peer_singular_values(instance: &Instance) -> Vec<f64> {
    let svd = instance.peer().try_svd(false, false, f32::EPSILON, 1000);
    let mut s: Vec<f64> = match svd {
        Some(svd) => svd.singular_values.iter().map(|&s| f64::from(s)).collect(),
        None => vec![f64::NAN; instance.cols],
    };
    s.sort_by(|x, y| y.total_cmp(x));
    s
}

#[test]
fn svd_is_not_worse_than_the_peer() {
    for instance in instances() {
        let exact: Vec<f64> = {
            let mut s: Vec<f64> = instance.exact().singular_values().iter().copied().collect();
            s.sort_by(|x, y| y.total_cmp(x));
            s
        };
        // Relative to the largest: most of these matrices do not determine the small ones any better.
        let ours = singular_value_errors(&exact, &singular_values(&instance));
        let theirs = singular_value_errors(&exact, &peer_singular_values(&instance));
        assert_not_worse("singular values", &instance, ours[0], theirs[0], 6.0);
    }
}

/// What one-sided Jacobi is for: columns of any scale do not cost the small singular values their digits.
#[test]
fn small_singular_values_keep_their_relative_accuracy() {
    for instance in instances().into_iter().filter(|instance| instance.name.contains("columns")) {
        if instance.name.contains("rows") {
            continue;
        }
        // The reference, bidiagonalization in f64, has a relative error of 1e-9 in the smallest.
        let exact: Vec<f64> = {
            let mut s: Vec<f64> = instance.exact().singular_values().iter().copied().collect();
            s.sort_by(|x, y| y.total_cmp(x));
            s
        };
        let [_, relative] = singular_value_errors(&exact, &singular_values(&instance));
        assert!(relative < 12.0 * f64::from(f32::EPSILON), "{}: {relative:e}", instance.name);
        let [_, peer] = singular_value_errors(&exact, &peer_singular_values(&instance));
        assert!(peer > 5.0 * relative, "{}: ours {relative:e}, peer {peer:e}", instance.name);
    }
}
