//! The covariance of the samples: what a user can ask for, without a matrix of `dim` × `dim` where there is a structure.

use std::path::{Path, PathBuf};

use clap::Args;
use nalgebra::{Cholesky, DMatrix, SymmetricEigen};
use rand_core::Rng;
use reparam::diagonal::covariance::{Covariance, Diagonal, Factored, Isotropic};
use reparam::random::{SplitMix64, fill_gaussian, index};

use super::failed;
use crate::arguments::positive;
use crate::checkpoint::digest;
use crate::data::npy;
use crate::{Error, Result};

/// Which covariance.
#[derive(Args, Clone, Debug)]
pub struct CovarianceOptions {
    /// Covariance K of the samples: `isotropic` (K = I); `diagonal` (variances spaced evenly in their logarithms, mean 1,
    /// in random order: --condition); `marchenko-pastur` (K = G Gᵀ/n, G of dim × n Gaussian numbers: --ratio);
    /// `low-rank` (K = F Fᵀ + ridge·I, F of dim × rank Gaussian numbers: --rank, --ridge); `toeplitz` (K_ij =
    /// correlation^|i − j|: --correlation); or a file `.npy` of shape dim (variances), dim × dim (K) or dim × rank (F)
    #[arg(long, value_name = "KIND|FILE.npy", default_value = "isotropic")]
    pub covariance: String,
    /// diagonal: largest variance divided by the smallest
    #[arg(long, value_name = "X", value_parser = positive, default_value_t = 10.0)]
    pub condition: f64,
    /// marchenko-pastur: dim/n
    #[arg(long, value_name = "X", value_parser = positive, default_value_t = 0.5)]
    pub ratio: f64,
    /// low-rank: columns of F
    #[arg(long, value_name = "R", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub rank: u32,
    /// low-rank and F from a file: what is added to all variances
    #[arg(long, value_name = "X", value_parser = not_negative)]
    pub ridge: Option<f64>,
    /// toeplitz: correlation of neighbours
    #[arg(long, value_name = "RHO", value_parser = correlation, default_value_t = 0.9, allow_negative_numbers = true)]
    pub correlation: f64,
}

/// Numbers in a stored factor: 640 MB.
const LARGEST: usize = 80_000_000;

/// A number that is not negative, for `value_parser`.
pub fn not_negative(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..1e9).contains(&number) => Ok(number),
        _ => Err("a number that is not negative is needed".into()),
    }
}

/// A number between −1 and 1, for `value_parser`.
pub fn correlation(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.abs() < 1.0 => Ok(number),
        _ => Err("a number between -1 and 1 is needed".into()),
    }
}

impl CovarianceOptions {
    /// The file, if it is one.
    pub fn file(&self) -> Option<PathBuf> {
        let path = Path::new(&self.covariance);
        crate::data::is_npy(path).then(|| path.to_owned())
    }

    /// The covariance of `dim` variables, random parts from `seed`; a file decides `dim` itself.
    pub fn structure(&self, dim: Option<usize>, seed: u64) -> Result<Structure> {
        if let Some(path) = self.file() {
            return from_file(&path, dim, self.ridge.unwrap_or(0.0));
        }
        let dim = dim.unwrap_or(super::model::DIM);
        let rng = &mut SplitMix64::new(seed);
        match self.covariance.as_str() {
            "isotropic" => Ok(Structure::Isotropic { dim }),
            "diagonal" => Ok(Structure::Diagonal(log_spaced(dim, self.condition, rng))),
            "marchenko-pastur" => Structure::marchenko_pastur(dim, self.ratio, rng),
            "low-rank" => {
                let rank = self.rank as usize;
                let factor = gaussian_factor(dim, rank, rng)?;
                let ridge = self.ridge.unwrap_or(0.0);
                Ok(Structure::Factored { dim, rank, scale: 1.0 / rank as f64, factor, ridge })
            }
            "toeplitz" => Ok(Structure::Toeplitz { dim, correlation: self.correlation }),
            other => Err(Error::usage(format!("no covariance {other:?}")).remedy(
                "choose isotropic, diagonal, marchenko-pastur, low-rank, toeplitz or a file whose name ends in .npy",
            )),
        }
    }
}

