//! The equations of `reparam dirac-frenkel solve`.
//!
//! Sources: Raviola and Peherstorfer, arXiv 2605.00284 (the two toys, rotating detonation waves); Bruna, Peherstorfer and
//! Vanden-Eijnden, arXiv 2203.01360 (solitons); Berman and Peherstorfer, arXiv 2310.04867 (Burgers's equation, start).

pub mod characteristics;
pub mod planes;

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use clap::ValueEnum;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};
use reparam::dirac_frenkel::ansatz::{Ansatz, Gaussians, Jet, Sines};
use reparam::dirac_frenkel::{Error as Refused, Problem};

use self::planes::Points;
use crate::dirac_frenkel::case::{Block, Case, Exact, Integrator, Retention, Settings, Start, Target};
use crate::dirac_frenkel::failed;
use crate::dirac_frenkel::fields::Field;
use crate::dirac_frenkel::fit::{By, Fitter};
use crate::dirac_frenkel::model::Model;
use crate::dirac_frenkel::population::{self, Fitted, Sizes};
use crate::dirac_frenkel::spectral::{Spectral, grid};
use crate::{Error, Result};

/// What can be solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// A reaction that is advected through a collapse of its two weights
    AdvectionReaction,
    /// Two waves that pass through each other, four weights
    Waves,
    /// A bump that several equal Gaussians make together, advected
    Redundant,
    /// Two solitons of the Korteweg–de Vries equation, ten Gaussians
    Solitons,
    /// Burgers's equation, network of 41 weights
    Burgers,
    /// The Allen–Cahn equation, network of 41 weights
    AllenCahn,
    /// Rotating detonation waves, two networks of 139 weights
    DetonationSmall,
    /// Rotating detonation waves, two networks of 461 weights, as published
    Detonation,
    /// Transport in the plane with a speed that varies, network of 251 weights
    TransportSmall,
    /// Transport in the plane, network of 3265 weights, as published
    Transport,
    /// The Vlasov equation with a fixed potential, network of 251 weights
    VlasovSmall,
    /// The Vlasov equation with a fixed potential, network of 3265 weights, as published
    Vlasov,
    /// Density of two particles in a swinging trap, network of 201 weights
    FokkerPlanckSmall,
    /// Density of five particles in a swinging trap, network of 1,581 weights, as published
    FokkerPlanck,
}

/// What a problem can be told.
#[derive(Clone, Debug)]
pub struct Choices {
    /// ρ of the waves.
    pub rho: f64,
    /// Amplitudes of the redundant Gaussians.
    pub amplitudes: Vec<f64>,
    /// Collocation points of equations in the plane.
    pub points: Points,
    /// Power of a density whose residual is minimized.
    pub residual: f64,
    /// Paths of particles; `None`: as many as the problem usually has.
    pub paths: Option<usize>,
}

impl Default for Choices {
    fn default() -> Self {
        Self { rho: 0.0, amplitudes: vec![0.8, 0.2], points: Points::default(), residual: 0.5, paths: None }
    }
}

const RK4: Settings = Settings {
    step: 4e-3,
    time: 2.0,
    integrator: Integrator::Rk4,
    relative: 1e-3,
    absolute: 0.0,
    retention: Retention::Beta(0.9),
    lambda: 1.0,
};

