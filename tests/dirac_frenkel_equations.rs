//! Equations solved by weights that move, beside exact and spectral solutions (`tests/reference/dirac_frenkel.py`) and beside errors
//! that an independent numpy program has made of the same starting weights.

mod dirac_frenkel_problems;

use dirac_frenkel_problems::{self as problems, grid, relative_error, two_soliton, weights};
use reparam::Real;
use reparam::dirac_frenkel::ansatz::Gaussians;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
use reparam::dirac_frenkel::random::{Columns, Sketch, columns_scratch_len, sketch_scratch_len};
use reparam::dirac_frenkel::{
    Ansatz, DiracFrenkel, Equation, Flow, Form, Jet, Method, Momentum, Truncation, full, step,
};
use reparam::random::SplitMix64;

/// Values at the end, from the numpy program.
fn solution(name: &str) -> Vec<f64> {
    let stored = include_str!("reference/dirac_frenkel.txt");
    let line = stored.lines().find(|line| line.starts_with(&format!("solution {name} "))).unwrap();
    line.split(' ').skip(3).map(|x| x.parse().unwrap()).collect()
}

type RightHandSide<T> = fn([Jet<T>; 1], &[T; 1], T) -> T;

struct Run<'a> {
    weights: &'a str,
    span: [f64; 2],
    h: f64,
    steps: u32,
    exact: Vec<f64>,
}

#[derive(Clone, Copy)]
enum By {
    Full(Option<[f64; 2]>),
    Tikhonov(f64),
    Sketch(usize),
    Columns(usize),
}

impl Run<'_> {
    /// Steps of Runge-Kutta in the published form with 128 points; relative error at the end.
    fn error<T: Real, A: Ansatz<T>>(&self, ansatz: A, by: By, right_hand_side: RightHandSide<T>) -> f64 {
        let number = T::from_f64;
        let points: Vec<T> = grid(self.span[0], self.span[1], 128).into_iter().map(number).collect();
        let mut theta: Vec<T> = weights(self.weights).into_iter().map(number).collect();
        let n = theta.len();
        let problem = Equation::new(ansatz, &points, right_hand_side).unwrap();
        let mut scratch = vec![T::NAN; full::scratch_len(n).max(sketch_scratch_len(n, n))];
        let truncation = Truncation::new(number(1e-3), T::ZERO).unwrap();
        let memory = |[beta, lambda]: [f64; 2]| Momentum::new(number(beta), number(lambda)).unwrap();
        let values = |ansatz: &mut Equation<'_, T, A, RightHandSide<T>, 1>, theta: &[T]| -> Vec<f64> {
            points.iter().map(|&x| ansatz.value(theta, &[x]).unwrap().to_f64()).collect()
        };
        match by {
            By::Full(momentum) => {
                let scratch = &mut scratch[..full::scratch_len(n)];
                let method = Method::Truncated(truncation);
                let mut flow = DiracFrenkel::new(problem, method, momentum.map(memory), scratch).unwrap();
                self.steps(&mut flow, &mut theta);
                relative_error(&values(flow.problem(), &theta), &self.exact)
            }
            By::Tikhonov(gamma) => {
                let scratch = &mut scratch[..full::scratch_len(n)];
                let method = Method::Tikhonov(number(gamma));
                let mut flow = DiracFrenkel::new(problem, method, None, scratch).unwrap();
                self.steps(&mut flow, &mut theta);
                relative_error(&values(flow.problem(), &theta), &self.exact)
            }
            By::Sketch(count) => {
                let scratch = &mut scratch[..sketch_scratch_len(n, count)];
                let momentum = Some(memory([0.9, 1.0]));
                let mut flow =
                    Sketch::new(problem, count, truncation, momentum, SplitMix64::new(1), scratch).unwrap();
                self.steps(&mut flow, &mut theta);
                relative_error(&values(flow.problem(), &theta), &self.exact)
            }
            By::Columns(count) => {
                let scratch = &mut scratch[..columns_scratch_len(n, count)];
                let truncation = Truncation::new(number(1e-4), T::ZERO).unwrap();
                let mut flow = Columns::new(problem, count, truncation, SplitMix64::new(1), scratch).unwrap();
                self.steps(&mut flow, &mut theta);
                relative_error(&values(flow.problem(), &theta), &self.exact)
            }
        }
    }

    fn steps<T: Real>(&self, flow: &mut impl Flow<T>, theta: &mut [T]) {
        let n = theta.len();
        let (mut momentum, mut scratch) = (vec![T::ZERO; n], vec![T::ZERO; step::rk4_scratch_len(n)]);
        for k in 0..self.steps {
            let (t, h) = (T::from_f64(self.h * f64::from(k)), T::from_f64(self.h));
            step::rk4(flow, Form::Published, theta, &mut momentum, t, h, &mut scratch).unwrap();
        }
    }

    fn network<T: Real>(&self, by: By, right_hand_side: RightHandSide<T>) -> f64 {
        let shape = Shape::new(1, 5, 1, Embedding::Phases).unwrap();
        let mut scratch = vec![T::NAN; scratch_len(shape)];
        let periods = [T::from_f64(self.span[1] - self.span[0])];
        self.error(Network::new(shape, &periods, &mut scratch).unwrap(), by, right_hand_side)
    }
}

