//! Velocities with hundreds of weights: least squares by Householder's QR and a singular value decomposition of the triangle
//! (faer), the rest by the core. The core's rotations need no memory beside the triangle; blocked reflections are faster once
//! the triangle leaves the cache.

use faer::Mat;
use reparam::dirac_frenkel::least_squares::Factored;
use reparam::dirac_frenkel::velocity::from_factored;
use reparam::dirac_frenkel::{Error, Flow, Method, Momentum, Problem, Stage};

/// Rows σᵢvᵢᵀ, numbers uᵢᵀf and ‖f‖² outside their span, of a stored matrix.
#[derive(Clone, Debug)]
pub struct Decomposition {
    n: usize,
    lines: Vec<f64>,
    along: Vec<f64>,
    residual: f64,
}

impl Decomposition {
    /// Of `points` rows with `n` elements: `row` writes the k-th and returns its right-hand side.
    ///
    /// Cost: about 2·points·n² + 20·n³ operations.
    ///
    /// # Errors
    /// Those of `row`; [`Error::NotFinite`]; [`Error::NoConvergence`].
    pub fn new(
        n: usize,
        points: usize,
        mut row: impl FnMut(usize, &mut [f64]) -> Result<f64, Error>,
    ) -> Result<Self, Error> {
        // The right-hand side is a column more: its part of the triangle is Qᵀf. Rows of zeros keep the matrix tall.
        let mut matrix = Mat::<f64>::zeros(points.max(n + 1), n + 1);
        let mut buffer = vec![0.0; n];
        for point in 0..points {
            let value = row(point, &mut buffer)?;
            if !(value.is_finite() && buffer.iter().all(|x| x.is_finite())) {
                return Err(Error::NotFinite);
            }
            for (k, &x) in buffer.iter().enumerate() {
                matrix[(point, k)] = x;
            }
            matrix[(point, n)] = value;
        }
        let qr = matrix.qr();
        let triangle = qr.thin_R();
        let svd = triangle.get(..n, ..n).to_owned();
        // What is below the diagonal belongs to the reflections.
        let square = Mat::from_fn(n, n, |i, j| if i <= j { svd[(i, j)] } else { 0.0 });
        let svd = square.thin_svd().map_err(|_| Error::NoConvergence)?;
        let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
        let mut lines = Vec::with_capacity(n * n);
        let mut along = Vec::with_capacity(n);
        for k in 0..n {
            lines.extend((0..n).map(|j| s[k] * v[(j, k)]));
            along.push((0..n).map(|i| u[(i, k)] * triangle[(i, n)]).sum());
        }
        Ok(Self { n, lines, along, residual: triangle[(n, n)].powi(2) })
    }

    /// As the core takes it.
    ///
    /// # Errors
    /// [`Error::NotFinite`].
    pub fn factored(&self) -> Result<Factored<'_, f64>, Error> {
        Factored::from_parts(self.n, &self.lines, &self.along, self.residual)
    }
}

/// As [`DiracFrenkel`](reparam::dirac_frenkel::DiracFrenkel), for many weights.
#[derive(Debug)]
pub struct Dense<P> {
    problem: P,
    method: Method<f64>,
    memory: Option<Momentum<f64>>,
    scratch: Vec<f64>,
}

impl<P: Problem<f64>> Dense<P> {
    /// # Errors
    /// [`Error::Size`] for a problem without weights; [`Error::Setting`] for momentum with Tikhonov's method.
    pub fn new(problem: P, method: Method<f64>, memory: Option<Momentum<f64>>) -> Result<Self, Error> {
        if problem.weights() == 0 {
            return Err(Error::Size);
        }
        method.check(memory)?;
        let scratch = vec![0.0; problem.weights()];
        Ok(Self { problem, method, memory, scratch })
    }
}

impl<P: Problem<f64>> Flow<f64> for Dense<P> {
    fn weights(&self) -> usize {
        self.problem.weights()
    }

    fn velocity(
        &mut self,
        theta: &[f64],
        t: f64,
        h: Option<f64>,
        momentum: &mut [f64],
        velocity: &mut [f64],
    ) -> Result<Stage<f64>, Error> {
        let (n, points) = (self.problem.weights(), self.problem.points());
        let problem = &mut self.problem;
        let decomposition = Decomposition::new(n, points, |k, row| problem.row(theta, t, k, row))?;
        let factored = decomposition.factored()?;
        from_factored(&factored, self.method, self.memory, h, momentum, velocity, &mut self.scratch)
    }
}
