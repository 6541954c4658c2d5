//! Rows of least squares one by one, without a square root.
//!
//! Gentleman, *Least squares computations by Givens transformations without square roots*, J. Inst. Math. Appl. 12 (1973) 329: R is
//! kept as `D^½ R̄` with ones on the diagonal of R̄, in whose place D stands. Two multiply-adds an element and one division
//! a rotation; plain rotations take four and two, and a square root.

use crate::Real;

/// Takes a row into R̄, D and `rhs`; returns what of `value` no row before could reach, squared.
///
/// `row` is used up. Cost: n² multiply-adds, n divisions.
#[inline(always)]
pub(super) fn add<T: Real>(r: &mut [T], rhs: &mut [T], row: &mut [T], value: T) -> T {
    let n = row.len();
    let (mut weight, mut value, mut row) = (T::ONE, value, row);
    for (k, (line, rhs)) in r.chunks_exact_mut(n.max(1)).zip(rhs).enumerate() {
        let (Some((&mut head, tail)), Some((d, line))) =
            (row.split_first_mut(), line.get_mut(k..).and_then(<[T]>::split_first_mut))
        else {
            break;
        };
        row = tail;
        let part = weight * head;
        let sum = d.mac(part, head);
        // A square that vanishes is nothing beside those that do not.
        if sum == T::ZERO || head == T::ZERO {
            continue;
        }
        let share = part / sum;
        weight *= *d / sum;
        *d = sum;
        for (x, r) in row.iter_mut().zip(line) {
            *x = x.mac(-head, *r);
            *r = r.mac(share, *x);
        }
        value = value.mac(-head, *rhs);
        *rhs = rhs.mac(share, value);
        if weight == T::ZERO {
            return T::ZERO;
        }
    }
    weight * value * value
}

/// Makes R of R̄ and D, and Qᵀf of the right-hand side.
///
/// Cost: n square roots, n²/2 multiplications.
#[inline(always)]
pub(super) fn finish<T: Real>(r: &mut [T], rhs: &mut [T]) {
    let n = rhs.len();
    for (k, (line, rhs)) in r.chunks_exact_mut(n.max(1)).zip(rhs).enumerate() {
        let Some((d, line)) = line.get_mut(k..).and_then(<[T]>::split_first_mut) else { return };
        *d = d.sqrt();
        line.iter_mut().for_each(|r| *r *= *d);
        *rhs *= *d;
    }
}
