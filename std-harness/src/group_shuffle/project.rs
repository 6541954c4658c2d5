//! `reparam group-shuffle project`: the nearest product of shuffled blocks to a matrix of a user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use reparam::Real;
use reparam::group_shuffle::{Blocks, Class, Permutation, Shape, Shuffle, analysis};
use serde::Serialize;

use super::projection::{Projected, project, project_orthogonal};
use crate::arguments::{check_files, positive};
use crate::context::Context;
use crate::data::safetensors::{self, Precision, Reader};
use crate::data::{Array, is_npy, npy};
use crate::report::table::Table;
use crate::{Error, Result};

/// What happens to the rows after the last factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Layout {
    /// Pᵀ L P R: they return, and identity blocks are the identity.
    #[default]
    ShuffleReturn,
    /// L P R: they stay shuffled.
    Shuffle,
}

impl Layout {
    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShuffleReturn => "shuffle-return",
            Self::Shuffle => "shuffle",
        }
    }
}

/// `reparam group-shuffle project`.
#[derive(Args, Debug)]
pub struct ProjectOptions {
    /// The matrix: `.npy` with two axes, or a tensor with two axes in `.safetensors`
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// Which tensor of a `.safetensors` file; not needed if there is one only
    #[arg(long, value_name = "NAME")]
    pub tensor: Option<String>,
    /// Side of the blocks; it divides the number of columns. The blocks of L of a matrix that is not square have
    /// rows/(columns/B) rows
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u32).range(1..))]
    pub block: u32,
    /// Number of block-diagonal factors. Without --orthogonal it is 2: the nearest product of another number is not
    /// known in closed form
    #[arg(long, value_name = "M", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub factors: u32,
    /// The nearest orthogonal product, a local optimum: every factor has orthogonal blocks
    #[arg(long)]
    pub orthogonal: bool,
    /// What happens to the rows after the last factor
    #[arg(long, value_enum, default_value_t)]
    pub layout: Layout,
    /// Most sweeps over the factors of the orthogonal fit
    #[arg(long, value_name = "N", default_value_t = 60, requires = "orthogonal")]
    pub sweeps: u32,
    /// The orthogonal fit ends when a sweep improves the distance by less than this part of it
    #[arg(long, value_name = "TOLERANCE", default_value_t = 1e-9, value_parser = positive, requires = "orthogonal")]
    pub tolerance: f64,
    /// Where the factors go, as `.safetensors`: `l` and `r` of shape [blocks, B, B] (one or more than two factors:
    /// `b1`, `b2`, … in the order in which they act), in the precision of the input
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub output: PathBuf,
}

/// What is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// ‖A − product‖, Frobenius.
    pub residual: f64,
    /// ‖A‖, Frobenius.
    pub norm: f64,
    /// Part of the entries of the product that can be nonzero.
    pub fill: f64,
    /// Numbers in the factors.
    pub parameters: usize,
    /// Seconds of the projection, without reading and writing.
    pub seconds: f64,
}