impl Name {
    /// The problem.
    ///
    /// # Errors
    /// For choices that make no problem.
    pub fn case(self, choices: &Choices) -> Result<Case> {
        let mut case = match self {
            Self::AdvectionReaction => advection_reaction(),
            Self::Waves => waves(choices.rho),
            Self::Redundant => redundant(&choices.amplitudes),
            Self::Solitons => solitons(),
            Self::Burgers => burgers(),
            Self::AllenCahn => allen_cahn(),
            Self::DetonationSmall => detonation(6, 3, 256, 8e-3),
            Self::Detonation => detonation(10, 4, 2048, 4e-3),
            Self::TransportSmall => planes::transport(true, choices.points),
            Self::Transport => planes::transport(false, choices.points),
            Self::VlasovSmall => planes::vlasov(true, choices.points),
            Self::Vlasov => planes::vlasov(false, choices.points),
            Self::FokkerPlanckSmall => population::case(Sizes {
                particles: 2,
                width: 8,
                layers: 2,
                points: 250,
                looks: 50_000,
                paths: choices.paths.unwrap_or(100_000),
                time: 2.0,
                step: 1e-2,
                fitted: Fitted { points: 1000, level: None, seed: 0xceb1_ee89_f6f1_5244 },
                fit: Fitter { iterations: 40, ..Fitter::of(By::Lm) },
                power: choices.residual,
            }),
            Self::FokkerPlanck => population::case(Sizes {
                particles: 5,
                width: 20,
                layers: 3,
                points: 2000,
                looks: 100_000,
                paths: choices.paths.unwrap_or(100_000),
                time: 8.0,
                step: 1e-2,
                fitted: Fitted { points: 16_000, level: Some(60.0), seed: 0x3d98_6575_f9cb_d4bd },
                fit: Fitter { batch: 256, ..Fitter::of(By::Adam) },
                power: choices.residual,
            }),
        }?;
        case.name = self.to_possible_value().map_or_else(String::new, |value| value.get_name().into());
        Ok(case)
    }
}

/// A case of fields in one coordinate.
struct Fields<F> {
    models: Vec<Model>,
    names: Vec<&'static str>,
    span: [f64; 2],
    points: usize,
    right_hand_sides: Vec<F>,
    exact: Box<Exact>,
    reference: &'static str,
    settings: Settings,
}

impl<F: FnMut(&[Jet<f64>], &[f64], f64) -> f64 + Clone + Send + Sync + 'static> Fields<F> {
    fn case(self, start: impl FnOnce(Vec<Target>) -> Start, initial: &dyn Fn(f64) -> Vec<f64>) -> Case {
        let points: Arc<[f64]> = grid(self.span, self.points).into();
        let mut from = 0;
        let mut blocks = Vec::new();
        for (field, right_hand_side) in self.right_hand_sides.into_iter().enumerate() {
            let to = from + self.models[field].weights();
            let rows = Field::new(self.models.clone(), field, points.clone(), right_hand_side);
            blocks.push(Block::new(from..to, rows));
            from = to;
        }
        let targets = self.models.iter().enumerate().map(|(field, model)| Target {
            model: model.clone(),
            points: points.to_vec(),
            values: points.iter().map(|&x| initial(x)[field]).collect(),
            span: vec![self.span],
        });
        let (models, places) = (self.models.clone(), points.to_vec());
        let values = move |theta: &[f64]| {
            let (mut left, mut values) = (theta, Vec::new());
            for model in &models {
                let (own, rest) =
                    left.split_at_checked(model.weights()).ok_or_else(|| Error::failed("too few weights"))?;
                left = rest;
                values.extend(model.values(own, &places).map_err(failed)?);
            }
            Ok(values)
        };
        Case {
            name: String::new(),
            blocks,
            fields: self.names,
            coordinates: vec!["x"],
            places: points.to_vec(),
            shape: vec![points.len()],
            values: Box::new(values),
            exact: self.exact,
            reference: self.reference,
            summary: None,
            start: start(targets.collect()),
            fit: Fitter::default(),
            known_velocity: None,
            settings: self.settings,
        }
    }
}

/// ∂ₜu = −∂ₓu − u + s with u = sin θ₁ sin x + sin θ₂ cos x, solved by θ = (t, t): a weight stands still for plain dynamics where its
/// cosine vanishes.
fn advection_reaction() -> Result<Case> {
    let model = Model::Sines(Sines::new(1, TAU).map_err(failed)?);
    let right_hand_side = |u: &[Jet<f64>], x: &[f64], t: f64| {
        let x = x[0];
        let source = t.cos() * x.sin() + (t.cos() + 2.0 * t.sin()) * x.cos();
        source - u[0].first - u[0].value
    };
    let places = grid([0.0, TAU], 512);
    let exact = move |times: &[f64]| {
        Ok(times.iter().map(|t| places.iter().map(|x| t.sin() * (x.sin() + x.cos())).collect()).collect())
    };
    let fields = Fields {
        models: vec![model],
        names: vec!["u"],
        span: [0.0, TAU],
        points: 512,
        right_hand_sides: vec![right_hand_side],
        exact: Box::new(exact),
        reference: "exact solution",
        // The published text has λ = 1e-5, with which nothing moves; 1 reproduces the published figure.
        settings: Settings {
            step: 1e-4,
            time: 6.0,
            integrator: Integrator::Euler,
            relative: 1e-10,
            absolute: 1e-3,
            retention: Retention::Tau(0.05),
            lambda: 1.0,
        },
    };
    Ok(fields.case(|_| Start::Known(vec![0.0; 2]), &|_| vec![0.0]))
}

