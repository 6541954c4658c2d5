use crate::Real;

/// The coordinate plane of rows `i < j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Plane {
    /// Lower row.
    pub i: usize,
    /// Higher row.
    pub j: usize,
}

/// A rotation in a plane, as cosine and sine of its angle.
///
/// It acts on the rows of a frame from the left:
///
/// ```text
/// row_i ← c·row_i − s·row_j
/// row_j ← s·row_i + c·row_j
/// ```
///
/// ```
/// use reparam::givens::Rotation;
///
/// let quarter = Rotation::new(core::f64::consts::FRAC_PI_2);
/// let (x, y) = quarter.apply(1.0, 0.0);
/// assert!(x.abs() < 1e-15 && y == 1.0);
/// ```
///
/// In memory `c`, then `s`: the C API shares it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(C)]
pub struct Rotation<T> {
    /// Cosine of the angle.
    pub c: T,
    /// Sine of the angle.
    pub s: T,
}

impl<T: Real> Rotation<T> {
    /// The rotation by angle 0.
    pub const IDENTITY: Self = Self { c: T::ONE, s: T::ZERO };

    /// The rotation by `angle` radians. Cost: one sine-cosine pair.
    #[inline]
    pub fn new(angle: T) -> Self {
        let (s, c) = angle.sin_cos();
        Self { c, s }
    }

    /// The rotation that turns `(x, y)` into `(r, 0)` with `r = √(x² + y²) >= 0`, and `r`. The origin gives
    /// the identity.
    ///
    /// Safe over the whole range: arguments whose squares would overflow or lose bits are divided by the larger
    /// one first (as LAPACK's `lartg`, whose `r` may be negative; here it never is). Cost: a square root and
    /// two divisions. NaN or infinity give NaN.
    ///
    /// ```
    /// use reparam::givens::Rotation;
    ///
    /// let (rotation, r) = Rotation::zeroing(3e200, -4e200);
    /// assert_eq!((rotation.c, rotation.s), (0.6, 0.8));
    /// assert!((r / 5e200 - 1.0f64).abs() < 1e-15);
    /// ```
    #[inline]
    pub fn zeroing(x: T, y: T) -> (Self, T) {
        let (mut x, mut y, mut scale) = (x, y, T::ONE);
        let mut square = (x * x).mac(y, y);
        // Within this range no square has lost bits that matter.
        if !(square >= T::MIN_POSITIVE / (T::EPSILON * T::EPSILON) && square <= T::MAX) {
            let large = x.abs().max(y.abs());
            if large == T::ZERO && !x.is_nan() && !y.is_nan() {
                return (Self::IDENTITY, T::ZERO);
            }
            (x, y, scale) = (x / large, y / large, large);
            square = (x * x).mac(y, y);
        }
        let r = square.sqrt();
        (Self { c: x / r, s: -(y / r) }, r * scale)
    }

    /// The opposite rotation.
    #[inline(always)]
    pub fn inverse(self) -> Self {
        Self { c: self.c, s: -self.s }
    }

    /// The rotation by the sum of both angles. Cost: four multiply-adds.
    #[inline(always)]
    pub fn compose(self, other: Self) -> Self {
        let (c, s) = self.apply(other.c, other.s);
        Self { c, s }
    }

    /// Angle in [−π, π].
    #[inline]
    pub fn angle(self) -> T {
        self.s.atan2(self.c)
    }

    /// The rotated pair `(c·x − s·y, s·x + c·y)`. Cost: four multiply-adds.
    #[inline(always)]
    pub fn apply(self, x: T, y: T) -> (T, T) {
        ((self.c * x).mac(-self.s, y), (self.s * x).mac(self.c, y))
    }

    /// Rotates two rows in place, up to the length of the shorter. Cost: four multiply-adds a column.
    #[inline]
    pub fn apply_pair(self, row_i: &mut [T], row_j: &mut [T]) {
        for (x, y) in row_i.iter_mut().zip(row_j) {
            (*x, *y) = self.apply(*x, *y);
        }
    }

    /// Rotates rows `plane.i` and `plane.j` of a row-major matrix with `cols` columns in place. Rows outside
    /// of the matrix leave it as it is. Cost: `4·cols` multiply-adds.
    #[inline]
    pub fn apply_rows(self, plane: Plane, cols: usize, matrix: &mut [T]) {
        let Some((head, tail)) = matrix.split_at_mut_checked(plane.j.saturating_mul(cols)) else { return };
        let Some(row_j) = tail.get_mut(..cols) else { return };
        let Some(row_i) = head.get_mut(plane.i.saturating_mul(cols)..).and_then(|rows| rows.get_mut(..cols))
        else {
            return;
        };
        self.apply_pair(row_i, row_j);
    }
}
