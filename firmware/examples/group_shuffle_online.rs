//! A frozen layer whose input has been mixed since it was fitted, put right on the device, sample by sample.
//!
//! The layer stays as it is. In front of it stands an orthogonal group-and-shuffle matrix, which a stream of samples
//! and wanted answers turns: one forward product, one backward pass, and a correction of rank two of each block, with
//! no solve, no trigonometry and nothing stored but the blocks. Without an export of yours the one in `exports/` is
//! built in: a linear reader of handwritten digits, and a sensor whose pixels leak into their neighbours.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use reparam::dense::product;
use reparam::group_shuffle::online::Rate;
use reparam::group_shuffle::{DriftGuard, GroupShuffle};

kit::entry!(program);

/// The layer and the matrix to start with.
#[allow(unreachable_pub)]
mod fit {
    include!(concat!(env!("REPARAM_EXPORT_GROUP_SHUFFLE_ONLINE"), ".rs"));
}

/// The stream.
#[allow(unreachable_pub)]
mod inputs {
    include!(concat!(env!("REPARAM_EXPORT_GROUP_SHUFFLE_ONLINE"), "_inputs.rs"));
}

use fit::{BIAS, BLOCK, BLOCKS, ETA, FACTORS, OUTPUTS, Q, WEIGHT};
use inputs::{ANSWERS, PASSES, SAMPLES};

type Rotation = GroupShuffle<f32, BLOCK, BLOCKS, FACTORS>;
type Input = [[f32; BLOCK]; BLOCKS];

/// Steps between two repairs of what rounding does to orthogonality.
const REPAIR: u32 = 100;

fn program() {
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(mut rotation) = Rotation::from_slice(Q.as_flattened().as_flattened()) else {
        panic!("blocks that the export did not check")
    };
    let mut outputs = [[0.0; OUTPUTS]; SAMPLES.len()];
    for (output, sample) in outputs.iter_mut().zip(&SAMPLES) {
        *output = respond(&rotation, sample).1;
    }
    kit::values("outputs", outputs.as_flattened());

    if let Some(first) = ANSWERS.first() {
        let mut guard = DriftGuard::new(REPAIR);
        let mut errors = [0.0; PASSES];
        for error in &mut errors {
            let (mut square, mut power) = (0.0, 0.0);
            for (sample, answer) in SAMPLES.iter().zip(&ANSWERS) {
                square += learn(&mut rotation, &mut guard, sample, answer);
                power += answer.iter().fold(0.0, |sum, x| sum + x * x);
            }
            *error = square / power;
        }
        kit::values("relative_error", &errors);
        kit::values("orthogonality_error", &[rotation.orthogonality_error()]);
        kit::values("rotation", rotation.as_slice());
        kit::log!(
            info,
            "relative error {=f32} in the first pass, {=f32} in the last",
            errors.first().copied().unwrap_or_default(),
            errors.last().copied().unwrap_or_default()
        );
        kit::bench::call_on("learn_from_a_sample", &rotation, |rotation| {
            learn(rotation, &mut DriftGuard::new(0), black_box(&SAMPLES[0]), black_box(first))
        });
    }
    kit::bench::call("respond_to_a_sample", || respond(&rotation, black_box(&SAMPLES[0])));
}

/// The turned sample, and what the layer makes of it.
fn respond(rotation: &Rotation, sample: &[f32; BLOCK * BLOCKS]) -> (Input, [f32; OUTPUTS]) {
    let mut x = [[0.0; BLOCK]; BLOCKS];
    x.as_flattened_mut().copy_from_slice(sample);
    rotation.apply(&mut x);
    let mut output = [0.0; OUTPUTS];
    if WEIGHT.is_empty() {
        output.iter_mut().zip(x.as_flattened()).for_each(|(y, &x)| *y = x);
    } else {
        let _ =
            product::matvec(OUTPUTS, BLOCK * BLOCKS, WEIGHT.as_flattened(), x.as_flattened(), &mut output);
    }
    output.iter_mut().zip(&BIAS).for_each(|(y, bias)| *y += bias);
    (x, output)
}

/// One step towards the answer; the squared error before it.
fn learn(
    rotation: &mut Rotation,
    guard: &mut DriftGuard,
    sample: &[f32; BLOCK * BLOCKS],
    answer: &[f32; OUTPUTS],
) -> f32 {
    let (mut x, mut error) = respond(rotation, sample);
    error.iter_mut().zip(answer).for_each(|(y, answer)| *y -= answer);
    let mut gradient = [[0.0; BLOCK]; BLOCKS];
    if WEIGHT.is_empty() {
        gradient.as_flattened_mut().iter_mut().zip(&error).for_each(|(g, &e)| *g = e);
    } else {
        let g = gradient.as_flattened_mut();
        let _ = product::matvec_t(OUTPUTS, BLOCK * BLOCKS, WEIGHT.as_flattened(), &error, g);
    }
    // A sample that is not finite changes nothing.
    if rotation.step(&mut x, &mut gradient, Rate::Normalized { eta: ETA[0], offset: 0.0 }).is_ok() {
        rotation.guard(guard, 1);
    }
    error.iter().fold(0.0, |sum, e| sum + e * e)
}
