//! Momentum, steps in time, and the two published toys: a reaction that is advected through a collapse, and waves that cross.

use reparam::Real;
use reparam::dirac_frenkel::random::{Columns, Sketch, columns_scratch_len, sketch_scratch_len};
use reparam::dirac_frenkel::{
    DiracFrenkel, Error, Flow, Form, Method, Momentum, Problem, Solver, Stage, Truncation, full, step,
};
use reparam::random::SplitMix64;

/// A velocity that is always `value`, seen whole; remembers momentum.
struct Constant<'a> {
    value: f64,
    beta: f64,
    log: &'a mut Vec<f64>,
}

impl Flow<f64> for Constant<'_> {
    fn weights(&self) -> usize {
        1
    }
    fn velocity(
        &mut self,
        _: &[f64],
        _: f64,
        h: Option<f64>,
        momentum: &mut [f64],
        velocity: &mut [f64],
    ) -> Result<Stage<f64>, Error> {
        // As the flows of the crate do it; there, what is seen is then projected out.
        let h = h.unwrap_or(1.0);
        momentum[0] = self.beta * momentum[0] + (1.0 - self.beta) * h * self.value;
        velocity[0] = momentum[0] / h;
        self.log.push(momentum[0]);
        Ok(Stage::default())
    }
}

/// The published form injects a constant velocity with a gain: values of a closed form (eigenvector of four updates).
#[test]
fn gain_of_runge_kutta() {
    let h = 0.25;
    for (beta, stages, gain) in [
        (0.2, [0.980769, 1.192308, 1.038462, 0.903846], 1.057692),
        (0.5, [0.9, 1.4, 1.2, 0.8], 1.15),
        (0.9, [0.776243, 1.497238, 1.447514, 0.751381], 1.236188),
        (0.99, [0.752512, 1.499975, 1.494975, 0.750013], 1.248737),
    ] {
        for (form, stages, gain) in [(Form::Published, stages, gain), (Form::Velocity, [1.0; 4], 1.0)] {
            let (mut theta, mut momentum, mut log) = ([0.0], [0.0], Vec::new());
            let mut flow = Constant { value: 1.0, beta, log: &mut log };
            let mut before = 0.0;
            for k in 0..3000 {
                before = theta[0];
                let t = h * f64::from(k);
                step::rk4(&mut flow, form, &mut theta, &mut momentum, t, h, &mut [0.0; 4]).unwrap();
            }
            assert!(((theta[0] - before) / h - gain).abs() < 1e-6, "{form:?} {beta}");
            // Relative to the stage's own displacement.
            let unit = |s: usize| match (form, s) {
                (Form::Velocity, _) => 1.0,
                (Form::Published, 0 | 3) => h,
                (Form::Published, _) => h / 2.0,
            };
            for (s, m) in log[log.len() - 4..].iter().enumerate() {
                assert!((m / unit(s) - stages[s]).abs() < 1e-6, "{form:?} {beta} {s}: {m}");
            }
        }
    }
}

/// J with one row (1, 0) and f = 1: η̄ = (1, 0) for ever.
struct Half;

impl Problem<f64> for Half {
    fn weights(&self) -> usize {
        2
    }
    fn points(&self) -> usize {
        1
    }
    fn row(&mut self, _: &[f64], _: f64, _: usize, row: &mut [f64]) -> Result<f64, Error> {
        row.copy_from_slice(&[1.0, 0.0]);
        Ok(1.0)
    }
}

/// Implicit Euler for `τ ṁ = η̄ − m`: `1 − (τ/(τ + dt))^k`.
#[test]
fn momentum_relaxes() {
    let dt = 1.0 / 3000.0;
    let method = Method::Truncated(Truncation::none());
    let memory = Momentum::relaxing(0.5, dt, 1.0).unwrap();
    let mut solver = Solver::<f64, 2>::new([0.0; 2], method, Some(memory)).unwrap();
    for k in 0..6000 {
        solver.euler(&mut Half, dt * f64::from(k), dt).unwrap();
    }
    let [seen, unseen] = *solver.momentum_mut();
    assert!((seen - 0.981659934834).abs() < 1e-11, "{seen}");
    assert_eq!(unseen, 0.0);
    assert!((solver.theta()[0] - 2.0).abs() < 1e-12 && solver.theta()[1] == 0.0);
}

/// J_k = A_k B with one B: the null space stands still, and momentum never has a part in it.
#[derive(Debug)]
struct ConstantRows {
    b: Vec<f64>,
}

