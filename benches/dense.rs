//! Dense algorithms beside nalgebra, both with sizes known to the compiler, `f32`, in one run.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion};
use nalgebra::{SMatrix, SVector};
use reparam::dense::Matrix;
use reparam::random::{SplitMix64, uniform};

/// Diagonally dominant, so that every algorithm accepts it.
fn matrix<const N: usize>() -> Matrix<f32, N, N> {
    let mut rng = SplitMix64::new(1);
    Matrix::from_fn(|i, j| if i == j { N as f32 } else { uniform::<f32, _>(&mut rng) - 0.5 })
}

fn symmetric<const N: usize>() -> Matrix<f32, N, N> {
    let a = matrix::<N>();
    Matrix::from_fn(|i, j| 0.5 * (a.0[i][j] + a.0[j][i]))
}

fn peer<const N: usize>(a: &Matrix<f32, N, N>) -> SMatrix<f32, N, N> {
    SMatrix::from_fn(|i, j| a.0[i][j])
}

/// One benchmark of ours and one of the peer's; a macro, for nalgebra's bounds differ with the algorithm.
macro_rules! pairs {
    ($name:ident, $input:ident, |$ours:ident| $our_call:expr, |$theirs:ident| $their_call:expr) => {
        fn $name(criterion: &mut Criterion) {
            let mut group = criterion.benchmark_group(stringify!($name));
            pairs!(@sizes group, $input, |$ours| $our_call, |$theirs| $their_call, 4, 8, 16, 32);
            group.finish();
        }
    };
    (@sizes $group:ident, $input:ident, |$ours:ident| $our_call:expr, |$theirs:ident| $their_call:expr, $($n:literal),*) => {
        $({
            const N: usize = $n;
            let a = $input::<N>();
            let b = peer(&a);
            $group.bench_function(BenchmarkId::new("reparam", N), |bencher| {
                bencher.iter(|| {
                    let $ours = black_box(&a);
                    black_box($our_call)
                });
            });
            $group.bench_function(BenchmarkId::new("nalgebra", N), |bencher| {
                bencher.iter(|| {
                    let $theirs = black_box(&b);
                    black_box($their_call)
                });
            });
        })*
    };
}

pairs!(matvec, matrix, |a| a.matvec(&[1.0; N]), |a| a * SVector::<f32, N>::repeat(1.0));
pairs!(matmul, matrix, |a| a.matmul(a), |a| a * a);
pairs!(lu_solve, matrix, |a| a.lu().and_then(|lu| lu.solve([1.0; N])), |a| a
    .lu()
    .solve(&SVector::repeat(1.0)));
pairs!(inverse, matrix, |a| a.lu().and_then(|lu| lu.inverse()), |a| a.try_inverse());
pairs!(cholesky, symmetric, |a| a.cholesky(), |a| a.cholesky());
pairs!(qr, matrix, |a| a.qr(), |a| a.qr());
pairs!(qr_pivoted, matrix, |a| a.qr_pivoted(), |a| a.col_piv_qr());
pairs!(svd, matrix, |a| a.svd(), |a| a.svd(true, true));

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    matvec(&mut criterion);
    matmul(&mut criterion);
    lu_solve(&mut criterion);
    inverse(&mut criterion);
    cholesky(&mut criterion);
    qr(&mut criterion);
    qr_pivoted(&mut criterion);
    svd(&mut criterion);
    criterion.final_summary();
}