fn of_burgers(weights: &str) -> Run<'_> {
    Run { weights, span: [-1.0, 1.0], h: 4e-3, steps: 500, exact: solution("burgers") }
}

const DFO: By = By::Full(Some([0.9, 1.0]));

fn near(found: f64, expected: f64, relative: f64) {
    assert!((found / expected - 1.0).abs() <= relative, "{found}, not {expected}");
}

#[test]
fn burgers_equation() {
    for (weights, plain, onsager) in [("burgers_1", 4.681e-3, 4.327e-3), ("burgers_2", 3.553e-3, 3.575e-3)] {
        near(
            of_burgers(weights).network::<f64>(By::Full(None), |[u], _, _| problems::burgers(&u)),
            plain,
            0.01,
        );
        near(of_burgers(weights).network::<f64>(DFO, |[u], _, _| problems::burgers(&u)), onsager, 0.01);
    }
    near(of_burgers("burgers_1").network::<f32>(DFO, |[u], _, _| problems::burgers(&u)), 4.327e-3, 0.03);
}

/// A sketch of 16 of 41 columns is as good as all; regularization is better than either; random columns are worse.
#[test]
fn burgers_equation_by_other_methods() {
    let of = |by| of_burgers("burgers_1").network::<f64>(by, |[u], _, _| problems::burgers(&u));
    near(of(By::Sketch(16)), 4.327e-3, 0.02);
    near(of(By::Tikhonov(1e-6)), 1.07e-4, 0.02);
    let columns = of(By::Columns(30));
    assert!((1e-4..2e-2).contains(&columns), "{columns}");
}

#[test]
fn allen_cahn_equation() {
    let run = || Run {
        weights: "ac_1",
        span: [0.0, std::f64::consts::TAU],
        h: 6e-3,
        steps: 500,
        exact: solution("allen_cahn"),
    };
    near(run().network::<f64>(By::Full(None), |[u], _, _| problems::allen_cahn(&u)), 6.121e-3, 0.01);
    near(run().network::<f64>(DFO, |[u], _, _| problems::allen_cahn(&u)), 6.131e-3, 0.01);
}

