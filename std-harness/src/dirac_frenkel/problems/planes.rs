//! Equations in the plane, ∂ₜu = −c(x)·∇u, periodic on [−1, 1)².
//!
//! Source: Raviola and Peherstorfer, arXiv 2605.00284, variable-speed transport and the Vlasov equation with a fixed potential. The text
//! leaves x₀ and y₀ of the speeds open; here they are 0.

use std::f64::consts::PI;
use std::sync::Arc;

use clap::ValueEnum;
use rayon::prelude::*;
use reparam::dirac_frenkel::Jet;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Shape};
use reparam::random::{SplitMix64, uniform_in};

use super::RK4;
use super::characteristics::origin;
use crate::dirac_frenkel::case::{Block, Case, Exact, Moment, Rows, Settings, Start, Target};
use crate::dirac_frenkel::failed;
use crate::dirac_frenkel::fields::Field;
use crate::dirac_frenkel::fit::{By, Fitter};
use crate::dirac_frenkel::model::Model;
use crate::dirac_frenkel::spectral::grid;
use crate::{Error, Result};

const SPAN: [f64; 2] = [-1.0, 1.0];
/// Places along each coordinate at which errors are measured.
const PLACES: usize = 128;

/// Where collocation points lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Collocation {
    /// A square grid, the same in all steps
    #[default]
    Grid,
    /// Random places, new ones in each step
    Random,
}

/// What can be told to an equation in the plane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Points {
    /// Collocation points, instead of the problem's number.
    pub count: Option<usize>,
    /// Where they are.
    pub collocation: Collocation,
}

/// A velocity of the plane and what it moves.
#[derive(Clone, Copy)]
struct Flow {
    /// Name of the second coordinate.
    second: &'static str,
    velocity: fn([f64; 2]) -> [f64; 2],
    initial: fn([f64; 2]) -> f64,
}

/// Sizes of a run.
struct Size {
    width: usize,
    layers: usize,
    /// Collocation points.
    points: usize,
    /// Points along each coordinate of the fit of the start.
    fitted: usize,
    fit: Fitter,
    settings: Settings,
}

/// x in [−1, 1).
fn wrapped(x: f64) -> f64 {
    x - 2.0 * ((x + 1.0) / 2.0).floor()
}

/// Points of a square grid, the first coordinate runs fastest.
fn square(side: usize) -> Vec<f64> {
    let line = grid(SPAN, side);
    line.iter().flat_map(|&y| line.iter().flat_map(move |&x| [x, y])).collect()
}

impl Collocation {
    fn points(self, count: usize, seed: u64) -> Vec<f64> {
        match self {
            Self::Grid => square(count.isqrt()),
            Self::Random => {
                let mut rng = SplitMix64::new(seed);
                (0..2 * count).map(|_| uniform_in(&mut rng, SPAN[0], SPAN[1])).collect()
            }
        }
    }
}

fn case(flow: Flow, size: Size, choice: Points, exact: Box<Exact>) -> Result<Case> {
    let count = choice.count.unwrap_or(size.points);
    let side = count.isqrt();
    if choice.collocation == Collocation::Grid && side * side != count {
        return Err(Error::usage(format!("--points: {count} points are no square grid")).remedy(format!(
            "{} or {}, or --collocation random",
            side * side,
            (side + 1) * (side + 1)
        )));
    }
    let shape = Shape::new(2, size.width, size.layers, Embedding::Phases).map_err(failed)?;
    let model = Model::network(shape, vec![SPAN[1] - SPAN[0]; 2]);
    let rows = {
        let model = model.clone();
        move |seed: u64| {
            let points: Arc<[f64]> = choice.collocation.points(count, seed).into();
            let right_hand_side = move |u: &[Jet<f64>], x: &[f64], _: f64| {
                let [cx, cy] = (flow.velocity)([wrapped(x[0]), wrapped(x[1])]);
                -(cx * u[0].first + cy * u[1].first)
            };
            Field::new(vec![model.clone()], 0, points, right_hand_side)
        }
    };
    let block = match choice.collocation {
        Collocation::Grid => Block::new(0..shape.weights(), rows(0)),
        Collocation::Random => Block::each_step(0..shape.weights(), count, move |moment: &Moment<'_>| {
            Ok(Box::new(rows(moment.seed)) as Box<dyn Rows>)
        }),
    };
    let fitted = square(size.fitted);
    let target = Target {
        model: model.clone(),
        values: fitted.chunks(2).map(|x| (flow.initial)([x[0], x[1]])).collect(),
        points: fitted,
        span: vec![SPAN; 2],
    };
    let places = square(PLACES);
    let at = places.clone();
    Ok(Case {
        name: String::new(),
        blocks: vec![block],
        fields: vec!["u"],
        coordinates: vec!["x", flow.second],
        places,
        shape: vec![PLACES; 2],
        values: Box::new(move |theta| model.values(theta, &at).map_err(failed)),
        exact,
        reference: "exact along characteristics",
        summary: None,
        start: Start::Fit(vec![target]),
        fit: size.fit,
        known_velocity: None,
        settings: size.settings,
    })
}

