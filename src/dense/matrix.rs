use crate::Real;

use super::product::{
    matmul_kernel, matmul_nt_kernel, matmul_short_kernel, matmul_tn_kernel, matvec_kernel, matvec_t_kernel,
    transpose_kernel,
};
use super::{Cholesky, Error, Lu, PivotedQr, Qr, Svd, newton_schulz, tile};

/// An `R` × `C` matrix by value: an array of rows.
///
/// Sizes are checked while compiling. The methods run the kernels of the slice functions with constant sizes;
/// costs and errors are documented there. A `static` of this type lies in flash.
///
/// ```
/// use reparam::dense::Matrix;
///
/// static A: Matrix<f64, 2, 2> = Matrix([[4.0, 2.0], [2.0, 5.0]]);
/// let x = A.cholesky()?.solve([6.0, 7.0])?;
/// assert_eq!(A.matvec(&x), [6.0, 7.0]);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
///
/// Shapes that do not fit do not compile, neither those of two matrices nor one that an algorithm has no use
/// for (QR needs at least as many rows as columns):
///
/// ```compile_fail
/// let a = reparam::dense::Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let product = a.matmul(&a);
/// ```
///
/// ```compile_fail
/// let a = reparam::dense::Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let factors = a.qr();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matrix<T, const R: usize, const C: usize>(
    /// The rows.
    pub [[T; C]; R],
);

impl<T: Real, const R: usize, const C: usize> Default for Matrix<T, R, C> {
    fn default() -> Self {
        Self::zeros()
    }
}

impl<T: Real, const R: usize, const C: usize> Matrix<T, R, C> {
    /// All zeros.
    pub const fn zeros() -> Self {
        Self([[T::ZERO; C]; R])
    }

    /// Ones on the diagonal, zeros elsewhere.
    pub fn identity() -> Self {
        Self::from_fn(|i, j| if i == j { T::ONE } else { T::ZERO })
    }

    /// Element (i, j) is `f(i, j)`.
    pub fn from_fn(mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut matrix = Self::zeros();
        for (i, row) in matrix.0.iter_mut().enumerate() {
            row.iter_mut().enumerate().for_each(|(j, x)| *x = f(i, j));
        }
        matrix
    }

    /// From `R·C` elements by rows; `None` for another number of elements.
    pub fn from_slice(elements: &[T]) -> Option<Self> {
        let mut matrix = Self::zeros();
        let slice = matrix.as_mut_slice();
        if slice.len() != elements.len() {
            return None;
        }
        slice.iter_mut().zip(elements).for_each(|(x, &element)| *x = element);
        Some(matrix)
    }

    /// The elements by rows.
    #[inline(always)]
    pub fn as_slice(&self) -> &[T] {
        self.0.as_flattened()
    }

