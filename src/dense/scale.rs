//! Norms that neither overflow nor underflow, at the price of one comparison on the common path.
//!
//! The sum of squares is taken as it stands. If it lies in a range where no square was lost, that is all;
//! else everything is taken again, multiplied by a power of two (Blue, ACM TOMS 4 (1978) 15; LAPACK's
//! `nrm2`).

use crate::Real;

/// Bound of the safe range, a power of two; its reciprocal is the other bound. A square lost to underflow is
/// below ε of a sum above the bound. It is also the scale that brings vectors outside back into the range.
#[inline(always)]
pub(super) fn small<T: Real>() -> T {
    T::MIN_POSITIVE / T::EPSILON
}

/// A sum of squares, taken without care.
#[derive(Clone, Copy)]
pub(super) struct SumOfSquares<T>(pub(super) T);

impl<T: Real> SumOfSquares<T> {
    /// Whether the sum neither overflowed nor underflowed; not so for NaN.
    #[inline(always)]
    pub(super) fn is_safe(self) -> bool {
        self.0 > small() && self.0 < T::ONE / small()
    }
}

/// Euclidean norm; NaN or infinity if an element is not finite.
#[inline(always)]
pub(super) fn norm<T: Real>(x: impl Iterator<Item = T> + Clone) -> T {
    let sum = x.clone().fold(T::ZERO, |sum, x| sum.mac(x, x));
    if SumOfSquares(sum).is_safe() { sum.sqrt() } else { norm_unsafe(x, sum) }
}

#[cold]
fn norm_unsafe<T: Real>(x: impl Iterator<Item = T>, sum: T) -> T {
    let scale = if sum < T::ONE { T::ONE / small::<T>() } else { small() };
    x.map(|x| x * scale).fold(T::ZERO, |sum, x| sum.mac(x, x)).sqrt() / scale
}
