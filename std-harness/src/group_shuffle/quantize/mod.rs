//! `reparam group-shuffle rotate-quantize`: how much a rotation before quantization of activations saves.
//!
//! A few channels of large values spoil the scale of all others. A rotation Q, folded into the weights around it,
//! spreads them: Hadamard matrices do it with additions alone where the size allows, GS matrices do it at any size.

pub mod fixed;
pub mod learn;
pub mod rotator;

use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;
use reparam::group_shuffle::Shape;
use reparam::group_shuffle::adapter::Side;
use reparam::group_shuffle::format::{Header, Storage};
use reparam::random::SplitMix64;
use serde::Serialize;

use self::fixed::{Hadamard, mixing_block, mixing_name};
use self::rotator::Rotator;
use super::rotation::{divisors, random_orthogonal, shape};
use super::stored::{Matrix, Stored};
use crate::arguments::check_files;
use crate::context::Context;
use crate::data::npy;
use crate::data::safetensors::Precision;
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// `reparam group-shuffle rotate-quantize`.
#[derive(Args, Debug, Clone)]
pub struct QuantizeOptions {
    /// Activations: .npy, one row a token
    #[arg(value_name = "IN.npy")]
    input: PathBuf,
    /// Activations to learn from. Without it: the even rows of IN.npy, and its odd rows are quantized
    #[arg(long, value_name = "CALIBRATION.npy")]
    calibration: Option<PathBuf>,
    /// Side of a block. Without it: near the square root of the dimension
    #[arg(long, value_name = "B")]
    block: Option<usize>,
    /// Factors of the GS matrices
    #[arg(long, value_name = "M", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    factors: u16,
    /// Bits of the integers
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "4,8", value_parser = clap::value_parser!(u32).range(2..=16))]
    bits: Vec<u32>,
    /// Steps of learning
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Rows to use at most, of each file
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    tokens: u32,
    /// Seed of random rotations and of learning
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the GS rotation that loses least on the tokens to learn from
    #[arg(long, short, value_name = "OUT.safetensors")]
    output: Option<PathBuf>,
}

/// Step sizes that learning tries; the best on the calibration tokens stays.
const RATES: [f64; 2] = [0.01, 0.05];
/// Size of the parameters that learning starts from near the identity.
const NEAR: f64 = 0.05;
/// Above, a dense rotation costs more than the rest together.
const DENSE: usize = 1024;

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    input: String,
    dim: usize,
    tokens: usize,
    calibration_tokens: usize,
    block: usize,
    factors: usize,
    bits: Vec<u32>,
    steps: u32,
    seed: u64,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    rotation: String,
    /// Multiply-adds for a token.
    cost: usize,
    /// Mean relative squared error of a token, for each number of bits.
    errors: Vec<f64>,
}

/// Rows to be made, by name, and what has to be said about those that are not.
type Plans = (Vec<(String, Plan)>, Vec<String>);

/// A row to be made.
enum Plan {
    Fixed(Rotator),
    Learned { shape: Shape, start: Vec<f64> },
}

