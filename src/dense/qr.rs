//! Householder QR, A = Q R and A P = Q R.
//!
//! Golub & Van Loan, *Matrix Computations*, 4th ed., algorithms 5.2.1 and 5.4.1; LAPACK's `geqrf`, `geqp3`,
//! `ormqr`, `orgqr`. The factors replace the `rows` × `cols` matrix: R on and above the diagonal, the
//! reflectors v (v₀ = 1 not stored) below; `tau` has min(rows, cols) elements. R's diagonal may be negative.

use core::cell::Cell;

use crate::Real;

use super::Matrix;
use super::error::{Error, check_len, check_shape};
use super::householder::{apply, column, make, values};
use super::row::{self, check_finite, set_identity};
use super::scale::norm;
use super::triangular::solve_upper;

/// Factors `a` in place. Cost: cols²·(rows − cols/3) multiply-adds for `rows` ≥ `cols`.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`], also if an element of a factor overflows. After an error `a` and
/// `tau` hold intermediate values. A singular matrix is no error: its R has a zero on the diagonal.
///
/// ```
/// use reparam::dense::qr;
///
/// // The line c + t through (0, 1), (1, 3), (2, 5).
/// let mut a = [1.0f64, 0.0, 1.0, 1.0, 1.0, 2.0];
/// let mut tau = [0.0; 2];
/// qr::factor(3, 2, &mut a, &mut tau)?;
/// let mut b = [1.0, 3.0, 5.0];
/// qr::solve(3, 2, &a, &tau, &mut b)?;
/// assert!((b[0] - 1.0).abs() < 1e-14 && (b[1] - 2.0).abs() < 1e-14);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor<T: Real>(rows: usize, cols: usize, a: &mut [T], tau: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    factor_kernel(cols, a, tau)
}

#[inline(always)]
pub(super) fn factor_kernel<T: Real>(cols: usize, a: &mut [T], tau: &mut [T]) -> Result<(), Error> {
    let cells = Cell::from_mut(&mut *a).as_slice_of_cells();
    for (k, tau) in tau.iter_mut().enumerate() {
        *tau = step(cols, k, cells)?;
    }
    check_finite(a)
}

/// Makes reflector `k` and applies it to the columns on its right.
#[inline(always)]
fn step<T: Real>(cols: usize, k: usize, a: &[Cell<T>]) -> Result<T, Error> {
    let active = a.get(k * cols..).ok_or(Error::Shape)?;
    let below = active.get(cols..).ok_or(Error::Shape)?;
    if below.is_empty() {
        // Nothing below the diagonal: H = I.
        return Ok(T::ZERO);
    }
    let tau = make(column(active, cols, k))?;
    apply(tau, values(below, cols, k), active, cols, k + 1);
    Ok(tau)
}

/// Length of the scratch of [`factor_pivoted`].
pub const fn scratch_len(cols: usize) -> usize {
    2 * cols
}

/// Factors A P = Q R in place, taking in each step the column of largest remaining norm, so that |R|'s
/// diagonal does not grow and reveals the rank. Column k of A P is column `permutation[k]` of A.
///
/// Norms are downdated and taken anew when cancellation has eaten them (Drmač & Bujanović, ACM TOMS 35
/// (2008) 12). Cost: that of [`factor`] and about rows·cols more. `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`factor`].
///
/// ```
/// use reparam::dense::qr;
///
/// let mut a = [1.0, 3.0, 1.0, 3.0f64];
/// let (mut tau, mut permutation, mut scratch) = ([0.0; 2], [0; 2], [0.0; qr::scratch_len(2)]);
/// qr::factor_pivoted(2, 2, &mut a, &mut tau, &mut permutation, &mut scratch)?;
/// assert_eq!(permutation, [1, 0]);
/// assert_eq!(qr::rank(2, 2, &a, 1e-12)?, 1);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn factor_pivoted<T: Real>(
    rows: usize,
    cols: usize,
    a: &mut [T],
    tau: &mut [T],
    permutation: &mut [usize],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    check_len(cols, permutation.len())?;
    check_len(scratch_len(cols), scratch.len())?;
    factor_pivoted_kernel(cols, a, tau, permutation, scratch)
}

