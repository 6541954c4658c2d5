//! OFT and BOFT adapters as Hugging Face PEFT stores them: `adapter_config.json` beside `adapter_model.safetensors`.
//!
//! What a tensor means has changed under the same file names:
//!
//! | PEFT | tensors of a module | block of the skew K |
//! |---|---|---|
//! | OFT to 0.13 | `oft_r` [r, b, b], no `oft_block_size` in the configuration | multiplied on the other side; PEFT refuses it since |
//! | OFT 0.14, 0.15 | `oft_r` [r, b, b], `oft_s` [outputs, 1]; K = ½(A − Aᵀ) | (I − K)(I + K)⁻¹ |
//! | OFT from 0.16 | `oft_R.weight` [r, b(b − 1)/2]: K above its diagonal, row by row | (I − K)(I + K)⁻¹, or with `use_cayley_neumann` a polynomial near (I + K)(I − K)⁻¹, **the transpose** |
//! | BOFT | `boft_R` [m, r, b, b], `boft_s` [outputs, 1], to 0.13 `boft_P`; K = ½(A − Aᵀ) | (I − K)(I + K)⁻¹ |
//!
//! The polynomial of 0.18 differs in its last term from that of 0.16 and 0.17. In all of them the block-diagonal or
//! butterfly matrix multiplies the transposed weight from the left: the weight side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reparam::dense::{lu, product};
use serde_json::{Value, json};

use crate::data::Array;
use crate::data::safetensors::{self, Precision, Reader};
use crate::report::json;
use crate::{Error, Result};

/// How PEFT makes a block from K.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// (I − K)(I + K)⁻¹.
    Exact,
    /// A polynomial in K: its coefficients after 1 are 2, and that of the last power `last`.
    Polynomial {
        /// Highest power of K.
        degree: usize,
        /// Coefficient of that power.
        last: u8,
    },
}

/// A rotation of one linear layer.
#[derive(Clone, Debug)]
pub struct Module {
    /// As the model names it.
    pub name: String,
    /// Side of a block.
    pub block: usize,
    /// Blocks of a factor.
    pub blocks: usize,
    /// Factors; more than one only for BOFT.
    pub factors: usize,
    /// K above its diagonal, factor by factor, block by block.
    pub skew: Vec<f64>,
    /// Per-output scale.
    pub scale: Option<Vec<f64>>,
    /// How blocks come from K.
    pub map: Map,
}

/// An adapter.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// `adapter_config.json`.
    pub config: Value,
    /// Its rotations, sorted by name.
    pub modules: Vec<Module>,
    /// Tensors that are no rotations: trained biases and modules saved whole.
    pub others: BTreeMap<String, Array>,
    /// What the reader of the result should know.
    pub notes: Vec<String>,
}

/// What the files do not say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// Inputs of every adapted layer, for blocks shared by a layer of unknown size.
    pub in_features: Option<usize>,
}

/// Both files of an adapter, from its folder or from either of them.
pub fn files(input: &Path) -> (PathBuf, PathBuf) {
    let folder = match input.is_dir() {
        true => input.to_owned(),
        false => input.parent().map(Path::to_owned).unwrap_or_default(),
    };
    let weights = match input.extension().is_some_and(|extension| extension == "safetensors") {
        true => input.to_owned(),
        false => folder.join("adapter_model.safetensors"),
    };
    (folder.join("adapter_config.json"), weights)
}