/// A covariance in as few numbers as it has.
#[derive(Clone, Debug, PartialEq)]
pub enum Structure {
    /// The identity.
    Isotropic {
        /// Number of variables.
        dim: usize,
    },
    /// The variances of all variables.
    Diagonal(Vec<f64>),
    /// scale·F Fᵀ + ridge·I.
    Factored {
        /// Number of variables.
        dim: usize,
        /// Columns of F.
        rank: usize,
        /// Factor in front.
        scale: f64,
        /// F, row-major.
        factor: Vec<f64>,
        /// What is added to all variances.
        ridge: f64,
    },
    /// correlation^|i − j|.
    Toeplitz {
        /// Number of variables.
        dim: usize,
        /// Correlation of neighbours.
        correlation: f64,
    },
}

impl Structure {
    /// G Gᵀ/n for a Gaussian G of `dim` × n, n = dim/ratio.
    pub fn marchenko_pastur(dim: usize, ratio: f64, rng: &mut impl Rng) -> Result<Self> {
        let rank = ((dim as f64 / ratio).round() as usize).max(1);
        let factor = gaussian_factor(dim, rank, rng)?;
        Ok(Self::Factored { dim, rank, scale: 1.0 / rank as f64, factor, ridge: 0.0 })
    }

    /// Number of variables.
    pub fn dim(&self) -> usize {
        match self {
            Self::Isotropic { dim } | Self::Factored { dim, .. } | Self::Toeplitz { dim, .. } => *dim,
            Self::Diagonal(variances) => variances.len(),
        }
    }

    /// The diagonal of K.
    pub fn variances(&self) -> Vec<f64> {
        match self {
            Self::Isotropic { dim } | Self::Toeplitz { dim, .. } => vec![1.0; *dim],
            Self::Diagonal(variances) => variances.clone(),
            Self::Factored { rank, scale, factor, ridge, .. } => {
                let square = |row: &[f64]| scale * row.iter().map(|f| f * f).sum::<f64>() + ridge;
                factor.chunks_exact(*rank).map(square).collect()
            }
        }
    }

    /// Whether K is diagonal: then there is a deterministic limit.
    pub fn is_diagonal(&self) -> bool {
        match self {
            Self::Isotropic { .. } | Self::Diagonal(_) => true,
            Self::Toeplitz { correlation, .. } => *correlation == 0.0,
            Self::Factored { .. } => false,
        }
    }

    /// In words, with a digest of what a user gave.
    pub fn describe(&self) -> String {
        match self {
            Self::Isotropic { .. } => "isotropic".into(),
            Self::Diagonal(variances) => format!("diagonal, {}", digest(variances)),
            Self::Factored { rank, scale, factor, ridge, .. } => {
                format!("{scale:.6}·F Fᵀ + {ridge}·I, F of rank {rank}, {}", digest(factor))
            }
            Self::Toeplitz { correlation, .. } => format!("{correlation}^|i − j|"),
        }
    }

    /// Products with it.
    pub fn sampler(&self) -> Sampler<'_> {
        let scratch = match self {
            Self::Factored { rank, .. } => vec![0.0; *rank],
            _ => Vec::new(),
        };
        Sampler { structure: self, scratch }
    }
}

/// Products with a [`Structure`].
#[derive(Debug)]
pub struct Sampler<'a> {
    structure: &'a Structure,
    scratch: Vec<f64>,
}