#[inline(always)]
pub(super) fn factor_pivoted_kernel<T: Real>(
    cols: usize,
    a: &mut [T],
    tau: &mut [T],
    permutation: &mut [usize],
    scratch: &mut [T],
) -> Result<(), Error> {
    let cells = Cell::from_mut(&mut *a).as_slice_of_cells();
    let column = |start: usize, j: usize| values(cells.get(start * cols..).unwrap_or_default(), cols, j);
    // Norm of what remains of each column, and the norm when it was last taken from the column itself.
    let (remaining, reference) = scratch.split_at_mut_checked(cols).ok_or(Error::Shape)?;
    permutation.iter_mut().enumerate().for_each(|(j, p)| *p = j);
    for (j, (remaining, reference)) in remaining.iter_mut().zip(&mut *reference).enumerate() {
        *remaining = norm(column(0, j));
        *reference = *remaining;
        if !remaining.is_finite() {
            return Err(Error::NotFinite);
        }
    }
    let cancelled = T::EPSILON.sqrt();
    for (k, tau) in tau.iter_mut().enumerate() {
        let mut largest = (k, T::ZERO);
        for (j, &norm) in remaining.iter().enumerate().skip(k) {
            if norm > largest.1 {
                largest = (j, norm);
            }
        }
        let pivot = largest.0;
        if pivot != k {
            for row in cells.chunks_exact(cols.max(1)) {
                if let (Some(x), Some(y)) = (row.get(k), row.get(pivot)) {
                    let kept = x.replace(y.get());
                    y.set(kept);
                }
            }
            row::swap(permutation, k, pivot);
            row::swap(remaining, k, pivot);
            row::swap(reference, k, pivot);
        }
        *tau = step(cols, k, cells)?;
        let top = cells.get(k * cols..).unwrap_or_default().iter();
        for (j, ((remaining, reference), x)) in
            remaining.iter_mut().zip(&mut *reference).zip(top).enumerate().skip(k + 1)
        {
            if *remaining == T::ZERO {
                continue;
            }
            let ratio = x.get() / *remaining;
            let left = (T::ONE - ratio * ratio).max(T::ZERO);
            let drop = *remaining / *reference;
            if left * drop * drop <= cancelled {
                *remaining = norm(column(k + 1, j));
                *reference = *remaining;
            } else {
                *remaining *= left.sqrt();
            }
        }
    }
    check_finite(a)
}

/// B ← Qᵀ B, B `rows` × `b_cols`. Cost: 2·b_cols·cols·(rows − cols/2) multiply-adds.
///
/// # Errors
/// [`Error::Shape`].
pub fn apply_qt<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    tau: &[T],
    b_cols: usize,
    b: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    check_shape(rows, b_cols, b.len())?;
    apply_qt_kernel(cols, a, tau, b_cols, b);
    Ok(())
}

#[inline(always)]
pub(super) fn apply_qt_kernel<T: Real>(cols: usize, a: &[T], tau: &[T], b_cols: usize, b: &mut [T]) {
    let b = Cell::from_mut(b).as_slice_of_cells();
    for (k, &tau) in tau.iter().enumerate() {
        apply_one(cols, k, a, tau, b_cols, b, 0);
    }
}

/// Applies reflector `k` to the columns of B from `start`.
#[inline(always)]
fn apply_one<T: Real>(cols: usize, k: usize, a: &[T], tau: T, b_cols: usize, b: &[Cell<T>], start: usize) {
    let v = row::column(a.get((k + 1) * cols..).unwrap_or_default(), cols, k);
    apply(tau, v, b.get(k * b_cols..).unwrap_or_default(), b_cols, start);
}