impl Adapter {
    /// Reads an adapter, or says by name what in it cannot be read.
    pub fn read(input: &Path, hints: Hints) -> Result<Self> {
        let (config_path, weights_path) = files(input);
        if !weights_path.exists() && weights_path.with_file_name("adapter_model.bin").exists() {
            return Err(Error::failed("the adapter is a pickle, which may run code when it is read")
                .file(weights_path.with_file_name("adapter_model.bin"))
                .remedy("load it with PEFT and save it with save_pretrained(…, safe_serialization=True)"));
        }
        let config: Value = json::read(&config_path, "the configuration of a PEFT adapter")?;
        let kind = config["peft_type"].as_str().unwrap_or_default().to_owned();
        let fail = |what: String| Error::failed(what).file(&config_path);
        let butterfly = match kind.as_str() {
            "OFT" => false,
            "BOFT" => true,
            _ => {
                let what = format!("peft_type is {}: not an orthogonal adapter", config["peft_type"]);
                return Err(fail(what).remedy("OFT and BOFT adapters are read"));
            }
        };
        if !butterfly && config.get("oft_block_size").is_none() {
            return Err(fail(
                "an OFT adapter of PEFT 0.13 or older (no oft_block_size): it multiplied the weight on the other side, \
                 and PEFT itself refuses it since 0.14"
                    .into(),
            )
            .remedy("train it again with a newer PEFT"));
        }
        let mut reader = Reader::open(&weights_path)?;
        let mut adapter = Self { config, modules: Vec::new(), others: BTreeMap::new(), notes: Vec::new() };
        for name in reader.names() {
            let Some((module, part)) = split(&name) else {
                adapter.others.insert(name.clone(), reader.read(&name)?);
                continue;
            };
            match part {
                "oft_R.weight" | "oft_r" | "boft_R" => {
                    let tensor = reader.read(&name)?;
                    let refuse = |error: Error| error.file(&weights_path);
                    let mut module = adapter.module(module, part, &tensor, hints).map_err(refuse)?;
                    let scale = name.replace(part, if part == "boft_R" { "boft_s" } else { "oft_s" });
                    if reader.shape(&scale).is_some() {
                        module.scale = Some(reader.read(&scale)?.values);
                    }
                    adapter.restrain(&mut module, &tensor);
                    adapter.modules.push(module);
                }
                // Read with its rotation.
                "oft_s" | "boft_s" => {}
                "boft_P" => adapter.check_permutation(&mut reader, &name)?,
                _ => {
                    let what = format!("tensor {name:?}: a rotated embedding is not read");
                    return Err(Error::failed(what).file(&weights_path));
                }
            }
        }
        if adapter.modules.is_empty() {
            let what = format!("no tensors of {kind}: names end in oft_R.weight, oft_r or boft_R");
            return Err(Error::failed(what).file(&weights_path));
        }
        adapter.note();
        Ok(adapter)
    }

    fn module(&self, name: &str, part: &str, tensor: &Array, hints: Hints) -> Result<Module> {
        let refuse = |what: &str| {
            Error::failed(format!("tensor \"{name}.{part}\" of shape {:?}: {what}", tensor.shape))
        };
        let (factors, stored, block) = match (part, &tensor.shape[..]) {
            ("oft_R.weight", &[blocks, parameters]) => {
                // b(b − 1)/2 = parameters.
                let block = (1 + 8 * parameters).isqrt().div_ceil(2);
                if block * (block - 1) / 2 != parameters {
                    return Err(refuse("no block has this number of entries above its diagonal"));
                }
                (1, blocks, block)
            }
            ("oft_r", &[blocks, rows, cols]) if rows == cols => (1, blocks, rows),
            ("boft_R", &[factors, blocks, rows, cols]) if rows == cols => (factors, blocks, rows),
            _ => return Err(refuse("unexpected axes")),
        };
        if factors * stored * block == 0 {
            return Err(refuse("it is empty"));
        }
        let shared = self.config["block_share"].as_bool().unwrap_or(false);
        let blocks = match (shared, self.config["r"].as_u64(), hints.in_features) {
            (false, ..) => stored,
            (true, _, Some(inputs)) if inputs.is_multiple_of(block) => inputs / block,
            (true, _, Some(inputs)) => {
                return Err(refuse(&format!("--in-features {inputs} is no multiple of the block {block}")));
            }
            (true, Some(r), None) if r > 0 => r as usize,
            (true, ..) => {
                return Err(refuse("one block shared by a layer of unknown size (block_share with r = 0)")
                    .remedy("give the layer's inputs with --in-features N"));
            }
        };
        let mut skew = upper(part, block, &tensor.values);
        if shared {
            if stored != 1 {
                return Err(refuse("block_share, and more than one block"));
            }
            skew = skew.repeat(blocks);
        }
        let map = if part == "oft_R.weight" { map(&self.config) } else { Map::Exact };
        Ok(Module { name: name.to_owned(), block, blocks, factors, skew, scale: None, map })
    }

