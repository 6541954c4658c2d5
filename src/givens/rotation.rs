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
/// It acts on the rows of a frame from the left (BOOOM's convention):
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
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rotation<T> {
    /// Cosine of the angle.
    pub c: T,
    /// Sine of the angle.
    pub s: T,
}

impl<T: Real> Rotation<T> {
    /// The rotation by `angle` radians. Cost: one sine-cosine pair.
    pub fn new(angle: T) -> Self {
        let (s, c) = angle.sin_cos();
        Self { c, s }
    }

    /// The opposite rotation.
    pub fn inverse(self) -> Self {
        Self { c: self.c, s: -self.s }
    }

    /// The rotated pair `(c·x − s·y, s·x + c·y)`. Cost: four multiply-adds.
    #[inline(always)]
    pub fn apply(self, x: T, y: T) -> (T, T) {
        ((self.c * x).mac(-self.s, y), (self.s * x).mac(self.c, y))
    }

    /// Rotates rows `plane.i` and `plane.j` of a row-major matrix with `cols` columns in place. Rows outside
    /// of the matrix leave it as it is. Cost: `4·cols` multiply-adds.
    pub fn apply_rows(self, plane: Plane, cols: usize, matrix: &mut [T]) {
        let Some((head, tail)) = matrix.split_at_mut_checked(plane.j.saturating_mul(cols)) else { return };
        let Some(row_i) = head.get_mut(plane.i.saturating_mul(cols)..).and_then(|rows| rows.get_mut(..cols))
        else {
            return;
        };
        for (x, y) in row_i.iter_mut().zip(tail) {
            (*x, *y) = self.apply(*x, *y);
        }
    }
}
