use reparam::Real;
use reparam::givens::objective::{Objective, Trace, Wahba};
use reparam::givens::search::{PlaneConfig, PlaneSearch, Report, minimize};

use crate::Status;
use crate::memory::{len, optional, slice, slice_mut};
use crate::search::{reparam_givens_report_f32, reparam_givens_report_f64};
use crate::status::status;

/// Exact plane search with the default settings, from the frame as it stands.
fn descend<T: Real>(objective: &mut impl Objective<T>, frame: &mut [T]) -> Result<Report<T>, Status> {
    let mut search = PlaneSearch::new(objective.rows(), objective.degree(), PlaneConfig::default())?;
    Ok(minimize(objective, frame, &mut search, &mut [])?)
}

macro_rules! objectives {
    ($t:ident: $report:ident, $trace:ident, $wahba:ident) => {
        /// Minimises (or maximises, if `largest` is not 0) tr(Q'AQ) over the frames Q, `rows` x `cols`, from the frame in
        /// `frame` on, which becomes the optimum: it spans the eigenvectors of the smallest (largest) eigenvalues of the
        /// symmetric `rows` x `rows` matrix `a`. With a covariance matrix: principal components. `scratch` has `rows` *
        /// `cols` elements; `report` may be null. The reported value is the one minimised: minus the trace for the largest.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $trace(
            rows: usize,
            cols: usize,
            a: *const $t,
            largest: i32,
            frame: *mut $t,
            scratch: *mut $t,
            report: *mut $report,
        ) -> Status {
            status(|| {
                let size = len(rows, cols)?;
                // SAFETY: the header's contract.
                let (a, frame, scratch, out) = unsafe {
                    (
                        slice(a, len(rows, rows)?)?,
                        slice_mut(frame, size)?,
                        slice_mut(scratch, size)?,
                        optional(report)?,
                    )
                };
                let mut objective = if largest == 0 {
                    Trace::smallest(rows, cols, a, scratch)?
                } else {
                    Trace::largest(rows, cols, a, scratch)?
                };
                let report = descend(&mut objective, frame)?;
                if let Some(out) = out {
                    *out = report.into();
                }
                Ok(())
            })
        }

        /// Wahba's problem: minimises the sum over `count` samples of w |b - Q a|^2 over the frames Q, `rows` x `cols`, from
        /// the frame in `frame` on, which becomes the optimum. `measured` holds the vectors b, `count` x `rows`, `reference`
        /// the vectors a, `count` x `cols`. `weights` has `count` elements, or is null for equal weights. To align two
        /// sensors, `rows` = `cols` = 3 and the identity to start from. `scratch` has `rows` * `cols` elements; `report` may
        /// be null.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $wahba(
            rows: usize,
            cols: usize,
            count: usize,
            measured: *const $t,
            reference: *const $t,
            weights: *const $t,
            frame: *mut $t,
            scratch: *mut $t,
            report: *mut $report,
        ) -> Status {
            status(|| {
                let size = len(rows, cols)?;
                // SAFETY: the header's contract.
                let (measured, reference, weights, frame, scratch, out) = unsafe {
                    (
                        slice(measured, len(count, rows)?)?,
                        slice(reference, len(count, cols)?)?,
                        if weights.is_null() { None } else { Some(slice(weights, count)?) },
                        slice_mut(frame, size)?,
                        slice_mut(scratch, size)?,
                        optional(report)?,
                    )
                };
                let mut objective = Wahba::new(rows, cols, scratch)?;
                let (mut measured, mut reference) = (measured, reference);
                for k in 0..count {
                    let (Some((b, more_measured)), Some((a, more_reference))) =
                        (measured.split_at_checked(rows), reference.split_at_checked(cols))
                    else {
                        return Err(Status::Size);
                    };
                    let weight = weights.and_then(|weights| weights.get(k)).copied().unwrap_or(1.0);
                    objective.add(weight, b, a)?;
                    (measured, reference) = (more_measured, more_reference);
                }
                let report = descend(&mut objective, frame)?;
                if let Some(out) = out {
                    *out = report.into();
                }
                Ok(())
            })
        }
    };
}

objectives!(f32: reparam_givens_report_f32, reparam_givens_trace_f32, reparam_givens_wahba_f32);
objectives!(f64: reparam_givens_report_f64, reparam_givens_trace_f64, reparam_givens_wahba_f64);
