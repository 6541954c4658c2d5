use reparam::Real;
use reparam::horizon::categorical::{self, Lattice};
use reparam::horizon::law::{Functional, Grid, Quantiles};
use reparam::horizon::model::{self, ByEdge, ByRow, Q16};
use reparam::horizon::plan::{self, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::target::{self, Objective};
use reparam::horizon::{
    Edge, Error, Flash, Law, Model, Packed, Policy, Risk, Sparse, heuristic, moments, policy, solve,
};

use super::bytes::Bytes;

/// Any model: well-formed ones of up to 5 states through every function, malformed ones through the checks.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes::new(data);
    match bytes.below(6) {
        0 => malformed(&mut bytes),
        1 => sizes(&mut bytes),
        2 => laws::<f32>(&mut bytes),
        3 => laws::<f64>(&mut bytes),
        4 => kernels::<f32>(&mut bytes),
        _ => kernels::<f64>(&mut bytes),
    }
}

/// Arrays of arbitrary contents: refused, or a model that plans.
fn malformed(bytes: &mut Bytes) {
    let (states, actions) = (bytes.below(5), bytes.below(4));
    let rows = states * actions + bytes.below(3) % 2;
    let row_ptr: Vec<u16> = (0..=rows).map(|_| u16::from(bytes.byte() % 12)).collect();
    let edges = bytes.below(12);
    let col: Vec<u8> = (0..edges).map(|_| bytes.byte() % 6).collect();
    let prob: Vec<Q16> = (0..edges).map(|_| Q16(u16::from(bytes.byte()) * 257)).collect();
    let reward: Vec<i8> = (0..edges).map(|_| bytes.byte() as i8).collect();
    if let Ok(model) = Flash::new(states, actions, &row_ptr, &col, &prob, &reward) {
        let mut scratch = vec![0.0f32; plan::scratch_len(states)];
        assert!(solve(&model, 3, Settings::new(Risk::Mean), &mut scratch, |_, _, _| ()).is_ok());
    }
    let real: Vec<f64> = (0..edges).map(|_| bytes.real()).collect();
    let _ = Sparse::new(states, actions, &row_ptr, &col, &real, ByEdge(&real)).is_ok();
    let _ = Sparse::new(states, actions, &row_ptr, &col, &real, ByRow(&real)).is_ok();
    let mut row = vec![Q16(0); edges];
    if Q16::from_probabilities(&real, &mut row).is_ok() {
        assert_eq!(row.iter().map(|q| u32::from(q.0) + 1).sum::<u32>(), 65_536);
    }
}

/// A model that promises nothing.
struct Arbitrary<T>(Vec<(usize, T, T)>, usize, usize);

impl<T: Real> Model<T> for Arbitrary<T> {
    fn states(&self) -> usize {
        self.1
    }
    fn actions(&self) -> usize {
        self.2
    }
    fn edges(&self, stage: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        let all = self.0.iter().skip(stage.wrapping_add(state) % 3).step_by(1 + action % 4).take(4);
        all.map(|&(next, probability, reward)| Edge { next, probability, reward })
    }
}

/// Models and sizes that no check has seen: an error or an answer, never a panic.
fn sizes(bytes: &mut Bytes) {
    let edges = (0..bytes.below(9)).map(|_| (bytes.below(6), bytes.real(), bytes.real())).collect();
    let model = Arbitrary::<f64>(edges, bytes.below(5), bytes.below(4));
    let _ = model::check(&model, bytes.below(4));
    let (horizon, states) = (bytes.below(5), model.1);
    let settings =
        Settings { risk: Risk::Entropic(bytes.real()), discount: bytes.real(), tolerance: bytes.real() };
    let mut scratch = vec![0.0; bytes.below(64)];
    let _ = solve(&model, horizon, settings, &mut scratch, |_, _, _| ());
    let _ = solve(&model, horizon, Settings::new(settings.risk), &mut vec![0.0; 2 * states], |_, _, _| ());
    let policy = |_: usize, state: usize| state % 2;
    let _ = moments::central(&model, horizon, &policy, &mut vec![0.0; moments::central_scratch_len(states)]);
    let order = bytes.below(5);
    let length = moments::raw_scratch_len(states, order);
    let _ = moments::raw(&model, horizon, &policy, bytes.real(), order, &mut vec![0.0; length]);
    let (atoms, mut cursors) = (bytes.below(6), vec![Cursor::EMPTY; bytes.below(5)]);
    let mut scratch = vec![0.0; quantile::scratch_len(states, atoms)];
    let _ = quantile::evaluate(&model, horizon, &policy, Rule::Midpoint, atoms, &mut scratch, &mut cursors);
    let lattice = Lattice { lowest: -(bytes.below(9) as i32), count: bytes.below(20), step: bytes.real() };
    let mut scratch = vec![0.0; categorical::scratch_len(states, lattice.count)];
    let _ = categorical::evaluate(&model, horizon, &policy, lattice, &mut scratch);
    let _ = target::plan(&model, horizon, Objective::Reach, lattice, &mut scratch, |_, _, _, _| ());
    let _ = (
        Lattice::covering(&model, horizon, &policy, bytes.real()),
        target::covering(&model, horizon, bytes.real()),
    );
    let huge = usize::MAX >> (bytes.byte() % 4);
    let _ = (plan::scratch_len(huge), quantile::scratch_len(huge, huge), policy::words(huge, huge, 3));
    let _ = Packed::new(huge, huge, bytes.below(9), [0u32; 4]).map(|packed| packed.action(huge, huge));
}

