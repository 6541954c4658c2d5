//! Small dense linear algebra.

use reparam::dense::{Error, lu, product};

use crate::kernels;

kernels! {
    lu_factor(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), Error> { lu::factor(n, a, pivots) }
    matvec(rows: usize, cols: usize, a: &[T], x: &[T], y: &mut [T]) -> Result<(), Error> {
        product::matvec(rows, cols, a, x, y)
    }
}
