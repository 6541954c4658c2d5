use reparam::Real;
use reparam::dirac_frenkel::ansatz::network::{Embedding, Network, Shape, scratch_len};
use reparam::dirac_frenkel::ansatz::{Gaussians, Positive, Sines};
use reparam::dirac_frenkel::least_squares::{LeastSquares, state_len};
use reparam::dirac_frenkel::random::{Columns, Sketch, columns_scratch_len, sketch_scratch_len};
use reparam::dirac_frenkel::velocity::from_factored;
use reparam::dirac_frenkel::{
    Ansatz, DiracFrenkel, Equation, Error, Flow, Form, Jet, Method, Momentum, Problem, Truncation, full, step,
};
use reparam::random::SplitMix64;

use super::bytes::{Bytes, finite};

/// Any rows and settings, and equations whose weights are anything.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    match bytes.below(4) {
        0 => squares::<f32>(&mut bytes),
        1 => squares::<f64>(&mut bytes),
        2 => equations::<f32>(&mut bytes),
        _ => equations::<f64>(&mut bytes),
    }
}

fn truncation<T: Real>(bytes: &mut Bytes) -> Option<Truncation<T>> {
    match bytes.below(3) {
        0 => Some(Truncation::none()),
        1 => Truncation::new(T::from_f32(f32::from(bytes.byte()) / 300.0), T::ZERO).ok(),
        _ => Truncation::new(bytes.real(), bytes.real()).ok(),
    }
}

fn momentum<T: Real>(bytes: &mut Bytes) -> Option<Momentum<T>> {
    match bytes.below(3) {
        0 => None,
        1 => Momentum::new(T::from_f32(f32::from(bytes.byte()) / 257.0), T::ONE).ok(),
        _ => Momentum::relaxing(bytes.real(), bytes.real(), bytes.real()).ok(),
    }
}

/// Velocities are finite, of least norm, and no worse than standing still; what is refused is documented.
fn squares<T: Real>(bytes: &mut Bytes) {
    let (n, points) = (1 + bytes.below(6), bytes.below(10));
    let moderate = bytes.flag();
    let numbers =
        |len, bytes: &mut Bytes| -> Vec<T> { if moderate { bytes.tames(len) } else { bytes.reals(len) } };
    let (mut state, mut scratch) = (vec![T::NAN; state_len(n)], vec![T::NAN; n]);
    let mut squares = LeastSquares::new(n, &mut state).unwrap();
    for _ in 0..points {
        let (mut row, value) = (numbers(n, bytes), numbers(1, bytes)[0]);
        let taken = finite(&row) && value.is_finite();
        assert_eq!(squares.add_row(&mut row, value), if taken { Ok(()) } else { Err(Error::NotFinite) });
    }
    let factored = match squares.factor(&mut scratch) {
        Ok(factored) => factored,
        Err(error) => {
            assert!(!moderate && matches!(error, Error::NotFinite | Error::NoConvergence), "{error:?}");
            return;
        }
    };
    let Some(truncation) = truncation(bytes) else { return };
    let rank = factored.rank(truncation);
    assert!(rank <= n.min(points));
    let method = if bytes.flag() { Method::Truncated(truncation) } else { Method::Tikhonov(bytes.real()) };
    let (mut velocity, mut m) = (vec![T::NAN; n], numbers(n, bytes));
    let memory = momentum(bytes);
    let h = if bytes.flag() { None } else { Some(T::from_f32(0.01)) };
    match from_factored(&factored, method, memory, h, &mut m, &mut velocity, &mut scratch) {
        Ok(stage) => {
            assert!(finite(&velocity));
            let ordered = stage.rank == 0 || stage.rank == n || stage.kept >= stage.dropped;
            assert!(stage.rank <= n && (ordered || !moderate), "{stage:?}");
            if moderate {
                let still = factored.residual(&vec![T::ZERO; n]).unwrap();
                let slack = T::from_f32(1e-3) * (T::ONE + still);
                assert!(stage.residual_before <= still + slack, "{stage:?}, {still}");
            }
        }
        Err(error) => {
            let setting = matches!(error, Error::Setting { name: "gamma" | "momentum" });
            assert!(setting || error == Error::NotFinite, "{error:?}");
        }
    }
}