/// B ← Q B, B `rows` × `b_cols`. Cost: that of [`apply_qt`].
///
/// # Errors
/// [`Error::Shape`].
///
/// ```
/// use reparam::dense::qr;
///
/// let (mut a, mut tau) = ([3.0f64, 4.0], [0.0]);
/// qr::factor(2, 1, &mut a, &mut tau)?;
/// let mut b = [-5.0, 0.0]; // R over zero
/// qr::apply_q(2, 1, &a, &tau, 1, &mut b)?;
/// assert!((b[0] - 3.0).abs() < 1e-14 && (b[1] - 4.0).abs() < 1e-14);
/// qr::apply_qt(2, 1, &a, &tau, 1, &mut b)?;
/// assert!((b[0] + 5.0).abs() < 1e-14 && b[1].abs() < 1e-14);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn apply_q<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    tau: &[T],
    b_cols: usize,
    b: &mut [T],
) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    check_shape(rows, b_cols, b.len())?;
    apply_q_kernel(cols, a, tau, b_cols, b);
    Ok(())
}

#[inline(always)]
pub(super) fn apply_q_kernel<T: Real>(cols: usize, a: &[T], tau: &[T], b_cols: usize, b: &mut [T]) {
    let b = Cell::from_mut(b).as_slice_of_cells();
    for (k, &tau) in tau.iter().enumerate().rev() {
        apply_one(cols, k, a, tau, b_cols, b, 0);
    }
}

/// The thin Q, `rows` × min(rows, cols), with orthonormal columns. Cost: that of [`factor`].
///
/// # Errors
/// [`Error::Shape`].
///
/// ```
/// use reparam::dense::qr;
///
/// let (mut a, mut tau, mut q) = ([3.0f64, 4.0], [0.0], [0.0; 2]);
/// qr::factor(2, 1, &mut a, &mut tau)?;
/// qr::thin_q(2, 1, &a, &tau, &mut q)?;
/// assert!((q[0] + 0.6).abs() < 1e-15 && (q[1] + 0.8).abs() < 1e-15);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
pub fn thin_q<T: Real>(rows: usize, cols: usize, a: &[T], tau: &[T], q: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    check_shape(rows, rows.min(cols), q.len())?;
    thin_q_kernel(cols, a, tau, q);
    Ok(())
}

#[inline(always)]
pub(super) fn thin_q_kernel<T: Real>(cols: usize, a: &[T], tau: &[T], q: &mut [T]) {
    let q_cols = tau.len();
    set_identity(q_cols, q);
    let q = Cell::from_mut(q).as_slice_of_cells();
    for (k, &tau) in tau.iter().enumerate().rev() {
        // The columns before k are still those of the identity, with zeros where the reflector acts.
        apply_one(cols, k, a, tau, q_cols, q, k);
    }
}

/// Number of diagonal elements of R above `tolerance` · |r₀₀|: the numerical rank if the columns were
/// pivoted.
///
/// # Errors
/// [`Error::Shape`].
pub fn rank<T: Real>(rows: usize, cols: usize, a: &[T], tolerance: T) -> Result<usize, Error> {
    check_shape(rows, cols, a.len())?;
    Ok(rank_kernel(rows, cols, a, tolerance))
}

#[inline(always)]
pub(super) fn rank_kernel<T: Real>(rows: usize, cols: usize, a: &[T], tolerance: T) -> usize {
    let bound = tolerance * a.first().map_or(T::ZERO, |x| x.abs());
    a.iter().step_by(cols.saturating_add(1)).take(rows.min(cols)).take_while(|x| x.abs() > bound).count()
}

/// Least squares min ‖A x − b‖₂ for `rows` ≥ `cols` and full rank. `b` becomes Qᵀ b with x in its first
/// `cols` elements; the norm of the others is that of the residual. Cost: 2·rows·cols multiply-adds.
///
/// # Errors
/// [`Error::Shape`], also for `rows` < `cols`; [`Error::Singular`] if R has a zero or subnormal diagonal
/// element; [`Error::NotFinite`] if x is not finite.
pub fn solve<T: Real>(rows: usize, cols: usize, a: &[T], tau: &[T], b: &mut [T]) -> Result<(), Error> {
    check_shape(rows, cols, a.len())?;
    check_len(cols, tau.len())?;
    check_len(rows, b.len())?;
    solve_kernel(cols, a, tau, b)
}

