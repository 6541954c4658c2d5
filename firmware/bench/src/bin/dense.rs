//! Small dense linear algebra.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use kit::bench;
use nalgebra::{SMatrix, SVector};
use reparam::dense::{GivensQr, Matrix, cholesky, lu, product, qr};

kit::entry!(program);

fn program() {
    at_8();
    at_16();
}

/// One function for each size: the peer has no bound that admits every size.
macro_rules! at_size {
    ($function:ident, $n:literal, $size:literal) => {
        fn $function() {
            const N: usize = $n;
            // Diagonally dominant enough to be regular, not so much that pivoting has nothing to do.
            let a = Matrix::<f32, N, N>::from_fn(|i, j| ((7 * i + 3 * j * j + 1) % 17) as f32 / 8.0 - 1.0);
            let b = a.transpose();
            let mut spd = a.matmul_nt(&a);
            spd.0.iter_mut().enumerate().for_each(|(i, row)| row[i] += 1.0);
            let x: [f32; N] = core::array::from_fn(|i| i as f32 / N as f32 - 0.3);
            let peer = |a: &Matrix<f32, N, N>| SMatrix::<f32, N, N>::from_fn(|i, j| a.0[i][j]);
            let (peer_a, peer_b, peer_spd, peer_x) = (peer(&a), peer(&b), peer(&spd), SVector::from(x));

            bench::call(concat!("matvec_", $size), || a.matvec(&x));
            bench::call_on(concat!("matvec_slice_", $size), &x, |y| {
                product::matvec(black_box(N), black_box(N), a.as_slice(), &x, y).is_ok()
            });

            let mut c = Matrix::zeros();
            bench::call(concat!("matmul_", $size), || a.matmul_into(&b, &mut c));
            let mut peer_c = peer_a;
            bench::call(concat!("matmul_", $size, "/nalgebra"), || peer_a.mul_to(&peer_b, &mut peer_c));
            bench::call(concat!("matmul_by_value_", $size), || a.matmul(&b));
            bench::call_on(concat!("matmul_slice_", $size), &a, |c| {
                let n = black_box(N);
                product::matmul(n, n, n, a.as_slice(), b.as_slice(), c.as_mut_slice()).is_ok()
            });

            // R and reflectors; then Q and R as matrices.
            bench::call(concat!("qr_", $size), || a.qr());
            bench::call_on(concat!("qr_slice_", $size), &(a, [0.0; N]), |(a, tau)| {
                qr::factor(black_box(N), N, a.as_mut_slice(), tau).is_ok()
            });
            bench::call(concat!("qr_", $size, "/nalgebra"), || peer_a.qr());
            let factors = a.qr();
            bench::call(concat!("qr_q_from_reflectors_", $size), || factors.map(|qr| qr.q()));
            bench::call(concat!("qr_q_and_r_", $size), || a.qr().map(|qr| (qr.q(), qr.r())));
            bench::call(concat!("qr_q_and_r_", $size, "/nalgebra"), || {
                let qr = peer_a.qr();
                (qr.q(), qr.r())
            });
            bench::call(concat!("qr_pivoted_", $size), || a.qr_pivoted());
            let mut stream = GivensQr::<f32, N, 1>::new();
            a.0.iter().for_each(|&row| assert!(stream.add_row(row, [1.0]).is_ok()));
            bench::call_on(concat!("givens_qr_row_", $size), &(stream.clone(), x), |(stream, row)| {
                stream.add_row(*row, [1.0])
            });

            bench::call(concat!("cholesky_", $size), || spd.cholesky());
            bench::call_on(concat!("cholesky_slice_", $size), &spd, |a| {
                cholesky::factor(black_box(N), a.as_mut_slice()).is_ok()
            });
            bench::call(concat!("cholesky_", $size, "/nalgebra"), || peer_spd.cholesky());

            bench::call(concat!("lu_solve_", $size), || a.lu().and_then(|lu| lu.solve(x)));
            bench::call_on(concat!("lu_solve_slice_", $size), &(a, [0; N], x), |(a, pivots, x)| {
                let n = black_box(N);
                lu::factor(n, a.as_mut_slice(), pivots)
                    .and_then(|()| lu::solve(n, a.as_slice(), pivots, x))
                    .is_ok()
            });
            bench::call(concat!("lu_solve_", $size, "/nalgebra"), || peer_a.lu().solve(&peer_x));
            bench::call(concat!("inverse_", $size), || a.lu().and_then(|lu| lu.inverse()));
            bench::call(concat!("inverse_", $size, "/nalgebra"), || peer_a.try_inverse());

            bench::call(concat!("svd_", $size), || a.svd());
            bench::call_on(concat!("newton_schulz_step_", $size), &a, |q| q.newton_schulz_step());
        }
    };
}

at_size!(at_8, 8, "8x8");
at_size!(at_16, 16, "16x16");