/// Two waves `exp(−(x − μ)²/2(1 + ρ))`, ρ = 0 for the first, to the right and to the left; u and ∂ₜu each with their own places.
#[derive(Clone, Debug)]
struct Waves {
    rho: f64,
    places: Vec<f64>,
}

/// φ, ∂φ/∂μ, ∂²φ/∂μ².
fn wave(x: f64, place: f64, width: f64) -> [f64; 3] {
    let d = x - place;
    let value = (-(d * d) / (2.0 * width)).exp();
    [value, d / width * value, (d * d / width - 1.0) / width * value]
}

impl Problem<f64> for Waves {
    fn weights(&self) -> usize {
        4
    }

    fn points(&self) -> usize {
        2 * self.places.len()
    }

    fn row(
        &mut self,
        theta: &[f64],
        _: f64,
        point: usize,
        row: &mut [f64],
    ) -> std::result::Result<f64, Refused> {
        let &[a, b, c, d] = theta else { return Err(Refused::Length { expected: 4, found: theta.len() }) };
        let wide = 1.0 + self.rho;
        let x = self.places[point % self.places.len()];
        let ([_, by_c, by_cc], [_, by_d, by_dd]) = (wave(x, c, 1.0), wave(x, d, wide));
        let ([_, by_a, by_aa], [_, by_b, by_bb]) = (wave(x, a, 1.0), wave(x, b, wide));
        if point < self.places.len() {
            row.copy_from_slice(&[by_a, by_b, 0.0, 0.0]);
            Ok(by_c - by_d)
        } else {
            row.copy_from_slice(&[0.0, 0.0, by_cc, -by_dd]);
            Ok(by_aa + by_bb)
        }
    }
}

fn waves(rho: f64) -> Result<Case> {
    if !(rho > -1.0 && rho.is_finite()) {
        return Err(Error::usage(format!("--rho: {rho} is not above −1")));
    }
    let places = grid([-12.0, 12.0], 151);
    let at = {
        let places = places.clone();
        move |a: f64, b: f64| -> Vec<f64> {
            places.iter().map(|&x| wave(x, a, 1.0)[0] + wave(x, b, 1.0 + rho)[0]).collect()
        }
    };
    let exact = {
        let at = at.clone();
        move |times: &[f64]| Ok(times.iter().map(|t| at(t - 2.0, 2.0 - t)).collect())
    };
    let values = move |theta: &[f64]| match *theta {
        [a, b, _, _] => Ok(at(a, b)),
        _ => Err(Error::failed("the waves have 4 weights")),
    };
    Ok(Case {
        name: String::new(),
        blocks: vec![Block::new(0..4, Waves { rho, places: places.clone() })],
        fields: vec!["u"],
        coordinates: vec!["x"],
        shape: vec![places.len()],
        places,
        values: Box::new(values),
        exact: Box::new(exact),
        reference: "exact solution",
        summary: None,
        start: Start::Known(vec![-2.0, 2.0, -2.0, 2.0]),
        fit: Fitter::default(),
        known_velocity: Some(vec![1.0, -1.0, 1.0, -1.0]),
        // With the printed step of 3e-4 no step lands on the collision, and plain dynamics gets through. The printed tolerance
        // of 2e-12 is one on squares of singular values.
        settings: Settings {
            step: 1.0 / 3000.0,
            time: 4.0,
            integrator: Integrator::Euler,
            relative: 2e-12f64.sqrt(),
            absolute: 0.0,
            retention: Retention::Tau(0.5),
            lambda: 1.0,
        },
    })
}

