//! `reparam group-shuffle convert`: adapters between Hugging Face PEFT and this program.

pub mod peft;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reparam::group_shuffle::Shape;
use reparam::group_shuffle::adapter::Side;
use reparam::group_shuffle::format::Header;
use serde::Serialize;

use self::peft::{Adapter, Hints, Map, Module, Written};
use super::butterfly;
use super::failed;
use super::stored::{Matrix, Stored, blocks};
use crate::arguments::check_files;
use crate::context::Context;
use crate::data::safetensors::Precision;
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// `reparam group-shuffle convert`.
#[derive(Args, Debug, Clone)]
pub struct ConvertOptions {
    /// A PEFT adapter's folder or its adapter_model.safetensors; with --to peft, a file of this program
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write: a .safetensors file; with --to peft, a folder
    #[arg(long, short, value_name = "OUT")]
    output: PathBuf,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    to: To,
    /// Inputs of every adapted layer, where PEFT's files do not tell them (block_share)
    #[arg(long, value_name = "N")]
    in_features: Option<usize>,
}

/// What to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum To {
    /// This program's format: parameters with a header that names every convention
    #[default]
    Reparam,
    /// An OFT or BOFT adapter of PEFT 0.18 and later, with the exact Cayley map
    Peft,
}

/// PEFT's configuration, kept for the way back.
const CONFIG: &str = "peft.config";
/// In front of the names of PEFT's other tensors.
const OTHER: &str = "peft:";

#[derive(Serialize)]
struct Report {
    system: &'static str,
    version: &'static str,
    from: String,
    to: String,
    modules: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    module: String,
    dim: usize,
    block: usize,
    factors: usize,
    parameters: usize,
    scale: bool,
    /// Largest entry of the difference between the blocks that one side computes and those of the other.
    difference: f64,
}

impl ConvertOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        let report = match self.to {
            To::Reparam => self.read_peft()?,
            To::Peft => self.write_peft()?,
        };
        context.print(&report, || report.to_string())
    }

    fn read_peft(&self) -> Result<Report> {
        let (config, weights) = peft::files(&self.input);
        check_files(&[("IN", Some(&config)), ("IN", Some(&weights))], &[("--output", Some(&self.output))])?;
        let adapter = Adapter::read(&self.input, Hints { in_features: self.in_features })?;
        let mut stored = Stored::default();
        let mut rows = Vec::new();
        for module in &adapter.modules {
            rows.push(store(module, &mut stored).map_err(|e| e.file(&self.input))?);
        }
        stored.texts.insert(CONFIG.into(), adapter.config.to_string());
        let others = adapter.others.into_iter().map(|(name, array)| (format!("{OTHER}{name}"), array));
        stored.tensors.extend(others);
        stored.write(&self.output, Precision::F32)?;
        let mut notes = adapter.notes;
        if adapter.modules.iter().any(|module| module.map != Map::Exact) {
            notes.push(
                "use_cayley_neumann: PEFT's blocks are polynomials near (I + K)(I - K)^-1 and only nearly orthogonal; \
                 written are the orthogonal blocks that they approximate, and the difference is above"
                    .into(),
            );
        }
        Ok(Report {
            system: "group_shuffle",
            version: env!("CARGO_PKG_VERSION"),
            from: adapter.config["peft_type"].as_str().unwrap_or_default().to_owned(),
            to: "reparam".into(),
            modules: rows,
            notes,
        })
    }

    fn write_peft(&self) -> Result<Report> {
        let stored = Stored::read(&self.input)?;
        let (modules, rows) = modules(&stored).map_err(|e| e.file(&self.input))?;
        let mut notes = Vec::new();
        let others: BTreeMap<_, _> = stored
            .tensors
            .iter()
            .filter_map(|(name, array)| Some((name.strip_prefix(OTHER)?.to_owned(), array.clone())))
            .collect();
        let left: Vec<&str> =
            stored.tensors.keys().filter(|name| !name.starts_with(OTHER)).map(String::as_str).collect();
        if !left.is_empty() {
            notes.push(format!("left out, no parts of an adapter: {}", left.join(", ")));
        }
        let original = stored.texts.get(CONFIG).and_then(|text| serde_json::from_str(text).ok());
        if original.is_none() {
            notes.push("adapter_config.json names no base model: fill in base_model_name_or_path".into());
        }
        let kind = peft::write(&self.output, &modules, others, original).map_err(|e| e.file(&self.input))?;
        Ok(Report {
            system: "group_shuffle",
            version: env!("CARGO_PKG_VERSION"),
            from: "reparam".into(),
            to: kind.into(),
            modules: rows,
            notes,
        })
    }
}

