//! One sample, one step: blocks that learn from a stream, without a solve and without trigonometry.
//!
//! A block with input `s`, output `p = Q s` and gradient `g` at its output has the gradient `g sᵀ`, and the Cayley map
//! of the descent direction that this gives on the rotations is a matrix of rank two, in closed form. With
//! `w = Qᵀ g`, which the backward pass computes anyway, and `α = η/2`:
//!
//! ```text
//! Q ← Q·(I + K)(I − K)⁻¹,  K = α (s wᵀ − w sᵀ)
//!   = Q + u wᵀ + v sᵀ,     κ = 2/(1 + α²(|w|²|s|² − (w·s)²))
//!                          u = κ(α p + α²((w·s) p − |s|² g))
//!                          v = κ(−α g + α²((w·s) g − |w|² p))
//! ```
//!
//! The identity behind it is that of Sherman, Morrison and Woodbury; curvilinear search on orthogonal matrices goes
//! the same way (Wen and Yin, *A feasible method for optimization with orthogonality constraints*, 2013).
//!
//! Rounding errors of many steps add up. A [`DriftGuard`](super::DriftGuard) says when to call
//! [`cayley::refine`](super::cayley::refine).

use super::apply::{WIDTH, factors_mut, for_columns};
use super::backward::pull_back;
use super::error::{Error, check_length};
use super::place::{self, Places, Visit};
use super::shape::Shape;
use crate::Real;
use crate::runs::runs_mut;

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Rate<T> {
    /// η itself.
    Fixed(T),
    /// `η/(offset + |x|²)`, as in the normalized least mean squares filter: the size of the input does not matter. An
    /// offset as large as the noise in `|x|²` keeps steps small where there is no signal. 0 is allowed: an input
    /// of zero then changes nothing.
    Normalized {
        /// η: 1 takes all of the error of one sample away, smaller ones average over more.
        eta: T,
        /// Added to `|x|²`.
        offset: T,
    },
}

impl<T: Real> Rate<T> {
    /// α = η/2 for an input of squared length `square`.
    #[inline(always)]
    fn half(self, square: T) -> Result<T, Error> {
        let eta = match self {
            Self::Fixed(eta) | Self::Normalized { eta, .. } => eta,
        };
        if !(eta.is_finite() && eta >= T::ZERO) {
            return Err(Error::Setting { name: "eta" });
        }
        let Self::Normalized { offset, .. } = self else { return Ok(T::HALF * eta) };
        if !(offset.is_finite() && offset >= T::ZERO) {
            return Err(Error::Setting { name: "offset" });
        }
        let divisor = offset + square;
        Ok(if divisor >= T::MIN_POSITIVE { T::HALF * eta / divisor } else { T::ZERO })
    }
}

/// The update of one orthogonal `b` × `b` block `q` by its input `s`, its output `p = Q s`, the gradient `g` at the
/// output and `w = Qᵀ g`. Cost: `2·b²` multiply-adds and a division.
///
/// # Errors
/// [`Error::Shape`] for b = 0; [`Error::Length`]; [`Error::Setting`] if `eta` is negative, infinite or NaN;
/// [`Error::NotFinite`] if `η²·|p|²·|g|²` is not finite. `q` is then as it was.
///
/// ```
/// use reparam::group_shuffle::online;
///
/// // f(p) = |p − t|²/2 with t at a right angle to p: the block turns towards it.
/// let (mut q, s, t) = ([1.0f64, 0.0, 0.0, 1.0], [1.0, 0.0], [0.0, 1.0]);
/// let (p, g) = (s, [s[0] - t[0], s[1] - t[1]]);
/// online::rank_two(2, &mut q, &s, &p, &g, &g, 1.0)?;
/// assert!(q.iter().zip([0.6, -0.8, 0.8, 0.6]).all(|(q, turned)| (q - turned).abs() < 1e-15));
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn rank_two<T: Real>(
    b: usize,
    q: &mut [T],
    s: &[T],
    p: &[T],
    g: &[T],
    w: &[T],
    eta: T,
) -> Result<(), Error> {
    if b == 0 {
        return Err(Error::Shape);
    }
    check_length(b.checked_mul(b).ok_or(Error::Shape)?, q.len())?;
    for x in [s, p, g, w] {
        check_length(b, x.len())?;
    }
    let alpha = Rate::Fixed(eta).half(T::ONE)?;
    let finite = |x: &[T]| x.iter().all(|x| x.is_finite());
    if !(finite(s) && finite(w)) {
        return Err(Error::NotFinite);
    }
    let weights = Weights::new(alpha, p, g).ok_or(Error::NotFinite)?;
    weights.turn::<WIDTH>(b, q, [s, w], [p, g]);
    Ok(())
}

