use super::pivots::Pivots;
use super::polynomial::{Minimum, TrigPolynomial, sampling_step};
use super::{Ask, Move, Report, Search, Stop, finite, improves};
use crate::Real;
use crate::givens::objective::Degree;
use crate::givens::{Error, Plane, Rotation, RoundRobin};

/// Settings of a [`PlaneSearch`]. Plain data; checked by [`PlaneSearch::new`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PlaneConfig<T> {
    /// The search ends after a wide sweep that improves the value by less, or by less than `8ε` of it.
    pub tolerance: T,
    /// Fine sweeps turn by this times the angle of the model's minimum, in (0, 2): successive
    /// over-relaxation. 1 turns to the minimum itself.
    pub relaxation: T,
    /// Sweeps at most, of each start.
    pub sweeps: u32,
    /// Evaluations at most, over all starts. Never exceeded; the first evaluation of the incumbent is always
    /// made.
    pub evaluations: u64,
}

impl<T: Real> Default for PlaneConfig<T> {
    /// Tolerance 1e-13 (never below `16ε`), relaxation 1.6, 1000 sweeps, no budget.
    fn default() -> Self {
        Self {
            tolerance: T::from_f64(1e-13).max(T::from_f64(16.0) * T::EPSILON),
            relaxation: T::from_f64(1.6),
            sweeps: 1_000,
            evaluations: u64::MAX,
        }
    }
}

/// Line search in one plane after another (Givens coordinate descent), exact where it matters.
///
/// Along a plane, an objective that is quadratic in the frame is a trigonometric polynomial of degree 2, a
/// quartic one of degree 4. Its value at 4 or 8 equally spaced angles and at the incumbent determine it.
/// Sweeps over the planes are of two kinds:
///
/// * A *wide* sweep takes these samples in every plane and moves to the global minimum of the polynomial over
///   the circle. It escapes local minima and ends the search.
/// * When the angles of a wide sweep have become small (0.15), *fine* sweeps follow: two samples at ± a small
///   angle, which shrinks with the moves down to `ε^(1/4)`, give a parabola, and the frame turns a little
///   beyond its minimum (successive over-relaxation). In a tall frame (at most 8 columns and 256 rows) the
///   planes with one of `cols` well-conditioned rows reach every direction, and only these are visited, if
///   the frame has been [shown](Search::look). When fine sweeps stop improving, a wide one follows.
///
/// Planes come in the order of [`RoundRobin`]. Each sweep begins by evaluating the frame anew.
///
/// For objectives that are no such polynomials ([`new`](Self::new) without a degree) eight samples give a
/// model, its minimum is verified by one more evaluation, and the frame moves to the best value of all.
///
/// If a value in a plane is NaN or infinite there is no model: the frame moves to the smallest finite
/// sample, if that is an improvement. An objective without a single finite value ends after one sweep.
///
/// State: 360 bytes in `f64`, 256 in `f32` on a 64-bit host. Cost beside the evaluations: 24 or 48 evaluations of the polynomial a plane of a wide
/// sweep, one sine-cosine pair a move.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PlaneSearch<T> {
    config: PlaneConfig<T>,
    rows: usize,
    degree: Degree,
    verify: bool,
    phase: Phase,
    fine: bool,
    /// Sampling angle of fine sweeps.
    reach: Rotation<T>,
    angle: T,
    /// Largest angle to a minimum in this sweep.
    largest: T,
    pivots: Pivots,
    round: usize,
    position: usize,
    plane: Plane,
    sample: usize,
    rotation: Rotation<T>,
    polynomial: TrigPolynomial<T>,
    /// Value of the first sample of a fine plane.
    ahead: T,
    /// Largest magnitude among the values in this plane: what the rounding of the model scales with.
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

/// Wide sweeps whose angles stay below this, in radians, are followed by fine ones.
const FINE: f64 = 0.15;