/// Functionals of arbitrary laws lie where they must.
fn laws<T: Real>(bytes: &mut Bytes) {
    let n = 1 + bytes.below(8);
    let mut values: Vec<T> = (0..n).map(|_| T::from_f32(f32::from(bytes.byte()) - 128.0)).collect();
    values.sort_by(|x, y| x.partial_cmp(y).unwrap_or(core::cmp::Ordering::Equal));
    let Ok(law) = Quantiles::new(&values) else { panic!("ascending and finite") };
    let level = T::from_f32(f32::from(1 + bytes.byte() % 16) / 16.0);
    let b = T::from_f32(f32::from(bytes.byte()) / 16.0 - 8.0);
    let small = T::from_f32(1e-3);
    let (low, high) = (values[0] - small, values[n - 1] + small);
    for functional in [
        Functional::Mean,
        Functional::Entropic(b),
        Functional::Quantile(level),
        Functional::Cvar(level),
        Functional::Evar(level),
    ] {
        let Ok(value) = functional.of(&law) else { panic!("a level in (0, 1]") };
        assert!(low <= value && value <= high, "{functional:?} of {values:?}: {value}");
    }
    let (Ok(cvar), Ok(evar)) = (law.cvar(level), law.evar(level)) else { panic!("a level in (0, 1]") };
    assert!(evar <= cvar + small && cvar <= law.mean() + small, "{evar} {cvar}");
    assert!(law.wasserstein(&law) <= small);
    let mass: Vec<T> = (0..n).map(|_| bytes.real()).collect();
    if let Ok(grid) = Grid::new(-3, T::HALF, &mass) {
        assert!(grid.wasserstein(&law) >= T::ZERO);
    }
    let _ =
        (Quantiles::new(&mass).is_ok(), law.cvar(bytes.real()).is_ok(), law.quantile(bytes.real()).is_ok());
}

/// A random model that is well-formed.
fn process<T: Real>(bytes: &mut Bytes) -> Arbitrarily<T> {
    let (states, actions) = (1 + bytes.below(4), 1 + bytes.below(3));
    let rows = (0..states * actions)
        .map(|row| {
            // The first action is always there.
            let edges = if row % actions == 0 { 1 + bytes.below(3) } else { bytes.below(4) };
            let weights: Vec<f32> = (0..edges).map(|_| f32::from(1 + bytes.byte() % 9)).collect();
            let sum: f32 = weights.iter().sum();
            let edge = |w: f32| {
                (
                    bytes.below(states),
                    T::from_f32(w) / T::from_f32(sum),
                    T::from_f32(f32::from(bytes.byte() % 21) - 10.0),
                )
            };
            weights.into_iter().map(edge).collect()
        })
        .collect();
    Arbitrarily { states, actions, rows }
}

struct Arbitrarily<T> {
    states: usize,
    actions: usize,
    rows: Vec<Vec<(usize, T, T)>>,
}

impl<T: Real> Model<T> for Arbitrarily<T> {
    fn states(&self) -> usize {
        self.states
    }
    fn actions(&self) -> usize {
        self.actions
    }
    fn edges(&self, _: usize, state: usize, action: usize) -> impl Iterator<Item = Edge<T>> {
        let row = self.rows.get(state * self.actions + action).map_or(&[][..], |row| row);
        row.iter().map(|&(next, probability, reward)| Edge { next, probability, reward })
    }
}

