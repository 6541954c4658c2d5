use reparam::diagonal::filter::{push, window};
use reparam::diagonal::rule::{
    self, Difference, Exponentiated, Floored, HyperbolicEntropy, Linear, Product, Proportionate, Rule,
};
use reparam::diagonal::{Step, step};

use crate::Status;
use crate::memory::{optional, reference, slice, slice_mut};
use crate::status::status;

/// Weight u v, a pull by h makes it (u + h v) (v + h u): the diagonal linear network.
pub const REPARAM_DIAGONAL_PRODUCT: u32 = 0;
/// Weight u^2 - v^2, u (1 + 2h), v (1 - 2h): the same network in rotated coordinates.
pub const REPARAM_DIAGONAL_DIFFERENCE: u32 = 1;
/// The same, u and v not below `setting` > 0: it does not freeze.
pub const REPARAM_DIAGONAL_FLOORED: u32 = 2;
/// Weight u^2 - v^2, u exp(2h), v exp(-2h): EG+-.
pub const REPARAM_DIAGONAL_EXPONENTIATED: u32 = 3;
/// Weight u, which moves by h sqrt(u^2 + setting^2). v is unused.
pub const REPARAM_DIAGONAL_HYPERBOLIC_ENTROPY: u32 = 4;
/// Weight u, which moves by h: LMS and NLMS. v is unused.
pub const REPARAM_DIAGONAL_LINEAR: u32 = 5;
/// Weight u, which moves in proportion to its share of all: IPNLMS. `setting` is the proportion in [-1, 1),
/// `regularization` > 0 is small beside the sum of all |u|. v is unused.
pub const REPARAM_DIAGONAL_PROPORTIONATE: u32 = 6;

/// Does `$body` with the rule that the caller described, `$u` and `$v` being the numbers of all weights.
macro_rules! with_rule {
    ($t:ident, $described:expr, $u:expr, $v:expr, |$name:ident| $body:expr) => {{
        let described = $described;
        match described.kind {
            REPARAM_DIAGONAL_PRODUCT => {
                let $name = &mut Product;
                $body
            }
            REPARAM_DIAGONAL_DIFFERENCE => {
                let $name = &mut Difference;
                $body
            }
            REPARAM_DIAGONAL_FLOORED => {
                let $name = &mut Floored::new(described.setting)?;
                $body
            }
            REPARAM_DIAGONAL_EXPONENTIATED => {
                let $name = &mut Exponentiated;
                $body
            }
            REPARAM_DIAGONAL_HYPERBOLIC_ENTROPY => {
                let $name = &mut HyperbolicEntropy::new(described.setting)?;
                $body
            }
            REPARAM_DIAGONAL_LINEAR => {
                let $name = &mut Linear;
                $body
            }
            REPARAM_DIAGONAL_PROPORTIONATE => {
                let $name = &mut Proportionate::new($u.len(), described.setting, described.regularization)?;
                Rule::<$t>::observe($name, $u, $v);
                $body
            }
            _ => Err(Status::Setting),
        }
    }};
}

