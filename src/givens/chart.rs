//! The angle chart: a frame with orthonormal columns as a product of plane rotations.
//!
//! A frame `Q` of `rows x cols` (`rows >= cols`) is written with the smallest possible number of angles, one
//! for each entry below the diagonal, column by column:
//!
//! ```text
//! Q = R(0,1) R(0,2) … R(0,rows−1) · R(1,2) … R(1,rows−1) · … · R(cols−1,rows−1) · E
//! ```
//!
//! with `R(c,r)` the rotation of rows `c < r` by its angle and `E` the first `cols` columns of the identity,
//! the last of them negated for a frame with determinant −1 (only if `rows == cols`; otherwise the
//! frames are one connected piece). This is the order in which Givens rotations eliminate the entries below
//! the diagonal (Hoffman, Raffenetti and Ruedenberg 1972; Shepard, Brozell and Gidofalvi 2015).
//!
//! | angle of | range from [`decompose`] |
//! |---|---|
//! | the first plane of a column, `r = c + 1` | (−π, π] |
//! | a later plane | [−π/2, π/2] |
//!
//! Any real numbers are valid angles. As coordinates of a search they have walls at ±π (a first angle is a
//! point of a circle) and poles at ±π/2, where the volume element `∏ cos^(r−c−1)` of a later angle vanishes:
//! the search of this system therefore rotates frames and leaves their charts alone.
//!
//! The functions here are kernels on slices with run-time sizes; [`Chart`] and [`RotationChain`] are the
//! same with sizes known to the compiler. Each rotation is a [`Turn`]: an angle, whose sine and cosine are
//! computed where it is used, or a stored [`Rotation`].

use super::error::{Error, check_dimensions, check_length};
use super::frame::Frame;
use super::{Plane, Rotation};
use crate::Real;
use crate::runs::{runs, runs_mut};

/// Number of angles of a frame, `rows·cols − cols·(cols + 1)/2`: the dimension of the set of frames. 0 for
/// sizes that no frame has.
///
/// ```
/// use reparam::givens::angle_count;
///
/// assert_eq!(angle_count(5, 2), 7);
/// assert_eq!(angle_count(20, 20), 190);
/// ```
pub const fn angle_count(rows: usize, cols: usize) -> usize {
    if check_dimensions(rows, cols).is_err() {
        return 0;
    }
    // Each column eliminates the entries below its diagonal: rows − 1, rows − 2, …, rows − cols.
    (rows - cols) * cols + cols * (cols - 1) / 2
}

/// The planes of the chart in order: column by column, in each from the diagonal down.
///
/// ```
/// use reparam::givens::planes;
///
/// let order: Vec<_> = planes(4, 2).map(|plane| (plane.i, plane.j)).collect();
/// assert_eq!(order, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]);
/// assert_eq!(planes(4, 2).next_back().map(|plane| plane.j), Some(3));
/// ```
pub const fn planes(rows: usize, cols: usize) -> Planes {
    let len = angle_count(rows, cols);
    let last = if rows == cols { cols.saturating_sub(2) } else { cols.saturating_sub(1) };
    Planes { rows, len, front: Plane { i: 0, j: 1 }, back: Plane { i: last, j: rows.saturating_sub(1) } }
}

/// Iterator of the planes of a chart, made by [`planes`].
#[derive(Clone, Debug)]
pub struct Planes {
    rows: usize,
    len: usize,
    front: Plane,
    back: Plane,
}

impl Iterator for Planes {
    type Item = Plane;