impl ProjectOptions {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        check_files(&[("the matrix", Some(&self.input))], &[("-o", Some(&self.output))])?;
        let (array, precision) = read(&self.input, self.tensor.as_deref())?;
        let sizes = Sizes::new(&self, &array.shape).map_err(|e| e.file(&self.input))?;
        let norm = array.values.iter().map(|x| x * x).sum::<f64>().sqrt();
        let rows = self.target_rows(&sizes);
        let target = || rows.iter().flat_map(|&row| &array.values[row * sizes.cols..(row + 1) * sizes.cols]);
        let started = Instant::now();
        // In the precision of the input, so that a matrix of 32-bit numbers costs half.
        let (values, residual, sweeps) = match precision {
            Precision::F32 => {
                let a: Vec<f32> = target().map(|&x| x as f32).collect();
                self.compute(context, &sizes, &a)?
            }
            Precision::F64 => {
                let a: Vec<f64> = target().copied().collect();
                self.compute(context, &sizes, &a)?
            }
        };
        let seconds = started.elapsed().as_secs_f64();
        let fill = sizes.fill()?;
        let report = Report { residual, norm, fill, parameters: values.len(), seconds };
        self.write(&sizes, &values, precision)?;
        context.print(&report, || self.text(&report, &sizes, sweeps))
    }

    /// Rows of the matrix in the order of what is projected. The orthogonal fit knows products that return: the nearest
    /// L P R to A is P times the nearest Pᵀ L P R to PᵀA.
    fn target_rows(&self, sizes: &Sizes) -> Vec<usize> {
        match (self.orthogonal, self.layout) {
            (true, Layout::Shuffle) => {
                let mut rows: Vec<usize> = (0..sizes.rows).collect();
                // Once for each shuffle between the factors.
                let shuffle = Shuffle::new(sizes.blocks, sizes.rows).ok();
                for _ in 1..self.factors {
                    rows =
                        shuffle.iter().flat_map(|shuffle| shuffle.targets()).map(|row| rows[row]).collect();
                }
                rows
            }
            _ => (0..sizes.rows).collect(),
        }
    }

    fn compute<T: Real>(&self, context: &Context, sizes: &Sizes, a: &[T]) -> Result<(Vec<f64>, f64, usize)> {
        let progress = context.progress(Some((sizes.blocks * sizes.blocks) as u64));
        let projected = if self.orthogonal {
            let shape = Shape::new(sizes.block, sizes.blocks, self.factors as usize).map_err(refused)?;
            project_orthogonal(shape, a, self.sweeps as usize, self.tolerance, &progress)
        } else {
            project(sizes.class(self.layout)?, a, &progress)
        };
        progress.finish();
        let Projected { blocks, residual, sweeps } = projected.map_err(|e| e.file(&self.input))?;
        Ok((blocks.iter().map(|x| x.to_f64()).collect(), residual, sweeps))
    }

    fn write(&self, sizes: &Sizes, values: &[f64], precision: Precision) -> Result<()> {
        let factor_len = sizes.blocks * sizes.block * sizes.block;
        let mut tensors = BTreeMap::new();
        let (mut rest, mut factor) = (values, 0);
        while !rest.is_empty() {
            // Only the last factor of two can have other than square blocks.
            let len = if factor == 0 {
                factor_len.min(rest.len())
            } else {
                (values.len() - factor_len) / (self.factors as usize - 1)
            };
            let (numbers, after) = rest.split_at(len);
            let height = len / (sizes.blocks * sizes.block);
            let name = match (self.factors, factor) {
                (2, 0) => "r".to_owned(),
                (2, _) => "l".to_owned(),
                (_, factor) => format!("b{}", factor + 1),
            };
            let shape = vec![sizes.blocks, height, sizes.block];
            tensors.insert(name, Array { shape, values: numbers.to_vec() });
            (rest, factor) = (after, factor + 1);
        }
        let metadata = [
            ("format", "reparam group-shuffle projection 1".to_owned()),
            ("layout", self.layout.name().to_owned()),
            ("permutation", "scatter".to_owned()),
            ("block", sizes.block.to_string()),
            ("blocks", sizes.blocks.to_string()),
            ("factors", self.factors.to_string()),
            ("orthogonal", self.orthogonal.to_string()),
        ];
        let metadata = metadata.map(|(key, text)| (key.to_owned(), text)).into();
        safetensors::write(&self.output, &tensors, precision, &metadata)
    }

    fn text(&self, report: &Report, sizes: &Sizes, sweeps: usize) -> String {
        let Report { residual, norm, fill, parameters, seconds } = report;
        let mut table = Table::new(["", ""]);
        table.row(["matrix".into(), format!("{} × {}", sizes.rows, sizes.cols)]);
        table.row(["factors".into(), format!("{} of {} blocks", self.factors, sizes.blocks)]);
        table.row(["norm".into(), format!("{norm:.10}")]);
        table.row(["residual".into(), format!("{residual:.10}")]);
        if *norm > 0.0 {
            table.row(["residual/norm".into(), format!("{:.4}", residual / norm)]);
        }
        table.row(["fill".into(), format!("{fill:.4}")]);
        table.row(["parameters".into(), format!("{parameters} (matrix: {})", sizes.rows * sizes.cols)]);
        if self.orthogonal {
            table.row(["sweeps".into(), sweeps.to_string()]);
        }
        table.row(["seconds".into(), format!("{seconds:.3}")]);
        let text = table.to_string();
        // Without the empty head.
        text.lines().skip(2).map(|line| format!("{line}\n")).collect()
    }
}

