//! Frames, for the program `givens_project`: angles and scaling are exported; the target forms the frame and
//! projects samples.

use std::path::Path;

use reparam::Real;
use reparam::dense::product;
use reparam::givens::chart;
use reparam::random::{SplitMix64, uniform};
use reparam_runner::Words;

use super::Request;
use super::artifact::{Artifact, Constant, Output, Values, to_f32};
use crate::data::read_table;
use crate::givens::Fit;
use crate::{Error, Result};

/// Program of the firmware.
const PROGRAM: &str = "givens_project";

/// A frame given by its angles may differ so much from the frame in the same file.
const FRAME_TOLERANCE: f64 = 1e-9;

/// The artifact of a fitted frame.
pub(super) fn export(request: &Request) -> Result<Artifact> {
    let fit = Fit::read(request.fit)?;
    let bad = |what: String| bad_fit(request.fit, what);
    check(&fit).map_err(bad)?;
    let (rows, dim) = (fit.rows, fit.dim);
    let samples = samples(&fit, request)?;

    let narrow = |field: &str, values: &[f64]| to_f32(field, values).map_err(|e| e.file(request.fit));
    let inverse: Vec<f64> = fit.scale.iter().map(|scale| 1.0 / scale).collect();
    let whitening = fit.whitening.as_ref().map(|rows| rows.concat()).unwrap_or_default();
    let projection = Projection {
        rows,
        dim,
        angles: narrow("angles", &fit.angles)?,
        reflected: fit.reflected,
        centre: narrow("centre", &fit.centre)?,
        inverse_scale: narrow("1/scale", &inverse)?,
        whitening: narrow("whitening", &whitening)?,
    };
    let narrow_samples = to_f32("samples", &samples)?;
    let frame = projection.frame().map_err(|e| bad(format!("angles: {e}")))?;
    let coordinates = projection.project(&frame, &narrow_samples);
    // The reference uses the frame of the file, not the one of its angles.
    let exact = Projection {
        rows,
        dim,
        angles: fit.angles.clone(),
        reflected: fit.reflected,
        centre: fit.centre.clone(),
        inverse_scale: inverse,
        whitening,
    };
    let exact_coordinates = exact.project(&fit.flat(), &samples);

    let count = samples.len() / rows;
    let names = |prefix: &str| (1..=dim).map(|k| format!("{prefix}{k}")).collect::<Vec<_>>();
    let columns = fit.columns.join(", ");
    Ok(Artifact {
        system: "givens",
        name: request.name.clone(),
        title: format!(
            "Orthonormal frame of {rows} x {dim} as {} angles ({})",
            fit.angles.len(),
            fit.objective_name
        ),
        source: request.source(),
        seed: Some(fit.seed),
        facts: facts(&fit),
        constants: vec![
            Constant::size("rows", "Rows of the frame: numbers in a sample.", rows),
            Constant::size("cols", "Columns of the frame: coordinates of a sample.", dim),
            Constant::array(
                "angles",
                "Angles of the frame in radians, in the order of `reparam::givens::planes`.",
                &[fit.angles.len()],
                Values::F32(projection.angles),
            ),
            Constant::switch(
                "reflected",
                "Whether the frame is square with determinant -1.",
                projection.reflected,
            ),
            Constant::array(
                "centre",
                format!("Subtracted from a sample. Columns: {columns}."),
                &[rows],
                Values::F32(projection.centre),
            ),
            Constant::array(
                "inverse_scale",
                "Multiplies the centred sample.",
                &[rows],
                Values::F32(projection.inverse_scale),
            ),
            Constant::array(
                "whitening",
                "Multiplies the scaled sample from the left; without rows if it was not whitened.",
                &[if projection.whitening.is_empty() { 0 } else { rows }, rows],
                Values::F32(projection.whitening),
            ),
        ],
        inputs: vec![Constant::array(
            "samples",
            format!("Samples to project, one a row. Columns: {columns}."),
            &[count, rows],
            Values::F32(narrow_samples),
        )],
        program: PROGRAM,
        outputs: vec![
            Output {
                name: "frame",
                columns: names("q"),
                items: fit.columns.clone(),
                host: Words::F32(frame),
                reference: fit.flat(),
            },
            Output {
                name: "coordinates",
                columns: names("y"),
                items: Vec::new(),
                host: Words::F32(coordinates),
                reference: exact_coordinates,
            },
        ],
    })
}

