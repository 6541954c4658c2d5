use reparam::dense::{cholesky, lu, product, qr, svd};

use crate::Status;
use crate::memory::{len, slice, slice_mut};
use crate::status::status;

macro_rules! dense {
    ($t:ident: $matvec:ident, $matmul:ident, $lu_factor:ident, $lu_solve:ident, $lu_inverse:ident,
     $cholesky_factor:ident, $cholesky_solve:ident, $qr_factor:ident, $qr_solve:ident, $svd:ident) => {
        /// y = A x, A `rows` x `cols`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $matvec(
            rows: usize,
            cols: usize,
            a: *const $t,
            x: *const $t,
            y: *mut $t,
        ) -> Status {
            status(|| {
                let (a, x, y) =
                    // SAFETY: the header's contract.
                    unsafe { (slice(a, len(rows, cols)?)?, slice(x, cols)?, slice_mut(y, rows)?) };
                Ok(product::matvec(rows, cols, a, x, y)?)
            })
        }

        /// C = A B, A `rows` x `inner`, B `inner` x `cols`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $matmul(
            rows: usize,
            inner: usize,
            cols: usize,
            a: *const $t,
            b: *const $t,
            c: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (a, b, c) = unsafe {
                    (
                        slice(a, len(rows, inner)?)?,
                        slice(b, len(inner, cols)?)?,
                        slice_mut(c, len(rows, cols)?)?,
                    )
                };
                Ok(product::matmul(rows, inner, cols, a, b, c)?)
            })
        }

        /// P A = L U of the `n` x `n` matrix `a`, in place; `pivots` has `n` elements. Fails for a singular matrix.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $lu_factor(n: usize, a: *mut $t, pivots: *mut usize) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (a, pivots) = unsafe { (slice_mut(a, len(n, n)?)?, slice_mut(pivots, n)?) };
                Ok(lu::factor(n, a, pivots)?)
            })
        }

        /// Solves A x = b from the factors; `b` becomes x.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $lu_solve(
            n: usize,
            factors: *const $t,
            pivots: *const usize,
            b: *mut $t,
        ) -> Status {
            status(|| {
                let (a, pivots, b) =
                    // SAFETY: the header's contract.
                    unsafe { (slice(factors, len(n, n)?)?, slice(pivots, n)?, slice_mut(b, n)?) };
                Ok(lu::solve(n, a, pivots, b)?)
            })
        }

        /// The inverse of A, `n` x `n`, from the factors.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $lu_inverse(
            n: usize,
            factors: *const $t,
            pivots: *const usize,
            inverse: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (a, pivots, inverse) = unsafe {
                    (slice(factors, len(n, n)?)?, slice(pivots, n)?, slice_mut(inverse, len(n, n)?)?)
                };
                Ok(lu::inverse(n, a, pivots, inverse)?)
            })
        }

        /// A = U'U of the symmetric `n` x `n` matrix `a`, in place; only its upper triangle is used. Fails for a
        /// matrix that is not positive definite.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $cholesky_factor(n: usize, a: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let a = unsafe { slice_mut(a, len(n, n)?)? };
                Ok(cholesky::factor(n, a)?)
            })
        }

        /// Solves A x = b from the factor; `b` becomes x.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $cholesky_solve(n: usize, factor: *const $t, b: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, b) = unsafe { (slice(factor, len(n, n)?)?, slice_mut(b, n)?) };
                Ok(cholesky::solve(n, u, b)?)
            })
        }

        /// A = Q R by Householder reflections, in place, A `rows` x `cols`; `tau` has min(`rows`, `cols`) elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $qr_factor(rows: usize, cols: usize, a: *mut $t, tau: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (a, tau) = unsafe { (slice_mut(a, len(rows, cols)?)?, slice_mut(tau, rows.min(cols))?) };
                Ok(qr::factor(rows, cols, a, tau)?)
            })
        }

        /// Least squares min |A x - b| from the factors, `rows` >= `cols`. `b` has `rows` elements; its first `cols`
        /// become x, the norm of the others is that of the residual. Fails for dependent columns.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $qr_solve(
            rows: usize,
            cols: usize,
            factors: *const $t,
            tau: *const $t,
            b: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (a, tau, b) = unsafe {
                    (slice(factors, len(rows, cols)?)?, slice(tau, rows.min(cols))?, slice_mut(b, rows)?)
                };
                Ok(qr::solve(rows, cols, a, tau, b)?)
            })
        }

        /// A = U S V', A `rows` x `cols`. With k = min(`rows`, `cols`): U is `rows` x k, `s` has k elements in
        /// descending order, V is `cols` x k; `scratch` has k * (`rows` + `cols`) elements.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $svd(
            rows: usize,
            cols: usize,
            a: *const $t,
            u: *mut $t,
            s: *mut $t,
            v: *mut $t,
            scratch: *mut $t,
        ) -> Status {
            status(|| {
                let (short, both) = (rows.min(cols), rows.checked_add(cols).ok_or(Status::Size)?);
                // SAFETY: the header's contract.
                let (a, u, s, v, scratch) = unsafe {
                    (
                        slice(a, len(rows, cols)?)?,
                        slice_mut(u, len(rows, short)?)?,
                        slice_mut(s, short)?,
                        slice_mut(v, len(cols, short)?)?,
                        slice_mut(scratch, len(short, both)?)?,
                    )
                };
                svd::factor(rows, cols, a, u, s, v, scratch)?;
                Ok(())
            })
        }
    };
}

dense!(f32: reparam_dense_matvec_f32, reparam_dense_matmul_f32, reparam_dense_lu_factor_f32,
    reparam_dense_lu_solve_f32, reparam_dense_lu_inverse_f32, reparam_dense_cholesky_factor_f32,
    reparam_dense_cholesky_solve_f32, reparam_dense_qr_factor_f32, reparam_dense_qr_solve_f32,
    reparam_dense_svd_f32);
dense!(f64: reparam_dense_matvec_f64, reparam_dense_matmul_f64, reparam_dense_lu_factor_f64,
    reparam_dense_lu_solve_f64, reparam_dense_lu_inverse_f64, reparam_dense_cholesky_factor_f64,
    reparam_dense_cholesky_solve_f64, reparam_dense_qr_factor_f64, reparam_dense_qr_solve_f64,
    reparam_dense_svd_f64);
