//! Sparse rows of 16-bit weights, and their products with a vector.

use super::Real;

/// A probability in 65,536ths, from 1/65,536 to 1: an edge of probability 0 is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(transparent)]
pub struct Q16(
    /// The probability is (this + 1)/65,536.
    pub u16,
);

/// Rows that have been checked once: every column is below `columns`, the pointers do not decrease and end at the number of
/// entries. `fpu` relies on it.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    pub(super) ptr: &'a [u16],
    pub(super) col: &'a [u8],
    pub(super) weight: &'a [Q16],
    pub(super) reward: &'a [i8],
    pub(super) columns: usize,
}

impl<'a> Rows<'a> {
    /// Nothing unless all of that is so.
    pub(crate) fn new(
        ptr: &'a [u16],
        col: &'a [u8],
        weight: &'a [Q16],
        reward: &'a [i8],
        columns: usize,
    ) -> Option<Self> {
        let ascends = ptr.iter().zip(ptr.iter().skip(1)).all(|(start, end)| start <= end);
        let ends = ptr.last().is_some_and(|&end| usize::from(end) == col.len());
        let right = ascends
            && ends
            && weight.len() == col.len()
            && reward.len() == col.len()
            && col.iter().all(|&col| usize::from(col) < columns);
        right.then_some(Self { ptr, col, weight, reward, columns })
    }

    /// `Σ weight·(reward + values[col])` of rows `first..first + out.len()`; −∞ for one without entries, and where there is no
    /// such row or `values` does not have `columns` elements.
    #[inline(always)]
    pub(crate) fn expectations<T: Real>(&self, first: usize, values: &[T], out: &mut [T]) {
        if !T::expectations(self, first, values, out) {
            self.compiled(first, values, out);
        }
    }

    /// As the compiler does it.
    #[inline(never)]
    fn compiled<T: Real>(&self, first: usize, values: &[T], out: &mut [T]) {
        out.fill(-T::INFINITY);
        if values.len() != self.columns {
            return;
        }
        let starts = self.ptr.get(first..).unwrap_or_default();
        let ends = starts.get(1..).unwrap_or_default();
        for ((out, &start), &end) in out.iter_mut().zip(starts).zip(ends) {
            let range = usize::from(start)..usize::from(end);
            let entries = self.col.get(range.clone()).unwrap_or_default();
            let entries = entries.iter().zip(self.weight.get(range.clone()).unwrap_or_default());
            // Sums in 65,536ths: of rewards in whole numbers.
            let (mut sum, mut rewards) = (T::ZERO, 0i32);
            for ((&col, weight), &reward) in entries.zip(self.reward.get(range.clone()).unwrap_or_default()) {
                let weight = i32::from(weight.0) + 1;
                sum = sum
                    .mac(T::from_f32(weight as f32), values.get(usize::from(col)).copied().unwrap_or(T::NAN));
                rewards = rewards.wrapping_add(weight.wrapping_mul(i32::from(reward)));
            }
            if !range.is_empty() {
                *out = (sum + T::from_f32(rewards as f32)) * T::from_f32(1.0 / 65_536.0);
            }
        }
    }
}
