//! Rows of least squares one by one, without a square root.
//!
//! Gentleman, *Least squares computations by Givens transformations without square roots*, J. Inst. Math. Appl. 12 (1973) 329: R is
//! kept as `D^½ R̄` with ones on the diagonal of R̄, in whose place D stands. Two multiply-adds an element and one division
//! a rotation; plain rotations take four and two, and a square root. The triangle is packed by rows while rows come.

use crate::Real;

/// Takes a row into R̄, D and `rhs`; returns what of `value` no row before could reach, squared.
///
/// `row` is used up. Cost: n² multiply-adds, 2n divisions.
#[inline(always)]
pub(super) fn add<T: Real>(packed: &mut [T], rhs: &mut [T], row: &mut [T], value: T) -> T {
    let (mut weight, mut value) = (T::ONE, value);
    let (mut row, mut packed, mut rhs) = (row, packed, rhs.iter_mut());
    while let (Some((&mut head, tail)), Some((d, rest)), Some(rhs)) =
        (row.split_first_mut(), packed.split_first_mut(), rhs.next())
    {
        let Some((line, below)) = rest.split_at_mut_checked(tail.len()) else { break };
        let part = weight * head;
        let sum = d.mac(part, head);
        // Where the square vanishes there is nothing to eliminate.
        if part * head != T::ZERO {
            let share = part / sum;
            weight *= *d / sum;
            *d = sum;
            T::eliminate(tail, line, head, share);
            value = value.mac(-head, *rhs);
            *rhs = rhs.mac(share, value);
        }
        (row, packed) = (tail, below);
    }
    weight * value * value
}

/// Makes R, `n` × `n`, of the packed R̄ and D, and Qᵀf of the right-hand side.
///
/// Cost: n square roots, n²/2 multiplications.
#[inline(always)]
pub(super) fn finish<T: Real>(r: &mut [T], rhs: &mut [T]) {
    let n = rhs.len();
    let mut from = n.saturating_mul(n.saturating_add(1)) / 2;
    // From the end: a row goes where no row of before is still packed.
    for k in (0..n).rev() {
        from = from.saturating_sub(n.saturating_sub(k));
        let start = k.saturating_mul(n);
        let root = r.get(from).map_or(T::ZERO, |d| d.sqrt());
        for j in (k..n).rev() {
            let scaled = r.get(from.saturating_add(j).saturating_sub(k)).map_or(T::ZERO, |&x| root * x);
            if let Some(place) = r.get_mut(start.saturating_add(j)) {
                *place = if j == k { root } else { scaled };
            }
        }
        if let Some(below) = r.get_mut(start..start.saturating_add(k)) {
            below.fill(T::ZERO);
        }
        rhs.iter_mut().skip(k).take(1).for_each(|x| *x *= root);
    }
}