impl Problem<f64> for ConstantRows {
    fn weights(&self) -> usize {
        30
    }
    fn points(&self) -> usize {
        40
    }
    fn row(&mut self, _: &[f64], t: f64, point: usize, row: &mut [f64]) -> Result<f64, Error> {
        row.fill(0.0);
        for (k, b) in self.b.chunks(30).enumerate() {
            let a = (1.3 * t + (k + 1) as f64 * 0.7 * point as f64 + k as f64).sin();
            row.iter_mut().zip(b).for_each(|(row, b)| *row += a * b);
        }
        Ok((0.3 * point as f64 + t).cos())
    }
}

#[test]
fn a_null_space_at_rest_gives_plain_dynamics() {
    let b: Vec<f64> = (0..18 * 30).map(|k| (1.0 + 0.37 * f64::from(k * k % 541)).sin()).collect();
    let method = Method::Truncated(Truncation::new(1e-10, 0.0).unwrap());
    let memory = Momentum::new(0.9, 1.0).unwrap();
    let mut with = vec![0.0; 30];
    let mut without = with.clone();
    let (mut m, mut none) = (vec![0.0; 30], vec![0.0; 30]);
    let (mut scratch, mut other) = (vec![0.0; full::scratch_len(30)], vec![0.0; full::scratch_len(30)]);
    let mut of_step = vec![0.0; step::euler_scratch_len(30)];
    let problem = ConstantRows { b };
    let mut onsager =
        DiracFrenkel::new(ConstantRows { b: problem.b.clone() }, method, Some(memory), &mut scratch).unwrap();
    let mut plain = DiracFrenkel::new(problem, method, None, &mut other).unwrap();
    for k in 0..200 {
        let t = 0.01 * f64::from(k);
        let stage = step::euler(&mut onsager, &mut with, &mut m, t, 0.01, &mut of_step).unwrap();
        step::euler(&mut plain, &mut without, &mut none, t, 0.01, &mut of_step).unwrap();
        let size = m.iter().map(|m| m * m).sum::<f64>().sqrt();
        assert_eq!(stage.rank, 18);
        assert!(stage.null <= 1e-12 * size, "{} of {size}", stage.null);
    }
    assert!(with.iter().zip(&without).all(|(a, b)| (a - b).abs() < 1e-10));
    assert!(none.iter().all(|m| *m == 0.0));
}

/// û = sin θ₁ sin x + sin θ₂ cos x, `u_t = −u_x − u + s(x, t)`, solved by θ = (t, t); 512 points on a period.
struct Advected;

impl Problem<f64> for Advected {
    fn weights(&self) -> usize {
        2
    }
    fn points(&self) -> usize {
        512
    }
    fn row(&mut self, theta: &[f64], t: f64, point: usize, row: &mut [f64]) -> Result<f64, Error> {
        let (sine, cosine) = (std::f64::consts::TAU * point as f64 / 512.0).sin_cos();
        let (a, b) = (theta[0].sin(), theta[1].sin());
        row.copy_from_slice(&[theta[0].cos() * sine, theta[1].cos() * cosine]);
        // s with c = κ = 1.
        let source = t.cos() * sine + (t.cos() + 2.0 * t.sin()) * cosine;
        Ok(-(a * cosine - b * sine) - (a * sine + b * cosine) + source)
    }
}

/// Distance of û from the solution over the size of the solution, at the points.
fn advected_error(theta: &[f64; 2], t: f64) -> f64 {
    let square = |a: f64, b: f64| a * a + b * b;
    let (a, b) = (theta[0].sin() - t.sin(), theta[1].sin() - t.sin());
    (square(a, b) / square(t.sin(), t.sin())).sqrt()
}

/// Steps with a truncation, and errors at t = 1.6 and at t = 6.
fn advect(lambda: Option<f64>) -> (Vec<u32>, [f64; 2]) {
    let dt = 1e-4;
    let method = Method::Truncated(Truncation::new(1e-10, 1e-3).unwrap());
    let memory = lambda.map(|lambda| Momentum::relaxing(0.05, dt, lambda).unwrap());
    let mut solver = Solver::<f64, 2>::new([0.0; 2], method, memory).unwrap();
    let (mut truncated, mut errors) = (Vec::new(), [0.0; 2]);
    for k in 0..60_000 {
        let stage = solver.euler(&mut Advected, dt * f64::from(k), dt).unwrap();
        if stage.is_truncated(2) {
            truncated.push(k);
        }
        match k + 1 {
            16_000 => errors[0] = advected_error(solver.theta(), 1.6),
            60_000 => errors[1] = advected_error(solver.theta(), 6.0),
            _ => {}
        }
    }
    (truncated, errors)
}