/// Plans and laws of well-formed models: never refused, and consistent with each other.
fn kernels<T: Real>(bytes: &mut Bytes) {
    let model = process::<T>(bytes);
    assert_eq!(model::check(&model, 1), Ok(()));
    let (states, horizon) = (model.states, bytes.below(6));
    let b = T::from_f32((f32::from(bytes.byte()) - 128.0) / f32::from(1 + bytes.byte() % 64));
    let mut words = vec![0; policy::words(horizon, states, model.actions)];
    let Ok(mut packed) = Packed::new(horizon, states, model.actions, &mut words) else {
        panic!("its length")
    };
    let mut scratch = vec![T::ZERO; plan::scratch_len(states)];
    let settings = Settings::new(Risk::Entropic(b));
    let value = match solve(&model, horizon, settings, &mut scratch, |h, x, a| packed.set(h, x, a)) {
        Ok(value) => value.to_vec(),
        Err(error) => panic!("{error}"),
    };
    let bound = T::from_f32(10.001) * T::from_usize(horizon);
    assert!(value.iter().all(|v| v.abs() <= bound), "{value:?}");
    // The law of that policy has that value.
    let Ok(lattice) = Lattice::covering(&model, horizon, &packed, T::ONE) else { panic!("small rewards") };
    let mut scratch = vec![T::ZERO; categorical::scratch_len(states, lattice.count)];
    let Ok(laws) = categorical::evaluate(&model, horizon, &packed, lattice, &mut scratch) else {
        panic!("a lattice that covers")
    };
    assert!(laws.bound() == T::ZERO);
    let error = T::from_f32(1e-3).max(T::from_f32(1e3) * T::EPSILON);
    // Ties are broken towards low actions, at the price of the tolerance a stage.
    for (state, &value) in value.iter().enumerate() {
        let Ok(law) = laws.of(state) else { panic!("a state") };
        // A mass of rounding, far out, counts by its exponential.
        if b.abs() <= T::ONE {
            assert!((law.entropic(b) - value).abs() <= error, "{} {value} at {b}", law.entropic(b));
        }
    }
    let atoms = 1 + bytes.below(12);
    let rule = if bytes.flag() { Rule::BinMean } else { Rule::Midpoint };
    let mut scratch = vec![T::ZERO; quantile::scratch_len(states, atoms)];
    let mut cursors = vec![Cursor::EMPTY; quantile::cursors::<T>(&model, 1)];
    let Ok(quantiles) = quantile::evaluate(&model, horizon, &packed, rule, atoms, &mut scratch, &mut cursors)
    else {
        panic!("a model that has been checked")
    };
    for state in 0..states {
        let (Ok(near), Ok(exact)) = (quantiles.of(state), laws.of(state)) else { panic!("a state") };
        assert!(near.wasserstein(&exact) <= quantiles.bound() + error);
    }
    if horizon <= 3 {
        targets(&model, horizon, &laws);
    }
    let mut scratch = vec![T::ZERO; heuristic::scratch_len(states, atoms)];
    let functional = Functional::Cvar(T::HALF);
    let plan =
        heuristic::plan(&model, horizon, functional, rule, atoms, &mut scratch, &mut cursors, |_, _, _| ());
    assert!(plan.is_ok_and(|plan| !plan.is_optimal()));
}

/// Exact plans for tails are at least as good as the policy whose laws these are.
fn targets<T: Real>(model: &Arbitrarily<T>, horizon: usize, laws: &categorical::Laws<'_, T>) {
    let Ok(lattice) = target::covering(model, horizon, T::ONE) else { panic!("small rewards") };
    let mut scratch = vec![T::ZERO; target::scratch_len(model.states, lattice.count)];
    let small = T::from_f32(1e-3);
    let found = target::plan(model, horizon, Objective::Shortfall, lattice, &mut scratch, |_, _, _, _| ());
    let Ok(targets) = found else { panic!("a lattice that covers") };
    for state in 0..model.states {
        let (Ok((best, _)), Ok(law)) = (targets.cvar(state, T::HALF), laws.of(state)) else {
            panic!("a state")
        };
        let Ok(own) = law.cvar(T::HALF) else { panic!("a level") };
        assert!(best >= own - small, "{best} {own}");
    }
    assert_eq!(targets.reach(0, T::ONE), Err(Error::Setting { name: "objective" }));
}
