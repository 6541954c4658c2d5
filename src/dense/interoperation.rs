//! [`Matrix`] in `nalgebra` and `serde`.

use super::Matrix;
use crate::Real;

#[cfg(feature = "nalgebra")]
impl<T: Real + nalgebra::Scalar, const R: usize, const C: usize> From<nalgebra::SMatrix<T, R, C>>
    for Matrix<T, R, C>
{
    fn from(matrix: nalgebra::SMatrix<T, R, C>) -> Self {
        // nalgebra keeps columns.
        let mut rows = Self::zeros();
        for (k, column) in matrix.data.0.iter().enumerate() {
            for (row, &x) in rows.0.iter_mut().zip(column) {
                row.iter_mut().skip(k).take(1).for_each(|entry| *entry = x);
            }
        }
        rows
    }
}

#[cfg(feature = "nalgebra")]
impl<T: Real + nalgebra::Scalar, const R: usize, const C: usize> From<Matrix<T, R, C>>
    for nalgebra::SMatrix<T, R, C>
{
    fn from(matrix: Matrix<T, R, C>) -> Self {
        Self::from_row_iterator(matrix.as_slice().iter().copied())
    }
}

/// As a sequence of `R·C` elements, row-major.
#[cfg(feature = "serde")]
impl<T: Real + serde::Serialize, const R: usize, const C: usize> serde::Serialize for Matrix<T, R, C> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de, T, const R: usize, const C: usize> serde::Deserialize<'de> for Matrix<T, R, C>
where
    T: Real + serde::Deserialize<'de>,
{
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut matrix = Self::zeros();
        crate::sequence::fill(deserializer, matrix.as_mut_slice())?;
        Ok(matrix)
    }
}
