//! Orthogonal matrices, for the program `group_shuffle_online`: blocks and, if there is one, the frozen layer behind
//! them are exported; the target answers samples and learns from the answers that they bring.

use reparam::Real;
use reparam::dense::{newton_schulz, product, svd};
use reparam::group_shuffle::format::{Header, Layout, Storage};
use reparam::group_shuffle::online::{self, Rate};
use reparam::group_shuffle::{DriftGuard, Shape, Side, apply, cayley, orthogonality_error};
use reparam::random::{SplitMix64, uniform_in};
use reparam_runner::Words;

use super::Request;
use super::artifact::{Artifact, Constant, Output, Values, to_f32};
use crate::data::read_table;
use crate::data::safetensors::Reader;
use crate::group_shuffle::stored::{Matrix, Stored};
use crate::{Error, Result};

/// How the format of projections begins.
const PROJECTION: &str = "reparam group-shuffle projection";
/// Program of the firmware.
const PROGRAM: &str = "group_shuffle_online";
/// Times that the target goes through the stream.
const PASSES: usize = 16;
/// Steps between two repairs of what rounding does to orthogonality: that of the program.
const REPAIR: u32 = 100;
/// How much of the error of a sample a step may take away: all of it.
const ETA: f64 = 1.0;
/// Blocks of a file may be so far from orthogonal: numbers of 32 bits, or blocks that were repaired less often.
const TOLERANCE: f64 = 1e-5;

/// The artifact of a stored matrix.
pub(super) fn export(request: &Request) -> Result<Artifact> {
    let fit = Fit::read(request)?;
    let shape = fit.shape;
    let (dim, outputs) = (shape.dim(), fit.outputs());
    let (samples, answers) = stream(&fit, request)?;
    let narrow = |field: &str, values: &[f64]| to_f32(field, values).map_err(|e| e.file(request.fit));

    let eta = ETA / fit.gain;
    let small = Adaptation {
        shape,
        weight: narrow("weight", &fit.weight)?,
        bias: narrow("bias", &fit.bias)?,
        eta: narrow("eta", &[eta])?[0],
        blocks: orthogonal(shape, narrow("blocks", &fit.blocks)?)?,
    };
    let exact = Adaptation {
        shape,
        weight: fit.weight.clone(),
        bias: fit.bias.clone(),
        eta,
        blocks: fit.blocks.clone(),
    };
    let small_stream = (to_f32("samples", &samples)?, to_f32("answers", &answers)?);
    let (found, reference) = (small.run(&small_stream.0, &small_stream.1)?, exact.run(&samples, &answers)?);

    let count = samples.len() / dim;
    let names = |prefix: &str, len: usize| (0..len).map(|k| format!("{prefix}{k}")).collect::<Vec<_>>();
    let output = |name, columns, host: Vec<f32>, reference| Output {
        name,
        columns,
        items: Vec::new(),
        host: Words::F32(host),
        reference,
    };
    let mut all = vec![output("outputs", names("y", outputs), found.outputs, reference.outputs)];
    if !answers.is_empty() {
        let blocks = names("q", shape.block());
        all.push(output("relative_error", vec!["error".into()], found.errors, reference.errors));
        all.push(output(
            "orthogonality_error",
            vec!["error".into()],
            vec![found.orthogonality_error],
            vec![reference.orthogonality_error],
        ));
        all.push(output("rotation", blocks, found.blocks, reference.blocks));
    }
    let [b, r, m] = [shape.block(), shape.blocks(), shape.factors()];
    Ok(Artifact {
        system: "group_shuffle",
        name: request.name.clone(),
        title: format!("Orthogonal matrix of {dim} x {dim} as {m} x {r} blocks of {b} x {b}{}", fit.layer()),
        source: request.source(),
        seed: fit.seed,
        facts: vec![
            ("parameters".into(), shape.parameter_len() as f64),
            ("orthogonality error of the file".into(), fit.orthogonality_error),
        ],
        constants: vec![
            Constant::size("block", "Side of a block.", b),
            Constant::size("blocks", "Blocks of a factor.", r),
            Constant::size("factors", "Factors.", m),
            Constant::size("outputs", "Outputs of the layer; without one, numbers in a sample.", outputs),
            Constant::array(
                "q",
                "Orthogonal blocks, the factor that acts first in front, in a block row by row.",
                &[m * r, b, b],
                Values::F32(small.blocks.clone()),
            ),
            Constant::array(
                "weight",
                "The layer that reads the turned sample; without rows if there is none.",
                &[fit.weight.len() / dim, dim],
                Values::F32(small.weight.clone()),
            ),
            Constant::array("bias", "Added to the outputs.", &[outputs], Values::F32(small.bias.clone())),
            Constant::array(
                "eta",
                "How far a step goes for a sample of length 1: 1 over the largest squared gain of the layer.",
                &[1],
                Values::F32(vec![small.eta]),
            ),
        ],
        inputs: vec![
            Constant::array("samples", "Samples, one a row.", &[count, dim], Values::F32(small_stream.0)),
            Constant::array(
                "answers",
                "What the layer should answer, one a row; without rows if there is nothing to learn.",
                &[answers.len() / outputs, outputs],
                Values::F32(small_stream.1),
            ),
            Constant::size("passes", "Times that the target learns from all samples.", PASSES),
        ],
        program: PROGRAM,
        outputs: all,
    })
}