#[test]
fn momentum_leads_through_a_collapse() {
    let (truncated, [early, late]) = advect(Some(1.0));
    assert_eq!(truncated, [15708, 47124]);
    assert!(early <= 1e-12 && late <= 1e-11, "{early} {late}");
}

/// Without momentum, or with the published λ of 1e-5, the weights freeze at π/2.
#[test]
fn without_momentum_weights_freeze() {
    for lambda in [None, Some(1e-5)] {
        let (truncated, [_, late]) = advect(lambda);
        assert_eq!(truncated.len(), 44_292);
        assert_eq!(truncated[0], 15708);
        assert!((late / 4.579 - 1.0).abs() < 0.005, "{late}");
    }
}

/// Two waves `exp(−(x − μ)²/2(1 + ρ))` to the right and to the left, each field with its own places: u and u_t as four
/// weights on 151 points of [−12, 12), T = 4, c = 1.
struct Waves {
    rho: f64,
}

/// φ, ∂φ/∂μ and ∂²φ/∂μ².
fn wave<T: Real>(x: T, place: T, width: T) -> [T; 3] {
    let d = x - place;
    let value = (-(d * d) / (T::TWO * width)).exp();
    [value, d / width * value, (d * d / width - T::ONE) / width * value]
}

impl<T: Real> Problem<T> for Waves {
    fn weights(&self) -> usize {
        4
    }
    fn points(&self) -> usize {
        302
    }
    fn row(&mut self, theta: &[T], _: T, point: usize, row: &mut [T]) -> Result<T, Error> {
        let wide = T::from_f64(1.0 + self.rho);
        let x = T::from_f64(-12.0 + 24.0 * (point % 151) as f64 / 151.0);
        row.fill(T::ZERO);
        let [_, to_3, to_33] = wave(x, theta[2], T::ONE);
        let [_, to_4, to_44] = wave(x, theta[3], wide);
        if point < 151 {
            row[0] = wave(x, theta[0], T::ONE)[1];
            row[1] = wave(x, theta[1], wide)[1];
            Ok(to_3 - to_4)
        } else {
            (row[2], row[3]) = (to_33, -to_44);
            Ok(wave(x, theta[0], T::ONE)[2] + wave(x, theta[1], wide)[2])
        }
    }
}

struct Crossing<T> {
    rho: f64,
    start: [f64; 4],
    steps: u32,
    dt: f64,
    relative: f64,
    /// τ and λ.
    momentum: Option<(f64, f64)>,
    warm: bool,
    scalar: std::marker::PhantomData<T>,
}

impl<T: Real> Crossing<T> {
    fn new(dt: f64) -> Self {
        let steps = (4.0 / dt).round() as u32;
        let start = [-2.0, 2.0, -2.0, 2.0];
        let scalar = std::marker::PhantomData;
        Self { rho: 0.0, start, steps, dt, relative: 0.0, momentum: None, warm: false, scalar }
    }

    /// Relative error of u at the end, and the steps that were truncated.
    fn run(&self) -> (f64, Vec<u32>) {
        let number = T::from_f64;
        let method = Method::Truncated(Truncation::new(number(self.relative), T::ZERO).unwrap());
        let memory = self
            .momentum
            .map(|(tau, lambda)| Momentum::relaxing(number(tau), number(self.dt), number(lambda)).unwrap());
        let mut solver = Solver::<T, 4>::new(self.start.map(number), method, memory).unwrap();
        if self.warm {
            *solver.momentum_mut() = [1.0, -1.0, 1.0, -1.0].map(number);
        }
        let mut problem = Waves { rho: self.rho };
        let mut truncated = Vec::new();
        for k in 0..self.steps {
            let stage = solver.euler(&mut problem, number(self.dt * f64::from(k)), number(self.dt)).unwrap();
            if stage.is_truncated(4) {
                truncated.push(k);
            }
        }
        let end = self.dt * f64::from(self.steps);
        let (mut distance, mut size) = (0.0, 0.0);
        for k in 0..151 {
            let x = -12.0 + 24.0 * f64::from(k) / 151.0;
            let at = |a: f64, b: f64| wave(x, a, 1.0)[0] + wave(x, b, 1.0 + self.rho)[0];
            let found = at(solver.theta()[0].to_f64(), solver.theta()[1].to_f64());
            let exact = at(self.start[0] + end, self.start[1] - end);
            distance += (found - exact).powi(2);
            size += exact * exact;
        }
        ((distance / size).sqrt(), truncated)
    }
}

