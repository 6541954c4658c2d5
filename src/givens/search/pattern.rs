use super::{Ask, Move, Report, Search, Stop, finite, improves};
use crate::Real;
use crate::givens::{Error, Plane, Rotation};

/// Settings of a [`PatternSearch`]. Plain data; checked by [`PatternSearch::new`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PatternConfig<T> {
    /// Angle at the beginning of each run, in radians.
    pub first_step: T,
    /// Divisor of the angle, above 1.
    pub shrink: T,
    /// The angle shrinks after an iteration that changes the value by less (TolFun1).
    pub iteration_tolerance: T,
    /// The search ends after a run that changes the value of the run before by less (TolFun2).
    pub run_tolerance: T,
    /// A run ends when the angle would have to shrink and is no longer above this (φ).
    pub step_floor: T,
    /// Iterations of a run at most.
    pub iterations: u32,
    /// Runs at most, of each start.
    pub runs: u32,
    /// Evaluations at most, over all starts. Never exceeded: the search ends when another iteration might
    /// not fit. The first evaluation of the incumbent is always made.
    pub evaluations: u64,
}

impl<T: Real> PatternConfig<T> {
    /// The constants of the published program: φ = 1e-20. Below about √ε an angle no longer changes the
    /// value near an optimum, so more than half of each run is spent on nothing; see [`Default`].
    pub fn published() -> Self {
        Self {
            first_step: T::PI,
            shrink: T::TWO,
            iteration_tolerance: T::from_f64(1e-6),
            run_tolerance: T::from_f64(1e-10),
            step_floor: T::from_f64(1e-20),
            iterations: 10_000,
            runs: 1_000,
            evaluations: u64::MAX,
        }
    }
}

/// [`published`](PatternConfig::published) with the floor of the angle at √ε of the type.
impl<T: Real> Default for PatternConfig<T> {
    fn default() -> Self {
        Self { step_floor: T::EPSILON.sqrt(), ..Self::published() }
    }
}

/// Recursive modified pattern search on plane rotations (Kim, Roy and Das, arXiv 2605.04087, as their
/// program does it).
///
/// An iteration evaluates the frame and the frame rotated by ±θ in each of the `N = rows·(rows − 1)/2`
/// planes, moves to the smallest candidate if it is below the frame's value, and then evaluates the frame
/// anew. After an iteration that changed the value by less than the tolerance θ shrinks, the first iteration
/// of a run excepted; when θ has reached its floor the run ends. Each run starts where the last one ended,
/// with θ as large as at the beginning. The search ends when a run changes nothing.
///
/// Fixed and documented, hence reproducible:
/// * Order of candidates: `j` ascending, within it `i < j` ascending, within it `+θ` before `−θ`. The first
///   of equals wins.
/// * A value that is NaN or infinite never wins. A frame whose own value is NaN or infinite is left for any
///   finite candidate; if there is none the step shrinks, so that the search ends.
/// * Evaluations: an iteration costs `1 + 2N`, and one more if the frame moved. On a constant objective with
///   the published settings: 71 iterations a run, two runs.
///
/// Rotations keep the sign of the determinant: a square frame never leaves its component (see
/// [`Multistart`](super::Multistart)).
///
/// State: 224 bytes in `f64`, 176 in `f32` on a 64-bit host. Cost beside the evaluations: a handful of instructions each, one sine-cosine pair when θ
/// changes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PatternSearch<T> {
    config: PatternConfig<T>,
    rows: usize,
    phase: Phase,
    step: T,
    rotation: Rotation<T>,
    next: Candidate,
    best: Option<(T, Candidate)>,
    incumbent: Option<T>,
    last_run: Option<T>,
    iteration: u32,
    run: u32,
    evaluations: u64,
    iterations: u64,
    runs: u64,
    moves: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Phase {
    Incumbent,
    Candidates,
    Moved,
    Done(Stop),
}

/// A plane and the sign of the angle.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Candidate {
    plane: Plane,
    negative: bool,
}

