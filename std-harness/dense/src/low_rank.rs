//! Matrices of low rank, found from the top.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef};
use reparam::random::{SplitMix64, fill_gaussian};

/// `A ≈ Q B` with orthonormal columns of Q.
#[derive(Debug)]
pub(crate) struct LowRank {
    /// Q.
    pub(crate) basis: Mat<f64>,
    /// Bᵀ.
    pub(crate) transposed: Mat<f64>,
}

impl LowRank {
    /// Of A, given as its transpose, so that ‖A − QB‖ ≤ `enough(σ)` with σ ≤ σ₁, usually nearly σ₁. `None`, and `transposed` as it was
    /// up to rounding, if that takes more than half of the full rank; else what is left is in `transposed`.
    ///
    /// A few random combinations of columns span the strongest part of the range; that part is subtracted, and so on. The norm of
    /// the rest decides, so that chance has no say in how accurate this is; what is drawn is always the same.
    ///
    /// Source: Martinsson and Voronin, SIAM J. Sci. Comput. 38 (2016) S485. Cost: about 6·rank operations an element.
    pub(crate) fn new(mut transposed: MatMut<'_, f64>, enough: impl Fn(f64) -> f64) -> Option<Self> {
        let (n, m) = (transposed.nrows(), transposed.ncols());
        let most = n.min(m) / 2;
        let block = n.div_ceil(16).clamp(16, 64);
        if most < 2 * block {
            return None;
        }
        let size = transposed.norm_l2();
        // Less than rounding cannot be what is left, and σ₁ is not above the norm.
        if enough(size) < f64::EPSILON * size {
            return None;
        }
        let mut rng = SplitMix64::new(1);
        let mut parts: Vec<Self> = Vec::new();
        let mut largest = 0.0f64;
        for rank in (1..).map(|parts| parts * block).take_while(|&rank| rank <= most) {
            let basis = strongest(transposed.as_ref(), &parts, block, &mut rng);
            let part = product(transposed.as_ref(), basis.as_ref());
            add(transposed.as_mut(), -1.0, part.as_ref(), basis.transpose());
            largest = part.col_iter().fold(largest, |largest, column| largest.max(column.norm_l2()));
            parts.push(Self { basis, transposed: part });
            let (left, enough) = (transposed.norm_l2(), enough(largest));
            if left <= enough {
                return Some(Self {
                    basis: beside(m, block, parts.iter().map(|part| &part.basis)),
                    transposed: beside(n, block, parts.iter().map(|part| &part.transposed)),
                });
            }
            // Singular values hardly ever fall faster later on.
            let fall = (size / left).ln() / rank as f64;
            let hopeless = (left / enough).ln() > fall * (most - rank) as f64;
            if hopeless || enough < f64::EPSILON * size {
                break;
            }
        }
        for part in &parts {
            add(transposed.as_mut(), 1.0, part.transposed.as_ref(), part.basis.transpose());
        }
        None
    }
}

/// Orthonormal columns that span the range of A times random numbers, orthogonal to those that are known.
fn strongest(transposed: MatRef<'_, f64>, known: &[LowRank], count: usize, rng: &mut SplitMix64) -> Mat<f64> {
    let n = transposed.nrows();
    let mut random = vec![0.0; n * count];
    fill_gaussian(rng, &mut random);
    let random = MatRef::from_column_major_slice(&random, n, count);
    let mut basis = product(transposed.transpose(), random).qr().compute_thin_Q();
    // Where little is left, rounding has brought back some of what is known.
    for part in known {
        let seen = product(part.basis.transpose(), basis.as_ref());
        add(basis.as_mut(), -1.0, part.basis.as_ref(), seen.as_ref());
    }
    basis.qr().compute_thin_Q()
}

fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(a.nrows(), b.ncols());
    add(product.as_mut(), 1.0, a, b);
    product
}

/// `c ← c + factor·a·b`.
fn add(c: MatMut<'_, f64>, factor: f64, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    matmul(c, Accum::Add, a, b, factor, faer::get_global_parallelism());
}

/// Matrices with `rows` rows and `columns` columns, beside each other.
fn beside<'a>(rows: usize, columns: usize, parts: impl ExactSizeIterator<Item = &'a Mat<f64>>) -> Mat<f64> {
    let mut all = Mat::zeros(rows, columns * parts.len());
    for (k, part) in parts.enumerate() {
        all.as_mut().subcols_mut(k * columns, columns).copy_from(part);
    }
    all
}
