//! A wave equation solved on the device: two solitons of Korteweg and de Vries, as ten Gaussians that move.
//!
//! The thirty weights start from a fit and follow `u_t = −6 u u_x − u_xxx` by the classical Runge-Kutta method. Each of its stages is a
//! least squares problem over 128 points whose matrix is never stored; what it drops as nearly singular gets momentum.
#![cfg_attr(target_os = "none", no_std, no_main)]

use reparam::dirac_frenkel::ansatz::Gaussians;
use reparam::dirac_frenkel::{Equation, Error, Form, Jet, Method, Momentum, Solver, Truncation};

kit::entry!(program);

const WEIGHTS: usize = 30;
const POINTS: usize = 128;
const STEPS: usize = 40;
/// Steps between two looks at the weights.
const LOOK: usize = 10;
const STEP: f32 = 2e-3;
/// Start and length of the circle.
const CIRCLE: [f32; 2] = [-20.0, 60.0];

/// Ten Gaussians fitted to the two solitons at time 0 by least squares: amplitudes, shapes, places.
#[rustfmt::skip]
static START: [f32; WEIGHTS] = [
    0.23503046, 1.4478794, -0.20825657, 0.29803318, 0.2699219,
    0.9207794, 0.002513988, 0.19464692, 0.15771261, -0.35314393,
    5.0708356, 23.000559, 5.7270393, 7.96751, 32.683987,
    16.041735, 19.312298, 11.191022, 12.735613, -23.254871,
    0.46391872, -4.8184757, 0.15526639, 1.8014737, -4.798426,
    -4.794346, 3.7011309, -4.8341103, 1.9545773, -4.8788247,
];

fn program() {
    // `expect` would print the error, at the price of 40 kB of formatting.
    let Ok(()) = solve() else { panic!("a step that was refused") };
}

fn solve() -> Result<(), Error> {
    let mut points = [0.0; POINTS];
    for (k, x) in points.iter_mut().enumerate() {
        *x = CIRCLE[0] + CIRCLE[1] * k as f32 / POINTS as f32;
    }
    let waves = Gaussians::periodic(WEIGHTS / 3, CIRCLE[1])?;
    let mut problem = Equation::new(waves, &points, |[u]: [Jet<f32>; 1], _: &[f32; 1], _| {
        -6.0 * u.value * u.first - u.third
    })?;
    let method = Method::Truncated(Truncation::new(1e-3, 0.0)?);
    let mut solver = Solver::new(START, method, Some(Momentum::new(0.9, 1.0)?))?;
    let (mut instructions, mut stages) = (Some(0), 0);
    for step in 0..STEPS {
        let (taken, count) =
            kit::count_instructions(|| solver.rk4(&mut problem, Form::Published, step as f32 * STEP, STEP));
        let taken = taken?;
        instructions = instructions.zip(count).map(|(sum, count)| sum + count);
        stages += taken.len() as u64;
        if (step + 1) % LOOK == 0 {
            kit::values("theta", solver.theta());
            let [.., last] = taken;
            kit::values("stage", &[last.residual_before, last.residual_after, last.null, last.rank as f32]);
        }
    }
    let mut heights = [0.0; 16];
    for (k, height) in heights.iter_mut().enumerate() {
        let x = CIRCLE[0] + CIRCLE[1] * k as f32 / 16.0;
        *height = problem.value(solver.theta(), &[x])?;
    }
    kit::values("u", &heights);
    if let Some(instructions) = instructions {
        kit::instructions("stage", instructions / stages);
        kit::log!(info, "{=u64} instructions a stage", instructions / stages);
    }
    Ok(())
}