    /// `coft`: what is stored may be longer than allowed, and is shortened whenever it is used.
    fn restrain(&self, module: &mut Module, tensor: &Array) {
        if !self.config["coft"].as_bool().unwrap_or(false) {
            return;
        }
        let mut limit = self.config["eps"].as_f64().unwrap_or(6e-5);
        let full = tensor.shape.len() == 3;
        if full {
            // 0.14 and 0.15 multiply by the squared quotient of outputs and blocks.
            let outputs = module.scale.as_ref().map_or(0, Vec::len);
            limit *= (outputs.div_ceil(module.blocks) as f64).powi(2);
        }
        let stored = tensor.shape.first().copied().unwrap_or(1);
        limit /= (stored as f64).sqrt();
        let (b, parameters) = (module.block, module.block * (module.block - 1) / 2);
        for (position, skew) in module.skew.chunks_exact_mut(parameters.max(1)).enumerate() {
            let norm = if full {
                let a = &tensor.values[position % stored * b * b..][..b * b];
                a.iter().map(|x| x * x).sum::<f64>().sqrt()
            } else {
                // Both triangles of K.
                (2.0 * skew.iter().map(|x| x * x).sum::<f64>()).sqrt()
            };
            if norm > limit {
                skew.iter_mut().for_each(|x| *x *= limit / norm);
            }
        }
    }

    /// A stored permutation must be the one that PEFT makes.
    fn check_permutation(&self, reader: &mut Reader, name: &str) -> Result<()> {
        let stored = reader.read(name)?;
        let blocks = self.config["boft_block_num"].as_u64().unwrap_or(0) as usize;
        let size = self.config["boft_block_size"].as_u64().unwrap_or(0) as usize;
        let expected = match stored.shape[..] {
            [factors, dim, cols] if dim == cols && dim > 0 => {
                let block = if size > 0 { size } else { dim / blocks.max(1) };
                (0..factors)
                    .map(|factor| crate::group_shuffle::butterfly::sources(dim, block, factor))
                    .collect::<Option<Vec<_>>>()
                    .map(|sources| {
                        let mut values = vec![0.0; stored.values.len()];
                        for (k, source) in sources.iter().flatten().enumerate() {
                            values[k * dim + source] = 1.0;
                        }
                        values
                    })
            }
            _ => None,
        };
        if expected.as_ref() == Some(&stored.values) {
            return Ok(());
        }
        let what =
            format!("tensor {name:?} of shape {:?} is not the butterfly permutation of PEFT", stored.shape);
        Err(Error::failed(what).file(reader.path()))
    }

    fn note(&mut self) {
        let config = &self.config;
        let boft_factors = config["boft_n_butterfly_factor"].as_u64();
        let fewer = self.modules.iter().any(|m| boft_factors.is_some_and(|n| (m.factors as u64) < n));
        let mut notes = Vec::new();
        if fewer {
            notes.push(format!(
                "the configuration asks for {} butterfly factors, the file has fewer: PEFT trained without its CUDA \
                 extension",
                boft_factors.unwrap_or(0)
            ));
        }
        if config["coft"].as_bool().unwrap_or(false) {
            notes.push("coft: the constraint is applied to the parameters, as PEFT does on each use".into());
        }
        if !self.others.is_empty() {
            let names: Vec<&str> = self.others.keys().map(String::as_str).collect();
            notes.push(format!("kept as they are, no rotations: {}", names.join(", ")));
        }
        self.notes = notes;
    }
}

/// A tensor's name as module and part, if the part belongs to a rotation. The adapter's own name may stand at the end
/// or in the middle, where PEFT writes none.
fn split(name: &str) -> Option<(&str, &'static str)> {
    const PARTS: [&str; 7] =
        ["oft_R.weight", "oft_embedding_R.weight", "oft_r", "oft_s", "boft_R", "boft_s", "boft_P"];
    PARTS.into_iter().find_map(|part| {
        let module = name.strip_suffix(part)?.strip_suffix('.')?;
        Some((module, part))
    })
}

/// K above its diagonal: as it is stored, or of ½(A − Aᵀ).
fn upper(part: &str, b: usize, values: &[f64]) -> Vec<f64> {
    if part == "oft_R.weight" {
        return values.to_vec();
    }
    let block = |a: &[f64]| -> Vec<f64> {
        (0..b)
            .flat_map(|i| (i + 1..b).map(move |j| (i, j)))
            .map(|(i, j)| 0.5 * (a[i * b + j] - a[j * b + i]))
            .collect()
    };
    values.chunks_exact(b * b).flat_map(block).collect()
}