#[inline(always)]
pub(super) fn solve_kernel<T: Real>(cols: usize, a: &[T], tau: &[T], b: &mut [T]) -> Result<(), Error> {
    if a.iter().step_by(cols.saturating_add(1)).take(cols).any(|x| x.abs() < T::MIN_POSITIVE) {
        return Err(Error::Singular);
    }
    apply_qt_kernel(cols, a, tau, 1, b);
    solve_upper(cols, a, b.get_mut(..cols).ok_or(Error::Shape)?)?;
    check_finite(b)
}

/// Least squares from a pivoted factorization of any shape and rank: the basic solution, in which the
/// columns beyond the numerical [`rank`] get a zero. Returns the rank. `b` becomes intermediate values; `x`
/// has `cols` elements. Cost: 2·rows·cols multiply-adds.
///
/// # Errors
/// [`Error::Shape`]; [`Error::NotFinite`] if x is not finite.
///
/// ```
/// use reparam::dense::qr;
///
/// let mut a = [1.0, 2.0, 1.0, 2.0f64];
/// let (mut tau, mut permutation, mut scratch) = ([0.0; 2], [0; 2], [0.0; qr::scratch_len(2)]);
/// qr::factor_pivoted(2, 2, &mut a, &mut tau, &mut permutation, &mut scratch)?;
/// let (mut b, mut x) = ([4.0, 4.0], [0.0; 2]);
/// assert_eq!(qr::solve_pivoted(2, 2, &a, &tau, &permutation, 1e-12, &mut b, &mut x)?, 1);
/// assert!(x[0] == 0.0 && (x[1] - 2.0).abs() < 1e-15);
/// # Ok::<(), reparam::dense::Error>(())
/// ```
#[allow(clippy::too_many_arguments)] // the three parts of the factorization are separate slices
pub fn solve_pivoted<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    tau: &[T],
    permutation: &[usize],
    tolerance: T,
    b: &mut [T],
    x: &mut [T],
) -> Result<usize, Error> {
    check_shape(rows, cols, a.len())?;
    check_len(rows.min(cols), tau.len())?;
    check_len(cols, permutation.len())?;
    check_len(rows, b.len())?;
    check_len(cols, x.len())?;
    solve_pivoted_kernel(rows, cols, a, tau, permutation, tolerance, b, x)
}

#[allow(clippy::too_many_arguments)]
#[inline(always)]
pub(super) fn solve_pivoted_kernel<T: Real>(
    rows: usize,
    cols: usize,
    a: &[T],
    tau: &[T],
    permutation: &[usize],
    tolerance: T,
    b: &mut [T],
    x: &mut [T],
) -> Result<usize, Error> {
    let rank = rank_kernel(rows, cols, a, tolerance.max(T::ZERO));
    apply_qt_kernel(cols, a, tau, 1, b);
    solve_upper(cols, a, b.get_mut(..rank).ok_or(Error::Shape)?)?;
    x.fill(T::ZERO);
    for (&j, &value) in permutation.iter().zip(b.iter()).take(rank) {
        *x.get_mut(j).ok_or(Error::Shape)? = value;
    }
    check_finite(x)?;
    Ok(rank)
}

/// The factors of an `R` × `C` matrix, `R` ≥ `C`, made by [`Matrix::qr`]; methods cost what the functions of
/// [this module](self) do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Qr<T, const R: usize, const C: usize> {
    factors: Matrix<T, R, C>,
    tau: [T; C],
}

