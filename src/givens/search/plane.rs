use super::polynomial::{TrigPolynomial, sampling_step};
use super::{Ask, Move, Report, Search, Stop, finite, improves};
use crate::Real;
use crate::givens::objective::Degree;
use crate::givens::{Error, Plane, Rotation};

/// Settings of a [`PlaneSearch`]. Plain data; checked by [`PlaneSearch::new`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PlaneConfig<T> {
    /// The search ends after a sweep over all planes that improves the value by less.
    pub tolerance: T,
    /// Sweeps at most, of each start.
    pub sweeps: u32,
    /// Evaluations at most, over all starts. Never exceeded; the first evaluation of the incumbent is always
    /// made.
    pub evaluations: u64,
}

impl<T: Real> Default for PlaneConfig<T> {
    /// Tolerance 1e-10 (never below what a value of size one resolves: `16ε`), 1000 sweeps, no budget.
    fn default() -> Self {
        Self {
            tolerance: T::from_f64(1e-10).max(T::from_f64(16.0) * T::EPSILON),
            sweeps: 1_000,
            evaluations: u64::MAX,
        }
    }
}

/// Exact line search in one plane after another (Givens coordinate descent).
///
/// Along a plane, an objective that is quadratic in the frame is a trigonometric polynomial of degree 2, a
/// quartic one of degree 4. Its value at 4 or 8 equally spaced angles and at the incumbent determine it;
/// its global minimum over the circle is computed and the frame moves there. A sweep visits all planes once
/// (`j` ascending, within it `i < j` ascending) and begins by evaluating the frame anew.
///
/// For any other objective ([`new`](Self::new) without a degree) four angles give a model, and the frame
/// moves to the model's minimum, if its value, one more evaluation, is an improvement.
///
/// If a value in a plane is NaN or infinite there is no polynomial: the frame moves to the smallest finite
/// sample, if that is an improvement. An objective without a single finite value ends after one sweep.
///
/// State: 32 words. Cost beside the evaluations: about 24 or 48 evaluations of the polynomial a plane.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PlaneSearch<T> {
    config: PlaneConfig<T>,
    rows: usize,
    degree: Degree,
    verify: bool,
    phase: Phase,
    plane: Plane,
    sample: usize,
    rotation: Rotation<T>,
    polynomial: TrigPolynomial<T>,
    /// Largest magnitude among the values in this plane: what the rounding of the polynomial scales with.
    magnitude: T,
    complete: bool,
    best: Option<(T, Rotation<T>)>,
    incumbent: Option<T>,
    last_sweep: Option<T>,
    sweep: u32,
    evaluations: u64,
    iterations: u64,
    runs: u64,
    moves: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Phase {
    Incumbent,
    Samples,
    Verify,
    /// The budget is spent but for the value of the frame.
    Last,
    Done(Stop),
}

const FIRST: Plane = Plane { i: 0, j: 1 };

impl<T: Real> PlaneSearch<T> {
    /// A search over frames with `rows` rows, of an objective of this
    /// [degree](crate::givens::objective::Objective::degree). With `None` each move is verified by one more
    /// evaluation.
    ///
    /// # Errors
    /// [`Error::Dimensions`] if there is no plane (`rows < 2`), [`Error::Setting`] if a setting makes no
    /// sense.
    pub fn new(rows: usize, degree: Option<Degree>, config: PlaneConfig<T>) -> Result<Self, Error> {
        if rows < 2 || rows.checked_mul(rows).is_none() {
            return Err(Error::Dimensions { rows, cols: 1 });
        }
        if !(config.tolerance.is_finite() && config.tolerance > T::ZERO) {
            return Err(Error::Setting { name: "tolerance" });
        }
        if config.sweeps == 0 {
            return Err(Error::Setting { name: "sweeps" });
        }
        if config.evaluations == 0 {
            return Err(Error::Setting { name: "evaluations" });
        }
        Ok(Self {
            config,
            rows,
            degree: degree.unwrap_or(Degree::Two),
            verify: degree.is_none(),
            phase: Phase::Incumbent,
            plane: FIRST,
            sample: 0,
            rotation: Rotation { c: T::ONE, s: T::ZERO },
            polynomial: TrigPolynomial::default(),
            magnitude: T::ZERO,
            complete: true,
            best: None,
            incumbent: None,
            last_sweep: None,
            sweep: 0,
            evaluations: 0,
            iterations: 0,
            runs: 0,
            moves: 0,
        })
    }

    /// The settings.
    pub fn config(&self) -> &PlaneConfig<T> {
        &self.config
    }

    const fn samples(&self) -> usize {
        2 * self.degree.get()
    }

    /// The angle of the sample after this one.
    fn turn(&self, rotation: Rotation<T>) -> Rotation<T> {
        let (c, s) = sampling_step(self.degree);
        let (c, s) = Rotation { c, s }.apply(rotation.c, rotation.s);
        Rotation { c, s }
    }