    fn next(&mut self) -> Option<Plane> {
        self.len = self.len.checked_sub(1)?;
        let plane = self.front;
        self.front = if plane.j + 1 < self.rows {
            Plane { j: plane.j + 1, ..plane }
        } else {
            Plane { i: plane.i + 1, j: plane.i + 2 }
        };
        Some(plane)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl DoubleEndedIterator for Planes {
    fn next_back(&mut self) -> Option<Plane> {
        self.len = self.len.checked_sub(1)?;
        let plane = self.back;
        self.back = if plane.j > plane.i + 1 {
            Plane { j: plane.j - 1, ..plane }
        } else {
            Plane { i: plane.i.saturating_sub(1), j: self.rows.saturating_sub(1) }
        };
        Some(plane)
    }
}

impl ExactSizeIterator for Planes {}

mod sealed {
    /// How the turns of a whole chart are applied to a vector.
    pub trait Sealed<T>: Copy {
        fn rotate(cols: usize, turns: &[Self], x: &mut [T]);
        fn rotate_back(cols: usize, turns: &[Self], x: &mut [T]);
    }
}

/// What a kernel takes as a rotation: an angle in radians, at the cost of a sine-cosine pair each time it is
/// used, or a stored [`Rotation`]. Sealed.
pub trait Turn<T>: sealed::Sealed<T> {
    /// Cosine and sine.
    fn rotation(self) -> Rotation<T>;

    /// The turn of a rotation; as an angle in (−π, π].
    fn from_rotation(rotation: Rotation<T>) -> Self;
}

// Sine and cosine outweigh what the compiler gains from knowing the sizes: one copy for all of them.
impl<T: Real> sealed::Sealed<T> for T {
    #[inline(never)]
    fn rotate(cols: usize, turns: &[Self], x: &mut [T]) {
        rotate(cols, turns, x);
    }

    #[inline(never)]
    fn rotate_back(cols: usize, turns: &[Self], x: &mut [T]) {
        rotate_back(cols, turns, x);
    }
}

impl<T: Real> sealed::Sealed<T> for Rotation<T> {
    #[inline(always)]
    fn rotate(cols: usize, turns: &[Self], x: &mut [T]) {
        rotate(cols, turns, x);
    }

    #[inline(always)]
    fn rotate_back(cols: usize, turns: &[Self], x: &mut [T]) {
        rotate_back(cols, turns, x);
    }
}

impl<T: Real> Turn<T> for T {
    #[inline(always)]
    fn rotation(self) -> Rotation<T> {
        Rotation::new(self)
    }

    #[inline(always)]
    fn from_rotation(rotation: Rotation<T>) -> Self {
        // Adding zero turns a sine of −0 into +0, whose angle is π rather than −π.
        (rotation.s + T::ZERO).atan2(rotation.c)
    }
}

impl<T: Real> Turn<T> for Rotation<T> {
    #[inline(always)]
    fn rotation(self) -> Rotation<T> {
        self
    }

    #[inline(always)]
    fn from_rotation(rotation: Rotation<T>) -> Self {
        rotation
    }
}

/// The checks that all kernels share.
#[inline]
fn check<R>(rows: usize, cols: usize, turns: &[R], reflected: bool) -> Result<(), Error> {
    check_dimensions(rows, cols)?;
    check_length(angle_count(rows, cols), turns.len())?;
    if reflected && rows != cols { Err(Error::NoReflection) } else { Ok(()) }
}

/// Applies the turns of one column, the last first. `first` is the entry at the column's diagonal.
#[inline(always)]
fn rotate_column<T: Real, R: Turn<T>>(column: &[R], first: &mut T, tail: &mut [T]) {
    // The entry that all rotations of a column share stays in a register.
    let mut shared = *first;
    for (turn, other) in column.iter().zip(tail).rev() {
        (shared, *other) = turn.rotation().apply(shared, *other);
    }
    *first = shared;
}

/// Applies the turns of `cols` columns to `x`, the last first.
///
/// Two columns at a time: once a turn of the right one has left an entry alone, the left one's may follow, so
/// each entry is loaded and stored once for two turns (the wavefront of Van Zee, van de Geijn and
/// Quintana-Orti, TOMS 40, 2014). Each entry sees the same operations in the same order as column by column.
#[inline(always)]
fn rotate<T: Real, R: Turn<T>>(cols: usize, turns: &[R], x: &mut [T]) {
    // Number of entries below the column in hand, and the turns up to its last.
    let (mut below, mut rest) = (x.len().wrapping_sub(cols), turns);
    if cols & 1 == 1 {
        let Some((first, tail)) = split_column(x, below) else { return };
        let Some((before, column)) = split_last(rest, below) else { return };
        rotate_column(column, first, tail);
        (below, rest) = (below + 1, before);
    }
    for _ in 0..cols / 2 {
        let Some((left, right, tail)) = split_columns(x, below) else { return };
        let Some((before, right_column)) = split_last(rest, below) else { return };
        let Some((before, left_column)) = split_last(before, below) else { return };
        let Some((meeting, before)) = before.split_last() else { return };
        let (mut l, mut r) = (*left, *right);
        for ((left_turn, right_turn), other) in left_column.iter().zip(right_column).zip(tail).rev() {
            let mut o = *other;
            (r, o) = right_turn.rotation().apply(r, o);
            (l, o) = left_turn.rotation().apply(l, o);
            *other = o;
        }
        (*left, *right) = meeting.rotation().apply(l, r);
        (below, rest) = (below + 2, before);
    }
}

#[inline(always)]
fn split_last<T>(x: &[T], len: usize) -> Option<(&[T], &[T])> {
    x.split_at_checked(x.len().wrapping_sub(len))
}

#[inline(always)]
fn split_column<T>(x: &mut [T], below: usize) -> Option<(&mut T, &mut [T])> {
    let (head, tail) = x.split_at_mut_checked(x.len().wrapping_sub(below))?;
    Some((head.last_mut()?, tail))
}

#[inline(always)]
fn split_columns<T>(x: &mut [T], below: usize) -> Option<(&mut T, &mut T, &mut [T])> {
    let (head, tail) = x.split_at_mut_checked(x.len().wrapping_sub(below))?;
    let [left, right] = head.last_chunk_mut()?;
    Some((left, right, tail))
}

/// The inverse of [`rotate`].
#[inline(always)]
fn rotate_back<T: Real, R: Turn<T>>(cols: usize, turns: &[R], x: &mut [T]) {
    let (mut rest, mut x) = (turns, x);
    for _ in 0..cols / 2 {
        let Some(([left, right], tail)) = x.split_first_chunk_mut() else { return };
        let Some((meeting, columns)) = rest.split_first() else { return };
        let Some((left_column, columns)) = columns.split_at_checked(tail.len()) else { return };
        let Some((right_column, after)) = columns.split_at_checked(tail.len()) else { return };
        let (mut l, mut r) = meeting.rotation().inverse().apply(*left, *right);
        for ((left_turn, right_turn), other) in left_column.iter().zip(right_column).zip(&mut *tail) {
            let mut o = *other;
            (l, o) = left_turn.rotation().inverse().apply(l, o);
            (r, o) = right_turn.rotation().inverse().apply(r, o);
            *other = o;
        }
        (*left, *right) = (l, r);
        (rest, x) = (after, tail);
    }
    if cols & 1 == 1 {
        let Some((first, tail)) = x.split_first_mut() else { return };
        let mut shared = *first;
        for (turn, other) in rest.iter().zip(tail) {
            (shared, *other) = turn.rotation().inverse().apply(shared, *other);
        }
        *first = shared;
    }
}

#[inline(always)]
fn reflect<T: Real>(cols: usize, reflected: bool, x: &mut [T]) {
    if reflected {
        if let Some(last) = x.get_mut(cols.wrapping_sub(1)) {
            *last = -*last;
        }
    }
}

/// `x ← Q x` without forming the frame. `x` has `rows` entries: the first `cols` are the input (the others
/// are ignored), all are the output.
///
/// Errors: sizes that no frame has, a wrong number of turns, `reflected` with more rows than columns. Cost:
/// four multiply-adds a turn, and a sine-cosine pair each for angles. No scratch.
///
/// ```
/// use reparam::givens::chart;
///
/// // The frame of 3 x 1 with the angles of longitude and latitude is a point of the sphere.
/// let mut x = [1.0, 0.0, 0.0];
/// chart::apply(1, &[0.3, 0.5], false, &mut x)?;
/// let point = [0.3f64.cos() * 0.5f64.cos(), 0.3f64.sin() * 0.5f64.cos(), 0.5f64.sin()];
/// assert!(x.iter().zip(point).all(|(x, y)| (x - y).abs() < 1e-15));
/// # Ok::<(), reparam::givens::Error>(())
/// ```
#[inline]
pub fn apply<T: Real, R: Turn<T>>(
    cols: usize,
    turns: &[R],
    reflected: bool,
    x: &mut [T],
) -> Result<(), Error> {
    check(x.len(), cols, turns, reflected)?;
    x.iter_mut().skip(cols).for_each(|x| *x = T::ZERO);
    reflect(cols, reflected, x);
    R::rotate(cols, turns, x);
    Ok(())
}

/// `x ← Qᵀ x` without forming the frame. `x` has `rows` entries: all are the input; the first `cols` are the
/// output, the others the part of the input outside of the frame's span, in rotated coordinates.
///
/// Errors and cost as [`apply`].
#[inline]
pub fn apply_transpose<T: Real, R: Turn<T>>(
    cols: usize,
    turns: &[R],
    reflected: bool,
    x: &mut [T],
) -> Result<(), Error> {
    check(x.len(), cols, turns, reflected)?;
    R::rotate_back(cols, turns, x);
    reflect(cols, reflected, x);
    Ok(())
}

/// Forms the frame of a chart, row-major `rows x cols`.
///
/// Column `c` of the product is untouched by the rotations of later columns, so a turn of column `c` costs
/// `4·(cols − c)` multiply-adds: `2·rows·cols² − 2·cols³/3` in all for many columns. Errors as [`apply`],
/// and a frame of the wrong length. No scratch.
#[inline(always)]
pub fn materialise<T: Real, R: Turn<T>>(
    rows: usize,
    cols: usize,
    turns: &[R],
    reflected: bool,
    frame: &mut [T],
) -> Result<(), Error> {
    check(rows, cols, turns, reflected)?;
    check_length(rows * cols, frame.len())?;
    materialise_with(cols, reflected, frame, turns);
    Ok(())
}

/// Where [`materialise_with`] takes the turns of a column from, the last column first.
pub(super) trait Source<T> {
    /// What stands for a turn.
    type Turn: Pick<T>;

    /// As many turns as there are rows below the diagonal.
    fn column(
        &mut self,
        below: usize,
    ) -> Option<impl DoubleEndedIterator<Item = Self::Turn> + ExactSizeIterator>;
}

/// A turn that may be kept in the entry it belongs to.
pub(super) trait Pick<T> {
    /// The turn of an entry, given what the entry holds.
    fn pick(self, entry: T) -> Rotation<T>;
}

impl<T: Real, R: Turn<T>> Source<T> for &[R] {
    type Turn = Given<R>;

    #[inline(always)]
    fn column(
        &mut self,
        below: usize,
    ) -> Option<impl DoubleEndedIterator<Item = Given<R>> + ExactSizeIterator> {
        let (before, column) = split_last(self, below)?;
        *self = before;
        Some(column.iter().map(|&turn| Given(turn)))
    }
}

/// A turn from a list, whatever the entry holds.
pub(super) struct Given<R>(R);

impl<T, R: Turn<T>> Pick<T> for Given<R> {
    #[inline(always)]
    fn pick(self, _: T) -> Rotation<T> {
        self.0.rotation()
    }
}

/// The turns are angles, each in the entry that it makes zero.
#[derive(Clone, Copy)]
pub(super) struct InPlace;

impl<T: Real> Source<T> for InPlace {
    type Turn = InPlace;

    #[inline(always)]
    fn column(
        &mut self,
        below: usize,
    ) -> Option<impl DoubleEndedIterator<Item = InPlace> + ExactSizeIterator> {
        Some((0..below).map(|_| InPlace))
    }
}

impl<T: Real> Pick<T> for InPlace {
    #[inline(always)]
    fn pick(self, entry: T) -> Rotation<T> {
        Rotation::new(entry)
    }
}

/// [`materialise`] with turns from any source.
#[inline(always)]
pub(super) fn materialise_with<T: Real>(
    cols: usize,
    reflected: bool,
    frame: &mut [T],
    mut turns: impl Source<T>,
) {
    let corner = if reflected { -T::ONE } else { T::ONE };
    let mut c = cols;
    // Written out: the compiler knows the width of each step and keeps the shared row in registers.
    macro_rules! narrow_steps {
        ($($width:literal)*) => { $(
            c = c.wrapping_sub(1);
            let corner = if $width == 0 { corner } else { T::ONE };
            if c >= cols || narrow_step::<T, $width>(c, cols, corner, frame, &mut turns).is_none() {
                return;
            }
        )* };
    }
    narrow_steps!(0 1 2 3 4 5 6 7);
    for c in (0..c).rev() {
        if wide_step(c, cols, frame, &mut turns).is_none() {
            return;
        }
    }
}

/// The rotations of column `c`, which has `W` columns to its right.
#[inline(always)]
fn narrow_step<T: Real, const W: usize>(
    c: usize,
    cols: usize,
    corner: T,
    frame: &mut [T],
    turns: &mut impl Source<T>,
) -> Option<()> {
    let (row, below) = frame.get_mut(c * cols..)?.split_at_mut_checked(cols)?;
    let (diagonal, right) = split_entry::<T, W>(c, row)?;
    // Rows and columns up to c are still those of the identity.
    let (mut shared, mut shared_right) = (corner, [T::ZERO; W]);
    let column = turns.column(below.len().checked_div(cols)?)?;
    // Reversed before they are zipped: reversing a zip asks for lengths, which divides by `cols`.
    let mut steps = below.chunks_exact_mut(cols).rev().zip(column.rev());
    // The first rotation finds nothing but zeros on the right: half the work.
    if let Some((other, turn)) = steps.next() {
        let (entry, other_right) = split_entry::<T, W>(c, other)?;
        let rotation = turn.pick(*entry);
        (shared, *entry) = (rotation.c * shared, rotation.s * shared);
        for (x, y) in shared_right.iter_mut().zip(other_right) {
            (*x, *y) = (-(rotation.s * *y), rotation.c * *y);
        }
    }
    for (other, turn) in steps {
        let (entry, other_right) = split_entry::<T, W>(c, other)?;
        let rotation = turn.pick(*entry);
        (shared, *entry) = (rotation.c * shared, rotation.s * shared);
        rotation.apply_pair(&mut shared_right, other_right);
    }
    (*diagonal, *right) = (shared, shared_right);
    Some(())
}

/// The entry of a row in column `c`, and the `W` entries to its right.
#[inline(always)]
fn split_entry<T, const W: usize>(c: usize, row: &mut [T]) -> Option<(&mut T, &mut [T; W])> {
    let (entry, right) = row.get_mut(c..)?.split_first_mut()?;
    Some((entry, right.try_into().ok()?))
}

/// [`narrow_step`] for any width.
#[inline(always)]
fn wide_step<T: Real>(c: usize, cols: usize, frame: &mut [T], turns: &mut impl Source<T>) -> Option<()> {
    let (row, below) = frame.get_mut(c * cols..)?.split_at_mut_checked(cols)?;
    let (diagonal, right) = row.get_mut(c..)?.split_first_mut()?;
    right.fill(T::ZERO);
    let mut shared = T::ONE;
    let column = turns.column(below.len().checked_div(cols)?)?;
    // Reversed before they are zipped: reversing a zip asks for lengths, which divides by `cols`.
    for (other, turn) in below.chunks_exact_mut(cols).rev().zip(column.rev()) {
        let (entry, other_right) = other.get_mut(c..)?.split_first_mut()?;
        let rotation = turn.pick(*entry);
        (shared, *entry) = (rotation.c * shared, rotation.s * shared);
        rotation.apply_pair(right, other_right);
    }
    *diagonal = shared;
    Some(())
}

/// Reads the turns off a frame, row-major `rows x cols`, and says whether it is reflected.
///
/// The kernel is the elimination itself and takes any matrix: it is overwritten by the upper triangular
/// `R >= 0` (diagonal) of its QR factorization, and the turns are those of the orthonormal factor. For a frame
/// `R` is the identity. The result is true if the last diagonal entry is negative, which happens only with
/// `rows == cols`. Where a diagonal entry of `R` is zero the turns below it are arbitrary but valid.
///
/// Errors: sizes that no frame has, wrong lengths, entries that are not finite. Cost: a square root and two
/// divisions a turn (and an arctangent for angles), and half the multiply-adds of two [`materialise`].
#[inline]
pub fn decompose<T: Real, R: Turn<T>>(
    rows: usize,
    cols: usize,
    matrix: &mut [T],
    turns: &mut [R],
) -> Result<bool, Error> {
    check(rows, cols, turns, false)?;
    check_length(rows * cols, matrix.len())?;
    if !matrix.iter().all(|x| x.is_finite()) {
        return Err(Error::NotFinite);
    }
    let mut turns = turns.iter_mut();
    Ok(decompose_with(cols, matrix, |rotation, _| {
        if let Some(turn) = turns.next() {
            *turn = R::from_rotation(rotation);
        }
    }))
}

/// [`decompose`] that hands each turn to a closure, in order, with the entry that it made zero.
#[inline(always)]
pub(super) fn decompose_with<T: Real>(
    cols: usize,
    matrix: &mut [T],
    mut store: impl FnMut(Rotation<T>, &mut T),
) -> bool {
    if cols == 0 {
        return false;
    }
    let mut negative = false;
    for c in 0..cols {
        let Some((row, below)) = matrix.get_mut(c * cols..).and_then(|rest| rest.split_at_mut_checked(cols))
        else {
            return false;
        };
        let Some((diagonal, right)) = row.get_mut(c..).and_then(<[T]>::split_first_mut) else { return false };
        for other in below.chunks_exact_mut(cols) {
            let Some((entry, other_right)) = other.get_mut(c..).and_then(<[T]>::split_first_mut) else {
                return false;
            };
            let (back, length) = Rotation::zeroing(*diagonal, *entry);
            (*diagonal, *entry) = (length, T::ZERO);
            back.apply_pair(right, other_right);
            store(back.inverse(), entry);
        }
        negative = *diagonal < T::ZERO;
    }
    negative
}

/// The gradient of a function of the frame with respect to the angles, exact and without a tape.
///
/// On entry `frame` is the frame of `turns` and `cotangent` holds `∂f/∂Q`, both row-major `rows x cols`; on
/// exit `gradient` holds `∂f/∂θ` in the order of [`planes`], and both matrices are used up. The rotations are
/// undone one by one, the last applied first; before each, the derivative by its angle is the inner product
/// of the cotangent with the frame's tangent,
///
/// ```text
/// ∂f/∂θ = Σ_k G[r,k]·Q[c,k] − G[c,k]·Q[r,k]
/// ```
///
/// Columns `k < c` contribute nothing once the rotations of column `k` are undone and are left out. Errors as
/// [`materialise`]. Cost: `10·(cols − c)` multiply-adds for a turn of column `c`. No scratch.
#[inline]
pub fn gradient<T: Real, R: Turn<T>>(
    rows: usize,
    cols: usize,
    turns: &[R],
    frame: &mut [T],
    cotangent: &mut [T],
    gradient: &mut [T],
) -> Result<(), Error> {
    check(rows, cols, turns, false)?;
    check_length(rows * cols, frame.len())?;
    check_length(rows * cols, cotangent.len())?;
    check_length(turns.len(), gradient.len())?;
    let mut steps = turns.iter().zip(gradient);
    for c in 0..cols {
        let split = |matrix| -> Option<(&mut [T], &mut [T])> {
            let (row, below) = <[T]>::get_mut(matrix, c * cols..)?.split_at_mut_checked(cols)?;
            Some((row.get_mut(c..)?, below))
        };
        let (Some((q_c, q_below)), Some((g_c, g_below))) = (split(frame), split(cotangent)) else {
            return Ok(());
        };
        for (q_r, g_r) in q_below.chunks_exact_mut(cols).zip(g_below.chunks_exact_mut(cols)) {
            let (Some(q_r), Some(g_r), Some((turn, slope))) =
                (q_r.get_mut(c..), g_r.get_mut(c..), steps.next())
            else {
                return Ok(());
            };
            let back = turn.rotation().inverse();
            let mut sum = T::ZERO;
            for (((qc, qr), gc), gr) in q_c.iter_mut().zip(q_r).zip(g_c.iter_mut()).zip(g_r) {
                sum = sum.mac(*gr, *qc).mac(-*gc, *qr);
                (*qc, *qr) = back.apply(*qc, *qr);
                (*gc, *gr) = back.apply(*gc, *gr);
            }
            *slope = sum;
        }
    }
    Ok(())
}

/// Scratch of [`update`], in scalars.
pub const fn update_scratch(rows: usize, cols: usize) -> usize {
    rows.saturating_add(cols).saturating_mul(2)
}

/// Brings a frame up to date after angle number `index` of its chart has grown by `delta`.
///
/// With `L` the product of the turns before that one, the new frame is `L R(δ) L⁻¹ Q`: a rotation in the plane
/// of `u = L e_c` and `v = L e_r`. Two vectors are turned, then two rows are added to the frame:
///
/// ```text
/// a = uᵀQ,  b = vᵀQ,  Q ← Q + u·((cos δ − 1)·a − sin δ·b)ᵀ + v·(sin δ·a + (cos δ − 1)·b)ᵀ
/// ```
///
/// `turns` are those before or after the change (number `index` itself is not read). Cost: at most
/// `8·index + 4·rows·(cols − c)` multiply-adds, against about `2·rows·cols²` of [`materialise`]: cheaper from
/// five or so columns on, and always for the first columns. Each update adds a rounding error of the size of
/// one rotation; [`DriftGuard`](super::DriftGuard) bounds their sum. Scratch: [`update_scratch`]. Errors as
/// [`materialise`], a `delta` that is not finite, and an index out of range.
#[inline]
pub fn update<T: Real, R: Turn<T>>(
    rows: usize,
    cols: usize,
    turns: &[R],
    index: usize,
    delta: T,
    frame: &mut [T],
    scratch: &mut [T],
) -> Result<(), Error> {
    check_dimensions(rows, cols)?;
    check_length(update_scratch(rows, cols), scratch.len())?;
    let missing = Error::Length { expected: update_scratch(rows, cols), found: 0 };
    let (vectors, sums) = scratch.split_at_mut_checked(2 * rows).ok_or(missing)?;
    let (u, v) = vectors.split_at_mut_checked(rows).ok_or(missing)?;
    let (a, b) = sums.split_at_mut_checked(cols).ok_or(missing)?;
    update_with(rows, cols, turns, index, delta, frame, (u, v), (a, b))
}

type Pair<'a, T> = (&'a mut [T], &'a mut [T]);

#[inline(always)]
#[expect(clippy::too_many_arguments)]
fn update_with<T: Real, R: Turn<T>>(
    rows: usize,
    cols: usize,
    turns: &[R],
    index: usize,
    delta: T,
    frame: &mut [T],
    (u, v): Pair<'_, T>,
    (a, b): Pair<'_, T>,
) -> Result<(), Error> {
    check(rows, cols, turns, false)?;
    check_length(rows * cols, frame.len())?;
    if !delta.is_finite() {
        return Err(Error::NotFinite);
    }
    let out_of_range = Error::Index { index, count: turns.len() };
    if index >= turns.len() {
        return Err(out_of_range);
    }
    // Column and row of the turn, and where its column starts.
    let (mut c, mut start) = (0, 0);
    while c < cols && index - start >= rows.saturating_sub(c + 1) {
        start += rows.saturating_sub(c + 1);
        c += 1;
    }
    let below = index - start;
    [&mut *u, &mut *v, &mut *a, &mut *b].into_iter().for_each(|slice| slice.fill(T::ZERO));
    if let (Some(u), Some(v)) = (u.get_mut(c), v.get_mut(c + 1 + below)) {
        (*u, *v) = (T::ONE, T::ONE);
    }
    let (before, column) = turns.split_at_checked(start).ok_or(out_of_range)?;
    // Of the turns in the same column only u sees any: v lies in a later row.
    if let (Some((first, tail)), Some(column)) =
        (u.get_mut(c..).and_then(<[T]>::split_first_mut), column.get(..below))
    {
        rotate_column(column, first, tail);
    }
    R::rotate(c, before, u);
    R::rotate(c, before, v);

    for ((row, &u), &v) in runs(frame, cols).zip(&*u).zip(&*v) {
        for ((&q, a), b) in row.iter().zip(&mut *a).zip(&mut *b).skip(c) {
            (*a, *b) = (a.mac(u, q), b.mac(v, q));
        }
    }
    let (half, _) = (delta * T::HALF).sin_cos();
    let (sin, _) = delta.sin_cos();
    let cos_less_one = -(T::TWO * half * half);
    for (a, b) in a.iter_mut().zip(&mut *b) {
        (*a, *b) = ((cos_less_one * *a).mac(-sin, *b), (sin * *a).mac(cos_less_one, *b));
    }
    for ((row, &u), &v) in runs_mut(frame, cols).zip(&*u).zip(&*v) {
        for ((q, &a), &b) in row.iter_mut().zip(&*a).zip(&*b).skip(c) {
            *q = q.mac(u, a).mac(v, b);
        }
    }
    Ok(())
}

/// A frame of `P x D` as its `N = `[`angle_count`]`(P, D)` angles.
///
/// ```
/// use reparam::givens::{Chart, Frame};
///
/// let chart = Chart::<f64, 4, 2, 5>::new([0.1, 0.2, 0.3, 0.4, 0.5])?;
/// let frame: Frame<f64, 4, 2> = chart.frame();
/// assert!(frame.orthogonality_error() < 1e-15);
/// let back: Chart<f64, 4, 2, 5> = frame.chart();
/// assert!(chart.angles().iter().zip(back.angles()).all(|(x, y)| (x - y).abs() < 1e-15));
/// # Ok::<(), reparam::givens::Error>(())
/// ```
///
/// A wrong number of angles does not compile:
///
/// ```compile_fail
/// use reparam::givens::Chart;
///
/// let chart = Chart::<f64, 4, 2, 6>::new([0.0; 6]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Chart<T, const P: usize, const D: usize, const N: usize> {
    angles: [T; N],
    reflected: bool,
}

impl<T: Real, const P: usize, const D: usize, const N: usize> Chart<T, P, D, N> {
    const SIZES: () = assert_sizes(P, D, N);