impl Covariance<f64> for Sampler<'_> {
    fn dim(&self) -> usize {
        self.structure.dim()
    }

    fn noise_dim(&self) -> usize {
        match self.structure {
            Structure::Factored { dim, rank, ridge, .. } => rank + if *ridge > 0.0 { *dim } else { 0 },
            other => other.dim(),
        }
    }

    fn apply(&mut self, x: &[f64], out: &mut [f64]) {
        match self.structure {
            Structure::Isotropic { dim } => Isotropic { dim: *dim, variance: 1.0 }.apply(x, out),
            Structure::Diagonal(variances) => {
                if let Ok(mut k) = Diagonal::new(variances) {
                    k.apply(x, out);
                }
            }
            Structure::Factored { dim, rank, scale, factor, ridge } => {
                if let Ok(mut k) = Factored::new(*dim, *rank, *scale, factor, &mut self.scratch) {
                    k.apply(x, out);
                }
                if *ridge > 0.0 {
                    out.iter_mut().zip(x).for_each(|(out, x)| *out += ridge * x);
                }
            }
            // The sums to the left and to the right of each place.
            Structure::Toeplitz { correlation, .. } => {
                let mut sum = 0.0;
                for (out, x) in out.iter_mut().zip(x) {
                    sum = correlation * sum + x;
                    *out = sum;
                }
                sum = 0.0;
                for (out, x) in out.iter_mut().zip(x).rev() {
                    *out += correlation * sum;
                    sum = correlation * sum + x;
                }
            }
        }
    }

    fn color(&mut self, z: &[f64], out: &mut [f64]) {
        match self.structure {
            Structure::Isotropic { dim } => Isotropic { dim: *dim, variance: 1.0 }.color(z, out),
            Structure::Diagonal(variances) => {
                if let Ok(mut k) = Diagonal::new(variances) {
                    k.color(z, out);
                }
            }
            Structure::Factored { dim, rank, scale, factor, ridge } => {
                let (of_factor, rest) = z.split_at((*rank).min(z.len()));
                if let Ok(mut k) = Factored::new(*dim, *rank, *scale, factor, &mut self.scratch) {
                    k.color(of_factor, out);
                }
                let deviation = ridge.sqrt();
                out.iter_mut().zip(rest).for_each(|(out, z)| *out += deviation * z);
            }
            // A first-order autoregressive process along the variables.
            Structure::Toeplitz { correlation, .. } => {
                let innovation = (1.0 - correlation * correlation).sqrt();
                let mut last = 0.0;
                for (k, (out, z)) in out.iter_mut().zip(z).enumerate() {
                    last = if k == 0 { *z } else { correlation * last + innovation * z };
                    *out = last;
                }
            }
        }
    }
}

fn gaussian_factor(dim: usize, rank: usize, rng: &mut impl Rng) -> Result<Vec<f64>> {
    check_size(dim, rank)?;
    let mut factor = vec![0.0; dim * rank];
    fill_gaussian(rng, &mut factor);
    Ok(factor)
}

fn check_size(dim: usize, rank: usize) -> Result<()> {
    if dim.saturating_mul(rank) <= LARGEST {
        return Ok(());
    }
    Err(Error::usage(format!("a factor of {dim} × {rank} numbers does not fit in 640 MB")).remedy(
        "take --covariance isotropic, diagonal, toeplitz or low-rank: they have no dim × dim numbers",
    ))
}

/// Variances spaced evenly in their logarithms, of mean 1, in random order: targets may stand at regular places.
fn log_spaced(dim: usize, condition: f64, rng: &mut impl Rng) -> Vec<f64> {
    let place = |k: usize| if dim > 1 { k as f64 / (dim - 1) as f64 } else { 0.5 };
    let mut variances: Vec<f64> = (0..dim).map(|k| condition.powf(place(k) - 0.5)).collect();
    let mean = variances.iter().sum::<f64>() / dim as f64;
    variances.iter_mut().for_each(|variance| *variance /= mean);
    for k in (1..dim).rev() {
        variances.swap(k, index(rng, k as u32 + 1) as usize);
    }
    variances
}

fn from_file(path: &Path, dim: Option<usize>, ridge: f64) -> Result<Structure> {
    let array = npy::read(path)?;
    let rows = array.shape.first().copied().unwrap_or(0);
    if let Some(dim) = dim.filter(|&dim| dim != rows) {
        return Err(Error::usage(format!(
            "the covariance is one of {rows} variables, --dim or the target of {dim}"
        ))
        .file(path)
        .remedy("give the same number of variables everywhere, or no --dim"));
    }
    match array.shape[..] {
        [0, ..] | [_, 0] => Err(Error::failed("the array is empty").file(path)),
        [_] => {
            if ridge > 0.0 {
                return Err(Error::usage("--ridge is for --covariance low-rank or a file with F").file(path));
            }
            if let Some(position) = array.values.iter().position(|&variance| variance < 0.0) {
                let what = format!("variance {position} is {}, which is negative", array.values[position]);
                return Err(Error::failed(what).file(path));
            }
            Ok(Structure::Diagonal(array.values))
        }
        [rows, cols] if rows == cols => factored(rows, &array.values, ridge).map_err(|e| e.file(path)),
        [dim, rank] => Ok(Structure::Factored { dim, rank, scale: 1.0, factor: array.values, ridge }),
        _ => Err(Error::failed(format!("an array of shape {:?} is no covariance", array.shape))
            .file(path)
            .remedy(
                "save an array of shape dim (variances), dim × dim (the matrix) or dim × rank (a factor)",
            )),
    }
}