/// Gaussians of equal shape at one place, advected with speed 1 on a circle.
fn redundant(amplitudes: &[f64]) -> Result<Case> {
    const SPAN: [f64; 2] = [-1.0, 1.0];
    let sum: f64 = amplitudes.iter().sum();
    if !(sum.is_finite() && sum != 0.0) {
        return Err(Error::usage("--amplitudes: their sum is not a number other than 0"));
    }
    let count = amplitudes.len();
    let bump = |count| Gaussians::periodic(count, 2.0).map_err(failed);
    let one = Model::Gaussians(bump(1)?);
    let places = grid(SPAN, 64);
    let exact = move |times: &[f64]| {
        times.iter().map(|t| one.values(&[sum, 3.0, t - 0.2], &places).map_err(failed)).collect()
    };
    let fields = Fields {
        models: vec![Model::Gaussians(bump(count)?)],
        names: vec!["u"],
        span: SPAN,
        points: 64,
        right_hand_sides: vec![|u: &[Jet<f64>], _: &[f64], _: f64| -u[0].first],
        exact: Box::new(exact),
        reference: "exact solution",
        settings: Settings {
            step: 5e-3,
            time: 2.0,
            integrator: Integrator::Euler,
            relative: 1e-6,
            absolute: 0.0,
            retention: Retention::Tau(0.5),
            lambda: 1.0,
        },
    };
    let theta = [amplitudes.to_vec(), vec![3.0; count], vec![-0.2; count]].concat();
    let mut case = fields.case(|_| Start::Known(theta), &|_| vec![0.0]);
    case.known_velocity = Some([vec![0.0; 2 * count], vec![1.0; count]].concat());
    Ok(case)
}

/// Two solitons of ∂ₜu = −6u∂ₓu − ∂ₓ³u, the fast one passing the slow: 2∂ₓ² ln(1 + E₁ + E₂ + A·E₁E₂) with Eᵢ = exp(kᵢx − kᵢ³t + ηᵢ)
/// and A = ((k₁ − k₂)/(k₁ + k₂))² (Hirota, Phys. Rev. Lett. 27, 1971).
fn two_solitons(x: f64, t: f64) -> f64 {
    let (k1, k2) = (1.0, 5f64.sqrt());
    let (log1, log2) = (k1 * x - k1.powi(3) * t, k2 * x - k2.powi(3) * t + 10.73);
    let factor: f64 = (k1 - k2) / (k1 + k2);
    let terms = [(0.0, 0.0), (k1, log1), (k2, log2), (k1 + k2, log1 + log2 + 2.0 * factor.abs().ln())];
    // Twice the variance of the rates, each term weighted by its share in the sum: no large numbers to subtract.
    let largest = terms.iter().fold(0.0, |largest, term| term.1.max(largest));
    let shares = terms.map(|(_, log)| (log - largest).exp());
    let sum: f64 = shares.iter().sum();
    let mean = terms.iter().zip(shares).map(|((k, _), share)| k * share).sum::<f64>() / sum;
    2.0 * terms.iter().zip(shares).map(|((k, _), share)| (k - mean).powi(2) * share).sum::<f64>() / sum
}

fn solitons() -> Result<Case> {
    const SPAN: [f64; 2] = [-20.0, 40.0];
    let places = grid(SPAN, 128);
    let exact = move |times: &[f64]| {
        Ok(times.iter().map(|&t| places.iter().map(|&x| two_solitons(x, t)).collect()).collect())
    };
    let fields = Fields {
        models: vec![Model::Gaussians(Gaussians::periodic(10, 60.0).map_err(failed)?)],
        names: vec!["u"],
        span: SPAN,
        points: 128,
        right_hand_sides: vec![|u: &[Jet<f64>], _: &[f64], _: f64| {
            -6.0 * u[0].value * u[0].first - u[0].third
        }],
        exact: Box::new(exact),
        reference: "exact solution",
        settings: Settings { step: 2e-3, time: 1.0, ..RK4 },
    };
    Ok(fields.case(Start::Fit, &|x| vec![two_solitons(x, 0.0)]))
}

fn small_network(period: f64) -> Result<Vec<Model>> {
    let shape = Shape::new(1, 5, 1, Embedding::Phases).map_err(failed)?;
    Ok(vec![Model::network(shape, vec![period])])
}

