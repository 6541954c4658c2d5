//! JᵀJ, where squared singular values are accurate enough.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_inverse::invert_lower_triangular;
use faer::{Accum, ColRef, Mat, MatRef, Side};
use reparam::dirac_frenkel::{Error, Stage};

use crate::spectrum::Spectrum;

/// J, f and the lower half of JᵀJ.
#[derive(Debug)]
pub(crate) struct Gram<'a> {
    transposed: MatRef<'a, f64>,
    values: &'a [f64],
    product: Mat<f64>,
}

impl<'a> Gram<'a> {
    /// Of Jᵀ and f. Cost: n² operations a row.
    pub(crate) fn new(transposed: MatRef<'a, f64>, values: &'a [f64]) -> Self {
        let n = transposed.nrows();
        let mut product = Mat::zeros(n, n);
        triangular::matmul(
            &mut product,
            BlockStructure::TriangularLower,
            Accum::Replace,
            transposed,
            BlockStructure::Rectangular,
            transposed.transpose(),
            BlockStructure::Rectangular,
            1.0,
            faer::get_global_parallelism(),
        );
        Self { transposed, values, product }
    }

    /// What squares round, as a part of the square of a singular value of the size `small`.
    pub(crate) fn rounding(n: usize, size: f64, small: f64) -> f64 {
        n as f64 * f64::EPSILON * (size / small).powi(2)
    }

    /// The solution and its report, if no singular value can be below `bound(σ₁)` and `rounding` says that squares serve for all.
    ///
    /// Cost: about 3·n³ operations, those for the extreme singular values of the report most of them.
    pub(crate) fn regular(
        &self,
        bound: impl Fn(f64) -> f64,
        negligible: f64,
    ) -> Option<(Vec<f64>, Stage<f64>)> {
        let n = self.product.nrows();
        let triangle = self.product.llt(Side::Lower).ok()?;
        let mut inverse = Mat::zeros(n, n);
        invert_lower_triangular(inverse.as_mut(), triangle.L(), faer::get_global_parallelism());
        // ‖R⁻¹‖ ≥ 1/σₙ, ‖R‖ ≥ σ₁.
        let (size, smallest) = (triangle.L().norm_l2(), 1.0 / inverse.norm_l2());
        let accurate = Self::rounding(n, size, smallest) <= negligible;
        if !(accurate && smallest >= bound(size)) {
            return None;
        }
        let mut eta = vec![0.0; n];
        let mut left = self.values.to_vec();
        // Once more for the rounding of the squares.
        for _ in 0..2 {
            let seen = column(&left);
            let step = inverse.transpose() * (&inverse * (self.transposed * seen));
            eta.iter_mut().zip(step.col(0).iter()).for_each(|(eta, step)| *eta += step);
            left = self.left(&eta);
        }
        let squares = self.product.self_adjoint_eigenvalues(Side::Lower).ok()?;
        let residual = left.iter().map(|r| r * r).sum::<f64>().sqrt();
        let stage = Stage {
            rank: n,
            largest: squares.last()?.sqrt(),
            kept: squares.first()?.sqrt(),
            residual_before: residual,
            residual_after: residual,
            ..Stage::default()
        };
        eta.iter().all(|x| x.is_finite()).then_some((eta, stage))
    }

    /// Singular values whose squares are more than rounding, and directions.
    ///
    /// Cost: about 9·n³ operations, 2·n² a row.
    pub(crate) fn spectrum(&self) -> Result<Spectrum, Error> {
        let n = self.product.nrows();
        let squares = self.product.self_adjoint_eigen(Side::Lower).map_err(|_| Error::NoConvergence)?;
        let (v, s) = (squares.U(), squares.S().column_vector());
        let noise = s[n - 1] * n as f64 * f64::EPSILON;
        let rounding = s.iter().take_while(|s| **s <= noise).count();
        let v = v.subcols(rounding, n - rounding);
        // Lengths of the columns of JV have none of the rounding of squares.
        let images = self.transposed.transpose() * v;
        let (mut lines, mut along) = (Vec::with_capacity(n * v.ncols()), Vec::with_capacity(v.ncols()));
        let mut left = self.values.to_vec();
        for (v, image) in v.col_iter().zip(images.col_iter()).rev() {
            let s = image.norm_l2();
            let part = image.transpose() * ColRef::from_slice(&left) / s;
            left.iter_mut().zip(image.iter()).for_each(|(f, u)| *f -= part / s * u);
            lines.extend(v.iter().map(|v| s * v));
            along.push(part);
        }
        let residual = ColRef::from_slice(&left).squared_norm_l2();
        Ok(Spectrum { n, lines, along, residual })
    }

    /// f − Jη.
    fn left(&self, eta: &[f64]) -> Vec<f64> {
        let image = self.transposed.transpose() * column(eta);
        self.values.iter().zip(image.col(0).iter()).map(|(f, u)| f - u).collect()
    }
}

fn column(x: &[f64]) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(x, x.len(), 1)
}
