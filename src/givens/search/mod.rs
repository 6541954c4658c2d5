//! Black-box search over orthonormal frames: only values of the objective are used.
//!
//! | search | for | evaluations |
//! |---|---|---|
//! | [`PatternSearch`] | any objective, also non-smooth or multimodal | `1 + rows·(rows − 1)` an iteration |
//! | [`PlaneSearch`] | smooth objectives, above all trigonometric polynomials in each plane (quadratic, quartic) | 2, 4 or 8 a plane |
//! | [`Multistart`] | many starts of either, in both components if the frame is square | |
//!
//! A search is a state machine. It owns neither frame nor objective: [`ask`](Search::ask) says what to
//! evaluate, [`tell`](Search::tell) takes the value and may answer with a move of the frame. Firmware keeps
//! its own loop, a host evaluates [`pending`](Search::pending) questions in parallel, and both follow the
//! same path bit for bit, because values are told in the order of the questions. [`minimize`] is the loop
//! for an [`Objective`].
//!
//! ```
//! use reparam::givens::search::{Ask, PatternConfig, PatternSearch, Search};
//!
//! # fn main() -> Result<(), reparam::givens::Error> {
//! // Turn the unit vector q so that it points along (0.6, 0.8).
//! let mut q = [1.0, 0.0];
//! let objective = |q: &[f64; 2]| -(0.6 * q[0] + 0.8 * q[1]);
//! let mut search = PatternSearch::new(2, PatternConfig::default())?;
//! loop {
//!     let value = match search.ask() {
//!         Ask::Incumbent => objective(&q),
//!         Ask::Rotated(candidate) => {
//!             let mut rotated = q;
//!             candidate.apply(1, &mut rotated);
//!             objective(&rotated)
//!         }
//!         Ask::Done(_) => break,
//!     };
//!     if let Some(accepted) = search.tell(value) {
//!         accepted.apply(1, &mut q);
//!     }
//! }
//! assert!((objective(&q) + 1.0).abs() < 1e-6);
//! # Ok(())
//! # }
//! ```

mod multistart;
mod pattern;
mod pivots;
mod plane;
mod polynomial;

pub use multistart::{Multistart, scatter};
pub use pattern::{PatternConfig, PatternSearch};
pub use plane::{PlaneConfig, PlaneSearch};

use super::error::{Error, check_length};
use super::objective::Objective;
use super::{DriftGuard, Plane, Rotation, frame};
use crate::Real;

/// A rotation of a frame in one plane.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Move<T> {
    /// The two rows.
    pub plane: Plane,
    /// What happens to them.
    pub rotation: Rotation<T>,
}

impl<T: Real> Move<T> {
    /// Rotates a row-major frame with `cols` columns in place.
    #[inline]
    pub fn apply(&self, cols: usize, frame: &mut [T]) {
        self.rotation.apply_rows(self.plane, cols, frame);
    }
}

/// What a search wants to know next.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Ask<T> {
    /// The value of the frame as it stands.
    Incumbent,
    /// The value that the frame would have after this move. The frame stays as it is.
    Rotated(Move<T>),
    /// Nothing: the search is over.
    Done(Stop),
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stop {
    /// A run, or a sweep, no longer improved on the one before.
    Converged,
    /// As many runs or sweeps as configured.
    Runs,
    /// What is left of the evaluation budget is too small for another step.
    Evaluations,
}

/// What a search has found and spent so far.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Report<T> {
    /// Value of the frame, as minimised. `None` while no finite value has been seen.
    pub value: Option<T>,
    /// Values told.
    pub evaluations: u64,
    /// Iterations of a pattern search or planes of a plane search, over all runs.
    pub iterations: u64,
    /// Runs of a pattern search or sweeps of a plane search, over all starts.
    pub runs: u64,
    /// Accepted moves.
    pub moves: u64,
    /// Why the search ended; `None` while it goes on.
    pub stop: Option<Stop>,
}

/// A search over frames by asking for values.
pub trait Search<T: Real> {
    /// The next question. Asking twice gives the same question.
    fn ask(&self) -> Ask<T>;

    /// Takes the answer to [`ask`](Self::ask). A returned move must be applied to the frame before the next
    /// question is answered. NaN and infinite values are never accepted. After the end nothing happens.
    fn tell(&mut self, value: T) -> Option<Move<T>>;

    /// Shows the frame as it stands; to be called before a question for the [incumbent](Ask::Incumbent) is
    /// answered. A [`PlaneSearch`] that is shown a tall frame visits only the planes that matter; one that is
    /// not visits all. So it is part of the path.
    fn look(&mut self, cols: usize, frame: &[T]);

    /// How many questions, from the next one on, do not depend on each other's answers: their values may be
    /// computed in parallel and are then told in order. 0 after the end.
    fn pending(&self) -> usize;

    /// Question number `offset` of the [`pending`](Self::pending) ones; number 0 is [`ask`](Self::ask).
    fn pending_at(&self, offset: usize) -> Ask<T>;

    /// What was found and spent.
    fn report(&self) -> Report<T>;

