//! Moments of the return of a policy.
//!
//! Expectations that a finite backward recursion can compute, undiscounted, are those of `zᵏ·e^(lz)` (Marthe et al.
//! 2023, after Rowland et al. 2019). [`raw`] computes them for k = 0..=order. Raw moments grow like (H·r)ᵏ: the variance
//! from them loses twice as many digits as the mean has more than the deviation. [`central`] carries mean, variance and
//! third central moment themselves.

use crate::Real;

use super::error::Error;
use super::model::Model;
use super::policy::Policy;
use super::walk::{Buffers, follow};

/// Length of the scratch of [`raw`].
pub const fn raw_scratch_len(states: usize, order: usize) -> usize {
    states.saturating_mul(2).saturating_mul(order.saturating_add(1))
}

/// `E[Zᵏ·e^(lZ)]` of each state for k = 0..=`order`: `states × (order + 1)`. Cost per edge: an exponential and
/// (order + 1)(order + 2)/2 steps.
///
/// ```
/// use reparam::horizon::model::ByEdge;
/// use reparam::horizon::{Sparse, moments};
///
/// // A coin that pays 1 for heads, ten times.
/// let coin = Sparse::new(1, 1, &[0u8, 2], &[0u8, 0], &[0.5, 0.5], ByEdge(&[0i8, 1]))?;
/// let mut scratch = [0.0f64; moments::raw_scratch_len(1, 2)];
/// let raw = moments::raw(&coin, 10, &|_, _| 0, 0.0, 2, &mut scratch)?;
/// assert_eq!(raw, [1.0, 5.0, 27.5]);
///
/// let mut scratch = [0.0f64; moments::central_scratch_len(1)];
/// assert_eq!(moments::central(&coin, 10, &|_, _| 0, &mut scratch)?, [5.0, 2.5, 0.0]);
/// # Ok::<(), reparam::horizon::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`], [`Error::Size`], [`Error::Setting`] for an infinite or NaN tilt; [`Error::Unavailable`],
/// [`Error::NotFinite`].
pub fn raw<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
    tilt: T,
    order: usize,
    scratch: &'a mut [T],
) -> Result<&'a [T], Error> {
    if !tilt.is_finite() {
        return Err(Error::Setting { name: "tilt" });
    }
    let width = order.checked_add(1).ok_or(Error::Size)?;
    let mut buffers = Buffers::new(model.states(), width, scratch)?;
    buffers.start(|moments| {
        moments.iter_mut().enumerate().for_each(|(k, m)| *m = T::from_usize(usize::from(k == 0)))
    });
    let moments = buffers.walk(horizon, |stage, state, next, moments| {
        moments.fill(T::ZERO);
        for edge in follow(model, policy, stage, state)? {
            let after = next.of(edge.next);
            let weight = edge.probability * (tilt * edge.reward).exp();
            for (k, moment) in moments.iter_mut().enumerate() {
                // Binomial coefficient of k and j, times r^(k − j), from j = k down.
                let (mut term, mut sum) = (T::ONE, T::ZERO);
                for (j, &after) in after.iter().enumerate().take(k.saturating_add(1)).rev() {
                    sum = sum.mac(term, after);
                    term = term * edge.reward * T::from_usize(j)
                        / T::from_usize(k.saturating_sub(j).saturating_add(1));
                }
                *moment = moment.mac(weight, sum);
            }
        }
        finite(moments, stage, state)
    })?;
    Ok(moments)
}

/// Length of the scratch of [`central`].
pub const fn central_scratch_len(states: usize) -> usize {
    states.saturating_mul(6)
}

/// Mean, variance and third central moment of each state: `states × 3`. Cost: two visits of each edge, about eight
/// multiply-adds.
///
/// # Errors
/// [`Error::Length`], [`Error::Size`]; [`Error::Unavailable`], [`Error::NotFinite`].
pub fn central<'a, T: Real>(
    model: &impl Model<T>,
    horizon: usize,
    policy: &impl Policy,
    scratch: &'a mut [T],
) -> Result<&'a [T], Error> {
    let mut buffers = Buffers::new(model.states(), 3, scratch)?;
    buffers.start(|moments| moments.fill(T::ZERO));
    let moments = buffers.walk(horizon, |stage, state, next, moments| {
        let of = |next_state| match next.of(next_state) {
            &[mean, variance, third] => [mean, variance, third],
            _ => [T::NAN; 3],
        };
        let mut mean = T::ZERO;
        for edge in follow(model, policy, stage, state)? {
            mean = mean.mac(edge.probability, edge.reward + of(edge.next)[0]);
        }
        // Law of total cumulants: the moments of a mixture about its own mean.
        let (mut variance, mut third) = (T::ZERO, T::ZERO);
        for edge in follow(model, policy, stage, state)? {
            let [after, spread, skew] = of(edge.next);
            let off = edge.reward + after - mean;
            variance = variance.mac(edge.probability, spread.mac(off, off));
            third = third.mac(edge.probability, skew.mac(off, (spread + spread + spread).mac(off, off)));
        }
        moments.iter_mut().zip([mean, variance, third]).for_each(|(to, from)| *to = from);
        finite(moments, stage, state)
    })?;
    Ok(moments)
}

fn finite<T: Real>(numbers: &[T], stage: usize, state: usize) -> Result<(), Error> {
    if numbers.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite { stage, state }) }
}