/// A stored matrix, and the layer behind it.
struct Fit {
    shape: Shape,
    blocks: Vec<f64>,
    orthogonality_error: f64,
    /// Rows of `dim`, each with its scale; none without a layer.
    weight: Vec<f64>,
    /// One for each output.
    bias: Vec<f64>,
    /// Largest squared singular value of the layer.
    gain: f64,
    seed: Option<u64>,
}

impl Fit {
    fn read(request: &Request) -> Result<Self> {
        let bad = |what: String| {
            Error::failed(format!("not a matrix that can be deployed: {what}")).file(request.fit)
        };
        let reader = Reader::open(request.fit)?;
        let projected = reader.metadata("format").is_some_and(|format| format.starts_with(PROJECTION));
        let (name, matrix, stored) = if projected {
            (String::new(), projection(reader).map_err(|e| e.file(request.fit))?, Stored::default())
        } else {
            let mut stored = Stored::read(request.fit)?;
            let name = choose(&stored, request)?;
            let matrix = stored.matrices.remove(&name).ok_or_else(|| bad(format!("no matrix {name:?}")))?;
            (name, matrix, stored)
        };
        let shape = matrix.header.shape;
        if matrix.header.layout == Layout::Shuffle || matrix.butterfly.is_some() {
            return Err(bad("it does not return its numbers to their places".into())
                .remedy("make it with the layout `shuffle-return`, the default"));
        }
        let tensor = |part: &str| stored.tensors.get(&format!("base.{name}.{part}"));
        let mut weight = match tensor("weight") {
            None => Vec::new(),
            Some(_) if matrix.header.side == Side::Weight => {
                return Err(bad("it turns the weight, and the weight is in the file".into())
                    .remedy("merge it into the weight, or store it for the side `input`"));
            }
            Some(array) if array.shape.len() == 2 && array.shape[0] > 0 && array.shape[1] == shape.dim() => {
                array.values.clone()
            }
            Some(array) => {
                let what =
                    format!("the weight has shape {:?}, expected outputs × {}", array.shape, shape.dim());
                return Err(bad(what));
            }
        };
        let outputs = if weight.is_empty() { shape.dim() } else { weight.len() / shape.dim() };
        let of_outputs = |what: &str, values: Option<&Vec<f64>>, without: f64| match values {
            None => Ok(vec![without; outputs]),
            Some(values) if values.len() == outputs && !weight.is_empty() => Ok(values.clone()),
            Some(values) => Err(bad(format!("{} numbers of {what} for {outputs} outputs", values.len()))),
        };
        let scale = of_outputs("scale", matrix.scale.as_ref(), 1.0)?;
        let bias = of_outputs("bias", tensor("bias").map(|array| &array.values), 0.0)?;
        for (row, scale) in weight.chunks_exact_mut(shape.dim()).zip(scale) {
            row.iter_mut().for_each(|x| *x *= scale);
        }
        let blocks = matrix.blocks().map_err(|e| e.file(request.fit))?;
        let orthogonality_error = orthogonality_error(shape, &blocks);
        if orthogonality_error > TOLERANCE {
            return Err(bad(format!("its blocks are {orthogonality_error:e} off orthogonality"))
                .remedy("project onto orthogonal matrices: `reparam group-shuffle project --orthogonal`"));
        }
        let gain = gain(&weight, shape.dim()).map_err(|e| bad(format!("weight: {e}")))?;
        let seed = stored.texts.get("seed").and_then(|seed| seed.parse().ok());
        Ok(Self { shape, blocks: orthogonal(shape, blocks)?, orthogonality_error, weight, bias, gain, seed })
    }

    fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn layer(&self) -> String {
        match self.weight.len() / self.shape.dim() {
            0 => String::new(),
            outputs => format!(", before a layer of {outputs} outputs"),
        }
    }
}

/// The matrix that was asked for, or the only one.
fn choose(stored: &Stored, request: &Request) -> Result<String> {
    let names: Vec<_> = stored.matrices.keys().cloned().collect();
    match (&request.matrix, &names[..]) {
        (Some(name), _) if names.contains(name) => Ok(name.clone()),
        (None, [only]) => Ok(only.clone()),
        (asked, _) => {
            let what = match asked {
                Some(name) => format!("no matrix {name:?}"),
                None => format!("{} matrices", names.len()),
            };
            Err(Error::usage(what)
                .file(request.fit)
                .remedy(format!("--matrix {}", names.join(" or --matrix "))))
        }
    }
}

/// What `reparam group-shuffle project` writes: factors R and L, or any number of them.
fn projection(mut reader: Reader) -> Result<Matrix> {
    let number = |key| {
        let text = reader.metadata(key).and_then(|text| text.parse::<usize>().ok());
        text.ok_or_else(|| Error::failed(format!("its metadata have no number {key:?}")))
    };
    let [block, blocks, factors] = [number("block")?, number("blocks")?, number("factors")?];
    let shape = Shape::new(block, blocks, factors).map_err(|e| Error::failed(e.to_string()))?;
    let layout = match reader.metadata("layout") {
        Some("shuffle") => Layout::Shuffle,
        _ => Layout::ShuffleReturn,
    };
    let mut values = Vec::new();
    for factor in 1..=factors {
        values.extend(match (factors, factor) {
            (2, 1) => reader.read("r")?.values,
            (2, _) => reader.read("l")?.values,
            (_, factor) => reader.read(&format!("b{factor}"))?.values,
        });
    }
    if values.len() != shape.block_len() {
        let what = format!("{} numbers, expected {} of square blocks", values.len(), shape.block_len());
        return Err(Error::failed(what));
    }
    let header = Header { layout, storage: Storage::Blocks, side: Side::Input, ..Header::new(shape) };
    Ok(Matrix { header, values, scale: None, butterfly: None })
}

/// Largest squared singular value of the layer; 1 without one.
fn gain(weight: &[f64], dim: usize) -> std::result::Result<f64, reparam::dense::Error> {
    if weight.is_empty() {
        return Ok(1.0);
    }
    let rows = weight.len() / dim;
    let short = rows.min(dim);
    let (mut u, mut s, mut v) = (vec![0.0; rows * short], vec![0.0; short], vec![0.0; dim * short]);
    svd::factor(rows, dim, weight, &mut u, &mut s, &mut v, &mut vec![0.0; svd::scratch_len(rows, dim)])?;
    if s[0] > 0.0 { Ok(s[0] * s[0]) } else { Err(reparam::dense::Error::Singular) }
}

/// Rounds blocks to the nearest orthogonal ones of their precision.
fn orthogonal<T: Real>(shape: Shape, mut blocks: Vec<T>) -> Result<Vec<T>> {
    let mut scratch = vec![T::ZERO; newton_schulz::scratch_len(shape.block())];
    cayley::refine(shape, &mut blocks, &mut scratch).map_err(|e| Error::failed(e.to_string()))?;
    Ok(blocks)
}

/// What the program of the firmware does, in any precision.
struct Adaptation<T> {
    shape: Shape,
    weight: Vec<T>,
    bias: Vec<T>,
    eta: T,
    blocks: Vec<T>,
}

struct Found<T> {
    outputs: Vec<T>,
    errors: Vec<T>,
    orthogonality_error: T,
    blocks: Vec<T>,
}

