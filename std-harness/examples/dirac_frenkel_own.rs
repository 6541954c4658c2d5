//! An equation of one's own: heat in a rod, ∂u/∂t = κ·∂²u/∂x², solved with and without momentum.
//!
//! ```text
//! cargo run --release -p reparam-harness --example dirac_frenkel_own
//! ```
//!
//! All that is needed is the core's [`Problem`]: a row of derivatives in the weights and a right-hand side for each point. Its
//! `Equation` makes one of an ansatz and a closure; [`Rod`] is written by hand, which also works for several fields, several
//! coordinates, or an ansatz that is not the core's.

use std::f64::consts::PI;

use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet};
use reparam::dirac_frenkel::{Error, Form, Problem};
use reparam_harness::Result;
use reparam_harness::context::Context;
use reparam_harness::dirac_frenkel::case::{Block, Case, Integrator, Retention, Settings, Start, Target};
use reparam_harness::dirac_frenkel::evolve::{By, Plan, Run};
use reparam_harness::dirac_frenkel::fit::Fitter;
use reparam_harness::dirac_frenkel::model::Model;
use reparam_harness::dirac_frenkel::solve;
use reparam_harness::dirac_frenkel::spectral::grid;

const SPAN: [f64; 2] = [0.0, 2.0];

/// Rows of the equation with κ = 0.05.
#[derive(Clone)]
struct Rod {
    ansatz: Gaussians<f64>,
    points: Vec<f64>,
}

impl Problem<f64> for Rod {
    fn weights(&self) -> usize {
        self.ansatz.weights()
    }

    fn points(&self) -> usize {
        self.points.len()
    }

    fn row(
        &mut self,
        theta: &[f64],
        _t: f64,
        point: usize,
        row: &mut [f64],
    ) -> std::result::Result<f64, Error> {
        let x = [self.points[point]];
        let mut jets = [Jet::default()];
        self.ansatz.jets(theta, &x, &mut jets)?;
        self.ansatz.gradient(theta, &x, row)?;
        Ok(0.05 * jets[0].second)
    }
}

fn exact(x: f64, t: f64) -> f64 {
    1.0 + 0.5 * (-0.05 * PI * PI * t).exp() * (PI * x).cos()
}

fn main() -> Result<()> {
    let ansatz = Gaussians::periodic(4, 2.0).map_err(|e| reparam_harness::Error::failed(e.to_string()))?;
    let points = grid(SPAN, 64);
    let target = Target {
        model: Model::Gaussians(ansatz),
        points: points.clone(),
        values: points.iter().map(|&x| exact(x, 0.0)).collect(),
        span: vec![SPAN],
    };
    let places = points.clone();
    let known = points.clone();
    let case = Case {
        name: "rod".into(),
        blocks: vec![Block::new(0..12, Rod { ansatz, points: points.clone() })],
        fields: vec!["u"],
        coordinates: vec!["x"],
        shape: vec![points.len()],
        places: points,
        values: Box::new(move |theta| {
            let model = Model::Gaussians(ansatz);
            model.values(theta, &places).map_err(|e| reparam_harness::Error::failed(e.to_string()))
        }),
        exact: Box::new(move |times| {
            Ok(times.iter().map(|&t| known.iter().map(|&x| exact(x, t)).collect()).collect())
        }),
        reference: "exact solution",
        summary: None,
        start: Start::Fit(vec![target]),
        fit: Fitter::default(),
        known_velocity: None,
        settings: Settings {
            step: 5e-3,
            time: 2.0,
            integrator: Integrator::Rk4,
            relative: 1e-4,
            absolute: 0.0,
            retention: Retention::Beta(0.9),
            lambda: 1.0,
        },
    };
    let (theta, fitted) = solve::starts(&case, &[1], &Context::default())?.swap_remove(0);
    println!("start: relative error {fitted:.1e}");
    for by in [By::Df, By::Dfo, By::Tikhonov(1e-6)] {
        let plan =
            Plan { case: &case, settings: case.settings, form: Form::Published, by, seed: 1, samples: 8 };
        let mut run = Run::new(theta.clone(), None);
        plan.go_on(&mut run, &Context::default().progress(None), |_| Ok(()))?;
        let exact = (case.exact)(&plan.times())?;
        let errors = plan.errors(&run, &exact)?;
        println!(
            "{}: relative error {:.1e} at the end, rank {}",
            by.name(),
            errors[errors.len() - 1],
            run.rank
        );
    }
    Ok(())
}