const ONSAGER: Option<(f64, f64)> = Some((0.5, 1.0));

#[test]
fn waves_cross_with_momentum() {
    let landing = Crossing::<f64> { relative: 2e-12f64.sqrt(), ..Crossing::new(1.0 / 3000.0) };
    let (stuck, truncated) = landing.run();
    assert!((stuck / 1.2325 - 1.0).abs() < 1e-3, "{stuck}");
    assert_eq!(truncated[0], 6000);
    let (error, truncated) = Crossing { momentum: ONSAGER, ..landing }.run();
    assert!(error <= 5e-11, "{error}");
    assert_eq!(truncated, [6000]);
    let lambda = 1.0 / (1.0 - (-4.0f64).exp());
    let full = Crossing::<f64> {
        relative: 2e-12f64.sqrt(),
        momentum: Some((0.5, lambda)),
        ..Crossing::new(1.0 / 3000.0)
    };
    let (error, truncated) = full.run();
    assert!(error <= 1e-12, "{error}");
    assert_eq!(truncated, [6000]);
}

/// Nearly equal waves: stuck for a while, then free again but behind.
#[test]
fn waves_of_nearly_the_same_shape() {
    let near = |momentum| Crossing::<f64> {
        rho: 4.635e-6,
        relative: 2e-12f64.sqrt(),
        momentum,
        ..Crossing::new(1.0 / 3000.0)
    };
    let (error, truncated) = near(None).run();
    assert!((error / 2.79e-2 - 1.0).abs() < 0.1, "{error}");
    assert_eq!(truncated.len(), 1120);
    let (error, _) = near(ONSAGER).run();
    assert!(error <= 5e-11, "{error}");
}

/// A step that never lands on the collision is never truncated: the published δt of 3e-4.
#[test]
fn a_collision_between_two_steps_is_not_seen() {
    let (error, truncated) =
        Crossing::<f64> { steps: 13_333, relative: 2e-12f64.sqrt(), ..Crossing::new(3e-4) }.run();
    assert!(error <= 1e-12, "{error}");
    assert!(truncated.is_empty());
}

/// A truncation that is felt before and after: momentum has to outlast it.
#[test]
fn zones_of_truncation() {
    let zone = |dt, relative, momentum| Crossing::<f64> { relative, momentum, ..Crossing::new(dt) }.run().0;
    assert!(zone(0.005, 1e-2, None) >= 1.2);
    let error = zone(0.005, 1e-2, ONSAGER);
    assert!((error / 2.87e-6 - 1.0).abs() < 0.05, "{error}");
    assert!(zone(0.005, 0.1, Some((0.1, 1.0))) >= 1.2);
    let error = zone(0.02, 1e-2, Some((2.0, 1.0)));
    assert!((error / 3.97e-5 - 1.0).abs() < 0.05, "{error}");
    // In 32 bits.
    let single = |momentum| Crossing::<f32> { relative: 1e-2, momentum, ..Crossing::new(0.02) }.run().0;
    assert!(single(None) >= 1.2);
    let error = single(ONSAGER);
    assert!(error <= 5e-6, "{error}");
}

/// Momentum that is zero escapes from nothing; the true velocity does.
#[test]
fn a_start_in_the_collapse() {
    let collapsed = |warm| {
        let start = [0.0; 4];
        let crossing =
            Crossing::<f64> { start, relative: 1e-6, momentum: ONSAGER, warm, ..Crossing::new(1e-3) };
        Crossing { steps: 2000, ..crossing }.run().0
    };
    let stuck = collapsed(false);
    assert!(stuck >= 1.2, "{stuck}");
    let error = collapsed(true);
    assert!(error <= 1e-10, "{error}");
}

/// Weights that would leave the range end the step, and nothing has moved.
struct Overflowing;

impl Problem<f32> for Overflowing {
    fn weights(&self) -> usize {
        1
    }
    fn points(&self) -> usize {
        1
    }
    fn row(&mut self, theta: &[f32], _: f32, _: usize, row: &mut [f32]) -> Result<f32, Error> {
        row[0] = 1.0;
        Ok(theta[0] * 1e10)
    }
}

