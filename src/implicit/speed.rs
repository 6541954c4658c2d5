//! How fast gradient flow moves the residual, and how large a step may be.
//!
//! For N samples with features Φ (N × n) and small steps, the residual r = Φw − y obeys `dr/dt = −K r/N`. Explicit values
//! have `K = ΦΦᵀ`; implicit ones `K = Φ M⁻¹(I + D)M⁻ᵀΦᵀ` with `D_ii = η²·Σ_j P_ij²(w_j − (Pw)_i)²`. Full-batch steps are stable
//! up to 2N/λ_max(K). Along the residual that all samples share, `1ᵀK1/N ≥ 1/(1 − η)²` if features add up to one.

use crate::Real;
use crate::dense::{lu, svd};
use crate::runs::{runs, runs_mut};

use super::error::{Error, check_length};
use super::process::{Process, Work};

/// A factor B of the kernel, K = BBᵀ, `samples × n`: Φ M⁻¹(I + D)^½, from `features` (`samples × n`) and what
/// [`Process::values`] left, which needs factors, not iteration. One pseudo-action or more. Cost: n² multiply-adds a sample.
///
/// ```
/// use reparam::implicit::process::{Method, Process, Work};
/// use reparam::implicit::speed;
///
/// let process = Process::new(2, 1, 0.9, Method::Factors)?;
/// let (mut transitions, mut factors, mut numbers) = ([0.0f64; 8], [0.0; 4], [[0.0; 2]; 4]);
/// let [values, adjoint, spare @ ..] = &mut numbers;
/// let mut work = Work {
///     transitions: &mut transitions, factors: &mut factors, pivots: &mut [0; 2], taken: &mut [0; 2],
///     values, adjoint, spare: spare.as_flattened_mut(),
/// };
/// process.values(&[0.0; 4], &[0.0; 2], &mut work)?;
/// let mut b = [0.0; 4];
/// speed::kernel(&process, &[1.0, 0.0, 0.0, 1.0], &mut work, &mut b)?;
/// // The common error is corrected a hundred times as fast, and steps must be as much smaller.
/// assert!((speed::along(&b, &[1.0, 1.0], &mut [0.0; 2])? - 100.0).abs() < 1e-9);
/// let mut scratch = [0.0; speed::spectrum_scratch_len(2, 2)];
/// let largest = speed::spectrum(2, 2, &b, &mut scratch)?[0];
/// assert!((speed::largest_stable_step(2, largest) - 2.0 * 2.0 / 100.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Length`], [`Error::Size`]; [`Error::Setting`] for a process that iterates; [`Error::NotFinite`].
pub fn kernel<T: Real>(
    process: &Process<T>,
    features: &[T],
    work: &mut Work<'_, T>,
    b: &mut [T],
) -> Result<(), Error> {
    let n = process.states();
    if features.len() % n.max(1) != 0 {
        return Err(Error::Size);
    }
    check_length(features.len(), b.len())?;
    check_length(n, work.adjoint.len())?;
    if !process.has_factors() {
        return Err(Error::Setting { name: "method" });
    }
    // √(1 + D) of each state.
    let rows = runs(work.transitions.get(process.logits_len()..).unwrap_or_default(), n);
    for (root, row) in work.adjoint.iter_mut().zip(rows) {
        let next = row.iter().zip(&*work.values).fold(T::ZERO, |sum, (&p, &w)| sum.mac(p, w));
        let spread = row.iter().zip(&*work.values).fold(T::ZERO, |sum, (&p, &w)| {
            let off = p * (w - next);
            sum.mac(off, off)
        });
        *root = T::ONE.mac(process.eta() * process.eta(), spread).sqrt();
    }
    // A row of ΦM⁻¹ is the solution of Mᵀx = φ.
    for (from, to) in runs(features, n).zip(runs_mut(b, n)) {
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
        lu::solve_t(n, work.factors, work.pivots, to).map_err(|_| Error::NotFinite)?;
        to.iter_mut().zip(&*work.adjoint).for_each(|(to, &root)| *to *= root);
    }
    Ok(())
}

/// Speed of a direction of the residual, `rᵀKr/rᵀr`, from a factor B of K with r.len() rows. `scratch`: as long as a row.
///
/// # Errors
/// [`Error::Length`], [`Error::Size`]; [`Error::NotFinite`] also for r = 0.
pub fn along<T: Real>(b: &[T], r: &[T], scratch: &mut [T]) -> Result<T, Error> {
    if scratch.is_empty() || r.is_empty() {
        return Err(Error::Size);
    }
    check_length(r.len().checked_mul(scratch.len()).ok_or(Error::Size)?, b.len())?;
    scratch.fill(T::ZERO);
    let mut norm = T::ZERO;
    for (row, &r) in runs(b, scratch.len()).zip(r) {
        scratch.iter_mut().zip(row).for_each(|(s, &b)| *s = s.mac(r, b));
        norm = norm.mac(r, r);
    }
    let speed = scratch.iter().fold(T::ZERO, |sum, &s| sum.mac(s, s)) / norm;
    if speed.is_finite() { Ok(speed) } else { Err(Error::NotFinite) }
}

/// Length of the scratch of [`spectrum`].
pub const fn spectrum_scratch_len(samples: usize, n: usize) -> usize {
    let short = if samples < n { samples } else { n };
    short
        .saturating_mul(samples.saturating_add(n))
        .saturating_add(short)
        .saturating_add(svd::scratch_len(samples, n))
}

/// Eigenvalues of K = BBᵀ that are not zero by its shape, min(samples, n) of them, descending: squares of the singular values of
/// B. Cost: that of [`svd::factor`].
///
/// # Errors
/// [`Error::Length`], [`Error::NotFinite`], [`Error::NoConvergence`].
pub fn spectrum<'a, T: Real>(
    samples: usize,
    n: usize,
    b: &[T],
    scratch: &'a mut [T],
) -> Result<&'a [T], Error> {
    check_length(samples.checked_mul(n).ok_or(Error::Size)?, b.len())?;
    check_length(spectrum_scratch_len(samples, n), scratch.len())?;
    let short = samples.min(n);
    let (values, scratch) = scratch.split_at_mut_checked(short).ok_or(Error::Size)?;
    let (u, scratch) = scratch.split_at_mut_checked(samples.saturating_mul(short)).ok_or(Error::Size)?;
    let (v, scratch) = scratch.split_at_mut_checked(n.saturating_mul(short)).ok_or(Error::Size)?;
    svd::factor(samples, n, b, u, values, v, scratch).map_err(|error| match error {
        crate::dense::Error::NoConvergence => Error::NoConvergence,
        _ => Error::NotFinite,
    })?;
    values.iter_mut().for_each(|s| *s = *s * *s);
    Ok(values)
}

/// Full-batch steps on `½·mean` of `samples` errors are stable below this: 2N/λ_max.
pub fn largest_stable_step<T: Real>(samples: usize, largest_eigenvalue: T) -> T {
    T::TWO * T::from_usize(samples) / largest_eigenvalue
}
