use reparam::implicit::process::{Method, Process, Work};
use reparam::implicit::train::implicit_step;
use reparam::implicit::{OneHot, Stop};

use crate::Status;
use crate::memory::{len, reference, slice, slice_mut};
use crate::status::status;

/// Numbers of the scratch of the functions of implicit values, for n states. 0 for sizes that are too large.
#[unsafe(no_mangle)]
pub extern "C" fn reparam_implicit_scratch_len(n: usize) -> usize {
    len(n, n)
        .ok()
        .and_then(|square| square.checked_mul(3))
        .and_then(|squares| squares.checked_add(n.checked_mul(4)?))
        .unwrap_or(0)
}

macro_rules! implicit {
    ($t:ident: $work:ident, $values:ident, $step:ident) => {
        /// The scratch, shared out.
        fn $work<'a>(
            n: usize,
            scratch: &'a mut [$t],
            pivots: &'a mut [usize],
        ) -> Result<Work<'a, $t>, Status> {
            let square = len(n, n)?;
            let (transitions, rest) = scratch.split_at_mut_checked(len(square, 2)?).ok_or(Status::Size)?;
            let (factors, rest) = rest.split_at_mut_checked(square).ok_or(Status::Size)?;
            let (values, rest) = rest.split_at_mut_checked(n).ok_or(Status::Size)?;
            let (adjoint, spare) = rest.split_at_mut_checked(n).ok_or(Status::Size)?;
            let (pivots, taken) = pivots.split_at_mut_checked(n).ok_or(Status::Size)?;
            Ok(Work { transitions, factors, pivots, taken, values, adjoint, spare })
        }

        /// Values w = (I - eta P)^-1 R of n states, P being the softmax of each row of `logits`, n by n, and R the
        /// `rewards`. 0 <= eta < 1. `values` has n elements, `scratch` has `reparam_implicit_scratch_len(n)`, `pivots` has
        /// 2 n.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $values(
            n: usize,
            eta: $t,
            logits: *const $t,
            rewards: *const $t,
            values: *mut $t,
            scratch: *mut $t,
            pivots: *mut usize,
        ) -> Status {
            status(|| {
                let process = Process::new(n, 1, eta, Method::Factors)?;
                // SAFETY: the header's contract.
                let (logits, rewards, values, scratch, pivots) = unsafe {
                    (
                        slice(logits, process.logits_len())?,
                        slice(rewards, process.rewards_len())?,
                        slice_mut(values, n)?,
                        slice_mut(scratch, reparam_implicit_scratch_len(n))?,
                        slice_mut(pivots, len(n, 2)?)?,
                    )
                };
                let mut work = $work(n, scratch, pivots)?;
                process.values(logits, rewards, &mut work)?;
                values.iter_mut().zip(&*work.values).for_each(|(to, &from)| *to = from);
                Ok(())
            })
        }

        /// A step of logits and rewards down the gradient of half the mean squared error of a batch: sample k says that
        /// state `states[k]` is worth `targets[k]`. `loss` gets the loss before. The largest stable `rate` shrinks with
        /// (1 - eta)^2. `scratch` and `pivots` are as for the values. After an error the parameters are as before:
        /// REPARAM_STATUS_NOT_FINITE also for a step that diverges.
        #[allow(clippy::too_many_arguments)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $step(
            n: usize,
            eta: $t,
            logits: *mut $t,
            rewards: *mut $t,
            samples: usize,
            states: *const usize,
            targets: *const $t,
            rate: $t,
            loss: *mut $t,
            scratch: *mut $t,
            pivots: *mut usize,
        ) -> Status {
            status(|| {
                let process = Process::new(n, 1, eta, Method::Factors)?;
                // SAFETY: the header's contract.
                let (logits, rewards, states, targets, loss, scratch, pivots) = unsafe {
                    (
                        slice_mut(logits, process.logits_len())?,
                        slice_mut(rewards, process.rewards_len())?,
                        slice(states, samples)?,
                        slice(targets, samples)?,
                        reference(loss)?,
                        slice_mut(scratch, reparam_implicit_scratch_len(n))?,
                        slice_mut(pivots, len(n, 2)?)?,
                    )
                };
                let mut work = $work(n, scratch, pivots)?;
                let batch = states.iter().zip(targets).map(|(&state, &target)| (OneHot(state), target));
                *loss = implicit_step(&process, logits, rewards, &mut work, batch, rate, Stop::default())?;
                Ok(())
            })
        }
    };
}

implicit!(f32: work_f32, reparam_implicit_values_f32, reparam_implicit_step_f32);
implicit!(f64: work_f64, reparam_implicit_values_f64, reparam_implicit_step_f64);
