//! What is learnt, from which samples, and how weights are written.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reparam::diagonal::rule::{Difference, Exponentiated, Product, Rule, stability_limit};
use reparam::random::{SplitMix64, gaussian};
use serde::Serialize;

use super::covariance::{CovarianceOptions, Structure, check, not_negative};
use super::failed;
use crate::arguments::{Named, positive};
use crate::checkpoint::digest;
use crate::data::{TableOptions, read_array};
use crate::{Error, Result};

/// Variables, if nothing says how many.
pub const DIM: usize = 400;

/// How a weight is written as two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parametrization {
    /// u² − v², from u = v = ALPHA
    #[default]
    Difference,
    /// u·v, from u = 2·ALPHA and v = 0: the same network as u² − v², with half the step
    Product,
    /// u² − v² moved by factors e^(±2h): EG±
    Exponentiated,
}

impl Parametrization {
    /// Both numbers of a weight with effective initialisation `scale`.
    pub fn numbers(self, weight: f64, scale: f64) -> Result<(f64, f64)> {
        match self {
            Self::Product => Product::from_weight(weight, scale),
            Self::Difference | Self::Exponentiated => Difference::from_weight(weight, scale),
        }
        .map_err(failed)
    }

    /// Largest stable step near an interpolating solution with these numbers: the kernel's
    /// [`stability_limit`].
    pub fn stability_limit(self, variances: &[f64], u: &[f64], v: &[f64]) -> Result<f64> {
        match self {
            Self::Difference => stability_limit(&Difference, variances, u, v),
            Self::Product => stability_limit(&Product, variances, u, v),
            Self::Exponentiated => stability_limit(&Exponentiated, variances, u, v),
        }
        .map_err(failed)
    }

    /// How far a small pull moves a weight, per unit of pull.
    pub fn gain(self, u: f64, v: f64) -> f64 {
        match self {
            Self::Difference => Difference.gain(u, v),
            Self::Product => Product.gain(u, v),
            Self::Exponentiated => Exponentiated.gain(u, v),
        }
    }

    /// How many times longer a step of this size is than one on u² − v², and how many times u² + v² is larger.
    pub fn ratios(self) -> (f64, f64) {
        match self {
            Self::Product => (0.5, 2.0),
            Self::Difference | Self::Exponentiated => (1.0, 1.0),
        }
    }
}

/// Covariance, target and noise.
#[derive(Args, Clone, Debug)]
pub struct ModelOptions {
    /// Number of weights. Without it: as the files say, else 400
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub dim: Option<u32>,
    /// Weights to learn: `.npy` with one axis, or one number a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sparsity", "amplitude", "gaussian"])]
    pub target: Option<PathBuf>,
    /// Share of the weights to learn that are not 0, at regular places
    #[arg(long, value_name = "F", default_value_t = 0.1, value_parser = share)]
    pub sparsity: f64,
    /// Size of those weights, + and − in turn
    #[arg(long, value_name = "A", default_value_t = 3.0, value_parser = positive)]
    pub amplitude: f64,
    /// Gaussian sizes with standard deviation A instead of ±A
    #[arg(long)]
    pub gaussian: bool,
    /// Standard deviation of the noise on the answers
    #[arg(long, value_name = "SIGMA", default_value_t = 0.0, value_parser = not_negative)]
    pub noise: f64,
    /// Covariance of the samples.
    #[command(flatten)]
    pub covariance: CovarianceOptions,
}

fn share(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("a share between 0 and 1 is needed".into()),
    }
}

/// The least squares problem.
#[derive(Clone, Debug)]
pub struct Model {
    /// Covariance of the samples.
    pub structure: Structure,
    /// β*.
    pub target: Vec<f64>,
    /// Places of `target` that are not 0.
    pub support: Vec<usize>,
    /// Standard deviation of the noise on the answers.
    pub noise: f64,
}

impl Model {
    /// A model; both must have one length.
    pub fn new(structure: Structure, target: Vec<f64>, noise: f64) -> Result<Self> {
        check(&structure)?;
        let support = target.iter().enumerate().filter(|(_, b)| **b != 0.0).map(|(place, _)| place).collect();
        Ok(Self { structure, target, support, noise })
    }

    /// Number of weights.
    pub fn dim(&self) -> usize {
        self.target.len()
    }

    /// The answer to a sample, without noise.
    pub fn answer(&self, a: &[f64]) -> f64 {
        self.support.iter().map(|&place| a[place] * self.target[place]).sum()
    }
}

impl ModelOptions {
    /// Files that are read.
    pub fn files(&self) -> [(&'static str, Option<PathBuf>); 2] {
        [("--target", self.target.clone()), ("--covariance", self.covariance.file())]
    }

    /// Reads the files and draws what is random.
    pub fn model(&self, seed: u64) -> Result<Model> {
        let given = self.target.as_ref().map(|path| -> Result<Vec<f64>> {
            let array = read_array(path, &TableOptions::default())?;
            match array.shape[..] {
                [_] | [_, 1] if !array.values.is_empty() => Ok(array.values),
                _ => Err(Error::failed(format!("an array of shape {:?} is no list of weights", array.shape))
                    .file(path)
                    .remedy("give one number a line, or .npy with one axis")),
            }
        });
        let given = given.transpose()?;
        let asked = self.dim.map(|dim| dim as usize);
        if let (Some(path), Some(given), Some(dim)) = (&self.target, &given, asked)
            && given.len() != dim
        {
            return Err(Error::usage(format!("{} weights, but --dim is {dim}", given.len()))
                .file(path)
                .remedy("leave --dim away: the file says how many"));
        }
        // The covariance has its own generator: the same K whatever the target.
        let structure = self.covariance.structure(given.as_ref().map(Vec::len).or(asked), seed ^ 0xc0)?;
        let target = match given {
            Some(target) => target,
            None => {
                sparse(structure.dim(), self.sparsity, self.amplitude, self.gaussian.then_some(seed ^ 0x7a))
            }
        };
        Model::new(structure, target, self.noise)
    }
}

/// A share of the weights, at regular places, ±amplitude in turn or Gaussian; the others 0.
pub fn sparse(dim: usize, share: f64, amplitude: f64, gaussian_seed: Option<u64>) -> Vec<f64> {
    let count = (share * dim as f64).round() as usize;
    let mut rng = gaussian_seed.map(SplitMix64::new);
    let mut target = vec![0.0; dim];
    for k in 0..count {
        let size = match &mut rng {
            Some(rng) => gaussian(rng),
            None if k % 2 == 0 => 1.0,
            None => -1.0,
        };
        target[(k as u128 * dim as u128 / count as u128) as usize] = amplitude * size;
    }
    target
}

/// What a run depends on, for checkpoints.
pub fn task(model: &Model) -> serde_json::Value {
    serde_json::json!({
        "dim": model.dim(),
        "covariance": model.structure.describe(),
        "target": digest(&model.target),
        "noise": model.noise,
    })
}

/// Borrowed as [`crate::arguments::check_files`] wants them.
pub fn named<'a>(files: &'a [(&'static str, Option<PathBuf>)]) -> Vec<Named<'a>> {
    files.iter().map(|(name, path)| (*name, path.as_ref())).collect()
}
