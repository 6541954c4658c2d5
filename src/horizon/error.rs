use core::fmt;

/// What the kernels of this system refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// A slice has the wrong length.
    Length {
        /// Length that the sizes ask for.
        expected: usize,
        /// Length of the slice.
        found: usize,
    },
    /// A size is zero, or larger than an array can be.
    Size,
    /// `row_ptr` does not start at 0, decreases, or does not end at the number of edges.
    RowPointer {
        /// Row `state·actions + action`.
        row: usize,
    },
    /// An edge leads to a state that does not exist.
    Next {
        /// State where it starts.
        state: usize,
        /// Its action.
        action: usize,
        /// Where it leads.
        next: usize,
    },
    /// A probability is not in (0, 1].
    Probability {
        /// State.
        state: usize,
        /// Action.
        action: usize,
    },
    /// The probabilities of a state and an action do not add up to one.
    RowSum {
        /// State.
        state: usize,
        /// Action.
        action: usize,
    },
    /// A reward is infinite or NaN.
    Reward {
        /// State.
        state: usize,
        /// Action.
        action: usize,
    },
    /// No action is available in a state.
    NoAction {
        /// The state.
        state: usize,
    },
    /// A policy takes an action that is not available.
    Unavailable {
        /// Stage.
        stage: usize,
        /// State.
        state: usize,
        /// The action.
        action: usize,
    },
    /// A value leaves the range of the scalar, or a computed model gave NaN.
    NotFinite {
        /// Stage.
        stage: usize,
        /// State.
        state: usize,
    },
    /// Returns leave the grid.
    Range {
        /// Stage.
        stage: usize,
        /// State.
        state: usize,
    },
    /// A reward is not a multiple of the grid's step.
    OffLattice {
        /// State.
        state: usize,
        /// Action.
        action: usize,
    },
    /// A setting is out of range.
    Setting {
        /// Name of the field or argument.
        name: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { expected, found } => write!(f, "slice of length {found}, expected {expected}"),
            Self::Size => f.write_str("a size is zero or too large"),
            Self::RowPointer { row } => write!(f, "row pointers start, step or end wrong at row {row}"),
            Self::Next { state, action, next } => {
                write!(f, "state {state}, action {action} leads to state {next}, which does not exist")
            }
            Self::Probability { state, action } => {
                write!(f, "state {state}, action {action} has a probability outside (0, 1]")
            }
            Self::RowSum { state, action } => {
                write!(f, "probabilities of state {state}, action {action} do not add up to 1")
            }
            Self::Reward { state, action } => {
                write!(f, "state {state}, action {action} has a reward that is infinite or NaN")
            }
            Self::NoAction { state } => write!(f, "state {state} has no action"),
            Self::Unavailable { stage, state, action } => {
                write!(
                    f,
                    "the policy takes action {action} in state {state} at stage {stage}: not available there"
                )
            }
            Self::NotFinite { stage, state } => {
                write!(f, "the value of state {state} at stage {stage} leaves the range of the scalar")
            }
            Self::Range { stage, state } => {
                write!(f, "returns of state {state} at stage {stage} leave the grid")
            }
            Self::OffLattice { state, action } => {
                write!(f, "state {state}, action {action} has a reward that is no multiple of the step")
            }
            Self::Setting { name } => write!(f, "setting `{name}` is out of range"),
        }
    }
}

impl core::error::Error for Error {}

/// The check of every kernel on a slice argument.
#[inline(always)]
pub(super) const fn check_length(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { expected, found }) }
}

/// The check of a probability that is a level of a functional.
#[inline(always)]
pub(super) fn check_level<T: crate::Real>(level: T) -> Result<(), Error> {
    if level > T::ZERO && level <= T::ONE { Ok(()) } else { Err(Error::Setting { name: "level" }) }
}
