use reparam::Real;
use reparam::givens::objective::Degree;
use reparam::givens::search::{
    Ask, Move, PatternConfig, PatternSearch, PlaneConfig, PlaneSearch, Report, Search, Stop,
};
use reparam::givens::{Plane, Rotation};

use crate::Status;
use crate::memory::{len, optional, reference, slice, slice_mut, store, stored};
use crate::status::status;

/// Size of a search in units of 8 bytes.
pub const REPARAM_GIVENS_SEARCH_WORDS: usize = 48;

/// First word of a search that was initialised: no text, no small number, no pattern of a memory test.
const INITIALISED: u64 = 0x5f3d_9c41_7a86_e20b;

/// What lies in the other words.
enum State<T> {
    Pattern(PatternSearch<T>),
    Plane(PlaneSearch<T>),
}

fn initialise<T: Real>(
    words: &mut [u64; REPARAM_GIVENS_SEARCH_WORDS],
    state: State<T>,
) -> Result<(), Status> {
    const { assert!(size_of::<State<T>>() <= 8 * (REPARAM_GIVENS_SEARCH_WORDS - 1), "too few words") };
    let [mark, rest @ ..] = words;
    store(rest, state)?;
    *mark = INITIALISED;
    Ok(())
}

fn search<T: Real>(words: &mut [u64; REPARAM_GIVENS_SEARCH_WORDS]) -> Result<&mut dyn Search<T>, Status> {
    let [mark, rest @ ..] = words;
    if *mark != INITIALISED {
        return Err(Status::NotInitialised);
    }
    // SAFETY: marked by `initialise` after it had stored this type; structures of the two scalars differ in C.
    Ok(match unsafe { stored::<State<T>>(rest) } {
        State::Pattern(search) => search,
        State::Plane(search) => search,
    })
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum reparam_givens_stop {
    /// It goes on.
    None = 0,
    /// A run or a sweep no longer improved on the one before.
    Converged = 1,
    /// As many runs or sweeps as configured.
    Runs = 2,
    /// What is left of the evaluation budget is too small for another step.
    Evaluations = 3,
}

impl From<Option<Stop>> for reparam_givens_stop {
    fn from(stop: Option<Stop>) -> Self {
        match stop {
            None => Self::None,
            Some(Stop::Converged) => Self::Converged,
            Some(Stop::Runs) => Self::Runs,
            Some(Stop::Evaluations) => Self::Evaluations,
        }
    }
}

macro_rules! search {
    ($t:ident: $search:ident, $config:ident, $move:ident, $report:ident, $default:ident, $pattern:ident, $plane:ident,
     $ask:ident, $question:ident, $tell:ident, $get_report:ident, $restart:ident) => {
        /// A black-box search over frames, in memory of the caller. Initialise it with one of the two functions below.
        /// May be copied to save it and to go on later.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $search {
            /// Not for use.
            pub opaque: [u64; REPARAM_GIVENS_SEARCH_WORDS],
        }

        /// Settings of a pattern search.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $config {
            /// Angle at the beginning of each run, in radians.
            pub first_step: $t,
            /// Divisor of the angle, above 1.
            pub shrink: $t,
            /// The angle shrinks after an iteration that changes the value by less.
            pub iteration_tolerance: $t,
            /// The search ends after a run that changes the value of the run before by less.
            pub run_tolerance: $t,
            /// A run ends when the angle would have to shrink and is no longer above this.
            pub step_floor: $t,
            /// Iterations of a run at most.
            pub iterations: u32,
            /// Runs at most.
            pub runs: u32,
            /// Evaluations at most: never exceeded.
            pub evaluations: u64,
        }

        impl From<PatternConfig<$t>> for $config {
            fn from(config: PatternConfig<$t>) -> Self {
                let PatternConfig {
                    first_step,
                    shrink,
                    iteration_tolerance,
                    run_tolerance,
                    step_floor,
                    iterations,
                    runs,
                    evaluations,
                } = config;
                Self {
                    first_step,
                    shrink,
                    iteration_tolerance,
                    run_tolerance,
                    step_floor,
                    iterations,
                    runs,
                    evaluations,
                }
            }
        }

        impl From<$config> for PatternConfig<$t> {
            fn from(config: $config) -> Self {
                let $config {
                    first_step,
                    shrink,
                    iteration_tolerance,
                    run_tolerance,
                    step_floor,
                    iterations,
                    runs,
                    evaluations,
                } = config;
                Self {
                    first_step,
                    shrink,
                    iteration_tolerance,
                    run_tolerance,
                    step_floor,
                    iterations,
                    runs,
                    evaluations,
                }
            }
        }

        /// A rotation of rows `i` < `j` of the frame. `i` = `j` = 0: none.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $move {
            /// Lower row.
            pub i: usize,
            /// Higher row.
            pub j: usize,
            /// Cosine of the angle.
            pub c: $t,
            /// Sine of the angle.
            pub s: $t,
        }

        impl From<Option<Move<$t>>> for $move {
            fn from(accepted: Option<Move<$t>>) -> Self {
                match accepted {
                    Some(Move { plane: Plane { i, j }, rotation: Rotation { c, s } }) => Self { i, j, c, s },
                    None => Self { i: 0, j: 0, c: 1.0, s: 0.0 },
                }
            }
        }

        /// What a search has found and spent so far.
        #[derive(Clone, Copy, Debug)]
        #[repr(C)]
        pub struct $report {
            /// Value of the frame; NaN while no finite value has been told.
            pub value: $t,
            /// Values told.
            pub evaluations: u64,
            /// Iterations of a pattern search, planes of a plane search.
            pub iterations: u64,
            /// Runs of a pattern search, sweeps of a plane search.
            pub runs: u64,
            /// Accepted moves.
            pub moves: u64,
            /// Why the search ended.
            pub stop: reparam_givens_stop,
        }

        impl From<Report<$t>> for $report {
            fn from(report: Report<$t>) -> Self {
                let Report { value, evaluations, iterations, runs, moves, stop } = report;
                let value = value.unwrap_or($t::NAN);
                Self { value, evaluations, iterations, runs, moves, stop: stop.into() }
            }
        }

        /// The default settings of a pattern search.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $default(config: *mut $config) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                *unsafe { reference(config)? } = PatternConfig::default().into();
                Ok(())
            })
        }

        /// Begins a pattern search over frames with `rows` >= 2 rows, for any objective.
        ///
        /// An objective, a frame, a loop:
        ///
        ///     while (reparam_givens_search_ask(&search, rows, cols, frame, candidate) == REPARAM_STATUS_OK)
        ///         reparam_givens_search_tell(&search, objective(candidate), rows, cols, frame, NULL);
        ///
        /// (each name with the suffix of its scalar) leaves the best frame in `frame`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $pattern(
            search: *mut $search,
            rows: usize,
            config: *const $config,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (search, config) = unsafe { (reference(search)?, slice(config, 1)?) };
                let config = *config.first().ok_or(Status::Pointer)?;
                initialise(&mut search.opaque, State::Pattern(PatternSearch::new(rows, config.into())?))
            })
        }

        /// Begins an exact line search in one plane after another. `degree` is 2 for an objective that is quadratic in
        /// the frame, 4 for a quartic one, and 0 for any other, whose moves are then verified. It ends after a sweep
        /// that improves by less than `tolerance`, or when `evaluations` would be exceeded.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $plane(
            search: *mut $search,
            rows: usize,
            degree: u32,
            tolerance: $t,
            evaluations: u64,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let search = unsafe { reference(search)? };
                let degree = match degree {
                    0 => None,
                    2 => Some(Degree::Two),
                    4 => Some(Degree::Four),
                    _ => return Err(Status::Setting),
                };
                let config = PlaneConfig { tolerance, evaluations, ..PlaneConfig::default() };
                initialise(&mut search.opaque, State::Plane(PlaneSearch::new(rows, degree, config)?))
            })
        }

        /// Writes to `candidate` the frame whose value the search wants to know. Both hold `rows` * `cols` elements, and
        /// `rows` is the number that the search began with. `REPARAM_STATUS_FINISHED` at the end.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $ask(
            search: *mut $search,
            rows: usize,
            cols: usize,
            frame: *const $t,
            candidate: *mut $t,
        ) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (state, frame, candidate) = unsafe {
                    let len = len(rows, cols)?;
                    (reference(search)?, slice(frame, len)?, slice_mut(candidate, len)?)
                };
                let search = self::search::<$t>(&mut state.opaque)?;
                candidate.iter_mut().zip(frame).for_each(|(to, &from)| *to = from);
                match search.ask() {
                    Ask::Incumbent => {
                        search.look(cols, frame);
                        Ok(())
                    }
                    Ask::Rotated(question) => {
                        question.apply(cols, candidate);
                        Ok(())
                    }
                    Ask::Done(_) => Err(Status::Finished),
                }
            })
        }

        /// The question as a rotation of the frame, for objectives that are evaluated incrementally.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $question(search: *mut $search, question: *mut $move) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (state, question) = unsafe { (reference(search)?, reference(question)?) };
                *question = match self::search::<$t>(&mut state.opaque)?.ask() {
                    Ask::Incumbent => None.into(),
                    Ask::Rotated(rotated) => Some(rotated).into(),
                    Ask::Done(_) => return Err(Status::Finished),
                };
                Ok(())
            })
        }

        /// Takes the value of the candidate, and rotates `frame` if the search moves. NaN and infinity are never
        /// accepted. `accepted` may be null; else it receives the move.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $tell(
            search: *mut $search,
            value: $t,
            rows: usize,
            cols: usize,
            frame: *mut $t,
            accepted: *mut $move,
        ) -> Status {
            status(|| {
                let (state, frame, accepted) =
                    // SAFETY: the header's contract.
                    unsafe { (reference(search)?, slice_mut(frame, len(rows, cols)?)?, optional(accepted)?) };
                let answer = self::search::<$t>(&mut state.opaque)?.tell(value);
                if let Some(answer) = &answer {
                    answer.apply(cols, frame);
                }
                if let Some(accepted) = accepted {
                    *accepted = answer.into();
                }
                Ok(())
            })
        }

        /// What the search has found and spent so far.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $get_report(search: *mut $search, report: *mut $report) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let (state, out) = unsafe { (reference(search)?, reference(report)?) };
                *out = self::search::<$t>(&mut state.opaque)?.report().into();
                Ok(())
            })
        }

        /// Begins again, from another frame. Counts and the evaluation budget go on.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $restart(search: *mut $search) -> Status {
            status(|| {
                // SAFETY: the header's contract.
                let state = unsafe { reference(search)? };
                self::search::<$t>(&mut state.opaque)?.restart();
                Ok(())
            })
        }
    };
}

search!(f32: reparam_givens_search_f32, reparam_givens_pattern_config_f32, reparam_givens_move_f32,
    reparam_givens_report_f32, reparam_givens_pattern_default_f32, reparam_givens_search_pattern_f32,
    reparam_givens_search_plane_f32, reparam_givens_search_ask_f32, reparam_givens_search_question_f32,
    reparam_givens_search_tell_f32, reparam_givens_search_report_f32, reparam_givens_search_restart_f32);
search!(f64: reparam_givens_search_f64, reparam_givens_pattern_config_f64, reparam_givens_move_f64,
    reparam_givens_report_f64, reparam_givens_pattern_default_f64, reparam_givens_search_pattern_f64,
    reparam_givens_search_plane_f64, reparam_givens_search_ask_f64, reparam_givens_search_question_f64,
    reparam_givens_search_tell_f64, reparam_givens_search_report_f64, reparam_givens_search_restart_f64);
