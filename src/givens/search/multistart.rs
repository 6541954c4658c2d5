use rand_core::Rng;

use super::{Report, Search, Stop, improves, minimize};
use crate::Real;
use crate::givens::error::{Error, check_dimensions, check_length};
use crate::givens::frame::reflect;
use crate::givens::objective::Objective;
use crate::givens::{Plane, Rotation};
use crate::random::uniform;

/// Rotates a row-major frame by a rotation drawn uniformly from all rotations of the space (Haar measure).
///
/// Whatever the frame was, the result is uniform over the frames of this shape, or, if the frame is square,
/// over those with the same determinant. A vector of Gaussians is turned into the first axis by plane
/// rotations, then one in the space that is left, and so on (Stewart 1980 with rotations in place of
/// reflections): `rows·(rows − 1)/2` rotations, no scratch. A frame with the wrong length is left alone as far
/// as rows are missing.
///
/// ```
/// use reparam::givens::search::scatter;
/// use reparam::random::SplitMix64;
///
/// let mut frame = [1.0f64, 0.0, 0.0, 1.0, 0.0, 0.0];
/// scatter(3, 2, &mut frame, &mut SplitMix64::new(1));
/// let norm: f64 = [0, 2, 4].iter().map(|&k| frame[k] * frame[k]).sum();
/// assert!((norm - 1.0).abs() < 1e-15);
/// ```
pub fn scatter<T: Real, R: Rng + ?Sized>(rows: usize, cols: usize, frame: &mut [T], rng: &mut R) {
    for i in 0..rows.saturating_sub(1) {
        let mut length: T = gaussian(rng);
        for j in i + 1..rows {
            let (rotation, hypot) = Rotation::zeroing(length, gaussian(rng));
            length = hypot;
            rotation.apply_rows(Plane { i, j }, cols, frame);
        }
    }
}

/// Many starts of one search, from the caller's frame and then from frames drawn at random.
///
/// Rotations never leave the component of a square frame. With `reflect`, every other start, the second
/// first, is in the other component: its frame has the first row negated. Frames with more rows than columns
/// are one connected piece and are not reflected.
///
/// The search's evaluation budget covers all starts.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Multistart<T> {
    rows: usize,
    cols: usize,
    starts: u32,
    reflect: bool,
    finished: u32,
    best: Option<T>,
}

impl<T: Real> Multistart<T> {
    /// Searches from `starts` frames with this shape; `reflect` asks for both components of square frames.
    ///
    /// # Errors
    /// [`Error::Dimensions`] unless `rows >= cols >= 1`, [`Error::Setting`] without a start.
    pub fn new(rows: usize, cols: usize, starts: u32, reflect: bool) -> Result<Self, Error> {
        check_dimensions(rows, cols)?;
        if starts == 0 {
            return Err(Error::Setting { name: "starts" });
        }
        Ok(Self { rows, cols, starts, reflect: reflect && rows == cols, finished: 0, best: None })
    }

    /// Best value of the starts that are finished.
    pub fn best(&self) -> Option<T> {
        self.best
    }

    /// Starts that are finished.
    pub fn finished(&self) -> u32 {
        self.finished
    }

    /// Takes the result of a finished search: `frame` is copied to `best` if it is the best so far. If there
    /// is another start, `frame` and `search` are set up for it, and the result is `true`; else the best frame
    /// is copied back to `frame`.
    ///
    /// Both slices hold `rows·cols` numbers; call it when the search is [done](super::Ask::Done).
    pub fn next<S, R>(&mut self, search: &mut S, frame: &mut [T], best: &mut [T], rng: &mut R) -> bool
    where
        S: Search<T> + ?Sized,
        R: Rng + ?Sized,
    {
        let report = search.report();
        self.finished = self.finished.saturating_add(1);
        let value = report.value.filter(|&value| improves(value, self.best));
        if value.is_some() || self.finished == 1 {
            self.best = value;
            copy(frame, best);
        }
        if self.finished >= self.starts || report.stop == Some(Stop::Evaluations) {
            copy(best, frame);
            return false;
        }
        scatter(self.rows, self.cols, frame, rng);
        if self.reflect {
            reflect(self.cols, frame);
        }
        search.restart();
        true
    }

    /// Runs all starts and leaves the best frame in `frame`. `best` is scratch for a copy of the frame,
    /// `scratch` that of the objective. The report counts all starts; its value is the best.
    ///
    /// # Errors
    /// [`Error::Length`] if a slice has the wrong length, [`Error::NotFinite`] if the frame holds NaN or
    /// infinity, [`Error::Dimensions`] if the objective has another shape.
    #[allow(clippy::too_many_arguments)]
    pub fn minimize<O, S, R>(
        &mut self,
        objective: &mut O,
        frame: &mut [T],
        search: &mut S,
        best: &mut [T],
        scratch: &mut [T],
        rng: &mut R,
    ) -> Result<Report<T>, Error>
    where
        O: Objective<T> + ?Sized,
        S: Search<T> + ?Sized,
        R: Rng + ?Sized,
    {
        check_length(frame.len(), best.len())?;
        if (objective.rows(), objective.cols()) != (self.rows, self.cols) {
            return Err(Error::Dimensions { rows: objective.rows(), cols: objective.cols() });
        }
        loop {
            let report = minimize(objective, frame, search, scratch)?;
            if !self.next(search, frame, best, rng) {
                return Ok(Report { value: self.best, ..report });
            }
        }
    }
}

fn copy<T: Real>(from: &[T], to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
}

fn gaussian<T: Real, R: Rng + ?Sized>(rng: &mut R) -> T {
    let radius = (-T::TWO * (T::ONE - uniform::<T, R>(rng)).ln()).sqrt();
    let (s, _) = (T::TAU * uniform::<T, R>(rng)).sin_cos();
    radius * s
}