/// `u = a p − b g`, `v = c g − d p`.
#[derive(Clone, Copy)]
struct Weights<T> {
    a: T,
    b: T,
    c: T,
    d: T,
}

impl<T: Real> Weights<T> {
    /// `None` if α²|p|²|g|² is not finite.
    ///
    /// `p` and `g` have the lengths of `s` and `w` and the angle between them. With `s = Qᵀ p` and `w = Qᵀ g` the step
    /// is then a rotation times Q even if Q itself is not quite orthogonal: errors add up, but do not grow.
    #[inline(always)]
    fn new(alpha: T, p: &[T], g: &[T]) -> Option<Self> {
        let (mut pp, mut gg, mut pg) = (T::ZERO, T::ZERO, T::ZERO);
        for (&p, &g) in p.iter().zip(g) {
            (pp, gg, pg) = (pp.mac(p, p), gg.mac(g, g), pg.mac(p, g));
        }
        let (pp, gg, pg) = (alpha * pp, alpha * gg, alpha * pg);
        let product = pp * gg;
        // Not negative but for rounding.
        let det = product.mac(-pg, pg).max(T::ZERO);
        let kappa = (alpha + alpha) / (T::ONE + det);
        let weights = Self { a: kappa.mac(kappa, pg), b: kappa * pp, c: kappa * pg - kappa, d: kappa * gg };
        (product + weights.a + weights.b + weights.c + weights.d).is_finite().then_some(weights)
    }

    /// `Q ← Q + u wᵀ + v sᵀ`.
    #[inline(always)]
    fn turn<const W: usize>(self, b: usize, q: &mut [T], inputs: [&[T]; 2], outputs: [&[T]; 2]) {
        for_columns!(b, first => self.turn_columns::<W>(b, q, first, inputs, outputs));
    }

    /// [`turn`](Self::turn) in the `N` columns from `first`.
    #[inline(always)]
    fn turn_columns<const N: usize>(
        self,
        b: usize,
        q: &mut [T],
        first: usize,
        [s, w]: [&[T]; 2],
        [p, g]: [&[T]; 2],
    ) {
        let columns = |x: &[T]| x.get(first..).and_then(<[T]>::first_chunk::<N>).copied();
        let (Some(s), Some(w)) = (columns(s), columns(w)) else { return };
        for ((row, &p), &g) in runs_mut(q, b).zip(p).zip(g) {
            let (u, v) = ((self.a * p).mac(-self.b, g), (self.c * g).mac(-self.d, p));
            if let Some(row) = row.get_mut(first..).and_then(<[T]>::first_chunk_mut::<N>) {
                for ((q, &s), &w) in row.iter_mut().zip(&s).zip(&w) {
                    *q = q.mac(u, w).mac(v, s);
                }
            }
        }
    }
}

/// Length of the scratch of [`step`].
pub const fn scratch_len(shape: Shape) -> usize {
    4 * shape.block()
}

/// One step of all blocks, after [`apply`](super::apply::apply) made `y = Q x` and the caller the gradient `g` with
/// respect to `y`.
///
/// Goes backward through the factors: `y` becomes `x` and `g` becomes `Qᵀ g`, the gradient with respect to `x`, both
/// with the blocks as they were before; each block moves by [`rank_two`]. Nothing is stored between the factors. Cost:
/// `4·factors·dim·block` multiply-adds, a division a block. `scratch`: [`scratch_len`].
///
/// The blocks must be orthogonal. Rounding adds to their error about `1 + α²|x|²|g|²` roundings a step.
///
/// # Errors
/// [`Error::Length`]; [`Error::Setting`]; [`Error::NotFinite`] if an entry of `y` or `g` is infinite or NaN, or if
/// `α²|x|²`, `α²|g|²` or `α²|x|²|g|²` leaves the range of the scalar. `blocks`, `y` and `g` are then as they were, but
/// for blocks that were not orthogonal: then only the blocks that made numbers too large are.
///
/// ```
/// use reparam::group_shuffle::online::{self, Rate};
/// use reparam::group_shuffle::{Shape, apply};
///
/// // Learns a quarter turn of each number with the one two places on.
/// let shape = Shape::new(2, 2, 2)?;
/// let mut blocks = [[1.0, 0.0, 0.0, 1.0]; 4];
/// let (mut scratch, rate) = ([0.0; 8], Rate::Normalized { eta: 0.5, offset: 0.0 });
/// let mut error = 0.0;
/// for k in 0..200 {
///     let x: [f64; 4] = core::array::from_fn(|i| if i == k % 4 { 1.0 } else { 0.25 });
///     let mut y = x;
///     apply::apply(shape, blocks.as_flattened(), &mut y, &mut scratch[..2])?;
///     let mut g = [y[0] - x[2], y[1] - x[3], y[2] + x[0], y[3] + x[1]];
///     error = g.iter().fold(0.0, |sum, g| sum + g * g);
///     online::step(shape, blocks.as_flattened_mut(), &mut y, &mut g, rate, &mut scratch)?;
/// }
/// assert!(error < 1e-12);
/// # Ok::<(), reparam::group_shuffle::Error>(())
/// ```
pub fn step<T: Real>(
    shape: Shape,
    blocks: &mut [T],
    y: &mut [T],
    g: &mut [T],
    rate: Rate<T>,
    scratch: &mut [T],
) -> Result<(), Error> {
    check_length(shape.block_len(), blocks.len())?;
    check_length(shape.dim(), y.len())?;
    check_length(shape.dim(), g.len())?;
    check_length(scratch_len(shape), scratch.len())?;
    let (outputs, inputs) = scratch.split_at_mut_checked(2 * shape.block()).unwrap_or_default();
    let (p, g_output) = outputs.split_at_mut_checked(shape.block()).unwrap_or_default();
    let (s, w) = inputs.split_at_mut_checked(shape.block()).unwrap_or_default();
    step_kernel::<T, WIDTH>(shape, blocks, y, g, rate, [p, g_output, s, w])
}