#[test]
fn solitons_pass_each_other() {
    let exact = grid(-20.0, 40.0, 128).into_iter().map(|x| two_soliton(x, 1.0)).collect();
    let run = Run { weights: "kdv_11", span: [-20.0, 40.0], h: 2e-3, steps: 500, exact };
    let double = || Gaussians::<f64>::periodic(10, 60.0).unwrap();
    near(run.error(double(), By::Full(None), |[u], _, _| problems::korteweg_de_vries(&u)), 2.009e-2, 0.1);
    near(run.error(double(), DFO, |[u], _, _| problems::korteweg_de_vries(&u)), 9.336e-3, 0.1);
    let single = Gaussians::<f32>::periodic(10, 60.0).unwrap();
    near(run.error(single, DFO, |[u], _, _| problems::korteweg_de_vries(&u)), 9.336e-3, 0.2);
}

/// Clones of one Gaussian, advected: amplitude, shape and place of each are weights.
struct Clones(Vec<f64>);

impl Clones {
    /// Error and ranks over 400 steps of Euler's method to T = 2; momentum starts at the velocity of the places or at 0.
    fn run(&self, momentum: Option<f64>, warm: bool) -> (f64, Vec<usize>) {
        let count = self.0.len();
        let ansatz = Gaussians::<f64>::periodic(count, 2.0).unwrap();
        let points = grid(-1.0, 1.0, 64);
        let mut theta: Vec<f64> = clones(&self.0, -0.2);
        let n = theta.len();
        let problem = Equation::new(ansatz, &points, |[u]: [Jet<f64>; 1], _: &[f64; 1], _| -u.first).unwrap();
        let mut scratch = vec![0.0; full::scratch_len(n)];
        let memory = momentum.map(|tau| Momentum::relaxing(tau, 5e-3, 1.0).unwrap());
        let method = Method::Truncated(Truncation::new(1e-6, 0.0).unwrap());
        let mut flow = DiracFrenkel::new(problem, method, memory, &mut scratch).unwrap();
        let mut m = if warm { places(count) } else { vec![0.0; n] };
        let (mut ranks, mut of_step) = (Vec::new(), vec![0.0; step::euler_scratch_len(n)]);
        for k in 0..400 {
            let t = 5e-3 * f64::from(k);
            ranks.push(step::euler(&mut flow, &mut theta, &mut m, t, 5e-3, &mut of_step).unwrap().rank);
        }
        let mut value = |theta: &[f64]| -> Vec<f64> {
            points.iter().map(|&x| flow.problem().value(theta, &[x]).unwrap()).collect()
        };
        let found = value(&theta);
        let exact = value(&clones(&self.0, 1.8));
        (relative_error(&found, &exact), ranks)
    }
}

/// Amplitudes, shape 3, and one place.
fn clones(amplitudes: &[f64], place: f64) -> Vec<f64> {
    let count = amplitudes.len();
    [amplitudes.to_vec(), vec![3.0; count], vec![place; count]].concat()
}

/// The velocity of the places.
fn places(count: usize) -> Vec<f64> {
    [vec![0.0; 2 * count], vec![1.0; count]].concat()
}

/// Equal clones stay clones. Unequal ones are pulled apart by the least norm, and with them the rank rises; only a momentum that is
/// right from the start helps.
#[test]
fn redundant_gaussians_are_advected() {
    let (error, ranks) = Clones(vec![0.5, 0.5]).run(None, false);
    assert!(error <= 1e-12 && ranks.iter().all(|rank| *rank == 3), "{error}");
    let unequal = Clones(vec![0.8, 0.2]);
    let (plain, ranks) = unequal.run(None, false);
    near(plain, 5.776e-5, 0.01);
    assert!(ranks.iter().any(|rank| *rank > 3));
    let (cold, _) = unequal.run(Some(0.5), false);
    near(cold, plain, 0.01);
    let (warm, _) = unequal.run(Some(0.5), true);
    near(warm, 5.66e-9, 0.2);
    let (kept, _) = unequal.run(Some(1e6), true);
    assert!(kept <= 1e-11, "{kept}");
    near(Clones(vec![0.5, 0.3, 0.2]).run(None, false).0, 5.013e-5, 0.01);
}
