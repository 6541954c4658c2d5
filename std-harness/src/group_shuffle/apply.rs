//! Products with many columns at once, on the host: one matrix product for each block, where the numbers lie.
//!
//! The core applies one vector in place, with a block of scratch. Here a second buffer of the size of the columns lets
//! every factor read from one and write to the other, so that no number is copied or moved besides: factor after
//! factor, the rows of a block are a view with a stride.

use nalgebra::{Dyn, MatrixView, MatrixViewMut};
use reparam::group_shuffle::{Error, Shape};

/// Numbers that have fast products on this machine.
pub trait Scalar: reparam::Real + nalgebra::RealField {}

type View<'a, T> = MatrixView<'a, T, Dyn, Dyn, Dyn, Dyn>;
type ViewMut<'a, T> = MatrixViewMut<'a, T, Dyn, Dyn, Dyn, Dyn>;

impl Scalar for f32 {}
impl Scalar for f64 {}

/// `x ← Q x` for the `columns` columns of `x`, `dim` × `columns`, row-major. `buffer` is as long as `x`; its content is lost.
/// One thread. Cost: `factors·dim·block·columns` multiply-adds.
///
/// # Errors
/// [`Error::Length`] of a slice.
///
/// ```
/// use reparam::group_shuffle::Shape;
/// use reparam_harness::group_shuffle::apply::apply_columns;
///
/// let shape = Shape::new(2, 2, 2)?;
/// let blocks = [[0.0f32, 1.0, -1.0, 0.0]; 4];
/// let mut x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
/// apply_columns(shape, 2, blocks.as_flattened(), &mut x, &mut [0.0; 8])?;
/// assert_eq!(x, [4.0, 40.0, -3.0, -30.0, -2.0, -20.0, 1.0, 10.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply_columns<T: Scalar>(
    shape: Shape,
    columns: usize,
    blocks: &[T],
    x: &mut [T],
    buffer: &mut [T],
) -> Result<(), Error> {
    let expected = [shape.block_len(), shape.dim() * columns, shape.dim() * columns];
    for (expected, found) in expected.into_iter().zip([blocks.len(), x.len(), buffer.len()]) {
        if expected != found {
            return Err(Error::Length { expected, found });
        }
    }
    if columns == 0 {
        return Ok(());
    }
    let (mut from, mut to) = (&mut *x, buffer);
    for (t, factor) in blocks.chunks_exact(shape.dim() * shape.block()).enumerate() {
        apply_factor(shape, t, columns, factor, from, to);
        (from, to) = (to, from);
    }
    if shape.factors() % 2 == 1 {
        to.copy_from_slice(from);
    }
    Ok(())
}

/// One factor, from one buffer to the other.
fn apply_factor<T: Scalar>(shape: Shape, t: usize, columns: usize, factor: &[T], from: &[T], to: &mut [T]) {
    let b = shape.block();
    let places: Vec<usize> = shape.addresses(t).collect();
    for (block, places) in factor.chunks_exact(b * b).zip(places.chunks_exact(b)) {
        let step = if b > 1 { places[1].wrapping_sub(places[0]) } else { 1 };
        let strided =
            places.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) && step < shape.dim();
        if strided {
            let (first, last) = (places[0] * columns, (places[b - 1] + 1) * columns);
            let (stride, one) = (Dyn(step * columns), Dyn(1));
            let (height, width) = (Dyn(b), Dyn(columns));
            let rows: View<'_, T> =
                View::from_slice_with_strides_generic(&from[first..last], height, width, stride, one);
            let block: View<'_, T> =
                View::from_slice_with_strides_generic(block, height, height, height, one);
            let mut out: ViewMut<'_, T> =
                ViewMut::from_slice_with_strides_generic(&mut to[first..last], height, width, stride, one);
            out.gemm(T::ONE, &block, &rows, T::ZERO);
            continue;
        }
        // A block whose places wrap around the end: row by row.
        for (&place, weights) in places.iter().zip(block.chunks_exact(b)) {
            let out = &mut to[place * columns..(place + 1) * columns];
            out.fill(T::ZERO);
            for (&weight, &source) in weights.iter().zip(places) {
                let row = &from[source * columns..(source + 1) * columns];
                out.iter_mut().zip(row).for_each(|(y, &x)| *y += weight * x);
            }
        }
    }
}