impl Candidate {
    const FIRST: Self = Self { plane: Plane { i: 0, j: 1 }, negative: false };

    /// The candidate after this one.
    #[inline(always)]
    fn successor(self) -> Self {
        let Plane { i, j } = self.plane;
        if !self.negative {
            Self { negative: true, ..self }
        } else if i + 1 < j {
            Self { plane: Plane { i: i + 1, j }, negative: false }
        } else {
            Self { plane: Plane { i: 0, j: j + 1 }, negative: false }
        }
    }

    /// Position in the order.
    fn rank(self) -> usize {
        let Plane { i, j } = self.plane;
        j * (j - 1) + 2 * i + usize::from(self.negative)
    }

    /// The candidate at a position of the order, for frames of `rows` rows.
    fn at(rank: usize, rows: usize) -> Self {
        let mut left = rank;
        for j in 1..rows {
            if left < 2 * j {
                return Self { plane: Plane { i: left / 2, j }, negative: left % 2 == 1 };
            }
            left -= 2 * j;
        }
        Self::FIRST
    }
}

impl<T: Real> PatternSearch<T> {
    /// A search over frames with `rows` rows.
    ///
    /// # Errors
    /// [`Error::Dimensions`] if there is no plane (`rows < 2`), [`Error::Setting`] if a setting makes no
    /// sense.
    pub fn new(rows: usize, config: PatternConfig<T>) -> Result<Self, Error> {
        if rows < 2 || rows.checked_mul(rows).is_none() {
            return Err(Error::Dimensions { rows, cols: 1 });
        }
        let positive = |x: T, name| {
            if x.is_finite() && x > T::ZERO { Ok(()) } else { Err(Error::Setting { name }) }
        };
        positive(config.first_step, "first_step")?;
        positive(config.shrink - T::ONE, "shrink")?;
        positive(config.iteration_tolerance, "iteration_tolerance")?;
        positive(config.run_tolerance, "run_tolerance")?;
        positive(config.step_floor, "step_floor")?;
        let some = |n: u64, name| if n > 0 { Ok(()) } else { Err(Error::Setting { name }) };
        some(config.iterations.into(), "iterations")?;
        some(config.runs.into(), "runs")?;
        some(config.evaluations, "evaluations")?;
        Ok(Self {
            config,
            rows,
            phase: Phase::Incumbent,
            step: config.first_step,
            rotation: Rotation::new(config.first_step),
            next: Candidate::FIRST,
            best: None,
            incumbent: None,
            last_run: None,
            iteration: 0,
            run: 0,
            evaluations: 0,
            iterations: 0,
            runs: 0,
            moves: 0,
        })
    }

    /// The settings.
    pub fn config(&self) -> &PatternConfig<T> {
        &self.config
    }

    /// The angle now tried, in radians.
    pub fn step(&self) -> T {
        self.step
    }

    fn candidates(&self) -> usize {
        self.rows * (self.rows - 1)
    }

    #[inline(always)]
    fn candidate(&self, candidate: Candidate) -> Move<T> {
        let rotation = if candidate.negative { self.rotation.inverse() } else { self.rotation };
        Move { plane: candidate.plane, rotation }
    }

    fn set_step(&mut self, step: T) {
        self.step = step;
        self.rotation = Rotation::new(step);
    }

    /// All candidates have been told.
    fn decide(&mut self) -> Option<Move<T>> {
        match self.best {
            Some((value, candidate)) if improves(value, self.incumbent) => {
                self.phase = Phase::Moved;
                self.moves += 1;
                Some(self.candidate(candidate))
            }
            _ => {
                self.end_iteration(Some(T::ZERO));
                None
            }
        }
    }