    /// The chart with these angles, of a frame that is a product of rotations. Errors: angles that are not
    /// finite.
    pub fn new(angles: [T; N]) -> Result<Self, Error> {
        Self::with_reflection(angles, false)
    }

    /// The chart with these angles, of the other component of the square frames if `reflected`. Errors: angles
    /// that are not finite; `reflected` with `P > D`.
    pub fn with_reflection(angles: [T; N], reflected: bool) -> Result<Self, Error> {
        let () = Self::SIZES;
        if reflected && P != D {
            return Err(Error::NoReflection);
        }
        if angles.iter().all(|x| x.is_finite()) {
            Ok(Self { angles, reflected })
        } else {
            Err(Error::NotFinite)
        }
    }

    /// The chart of the first `D` columns of the identity.
    pub fn zero() -> Self {
        let () = Self::SIZES;
        Self { angles: [T::ZERO; N], reflected: false }
    }

    // The entries of a frame are finite and its sizes right.
    pub(super) fn read(&mut self, mut frame: Frame<T, P, D>) {
        self.reflected = decompose(P, D, frame.as_mut_slice(), &mut self.angles).unwrap_or(false);
    }

    /// From a slice of angles: [`with_reflection`](Self::with_reflection), and an error for a wrong length.
    pub fn from_slice(angles: &[T], reflected: bool) -> Result<Self, Error> {
        let angles = angles.try_into().map_err(|_| Error::Length { expected: N, found: angles.len() })?;
        Self::with_reflection(angles, reflected)
    }