    /// Begins with the samples of a plane, if the budget allows for them, the verification, and the value of
    /// the frame after the last of all moves.
    fn open_plane(&mut self) {
        let reserve = self.samples() as u64 + u64::from(self.verify) + 1;
        if self.config.evaluations.saturating_sub(self.evaluations) < reserve {
            self.phase = Phase::Last;
            return;
        }
        let (c, s) = sampling_step(self.degree);
        self.phase = Phase::Samples;
        self.sample = 0;
        self.rotation = Rotation { c, s };
        self.polynomial = TrigPolynomial::default();
        self.magnitude = self.incumbent.map_or(T::ZERO, T::abs);
        self.complete = self.incumbent.is_some();
        self.best = None;
    }

    /// Goes on to the next plane, or to the next sweep.
    fn close_plane(&mut self) {
        self.iterations += 1;
        let Plane { i, j } = self.plane;
        self.plane = if i + 1 < j { Plane { i: i + 1, j } } else { Plane { i: 0, j: j + 1 } };
        if self.plane.j >= self.rows {
            self.plane = FIRST;
            self.runs += 1;
            self.sweep += 1;
            self.phase = Phase::Incumbent;
        } else {
            self.open_plane();
        }
    }

    fn accept(&mut self, rotation: Rotation<T>, value: T) -> Option<Move<T>> {
        let plane = self.plane;
        self.incumbent = Some(value);
        self.moves += 1;
        self.close_plane();
        Some(Move { plane, rotation })
    }

    /// All samples of the plane have been told.
    fn decide(&mut self) -> Option<Move<T>> {
        if let Some(incumbent) = self.incumbent.filter(|_| self.complete) {
            let minimum = self.polynomial.minimum(self.degree);
            // A gain that rounding alone can pretend is none.
            if minimum.change.is_finite() && minimum.change < -T::TWO * T::EPSILON * self.magnitude {
                let rotation = Rotation::new(minimum.angle);
                if self.verify {
                    self.rotation = rotation;
                    self.phase = Phase::Verify;
                    return None;
                }
                return self.accept(rotation, incumbent + minimum.change);
            }
        } else if let Some((value, rotation)) = self.best {
            if improves(value, self.incumbent) {
                return self.accept(rotation, value);
            }
        }
        self.close_plane();
        None
    }

    /// The frame at the beginning of a sweep.
    fn begin_sweep(&mut self, value: Option<T>) {
        self.incumbent = value;
        let over = self.sweep > 0
            && match (self.last_sweep, value) {
                (Some(before), Some(now)) => before - now < self.config.tolerance,
                (None, Some(_)) => false,
                (_, None) => true,
            };
        self.last_sweep = value;
        if over {
            self.phase = Phase::Done(Stop::Converged);
        } else if self.sweep >= self.config.sweeps {
            self.phase = Phase::Done(Stop::Runs);
        } else {
            self.open_plane();
            if self.phase == Phase::Last {
                self.phase = Phase::Done(Stop::Evaluations);
            }
        }
    }
}

impl<T: Real> Search<T> for PlaneSearch<T> {
    #[inline]
    fn ask(&self) -> Ask<T> {
        match self.phase {
            Phase::Samples | Phase::Verify => {
                Ask::Rotated(Move { plane: self.plane, rotation: self.rotation })
            }
            Phase::Incumbent | Phase::Last => Ask::Incumbent,
            Phase::Done(stop) => Ask::Done(stop),
        }
    }

    fn tell(&mut self, value: T) -> Option<Move<T>> {
        if !matches!(self.phase, Phase::Done(_)) {
            self.evaluations += 1;
        }
        match self.phase {
            Phase::Samples => {
                if improves(value, self.best.map(|(value, _)| value)) {
                    self.best = Some((value, self.rotation));
                }
                self.magnitude = self.magnitude.max(value.abs());
                match self.incumbent {
                    Some(incumbent) if value.is_finite() => {
                        let at = (self.rotation.c, self.rotation.s);
                        self.polynomial.gather(self.degree, at, value - incumbent);
                    }
                    _ => self.complete = false,
                }
                self.rotation = self.turn(self.rotation);
                self.sample += 1;
                if self.sample >= self.samples() { self.decide() } else { None }
            }
            Phase::Verify => {
                if improves(value, self.incumbent) {
                    return self.accept(self.rotation, value);
                }
                self.close_plane();
                None
            }
            Phase::Incumbent => {
                self.begin_sweep(finite(value));
                None
            }
            Phase::Last => {
                self.incumbent = finite(value);
                self.phase = Phase::Done(Stop::Evaluations);
                None
            }
            Phase::Done(_) => None,
        }
    }

    fn pending(&self) -> usize {
        match self.phase {
            Phase::Samples => self.samples() - self.sample,
            Phase::Incumbent | Phase::Verify | Phase::Last => 1,
            Phase::Done(_) => 0,
        }
    }

    fn pending_at(&self, offset: usize) -> Ask<T> {
        match self.phase {
            Phase::Samples => {
                let left = self.samples().saturating_sub(self.sample + 1);
                let rotation = (0..offset.min(left)).fold(self.rotation, |rotation, _| self.turn(rotation));
                Ask::Rotated(Move { plane: self.plane, rotation })
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
        self.plane = FIRST;
        self.incumbent = None;
        self.last_sweep = None;
        self.sweep = 0;
    }
}