impl<T: Real, const R: usize, const C: usize> Qr<T, R, C> {
    /// Factors `a`.
    ///
    /// # Errors
    /// As [`factor`].
    pub fn new(a: Matrix<T, R, C>) -> Result<Self, Error> {
        const { assert!(C > 0 && R >= C) };
        let mut this = Self { factors: a, tau: [T::ZERO; C] };
        factor_kernel(C, this.factors.as_mut_slice(), &mut this.tau)?;
        Ok(this)
    }

    /// R, zeros below the diagonal.
    pub fn r(&self) -> Matrix<T, C, C> {
        self.factors.upper()
    }

    /// The thin Q: orthonormal columns.
    pub fn q(&self) -> Matrix<T, R, C> {
        let mut q = Matrix::zeros();
        thin_q_kernel(C, self.factors.as_slice(), &self.tau, q.as_mut_slice());
        q
    }

    /// Q B.
    pub fn apply_q<const B: usize>(&self, mut b: Matrix<T, R, B>) -> Matrix<T, R, B> {
        const { assert!(B > 0) };
        apply_q_kernel(C, self.factors.as_slice(), &self.tau, B, b.as_mut_slice());
        b
    }

    /// Qᵀ B.
    pub fn apply_qt<const B: usize>(&self, mut b: Matrix<T, R, B>) -> Matrix<T, R, B> {
        const { assert!(B > 0) };
        apply_qt_kernel(C, self.factors.as_slice(), &self.tau, B, b.as_mut_slice());
        b
    }

    /// x of min‖A x − b‖₂.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn solve(&self, mut b: [T; R]) -> Result<[T; C], Error> {
        solve_kernel(C, self.factors.as_slice(), &self.tau, &mut b)?;
        b.first_chunk().copied().ok_or(Error::Shape)
    }

    /// R on and above the diagonal, the reflectors below.
    pub fn factors(&self) -> &Matrix<T, R, C> {
        &self.factors
    }

    /// τ of the reflectors.
    pub fn tau(&self) -> &[T; C] {
        &self.tau
    }
}

/// The factors of an `R` × `C` matrix with its columns permuted, `R` ≥ `C`, made by [`Matrix::qr_pivoted`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PivotedQr<T, const R: usize, const C: usize> {
    qr: Qr<T, R, C>,
    permutation: [usize; C],
}

impl<T: Real, const R: usize, const C: usize> PivotedQr<T, R, C> {
    /// Factors `a` with its columns permuted.
    ///
    /// # Errors
    /// As [`factor_pivoted`].
    pub fn new(a: Matrix<T, R, C>) -> Result<Self, Error> {
        const { assert!(C > 0 && R >= C) };
        let mut this = Self { qr: Qr { factors: a, tau: [T::ZERO; C] }, permutation: [0; C] };
        let mut scratch = [[T::ZERO; 2]; C];
        factor_pivoted_kernel(
            C,
            this.qr.factors.as_mut_slice(),
            &mut this.qr.tau,
            &mut this.permutation,
            scratch.as_flattened_mut(),
        )?;
        Ok(this)
    }

    /// Q and R of A P.
    pub fn qr(&self) -> &Qr<T, R, C> {
        &self.qr
    }

    /// Column k of A P is column `permutation[k]` of A.
    pub fn permutation(&self) -> &[usize; C] {
        &self.permutation
    }

    /// Number of diagonal elements of R above `tolerance` times the first.
    pub fn rank(&self, tolerance: T) -> usize {
        rank_kernel(R, C, self.qr.factors.as_slice(), tolerance)
    }

    /// Basic least-squares solution and rank.
    ///
    /// # Errors
    /// As [`solve_pivoted`].
    pub fn solve(&self, mut b: [T; R], tolerance: T) -> Result<([T; C], usize), Error> {
        let mut x = [T::ZERO; C];
        let (a, tau) = (self.qr.factors.as_slice(), &self.qr.tau);
        let rank = solve_pivoted_kernel(R, C, a, tau, &self.permutation, tolerance, &mut b, &mut x)?;
        Ok((x, rank))
    }
}
