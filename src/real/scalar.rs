use core::fmt::{Debug, Display};
use core::iter::Sum;
use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

#[cfg(reparam_fpu)]
use super::rows::Rows;
use super::{double, elementary, portable, single};

pub(crate) mod sealed {
    //! What the crate needs of a scalar beside its public functions: parts of random samples, the same bits on every target
    //! and backend.
    //!
    //! And loops that a target may do faster than compiled code: each does the leading elements, as many as it likes,
    //! and returns their number. The caller's own loop does the rest, by the same operations.

    use crate::real::rows::Rows;

    /// Implemented by `f32` and `f64`.
    pub trait Sealed: Sized {
        /// Top bits of a random word as a number in [0, 1): 24 bits for `f32`, 53 for `f64`.
        fn from_word(word: u64) -> Self;
        /// A random word as a positive number in (0, 1]: the middle of one of 2³² cells for `f32`, 2⁵³ for
        /// `f64`.
        fn positive_from_word(word: u64) -> Self;
        /// Natural logarithm of a positive normal number.
        fn portable_ln(self) -> Self;
        /// A hash of its bits, below 16.
        fn bucket(self) -> usize;
        /// (sin, cos) of 2π·self, `self` in [0, 1].
        fn portable_sin_cos_turns(self) -> (Self, Self);

        /// `lanes[0] += Σ a·u² − Σ a·v²`, `lanes[1] += Σ (a·u)² + Σ (a·v)²`.
        #[inline(always)]
        fn squares_sums(_u: &[Self], _v: &[Self], _a: &[Self], _lanes: &mut [[Self; 4]; 2]) -> usize {
            0
        }
        /// `u += k·a·u`, `v −= k·a·v`.
        #[inline(always)]
        fn squares_update(_u: &mut [Self], _v: &mut [Self], _a: &[Self], _k: Self) -> usize {
            0
        }
        /// `lanes += a·(u·v)`.
        #[inline(always)]
        fn product_sums(_u: &[Self], _v: &[Self], _a: &[Self], _lanes: &mut [Self; 4]) -> usize {
            0
        }
        /// x·y in four lanes.
        #[inline(always)]
        fn dot(x: &[Self], y: &[Self]) -> Self
        where
            Self: super::Real,
        {
            crate::lanes::portable_dot(x, y)
        }
        /// `(x, y) ← (c·x + s·y, c·y − s·x)`.
        #[inline(always)]
        fn rotate(x: &mut [Self], y: &mut [Self], c: Self, s: Self)
        where
            Self: super::Real,
        {
            for (x, y) in x.iter_mut().zip(y) {
                (*x, *y) = ((c * *x).mac(s, *y), (c * *y).mac(-s, *x));
            }
        }
        /// `x −= head·r`, then `r += share·x`.
        #[inline(always)]
        fn eliminate(x: &mut [Self], r: &mut [Self], head: Self, share: Self)
        where
            Self: super::Real,
        {
            for (x, r) in x.iter_mut().zip(r) {
                *x = x.mac(-head, *r);
                *r = r.mac(share, *x);
            }
        }
        /// Products of sparse rows, all or nothing: see [`Rows::expectations`](crate::real::rows::Rows).
        #[inline(always)]
        fn expectations(_rows: &Rows<'_>, _first: usize, _values: &[Self], _out: &mut [Self]) -> bool {
            false
        }
        /// `u += k·a·v`, `v += k·a·u`.
        #[inline(always)]
        fn product_update(_u: &mut [Self], _v: &mut [Self], _a: &[Self], _k: Self) -> usize {
            0
        }
    }
}

