//! Products with many columns at once, on the host: one matrix product for each block, where the numbers lie.
//!
//! The core applies one vector in place, with a block of scratch. Here the columns
//! stay as they are, and every factor reads from one array of their size and writes to another, so that no number is copied or
//! moved besides: factor after factor, the rows of a block are a view with a stride.

use nalgebra::{Dyn, MatrixView, MatrixViewMut, U1};
use reparam::group_shuffle::{Error, Shape};

/// Numbers that have fast products on this machine.
pub trait Scalar: reparam::Real + nalgebra::RealField {}

type View<'a, T> = MatrixView<'a, T, Dyn, Dyn, U1, Dyn>;
type ViewMut<'a, T> = MatrixViewMut<'a, T, Dyn, Dyn, U1, Dyn>;

impl Scalar for f32 {}
impl Scalar for f64 {}

/// `out = Q x` for the `columns` columns of `x`, `dim` × `columns`, row-major. `buffer` is as long as `x`; its content, and what
/// was in `out`, is lost. One thread. Cost: `factors·dim·block·columns` multiply-adds.
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
/// let x = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
/// let (mut out, mut buffer) = ([0.0; 8], [0.0; 8]);
/// apply_columns(shape, 2, blocks.as_flattened(), &x, &mut out, &mut buffer)?;
/// assert_eq!(out, [4.0, 40.0, -3.0, -30.0, -2.0, -20.0, 1.0, 10.0]);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn apply_columns<T: Scalar>(
    shape: Shape,
    columns: usize,
    blocks: &[T],
    x: &[T],
    out: &mut [T],
    buffer: &mut [T],
) -> Result<(), Error> {
    let numbers = shape.dim() * columns;
    let expected = [shape.block_len(), numbers, numbers, numbers];
    for (expected, found) in expected.into_iter().zip([blocks.len(), x.len(), out.len(), buffer.len()]) {
        if expected != found {
            return Err(Error::Length { expected, found });
        }
    }
    if columns == 0 {
        return Ok(());
    }
    // The first product lands where an even number of further ones ends in `out`.
    let (mut to, mut other) = if shape.factors() % 2 == 1 { (out, buffer) } else { (buffer, out) };
    for (t, factor) in blocks.chunks_exact(shape.dim() * shape.block()).enumerate() {
        apply_factor(shape, t, columns, factor, if t == 0 { x } else { other }, to);
        (to, other) = (other, to);
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
            // Transposed, what follows a row in memory follows a column, which is the layout that nalgebra's own loops know:
            // Yᵀ = Xᵀ Bᵀ.
            let (stride, height, width) = (Dyn(step * columns), Dyn(b), Dyn(columns));
            let rows: View<'_, T> =
                View::from_slice_with_strides_generic(&from[first..last], width, height, U1, stride);
            let block: View<'_, T> = View::from_slice_with_strides_generic(block, height, height, U1, height);
            let mut out: ViewMut<'_, T> =
                ViewMut::from_slice_with_strides_generic(&mut to[first..last], width, height, U1, stride);
            out.gemm(T::ONE, &rows, &block, T::ZERO);
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

#[cfg(test)]
mod tests {
    use reparam::group_shuffle::apply;
    use reparam::random::{SplitMix64, fill_gaussian};

    use super::*;

    /// The core's product with one vector after the other: b | r, r | b, neither, blocks that wrap around, 1 to 4 factors.
    #[test]
    fn columns_are_the_cores_vectors() {
        for (b, r) in [(1, 6), (6, 1), (2, 8), (8, 2), (4, 6), (5, 7), (16, 16)] {
            for m in 1..5 {
                let (shape, columns) = (Shape::new(b, r, m).unwrap(), 5);
                let gaussian = |seed, len| {
                    let mut x = vec![0.0f64; len];
                    fill_gaussian(&mut SplitMix64::new(seed), &mut x);
                    x
                };
                let (blocks, x) = (gaussian(1, shape.block_len()), gaussian(2, b * r * columns));
                let (mut out, mut buffer) = (vec![f64::NAN; x.len()], vec![f64::NAN; x.len()]);
                apply_columns(shape, columns, &blocks, &x, &mut out, &mut buffer).unwrap();
                for column in 0..columns {
                    let mut y: Vec<f64> = x.iter().skip(column).step_by(columns).copied().collect();
                    apply::apply(shape, &blocks, &mut y, &mut vec![0.0; apply::scratch_len(shape)]).unwrap();
                    let size = y.iter().fold(1.0f64, |size, y| size.max(y.abs()));
                    let found = out.iter().skip(column).step_by(columns);
                    assert!(y.iter().zip(found).all(|(y, z)| (y - z).abs() < 1e-13 * size), "{shape:?}");
                }
            }
        }
        let shape = Shape::new(2, 2, 1).unwrap();
        let short = apply_columns(shape, 1, &[1.0; 8], &[0.0; 4], &mut [0.0; 3], &mut [0.0; 4]);
        assert_eq!(short, Err(Error::Length { expected: 4, found: 3 }));
        assert_eq!(apply_columns::<f64>(shape, 0, &[1.0; 8], &[], &mut [], &mut []), Ok(()));
    }
}