fn burgers() -> Result<Case> {
    const SPAN: [f64; 2] = [-1.0, 1.0];
    let start = |x: f64| vec![(1.0 - x * x) * (-30.0 * (x + 0.5).powi(2)).exp()];
    let exact = move |times: &[f64]| {
        let rates = |u: &[f64], first: &[f64], rate: &mut [f64]| rate[0] = -u[0] * first[0];
        let spectral = Spectral { span: SPAN, modes: 512, step: 1e-3, diffusion: &[0.02], rates: &rates };
        spectral.solve(start, times, 128)
    };
    let fields = Fields {
        models: small_network(2.0)?,
        names: vec!["u"],
        span: SPAN,
        points: 128,
        right_hand_sides: vec![|u: &[Jet<f64>], _: &[f64], _: f64| {
            0.02 * u[0].second - u[0].value * u[0].first
        }],
        exact: Box::new(exact),
        reference: "Fourier series, 512 modes",
        settings: RK4,
    };
    Ok(fields.case(Start::Fit, &start))
}

fn allen_cahn() -> Result<Case> {
    const SPAN: [f64; 2] = [0.0, TAU];
    let start = |x: f64| vec![(2.0 * x.sin()).tanh() / 3.0 + 0.5 * (2.0 * x + 0.7).cos()];
    let exact = move |times: &[f64]| {
        let rates = |u: &[f64], _: &[f64], rate: &mut [f64]| rate[0] = u[0] - u[0].powi(3);
        let spectral = Spectral { span: SPAN, modes: 512, step: 1e-3, diffusion: &[0.05], rates: &rates };
        spectral.solve(start, times, 128)
    };
    let fields = Fields {
        models: small_network(TAU)?,
        names: vec!["u"],
        span: SPAN,
        points: 128,
        right_hand_sides: vec![|u: &[Jet<f64>], _: &[f64], _: f64| {
            0.05 * u[0].second + u[0].value - u[0].value.powi(3)
        }],
        exact: Box::new(exact),
        reference: "Fourier series, 512 modes",
        settings: Settings { step: 6e-3, time: 3.0, ..RK4 },
    };
    Ok(fields.case(Start::Fit, &start))
}

/// (1 − λ)ω, εη and βλ of the detonation: what burns, what is lost, what is refilled.
fn burn(eta: f64, lambda: f64) -> [f64; 3] {
    let release = (1.0 - lambda) * ((eta - 1.1) / 0.3).exp();
    let refill = 3.5 / (1.0 + (5.0 * (eta - 0.5)).exp());
    [release, 0.11 * eta, refill * lambda]
}

/// ∂ₜη = −η∂ₓη + ν∂ₓ²η + (1 − λ)ω − εη, ∂ₜλ = ν∂ₓ²λ + (1 − λ)ω − βλ, ν = 0.01.
fn detonation(width: usize, layers: usize, points: usize, step: f64) -> Result<Case> {
    const SPAN: [f64; 2] = [0.0, TAU];
    const DIFFUSION: f64 = 0.01;
    let start = |x: f64| vec![1.0 + 0.4 * (-2.25 * (x - PI).powi(2)).exp(), 0.75];
    let exact = move |times: &[f64]| {
        let rates = |u: &[f64], first: &[f64], rate: &mut [f64]| {
            let [release, lost, refill] = burn(u[0], u[1]);
            rate[0] = release - lost - u[0] * first[0];
            rate[1] = release - refill;
        };
        let diffusion = [DIFFUSION; 2];
        let spectral = Spectral { span: SPAN, modes: 2048, step: 1e-3, diffusion: &diffusion, rates: &rates };
        spectral.solve(start, times, points)
    };
    let shape = Shape::new(1, width, layers, Embedding::Phases).map_err(failed)?;
    type Rate = fn(&[Jet<f64>], &[f64], f64) -> f64;
    let eta: Rate = |u, _, _| {
        let [release, lost, _] = burn(u[0].value, u[1].value);
        DIFFUSION * u[0].second - u[0].value * u[0].first + release - lost
    };
    let lambda: Rate = |u, _, _| {
        let [release, _, refill] = burn(u[0].value, u[1].value);
        DIFFUSION * u[1].second + release - refill
    };
    let fields = Fields {
        models: vec![Model::network(shape, vec![TAU]); 2],
        names: vec!["eta", "lambda"],
        span: SPAN,
        points,
        right_hand_sides: vec![eta, lambda],
        exact: Box::new(exact),
        reference: "Fourier series, 2048 modes",
        settings: Settings { step, time: 8.0, relative: 1e-4, ..RK4 },
    };
    Ok(fields.case(Start::Fit, &start))
}