impl<T: Real> Adaptation<T> {
    fn run(&self, samples: &[T], answers: &[T]) -> Result<Found<T>> {
        let failed = |e: reparam::group_shuffle::Error| Error::failed(e.to_string());
        let Self { shape, ref weight, ref bias, eta, ref blocks } = *self;
        let (dim, mut blocks) = (shape.dim(), blocks.clone());
        let outputs = bias.len();
        let mut scratch = vec![T::ZERO; apply::scratch_len(shape)];
        let mut respond = |blocks: &[T], sample: &[T]| {
            let (mut x, mut output) = (sample.to_vec(), vec![T::ZERO; outputs]);
            apply::apply(shape, blocks, &mut x, &mut scratch).map_err(failed)?;
            if weight.is_empty() {
                output.copy_from_slice(&x);
            } else {
                product::matvec(outputs, dim, weight, &x, &mut output)
                    .map_err(|e| Error::failed(e.to_string()))?;
            }
            output.iter_mut().zip(bias).for_each(|(y, &bias)| *y += bias);
            Ok::<_, Error>((x, output))
        };
        let mut first = Vec::new();
        for sample in samples.chunks_exact(dim) {
            first.extend(respond(&blocks, sample)?.1);
        }
        let mut guard = DriftGuard::new(REPAIR);
        let mut refine_scratch = vec![T::ZERO; cayley::refine_scratch_len(shape.block())];
        let mut step_scratch = vec![T::ZERO; online::scratch_len(shape)];
        let rate = Rate::Normalized { eta, offset: T::ZERO };
        let mut errors = Vec::new();
        for _ in 0..if answers.is_empty() { 0 } else { PASSES } {
            let (mut square, mut power) = (T::ZERO, T::ZERO);
            for (sample, answer) in samples.chunks_exact(dim).zip(answers.chunks_exact(outputs)) {
                let (mut x, mut error) = respond(&blocks, sample)?;
                error.iter_mut().zip(answer).for_each(|(y, &answer)| *y -= answer);
                let mut gradient = error.clone();
                if !weight.is_empty() {
                    gradient = vec![T::ZERO; dim];
                    product::matvec_t(outputs, dim, weight, &error, &mut gradient)
                        .map_err(|e| Error::failed(e.to_string()))?;
                }
                online::step(shape, &mut blocks, &mut x, &mut gradient, rate, &mut step_scratch)
                    .map_err(failed)?;
                if guard.due(1) {
                    cayley::refine(shape, &mut blocks, &mut refine_scratch).map_err(failed)?;
                }
                square += error.iter().fold(T::ZERO, |sum, &e| sum + e * e);
                power += answer.iter().fold(T::ZERO, |sum, &x| sum + x * x);
            }
            errors.push(square / power);
        }
        let orthogonality_error = orthogonality_error(shape, &blocks);
        Ok(Found { outputs: first, errors, orthogonality_error, blocks })
    }
}

/// The first samples of the table, and the answers beside them. Without a table, samples without answers.
fn stream(fit: &Fit, request: &Request) -> Result<(Vec<f64>, Vec<f64>)> {
    let (dim, outputs) = (fit.shape.dim(), fit.outputs());
    let Some(path) = request.data else {
        let mut rng = SplitMix64::new(fit.seed.unwrap_or(1));
        let samples = (0..request.samples * dim).map(|_| uniform_in(&mut rng, -1.0, 1.0)).collect();
        return Ok((samples, Vec::new()));
    };
    let table = read_table(path, request.table)?;
    if table.cols() != dim && table.cols() != dim + outputs {
        let what = format!(
            "{} columns, expected {dim} of a sample, or {outputs} of the answer beside them",
            table.cols()
        );
        return Err(Error::failed(what).file(path).remedy("choose the columns with --columns"));
    }
    let rows = || table.values.chunks_exact(table.cols()).take(request.samples);
    let samples: Vec<f64> = rows().flat_map(|row| &row[..dim]).copied().collect();
    let answers: Vec<f64> = rows().flat_map(|row| &row[dim..]).copied().collect();
    if !answers.is_empty() && answers.iter().all(|&x| x == 0.0) {
        return Err(Error::failed("every answer is zero: there is nothing to compare errors with").file(path));
    }
    Ok((samples, answers))
}