    /// The angles, in the order of [`planes`].
    pub fn angles(&self) -> &[T; N] {
        &self.angles
    }

    /// Whether the frame is square with determinant −1.
    pub fn reflected(&self) -> bool {
        self.reflected
    }

    /// The planes of the angles.
    pub fn planes() -> Planes {
        planes(P, D)
    }

    /// The chart with sines and cosines computed once and for all.
    pub fn rotations(&self) -> RotationChain<T, P, D, N> {
        RotationChain { rotations: self.angles.map(Rotation::new), reflected: self.reflected }
    }

    /// The frame. See [`materialise`].
    #[inline]
    pub fn frame(&self) -> Frame<T, P, D> {
        let mut frame = Frame::identity();
        self.write(&mut frame);
        frame
    }

    /// [`frame`](Self::frame) in place of another one: saves a copy.
    #[inline]
    pub fn write(&self, frame: &mut Frame<T, P, D>) {
        materialise_with(D, self.reflected, frame.as_mut_slice(), &self.angles[..]);
    }

    /// `Q x`. See [`apply`].
    #[inline]
    pub fn apply(&self, x: &[T; D]) -> [T; P] {
        apply_array(&self.angles, self.reflected, x)
    }

    /// `Qᵀ x`. See [`apply_transpose`].
    #[inline]
    pub fn apply_transpose(&self, x: &[T; P]) -> [T; D] {
        apply_transpose_array(&self.angles, self.reflected, x)
    }

