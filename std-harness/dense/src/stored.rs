//! J and f in memory, and the ways to solve with them.
//!
//! Of hundreds of singular values a truncated velocity keeps some tens. What matters is then found from the top. A J without a low
//! rank is squared where that is accurate enough, else factored by reflections.

use faer::{ColRef, Mat, MatMut, MatRef};
use rayon::prelude::*;
use reparam::dirac_frenkel::{Error, Method, Problem, Stage};

use crate::gram::Gram;
use crate::low_rank::LowRank;
use crate::spectrum::Spectrum;

/// What is left out has this part of the smallest singular value that matters, at most. Being orthogonal to what is found, it
/// counts by its square.
const LEFT_OUT: f64 = 1e-4;

/// What squares may round where the solution is refined.
const REFINED: f64 = 1e-6;

/// What squares may round where it is not.
const ROUNDING: f64 = 1e-8;

/// Rows that one thread makes at a time.
const ROWS: usize = 32;

/// J by rows, and f.
#[derive(Clone, Debug)]
pub struct Stored {
    n: usize,
    rows: Vec<f64>,
    values: Vec<f64>,
}

/// What is needed for a velocity.
#[derive(Clone, Debug)]
pub enum Solved {
    /// Singular values, all that matter and some more.
    Spectrum(Spectrum),
    /// All singular values are kept, and there is no null space.
    Regular {
        /// The velocity.
        eta: Vec<f64>,
        /// Its report.
        stage: Stage<f64>,
    },
}

impl Stored {
    /// Zeros.
    ///
    /// # Errors
    /// [`Error::Size`] without unknowns.
    pub fn new(n: usize, points: usize) -> Result<Self, Error> {
        if n == 0 {
            return Err(Error::Size);
        }
        Ok(Self { n, rows: vec![0.0; n * points], values: vec![0.0; points] })
    }

    /// Takes the rows of a problem, made side by side.
    ///
    /// # Errors
    /// Those of the problem; [`Error::NotFinite`].
    pub fn fill<P: Problem<f64> + Clone + Send + Sync>(
        &mut self,
        problem: &P,
        theta: &[f64],
        t: f64,
    ) -> Result<(), Error> {
        self.rows.resize(self.n * problem.points(), 0.0);
        self.values.resize(problem.points(), 0.0);
        let made = || problem.clone();
        self.fill_with(made, |problem, point, row| problem.row(theta, t, point, row))
    }

    /// Takes a row and its right-hand side for each point from `row`, side by side, each thread with a state of its own.
    ///
    /// # Errors
    /// Those of `row`; [`Error::NotFinite`].
    pub fn fill_with<S>(
        &mut self,
        state: impl Fn() -> S + Send + Sync,
        row: impl Fn(&mut S, usize, &mut [f64]) -> Result<f64, Error> + Send + Sync,
    ) -> Result<(), Error> {
        let n = self.n;
        let chunks = self.rows.par_chunks_mut(n * ROWS).zip(self.values.par_chunks_mut(ROWS));
        chunks.enumerate().try_for_each_init(state, |state, (chunk, (rows, values))| {
            for (k, (line, value)) in rows.chunks_exact_mut(n).zip(values).enumerate() {
                *value = row(state, chunk * ROWS + k, line)?;
                if !(value.is_finite() && line.iter().all(|x| x.is_finite())) {
                    return Err(Error::NotFinite);
                }
            }
            Ok(())
        })
    }

    /// All singular values and directions, from a triangle.
    ///
    /// Cost: about 2·points·n² + 20·n³ operations.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    pub fn spectrum(&self) -> Result<Spectrum, Error> {
        let (n, points) = (self.n, self.values.len());
        // The right-hand side is a column more: its part of the triangle is Qᵀf. Rows of zeros keep the matrix tall.
        let mut matrix = Mat::<f64>::zeros(points.max(n + 1), n + 1);
        let rows = MatRef::from_row_major_slice(&self.rows, points, n);
        matrix.get_mut(..points, ..n).copy_from(rows);
        matrix.col_mut(n).iter_mut().zip(&self.values).for_each(|(x, &value)| *x = value);
        let qr = matrix.qr();
        let triangle = qr.thin_R();
        // What is below the diagonal belongs to the reflections.
        let transposed = Mat::from_fn(n, n, |j, i| if i <= j { triangle[(i, j)] } else { 0.0 });
        let seen: Vec<f64> = (0..n).map(|i| triangle[(i, n)]).collect();
        Spectrum::of_part(transposed.as_ref(), &seen, triangle[(n, n)].powi(2))
    }

    /// What a method needs. The rows are used up.
    ///
    /// Cost: that of [`spectrum`](Self::spectrum) at worst. If k singular values, a small multiple of those that are kept,
    /// are few: about 6·points·n·k operations.
    ///
    /// # Errors
    /// [`Error::NoConvergence`].
    pub fn solve(&mut self, method: Method<f64>) -> Result<Solved, Error> {
        let (n, points) = (self.n, self.values.len());
        let bound = |largest: f64| match method {
            Method::Truncated(truncation) => truncation.bound(largest),
            // Below √γ a direction's part of the solution is proportional to its singular value, not to the square.
            Method::Tikhonov(gamma) => 1e-2 * gamma.sqrt(),
        };
        let rows = MatMut::from_column_major_slice_mut(&mut self.rows, n, points);
        if let Some(LowRank { basis, transposed }) = LowRank::new(rows, |largest| LEFT_OUT * bound(largest)) {
            let (mut seen, mut unseen) = (Vec::new(), self.values.clone());
            for column in basis.col_iter() {
                let part: f64 = column.iter().zip(&unseen).map(|(q, f)| q * f).sum();
                unseen.iter_mut().zip(column.iter()).for_each(|(f, q)| *f -= part * q);
                seen.push(part);
            }
            let residual = unseen.iter().map(|f| f * f).sum();
            let mut spectrum = Spectrum::of_part(transposed.as_ref(), &seen, residual)?;
            let left_out = MatRef::from_column_major_slice(&self.rows, n, points);
            spectrum.add_left_out((left_out * ColRef::from_slice(&unseen)).as_ref(), bound);
            return Ok(Solved::Spectrum(spectrum));
        }
        let rows = MatRef::from_column_major_slice(&self.rows, n, points);
        let size = rows.norm_l2();
        let rounding = Gram::rounding(n, size, bound(size));
        if rounding <= REFINED {
            let gram = Gram::new(rows, &self.values);
            if matches!(method, Method::Truncated(_))
                && let Some((eta, stage)) = gram.regular(bound, REFINED)
            {
                return Ok(Solved::Regular { eta, stage });
            }
            if rounding <= ROUNDING {
                return gram.spectrum().map(Solved::Spectrum);
            }
        }
        self.spectrum().map(Solved::Spectrum)
    }
}
