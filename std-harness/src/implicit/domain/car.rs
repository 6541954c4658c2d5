//! Mountain car, as in the published program: force 0.001, gravity 0.0025, position in [−1.2, 0.6], goal 0.5, speed at most 0.07; it
//! begins at rest in [−0.6, −0.4]. Three things are not those of Sutton and Barto (2018): the position moves by the velocity
//! before that is limited, the wall on the left doesn't stop the car, and the step that reaches the goal pays 0 instead of −1.
//! The policy pushes in the direction of motion but for 1 action in 10, drawn from all three. Discount 0.99. Learned from are
//! all places of 10 trajectories of at most 200 steps, whose returns end with the trajectory; asked for are those of 1000 steps.
//! Features: 20 × 20 Gaussians e^(−distance²), widths a tenth of the span, divided by their sum.

use std::f64::consts::FRAC_1_SQRT_2;
use std::sync::LazyLock;

use rand_core::Rng;
use reparam::implicit::Error as Refused;
use reparam::implicit::features::radial;
use reparam::random::{index, uniform, uniform_in};

use super::{Data, Place, Sample, returns};

/// Along each axis.
pub(super) const CENTERS: usize = 20;
const POSITIONS: (f64, f64) = (-1.2, 0.6);
const SPEED: f64 = 0.07;
const GOAL: f64 = 0.5;
const STEPS: usize = 200;

static GRID: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let along = |low: f64, high: f64, k: usize| low + (high - low) * k as f64 / (CENTERS - 1) as f64;
    let center = |k: usize| [along(POSITIONS.0, POSITIONS.1, k % CENTERS), along(-SPEED, SPEED, k / CENTERS)];
    (0..CENTERS * CENTERS).flat_map(center).collect()
});

pub(super) fn phi(point: [f64; 2], features: &mut [f64]) -> Result<(), Refused> {
    // `radial` halves squared distances.
    let width = 0.1 * FRAC_1_SQRT_2;
    radial(&point, &GRID, &[width * (POSITIONS.1 - POSITIONS.0), width * 2.0 * SPEED], features)
}

fn trajectory(rng: &mut impl Rng, steps: usize) -> Vec<Sample> {
    let (mut position, mut velocity): (f64, f64) = (uniform_in(rng, -0.6, -0.4), 0.0);
    let mut trajectory = Vec::with_capacity(steps);
    while trajectory.len() < steps {
        let from = Place::Point([position, velocity]);
        let greedy = if velocity < 0.0 { -1.0 } else { 1.0 };
        let any = f64::from(index(rng, 3)) - 1.0;
        let push = if uniform::<f64, _>(rng) < 0.1 { any } else { greedy };
        let next = velocity + 0.001 * push - 0.0025 * (3.0 * position).cos();
        velocity = next.clamp(-SPEED, SPEED);
        position = (position + next).clamp(POSITIONS.0, POSITIONS.1);
        let there = position >= GOAL;
        trajectory.push((from, if there { 0.0 } else { -1.0 }));
        if there {
            break;
        }
    }
    returns(&trajectory, 0.99)
}

pub(super) fn data(rng: &mut impl Rng) -> Data {
    let train = (0..10).flat_map(|_| trajectory(rng, STEPS)).collect();
    let mut test = Vec::new();
    while test.len() < 1000 {
        test.extend(trajectory(rng, STEPS.min(1000 - test.len())));
    }
    Data { train, test }
}