/// [`step_kernel`] for a block size that the compiler knows.
#[inline(always)]
pub(super) fn step_fixed<T: Real, const B: usize>(
    shape: Shape,
    blocks: &mut [T],
    y: &mut [T],
    g: &mut [T],
    rate: Rate<T>,
) -> Result<(), Error> {
    let kernel = if B <= WIDTH { step_kernel::<T, B> } else { step_kernel::<T, WIDTH> };
    let (mut p, mut g_output, mut s, mut w) = ([T::ZERO; B], [T::ZERO; B], [T::ZERO; B], [T::ZERO; B]);
    kernel(shape, blocks, y, g, rate, [&mut p, &mut g_output, &mut s, &mut w])
}

#[inline(always)]
fn step_kernel<T: Real, const W: usize>(
    shape: Shape,
    blocks: &mut [T],
    y: &mut [T],
    g: &mut [T],
    rate: Rate<T>,
    scratch: [&mut [T]; 4],
) -> Result<(), Error> {
    let (mut yy, mut gg) = (T::ZERO, T::ZERO);
    for (&y, &g) in y.iter().zip(&*g) {
        (yy, gg) = (yy.mac(y, y), gg.mac(g, g));
    }
    let alpha = rate.half(yy)?;
    // No block has a longer input or a longer gradient. Twice as long, for what orthogonality lacks.
    let twice = alpha + alpha;
    let (yy, gg) = (twice * yy, twice * gg);
    if !(twice * yy + twice * gg + (yy + yy) * (gg + gg)).is_finite() {
        return Err(Error::NotFinite);
    }
    let [p, g_output, s, w] = scratch;
    let mut pass = Step::<T, W> { b: shape.block(), alpha, y, g, p, g_output, s, w, failed: false };
    place::backward(shape, factors_mut(shape, blocks), &mut pass);
    if pass.failed { Err(Error::NotFinite) } else { Ok(()) }
}

struct Step<'a, T, const W: usize> {
    b: usize,
    alpha: T,
    y: &'a mut [T],
    g: &'a mut [T],
    p: &'a mut [T],
    g_output: &'a mut [T],
    s: &'a mut [T],
    w: &'a mut [T],
    failed: bool,
}

impl<T: Real, const W: usize> Visit<&mut [T]> for Step<'_, T, W> {
    #[inline(always)]
    fn block(&mut self, block: &mut [T], places: impl Places) {
        places.load(self.y, self.p);
        places.load(self.g, self.g_output);
        for_columns!(self.b, first => self.pull_back::<W>(block, first, places));
        match Weights::new(self.alpha, self.p, self.g_output) {
            Some(weights) => weights.turn::<W>(self.b, block, [self.s, self.w], [self.p, self.g_output]),
            // Bounds on the whole vectors were checked: this block is not orthogonal.
            None => self.failed = true,
        }
    }
}

impl<T: Real, const W: usize> Step<'_, T, W> {
    /// The inputs of the block and their gradients, to the scratch and to their places.
    #[inline(always)]
    fn pull_back<const N: usize>(&mut self, block: &[T], first: usize, places: impl Places) {
        let (s, w) = pull_back::<T, N>(self.b, block, first, self.p, self.g_output);
        places.zip(self.y, first, s.iter(), |y, &s| *y = s);
        places.zip(self.g, first, w.iter(), |g, &w| *g = w);
        for (all, some) in [(&mut *self.s, s), (&mut *self.w, w)] {
            if let Some(all) = all.get_mut(first..).and_then(<[T]>::first_chunk_mut::<N>) {
                *all = some;
            }
        }
    }
}