/// A matrix as F Fᵀ.
fn factored(dim: usize, values: &[f64], ridge: f64) -> Result<Structure> {
    let matrix = DMatrix::from_row_slice(dim, dim, values);
    let largest = matrix.amax();
    for row in 0..dim {
        for col in 0..row {
            let (a, b) = (matrix[(row, col)], matrix[(col, row)]);
            if (a - b).abs() > 1e-9 * largest {
                let what = format!(
                    "the matrix is not symmetric: element [{row}, {col}] is {a}, [{col}, {row}] is {b}"
                );
                return Err(Error::failed(what).remedy("save (k + k.T)/2"));
            }
        }
    }
    let factor = match Cholesky::new(matrix.clone()) {
        Some(cholesky) => cholesky.unpack(),
        // Singular, or no covariance.
        None => {
            let eigen = SymmetricEigen::new(matrix);
            if let Some(negative) =
                eigen.eigenvalues.iter().find(|&&value| value < -1e-9 * largest * dim as f64)
            {
                return Err(Error::failed(format!(
                    "the matrix is no covariance: it has the eigenvalue {negative:e}"
                )));
            }
            let roots = eigen.eigenvalues.map(|value| value.max(0.0).sqrt());
            eigen.eigenvectors * DMatrix::from_diagonal(&roots)
        }
    };
    Ok(Structure::Factored {
        dim,
        rank: dim,
        scale: 1.0,
        factor: factor.transpose().as_slice().to_vec(),
        ridge,
    })
}

/// Refuses a diagonal that the kernels would refuse.
pub fn check(structure: &Structure) -> Result<()> {
    Diagonal::new(&structure.variances()).map(drop).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each() -> Vec<Structure> {
        let rng = &mut SplitMix64::new(3);
        vec![
            Structure::Isotropic { dim: 6 },
            Structure::Diagonal(log_spaced(6, 10.0, rng)),
            Structure::marchenko_pastur(6, 0.5, rng).unwrap(),
            Structure::Factored {
                dim: 6,
                rank: 2,
                scale: 0.7,
                factor: gaussian_factor(6, 2, rng).unwrap(),
                ridge: 0.3,
            },
            Structure::Toeplitz { dim: 6, correlation: -0.6 },
        ]
    }

    /// K x for all unit vectors is F Fᵀ, and its diagonal the variances.
    #[test]
    fn products_and_factors_agree() {
        for structure in each() {
            let mut sampler = structure.sampler();
            let columns = sampler.noise_dim();
            let unit = |n: usize, k: usize| (0..n).map(|i| f64::from(u8::from(i == k))).collect::<Vec<_>>();
            let mut product = vec![vec![0.0; 6]; 6];
            for k in 0..columns {
                let mut column = vec![0.0; 6];
                sampler.color(&unit(columns, k), &mut column);
                (0..36).for_each(|p| product[p / 6][p % 6] += column[p / 6] * column[p % 6]);
            }
            for k in 0..6 {
                let mut row = vec![0.0; 6];
                sampler.apply(&unit(6, k), &mut row);
                assert!(row.iter().zip(&product[k]).all(|(x, y)| (x - y).abs() < 1e-12), "{structure:?} {k}");
                assert!((structure.variances()[k] - row[k]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn matrices_are_factored_or_refused() {
        let structure = factored(2, &[2.0, 1.0, 1.0, 2.0], 0.0).unwrap();
        let mut out = [0.0; 2];
        structure.sampler().apply(&[1.0, 0.0], &mut out);
        assert!((out[0] - 2.0).abs() < 1e-14 && (out[1] - 1.0).abs() < 1e-14);
        let singular = factored(2, &[1.0, 1.0, 1.0, 1.0], 0.0).unwrap();
        singular.sampler().apply(&[1.0, 0.0], &mut out);
        assert!((out[0] - 1.0).abs() < 1e-12 && (out[1] - 1.0).abs() < 1e-12);
        assert!(factored(2, &[1.0, 2.0, 2.0, 1.0], 0.0).unwrap_err().to_string().contains("-1"));
        assert!(factored(2, &[1.0, 2.0, 0.0, 1.0], 0.0).unwrap_err().to_string().contains("symmetric"));
    }
}