impl<T: Real> PlaneSearch<T> {
    /// A search over frames with `rows` rows, of an objective of this
    /// [degree](crate::givens::objective::Objective::degree); `None` if it has none or it is not known.
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
        if !(config.relaxation > T::ZERO && config.relaxation < T::TWO) {
            return Err(Error::Setting { name: "relaxation" });
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
            degree: degree.unwrap_or(Degree::Four),
            verify: degree.is_none(),
            phase: Phase::Incumbent,
            fine: false,
            reach: Rotation::IDENTITY,
            angle: T::ZERO,
            largest: T::ZERO,
            pivots: Pivots::default(),
            round: 0,
            position: 0,
            plane: Plane { i: 0, j: 1 },
            sample: 0,
            rotation: Rotation::IDENTITY,
            polynomial: TrigPolynomial::default(),
            ahead: T::ZERO,
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
        if self.fine { 2 } else { 2 * self.degree.get() }
    }

    /// The rotation of the first sample.
    fn first_sample(&self) -> Rotation<T> {
        if self.fine {
            self.reach
        } else {
            let (c, s) = sampling_step(self.degree);
            Rotation { c, s }
        }
    }

    /// The rotation of the sample after this one.
    fn next_sample(&self, rotation: Rotation<T>) -> Rotation<T> {
        if self.fine { rotation.inverse() } else { self.first_sample().compose(rotation) }
    }

    /// Goes to the first plane of the sweep from this place of the schedule on; `false` if there is none.
    fn seek(&mut self, mut round: usize, mut position: usize) -> bool {
        let schedule = RoundRobin::new(self.rows);
        while round < schedule.round_count() {
            for plane in schedule.round(round).skip(position) {
                if !self.fine || self.pivots.reach(plane) {
                    (self.plane, self.round, self.position) = (plane, round, position);
                    return true;
                }
                position += 1;
            }
            (round, position) = (round + 1, 0);
        }
        false
    }

    /// Begins with the samples of the plane, if the budget allows for them, the verification, and the value
    /// of the frame after the last of all moves.
    fn open_plane(&mut self) {
        let reserve = self.samples() as u64 + u64::from(self.verify) + 1;
        if self.config.evaluations.saturating_sub(self.evaluations) < reserve {
            self.phase = Phase::Last;
            return;
        }
        self.phase = Phase::Samples;
        self.sample = 0;
        self.rotation = self.first_sample();
        self.polynomial = TrigPolynomial::default();
        self.magnitude = self.incumbent.map_or(T::ZERO, T::abs);
        self.complete = self.incumbent.is_some();
        self.best = None;
    }

    /// Goes on to the next plane, or to the next sweep.
    fn close_plane(&mut self) {
        self.iterations += 1;
        if self.seek(self.round, self.position + 1) {
            self.open_plane();
        } else {
            self.runs += 1;
            self.sweep += 1;
            self.phase = Phase::Incumbent;
        }
    }

    fn accept(&mut self, rotation: Rotation<T>, value: T) -> Option<Move<T>> {
        let plane = self.plane;
        self.incumbent = Some(value);
        self.moves += 1;
        self.close_plane();
        Some(Move { plane, rotation })
    }

    /// The angle to move by and the change of the value there, if the change is more than rounding can
    /// pretend.
    fn model(&mut self, incumbent: T, behind: T) -> Option<(T, T)> {
        let noise = T::TWO * T::EPSILON * self.magnitude;
        if !self.fine {
            let Minimum { angle, change } = self.polynomial.minimum(self.degree);
            let angle = if angle > T::PI { angle - T::TAU } else { angle };
            let gains = change.is_finite() && change < -noise;
            self.largest = if gains { self.largest.max(angle.abs()) } else { self.largest };
            return gains.then_some((angle, change));
        }
        let difference = self.ahead - behind;
        if difference.abs() <= noise {
            return None;
        }
        // Whatever overflows from here on ends in a change that is not finite.
        let slope = difference / (self.angle + self.angle);
        let curvature = ((self.ahead - incumbent) + (behind - incumbent)) / (self.angle * self.angle);
        if curvature <= T::ZERO {
            let (value, angle) =
                if difference < T::ZERO { (self.ahead, self.angle) } else { (behind, -self.angle) };
            self.largest = self.largest.max(self.angle);
            return (value < incumbent).then_some((angle, value - incumbent));
        }
        let limit = (self.angle + self.angle) * T::TWO;
        let minimum = (-slope / curvature).max(-limit).min(limit);
        self.largest = self.largest.max(minimum.abs());
        let angle = minimum * self.config.relaxation;
        let change = angle * slope.mac(T::HALF * angle, curvature);
        change.is_finite().then_some((angle, change))
    }

