//! The limit of small steps: mirror flow with the hyperbolic entropy.
//!
//! With β = u² − v², c = u·v constant, x = ln(u/v) and τ = γt, one weight of variance λ and target b follows
//! `dx/dτ = −4λ(2c·sinh x − b)`, which is `dβ/dτ = −4λ(β − b)√(β² + 4c²)` (Woodworth et al. 2020).

use crate::Real;

use super::error::{Error, check_length, check_not_negative, check_positive};

/// 2c·sinh x: the weight.
#[inline(always)]
pub fn weight<T: Real>(c: T, x: T) -> T {
    let e = x.exp();
    c * (e - e.recip())
}

/// Advances the coordinates `x` of all weights by `dtau` (Runge and Kutta's fourth-order method). Stable for `dtau` below
/// about `2.7/(4λ√(β² + 4c²))`. Cost: four exponentials a weight.
///
/// # Errors
/// [`Error::Length`]; [`Error::Setting`] unless `c` and `dtau` are positive and variances not negative;
/// [`Error::NotFinite`] if a coordinate would be infinite or NaN, as too long a step makes it. The weights before the one
/// at fault have moved, that one and those after it have not.
///
/// ```
/// use reparam::diagonal::flow;
///
/// let mut x = [0.0f64; 2];
/// for _ in 0..1000 {
///     flow::step(&[1.0; 2], &[3.0, 0.0], 0.09, 1e-3, &mut x)?;
/// }
/// assert!((flow::weight(0.09, x[0]) - 3.0).abs() < 1e-3 && x[1] == 0.0);
/// # Ok::<(), reparam::diagonal::Error>(())
/// ```
pub fn step<T: Real>(variances: &[T], targets: &[T], c: T, dtau: T, x: &mut [T]) -> Result<(), Error> {
    check_length(x.len(), variances.len())?;
    check_length(x.len(), targets.len())?;
    check_positive(c, "c")?;
    check_positive(dtau, "dtau")?;
    let (half, sixth) = (T::HALF * dtau, dtau / T::from_f32(6.0));
    for ((x, &variance), &target) in x.iter_mut().zip(variances).zip(targets) {
        check_not_negative(variance, "variances")?;
        let rate = |x: T| -T::from_f32(4.0) * variance * (weight(c, x) - target);
        let first = rate(*x);
        let second = rate(x.mac(half, first));
        let third = rate(x.mac(half, second));
        let fourth = rate(x.mac(dtau, third));
        let next = x.mac(sixth, first + T::TWO * (second + third) + fourth);
        if !next.is_finite() {
            return Err(Error::NotFinite);
        }
        *x = next;
    }
    Ok(())
}