/// How `oft_R` is used.
fn map(config: &Value) -> Map {
    if !config["use_cayley_neumann"].as_bool().unwrap_or(false) {
        return Map::Exact;
    }
    let terms = config["num_cayley_neumann_terms"].as_u64().unwrap_or(5) as usize;
    // The version has been written since 0.18, which changed the last term.
    let old = config["peft_version"].as_str().is_none_or(|version| {
        let mut numbers = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < (0, 18)
    });
    match terms {
        0 | 1 => Map::Polynomial { degree: 0, last: 1 },
        // The last term of 0.18 comes only from three terms on; three and four give the same.
        2 => Map::Polynomial { degree: 1, last: 2 },
        terms if old => Map::Polynomial { degree: terms - 1, last: 2 },
        terms => Map::Polynomial { degree: (terms - 1).max(3), last: 1 },
    }
}

impl Module {
    /// Entries of K above the diagonal of one block.
    pub fn parameters(&self) -> usize {
        self.block * (self.block - 1) / 2
    }

    /// The Cayley parameters, in this program's sign, of the orthogonal blocks that PEFT's blocks are or approximate.
    pub fn theta(&self) -> Vec<f64> {
        let sign = if self.map == Map::Exact { -1.0 } else { 1.0 };
        self.skew.iter().map(|k| sign * k).collect()
    }

    /// The blocks as PEFT computes them, row-major.
    pub fn blocks(&self) -> Result<Vec<f64>> {
        let b = self.block;
        let fail = |e: reparam::dense::Error| Error::failed(format!("module {:?}: {e}", self.name));
        let mut blocks = Vec::with_capacity(self.factors * self.blocks * b * b);
        let mut rest = &self.skew[..];
        for _ in 0..self.factors * self.blocks {
            let (skew, tail) = rest.split_at(self.parameters());
            rest = tail;
            let mut k = vec![0.0; b * b];
            let mut entries = skew.iter();
            for i in 0..b {
                for (j, &x) in (i + 1..b).zip(entries.by_ref()) {
                    (k[i * b + j], k[j * b + i]) = (x, -x);
                }
            }
            match self.map {
                Map::Exact => {
                    // Xᵀ from (I + K)ᵀ Xᵀ = (I − K)ᵀ; here (I − K) Xᵀ = I + K.
                    let mut a: Vec<f64> = k.iter().map(|x| -x).collect();
                    let mut x = k;
                    for diagonal in (0..b).map(|i| i * (b + 1)) {
                        a[diagonal] += 1.0;
                        x[diagonal] += 1.0;
                    }
                    let mut pivots = vec![0; b];
                    lu::factor(b, &mut a, &mut pivots).map_err(fail)?;
                    lu::solve_matrix(b, b, &a, &pivots, &mut x).map_err(fail)?;
                    let mut block = vec![0.0; b * b];
                    product::transpose(b, b, &x, &mut block).map_err(fail)?;
                    blocks.extend(block);
                }
                Map::Polynomial { degree, last } => {
                    let mut sum = vec![0.0; b * b];
                    (0..b).for_each(|i| sum[i * (b + 1)] = 1.0);
                    let mut power = sum.clone();
                    for n in 1..=degree {
                        let mut next = vec![0.0; b * b];
                        product::matmul(b, b, b, &power, &k, &mut next).map_err(fail)?;
                        power = next;
                        let coefficient = if n == degree { f64::from(last) } else { 2.0 };
                        sum.iter_mut().zip(&power).for_each(|(sum, x)| *sum += coefficient * x);
                    }
                    blocks.extend(sum);
                }
            }
        }
        Ok(blocks)
    }
}

/// A rotation to be written: θ in this program's sign, on the weight side.
#[derive(Clone, Debug)]
pub struct Written {
    /// As the model names it.
    pub name: String,
    /// Side of a block.
    pub block: usize,
    /// Blocks of a factor.
    pub blocks: usize,
    /// Factors of a block butterfly.
    pub factors: usize,
    /// Cayley parameters, factor by factor.
    pub theta: Vec<f64>,
    /// Per-output scale.
    pub scale: Option<Vec<f64>>,
}