    /// The elements by rows.
    #[inline(always)]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        self.0.as_flattened_mut()
    }

    /// A x: [`product::matvec`](super::product::matvec).
    pub fn matvec(&self, x: &[T; C]) -> [T; R] {
        const { assert!(R > 0 && C > 0) };
        let mut y = [T::ZERO; R];
        matvec_kernel(C, self.as_slice(), x, &mut y);
        y
    }

    /// Aᵀ x: [`product::matvec_t`](super::product::matvec_t).
    pub fn matvec_t(&self, x: &[T; R]) -> [T; C] {
        const { assert!(R > 0 && C > 0) };
        let mut y = [T::ZERO; C];
        matvec_t_kernel(C, self.as_slice(), x, &mut y);
        y
    }

    /// A B: [`product::matmul`](super::product::matmul).
    pub fn matmul<const B: usize>(&self, b: &Matrix<T, C, B>) -> Matrix<T, R, B> {
        let mut c = Matrix::zeros();
        self.matmul_into(b, &mut c);
        c
    }

    /// C ← A B: [`matmul`](Self::matmul) without the cost of clearing and moving the result.
    pub fn matmul_into<const B: usize>(&self, b: &Matrix<T, C, B>, c: &mut Matrix<T, R, B>) {
        const { assert!(R > 0 && C > 0 && B > 0) };
        let kernel = if C < tile::SHORT { matmul_short_kernel } else { matmul_kernel };
        kernel(C, B, self.as_slice(), b.as_slice(), c.as_mut_slice());
    }

    /// Aᵀ B: [`product::matmul_tn`](super::product::matmul_tn).
    pub fn matmul_tn<const B: usize>(&self, b: &Matrix<T, R, B>) -> Matrix<T, C, B> {
        const { assert!(R > 0 && C > 0 && B > 0) };
        let mut c = Matrix::zeros();
        matmul_tn_kernel(C, R, B, self.as_slice(), b.as_slice(), c.as_mut_slice());
        c
    }

    /// A Bᵀ: [`product::matmul_nt`](super::product::matmul_nt).
    pub fn matmul_nt<const B: usize>(&self, b: &Matrix<T, B, C>) -> Matrix<T, R, B> {
        const { assert!(R > 0 && C > 0 && B > 0) };
        let mut c = Matrix::zeros();
        matmul_nt_kernel(C, B, self.as_slice(), b.as_slice(), c.as_mut_slice());
        c
    }

    /// Aᵀ.
    pub fn transpose(&self) -> Matrix<T, C, R> {
        const { assert!(R > 0 && C > 0) };
        let mut transpose = Matrix::zeros();
        transpose_kernel(R, C, self.as_slice(), transpose.as_mut_slice());
        transpose
    }

    /// QR factors: [`qr::factor`](super::qr::factor).
    ///
    /// # Errors
    /// As [`qr::factor`](super::qr::factor).
    pub fn qr(self) -> Result<Qr<T, R, C>, Error> {
        Qr::new(self)
    }

    /// QR factors of the matrix with its columns permuted: [`qr::factor_pivoted`](super::qr::factor_pivoted).
    ///
    /// # Errors
    /// As [`qr::factor_pivoted`](super::qr::factor_pivoted).
    pub fn qr_pivoted(self) -> Result<PivotedQr<T, R, C>, Error> {
        PivotedQr::new(self)
    }

    /// Singular value decomposition: [`svd::factor`](super::svd::factor).
    ///
    /// # Errors
    /// As [`svd::factor`](super::svd::factor).
    pub fn svd(&self) -> Result<Svd<T, R, C>, Error> {
        Svd::new(self)
    }

    /// The nearest matrix with orthonormal columns, `R` ≥ `C`: [`polar::factor`](super::polar::factor).
    ///
    /// # Errors
    /// As [`polar::factor`](super::polar::factor).
    pub fn polar(&self) -> Result<Self, Error> {
        let svd = self.svd()?;
        super::polar::check_rank(R, &svd.singular_values)?;
        Ok(svd.u.matmul_nt(&svd.v))
    }

    /// One Newton-Schulz step in place, `R` ≥ `C`; returns the largest element of |QᵀQ − I| before it:
    /// [`newton_schulz::step`].
    ///
    /// # Errors
    /// [`Error::NotFinite`].
    pub fn newton_schulz_step(&mut self) -> Result<T, Error> {
        const { assert!(C > 0 && R >= C) };
        let (mut factor, mut old) = (Matrix::<T, C, C>::zeros(), [T::ZERO; C]);
        newton_schulz::step_kernel(C, self.as_mut_slice(), factor.as_mut_slice(), &mut old)
    }

    /// Newton-Schulz steps in place until |QᵀQ − I| is at most `tolerance` everywhere, `R` ≥ `C`; returns their
    /// number: [`newton_schulz::iterate`].
    ///
    /// # Errors
    /// As [`newton_schulz::iterate`].
    pub fn newton_schulz(&mut self, tolerance: T, max_steps: usize) -> Result<usize, Error> {
        const { assert!(C > 0 && R >= C) };
        let (mut factor, mut old) = (Matrix::<T, C, C>::zeros(), [T::ZERO; C]);
        newton_schulz::iterate_kernel(
            C,
            self.as_mut_slice(),
            tolerance,
            max_steps,
            factor.as_mut_slice(),
            &mut old,
        )
    }
}

impl<T: Real, const R: usize, const C: usize> Matrix<T, R, C> {
    /// The upper triangle of the first `C` rows.
    pub(super) fn upper(&self) -> Matrix<T, C, C> {
        let mut upper = Matrix::zeros();
        for (i, (row, source)) in upper.0.iter_mut().zip(&self.0).enumerate() {
            row.iter_mut().zip(source).skip(i).for_each(|(x, &source)| *x = source);
        }
        upper
    }
}

impl<T: Real, const N: usize> Matrix<T, N, N> {
    /// LU factors with partial pivoting: [`lu::factor`](super::lu::factor).
    ///
    /// # Errors
    /// As [`lu::factor`](super::lu::factor).
    pub fn lu(self) -> Result<Lu<T, N>, Error> {
        Lu::new(self)
    }

    /// Cholesky factor; only the upper triangle is read: [`cholesky::factor`](super::cholesky::factor).
    ///
    /// # Errors
    /// As [`cholesky::factor`](super::cholesky::factor).
    pub fn cholesky(self) -> Result<Cholesky<T, N>, Error> {
        Cholesky::new(self)
    }
}
