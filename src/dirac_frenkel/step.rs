//! Steps in time.

use crate::Real;
use crate::dense::add_scaled;

use super::error::{Error, check_length};
use super::velocity::{Flow, Stage};

/// What momentum is a mean of in [`rk4`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Form {
    /// Displacements `hₛ η̄ₛ` with the stage's own step h, h/2, h/2, h, divided by it again, as published (appendix E). A constant
    /// velocity is injected with a gain of up to 5/4.
    #[default]
    Published,
    /// Velocities η̄ₛ: gain 1.
    Velocity,
}

/// Length of the scratch of [`euler`].
pub const fn euler_scratch_len(weights: usize) -> usize {
    weights.saturating_mul(2)
}

/// Length of the scratch of [`rk4`].
pub const fn rk4_scratch_len(weights: usize) -> usize {
    weights.saturating_mul(4)
}

/// θ ← θ + dt·θ̇: Euler's method for the weights, implicit for the momentum (algorithm 1) with
/// [`Momentum::relaxing`](super::Momentum::relaxing).
///
/// One velocity. `scratch`: [`euler_scratch_len`]. `momentum`: zeros at the start, or a velocity that is known to be right.
///
/// # Errors
/// [`Error::Length`]; [`Error::Setting`] unless `dt` is positive and finite; those of the flow; [`Error::NotFinite`]. `theta` and `momentum`
/// are then as before.
pub fn euler<T: Real>(
    flow: &mut impl Flow<T>,
    theta: &mut [T],
    momentum: &mut [T],
    t: T,
    dt: T,
    scratch: &mut [T],
) -> Result<Stage<T>, Error> {
    check(flow, theta, momentum, dt)?;
    flow.begin();
    check_length(euler_scratch_len(theta.len()), scratch.len())?;
    let (velocity, taken_up) = scratch.split_at_mut_checked(theta.len()).ok_or(Error::Size)?;
    taken_up.copy_from(momentum);
    let stage = flow.velocity(theta, t, None, taken_up, velocity)?;
    check_moved(theta, dt, velocity)?;
    add_scaled(theta, dt, velocity);
    momentum.copy_from(taken_up);
    Ok(stage)
}

/// The classical Runge-Kutta method; momentum goes through the stages. Where it acts it is of first order.
///
/// Four velocities. `scratch`: [`rk4_scratch_len`].
///
/// # Errors
/// As [`euler`].
pub fn rk4<T: Real>(
    flow: &mut impl Flow<T>,
    form: Form,
    theta: &mut [T],
    momentum: &mut [T],
    t: T,
    dt: T,
    scratch: &mut [T],
) -> Result<[Stage<T>; 4], Error> {
    check(flow, theta, momentum, dt)?;
    flow.begin();
    let n = theta.len();
    check_length(rk4_scratch_len(n), scratch.len())?;
    let (velocity, rest) = scratch.split_at_mut_checked(n).ok_or(Error::Size)?;
    let (taken_up, rest) = rest.split_at_mut_checked(n).ok_or(Error::Size)?;
    let (place, sum) = rest.split_at_mut_checked(n).ok_or(Error::Size)?;
    taken_up.copy_from(momentum);
    place.copy_from(theta);
    sum.fill(T::ZERO);
    let half = T::HALF * dt;
    // When, step of the stage, weight in the sum, and step to the place of the next stage.
    let plan = [
        (t, dt, T::ONE, half),
        (t + half, half, T::TWO, half),
        (t + half, half, T::TWO, dt),
        (t + dt, dt, T::ONE, T::ZERO),
    ];
    let mut stages = [Stage::default(); 4];
    for (stage, (time, h, weight, to_next)) in stages.iter_mut().zip(plan) {
        let h = matches!(form, Form::Published).then_some(h);
        *stage = flow.velocity(place, time, h, taken_up, velocity)?;
        add_scaled(sum, weight, velocity);
        place.copy_from(theta);
        add_scaled(place, to_next, velocity);
    }
    let sixth = dt / T::from_usize(6);
    check_moved(theta, sixth, sum)?;
    add_scaled(theta, sixth, sum);
    momentum.copy_from(taken_up);
    Ok(stages)
}

fn check<T: Real>(flow: &impl Flow<T>, theta: &[T], momentum: &[T], dt: T) -> Result<(), Error> {
    check_length(flow.weights(), theta.len())?;
    check_length(theta.len(), momentum.len())?;
    if !(dt > T::ZERO && dt.is_finite()) {
        return Err(Error::Setting { name: "dt" });
    }
    if theta.iter().chain(momentum).all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

fn check_moved<T: Real>(theta: &[T], dt: T, velocity: &[T]) -> Result<(), Error> {
    let finite = theta.iter().zip(velocity).all(|(&theta, &v)| theta.mac(dt, v).is_finite());
    if finite { Ok(()) } else { Err(Error::NotFinite) }
}

/// A copy between slices of one length, without a panic if they are not.
trait CopyFrom<T> {
    fn copy_from(&mut self, source: &[T]);
}

impl<T: Copy> CopyFrom<T> for [T] {
    #[inline(always)]
    fn copy_from(&mut self, source: &[T]) {
        self.iter_mut().zip(source).for_each(|(to, &from)| *to = from);
    }
}
