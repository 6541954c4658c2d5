//! The nearest orthogonal group-and-shuffle matrix to a square matrix: a local optimum, found by Procrustes steps.
//!
//! With all factors but one held, the best factor has the polar factors of the diagonal blocks of what remains of the
//! target as its blocks: exactly, so that no step increases the distance. [`start`] takes the [projection]
//! onto the class and the polar factors of its blocks; [`sweep`] improves one factor after the other, the last one
//! first. Nothing proves that the result is the global optimum.
//!
//! Matrices are products that move nothing, `Q = (Pᵀ)^(m−1) B_m P … P B_1`. For L P R itself,
//! shuffle the rows of the target: the nearest L P R to A is P times the nearest Pᵀ L P R to Pᵀ A.
//!
//! Blocks may come out with determinant −1, which is right here: no Cayley parameters reach such a block.
//! [`cayley::inverse`](super::cayley::inverse) answers with an error then. Keep the block itself.

use core::ops::ControlFlow;

use crate::Real;
use crate::dense::{product, svd};
use crate::runs::runs_mut;

use super::class::{Blocks, Class};
use super::error::{Error, check_length};
use super::projection;
use super::shape::Shape;

/// Length of the scratch of [`start`], [`half_step`], [`block`], [`sweep`], [`distance`] and [`project`].
pub const fn scratch_len(shape: Shape) -> usize {
    let (b, blocks) = (shape.block(), Blocks { count: 1, rows: shape.block(), cols: shape.block() });
    let start = 2 * b * b + projection::block_scratch_len(blocks, blocks);
    let step = 4 * b * b + b + svd::scratch_len(b, b);
    let long = if start > step { start } else { step };
    if long > shape.dim() + b { long } else { shape.dim() + b }
}

/// Length of the workspace of [`sweep`] and [`project`]: `dim²` for three factors or more, which hold a changed copy of
/// the target there; nothing for one or two.
pub const fn workspace_len(shape: Shape) -> usize {
    if shape.factors() > 2 { shape.dim() * shape.dim() } else { 0 }
}

/// What [`project`] did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report<T> {
    /// Distance ‖Q − A‖ that was reached.
    pub distance: T,
    /// Sweeps that were done.
    pub sweeps: usize,
}

/// The nearest orthogonal matrix of `shape` that sweeps from [`start`] reach, into `blocks` ([`Shape::block_len`] numbers).
/// `a` is `dim` × `dim`, row-major. Ends after `sweeps` sweeps, or when one decreases the distance by less than
/// `tolerance` of it: 10⁻⁹ in `f64`, 10⁻⁵ in `f32` is fine. Five sweeps are usually within half a percent.
///
/// Cost: that of [`start`], [`sweep`] and [`distance`]. `workspace`: [`workspace_len`]; `scratch`: [`scratch_len`].
///
/// # Errors
/// [`Error::Length`]; [`Error::NotFinite`]; [`Error::Setting`] for a negative or NaN tolerance; [`Error::NoConvergence`]
/// of a singular value decomposition.
///
/// ```
/// use reparam::group_shuffle::{Shape, orthogonal};
///
/// // A reflection: determinant −1.
/// let shape = Shape::new(2, 1, 1)?;
/// let (mut blocks, mut scratch) = ([0.0f64; 4], vec![0.0; orthogonal::scratch_len(shape)]);
/// let report = orthogonal::project(shape, &[0.0, 2.0, 2.0, 0.0], 5, 1e-9, &mut blocks, &mut [], &mut scratch)?;
/// assert!(blocks.iter().zip([0.0, 1.0, 1.0, 0.0]).all(|(q, x)| (q - x).abs() < 1e-15));
/// assert!((report.distance - 2.0f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn project<T: Real>(
    shape: Shape,
    a: &[T],
    sweeps: usize,
    tolerance: T,
    blocks: &mut [T],
    workspace: &mut [T],
    scratch: &mut [T],
) -> Result<Report<T>, Error> {
    if tolerance.is_nan() || tolerance < T::ZERO {
        return Err(Error::Setting { name: "tolerance" });
    }
    start(shape, a, blocks, scratch)?;
    let squares = a.iter().fold(T::from_usize(shape.dim()), |sum, &x| sum.mac(x, x));
    let mut progress = Progress::new(squares, tolerance);
    let mut done = 0;
    while done < sweeps {
        let overlap = sweep(shape, a, blocks, workspace, scratch)?;
        done += 1;
        if progress.step(overlap).is_break() {
            break;
        }
    }
    Ok(Report { distance: distance(shape, a, blocks, scratch)?, sweeps: done })
}

