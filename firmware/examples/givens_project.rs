//! A frame found on the host, exported by `reparam deploy`, at work on new samples.
//!
//! The frame comes as its angles: the fewest numbers that hold it. The target forms it once and projects each
//! sample with one multiply-add a number. Without an export of yours the one in `exports/` is built in.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use reparam::dense::product;
use reparam::givens::Frame;

kit::entry!(program);

/// The fitted frame and the scaling of its data.
#[allow(unreachable_pub)]
mod fit {
    include!(concat!(env!("REPARAM_EXPORT_GIVENS_PROJECT"), ".rs"));
}

/// Samples as a sensor would deliver them.
#[allow(unreachable_pub)]
mod inputs {
    include!(concat!(env!("REPARAM_EXPORT_GIVENS_PROJECT"), "_inputs.rs"));
}

use fit::{ANGLES, CENTRE, COLS, INVERSE_SCALE, REFLECTED, ROWS, WHITENING};
use inputs::SAMPLES;

fn program() {
    let form = || Frame::<f32, ROWS, COLS>::from_angles(black_box(&ANGLES), REFLECTED);
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(frame) = form() else { panic!("angles that the export did not check") };
    kit::values("frame", frame.as_slice());

    let mut coordinates = [[0.0; COLS]; SAMPLES.len()];
    for (y, sample) in coordinates.iter_mut().zip(&SAMPLES) {
        *y = project(&frame, sample);
    }
    kit::values("coordinates", coordinates.as_flattened());

    kit::bench::call("frame_from_angles", form);
    kit::bench::call("project_a_sample", || project(black_box(&frame), black_box(&SAMPLES[0])));
}

/// The coordinates of a sample.
fn project(frame: &Frame<f32, ROWS, COLS>, sample: &[f32; ROWS]) -> [f32; COLS] {
    let mut z = *sample;
    for ((z, centre), scale) in z.iter_mut().zip(&CENTRE).zip(&INVERSE_SCALE) {
        *z = (*z - centre) * scale;
    }
    if !WHITENING.is_empty() {
        let scaled = z;
        let _ = product::matvec(ROWS, ROWS, WHITENING.as_flattened(), &scaled, &mut z);
    }
    frame.apply_transpose(&z)
}