    /// All samples of the plane have been told, `last` last.
    fn decide(&mut self, last: T) -> Option<Move<T>> {
        if let Some(incumbent) = self.incumbent.filter(|_| self.complete) {
            if let Some((angle, change)) = self.model(incumbent, last) {
                let rotation = Rotation::new(angle);
                if self.verify {
                    self.rotation = rotation;
                    self.phase = Phase::Verify;
                    return None;
                }
                return self.accept(rotation, incumbent + change);
            }
            self.close_plane();
            return None;
        }
        self.take_best()
    }

    /// Moves to the best value seen in the plane, if it is an improvement.
    fn take_best(&mut self) -> Option<Move<T>> {
        match self.best {
            Some((value, rotation)) if improves(value, self.incumbent) => self.accept(rotation, value),
            _ => {
                self.close_plane();
                None
            }
        }
    }

    /// The frame at the beginning of a sweep.
    fn begin_sweep(&mut self, value: Option<T>) {
        self.incumbent = value;
        let stalled = self.sweep > 0
            && match (self.last_sweep, value) {
                (Some(before), Some(now)) => {
                    before - now < self.config.tolerance.max(T::from_f64(8.0) * T::EPSILON * now.abs())
                }
                (None, Some(_)) => false,
                (_, None) => true,
            };
        self.last_sweep = value;
        if stalled && !self.fine {
            self.phase = Phase::Done(Stop::Converged);
            return;
        }
        if self.sweep >= self.config.sweeps {
            self.phase = Phase::Done(Stop::Runs);
            return;
        }
        let small = self.sweep > 0 && self.largest < T::from_f64(FINE);
        self.fine = !stalled && (self.fine || small);
        if self.fine {
            let smallest = T::EPSILON.sqrt().sqrt();
            self.angle = (T::HALF * self.largest).max(smallest);
            self.reach = Rotation::new(self.angle);
        }
        self.largest = T::ZERO;
        if self.seek(0, 0) {
            self.open_plane();
        }
        if self.phase == Phase::Last {
            self.phase = Phase::Done(Stop::Evaluations);
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
                match self.incumbent {
                    Some(incumbent) if value.is_finite() => {
                        self.magnitude = self.magnitude.max(value.abs());
                        if self.fine {
                            self.ahead = if self.sample == 0 { value } else { self.ahead };
                        } else {
                            let at = (self.rotation.c, self.rotation.s);
                            self.polynomial.gather(self.degree, at, value - incumbent);
                        }
                    }
                    _ => self.complete = false,
                }
                self.rotation = self.next_sample(self.rotation);
                self.sample += 1;
                if self.sample >= self.samples() { self.decide(value) } else { None }
            }
            Phase::Verify => {
                // A sample may be better than the minimum of a model that does not fit.
                if improves(value, self.best.map(|(value, _)| value)) {
                    self.best = Some((value, self.rotation));
                }
                self.take_best()
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

    fn look(&mut self, cols: usize, frame: &[T]) {
        self.pivots = Pivots::of(self.rows, cols, frame);
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
                let rotation =
                    (0..offset.min(left)).fold(self.rotation, |rotation, _| self.next_sample(rotation));
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
        self.fine = false;
        self.pivots = Pivots::default();
        self.incumbent = None;
        self.last_sweep = None;
        self.sweep = 0;
    }
}
