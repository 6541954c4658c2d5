//! The density of particles that attract or repel each other in a moving trap: a Fokker–Planck equation in as many coordinates as there are
//! particles, seen through its mean and covariance.

pub mod gaussian;
pub mod moments;
pub mod particles;
pub mod paths;
pub mod rows;

use std::sync::Arc;

use reparam::dirac_frenkel::ansatz::Ansatz;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};
use reparam::random::SplitMix64;

use super::case::{Block, Case, Integrator, Moment, Retention, Rows, Settings, Start, Target};
use super::failed;
use super::fit::Fitter;
use super::model::Model;
use super::summary::{Part, Summary};
use crate::Result;
use gaussian::{Domain, Gaussian, stream};
use moments::Moments;
use particles::{Particles, Trap};
use paths::Paths;
use rows::Sampling;

/// Sides of the box.
const SIDE: [f64; 2] = [0.0, 4.0];
/// Mean and variance of each particle at time 0; they are independent. The published ones are not known.
const START: (f64, f64) = (2.0, 0.02);
/// How much wider than the density at the start, in covariance, is where it is looked for in each step: where the start is fitted, which is as far
/// as the trap moves it.
const WIDE: f64 = 9.0;
/// Longest step of the reference's paths.
const PATH_STEP: f64 = 0.01;
/// Seeds of what is not of a run: points of the moments, the reference's noise.
const SEEDS: [u64; 2] = [0x6d6f_6d73, 0x7061_7468];

/// Where the logarithm of the density at the start is fitted.
#[derive(Clone, Copy, Debug)]
pub struct Fitted {
    /// Points.
    pub points: usize,
    /// An eighth of them lies anywhere in the box if −log u₀ is to be followed there, up to about this: in many coordinates a network that
    /// has seen no far point makes small bumps there that outweigh the particles.
    pub level: Option<f64>,
    /// Seed.
    pub seed: u64,
}

/// Sizes of a case.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Number of particles.
    pub particles: usize,
    /// Width of the network.
    pub width: usize,
    /// Its hidden layers.
    pub layers: usize,
    /// Uniform points of a step, and as many near the particles.
    pub points: usize,
    /// Points of the moments.
    pub looks: usize,
    /// Paths of the reference.
    pub paths: usize,
    /// Until when.
    pub time: f64,
    /// Step in time.
    pub step: f64,
    /// Where the start is fitted.
    pub fitted: Fitted,
    /// How.
    pub fit: Fitter,
    /// s of [`rows::Density`].
    pub power: f64,
}

/// Five particles as published, or few of them: α = −½, D = 0.01, a box [0, 4] for each.
///
/// # Errors
/// For sizes that make no network.
pub fn case(sizes: Sizes) -> Result<Case> {
    let dim = sizes.particles;
    let particles = Particles { count: dim, trap: Trap::Swinging, coupling: -0.5, diffusion: 0.01 };
    let shape = Shape::new(dim, sizes.width, sizes.layers, Embedding::Full).map_err(failed)?;
    let model = Model::network(shape, vec![SIDE[1] - SIDE[0]; dim]);
    let domain = Domain(vec![SIDE; dim]);
    let start = Gaussian::isotropic(dim, START.0, START.1)?;
    let target = target(&model, &domain, &start, sizes.fitted)?;
    let sampling = Arc::new(Sampling {
        model: model.clone(),
        particles,
        domain,
        first: start.wider(WIDE)?,
        uniform: sizes.points,
        gaussian: sizes.points,
        power: sizes.power,
    });
    let rows = {
        let sampling = sampling.clone();
        move |moment: &Moment<'_>| {
            let mut rng = stream(moment.seed, moment.step);
            Ok(Box::new(sampling.rows(moment.theta, &mut rng)?) as Box<dyn Rows>)
        }
    };
    let points = sampling.points();
    let looks = sizes.looks;
    let values = move |theta: &[f64]| sampling.moments(theta, looks, &mut stream(SEEDS[0], 0)).map(flat);
    let exact = move |times: &[f64]| {
        let paths = Paths {
            particles: &particles,
            start: &start,
            count: sizes.paths,
            step: PATH_STEP,
            plain: false,
            seed: SEEDS[1],
        };
        Ok(paths.moments(times)?.into_iter().map(flat).collect())
    };
    let (first, square) = (dim, dim * dim);
    let drawn_variances = vec![("variance of the first", 0), ("covariance of the first two", 1)];
    let parts = vec![
        Part {
            name: "mean",
            values: 0..first,
            deviations: first + square..2 * first + square,
            drawn: vec![("mean of the first", 0)],
        },
        Part {
            name: "covariance",
            values: first..first + square,
            deviations: 2 * first + square..2 * (first + square),
            drawn: drawn_variances.into_iter().take(dim).collect(),
        },
    ];
    let count = 2 * (first + square);
    Ok(Case {
        name: String::new(),
        blocks: vec![Block::each_step(0..model.weights(), points, rows)],
        fields: vec!["moments"],
        coordinates: vec!["number"],
        places: (0..count + 2).map(|k| k as f64).collect(),
        shape: vec![count + 2],
        values: Box::new(values),
        exact: Box::new(exact),
        reference: "paths of the particles",
        summary: Some(Summary { parts, effective: count, log_mass: count + 1 }),
        start: Start::Fit(vec![target]),
        fit: sizes.fit,
        known_velocity: None,
        settings: Settings {
            step: sizes.step,
            time: sizes.time,
            integrator: Integrator::Euler,
            relative: 1e-4,
            absolute: 0.0,
            retention: Retention::Beta(0.2),
            lambda: 1.0,
        },
    })
}

/// Mean, covariance, their standard errors, effective number of points, logarithm of the mass.
fn flat(moments: Moments) -> Vec<f64> {
    let Moments { mean, covariance, mean_error, covariance_error, effective, log_mass } = moments;
    [mean, covariance, mean_error, covariance_error, vec![effective, log_mass]].concat()
}

/// −log u₀, less its smallest value, where the particles are and around. Where u₀ is nothing it levels off, or is not fitted: its squares there would
/// be all that a fit sees.
fn target(model: &Model, domain: &Domain, start: &Gaussian, fitted: Fitted) -> Result<Target> {
    let dim = domain.dim();
    let mut rng = SplitMix64::new(fitted.seed);
    let mut points = vec![0.0; fitted.points * dim];
    let far = if fitted.level.is_some() { fitted.points / 8 } else { 0 };
    let (near, wide) = (start.wider(2.0)?, start.wider(WIDE)?);
    let (anywhere, around) = points.split_at_mut(far * dim);
    anywhere.chunks_exact_mut(dim).for_each(|x| domain.draw(&mut rng, x));
    for (k, x) in around.chunks_exact_mut(dim).enumerate() {
        domain.draw_inside(if k % 2 == 0 { &near } else { &wide }, &mut rng, x);
    }
    let peak = start.log_density(start.mean());
    let value = |x: &[f64]| {
        let v = peak - start.log_density(x);
        fitted.level.map_or(v, |level| v / (1.0 + (v / level).powi(4)).sqrt().sqrt())
    };
    let values = points.chunks_exact(dim).map(value).collect();
    Ok(Target { model: model.clone(), points, values, span: domain.0.clone() })
}
