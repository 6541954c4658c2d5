//! A rotation of tokens, of whichever kind, and what quantization loses after it.

use rayon::prelude::*;
use reparam::dense::product;
use reparam::group_shuffle::{Shape, apply};

use super::fixed::Hadamard;
use crate::group_shuffle::failed;
use crate::{Error, Result};

/// An orthogonal matrix.
#[derive(Clone, Debug)]
pub enum Rotator {
    /// The identity.
    None,
    /// A Hadamard matrix.
    Hadamard(Hadamard),
    /// Any matrix, row-major.
    Dense(Vec<f64>),
    /// A GS matrix that returns the data to their places.
    Blocks {
        /// Its sizes.
        shape: Shape,
        /// Its blocks.
        blocks: Vec<f64>,
    },
}

impl Rotator {
    /// Replaces each row x of length `dim` by Q x.
    pub fn apply(&self, dim: usize, rows: &mut [f64]) -> Result<()> {
        match self {
            Self::None => {}
            Self::Hadamard(hadamard) => rows.chunks_exact_mut(dim).for_each(|row| hadamard.apply(row)),
            Self::Dense(q) => {
                let old = rows.to_vec();
                product::matmul_nt(rows.len() / dim, dim, dim, &old, q, rows)
                    .map_err(|e| Error::failed(e.to_string()))?;
            }
            Self::Blocks { shape, blocks } => {
                let mut scratch = vec![0.0; apply::scratch_len(*shape)];
                for row in rows.chunks_exact_mut(dim) {
                    apply::apply(*shape, blocks, row, &mut scratch).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Multiply-adds for a token; additions are counted as such.
    pub fn cost(&self, dim: usize) -> usize {
        match self {
            Self::None => 0,
            Self::Hadamard(hadamard) => hadamard.cost(),
            Self::Dense(_) => dim * dim,
            Self::Blocks { shape, .. } => shape.factors() * dim * shape.block(),
        }
    }

    /// For each number of bits, the squared error of a rotated and quantized token over its squared norm, the mean over
    /// the tokens that are not zero. The rotation back changes neither.
    pub fn errors(&self, dim: usize, tokens: &[f64], bits: &[u32]) -> Result<Vec<f64>> {
        let parts = tokens
            .par_chunks(64 * dim)
            .map(|part| {
                let mut rows = part.to_vec();
                self.apply(dim, &mut rows)?;
                Ok(bits.iter().map(|&bits| rows.chunks_exact(dim).map(|row| loss(row, bits)).sum()).collect())
            })
            .collect::<Result<Vec<Vec<f64>>>>()?;
        let count = tokens.chunks_exact(dim).filter(|token| token.iter().any(|&x| x != 0.0)).count().max(1);
        // In the order of the tokens, whichever thread they were on.
        Ok((0..bits.len()).map(|k| parts.iter().map(|part| part[k]).sum::<f64>() / count as f64).collect())
    }
}

/// Squared error of symmetric quantization with one scale for the token, its largest entry becoming the largest
/// integer, over the token's squared norm. A token of zeros loses nothing.
fn loss(token: &[f64], bits: u32) -> f64 {
    let largest = token.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    // Over its largest entry, so that no square leaves the range.
    let levels = f64::from((1u32 << (bits - 1)) - 1);
    let (error, norm) = token.iter().fold((0.0, 0.0), |(error, norm), x| {
        let x = x / largest;
        (error + (x - (x * levels).round() / levels).powi(2), norm + x * x)
    });
    error / norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_by_hand() {
        // Three bits: −3 … 3 times 0.5.
        let norm = 1.5 * 1.5 + 0.6 * 0.6 + 0.3 * 0.3;
        assert!((loss(&[1.5, 0.6, -0.3], 3) - (0.1f64.powi(2) + 0.2f64.powi(2)) / norm).abs() < 1e-15);
        assert_eq!(loss(&[0.0, 0.0], 4), 0.0);
        assert!((loss(&[1.5e-200, 0.6e-200], 3) - 0.01 / 2.61).abs() < 1e-15);
        // The mean over tokens, whatever their size; a token of zeros does not count.
        let errors = Rotator::None.errors(2, &[1.5, 0.6, 0.0, 0.0, 3e3, 2e3], &[3]).unwrap();
        assert!((errors[0] - 0.01 / 2.61 / 2.0).abs() < 1e-15);
    }
}