impl QuantizeOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let inputs = [("IN.npy", Some(&self.input)), ("--calibration", self.calibration.as_ref())];
        check_files(&inputs, &[("--output", self.output.as_ref())])?;
        let (dim, tokens) = self.read(&self.input)?;
        let (tokens, calibration) = match &self.calibration {
            Some(path) => {
                let (other, calibration) = self.read(path)?;
                if other != dim {
                    let what = format!("tokens of {other} entries, {} has {dim}", self.input.display());
                    return Err(Error::usage(what).file(path));
                }
                (tokens, calibration)
            }
            None if tokens.len() < 2 * dim => {
                return Err(Error::usage("one row: nothing is left to learn from")
                    .file(&self.input)
                    .remedy("give more rows, or --calibration"));
            }
            None => {
                let part = |odd: usize| {
                    tokens.chunks_exact(dim).skip(odd).step_by(2).flatten().copied().collect::<Vec<f64>>()
                };
                (part(1), part(0))
            }
        };
        for (tokens, path) in
            [(&tokens, &self.input), (&calibration, self.calibration.as_ref().unwrap_or(&self.input))]
        {
            if tokens.iter().all(|&x| x == 0.0) {
                return Err(Error::failed("all activations are zero").file(path));
            }
        }
        let block = match self.block {
            Some(block) => block,
            None => divisors(dim).min_by_key(|b| b.abs_diff(dim.isqrt())).unwrap_or(1),
        };
        let (plans, notes) = self.plans(dim, block)?;
        let progress = context.progress(Some(plans.len() as u64));
        progress.message(|| "rotations".into());
        let work = |(rotation, plan): (String, Plan)| {
            let rotator = self.rotator(dim, plan, &calibration)?;
            let errors = rotator.errors(dim, &tokens, &self.bits)?;
            progress.add(1);
            Ok((Row { rotation, cost: rotator.cost(dim), errors }, rotator))
        };
        let rows = plans.into_par_iter().map(work).collect::<Result<Vec<_>>>()?;
        progress.finish();
        if let Some(path) = &self.output {
            store(path, dim, &rows, &calibration, &self.fewest())?;
        }
        let rows: Vec<Row> = rows.into_iter().map(|(row, _)| row).collect();
        let report = Report {
            system: "group_shuffle",
            version: env!("CARGO_PKG_VERSION"),
            input: self.input.display().to_string(),
            dim,
            tokens: tokens.len() / dim,
            calibration_tokens: calibration.len() / dim,
            block,
            factors: self.factors.into(),
            bits: self.bits.clone(),
            steps: self.steps,
            seed: self.seed,
            rows,
            notes,
        };
        context.print(&report, || report.to_string())
    }

    fn read(&self, path: &PathBuf) -> Result<(usize, Vec<f64>)> {
        let array = npy::read(path)?;
        // Any leading axes: batches of sequences of tokens.
        let Some((&dim, leading)) = array.shape.split_last().filter(|(_, leading)| !leading.is_empty())
        else {
            let what = format!("an array of shape {:?}, expected tokens × channels", array.shape);
            return Err(Error::failed(what).file(path));
        };
        if dim == 0 || leading.contains(&0) {
            return Err(Error::failed(format!("an empty array of shape {:?}", array.shape)).file(path));
        }
        let mut values = array.values;
        values.truncate((self.tokens as usize).saturating_mul(dim));
        Ok((dim, values))
    }

    fn plans(&self, dim: usize, block: usize) -> Result<Plans> {
        let gs = shape(dim, block, self.factors.into())?;
        let diagonal = shape(dim, block, 1)?;
        let mut rng = SplitMix64::new(self.seed);
        let mut notes = Vec::new();
        let mut plans = vec![("none".to_owned(), Plan::Fixed(Rotator::None))];
        match Hadamard::new(dim) {
            Some(hadamard) => plans.push(("Hadamard".into(), Plan::Fixed(Rotator::Hadamard(hadamard)))),
            None => notes.push(format!("no Hadamard matrix of order {dim} is known to this program")),
        }
        if dim <= DENSE {
            let q = random_orthogonal(dim, &mut rng)?;
            plans.push(("dense, random".into(), Plan::Fixed(Rotator::Dense(q))));
        } else {
            notes.push(format!("a dense random rotation is left out above {DENSE} dimensions"));
        }
        let mixing = mixing_name(block);
        let mixed: Vec<f64> = mixing_block(block).repeat(gs.factors() * gs.blocks());
        let random = (0..gs.factors() * gs.blocks()).map(|_| random_orthogonal(block, &mut rng));
        let random = random.collect::<Result<Vec<_>>>()?.concat();
        plans.push(("GS, random".into(), Plan::Fixed(Rotator::Blocks { shape: gs, blocks: random })));
        let fixed = Rotator::Blocks { shape: gs, blocks: mixed.clone() };
        plans.push((format!("GS, {mixing} blocks"), Plan::Fixed(fixed)));
        let learned = |shape, start| Plan::Learned { shape, start };
        plans.push((
            "block diagonal, learned".into(),
            learned(diagonal, learn::near_identity(diagonal, NEAR, &mut rng)?),
        ));
        plans.push((
            "GS, learned from the identity".into(),
            learned(gs, learn::near_identity(gs, NEAR, &mut rng)?),
        ));
        plans.push((format!("GS, learned from {mixing} blocks"), learned(gs, mixed)));
        Ok((plans, notes))
    }

    /// The number of bits that rotations are chosen by.
    fn fewest(&self) -> Vec<u32> {
        self.bits.iter().copied().min().into_iter().collect()
    }

    /// Of the start of learning and its ends, the one that loses least on the calibration tokens.
    fn rotator(&self, dim: usize, plan: Plan, calibration: &[f64]) -> Result<Rotator> {
        let (shape, start) = match plan {
            Plan::Fixed(rotator) => return Ok(rotator),
            Plan::Learned { shape, start } => (shape, start),
        };
        let fewest = self.fewest();
        let mut best = Rotator::Blocks { shape, blocks: start.clone() };
        let mut least = best.errors(dim, calibration, &fewest)?;
        for rate in RATES {
            let blocks = learn::learn(shape, &start, calibration, self.steps as usize, rate, self.seed)?;
            let learned = Rotator::Blocks { shape, blocks };
            let errors = learned.errors(dim, calibration, &fewest)?;
            if errors < least {
                (best, least) = (learned, errors);
            }
        }
        Ok(best)
    }
}

/// Writes the GS rotation that loses least on the calibration tokens, as blocks: those that learn from a start of
/// determinant −1 have no Cayley parameters.
fn store(path: &Path, dim: usize, rows: &[(Row, Rotator)], calibration: &[f64], bits: &[u32]) -> Result<()> {
    let mut best: Option<(Vec<f64>, &str, Matrix)> = None;
    for (row, rotator) in rows {
        let Rotator::Blocks { shape, blocks } = rotator else { continue };
        let errors = rotator.errors(dim, calibration, bits)?;
        if best.as_ref().is_none_or(|(least, ..)| errors < *least) {
            let header = Header { storage: Storage::Blocks, side: Side::Input, ..Header::new(*shape) };
            let matrix = Matrix { header, values: blocks.clone(), scale: None, butterfly: None };
            best = Some((errors, &row.rotation, matrix));
        }
    }
    let mut stored = Stored::default();
    if let Some((_, name, matrix)) = best {
        stored.matrices.insert("rotation".into(), matrix);
        stored.texts.insert("kind".into(), name.to_owned());
    }
    stored.write(path, Precision::F64)
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} tokens of {} channels, {} to learn from; blocks of {}, {} factors; mean relative squared error of a token",
            self.tokens, self.dim, self.calibration_tokens, self.block, self.factors
        )?;
        let bits = self.bits.iter().map(|bits| format!("{bits} bits"));
        let head = ["rotation", "multiply-adds"].map(str::to_owned).into_iter().chain(bits);
        let mut table = Table::new(head);
        for row in &self.rows {
            let errors = row.errors.iter().map(|&error| number(error, 3));
            table.row([row.rotation.clone(), row.cost.to_string()].into_iter().chain(errors));
        }
        write!(f, "\n{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
