//! Small dense linear algebra.

use reparam::dense::{
    Cholesky, DriftGuard, Error, GivensQr, Lu, Matrix, PivotedQr, Qr, Svd, cholesky, gauss_jordan, givens_qr,
    leading, lu, newton_schulz, polar, product, qr, svd,
};

use crate::kernels;

kernels! {
    product_matvec(rows: usize, cols: usize, a: &[T], x: &[T], y: &mut [T]) -> Result<(), Error> {
        product::matvec(rows, cols, a, x, y)
    }
    product_matvec_t(rows: usize, cols: usize, a: &[T], x: &[T], y: &mut [T]) -> Result<(), Error> {
        product::matvec_t(rows, cols, a, x, y)
    }
    product_matmul(shape: [usize; 3], a: &[T], b: &[T], c: &mut [T]) -> Result<(), Error> {
        let [rows, inner, cols] = shape;
        product::matmul(rows, inner, cols, a, b, c)
    }
    product_matmul_tn(shape: [usize; 3], a: &[T], b: &[T], c: &mut [T]) -> Result<(), Error> {
        let [rows, inner, cols] = shape;
        product::matmul_tn(rows, inner, cols, a, b, c)
    }
    product_matmul_nt(shape: [usize; 3], a: &[T], b: &[T], c: &mut [T]) -> Result<(), Error> {
        let [rows, inner, cols] = shape;
        product::matmul_nt(rows, inner, cols, a, b, c)
    }
    product_transpose(rows: usize, cols: usize, a: &[T], b: &mut [T]) -> Result<(), Error> {
        product::transpose(rows, cols, a, b)
    }

    leading_scratch_len(rows: usize, cols: usize) -> usize { leading::scratch_len(rows, cols) }
    leading_factor(
        shape: [usize; 2], a: &[T], u: &mut [T], v: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        leading::factor(shape[0], shape[1], a, u, v, scratch)
    }

    lu_factor(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> { lu::factor(n, a, pivots) }
    lu_solve(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
        lu::solve(n, lu, pivots, b)
    }
    lu_solve_t(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
        lu::solve_t(n, lu, pivots, b)
    }
    lu_solve_matrix(n: usize, cols: usize, lu: &[T], pivots: &[usize], b: &mut [T]) -> Result<(), Error> {
        lu::solve_matrix(n, cols, lu, pivots, b)
    }
    lu_inverse(n: usize, lu: &[T], pivots: &[usize], inverse: &mut [T]) -> Result<(), Error> {
        lu::inverse(n, lu, pivots, inverse)
    }
    lu_determinant(n: usize, lu: &[T], pivots: &[usize]) -> Result<T, Error> { lu::determinant(n, lu, pivots) }

    cholesky_factor(n: usize, a: &mut [T]) -> Result<(), Error> { cholesky::factor(n, a) }
    cholesky_solve(n: usize, u: &[T], b: &mut [T]) -> Result<(), Error> { cholesky::solve(n, u, b) }

    qr_factor(rows: usize, cols: usize, a: &mut [T], tau: &mut [T]) -> Result<(), Error> {
        qr::factor(rows, cols, a, tau)
    }
    qr_scratch_len(cols: usize) -> usize { qr::scratch_len(cols) }
    qr_factor_pivoted(
        shape: [usize; 2], a: &mut [T], tau: &mut [T], permutation: &mut [usize], scratch: &mut [T],
    ) -> Result<(), Error> {
        qr::factor_pivoted(shape[0], shape[1], a, tau, permutation, scratch)
    }
    qr_apply_q(shape: [usize; 3], a: &[T], tau: &[T], b: &mut [T]) -> Result<(), Error> {
        qr::apply_q(shape[0], shape[1], a, tau, shape[2], b)
    }
    qr_apply_qt(shape: [usize; 3], a: &[T], tau: &[T], b: &mut [T]) -> Result<(), Error> {
        qr::apply_qt(shape[0], shape[1], a, tau, shape[2], b)
    }
    qr_thin_q(rows: usize, cols: usize, a: &[T], tau: &[T], q: &mut [T]) -> Result<(), Error> {
        qr::thin_q(rows, cols, a, tau, q)
    }
    qr_rank(rows: usize, cols: usize, a: &[T], tolerance: T) -> Result<usize, Error> {
        qr::rank(rows, cols, a, tolerance)
    }
    qr_solve(rows: usize, cols: usize, a: &[T], tau: &[T], b: &mut [T]) -> Result<(), Error> {
        qr::solve(rows, cols, a, tau, b)
    }
    qr_solve_pivoted(
        shape: [usize; 2], a: &[T], tau: &[T], permutation: &[usize], tolerance: T, b: &mut [T], x: &mut [T],
    ) -> Result<usize, Error> {
        qr::solve_pivoted(shape[0], shape[1], a, tau, permutation, tolerance, b, x)
    }

    givens_qr_rotation(f: T, g: T) -> (T, T, T) { givens_qr::rotation(f, g) }
    givens_qr_add_row(
        n: usize, rhs_cols: usize, r: &mut [T], rhs: &mut [T], row: &mut [T], values: &mut [T],
    ) -> Result<(), Error> {
        givens_qr::add_row(n, rhs_cols, r, rhs, row, values)
    }
    givens_qr_solve(n: usize, rhs_cols: usize, r: &[T], rhs: &mut [T]) -> Result<(), Error> {
        givens_qr::solve(n, rhs_cols, r, rhs)
    }

    svd_scratch_len(rows: usize, cols: usize) -> usize { svd::scratch_len(rows, cols) }
    svd_factor(
        shape: [usize; 2], a: &[T], u: &mut [T], singular_values: &mut [T], v: &mut [T], scratch: &mut [T],
    ) -> Result<usize, Error> {
        svd::factor(shape[0], shape[1], a, u, singular_values, v, scratch)
    }
    svd_solve(
        shape: [usize; 2], u: &[T], singular_values: &[T], v: &[T], tolerance: T, b: &[T], x: &mut [T],
    ) -> Result<usize, Error> {
        svd::solve(shape[0], shape[1], u, singular_values, v, tolerance, b, x)
    }

    polar_scratch_len(rows: usize, cols: usize) -> usize { polar::scratch_len(rows, cols) }
    polar_factor(rows: usize, cols: usize, a: &[T], q: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
        polar::factor(rows, cols, a, q, scratch)
    }

    gauss_jordan_invert(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
        gauss_jordan::invert(n, a, pivots)
    }
    newton_schulz_orthogonality_error(rows: usize, cols: usize, q: &[T]) -> T {
        newton_schulz::orthogonality_error(rows, cols, q)
    }
    guard_new(period: u32) -> DriftGuard { DriftGuard::new(period) }
    guard_due(guard: &mut DriftGuard, rotations: u32) -> bool { guard.due(rotations) }
    newton_schulz_scratch_len(cols: usize) -> usize { newton_schulz::scratch_len(cols) }
    newton_schulz_step(rows: usize, cols: usize, q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
        newton_schulz::step(rows, cols, q, scratch)
    }
    newton_schulz_iterate(
        shape: [usize; 2], q: &mut [T], tolerance: T, max_steps: usize, scratch: &mut [T],
    ) -> Result<usize, Error> {
        newton_schulz::iterate(shape[0], shape[1], q, tolerance, max_steps, scratch)
    }

    matrix_zeros() -> Matrix<T, 5, 3> { Matrix::zeros() }
    matrix_identity() -> Matrix<T, 5, 3> { Matrix::identity() }
    matrix_from_fn(x: T) -> Matrix<T, 5, 3> { Matrix::from_fn(|_, _| x) }
    matrix_from_slice(x: &[T]) -> Option<Matrix<T, 5, 3>> { Matrix::from_slice(x) }
    matrix_as_slice(a: &Matrix<T, 5, 3>) -> &[T] { a.as_slice() }
    matrix_as_mut_slice(a: &mut Matrix<T, 5, 3>) -> &mut [T] { a.as_mut_slice() }
    matrix_matvec(a: &Matrix<T, 5, 3>, x: &[T; 3]) -> [T; 5] { a.matvec(x) }
    matrix_matvec_t(a: &Matrix<T, 5, 3>, x: &[T; 5]) -> [T; 3] { a.matvec_t(x) }
    matrix_matmul(a: &Matrix<T, 8, 8>, b: &Matrix<T, 8, 8>) -> Matrix<T, 8, 8> { a.matmul(b) }
    matrix_matmul_into(a: &Matrix<T, 5, 3>, b: &Matrix<T, 3, 7>, c: &mut Matrix<T, 5, 7>) { a.matmul_into(b, c) }
    matrix_matmul_tn(a: &Matrix<T, 5, 3>, b: &Matrix<T, 5, 7>) -> Matrix<T, 3, 7> { a.matmul_tn(b) }
    matrix_matmul_nt(a: &Matrix<T, 5, 3>, b: &Matrix<T, 7, 3>) -> Matrix<T, 5, 7> { a.matmul_nt(b) }
    matrix_transpose(a: &Matrix<T, 5, 3>) -> Matrix<T, 3, 5> { a.transpose() }
    matrix_lu(a: Matrix<T, 8, 8>) -> Result<Lu<T, 8>, Error> { a.lu() }
    matrix_cholesky(a: Matrix<T, 8, 8>) -> Result<Cholesky<T, 8>, Error> { a.cholesky() }
    matrix_qr(a: Matrix<T, 8, 8>) -> Result<Qr<T, 8, 8>, Error> { a.qr() }
    matrix_qr_pivoted(a: Matrix<T, 8, 5>) -> Result<PivotedQr<T, 8, 5>, Error> { a.qr_pivoted() }
    matrix_svd(a: &Matrix<T, 8, 5>) -> Result<Svd<T, 8, 5>, Error> { a.svd() }
    matrix_polar(a: &Matrix<T, 8, 5>) -> Result<Matrix<T, 8, 5>, Error> { a.polar() }
    matrix_newton_schulz_step(a: &mut Matrix<T, 8, 5>) -> Result<T, Error> { a.newton_schulz_step() }
    matrix_newton_schulz(a: &mut Matrix<T, 8, 5>, tolerance: T) -> Result<usize, Error> {
        a.newton_schulz(tolerance, 10)
    }

    lu_type_new(a: Matrix<T, 5, 5>) -> Result<Lu<T, 5>, Error> { Lu::new(a) }
    lu_type_solve(lu: &Lu<T, 8>, b: [T; 8]) -> Result<[T; 8], Error> { lu.solve(b) }
    lu_type_solve_t(lu: &Lu<T, 8>, b: [T; 8]) -> Result<[T; 8], Error> { lu.solve_t(b) }
    lu_type_solve_matrix(lu: &Lu<T, 8>, b: Matrix<T, 8, 3>) -> Result<Matrix<T, 8, 3>, Error> {
        lu.solve_matrix(b)
    }
    lu_type_inverse(lu: &Lu<T, 8>) -> Result<Matrix<T, 8, 8>, Error> { lu.inverse() }
    lu_type_determinant(lu: &Lu<T, 8>) -> T { lu.determinant() }
    lu_type_factors(lu: &Lu<T, 8>) -> &Matrix<T, 8, 8> { lu.factors() }
    lu_type_pivots(lu: &Lu<T, 8>) -> &[usize; 8] { lu.pivots() }

    cholesky_type_new(a: Matrix<T, 5, 5>) -> Result<Cholesky<T, 5>, Error> { Cholesky::new(a) }
    cholesky_type_solve(factor: &Cholesky<T, 8>, b: [T; 8]) -> Result<[T; 8], Error> { factor.solve(b) }
    cholesky_type_u(factor: &Cholesky<T, 8>) -> Matrix<T, 8, 8> { factor.u() }

    qr_type_new(a: Matrix<T, 8, 5>) -> Result<Qr<T, 8, 5>, Error> { Qr::new(a) }
    qr_type_r(qr: &Qr<T, 8, 5>) -> Matrix<T, 5, 5> { qr.r() }
    qr_type_q(qr: &Qr<T, 8, 5>) -> Matrix<T, 8, 5> { qr.q() }
    qr_type_apply_q(qr: &Qr<T, 8, 5>, b: Matrix<T, 8, 2>) -> Matrix<T, 8, 2> { qr.apply_q(b) }
    qr_type_apply_qt(qr: &Qr<T, 8, 5>, b: Matrix<T, 8, 2>) -> Matrix<T, 8, 2> { qr.apply_qt(b) }
    qr_type_solve(qr: &Qr<T, 8, 5>, b: [T; 8]) -> Result<[T; 5], Error> { qr.solve(b) }
    qr_type_factors(qr: &Qr<T, 8, 5>) -> &Matrix<T, 8, 5> { qr.factors() }
    qr_type_tau(qr: &Qr<T, 8, 5>) -> &[T; 5] { qr.tau() }

    pivoted_qr_new(a: Matrix<T, 7, 7>) -> Result<PivotedQr<T, 7, 7>, Error> { PivotedQr::new(a) }
    pivoted_qr_qr(qr: &PivotedQr<T, 8, 5>) -> &Qr<T, 8, 5> { qr.qr() }
    pivoted_qr_permutation(qr: &PivotedQr<T, 8, 5>) -> &[usize; 5] { qr.permutation() }
    pivoted_qr_rank(qr: &PivotedQr<T, 8, 5>, tolerance: T) -> usize { qr.rank(tolerance) }
    pivoted_qr_solve(qr: &PivotedQr<T, 8, 5>, b: [T; 8], tolerance: T) -> Result<([T; 5], usize), Error> {
        qr.solve(b, tolerance)
    }

    givens_qr_type_new() -> GivensQr<T, 5, 1> { GivensQr::new() }
    givens_qr_type_add_row(qr: &mut GivensQr<T, 5, 1>, row: [T; 5], values: [T; 1]) -> Result<(), Error> {
        qr.add_row(row, values)
    }
    givens_qr_type_solve(qr: &GivensQr<T, 5, 1>) -> Result<Matrix<T, 5, 1>, Error> { qr.solve() }
    givens_qr_type_r(qr: &GivensQr<T, 5, 1>) -> &Matrix<T, 5, 5> { qr.r() }
    givens_qr_type_rhs(qr: &GivensQr<T, 5, 1>) -> &Matrix<T, 5, 1> { qr.rhs() }
    givens_qr_type_residual(qr: &GivensQr<T, 5, 1>) -> &[T; 1] { qr.residual() }

    svd_type_new(a: &Matrix<T, 8, 8>) -> Result<Svd<T, 8, 8>, Error> { Svd::new(a) }
    svd_type_solve(svd: &Svd<T, 8, 5>, b: &[T; 8], tolerance: T) -> Result<([T; 5], usize), Error> {
        svd.solve(b, tolerance)
    }
}