/// The network of the publication. A fit by all weights at once would need days.
fn published(points: usize, time: f64) -> Size {
    Size {
        width: 32,
        layers: 3,
        points,
        fitted: 128,
        fit: Fitter::of(By::Adam),
        settings: Settings { time, relative: 1e-4, ..RK4 },
    }
}

fn small(points: usize, time: f64) -> Size {
    Size {
        width: 10,
        layers: 2,
        points,
        fitted: 48,
        fit: Fitter { iterations: 200, ..Fitter::default() },
        settings: Settings { step: 1e-2, time, relative: 1e-4, ..RK4 },
    }
}

/// c = (1 + 0.6 sin 3πx, 0.8·(1 + 0.3 cos 2πy)).
fn speeds([x, y]: [f64; 2]) -> [f64; 2] {
    [1.0 + 0.6 * (3.0 * PI * x).sin(), 0.8 * (1.0 + 0.3 * (2.0 * PI * y).cos())]
}

/// Each coordinate moves by itself.
pub(super) fn transport(is_small: bool, choice: Points) -> Result<Case> {
    let initial = |[x, y]: [f64; 2]| (-((x + 0.2).powi(2) + y * y) / (8e-3 * PI)).exp();
    let exact = move |times: &[f64]| {
        let line = grid(SPAN, PLACES);
        let (mut feet, mut now) = ([line.clone(), line], 0.0);
        let at = |&time: &f64| {
            for (coordinate, feet) in feet.iter_mut().enumerate() {
                let along = |[x]: [f64; 1]| [speeds([x; 2])[coordinate]];
                feet.iter_mut().for_each(|foot| *foot = origin(along, [*foot], time - now)[0]);
            }
            now = time;
            let [xs, ys] = &feet;
            ys.iter().flat_map(|&y| xs.iter().map(move |&x| initial([wrapped(x), wrapped(y)]))).collect()
        };
        Ok(times.iter().map(at).collect())
    };
    let size = if is_small { small(576, 1.0) } else { published(16384, 20.0) };
    case(Flow { second: "y", velocity: speeds, initial }, size, choice, Box::new(exact))
}

/// c = (v, −φ'(x)) with φ = −0.2·(1 + cos πx⁴) − 0.1 sin πx; coordinates of the plane are x and v, both periodic.
///
/// Continued periodically, φ has two continuous derivatives at x = ±1, and the velocity v jumps at v = ±1. Nothing that can be seen gets
/// there: v²/2 + φ stays as it is along a path, and all paths with enough of it start where u is below 2e-15.
fn force([x, v]: [f64; 2]) -> [f64; 2] {
    let (x, v) = (wrapped(x), wrapped(v));
    [v, 0.1 * PI * (PI * x).cos() - 0.8 * PI * x.powi(3) * (PI * x.powi(4)).sin()]
}

/// Particles in a fixed potential, by place and velocity.
pub(super) fn vlasov(is_small: bool, choice: Points) -> Result<Case> {
    let initial = |[x, v]: [f64; 2]| (-((x - 0.1).powi(2) + v * v) / (0.15 * 0.15)).exp();
    let exact = move |times: &[f64]| {
        let mut feet: Vec<[f64; 2]> = square(PLACES).chunks(2).map(|x| [x[0], x[1]]).collect();
        let mut now = 0.0;
        let at = |&time: &f64| {
            feet.par_iter_mut().for_each(|foot| *foot = origin(force, *foot, time - now));
            now = time;
            feet.iter().map(|foot| initial(foot.map(wrapped))).collect()
        };
        Ok(times.iter().map(at).collect())
    };
    let size = if is_small { small(576, 2.0) } else { published(16384, 10.0) };
    case(Flow { second: "v", velocity: force, initial }, size, choice, Box::new(exact))
}
