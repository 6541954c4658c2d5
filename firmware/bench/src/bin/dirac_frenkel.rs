//! Least squares and velocities of Dirac-Frenkel dynamics: rows of 10 and 16 periodic Gaussians at 128 points.
#![cfg_attr(target_os = "none", no_std, no_main)]

use core::hint::black_box;

use kit::bench;
use reparam::Real;
use reparam::dirac_frenkel::least_squares::{LeastSquares, state_len};
use reparam::dirac_frenkel::velocity::from_factored;
use reparam::dirac_frenkel::{Error, Method, Momentum, Truncation};

kit::entry!(program);

const POINTS: usize = 128;

/// Derivatives of a sum of Gaussians in amplitude, shape and place.
fn row(k: usize, row: &mut [f32]) {
    let x = k as f32 / POINTS as f32;
    let count = row.len() / 3;
    for (i, of_one) in row.chunks_exact_mut(3).enumerate() {
        let (c, w) = (1.0 - 0.05 * i as f32, 4.0 + 0.3 * i as f32);
        let (s, o) = Real::sin_cos(core::f32::consts::PI * (x - i as f32 / count as f32));
        let e = Real::exp(-(w * w) * s * s);
        of_one.copy_from_slice(&[e, -2.0 * c * w * s * s * e, 6.0 * c * w * w * s * o * e]);
    }
}

fn sizes<const N: usize, const STATE: usize>(of_rows: &str, of_stage: &str) -> Result<(), Error> {
    let mut rows = [[0.0f32; N]; POINTS];
    rows.iter_mut().enumerate().for_each(|(k, of_point)| row(k, of_point));
    let method = Method::Truncated(Truncation::new(1e-3, 0.0)?);
    let memory = Some(Momentum::new(0.9, 1.0)?);
    let (mut state, mut scratch, mut copy) = ([0.0; STATE], [0.0; N], [0.0; N]);
    let (mut momentum, mut velocity) = ([0.1; N], [0.0; N]);
    bench::call(of_rows, || streamed(&rows, &mut copy, &mut state).map(drop));
    bench::call(of_stage, || {
        let factored = streamed(&rows, &mut copy, &mut state)?.factor(&mut scratch)?;
        from_factored(&factored, method, memory, None, &mut momentum, &mut velocity, &mut scratch)
    });
    Ok(())
}

fn streamed<'a, const N: usize>(
    rows: &[[f32; N]],
    copy: &mut [f32; N],
    state: &'a mut [f32],
) -> Result<LeastSquares<'a, f32>, Error> {
    let mut squares = LeastSquares::new(black_box(N), state)?;
    for (k, row) in rows.iter().enumerate() {
        *copy = *row;
        squares.add_row(black_box(&mut copy[..]), 0.1 * k as f32 - 3.0)?;
    }
    Ok(squares)
}

fn program() {
    let _ = sizes::<30, { state_len(30) }>("rows_128x30", "stage_128x30");
    let _ = sizes::<48, { state_len(48) }>("rows_128x48", "stage_128x48");
}