    /// The gradient by the angles of a function of the frame, from its gradient by the frame's entries. See
    /// [`gradient`]; forms the frame first. Stack: two matrices of `P x D`.
    pub fn gradient(&self, cotangent: &[[T; D]; P]) -> [T; N] {
        gradient_array(&self.angles, self.frame(), cotangent)
    }

    /// Sets one angle and brings the frame of this chart up to date. See [`update`]. Errors: an angle that is
    /// not finite, an index out of range; chart and frame then stay as they are.
    pub fn set_angle(&mut self, index: usize, angle: T, frame: &mut Frame<T, P, D>) -> Result<(), Error> {
        let count = N;
        let old = *self.angles.get(index).ok_or(Error::Index { index, count })?;
        let ([mut u, mut v], [mut a, mut b]) = ([[T::ZERO; P]; 2], [[T::ZERO; D]; 2]);
        let (vectors, sums) = ((&mut u[..], &mut v[..]), (&mut a[..], &mut b[..]));
        update_with(P, D, &self.angles, index, angle - old, frame.as_mut_slice(), vectors, sums)?;
        if let Some(slot) = self.angles.get_mut(index) {
            *slot = angle;
        }
        Ok(())
    }
}

/// A [`Chart`] with its rotations stored as cosine and sine: applying it costs no trigonometry, at twice the
/// memory. The form to export to a device.
///
/// ```
/// use reparam::givens::Chart;
///
/// let chart = Chart::<f32, 3, 3, 3>::new([0.1, 0.2, 0.3])?;
/// let chain = chart.rotations();
/// let x = [1.0, 2.0, 3.0];
/// let back = chain.apply_transpose(&chain.apply(&x));
/// assert!(x.iter().zip(back).all(|(x, y)| (x - y).abs() < 1e-6));
/// # Ok::<(), reparam::givens::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RotationChain<T, const P: usize, const D: usize, const N: usize> {
    rotations: [Rotation<T>; N],
    reflected: bool,
}