impl sealed::Sealed for f32 {
    #[inline]
    fn from_word(word: u64) -> Self {
        (word >> 40) as f32 * (1.0 / (1u64 << 24) as f32)
    }
    #[inline]
    fn positive_from_word(word: u64) -> Self {
        ((word >> 32) as u32 as f32 + 0.5) * (1.0 / (1u64 << 32) as f32)
    }
    #[inline(always)]
    fn bucket(self) -> usize {
        (self.to_bits().wrapping_mul(0x9E37_79B9) >> 28) as usize
    }
    #[inline]
    fn portable_ln(self) -> Self {
        single::ln(self)
    }
    #[inline]
    fn portable_sin_cos_turns(self) -> (Self, Self) {
        let quarters = (4.0 * self + 0.5) as u32;
        crate::trig::quadrant(quarters, (self - 0.25 * quarters as f32) * core::f32::consts::TAU, 0.0)
    }

    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn expectations(rows: &Rows<'_>, first: usize, values: &[f32], out: &mut [f32]) -> bool {
        super::fpu::expectations(rows, first, values, out)
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn squares_sums(u: &[f32], v: &[f32], a: &[f32], lanes: &mut [[f32; 4]; 2]) -> usize {
        super::fpu::squares_sums(u, v, a, lanes)
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn squares_update(u: &mut [f32], v: &mut [f32], a: &[f32], k: f32) -> usize {
        super::fpu::squares_update(u, v, a, k)
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn dot(x: &[f32], y: &[f32]) -> f32 {
        super::fpu::dot(x, y)
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn rotate(x: &mut [f32], y: &mut [f32], c: f32, s: f32) {
        super::fpu::rotate(x, y, c, s);
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn eliminate(x: &mut [f32], r: &mut [f32], head: f32, share: f32) {
        super::fpu::eliminate(x, r, head, share);
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn product_sums(u: &[f32], v: &[f32], a: &[f32], lanes: &mut [f32; 4]) -> usize {
        super::fpu::product_sums(u, v, a, lanes)
    }
    #[cfg(reparam_fpu)]
    #[inline(always)]
    fn product_update(u: &mut [f32], v: &mut [f32], a: &[f32], k: f32) -> usize {
        super::fpu::product_update(u, v, a, k)
    }
}

impl sealed::Sealed for f64 {
    #[inline]
    fn from_word(word: u64) -> Self {
        (word >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
    #[inline]
    fn positive_from_word(word: u64) -> Self {
        ((word >> 11) as f64 + 0.5) * (1.0 / (1u64 << 53) as f64)
    }
    #[inline(always)]
    fn bucket(self) -> usize {
        (self.to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as usize
    }
    #[inline]
    fn portable_ln(self) -> Self {
        portable::ln(self)
    }
    #[inline]
    fn portable_sin_cos_turns(self) -> (Self, Self) {
        portable::sin_cos_turns(self)
    }
}

/// A real scalar: [`f32`] or [`f64`].
///
/// Sealed: the algorithms are tested for these two and rely on IEEE 754.
///
/// ```
/// use reparam::Real;
///
/// fn norm<T: Real>(x: &[T]) -> T {
///     x.iter().fold(T::ZERO, |sum, &x| sum.mac(x, x)).sqrt()
/// }
/// assert_eq!(norm(&[3.0f32, 4.0]), 5.0);
/// ```
pub trait Real:
    sealed::Sealed
    + Copy
    + Default
    + PartialEq
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + 'static
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// 2.
    const TWO: Self;
    /// 1/2.
    const HALF: Self;
    /// π.
    const PI: Self;
    /// 2π.
    const TAU: Self;
    /// π/2.
    const FRAC_PI_2: Self;
    /// π/4.
    const FRAC_PI_4: Self;
    /// √2.
    const SQRT_2: Self;
    /// ln 2.
    const LN_2: Self;
    /// Distance from 1 to the next larger number.
    const EPSILON: Self;
    /// Smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// Largest finite number.
    const MAX: Self;
    /// +∞.
    const INFINITY: Self;
    /// A quiet NaN.
    const NAN: Self;

    /// Nearest value to `x`.
    fn from_f64(x: f64) -> Self;
    /// `x`, exactly for both types.
    fn from_f32(x: f32) -> Self;
    /// Nearest value to `n`.
    fn from_usize(n: usize) -> Self;
    /// `self` as `f64`, exactly.
    fn to_f64(self) -> f64;

    /// Whether `self` is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Whether `self` is NaN.
    fn is_nan(self) -> bool;
    /// |self|.
    fn abs(self) -> Self;
    /// Magnitude of `self`, sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// The smaller of two; the other one if one is NaN; either of +0 and −0.
    fn min(self, other: Self) -> Self;
    /// The larger of two; the other one if one is NaN; either of +0 and −0.
    fn max(self, other: Self) -> Self;

    /// `self * y + sum`, always rounded once. A library call where the target has no such instruction:
    /// see [`mac`](Real::mac) for inner loops.
    fn mul_add(self, y: Self, sum: Self) -> Self;
    /// Multiply-accumulate `self + x * y`, rounded twice on every target: the same bits everywhere, and one
    /// instruction (`VMLA`) on Cortex-M4F. The operation of every inner loop.
    fn mac(self, x: Self, y: Self) -> Self;
    /// √self, correctly rounded; NaN for negative `self`.
    fn sqrt(self) -> Self;
    /// √(self² + y²) without overflow.
    fn hypot(self, y: Self) -> Self;
    /// e^self.
    fn exp(self) -> Self;
    /// e^self − 1, accurate near 0.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + self), accurate near 0.
    fn ln_1p(self) -> Self;
    /// (sin self, cos self), `self` in radians.
    fn sin_cos(self) -> (Self, Self);
    /// Angle of the point (x, self) in [−π, π].
    fn atan2(self, x: Self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;

    /// The largest integer not above `self`.
    fn floor(self) -> Self;
    /// The nearest integer, halves away from zero.
    fn round(self) -> Self;
    /// 1/self.
    #[inline(always)]
    fn recip(self) -> Self {
        Self::ONE / self
    }
    /// 1 with the sign of `self`; NaN for NaN.
    #[inline(always)]
    fn signum(self) -> Self {
        if self.is_nan() { self } else { Self::ONE.copysign(self) }
    }
    /// `self` to the power `n`, by repeated squaring: the same bits on every target and backend. At most
    /// 2·log₂|n| + 1 multiplications, and a division for negative `n`.
    fn powi(self, n: i32) -> Self {
        let (mut power, mut square, mut bits) = (Self::ONE, self, n.unsigned_abs());
        while bits != 0 {
            if bits & 1 == 1 {
                power *= square;
            }
            square *= square;
            bits >>= 1;
        }
        if n < 0 { power.recip() } else { power }
    }
}

macro_rules! common {
    ($t:ident) => {
        const ZERO: Self = 0.0;
        const ONE: Self = 1.0;
        const TWO: Self = 2.0;
        const HALF: Self = 0.5;
        const PI: Self = core::$t::consts::PI;
        const TAU: Self = core::$t::consts::TAU;
        const FRAC_PI_2: Self = core::$t::consts::FRAC_PI_2;
        const FRAC_PI_4: Self = core::$t::consts::FRAC_PI_4;
        const SQRT_2: Self = core::$t::consts::SQRT_2;
        const LN_2: Self = core::$t::consts::LN_2;
        const EPSILON: Self = $t::EPSILON;
        const MIN_POSITIVE: Self = $t::MIN_POSITIVE;
        const MAX: Self = $t::MAX;
        const INFINITY: Self = $t::INFINITY;
        const NAN: Self = $t::NAN;

        #[inline(always)]
        fn from_f64(x: f64) -> Self {
            x as $t
        }
        #[inline(always)]
        fn from_f32(x: f32) -> Self {
            x as $t
        }
        #[inline(always)]
        fn from_usize(n: usize) -> Self {
            n as $t
        }
        #[inline(always)]
        fn to_f64(self) -> f64 {
            self as f64
        }
        #[inline(always)]
        fn is_finite(self) -> bool {
            $t::is_finite(self)
        }
        #[inline(always)]
        fn is_nan(self) -> bool {
            $t::is_nan(self)
        }
        #[inline(always)]
        fn abs(self) -> Self {
            $t::abs(self)
        }
        #[inline(always)]
        fn copysign(self, sign: Self) -> Self {
            $t::copysign(self, sign)
        }
        #[inline(always)]
        fn min(self, other: Self) -> Self {
            // core's calls `fminf` on targets without such an instruction.
            if other < self || self.is_nan() { other } else { self }
        }
        #[inline(always)]
        fn max(self, other: Self) -> Self {
            if other > self || self.is_nan() { other } else { self }
        }
        #[inline(always)]
        fn mac(self, x: Self, y: Self) -> Self {
            self + x * y
        }
    };
}

impl Real for f32 {
    common!(f32);

    #[inline(always)]
    fn mul_add(self, y: Self, sum: Self) -> Self {
        #[cfg(reparam_fpu)]
        return super::fpu::mul_add(self, y, sum);
        #[cfg(all(not(reparam_fpu), feature = "std"))]
        return f32::mul_add(self, y, sum);
        #[cfg(not(any(reparam_fpu, feature = "std")))]
        return libm::fmaf(self, y, sum);
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        #[cfg(reparam_fpu)]
        return super::fpu::sqrt(self);
        #[cfg(all(not(reparam_fpu), feature = "std"))]
        return f32::sqrt(self);
        #[cfg(not(any(reparam_fpu, feature = "std")))]
        return libm::sqrtf(self);
    }
    #[inline]
    fn hypot(self, y: Self) -> Self {
        single::hypot(self, y)
    }
    #[inline]
    fn exp(self) -> Self {
        elementary::exp(self)
    }
    #[inline]
    fn exp_m1(self) -> Self {
        single::exp_m1(self)
    }
    #[inline]
    fn ln(self) -> Self {
        elementary::ln(self)
    }
    #[inline]
    fn ln_1p(self) -> Self {
        single::ln_1p(self)
    }
    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        elementary::sin_cos(self)
    }
    #[inline]
    fn atan2(self, x: Self) -> Self {
        elementary::atan2(self, x)
    }
    #[inline]
    fn tanh(self) -> Self {
        single::tanh(self)
    }
    #[inline]
    fn floor(self) -> Self {
        single::floor(self)
    }
    #[inline]
    fn round(self) -> Self {
        single::round(self)
    }
}

impl Real for f64 {
    common!(f64);

    #[inline]
    fn mul_add(self, y: Self, sum: Self) -> Self {
        double::mul_add(self, y, sum)
    }
    #[inline]
    fn sqrt(self) -> Self {
        double::sqrt(self)
    }
    #[inline]
    fn hypot(self, y: Self) -> Self {
        double::hypot(self, y)
    }
    #[inline]
    fn exp(self) -> Self {
        double::exp(self)
    }
    #[inline]
    fn exp_m1(self) -> Self {
        double::exp_m1(self)
    }
    #[inline]
    fn ln(self) -> Self {
        double::ln(self)
    }
    #[inline]
    fn ln_1p(self) -> Self {
        double::ln_1p(self)
    }
    #[inline]
    fn sin_cos(self) -> (Self, Self) {
        double::sin_cos(self)
    }
    #[inline]
    fn atan2(self, x: Self) -> Self {
        double::atan2(self, x)
    }
    #[inline]
    fn tanh(self) -> Self {
        double::tanh(self)
    }
    #[inline]
    fn floor(self) -> Self {
        double::floor(self)
    }
    #[inline]
    fn round(self) -> Self {
        double::round(self)
    }
}