/// Sizes that fit each other.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    rows: usize,
    cols: usize,
    block: usize,
    blocks: usize,
    factors: usize,
}

impl Sizes {
    fn new(options: &ProjectOptions, shape: &[usize]) -> Result<Self> {
        let &[rows, cols] = shape else {
            return Err(Error::failed(format!("an array of shape {shape:?}, expected a matrix (two axes)")));
        };
        if rows == 0 || cols == 0 {
            return Err(Error::failed(format!("the matrix is empty ({rows} × {cols})")));
        }
        let (block, factors) = (options.block as usize, options.factors as usize);
        if options.orthogonal && rows != cols {
            return Err(Error::usage(format!("--orthogonal needs a square matrix, this is {rows} × {cols}")));
        }
        if !options.orthogonal && factors != 2 {
            let what = format!("--factors {factors}: the nearest product is known for two factors only");
            return Err(Error::usage(what).remedy("fit orthogonal factors with --orthogonal"));
        }
        if cols % block != 0 {
            let near: Vec<String> = near_divisors(cols, block).map(|b| b.to_string()).collect();
            return Err(Error::usage(format!("blocks of {block} do not divide {cols} columns"))
                .remedy(format!("--block {}", near.join(" or --block "))));
        }
        let blocks = cols / block;
        if rows % blocks != 0 {
            let what = format!("{blocks} blocks of {block} columns do not divide {rows} rows");
            return Err(Error::usage(what)
                .remedy("choose a block with which the number of blocks divides rows and columns"));
        }
        Ok(Self { rows, cols, block, blocks, factors })
    }

    /// Square blocks in R; in L as high as the rows ask for.
    fn class(&self, layout: Layout) -> Result<Class<'static>> {
        let right = Blocks { count: self.blocks, rows: self.block, cols: self.block };
        let left = Blocks { rows: self.rows / self.blocks, ..right };
        let rows = match layout {
            Layout::Shuffle => Permutation::identity(self.rows),
            Layout::ShuffleReturn => Shuffle::new(self.blocks, self.rows).map_err(refused)?.inverse().into(),
        };
        let middle = Shuffle::new(self.blocks, self.cols).map_err(refused)?.into();
        Class::new(left, right, rows, middle, Permutation::identity(self.cols)).map_err(refused)
    }

    fn fill(&self) -> Result<f64> {
        if self.rows == self.cols {
            let shape = Shape::new(self.block, self.blocks, self.factors).map_err(refused)?;
            let count = analysis::fill(shape, &mut vec![false; self.rows]).map_err(refused)?;
            return Ok(count as f64 / (self.rows * self.cols) as f64);
        }
        let class = self.class(Layout::Shuffle)?;
        let mut ranks = vec![0; self.blocks * self.blocks];
        class.rank_map(&mut ranks).map_err(refused)?;
        Ok(ranks.iter().filter(|&&rank| rank > 0).count() as f64 / ranks.len() as f64)
    }
}

fn refused(error: reparam::group_shuffle::Error) -> Error {
    Error::usage(error.to_string())
}

/// The divisors of `n` next to `wanted`, below and above.
fn near_divisors(n: usize, wanted: usize) -> impl Iterator<Item = usize> {
    let below = (1..wanted.min(n)).rev().find(|b| n.is_multiple_of(*b));
    let above = (wanted + 1..=n).find(|b| n.is_multiple_of(*b));
    below.into_iter().chain(above)
}

/// The matrix, and whether it has 32 or 64 bits (integers become 64).
fn read(path: &Path, tensor: Option<&str>) -> Result<(Array, Precision)> {
    if is_npy(path) {
        if tensor.is_some() {
            return Err(
                Error::usage("--tensor names a tensor of a .safetensors file, not of a .npy").file(path)
            );
        }
        return Ok((npy::read(path)?, npy::precision(path)?));
    }
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
        let what = "the name says neither .npy nor .safetensors";
        return Err(Error::usage(what).file(path).remedy("save it with numpy.save or safetensors"));
    }
    let mut reader = Reader::open(path)?;
    let name = reader.choose(tensor)?;
    let precision = reader.precision(&name);
    Ok((reader.read(&name)?, precision))
}