/// The stop rule of [`project`], for callers who run the sweeps themselves.
#[derive(Clone, Copy, Debug)]
pub struct Progress<T> {
    squares: T,
    tolerance: T,
    last: T,
}

impl<T: Real> Progress<T> {
    /// `squares` is ‖A‖² + dim.
    pub const fn new(squares: T, tolerance: T) -> Self {
        Self { squares, tolerance, last: T::INFINITY }
    }

    /// Takes what [`sweep`] returned; breaks when there was nothing more to gain.
    pub fn step(&mut self, overlap: T) -> ControlFlow<()> {
        let distance = (self.squares - T::TWO * overlap).max(T::ZERO).sqrt();
        let gain = self.last - distance;
        self.last = distance;
        // Below, the difference of squares is rounding.
        let rounding = distance * distance <= T::from_usize(16) * T::EPSILON * self.squares;
        if rounding || gain <= self.tolerance * distance {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Orthogonal blocks to begin with. One factor: the polar factors of the diagonal blocks, which is the optimum. More: the
/// polar factors of the blocks of the nearest product of two factors, and the identity for the rest.
///
/// Cost: 2·`dim`/`block` small singular value decompositions and those of [`projection::project`]. `scratch`:
/// [`scratch_len`].
///
/// # Errors
/// As [`project`].
pub fn start<T: Real>(shape: Shape, a: &[T], blocks: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
    check(shape, a, blocks, scratch)?;
    let (b, count) = (shape.block(), shape.blocks());
    let factor_len = count * b * b;
    let Ok(pair) = Shape::new(b, count, 2) else { return Err(Error::Shape) };
    if shape.factors() == 1 {
        half_step(shape, 0, None, a, blocks, scratch)?;
        return Ok(());
    }
    let class = Class::shuffle_return(pair)?;
    {
        let (r, rest) = blocks.split_at_mut_checked(factor_len).ok_or(Error::Shape)?;
        let l = rest.get_mut(..factor_len).ok_or(Error::Shape)?;
        let (columns, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
        let (rows, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
        let scratch = scratch
            .get_mut(..projection::block_scratch_len(class.left(), class.right()))
            .ok_or(Error::Shape)?;
        for i in 0..count {
            for j in 0..count {
                let rank = class.rank(i, j);
                let columns = columns.get_mut(..rank * b).ok_or(Error::Shape)?;
                let rows = rows.get_mut(..rank * b).ok_or(Error::Shape)?;
                projection::block(class, i, j, a, columns, rows, scratch)?;
                projection::place(class, i, j, columns, rows, l, r)?;
            }
        }
    }
    finish_start(shape, blocks, scratch)
}

/// The second half of [`start`], for callers who ran the blocks of the projection themselves, R into the first
/// factor and L into the second: polar factors of both, and the identity for all other factors.
///
/// # Errors
/// As [`project`].
pub fn finish_start<T: Real>(shape: Shape, blocks: &mut [T], scratch: &mut [T]) -> Result<(), Error> {
    check_length(shape.block_len(), blocks.len())?;
    check_length(scratch_len(shape), scratch.len())?;
    let b = shape.block();
    for (k, q) in blocks.chunks_exact_mut((b * b).max(1)).enumerate() {
        if k < 2 * shape.blocks() {
            let (m, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
            copy(m, q);
            polar(b, m, q, scratch)?;
        } else {
            q.fill(T::ZERO);
            q.iter_mut().step_by(b.saturating_add(1)).for_each(|x| *x = T::ONE);
        }
    }
    Ok(())
}

/// Copies as far as both reach.
#[inline(always)]
fn copy<T: Copy>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
}

fn check<T>(shape: Shape, a: &[T], blocks: &[T], scratch: &[T]) -> Result<(), Error> {
    if shape.dim().checked_mul(shape.dim()).is_none() {
        return Err(Error::Shape);
    }
    check_length(shape.dim() * shape.dim(), a.len())?;
    check_length(shape.block_len(), blocks.len())?;
    check_length(scratch_len(shape), scratch.len())
}

/// Every factor once, from the last to the first. Returns the overlap tr(QᵀA) after it: ‖Q − A‖² is
/// ‖A‖² + dim − 2·overlap.
///
/// Cost: `2·dim·block²` multiply-adds and `2·blocks` singular value decompositions for two factors. More factors add
/// `(3·factors − 6)·dim²·block` multiply-adds. `workspace`: [`workspace_len`]; `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`project`].
pub fn sweep<T: Real>(
    shape: Shape,
    a: &[T],
    blocks: &mut [T],
    workspace: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check(shape, a, blocks, scratch)?;
    check_length(workspace_len(shape), workspace.len())?;
    let last = shape.factors() - 1;
    if last == 0 {
        return half_step(shape, 0, None, a, blocks, scratch);
    }
    if last == 1 {
        half_step(shape, 1, Some(0), a, blocks, scratch)?;
        return half_step(shape, 0, Some(1), a, blocks, scratch);
    }
    // Between factors t + 1 and t: A with the other factors taken off on both sides.
    copy(workspace, a);
    for t in 0..last - 1 {
        take_right(shape, t, false, blocks, workspace, scratch);
    }
    half_step(shape, last, Some(last - 1), workspace, blocks, scratch)?;
    let mut overlap = half_step(shape, last - 1, Some(last), workspace, blocks, scratch)?;
    for t in (0..last - 1).rev() {
        take_left(shape, t + 2, blocks, workspace, scratch);
        take_right(shape, t, true, blocks, workspace, scratch);
        overlap = half_step(shape, t, Some(t + 1), workspace, blocks, scratch)?;
    }
    Ok(overlap)
}

/// The best blocks of `factor`, all else held. Returns the overlap after it.
///
/// `target` is A with the factors other than `factor` and `neighbour` taken off: A itself for two factors. `neighbour`
/// is the factor before or after, or `None` if there is one factor only.
///
/// # Errors
/// As [`project`]; [`Error::Setting`] if `factor` does not exist or `neighbour` is none of its neighbours.
pub fn half_step<T: Real>(
    shape: Shape,
    factor: usize,
    neighbour: Option<usize>,
    target: &[T],
    blocks: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check(shape, target, blocks, scratch)?;
    let b = shape.block();
    let (q, rest) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
    let mut overlap = T::ZERO;
    for j in 0..shape.blocks() {
        overlap += best_block(shape, factor, neighbour, j, target, blocks, q, rest)?;
        let start = (factor * shape.blocks() + j) * b * b;
        copy(blocks.get_mut(start..).unwrap_or_default(), q);
    }
    if overlap.is_finite() { Ok(overlap) } else { Err(Error::NotFinite) }
}

/// The part of [`half_step`] that finds block `j`, into `q`: blocks of a factor do not depend on each other. Returns
/// its part of the overlap. Cost: `block³` multiply-adds and a singular value decomposition. `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`half_step`].
#[allow(clippy::too_many_arguments)] // where, from what, to what
pub fn block<T: Real>(
    shape: Shape,
    factor: usize,
    neighbour: Option<usize>,
    j: usize,
    target: &[T],
    blocks: &[T],
    q: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    check(shape, target, blocks, scratch)?;
    check_length(shape.block() * shape.block(), q.len())?;
    best_block(shape, factor, neighbour, j, target, blocks, q, scratch)
}

#[allow(clippy::too_many_arguments)]
fn best_block<T: Real>(
    shape: Shape,
    factor: usize,
    neighbour: Option<usize>,
    j: usize,
    target: &[T],
    blocks: &[T],
    q: &mut [T],
    scratch: &mut [T],
) -> Result<T, Error> {
    let b = shape.block();
    if factor >= shape.factors() || j >= shape.blocks() {
        return Err(Error::Setting { name: "factor" });
    }
    let (m, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
    match neighbour {
        None => gather(shape, factor, j, target, m),
        // The neighbour acts before: M = A Fᵀ, whose columns mix columns of A.
        Some(other) if other + 1 == factor => mix(shape, [factor, other], j, target, blocks, m, false),
        // It acts after: M = Fᵀ A, whose rows mix rows of A.
        Some(other) if other == factor + 1 && other < shape.factors() => {
            mix(shape, [factor, other], j, target, blocks, m, true);
        }
        Some(_) => return Err(Error::Setting { name: "neighbour" }),
    }
    polar(b, m, q, scratch)
}

/// M: entries of the target where block `j` of the factor acts.
#[inline(always)]
fn gather<T: Real>(shape: Shape, factor: usize, j: usize, target: &[T], m: &mut [T]) {
    let (b, dim) = (shape.block(), shape.dim());
    let members = shape.addresses(factor).skip(j * b).take(b);
    for (out, row) in runs_mut(m, b).zip(members.clone()) {
        let row = target.get(row * dim..).unwrap_or_default();
        for (out, column) in out.iter_mut().zip(members.clone()) {
            *out = row.get(column).map_or(T::ZERO, |&x| x);
        }
    }
}

/// The place among the inputs of `factor` that is at this address: the shuffle, once for each factor before it.
#[inline(always)]
fn place(shape: Shape, factor: usize, address: usize) -> usize {
    let (block, blocks) = (shape.block(), shape.blocks().max(1));
    (0..factor).fold(address, |i, _| i % blocks * block + i / blocks)
}

/// M with the neighbour F taken off: for the members p and q of block `j`, M(p, q) is Σₖ A(p, k) F(q, k) over the block of
/// F that holds q; if `rows`, Σₖ F(k, p) A(k, q) over the one that holds p.
#[inline(always)]
fn mix<T: Real>(
    shape: Shape,
    [factor, other]: [usize; 2],
    j: usize,
    target: &[T],
    blocks: &[T],
    m: &mut [T],
    rows: bool,
) {
    let (b, dim) = (shape.block(), shape.dim());
    let members = shape.addresses(factor).skip(j * b).take(b);
    let others = blocks.get(other * shape.blocks() * b * b..).unwrap_or_default();
    m.fill(T::ZERO);
    for (p, member) in members.clone().enumerate() {
        // Place of the member among the inputs of the neighbour.
        let place = place(shape, other, member);
        let (block, within) = (place / b.max(1), place % b.max(1));
        let f = others.get(block * b * b..).unwrap_or_default();
        for (k, mixed) in shape.addresses(other).skip(block * b).take(b).enumerate() {
            if rows {
                let weight = f.get(k * b + within).map_or(T::ZERO, |&x| x);
                let row = target.get(mixed * dim..).unwrap_or_default();
                let out = m.get_mut(p * b..).unwrap_or_default();
                for (out, column) in out.iter_mut().zip(members.clone()) {
                    *out = out.mac(weight, row.get(column).map_or(T::ZERO, |&x| x));
                }
            } else {
                let weight = f.get(within * b + k).map_or(T::ZERO, |&x| x);
                let out = m.iter_mut().skip(p).step_by(b.max(1));
                for (out, row) in out.zip(members.clone()) {
                    *out = out.mac(weight, target.get(row * dim + mixed).map_or(T::ZERO, |&x| x));
                }
            }
        }
    }
}

/// The orthogonal matrix nearest to the square `m`, or one of them if `m` is singular; returns the sum of the singular
/// values, tr(QᵀM).
#[inline(always)]
fn polar<T: Real>(b: usize, m: &[T], q: &mut [T], scratch: &mut [T]) -> Result<T, Error> {
    let (u, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
    let (v, scratch) = scratch.split_at_mut_checked(b * b).ok_or(Error::Shape)?;
    let (s, scratch) = scratch.split_at_mut_checked(b).ok_or(Error::Shape)?;
    let scratch = scratch.get_mut(..svd::scratch_len(b, b)).ok_or(Error::Shape)?;
    svd::factor(b, b, m, u, s, v, scratch)?;
    product::matmul_nt(b, b, b, u, v, q)?;
    Ok(s.iter().fold(T::ZERO, |sum, &s| sum + s))
}

/// Every row x of the workspace to F x, or Fᵀ x: takes factor `t` off from the right, or puts it back.
fn take_right<T: Real>(
    shape: Shape,
    t: usize,
    transposed: bool,
    blocks: &[T],
    workspace: &mut [T],
    scratch: &mut [T],
) {
    for row in workspace.chunks_exact_mut(shape.dim().max(1)) {
        act(shape, t, transposed, blocks, row, scratch);
    }
}

/// Every column x of the workspace to Fᵀ x: takes factor `t` off from the left.
fn take_left<T: Real>(shape: Shape, t: usize, blocks: &[T], workspace: &mut [T], scratch: &mut [T]) {
    let dim = shape.dim().max(1);
    let Some((x, scratch)) = scratch.split_at_mut_checked(dim) else { return };
    for column in 0..dim {
        let entries = workspace.get(column..).unwrap_or_default().iter().step_by(dim);
        x.iter_mut().zip(entries).for_each(|(x, &entry)| *x = entry);
        act(shape, t, true, blocks, x, scratch);
        let entries = workspace.get_mut(column..).unwrap_or_default().iter_mut().step_by(dim);
        entries.zip(&*x).for_each(|(entry, &x)| *entry = x);
    }
}

/// x ← F x, or Fᵀ x, for factor `t`.
#[inline(always)]
fn act<T: Real>(shape: Shape, t: usize, transposed: bool, blocks: &[T], x: &mut [T], scratch: &mut [T]) {
    let b = shape.block();
    let factor = blocks.get(t * shape.blocks() * b * b..).unwrap_or_default();
    let (row_step, step) = if transposed { (1, b) } else { (b, 1) };
    let mut members = shape.addresses(t);
    let Some(held) = scratch.get_mut(..b) else { return };
    for block in factor.chunks_exact((b * b).max(1)).take(shape.blocks()) {
        let run = members.clone().take(b);
        for (held, member) in held.iter_mut().zip(members.by_ref()) {
            *held = x.get(member).map_or(T::ZERO, |&x| x);
        }
        for (i, member) in run.enumerate() {
            let row = block.get(i * row_step..).unwrap_or_default().iter().step_by(step.max(1));
            let sum = row.zip(&*held).fold(T::ZERO, |sum, (&q, &x)| sum.mac(q, x));
            if let Some(x) = x.get_mut(member) {
                *x = sum;
            }
        }
    }
}

/// ‖Q − A‖, column by column, without the cancellation of the overlap. Cost: `factors·dim²·block` multiply-adds.
/// `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`project`].
pub fn distance<T: Real>(shape: Shape, a: &[T], blocks: &[T], scratch: &mut [T]) -> Result<T, Error> {
    check(shape, a, blocks, scratch)?;
    let mut squares = T::ZERO;
    for column in 0..shape.dim() {
        squares += column_distance(shape, a, blocks, column, scratch)?;
    }
    Ok(squares.sqrt())
}

/// The part of [`distance`] that column `column` has, squared. `scratch`: [`scratch_len`].
///
/// # Errors
/// As [`project`].
pub fn column_distance<T: Real>(
    shape: Shape,
    a: &[T],
    blocks: &[T],
    column: usize,
    scratch: &mut [T],
) -> Result<T, Error> {
    check(shape, a, blocks, scratch)?;
    let (x, scratch) = scratch.split_at_mut_checked(shape.dim()).ok_or(Error::Shape)?;
    x.fill(T::ZERO);
    x.iter_mut().skip(column).take(1).for_each(|x| *x = T::ONE);
    for t in 0..shape.factors() {
        act(shape, t, false, blocks, x, scratch);
    }
    let entries = a.get(column..).unwrap_or_default().iter().step_by(shape.dim().max(1));
    let squares = x.iter().zip(entries).fold(T::ZERO, |sum, (&x, &a)| {
        let difference = x - a;
        sum.mac(difference, difference)
    });
    if squares.is_finite() { Ok(squares) } else { Err(Error::NotFinite) }
}