/// `y = Qᵀ W ((x − centre) · inverse_scale)`, as the program of the firmware computes it.
struct Projection<T> {
    rows: usize,
    dim: usize,
    angles: Vec<T>,
    reflected: bool,
    centre: Vec<T>,
    inverse_scale: Vec<T>,
    whitening: Vec<T>,
}

impl<T: Real> Projection<T> {
    fn frame(&self) -> std::result::Result<Vec<T>, reparam::givens::Error> {
        let mut frame = vec![T::ZERO; self.rows * self.dim];
        chart::materialise(self.rows, self.dim, &self.angles, self.reflected, &mut frame)?;
        Ok(frame)
    }

    /// The coordinates of every sample.
    fn project(&self, frame: &[T], samples: &[T]) -> Vec<T> {
        let Self { rows, dim, .. } = *self;
        let mut y = vec![T::ZERO; samples.len() / rows * dim];
        let mut whitened = vec![T::ZERO; rows];
        for (x, y) in samples.chunks_exact(rows).zip(y.chunks_exact_mut(dim)) {
            let centred = x.iter().zip(&self.centre).zip(&self.inverse_scale);
            let mut z: Vec<T> = centred.map(|((&x, &centre), &scale)| (x - centre) * scale).collect();
            // The sizes fit: they were checked where the fit was read.
            if !self.whitening.is_empty()
                && product::matvec(rows, rows, &self.whitening, &z, &mut whitened).is_ok()
            {
                z.copy_from_slice(&whitened);
            }
            let _ = product::matvec_t(rows, dim, frame, &z, y);
        }
        y
    }
}

/// What [`Fit::read`] leaves to the exporter: finite numbers, and angles that are those of the frame.
fn check(fit: &Fit) -> std::result::Result<(), String> {
    let whitening = fit.whitening.iter().flatten().flatten();
    let numbers = [
        ("angles", fit.angles.iter().collect::<Vec<_>>()),
        ("frame", fit.frame.iter().flatten().collect()),
        ("centre", fit.centre.iter().collect()),
        ("scale", fit.scale.iter().collect()),
        ("whitening", whitening.collect()),
    ];
    for (field, values) in numbers {
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(format!("{field}[{index}] is {}", values[index]));
        }
    }
    let mut frame = vec![0.0; fit.rows * fit.dim];
    chart::materialise(fit.rows, fit.dim, &fit.angles, fit.reflected, &mut frame)
        .map_err(|error| format!("angles: {error}"))?;
    let difference = frame.iter().zip(fit.flat()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    if difference > FRAME_TOLERANCE {
        return Err(format!("angles and frame disagree by {difference:e}"));
    }
    Ok(())
}

fn bad_fit(path: &Path, what: String) -> Error {
    Error::failed(format!("not a fitted frame: {what}"))
        .file(path)
        .remedy("make it anew with `reparam givens fit -o`")
}

fn facts(fit: &Fit) -> Vec<(String, f64)> {
    let objective = (format!("objective {} (minimised)", fit.objective_name), fit.objective);
    std::iter::once(objective).chain(fit.measures.iter().map(|(name, &x)| (name.clone(), x))).collect()
}

/// The first samples of a table: the one asked for, else that of the fit. A fit without a table is tried on
/// samples that spread about its centre.
fn samples(fit: &Fit, request: &Request) -> Result<Vec<f64>> {
    let Some(path) = request.data.map(Path::to_owned).or(fit.data.as_ref().map(Into::into)) else {
        let mut rng = SplitMix64::new(fit.seed);
        let spread = fit.centre.iter().zip(&fit.scale).cycle().take(request.samples * fit.rows);
        return Ok(spread.map(|(c, s)| c + s * (4.0 * uniform::<f64, _>(&mut rng) - 2.0)).collect());
    };
    let mut options = request.table.clone();
    options.columns.get_or_insert_with(|| fit.columns.clone());
    let table = read_table(&path, &options).map_err(|error| match request.data {
        Some(_) => error,
        None => error.remedy("this is the table of the fit: name another with --data"),
    })?;
    if table.cols() != fit.rows {
        let what = format!("{} columns, but the frame has {} rows", table.cols(), fit.rows);
        return Err(Error::failed(what).file(path).remedy("choose the columns with --columns"));
    }
    Ok(table.values.into_iter().take(request.samples * fit.rows).collect())
}
