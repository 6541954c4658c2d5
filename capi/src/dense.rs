use reparam::dense::product;

use crate::Status;
use crate::memory::{len, slice, slice_mut};
use crate::status::status;

macro_rules! dense {
    ($t:ident: $matvec:ident, $matmul:ident) => {
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
    };
}

dense!(f32: reparam_dense_matvec_f32, reparam_dense_matmul_f32);
dense!(f64: reparam_dense_matvec_f64, reparam_dense_matmul_f64);