impl<T: Real, const P: usize, const D: usize, const N: usize> RotationChain<T, P, D, N> {
    const SIZES: () = assert_sizes(P, D, N);

    /// From rotations in the order of [`planes`], for a `static` that an export has written: not checked
    /// beyond the sizes. `reflected` is ignored unless `P == D`.
    pub const fn new(rotations: [Rotation<T>; N], reflected: bool) -> Self {
        let () = Self::SIZES;
        Self { rotations, reflected: reflected && P == D }
    }

    /// The chain of the first `D` columns of the identity.
    pub const fn identity() -> Self {
        Self::new([Rotation::IDENTITY; N], false)
    }

    // The entries of a frame are finite and its sizes right.
    pub(super) fn read(&mut self, mut frame: Frame<T, P, D>) {
        self.reflected = decompose(P, D, frame.as_mut_slice(), &mut self.rotations).unwrap_or(false);
    }

    /// The rotations, in the order of [`planes`].
    pub fn rotations(&self) -> &[Rotation<T>; N] {
        &self.rotations
    }

    /// Whether the frame is square with determinant −1.
    pub fn reflected(&self) -> bool {
        self.reflected
    }

    /// The frame. See [`materialise`].
    #[inline]
    pub fn frame(&self) -> Frame<T, P, D> {
        let mut frame = Frame::identity();
        self.write(&mut frame);
        frame
    }