    /// Begins again from another frame. Counts and the evaluation budget go on.
    fn restart(&mut self);
}

/// One question and its answer: the body of [`minimize`], for programs that keep their own loop.
/// `Some` when the search is over.
///
/// `scratch` holds [`Objective::scratch_len`] numbers. Cost: one evaluation.
#[inline]
pub fn advance<T, O, S>(objective: &mut O, frame: &mut [T], search: &mut S, scratch: &mut [T]) -> Option<Stop>
where
    T: Real,
    O: Objective<T> + ?Sized,
    S: Search<T> + ?Sized,
{
    let value = match search.ask() {
        Ask::Incumbent => {
            search.look(objective.cols(), frame);
            objective.value(frame)
        }
        Ask::Rotated(Move { plane, rotation }) => objective.rotated(frame, plane, rotation, scratch),
        Ask::Done(stop) => return Some(stop),
    };
    if let Some(Move { plane, rotation }) = search.tell(value) {
        objective.accept(frame, plane, rotation);
        rotation.apply_rows(plane, objective.cols(), frame);
    }
    None
}

/// Runs a search to its end and leaves the best frame in `frame`.
///
/// `frame` is row-major, `objective.rows()` by `objective.cols()`, with orthonormal columns; `scratch` holds
/// [`Objective::scratch_len`] numbers.
///
/// # Errors
/// [`Error::Length`] if either slice has another length, [`Error::NotFinite`] if the frame holds NaN or
/// infinity.
///
/// ```
/// use reparam::givens::objective::Closure;
/// use reparam::givens::search::{PatternConfig, PatternSearch, minimize};
///
/// # fn main() -> Result<(), reparam::givens::Error> {
/// // Any function will do, also one without a derivative where it is smallest.
/// let mut objective = Closure::new(2, 1, |q: &[f64]| (0.28 * q[0] + 0.96 * q[1]).abs());
/// let mut frame = [1.0, 0.0];
/// let mut search = PatternSearch::new(2, PatternConfig::default())?;
/// let report = minimize(&mut objective, &mut frame, &mut search, &mut [0.0; 2])?;
/// assert!(report.value.unwrap() < 1e-6);
/// assert!((frame[0] / frame[1] + 0.96 / 0.28).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
pub fn minimize<T, O, S>(
    objective: &mut O,
    frame: &mut [T],
    search: &mut S,
    scratch: &mut [T],
) -> Result<Report<T>, Error>
where
    T: Real,
    O: Objective<T> + ?Sized,
    S: Search<T> + ?Sized,
{
    check_arguments(objective, frame, scratch)?;
    // Ends: each search bounds its own runs, iterations and evaluations.
    while advance(objective, frame, search, scratch).is_none() {}
    Ok(search.report())
}

/// [`minimize`] with a clean-up of the frame whenever `guard` finds that enough moves have been made. It
/// happens before the incumbent is evaluated, so that values and frame agree.
///
/// In `f64` no search makes enough moves to need it; in `f32` each 10⁴ moves are plenty. `clean_up` is scratch
/// of [`clean_up_scratch`](frame::clean_up_scratch) numbers.
///
/// # Errors
/// As [`minimize`].
pub fn minimize_guarded<T, O, S>(
    objective: &mut O,
    frame: &mut [T],
    search: &mut S,
    scratch: &mut [T],
    guard: &mut DriftGuard,
    clean_up: &mut [T],
) -> Result<Report<T>, Error>
where
    T: Real,
    O: Objective<T> + ?Sized,
    S: Search<T> + ?Sized,
{
    check_arguments(objective, frame, scratch)?;
    let (rows, cols) = (objective.rows(), objective.cols());
    check_length(frame::clean_up_scratch(cols), clean_up.len())?;
    let mut seen = search.report().moves;
    loop {
        if matches!(search.ask(), Ask::Incumbent) {
            let moves = search.report().moves;
            let fresh = u32::try_from(moves.saturating_sub(seen)).unwrap_or(u32::MAX);
            if guard.due(fresh) {
                frame::clean_up(rows, cols, frame, clean_up)?;
            }
            seen = moves;
        }
        if advance(objective, frame, search, scratch).is_some() {
            return Ok(search.report());
        }
    }
}

fn check_arguments<T, O>(objective: &O, frame: &[T], scratch: &[T]) -> Result<(), Error>
where
    T: Real,
    O: Objective<T> + ?Sized,
{
    check_length(objective.rows().saturating_mul(objective.cols()), frame.len())?;
    check_length(objective.scratch_len(), scratch.len())?;
    if frame.iter().all(|x| x.is_finite()) { Ok(()) } else { Err(Error::NotFinite) }
}

/// `Some` for a finite value.
#[inline(always)]
fn finite<T: Real>(value: T) -> Option<T> {
    value.is_finite().then_some(value)
}

/// Whether `value` is an improvement; anything finite improves on nothing.
#[inline(always)]
fn improves<T: Real>(value: T, incumbent: Option<T>) -> bool {
    value.is_finite() && incumbent.is_none_or(|incumbent| value < incumbent)
}
