//! `reparam group-shuffle fill`: which entries the products of factors can fill, counted and drawn.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use reparam::group_shuffle::{Shape, analysis};
use serde::Serialize;

use crate::arguments::check_files;
use crate::context::Context;
use crate::report::file::write_atomic;
use crate::report::table::Table;
use crate::{Error, Result};

/// Largest side that is drawn.
const LARGEST: usize = 512;

/// `reparam group-shuffle fill`.
#[derive(Args, Debug)]
pub struct FillOptions {
    /// Side of the matrix
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub dim: u32,
    /// Side of the blocks; it divides D
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u32).range(1..))]
    pub block: u32,
    /// Largest number of factors. Without it: as many as group and shuffle needs to fill everything
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub factors: Option<u32>,
    /// Draws the patterns, as SVG
    #[arg(long, value_name = "OUT.svg")]
    pub plot: Option<PathBuf>,
}

/// What is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Side of the matrix.
    pub dim: usize,
    /// Side of the blocks.
    pub block: usize,
    /// One entry for each kind of factors.
    pub kinds: Vec<Kind>,
    /// Parts that products Pᵀ L P R never leave, however many are multiplied: 1 if there are none.
    pub closed_parts: usize,
}

/// Factors of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct Kind {
    /// `group-shuffle`, `butterfly` or `block-diagonal`.
    pub name: &'static str,
    /// Part of the entries that a product of 1, 2, … factors can fill.
    pub fill: Vec<f64>,
    /// Factors that fill everything; none if no number does.
    pub factors_for_density: Option<usize>,
    #[serde(skip)]
    patterns: Vec<Pattern>,
}

/// For every block of columns, the rows it reaches.
type Pattern = Vec<Vec<bool>>;

impl FillOptions {
    /// Does it.
    pub fn run(self, context: &Context) -> Result<()> {
        check_files(&[], &[("--plot", self.plot.as_ref())])?;
        let (dim, block) = (self.dim as usize, self.block as usize);
        if dim % block != 0 {
            return Err(Error::usage(format!("blocks of {block} do not divide a side of {dim}")));
        }
        if self.plot.is_some() && dim > LARGEST {
            return Err(Error::usage(format!("--plot draws sides up to {LARGEST}, not {dim}")));
        }
        let report = self.report(dim, block)?;
        if let Some(path) = &self.plot {
            write_atomic(path, picture(&report).as_bytes())?;
        }
        context.print(&report, || text(&report))
    }

    fn report(&self, dim: usize, block: usize) -> Result<Report> {
        let blocks = dim / block;
        let fail = |e| Error::usage(format!("{e}"));
        let needed = analysis::factors_for_density(block, blocks);
        let factors = match (self.factors, needed) {
            (Some(factors), _) => factors as usize,
            (None, Some(factors)) => factors,
            (None, None) => 1,
        };
        let spread_gs = |t: usize, reached: &mut [bool]| {
            // Of any number of factors the first ones are the same.
            let shape = Shape::new(block, blocks, factors).map_err(fail)?;
            analysis::spread(block, shape.addresses(t), reached);
            Ok(())
        };
        let spread_butterfly = |t: usize, reached: &mut [bool]| {
            // After the last factor they begin again.
            let t = t % (blocks.trailing_zeros() as usize + 1);
            analysis::spread(block, analysis::butterfly_places(block, blocks, t).map_err(fail)?, reached);
            Ok(())
        };
        let spread_blocks = |_: usize, reached: &mut [bool]| {
            analysis::spread(block, 0..dim, reached);
            Ok(())
        };
        let mut kinds = vec![Kind::new("group-shuffle", dim, block, factors, needed, spread_gs)?];
        if block.is_multiple_of(2) && blocks.is_power_of_two() {
            let needed = analysis::butterfly_factors_for_density(blocks);
            kinds.push(Kind::new("butterfly", dim, block, factors, needed, spread_butterfly)?);
        }
        let needed = (blocks == 1).then_some(1);
        kinds.push(Kind::new("block-diagonal", dim, block, factors, needed, spread_blocks)?);
        let pair = Shape::new(block, blocks, 2).map_err(fail)?;
        let closed_parts = analysis::components(pair, &mut vec![0; dim], &mut vec![0; dim]).map_err(fail)?;
        Ok(Report { dim, block, kinds, closed_parts })
    }
}

