//! The linear ancestor: stochastic gradients for least squares, without a product.
//!
//! With β = w itself the risk solves a Volterra equation of the second kind,
//!
//! ```text
//! Ψ(t) = F(γt) + ∫₀ᵗ K(t − s) Ψ(s) ds,   F(s) = σ²/2 + ½ mean(λ e^(−2sλ) c²),   K(t) = γ² mean(λ² e^(−2γtλ))
//! ```
//!
//! means over the eigenvalues λ of the covariance, c the components of the start along its eigenvectors, scaled so that
//! mean(c²) is the squared distance to the target (Paquette, Lee, Pedregosa and Paquette 2021; Collins-Woodfin,
//! Paquette, Paquette and Seroussi 2024). Here Ψ contains the noise: Ψ − σ²/2 is the excess risk.

use crate::Real;

use super::error::{Error, check_length, check_not_negative, check_positive};

/// A direction of the problem.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Direction<T> {
    /// λ: variance of the samples along it.
    pub eigenvalue: T,
    /// c²: squared distance of start and target along it.
    pub squared_distance: T,
}

/// Ψ at the times 0, h, 2h, … of `risk`, by the trapezoidal rule: second order in `h`.
///
/// Cost: two exponentials a direction and time, n²/2 multiply-adds for n times. `kernel`: scratch of the length of
/// `risk`.
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`]; [`Error::Setting`] if a setting is out of range, or if `h` is too long for the kernel;
/// [`Error::NotFinite`] if Ψ overflows.
///
/// ```
/// use reparam::diagonal::volterra::{Direction, solve};
///
/// // Isotropic: Ψ' = −2γ(Ψ − σ²/2) + γ²Ψ, so without noise Ψ falls as e^(−γ(2 − γ)t).
/// let (mut risk, mut kernel) = ([0.0f64; 201], [0.0; 201]);
/// let directions = [Direction { eigenvalue: 1.0, squared_distance: 1.0 }];
/// solve(&directions, 0.5, 0.0, 0.01, &mut risk, &mut kernel)?;
/// assert!((risk[200] / (0.5 * (-1.5f64).exp()) - 1.0).abs() < 1e-4);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn solve<T: Real>(
    directions: &[Direction<T>],
    step: T,
    noise_variance: T,
    h: T,
    risk: &mut [T],
    kernel: &mut [T],
) -> Result<(), Error> {
    check_length(risk.len(), kernel.len())?;
    if directions.is_empty() || risk.is_empty() {
        return Err(Error::Empty);
    }
    check_positive(step, "step")?;
    check_positive(h, "h")?;
    check_not_negative(noise_variance, "noise_variance")?;
    for direction in directions {
        check_not_negative(direction.eigenvalue, "eigenvalue")?;
        check_not_negative(direction.squared_distance, "squared_distance")?;
    }
    let share = T::from_usize(directions.len()).recip();
    for (k, (risk, kernel)) in risk.iter_mut().zip(&mut *kernel).enumerate() {
        let time = T::from_usize(k) * h;
        let (mut forcing, mut memory) = (T::ZERO, T::ZERO);
        for direction in directions {
            let decayed = direction.eigenvalue * (-T::TWO * step * time * direction.eigenvalue).exp();
            forcing = forcing.mac(decayed, direction.squared_distance);
            memory = memory.mac(decayed, direction.eigenvalue);
        }
        *risk = T::HALF * (noise_variance + share * forcing);
        *kernel = step * step * share * memory;
    }
    if !risk.first().copied().unwrap_or_default().is_finite() {
        return Err(Error::NotFinite);
    }
    let half = T::HALF * h;
    let first = kernel.first().copied().unwrap_or_default();
    let own = T::ONE - half * first;
    if own <= T::ZERO || !own.is_finite() {
        return Err(Error::Setting { name: "h" });
    }
    for k in 1..risk.len() {
        let Some((past, rest)) = risk.split_at_mut_checked(k) else { break };
        let Some(now) = rest.first_mut() else { break };
        // Trapezoids: the oldest value counts half, the one sought for half on the other side.
        let oldest = past.first().copied().unwrap_or_default();
        let far = kernel.get(k).copied().unwrap_or_default();
        let between = past.iter().skip(1).zip(kernel.iter().take(k).rev());
        let sum = between.fold(T::HALF * far * oldest, |sum, (&past, &kernel)| sum.mac(past, kernel));
        *now = now.mac(h, sum) / own;
        if !now.is_finite() {
            return Err(Error::NotFinite);
        }
    }
    Ok(())
}