#[test]
fn a_step_that_overflows_keeps_the_last_state() {
    let method = Method::Truncated(Truncation::none());
    let memory = Some(Momentum::new(0.5f32, 1.0).unwrap());
    let mut solver = Solver::<f32, 1>::new([1.0], method, memory).unwrap();
    let mut refused = None;
    for k in 0..8 {
        let before = solver.clone();
        match solver.rk4(&mut Overflowing, Form::Published, k as f32, 1.0) {
            Ok(_) => assert_ne!(before.theta(), solver.theta()),
            Err(error) => {
                assert_eq!(before.theta(), solver.theta());
                assert_eq!(before.clone().momentum_mut(), solver.momentum_mut());
                refused = Some(error);
            }
        }
    }
    assert_eq!(refused, Some(Error::NotFinite));
    assert_eq!(solver.euler(&mut Overflowing, 0.0, f32::NAN), Err(Error::Setting { name: "dt" }));
    assert_eq!(
        Solver::<f32, 2>::new([0.0; 2], method, None).unwrap().euler(&mut Overflowing, 0.0, 1.0),
        Err(Error::Length { expected: 1, found: 2 })
    );
}

#[test]
fn memory_of_least_squares_and_momentum() {
    let beside = size_of::<Method<f32>>() + size_of::<Option<Momentum<f32>>>() + 4 * 48;
    assert!(size_of::<Solver<f32, 48>>() - beside <= 4 * (48 * 48 + 2 * 48 + 1));
}

/// With as many columns as weights nothing is left out: the velocities are those of the full problem.
#[test]
fn all_columns_are_the_full_problem() {
    let b: Vec<f64> = (0..18 * 30).map(|k| (1.0 + 0.37 * f64::from(k * k % 541)).sin()).collect();
    let problem = || ConstantRows { b: b.clone() };
    let truncation = Truncation::new(1e-8, 0.0).unwrap();
    let memory = Some(Momentum::new(0.5, 1.0).unwrap());
    let start: Vec<f64> = (0..30).map(|k| f64::from(k).cos()).collect();
    let run = |flow: &mut dyn Flow<f64>| {
        let (mut m, mut velocity) = (start.clone(), vec![0.0; 30]);
        let stage = flow.velocity(&start, 0.3, None, &mut m, &mut velocity).unwrap();
        (stage, velocity)
    };
    let mut scratch = vec![f64::NAN; full::scratch_len(30)];
    let method = Method::Truncated(truncation);
    let mut full = DiracFrenkel::new(problem(), method, memory, &mut scratch).unwrap();
    let (of_full, with_momentum) = run(&mut full);
    let mut scratch = vec![f64::NAN; full::scratch_len(30)];
    let mut plain = DiracFrenkel::new(problem(), method, None, &mut scratch).unwrap();
    let (_, without) = run(&mut plain);
    // 18 of 30 directions are seen: a sketch of 24 sees them all.
    for count in [24, 30] {
        let mut scratch = vec![f64::NAN; sketch_scratch_len(30, count)];
        let rng = SplitMix64::new(5);
        let mut sketch = Sketch::new(problem(), count, truncation, memory, rng, &mut scratch).unwrap();
        let (of_sketch, found) = run(&mut sketch);
        assert_eq!(of_sketch.rank, of_full.rank);
        assert!((of_sketch.residual_before - of_full.residual_before).abs() < 1e-9);
        assert!(found.iter().zip(&with_momentum).all(|(a, b)| (a - b).abs() < 1e-8), "{count}");
    }
    let mut scratch = vec![f64::NAN; columns_scratch_len(30, 30)];
    let mut columns = Columns::new(problem(), 30, truncation, SplitMix64::new(5), &mut scratch).unwrap();
    let (_, found) = run(&mut columns);
    assert!(found.iter().zip(&without).all(|(a, b)| (a - b).abs() < 1e-10));
    // Fewer: the others rest.
    let mut scratch = vec![f64::NAN; columns_scratch_len(30, 7)];
    let mut columns = Columns::new(problem(), 7, truncation, SplitMix64::new(5), &mut scratch).unwrap();
    for _ in 0..20 {
        columns.begin();
        let (stage, found) = run(&mut columns);
        assert_eq!(stage.rank, 7);
        assert_eq!(found.iter().filter(|v| **v != 0.0).count(), 7);
    }
    let refused = Columns::new(problem(), 31, truncation, SplitMix64::new(5), &mut scratch).unwrap_err();
    assert_eq!(refused, Error::Setting { name: "count" });
}