impl Kind {
    fn new(
        name: &'static str,
        dim: usize,
        block: usize,
        factors: usize,
        factors_for_density: Option<usize>,
        spread: impl Fn(usize, &mut [bool]) -> Result<()>,
    ) -> Result<Self> {
        let drawn = dim <= LARGEST;
        let (mut counts, mut patterns) = (vec![0; factors], vec![Pattern::new(); factors]);
        let mut reached = vec![false; dim];
        // All columns of a block of the first factor reach the same rows.
        for column in (0..dim).step_by(block) {
            reached.fill(false);
            reached[column] = true;
            for t in 0..factors {
                spread(t, &mut reached)?;
                counts[t] += block * reached.iter().filter(|&&reached| reached).count();
                if drawn {
                    patterns[t].push(reached.clone());
                }
            }
        }
        let fill = counts.iter().map(|&count| count as f64 / (dim as f64 * dim as f64)).collect();
        Ok(Self { name, fill, factors_for_density, patterns })
    }
}

fn text(report: &Report) -> String {
    let factors = report.kinds[0].fill.len();
    let heads = (1..=factors).map(|m| format!("m = {m}")).chain(["dense at m".into()]);
    let mut table = Table::new(["factors".to_owned()].into_iter().chain(heads));
    for kind in &report.kinds {
        let fills = kind.fill.iter().map(|fill| format!("{fill:.4}"));
        let needed = kind.factors_for_density.map_or("never".to_owned(), |m| m.to_string());
        table.row([kind.name.to_owned()].into_iter().chain(fills).chain([needed]));
    }
    let mut text = format!("{table}");
    if report.closed_parts > 1 {
        let _ = writeln!(
            text,
            "Stacked products Pᵀ L P R never leave {} closed parts of {}: use more factors instead.",
            report.closed_parts,
            report.dim / report.closed_parts
        );
    }
    text
}

const CELL: f64 = 150.0;
const GAP: f64 = 26.0;
const LEFT: f64 = 128.0;
const TOP: f64 = 34.0;

/// A row of squares for each kind, a column for each number of factors.
fn picture(report: &Report) -> String {
    let factors = report.kinds[0].fill.len();
    let width = LEFT + factors as f64 * (CELL + GAP);
    let height = TOP + report.kinds.len() as f64 * (CELL + GAP) + 4.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>Entries that products of factors can fill, side {}, blocks of {}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        report.dim, report.block
    );
    for m in 1..=factors {
        let x = LEFT + (m as f64 - 1.0) * (CELL + GAP) + CELL / 2.0;
        let plural = if m == 1 { "" } else { "s" };
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"22\" text-anchor=\"middle\">{m} factor{plural}</text>");
    }
    for (k, kind) in report.kinds.iter().enumerate() {
        let y = TOP + k as f64 * (CELL + GAP);
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 12.0,
            y + CELL / 2.0,
            kind.name.replace('-', " ")
        );
        for (m, pattern) in kind.patterns.iter().enumerate() {
            let x = LEFT + m as f64 * (CELL + GAP);
            let scale = CELL / report.dim as f64;
            let _ = writeln!(
                svg,
                "<g transform=\"translate({x} {y})\">\
                 <rect width=\"{CELL}\" height=\"{CELL}\" fill=\"#f2f2f2\" stroke=\"#999999\"/>\n\
                 <path transform=\"scale({scale})\" fill=\"#0072b2\" d=\"{}\"/>\n\
                 <text x=\"{CELL}\" y=\"{}\" text-anchor=\"end\" font-size=\"11\" fill=\"#555555\">{:.1} %</text></g>",
                path(pattern, report.block),
                CELL + 14.0,
                100.0 * kind.fill[m]
            );
        }
    }
    svg += "</svg>\n";
    svg
}

/// Runs of reached rows, a rectangle each.
fn path(pattern: &Pattern, block: usize) -> String {
    let mut path = String::new();
    for (j, rows) in pattern.iter().enumerate() {
        let mut row = 0;
        for run in rows.chunk_by(|a, b| a == b) {
            if run[0] {
                let _ = write!(path, "M{} {row}h{block}v{}h-{block}z", j * block, run.len());
            }
            row += run.len();
        }
    }
    path
}