/// Puts a module of PEFT into a file of this program.
fn store(module: &Module, stored: &mut Stored) -> Result<Row> {
    let named = |e: Error| Error::failed(format!("module {:?}: {e}", module.name));
    let Module { block, blocks: count, factors, .. } = *module;
    let dim = block * count;
    let shape = Shape::new(block, count, 1).map_err(failed).map_err(named)?;
    let theta = module.theta();
    let theirs = module.blocks()?;
    let mut difference = 0.0f64;
    for factor in 0..factors {
        if factor > 0 && butterfly::sources(dim, block, factor).is_none() {
            let what =
                format!("no block butterfly of {factors} factors of blocks of {block} in {dim} dimensions");
            return Err(named(Error::failed(what)));
        }
        let values = theta[factor * shape.parameter_len()..][..shape.parameter_len()].to_vec();
        let ours = blocks(shape, &values).map_err(named)?;
        let theirs = &theirs[factor * shape.block_len()..][..shape.block_len()];
        difference = ours.iter().zip(theirs).fold(difference, |worst, (a, b)| worst.max((a - b).abs()));
        let (name, butterfly) = match factors {
            1 => (module.name.clone(), None),
            _ => (format!("{}#{factor:02}", module.name), Some(factor)),
        };
        let scale = if factor + 1 == factors { module.scale.clone() } else { None };
        let header = Header { side: Side::Weight, ..Header::new(shape) };
        stored.matrices.insert(name, Matrix { header, values, scale, butterfly });
    }
    Ok(Row {
        module: module.name.clone(),
        dim,
        block,
        factors,
        parameters: theta.len() + module.scale.as_ref().map_or(0, Vec::len),
        scale: module.scale.is_some(),
        difference,
    })
}

/// What a file of this program is in PEFT, or why it is nothing there.
fn modules(stored: &Stored) -> Result<(Vec<Written>, Vec<Row>)> {
    let mut written: Vec<Written> = Vec::new();
    let mut rows = Vec::new();
    for (name, matrix) in &stored.matrices {
        let shape = matrix.header.shape;
        let fail = |what: String| Error::failed(format!("matrix {name:?}: {what}"));
        if shape.factors() > 1 {
            let what = format!("a GS matrix of {} factors", shape.factors());
            return Err(
                fail(what).remedy("PEFT has no such adapter: OFT is one factor, BOFT other permutations")
            );
        }
        let theta = matrix.theta().map_err(|e| fail(e.to_string()))?;
        // On the input side, Q x is what the transpose on the weight side does.
        let sign = if matrix.header.side == Side::Weight { 1.0 } else { -1.0 };
        let theta: Vec<f64> = theta.iter().map(|theta| sign * theta).collect();
        let module = name.split_once('#').map_or(&name[..], |(module, _)| module);
        match (matrix.butterfly, written.last_mut()) {
            (Some(factor), Some(last)) if factor > 0 => {
                if last.name != module || last.factors != factor || sign < 0.0 {
                    return Err(fail(
                        "its butterfly is not complete, in order and on the weight side".into(),
                    ));
                }
                last.factors += 1;
                last.theta.extend(theta);
                last.scale = last.scale.take().or_else(|| matrix.scale.clone());
            }
            (Some(factor), _) if factor > 0 => {
                return Err(fail("its butterfly begins with another factor".into()));
            }
            _ => written.push(Written {
                name: module.to_owned(),
                block: shape.block(),
                blocks: shape.blocks(),
                factors: 1,
                theta,
                scale: matrix.scale.clone(),
            }),
        }
    }
    for module in &written {
        let shape = Shape::new(module.block, module.blocks, module.factors).map_err(failed)?;
        let theirs = Module {
            name: module.name.clone(),
            block: module.block,
            blocks: module.blocks,
            factors: module.factors,
            skew: module.theta.iter().map(|&theta| f64::from(-theta as f32)).collect(),
            scale: None,
            map: Map::Exact,
        };
        let pairs = theirs.blocks()?.into_iter().zip(blocks(shape, &module.theta)?);
        rows.push(Row {
            module: module.name.clone(),
            dim: shape.dim(),
            block: module.block,
            factors: module.factors,
            parameters: module.theta.len() + module.scale.as_ref().map_or(0, Vec::len),
            scale: module.scale.is_some(),
            difference: pairs.fold(0.0, |worst, (a, b)| worst.max((a - b).abs())),
        });
    }
    Ok((written, rows))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} -> {}\n", self.from, self.to)?;
        let mut table =
            Table::new(["module", "dim", "block", "factors", "parameters", "scale", "difference"]);
        for row in &self.modules {
            table.row([
                row.module.clone(),
                row.dim.to_string(),
                row.block.to_string(),
                row.factors.to_string(),
                row.parameters.to_string(),
                if row.scale { "yes" } else { "no" }.into(),
                number(row.difference, 2),
            ]);
        }
        write!(f, "{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n{note}\n"))
    }
}