/// Writes an adapter into a folder, in the layout of PEFT 0.18 and later with the exact map: OFT, or BOFT where there
/// is a scale or more than one factor. `original` is the configuration of the adapter that the rotations came from.
pub fn write(
    folder: &Path,
    modules: &[Written],
    others: BTreeMap<String, Array>,
    original: Option<Value>,
) -> Result<&'static str> {
    let butterfly = modules.iter().any(|module| module.factors > 1 || module.scale.is_some());
    let first = modules.first().ok_or_else(|| Error::failed("no rotations to write"))?;
    let same = |number: fn(&Written) -> usize| modules.iter().all(|module| number(module) == number(first));
    let (block_size, block_count) = match (same(|m| m.block), same(|m| m.blocks)) {
        (true, _) => (first.block, 0),
        (_, true) => (0, first.blocks),
        _ => {
            return Err(Error::failed("block sizes and numbers of blocks differ between modules")
                .remedy("PEFT has one of the two for all modules: convert groups of modules by themselves"));
        }
    };
    if butterfly && !same(|m| m.factors) {
        return Err(Error::failed("numbers of factors differ between modules, and PEFT has one for all"));
    }
    let mut tensors = others;
    for module in modules {
        let Written { block: b, blocks, factors, .. } = *module;
        // Names of a model in PEFT.
        let prefix = if module.name.starts_with("base_model.model.") { "" } else { "base_model.model." };
        let name = format!("{prefix}{}", module.name);
        let parameters = b * (b - 1) / 2;
        let skew: Vec<f64> = module.theta.iter().map(|theta| -theta).collect();
        if !butterfly {
            let tensor = Array { shape: vec![blocks, parameters], values: skew };
            tensors.insert(format!("{name}.oft_R.weight"), tensor);
            continue;
        }
        let mut values = vec![0.0; factors * blocks * b * b];
        for (k, block) in values.chunks_exact_mut(b * b).enumerate() {
            let mut entries = skew[k * parameters..][..parameters].iter();
            for i in 0..b {
                for (j, &x) in (i + 1..b).zip(entries.by_ref()) {
                    (block[i * b + j], block[j * b + i]) = (x, -x);
                }
            }
        }
        tensors.insert(format!("{name}.boft_R"), Array { shape: vec![factors, blocks, b, b], values });
        let Some(scale) = &module.scale else {
            let what =
                format!("module {:?} has no scale: the number of its outputs is not known", module.name);
            return Err(
                Error::failed(what).remedy("PEFT stores a BOFT rotation with a scale for each output")
            );
        };
        tensors
            .insert(format!("{name}.boft_s"), Array { shape: vec![scale.len(), 1], values: scale.clone() });
    }
    let mut config = match original {
        Some(Value::Object(config)) => config,
        _ => serde_json::Map::new(),
    };
    let foreign = |key: &str| match butterfly {
        true => key.starts_with("oft_") || ["r", "coft", "eps", "block_share"].contains(&key),
        false => key.starts_with("boft_"),
    };
    config.retain(|key, _| !foreign(key));
    let mut set = |key: &str, value: Value| {
        config.insert(key.to_owned(), value);
    };
    if butterfly {
        set("peft_type", json!("BOFT"));
        set("boft_block_size", json!(block_size));
        set("boft_block_num", json!(block_count));
        set("boft_n_butterfly_factor", json!(first.factors));
    } else {
        set("peft_type", json!("OFT"));
        set("oft_block_size", json!(block_size));
        set("r", json!(block_count));
        set("coft", json!(false));
        set("block_share", json!(false));
        set("use_cayley_neumann", json!(false));
    }
    set("peft_version", json!("0.18.0"));
    if !config.contains_key("target_modules") {
        let mut targets: Vec<&str> =
            modules.iter().filter_map(|module| module.name.rsplit('.').next()).collect();
        targets.sort_unstable();
        targets.dedup();
        config.insert("target_modules".into(), json!(targets));
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, &e))?;
    let metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::write(folder.join("adapter_model.safetensors"), &tensors, Precision::F32, &metadata)?;
    json::write(folder.join("adapter_config.json"), &config)?;
    Ok(if butterfly { "BOFT" } else { "OFT" })
}