macro_rules! diagonal {
    ($t:ident: $rule:ident, $filter:ident, $init:ident, $filter_step:ident, $predict:ident, $weights:ident, $step:ident,
     $normalized:ident, $from_weight:ident, $to_product:ident, $to_difference:ident, $stability_limit:ident) => {
        /// How a weight is written as two numbers u and v, and moved.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $rule {
            /// One of REPARAM_DIAGONAL_...
            pub kind: u32,
            /// Floor, scale or proportion; 0 where the kind has none.
            pub setting: $t,
            /// Of the sum of REPARAM_DIAGONAL_PROPORTIONATE; else 0.
            pub regularization: $t,
        }

        /// An adaptive filter. Its taps and its delay line are arrays of the caller.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $filter {
            /// How taps move.
            pub rule: $rule,
            /// Share of the error that a step removes, in (0, 2).
            pub rate: $t,
            /// Bounds the step on silent input.
            pub regularization: $t,
            /// Length of the response in samples.
            pub taps: usize,
            /// Place of the last input in the delay line: not for use.
            pub position: usize,
        }

        impl $filter {
            fn size(&self) -> Step<$t> {
                Step::Normalized { rate: self.rate, regularization: self.regularization }
            }

            /// Takes an input into the delay line, 0 in place of one that is not finite.
            fn hear<'a>(&mut self, delay: &'a mut [$t], input: $t) -> Result<&'a [$t], Status> {
                let finite = input.is_finite();
                self.position = push(delay, self.position, if finite { input } else { 0.0 });
                if !finite {
                    return Err(Status::NotFinite);
                }
                let last = window(delay, self.position, self.taps);
                // Shorter for a place that no delay line has.
                if last.len() == self.taps { Ok(last) } else { Err(Status::Size) }
            }
        }

        /// Starts a filter whose fields but `position` are set: every tap at (u0, v0), silence before. `u` and `v` have
        /// `taps` elements, `delay` has `2 * taps`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $init(
            filter: *mut $filter,
            u0: $t,
            v0: $t,
            u: *mut $t,
            v: *mut $t,
            delay: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let filter = unsafe { reference(filter)? };
                let taps = filter.taps;
                if taps == 0 {
                    return Err(Status::Size);
                }
                // SAFETY: the header's contract.
                let (u, v, delay) = unsafe {
                    (
                        slice_mut(u, taps)?,
                        slice_mut(v, taps)?,
                        slice_mut(delay, taps.checked_mul(2).ok_or(Status::Size)?)?,
                    )
                };
                filter.size().check()?;
                if !(u0.is_finite() && v0.is_finite()) {
                    return Err(Status::NotFinite);
                }
                u.fill(u0);
                v.fill(v0);
                delay.fill(0.0);
                filter.position = 0;
                with_rule!($t, filter.rule, &*u, &*v, |rule| {
                    let _ = rule;
                    Ok(())
                })
            })
        }

        /// Takes the next input and the output that belongs to it, predicts the output, and takes a step. `error` becomes
        /// the output minus its prediction; null if it is not wanted. After REPARAM_STATUS_NOT_FINITE the taps are as
        /// before, and an input that is not finite counts as 0.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $filter_step(
            filter: *mut $filter,
            u: *mut $t,
            v: *mut $t,
            delay: *mut $t,
            input: $t,
            output: $t,
            error: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (filter, error) = unsafe { (reference(filter)?, optional(error)?) };
                let taps = filter.taps;
                // SAFETY: the header's contract.
                let (u, v, delay) = unsafe {
                    (
                        slice_mut(u, taps)?,
                        slice_mut(v, taps)?,
                        slice_mut(delay, taps.checked_mul(2).ok_or(Status::Size)?)?,
                    )
                };
                let (size, described) = (filter.size(), filter.rule);
                let a = filter.hear(delay, input)?;
                let report = with_rule!($t, described, &*u, &*v, |rule| {
                    step::step(rule, size, u, v, a, output).map_err(Status::from)
                })?;
                if let Some(error) = error {
                    *error = report.error;
                }
                Ok(())
            })
        }

        /// Takes the next input and predicts the output without a step.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $predict(
            filter: *mut $filter,
            u: *const $t,
            v: *const $t,
            delay: *mut $t,
            input: $t,
            output: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (filter, output) = unsafe { (reference(filter)?, reference(output)?) };
                let taps = filter.taps;
                // SAFETY: the header's contract.
                let (u, v, delay) = unsafe {
                    (
                        slice(u, taps)?,
                        slice(v, taps)?,
                        slice_mut(delay, taps.checked_mul(2).ok_or(Status::Size)?)?,
                    )
                };
                let described = filter.rule;
                let a = filter.hear(delay, input)?;
                *output = with_rule!($t, described, u, v, |rule| Ok(rule.predict(u, v, a)))?;
                if output.is_finite() { Ok(()) } else { Err(Status::NotFinite) }
            })
        }

        /// The `dim` weights of `u` and `v`; of a filter its impulse response, the weight of the latest input first. NULL
        /// for `v` is not allowed even where it is unused.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $weights(
            rule: $rule,
            dim: usize,
            u: *const $t,
            v: *const $t,
            weights: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, v, weights) = unsafe { (slice(u, dim)?, slice(v, dim)?, slice_mut(weights, dim)?) };
                with_rule!($t, rule, u, v, |rule| Ok(rule::weights(rule, u, v, weights)?))
            })
        }

        /// A step of stochastic gradients of size `size` on the sample `a` of `dim` inputs, which the weights should answer
        /// by `target`. `error` becomes the target minus the answer before the step. After REPARAM_STATUS_NOT_FINITE
        /// `u` and `v` are as before.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $step(
            rule: $rule,
            size: $t,
            dim: usize,
            u: *mut $t,
            v: *mut $t,
            a: *const $t,
            target: $t,
            error: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, v, a) = unsafe { (slice_mut(u, dim)?, slice_mut(v, dim)?, slice(a, dim)?) };
                // SAFETY: the header's contract.
                let error = unsafe { reference(error)? };
                let size = Step::Fixed(size);
                size.check()?;
                let report = with_rule!($t, rule, &*u, &*v, |rule| {
                    step::step(rule, size, u, v, a, target).map_err(Status::from)
                })?;
                *error = report.error;
                Ok(())
            })
        }

        /// The same with the step that leaves 1 - `rate` of the error on this sample, to first order.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $normalized(
            rule: $rule,
            rate: $t,
            regularization: $t,
            dim: usize,
            u: *mut $t,
            v: *mut $t,
            a: *const $t,
            target: $t,
            error: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, v, a) = unsafe { (slice_mut(u, dim)?, slice_mut(v, dim)?, slice(a, dim)?) };
                // SAFETY: the header's contract.
                let error = unsafe { reference(error)? };
                let size = Step::Normalized { rate, regularization };
                size.check()?;
                let report = with_rule!($t, rule, &*u, &*v, |rule| {
                    step::step(rule, size, u, v, a, target).map_err(Status::from)
                })?;
                *error = report.error;
                Ok(())
            })
        }

        /// u and v >= 0 of the weight u^2 - v^2 = `weight` with the effective initialisation sqrt(u v) = `scale` > 0.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $from_weight(weight: $t, scale: $t, u: *mut $t, v: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, v) = unsafe { (reference(u)?, reference(v)?) };
                (*u, *v) = Difference::from_weight(weight, scale)?;
                Ok(())
            })
        }

        /// The numbers of the same weight u^2 - v^2, and the same effective initialisation, for REPARAM_DIAGONAL_PRODUCT.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $to_product(u: $t, v: $t, p: *mut $t, q: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (p, q) = unsafe { (reference(p)?, reference(q)?) };
                (*p, *q) = Difference::to_product(u, v);
                Ok(())
            })
        }

        /// The numbers of the same weight p q for REPARAM_DIAGONAL_DIFFERENCE.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $to_difference(p: $t, q: $t, u: *mut $t, v: *mut $t) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (u, v) = unsafe { (reference(u)?, reference(v)?) };
                (*u, *v) = Product::to_difference(p, q);
                Ok(())
            })
        }

        /// The largest stable step size near interpolation: 2 over the mean of variance times gain. `variances` are those
        /// of the `dim` inputs, times `dim` for samples that are not scaled by its root.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $stability_limit(
            rule: $rule,
            dim: usize,
            variances: *const $t,
            u: *const $t,
            v: *const $t,
            limit: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (variances, u, v) = unsafe { (slice(variances, dim)?, slice(u, dim)?, slice(v, dim)?) };
                // SAFETY: the header's contract.
                let limit = unsafe { reference(limit)? };
                *limit =
                    with_rule!($t, rule, u, v, |rule| Ok(rule::stability_limit(rule, variances, u, v)?))?;
                Ok(())
            })
        }
    };
}

diagonal!(f32: reparam_diagonal_rule_f32, reparam_diagonal_filter_f32, reparam_diagonal_filter_init_f32,
    reparam_diagonal_filter_step_f32, reparam_diagonal_filter_predict_f32, reparam_diagonal_weights_f32,
    reparam_diagonal_step_f32, reparam_diagonal_step_normalized_f32, reparam_diagonal_from_weight_f32,
    reparam_diagonal_to_product_f32, reparam_diagonal_to_difference_f32, reparam_diagonal_stability_limit_f32);
diagonal!(f64: reparam_diagonal_rule_f64, reparam_diagonal_filter_f64, reparam_diagonal_filter_init_f64,
    reparam_diagonal_filter_step_f64, reparam_diagonal_filter_predict_f64, reparam_diagonal_weights_f64,
    reparam_diagonal_step_f64, reparam_diagonal_step_normalized_f64, reparam_diagonal_from_weight_f64,
    reparam_diagonal_to_product_f64, reparam_diagonal_to_difference_f64, reparam_diagonal_stability_limit_f64);