    /// [`frame`](Self::frame) in place of another one: saves a copy.
    #[inline]
    pub fn write(&self, frame: &mut Frame<T, P, D>) {
        materialise_with(D, self.reflected, frame.as_mut_slice(), &self.rotations[..]);
    }

    /// `Q x`. See [`apply`].
    #[inline]
    pub fn apply(&self, x: &[T; D]) -> [T; P] {
        apply_array(&self.rotations, self.reflected, x)
    }

    /// `Qᵀ x`. See [`apply_transpose`].
    #[inline]
    pub fn apply_transpose(&self, x: &[T; P]) -> [T; D] {
        apply_transpose_array(&self.rotations, self.reflected, x)
    }

    /// See [`Chart::gradient`].
    pub fn gradient(&self, cotangent: &[[T; D]; P]) -> [T; N] {
        gradient_array(&self.rotations, self.frame(), cotangent)
    }
}

/// As the pair of the angles and the reflection; read back with the checks of [`Chart::with_reflection`].
#[cfg(feature = "serde")]
impl<T: Real + serde::Serialize, const P: usize, const D: usize, const N: usize> serde::Serialize
    for Chart<T, P, D, N>
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.angles[..], self.reflected).serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de, T, const P: usize, const D: usize, const N: usize> serde::Deserialize<'de> for Chart<T, P, D, N>
where
    T: Real + serde::Deserialize<'de>,
{
    fn deserialize<S: serde::Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        let (Angles(angles), reflected) = serde::Deserialize::deserialize(deserializer)?;
        Self::with_reflection(angles, reflected).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "serde")]
