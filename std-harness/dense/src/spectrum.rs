//! Singular values with what a velocity needs of their vectors.

use faer::{ColRef, MatRef};
use reparam::dirac_frenkel::Error;
use reparam::dirac_frenkel::least_squares::Factored;

/// Rows σᵢvᵢᵀ, σ descending, numbers uᵢᵀf and ‖f‖² outside their span.
#[derive(Clone, Debug)]
pub struct Spectrum {
    pub(crate) n: usize,
    pub(crate) lines: Vec<f64>,
    pub(crate) along: Vec<f64>,
    pub(crate) residual: f64,
}

impl Spectrum {
    /// `transposed` is Bᵀ for J = QB, `seen` is Qᵀf.
    pub(crate) fn of_part(transposed: MatRef<'_, f64>, seen: &[f64], residual: f64) -> Result<Self, Error> {
        let svd = transposed.thin_svd().map_err(|_| Error::NoConvergence)?;
        let (v, s, u) = (svd.U(), svd.S().column_vector(), svd.V());
        let n = transposed.nrows();
        let mut lines = Vec::with_capacity(n * s.nrows());
        let mut along = Vec::with_capacity(s.nrows());
        for ((v, u), &s) in v.col_iter().zip(u.col_iter()).zip(s.iter()) {
            lines.extend(v.iter().map(|x| s * x));
            along.push(u.iter().zip(seen).map(|(u, f)| u * f).sum());
        }
        Ok(Self { n, lines, along, residual })
    }

    /// What J − QB, orthogonal to Q, adds to uᵢᵀf where σᵢ matters: `seen` is (J − QB)ᵀf.
    pub(crate) fn add_left_out(&mut self, seen: ColRef<'_, f64>, bound: impl Fn(f64) -> f64) {
        let mut least = 0.0;
        for (k, (line, along)) in self.lines.chunks_exact(self.n).zip(&mut self.along).enumerate() {
            let square: f64 = line.iter().map(|x| x * x).sum();
            if k == 0 {
                least = 0.1 * bound(square.sqrt());
            }
            if square.sqrt() > least {
                *along += line.iter().zip(seen.iter()).map(|(x, seen)| x * seen).sum::<f64>() / square;
            }
        }
    }

    /// As the core takes it.
    ///
    /// # Errors
    /// [`Error::NotFinite`].
    pub fn factored(&self) -> Result<Factored<'_, f64>, Error> {
        Factored::from_parts(self.n, &self.lines, &self.along, self.residual)
    }
}
