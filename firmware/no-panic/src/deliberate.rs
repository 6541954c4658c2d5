//! Kernels that panic: the gate must name them.

use crate::kernels;

kernels! {
    index(x: &[T], at: usize) -> T { x[at] }
    divide(x: usize, y: usize) -> usize { x / y }
    unwrap(x: Option<T>) -> T { x.unwrap() }
}