    /// `change` of the value in this iteration; `None` if it was not finite before.
    fn end_iteration(&mut self, change: Option<T>) {
        self.phase = Phase::Incumbent;
        self.iteration += 1;
        self.iterations += 1;
        let small = change.is_some_and(|change| change < self.config.iteration_tolerance);
        if self.iteration > 1 && small {
            if self.step > self.config.step_floor {
                self.set_step(self.step / self.config.shrink);
            } else {
                return self.end_run();
            }
        }
        if self.iteration >= self.config.iterations {
            self.end_run();
        }
    }

    fn end_run(&mut self) {
        self.run += 1;
        self.runs += 1;
        let converged = self.run > 1
            && match (self.incumbent, self.last_run) {
                (Some(now), Some(before)) => (now - before).abs() < self.config.run_tolerance,
                (None, None) => true,
                _ => false,
            };
        if converged {
            self.phase = Phase::Done(Stop::Converged);
        } else if self.run >= self.config.runs {
            self.phase = Phase::Done(Stop::Runs);
        } else {
            self.last_run = self.incumbent;
            self.iteration = 0;
            self.set_step(self.config.first_step);
        }
    }
}

impl<T: Real> Search<T> for PatternSearch<T> {
    #[inline]
    fn ask(&self) -> Ask<T> {
        match self.phase {
            Phase::Candidates => Ask::Rotated(self.candidate(self.next)),
            Phase::Incumbent | Phase::Moved => Ask::Incumbent,
            Phase::Done(stop) => Ask::Done(stop),
        }
    }

    #[inline]
    fn tell(&mut self, value: T) -> Option<Move<T>> {
        match self.phase {
            Phase::Candidates => {
                self.evaluations += 1;
                if improves(value, self.best.map(|(value, _)| value)) {
                    self.best = Some((value, self.next));
                }
                self.next = self.next.successor();
                if self.next.plane.j >= self.rows { self.decide() } else { None }
            }
            Phase::Incumbent => {
                self.evaluations += 1;
                self.incumbent = finite(value);
                // The candidates, the frame after the move, and the incumbent of the iteration after.
                let reserve = self.candidates() as u64 + 2;
                if self.config.evaluations.saturating_sub(self.evaluations) < reserve {
                    self.phase = Phase::Done(Stop::Evaluations);
                } else {
                    self.best = None;
                    self.next = Candidate::FIRST;
                    self.phase = Phase::Candidates;
                }
                None
            }
            Phase::Moved => {
                self.evaluations += 1;
                let before = self.incumbent;
                // A frame that was finite as a candidate and is not now (noise, a failed sensor) keeps the
                // candidate's value: it is asked for again anyway.
                self.incumbent = finite(value).or(self.best.map(|(value, _)| value));
                let change = before.zip(self.incumbent).map(|(before, after)| (after - before).abs());
                self.end_iteration(change);
                None
            }
            Phase::Done(_) => None,
        }
    }

    fn look(&mut self, _: usize, _: &[T]) {}

    fn pending(&self) -> usize {
        match self.phase {
            Phase::Candidates => self.candidates() - self.next.rank(),
            Phase::Incumbent | Phase::Moved => 1,
            Phase::Done(_) => 0,
        }
    }

    fn pending_at(&self, offset: usize) -> Ask<T> {
        match self.phase {
            Phase::Candidates => {
                let candidate = Candidate::at(self.next.rank().saturating_add(offset), self.rows);
                Ask::Rotated(self.candidate(candidate))
            }
            _ => self.ask(),
        }
    }

    fn report(&self) -> Report<T> {
        Report {
            value: self.incumbent,
            evaluations: self.evaluations,
            iterations: self.iterations,
            runs: self.runs,
            moves: self.moves,
            stop: if let Phase::Done(stop) = self.phase { Some(stop) } else { None },
        }
    }

    fn restart(&mut self) {
        self.phase = if self.config.evaluations > self.evaluations {
            Phase::Incumbent
        } else {
            Phase::Done(Stop::Evaluations)
        };
        self.set_step(self.config.first_step);
        self.incumbent = None;
        self.last_run = None;
        self.iteration = 0;
        self.run = 0;
    }
}