struct Angles<T, const N: usize>([T; N]);

#[cfg(feature = "serde")]
impl<'de, T: Real + serde::Deserialize<'de>, const N: usize> serde::Deserialize<'de> for Angles<T, N> {
    fn deserialize<S: serde::Deserializer<'de>>(deserializer: S) -> Result<Self, S::Error> {
        let mut angles = [T::ZERO; N];
        crate::sequence::fill(deserializer, &mut angles)?;
        Ok(Self(angles))
    }
}

const fn assert_sizes(rows: usize, cols: usize, count: usize) {
    assert!(rows >= cols && cols >= 1, "a frame has at least as many rows as columns");
    assert!(count == angle_count(rows, cols), "N must be angle_count(P, D)");
}

#[inline(always)]
fn apply_array<T: Real, R: Turn<T>, const P: usize, const D: usize>(
    turns: &[R],
    reflected: bool,
    x: &[T; D],
) -> [T; P] {
    let mut y = [T::ZERO; P];
    y.iter_mut().zip(x).for_each(|(y, &x)| *y = x);
    reflect(D, reflected, &mut y);
    R::rotate(D, turns, &mut y);
    y
}

#[inline(always)]
fn apply_transpose_array<T: Real, R: Turn<T>, const P: usize, const D: usize>(
    turns: &[R],
    reflected: bool,
    x: &[T; P],
) -> [T; D] {
    let mut x = *x;
    R::rotate_back(D, turns, &mut x);
    reflect(D, reflected, &mut x);
    let mut y = [T::ZERO; D];
    y.iter_mut().zip(x).for_each(|(y, x)| *y = x);
    y
}

fn gradient_array<T: Real, R: Turn<T>, const P: usize, const D: usize, const N: usize>(
    turns: &[R; N],
    mut frame: Frame<T, P, D>,
    cotangent: &[[T; D]; P],
) -> [T; N] {
    let mut cotangent = *cotangent;
    let mut slopes = [T::ZERO; N];
    let _ = gradient(P, D, turns, frame.as_mut_slice(), cotangent.as_flattened_mut(), &mut slopes);
    slopes
}
