//! Shuffled blocks.

use reparam::dense::Matrix;
use reparam::group_shuffle::neumann::{self, Series};
use reparam::group_shuffle::{Error, Shape, cayley, exponential};

use crate::kernels;

// Cayley map.
kernels! {
    cayley_parameter_len(b: usize) -> usize { cayley::parameter_len(b) }
    cayley_pivot_len(b: usize) -> usize { cayley::pivot_len(b) }
    cayley_refine_scratch_len(b: usize) -> usize { cayley::refine_scratch_len(b) }
    cayley_inverse_scratch_len(b: usize) -> usize { cayley::inverse_scratch_len(b) }
    cayley_gradient_scratch_len(b: usize) -> usize { cayley::gradient_scratch_len(b) }
    cayley_block(b: usize, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
        cayley::block(b, theta, q, pivots)
    }
    cayley_blocks(shape: Shape, theta: &[T], q: &mut [T], pivots: &mut [usize]) -> Result<(), Error> {
        cayley::blocks(shape, theta, q, pivots)
    }
    cayley_refine(shape: Shape, q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
        cayley::refine(shape, q, scratch)
    }
    cayley_inverse(
        b: usize, q: &[T], theta: &mut [T], scratch: &mut [T], pivots: &mut [usize],
    ) -> Result<T, Error> {
        cayley::inverse(b, q, theta, scratch, pivots)
    }
    cayley_inverses(
        shape: Shape, q: &[T], theta: &mut [T], scratch: &mut [T], pivots: &mut [usize],
    ) -> Result<T, Error> {
        cayley::inverses(shape, q, theta, scratch, pivots)
    }
    cayley_gradient(
        b: usize, q: &[T], g: &[T], theta_gradient: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        cayley::gradient(b, q, g, theta_gradient, scratch)
    }
    cayley_gradients(
        shape: Shape, q: &[T], g: &[T], theta_gradient: &mut [T], scratch: &mut [T],
    ) -> Result<(), Error> {
        cayley::gradients(shape, q, g, theta_gradient, scratch)
    }
    cayley_matrix_4(theta: &[T; 6]) -> Result<Matrix<T, 4, 4>, Error> { cayley::matrix(theta) }
    cayley_matrix_8(theta: &[T; 28]) -> Result<Matrix<T, 8, 8>, Error> { cayley::matrix(theta) }
    cayley_inverse_matrix_8(q: &Matrix<T, 8, 8>) -> Result<[T; 28], Error> { cayley::inverse_matrix(q) }
    cayley_gradient_matrix_8(q: &Matrix<T, 8, 8>, g: &Matrix<T, 8, 8>) -> [T; 28] {
        cayley::gradient_matrix(q, g)
    }
}

// Truncated Neumann series, exponential.
kernels! {
    series_new(terms: usize) -> Result<Series, Error> { Series::new(terms) }
    series_peft(setting: usize) -> Series { Series::peft(setting) }
    series_degree(series: Series) -> usize { series.degree() }
    series_orthogonality_bound(series: Series, theta: &[T]) -> T { series.orthogonality_bound(theta) }
    series_cayley_bound(series: Series, theta: &[T]) -> T { series.cayley_bound(theta) }
    neumann_scratch_len(b: usize) -> usize { neumann::scratch_len(b) }
    neumann_block(
        b: usize, theta: &[T], series: Series, q: &mut [T], scratch: &mut [T],
    ) -> Result<T, Error> {
        neumann::block(b, theta, series, q, scratch)
    }
    neumann_matrix_4(theta: &[T; 6], series: Series) -> Result<(Matrix<T, 4, 4>, T), Error> {
        neumann::matrix(theta, series)
    }
    exponential_block(b: usize, theta: &[T], q: &mut [T]) -> Result<(), Error> {
        exponential::block(b, theta, q)
    }
    exponential_blocks(shape: Shape, theta: &[T], q: &mut [T]) -> Result<(), Error> {
        exponential::blocks(shape, theta, q)
    }
    exponential_matrix_4(theta: &[T; 6]) -> Result<Matrix<T, 4, 4>, Error> { exponential::matrix(theta) }
}