fn equations<T: Real>(bytes: &mut Bytes) {
    let rhs = |[u]: [Jet<T>; 1], _: &[T; 1], t: T| u.second - u.value * u.first - u.third * t;
    let points: Vec<T> = if bytes.flag() { bytes.tames(5) } else { bytes.reals(5) };
    match bytes.below(4) {
        0 => steps(Equation::new(Gaussians::line(1 + bytes.below(3)).unwrap(), &points, rhs), bytes),
        1 => {
            let Ok(ansatz) = Gaussians::periodic(2, bytes.real()) else { return };
            steps(Equation::new(Positive(ansatz), &points, rhs), bytes);
        }
        2 => {
            let Ok(ansatz) = Sines::new(1 + bytes.below(3), bytes.real()) else { return };
            steps(Equation::new(ansatz, &points, rhs), bytes);
        }
        _ => {
            let embedding = if bytes.flag() { Embedding::Phases } else { Embedding::Full };
            let shape = Shape::new(1, 1 + bytes.below(3), bytes.below(3), embedding).unwrap();
            let (period, mut scratch) = ([bytes.real()], vec![T::NAN; scratch_len(shape)]);
            let Ok(ansatz) = Network::new(shape, &period, &mut scratch) else { return };
            steps(Equation::new(ansatz, &points, rhs), bytes);
        }
    }
}

/// A few steps of some flow: weights stay finite, and are as before where a step is refused.
fn steps<T: Real, A: Ansatz<T>, F: FnMut([Jet<T>; 1], &[T; 1], T) -> T>(
    problem: Result<Equation<'_, T, A, F, 1>, Error>,
    bytes: &mut Bytes,
) {
    let problem = problem.unwrap();
    let n = problem.weights();
    let theta: Vec<T> = if bytes.flag() { bytes.tames(n) } else { bytes.reals(n) };
    let Some(truncation) = truncation(bytes) else { return };
    let (memory, count) = (momentum(bytes), 1 + bytes.below(n));
    let rng = SplitMix64::new(u64::from(bytes.byte()));
    match bytes.below(4) {
        0 => {
            let mut scratch = vec![T::NAN; full::scratch_len(n)];
            let method = Method::Truncated(truncation);
            follow(DiracFrenkel::new(problem, method, memory, &mut scratch).unwrap(), theta, bytes);
        }
        1 => {
            let mut scratch = vec![T::NAN; full::scratch_len(n)];
            let method = Method::Tikhonov(T::from_f32(1e-4));
            follow(DiracFrenkel::new(problem, method, None, &mut scratch).unwrap(), theta, bytes);
        }
        2 => {
            let mut scratch = vec![T::NAN; columns_scratch_len(n, count)];
            follow(Columns::new(problem, count, truncation, rng, &mut scratch).unwrap(), theta, bytes);
        }
        _ => {
            let mut scratch = vec![T::NAN; sketch_scratch_len(n, count)];
            follow(Sketch::new(problem, count, truncation, memory, rng, &mut scratch).unwrap(), theta, bytes);
        }
    }
}

fn follow<T: Real>(mut flow: impl Flow<T>, mut theta: Vec<T>, bytes: &mut Bytes) {
    let n = theta.len();
    let (mut m, mut scratch) = (vec![T::ZERO; n], vec![T::NAN; step::rk4_scratch_len(n)]);
    for k in 0..3u16 {
        let dt = if bytes.byte() >= 32 { T::from_f32(1e-3) } else { bytes.real() };
        let t = T::from_f32(f32::from(k) * 1e-3);
        let before = (theta.clone(), m.clone());
        let stepped = if bytes.flag() {
            let form = if bytes.flag() { Form::Published } else { Form::Velocity };
            step::rk4(&mut flow, form, &mut theta, &mut m, t, dt, &mut scratch).map(drop)
        } else {
            let scratch = &mut scratch[..step::euler_scratch_len(n)];
            step::euler(&mut flow, &mut theta, &mut m, t, dt, scratch).map(drop)
        };
        match stepped {
            Ok(()) => assert!(finite(&theta) && finite(&m)),
            Err(error) => {
                let known =
                    matches!(error, Error::NotFinite | Error::NoConvergence | Error::Setting { name: "dt" });
                assert!(known, "{error:?}");
                let same =
                    |x: &[T], y: &[T]| x.iter().zip(y).all(|(x, y)| x == y || (x.is_nan() && y.is_nan()));
                assert!(same(&theta, &before.0) && same(&m, &before.1), "nothing changes with an error");
                return;
            }
        }
    }
}
