//! Planning and laws of returns against enumeration of all policies, closed forms and golden numbers. The golden numbers are
//! from an independent numpy program: dense backward induction with exponentials by edge, and exact laws as
//! dictionaries from return to probability.

mod processes;

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand_core::Rng;
use reparam::horizon::categorical::{self, Lattice};
use reparam::horizon::law::{Functional, Grid, Quantiles};
use reparam::horizon::model::{self, ByEdge, ByRow, Q16};
use reparam::horizon::plan::{self, Backup, Settings};
use reparam::horizon::quantile::{self, Cursor, Rule};
use reparam::horizon::target::{self, Objective};
use reparam::horizon::{
    Error, Law, Model, Packed, Plan, Policy, Risk, Sparse, heuristic, moments, policy, solve,
};
use reparam::random::SplitMix64;

use processes::{Process, Stored, coin, energy_node, garnet};

/// Stage by stage, state by state.
type Table = Vec<Vec<usize>>;

fn solved<M: Model<f64>>(model: &M, horizon: usize, settings: Settings<f64>) -> (Vec<f64>, Table) {
    let states = model.states();
    let mut scratch = vec![0.0; plan::scratch_len(states)];
    let mut table = vec![vec![0; states]; horizon];
    let value = solve(model, horizon, settings, &mut scratch, |h, x, a| table[h][x] = a).unwrap();
    (value.to_vec(), table)
}

fn risk(b: f64) -> Settings<f64> {
    Settings::new(if b == 0.0 { Risk::Mean } else { Risk::Entropic(b) })
}

fn follow(table: &Table) -> impl Policy {
    move |stage: usize, state: usize| table[stage][state]
}

/// Exact law of the return of a policy from each state: (return in units of 1e-9, probability).
fn laws(process: &Process, table: &Table) -> Vec<BTreeMap<i64, f64>> {
    let mut laws = vec![BTreeMap::from([(0, 1.0)]); process.states];
    for actions in table.iter().rev() {
        laws = (0..process.states)
            .map(|state| {
                let mut law = BTreeMap::new();
                for &(next, p, reward) in process.row(state, actions[state]) {
                    for (&z, &mass) in &laws[next] {
                        *law.entry(z + (reward * 1e9).round() as i64).or_insert(0.0) += p * mass;
                    }
                }
                law
            })
            .collect();
    }
    laws
}

fn atoms(law: &BTreeMap<i64, f64>) -> Vec<(f64, f64)> {
    law.iter().map(|(&z, &mass)| (z as f64 * 1e-9, mass)).collect()
}

fn erm(law: &[(f64, f64)], b: f64) -> f64 {
    if b == 0.0 {
        return law.iter().map(|(z, m)| z * m).sum();
    }
    let top = law.iter().map(|(z, _)| -b * z).fold(f64::NEG_INFINITY, f64::max);
    -(top + law.iter().map(|(z, m)| m * (-b * z - top).exp()).sum::<f64>().ln()) / b
}

fn cvar(law: &[(f64, f64)], level: f64) -> f64 {
    let mut left = level;
    law.iter()
        .map(|(z, m)| {
            let take = m.min(left);
            left -= take;
            take * z
        })
        .sum::<f64>()
        / level
}

/// ∫|F − G| from the two distribution functions at all their jumps.
fn wasserstein(x: &[(f64, f64)], y: &[(f64, f64)]) -> f64 {
    let mut jumps: Vec<f64> = x.iter().chain(y).map(|atom| atom.0).collect();
    jumps.sort_by(f64::total_cmp);
    let below = |law: &[(f64, f64)], at: f64| law.iter().filter(|a| a.0 <= at).map(|a| a.1).sum::<f64>();
    jumps.windows(2).map(|w| (below(x, w[0]) - below(y, w[0])).abs() * (w[1] - w[0])).sum()
}

fn all_policies(states: usize, horizon: usize) -> impl Iterator<Item = Table> {
    (0..1usize << (states * horizon)).map(move |bits| {
        (0..horizon).map(|h| (0..states).map(|x| bits >> (h * states + x) & 1).collect()).collect()
    })
}

fn close(x: f64, y: f64, tolerance: f64) {
    assert!((x - y).abs() <= tolerance, "{x} is not {y}");
}

#[test]
fn garnets_are_portable() {
    let process = garnet(4, 2, 3, 7);
    let row = process.row(0, 0);
    for (found, expected) in row.iter().zip([(1, 3.0 / 7.0), (0, 5.0 / 14.0), (3, 3.0 / 14.0)]) {
        assert_eq!(found.0, expected.0);
        close(found.1, expected.1, 1e-15);
    }
    assert_eq!((row[0].2, process.row(0, 1)[0].2), (5.0, 9.0));
}

#[test]
fn garnet_values() {
    let process = garnet(6, 3, 3, 11);
    for (b, first, sum) in [
        (0.0, 51.8119181104, 308.34462630),
        (0.1, 51.1846670144, 305.54104107),
        (0.5, 49.4892160285, 297.89456003),
    ] {
        let (value, _) = solved(&process, 6, risk(b));
        close(value[0], first, 1e-8);
        close(value.iter().sum(), sum, 1e-8);
    }
    let process = garnet(12, 3, 3, 2);
    for (b, first) in [(0.0, 69.6306290425), (0.05, 68.8948988314), (0.2, 66.4282099406)] {
        close(solved(&process, 8, risk(b)).0[0], first, 1e-8);
    }
}

#[test]
fn stored_and_computed_models_agree() {
    let process = garnet(6, 3, 3, 11);
    let stored = Stored::new(&process);
    for b in [0.0, 0.01, 0.3, 30.0, -0.3] {
        let (value, table) = solved(&process, 6, risk(b));
        let (by_edge, edge_table) = solved(&stored.float(), 6, risk(b));
        let (by_row, row_table) = solved(&stored.by_row(), 6, risk(b));
        value.iter().zip(&by_edge).for_each(|(x, y)| close(*x, *y, 1e-10));
        value.iter().zip(&by_row).for_each(|(x, y)| close(*x, *y, 1e-10));
        assert_eq!((&table, &table), (&edge_table, &row_table));
    }
}

#[test]
fn enumeration_agrees() {
    let process = garnet(3, 2, 2, 5);
    let expected =
        [(1.0, [32.392002127519, 34.136080008869, 36.0]), (-1.0, [34.563413774754, 38.579899008613, 36.0])];
    for (b, golden) in expected {
        let (value, _) = solved(&process, 4, risk(b));
        value.iter().zip(golden).for_each(|(x, y)| close(*x, y, 1e-10));
    }
    for seed in 0..3 {
        let process = garnet(3, 2, 2, 100 + seed);
        let every: Vec<Vec<Vec<(f64, f64)>>> =
            all_policies(3, 4).map(|table| laws(&process, &table).iter().map(atoms).collect()).collect();
        for b in [-1.0, -0.2, 0.0, 1e-4, 0.05, 0.2, 1.0, 3.0, 40.0] {
            let (value, table) = solved(&process, 4, risk(b));
            let own: Vec<_> = laws(&process, &table).iter().map(atoms).collect();
            for state in 0..3 {
                let best = every.iter().map(|laws| erm(&laws[state], b)).fold(f64::NEG_INFINITY, f64::max);
                // At b = 1e-4 the enumeration itself cancels.
                let tolerance = if b == 1e-4 { 1e-9 } else { 1e-10 };
                close(value[state], best, tolerance);
                close(erm(&own[state], b), best, tolerance);
            }
        }
    }
}

/// Discounting as an independent recursion on −1/b·ln: risk b·gᵗ at stage t.
#[test]
fn discounted() {
    let process = garnet(3, 2, 2, 5);
    let settings = Settings { discount: 0.8, ..risk(1.0) };
    let (value, _) = solved(&process, 4, settings);
    value.iter().zip([23.4474151999, 25.8967184862, 26.568]).for_each(|(x, y)| close(*x, y, 1e-9));
    // The discounted return of a policy, enumerated.
    let discounted = |table: &Table, g: f64| {
        let mut laws = vec![vec![(0.0, 1.0)]; 3];
        for actions in table.iter().rev() {
            laws = (0..3)
                .map(|x| {
                    let row = process.row(x, actions[x]);
                    row.iter()
                        .flat_map(|&(n, p, r)| laws[n].iter().map(move |&(z, m)| (r + g * z, p * m)))
                        .collect()
                })
                .collect();
        }
        laws
    };
    for (b, g) in [(0.3, 0.8), (2.0, 0.9)] {
        let (value, _) = solved(&process, 4, Settings { discount: g, ..risk(b) });
        for (state, value) in value.into_iter().enumerate() {
            let best = all_policies(3, 4)
                .map(|t| erm(&discounted(&t, g)[state], b))
                .fold(f64::NEG_INFINITY, f64::max);
            close(value, best, 1e-10);
        }
    }
}

/// All three forms and both signs, against the law itself.
#[test]
fn every_aversion_is_right() {
    let process = energy_node();
    let (_, table) = solved(&process, 6, risk(0.0));
    let exact: Vec<_> = laws(&process, &table).iter().map(atoms).collect();
    // A process of one action evaluates that policy.
    let rows = |stage: usize| (0..36).map(|x| process.row(x, table[stage][x]).clone()).collect::<Vec<_>>();
    struct Followed(Vec<Vec<processes::Row>>);
    impl Model<f64> for Followed {
        fn states(&self) -> usize {
            36
        }
        fn actions(&self) -> usize {
            1
        }
        fn edges(
            &self,
            stage: usize,
            state: usize,
            _: usize,
        ) -> impl Iterator<Item = reparam::horizon::Edge<f64>> {
            self.0[stage][state].iter().map(|&(next, probability, reward)| reparam::horizon::Edge {
                next,
                probability,
                reward,
            })
        }
    }
    let followed = Followed((0..6).map(rows).collect());
    for b in [1e-12, 1e-6, 1e-3, 0.01, 0.1, 1.0, 5.0, 50.0, 1000.0, -1e-6, -0.1, -5.0, -1000.0] {
        let (value, _) = solved(&followed, 6, risk(b));
        for state in 0..36 {
            // By the largest exponent, split at the mean: exact for every b.
            let law = &exact[state];
            let mean = erm(law, 0.0);
            let top = law.iter().map(|(z, _)| -b * (z - mean)).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = law.iter().map(|(z, m)| m * (-b * (z - mean) - top).exp()).sum();
            let small: f64 = law.iter().map(|(z, m)| m * (-b * (z - mean)).exp_m1()).sum();
            let expected = mean - if top < 1.0 { small.ln_1p() } else { top + sum.ln() } / b;
            close(value[state], expected, 2e-11 * (1.0 + expected.abs()));
        }
    }
}

#[test]
fn energy_node_values() {
    let process = energy_node();
    let stored = Stored::new(&process);
    assert_eq!(stored.col.len(), 1263);
    assert_eq!(
        2 * stored.row_ptr.len() + stored.col.len() + 2 * stored.prob.len() + stored.reward.len(),
        5342
    );
    let start = 19;
    for (b, golden) in
        [(0.0, 45.4561707825), (0.05, 39.5944325014), (0.1, 34.2216914723), (1.0, -297.4353003365)]
    {
        let (value, _) = solved(&process, 24, risk(b));
        close(value[start], golden, 1e-9);
        let (fixed, _) = solved(&stored.fixed(), 24, risk(b));
        let worst = fixed.iter().zip(&value).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-2, "Q0.16: {worst} at {b}");
    }
}

fn single(model: &impl Model<f32>, b: f32) -> Vec<f32> {
    let mut scratch = vec![0.0f32; plan::scratch_len(model.states())];
    let risk = if b == 0.0 { Risk::Mean } else { Risk::Entropic(b) };
    solve(model, 24, Settings::new(risk), &mut scratch, |_, _, _| ()).unwrap().to_vec()
}

/// In f32 the naive form cannot be in use: e^300 is not a number there.
#[test]
fn single_precision() {
    let process = energy_node();
    let stored = Stored::new(&process);
    for b in [0.0f32, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2, 1.0] {
        let (exact, _) = solved(&process, 24, risk(f64::from(b)));
        let found = single(&stored.float(), b);
        let worst = found.iter().zip(&exact).map(|(x, y)| (f64::from(*x) - y).abs()).fold(0.0, f64::max);
        let bound = if b <= 0.05 { 1e-5 } else { 2e-4 };
        assert!(worst <= bound, "{worst} at b = {b}");
    }
}

#[test]
fn moments_of_a_policy() {
    let process = garnet(6, 3, 3, 11);
    let (_, table) = solved(&process, 6, risk(0.0));
    let mut scratch = vec![0.0; moments::central_scratch_len(6)];
    let central = moments::central(&process, 6, &follow(&table), &mut scratch).unwrap();
    close(central[1], 13.00079194, 1e-8);
    let mut scratch = vec![0.0; moments::raw_scratch_len(6, 3)];
    let raw = moments::raw(&process, 6, &follow(&table), 0.0, 3, &mut scratch).unwrap();
    close(raw[3], 141120.001877, 1e-9 * 141120.0);
    let mut scratch = vec![0.0; moments::raw_scratch_len(6, 4)];
    let tilted = moments::raw(&process, 6, &follow(&table), -0.1, 4, &mut scratch).unwrap();
    let golden = [5.9851929507e-3, 3.0275317767e-1, 1.5382783778e1, 7.8515509741e2, 4.0260787072e4];
    tilted.iter().zip(golden).for_each(|(x, y)| close(*x, y, 1e-9 * y));
    let exact = atoms(&laws(&process, &table)[0]);
    let mean: f64 = exact.iter().map(|(z, m)| z * m).sum();
    let third: f64 = exact.iter().map(|(z, m)| m * (z - mean).powi(3)).sum();
    close(central[2], third, 1e-9 * third.abs());
}

/// Greedy planning by CVaR, quantile or threshold misses what the exact plan finds; by ERM and mean it does not.
#[test]
fn counterexample() {
    let rows = vec![
        vec![(1, 0.5, 0.0), (2, 0.5, 0.0)],
        vec![],
        vec![(0, 1.0, 5.0)],
        vec![(0, 0.5, 4.0), (0, 0.5, 100.0)],
        vec![(0, 1.0, 100.0)],
        vec![],
    ];
    let process = Process { states: 3, actions: 2, rows };
    let of_policy = |a: usize| atoms(&laws(&process, &vec![vec![0, 0, 0], vec![0, a, 0]])[0]);
    let half = |law: &[(f64, f64)]| cvar(law, 0.5);
    assert_eq!([half(&of_policy(0)), half(&of_policy(1))], [5.0, 52.0]);
    close(erm(&of_policy(0), 0.1), 11.930723, 1e-6);
    close(erm(&of_policy(1), 0.1), 17.860912, 1e-6);
    let greedy = |functional| {
        let mut scratch = vec![0.0; heuristic::scratch_len(3, 64)];
        let mut cursors = [Cursor::EMPTY; 2];
        let mut action = 9;
        let decide = |h, x, a| {
            if (h, x) == (1, 1) {
                action = a;
            }
        };
        let plan =
            heuristic::plan(&process, 2, functional, Rule::BinMean, 64, &mut scratch, &mut cursors, decide)
                .unwrap();
        (action, plan.is_optimal(), functional.of(&plan.laws().of(0).unwrap()).unwrap())
    };
    assert_eq!(greedy(Functional::Cvar(0.5)), (0, false, 5.0));
    assert_eq!(greedy(Functional::Quantile(0.5)), (0, false, 5.0));
    let (action, optimal, value) = greedy(Functional::Entropic(0.1));
    assert_eq!((action, optimal), (1, true));
    close(value, 17.860912, 1e-6);
    assert_eq!(greedy(Functional::Mean), (1, true, 76.0));
    // The exact plans.
    let (value, table) = solved(&process, 2, risk(0.1));
    assert_eq!(table[1][1], 1);
    close(value[1], 10.930795, 1e-6);
    let (value, _) = solved(&process, 1, risk(0.0));
    assert_eq!(value, [0.0, 52.0, 100.0]);
    assert_eq!(solved(&process, 2, risk(0.0)).0[0], 76.0);
}

fn quantile_law(process: &Process, table: &Table, rule: Rule, n: usize) -> (Vec<Vec<(f64, f64)>>, f64) {
    let mut scratch = vec![0.0; quantile::scratch_len(process.states, n)];
    let mut cursors = vec![Cursor::EMPTY; quantile::cursors::<f64>(process, 1)];
    let laws = quantile::evaluate(process, table.len(), &follow(table), rule, n, &mut scratch, &mut cursors)
        .unwrap();
    let atoms = |state| laws.of(state).unwrap().atoms().map(|a| (a.value, a.mass)).collect();
    ((0..process.states).map(atoms).collect(), laws.bound())
}

#[test]
fn quantile_laws_of_coins() {
    for (horizon, p, n, midpoint, mean) in [
        (10, 0.5, 50, 0.28, Some(0.09502)),
        (20, 0.5, 100, 0.55, Some(0.09166)),
        (50, 0.5, 200, 1.62, Some(0.10846)),
        (70, 0.5, 100, 6.24, Some(0.22399)),
        (70, 0.3, 100, 2.92738, Some(0.24057)),
        (70, 0.5, 1000, 0.628, None),
    ] {
        let (process, table) = (coin(p), vec![vec![0]; horizon]);
        let exact = atoms(&laws(&process, &table)[0]);
        let (found, bound) = quantile_law(&process, &table, Rule::Midpoint, n);
        close(wasserstein(&found[0], &exact), midpoint, 1.1e-5);
        close(bound, (horizon * (horizon + 1)) as f64 / (4 * n) as f64, 1e-12);
        if let Some(mean) = mean {
            let (found, _) = quantile_law(&process, &table, Rule::BinMean, n);
            close(wasserstein(&found[0], &exact), mean, 1e-5);
            close(erm(&found[0], 0.0), p * horizon as f64, 1e-11);
        }
    }
}

/// The rare branch that the published rule loses at every stage: the bound is sharp.
#[test]
fn catastrophe() {
    for (horizon, n, golden, ratio) in [
        (10, 100, 0.2706490861, 0.9842),
        (20, 100, 1.0164998492, 0.9681),
        (20, 1000, 0.1045639093, 0.9958),
        (50, 1000, 0.6316976555, 0.9909),
    ] {
        let p = 0.999 / (2 * n) as f64;
        let rows = vec![vec![(0, 1.0 - p, 0.0), (1, p, 1.0)], vec![(1, 1.0, 1.0)]];
        let (process, table) = (Process { states: 2, actions: 1, rows }, vec![vec![0, 0]; horizon]);
        let exact = atoms(&laws(&process, &table)[0]);
        close(erm(&exact, 0.0), golden, 1e-9);
        let (found, bound) = quantile_law(&process, &table, Rule::Midpoint, n);
        assert!(found[0].iter().all(|atom| atom.0 == 0.0));
        close(wasserstein(&found[0], &exact) / bound, ratio, 1e-4);
    }
}

#[test]
fn quantile_bound_holds_for_garnets() {
    for seed in 0..5 {
        let process = garnet(8, 3, 3, 40 + seed);
        let (_, table) = solved(&process, 6, risk(0.0));
        let exact: Vec<_> = laws(&process, &table).iter().map(atoms).collect();
        for n in [5, 20, 100] {
            for rule in [Rule::Midpoint, Rule::BinMean] {
                let (found, bound) = quantile_law(&process, &table, rule, n);
                assert!(bound <= 10.0 * 30.0 / (4 * n) as f64 + 1e-12);
                for (found, exact) in found.iter().zip(&exact) {
                    assert!(wasserstein(found, exact) <= bound);
                }
            }
        }
    }
}

#[test]
fn lattice_laws_are_exact() {
    let process = garnet(12, 3, 3, 2);
    let (_, table) = solved(&process, 8, risk(0.05));
    let lattice = Lattice::covering(&process, 8, &follow(&table), 1.0).unwrap();
    let mut scratch = vec![0.0; categorical::scratch_len(12, lattice.count)];
    let found = categorical::evaluate(&process, 8, &follow(&table), lattice, &mut scratch).unwrap();
    assert_eq!(found.bound(), 0.0);
    for (state, exact) in laws(&process, &table).iter().map(atoms).enumerate() {
        let law = found.of(state).unwrap();
        let atoms: Vec<_> = law.atoms().map(|a| (a.value, a.mass)).collect();
        assert!(wasserstein(&atoms, &exact) <= 1e-12);
        close(law.entropic(0.05), erm(&exact, 0.05), 1e-11);
        close(law.cvar(0.1).unwrap(), cvar(&exact, 0.1), 1e-11);
    }
}

/// Rewards off the lattice: the mean stays, the deviation grows by what golden numbers say, the bound holds.
#[test]
fn categorical_laws_off_the_lattice() {
    let rows = vec![vec![(0, 0.3, 0.0), (0, 0.45, 0.37), (0, 0.25, 1.0)]];
    let (process, table) = (Process { states: 1, actions: 1, rows }, vec![vec![0]; 10]);
    let exact = atoms(&laws(&process, &table)[0]);
    for (count, golden, deviation) in
        [(11, 0.380430, 1.558935), (51, 0.077037, 1.185022), (201, 0.035347, 1.176447)]
    {
        let lattice = Lattice { lowest: 0, count, step: 10.0 / (count - 1) as f64 };
        let mut scratch = vec![0.0; categorical::scratch_len(1, count)];
        let found = categorical::evaluate(&process, 10, &follow(&table), lattice, &mut scratch).unwrap();
        let law = found.of(0).unwrap();
        let atoms: Vec<_> = law.atoms().map(|a| (a.value, a.mass)).collect();
        close(wasserstein(&atoms, &exact), golden, 1e-6);
        close(law.mean(), 4.165, 1e-12);
        close(law.variance().sqrt(), deviation, 1e-6);
        assert!(golden <= found.bound());
    }
    let short = Lattice { lowest: 0, count: 5, step: 1.0 };
    let mut scratch = vec![0.0; categorical::scratch_len(1, 5)];
    let refused = categorical::evaluate(&process, 10, &follow(&table), short, &mut scratch);
    assert!(matches!(refused, Err(Error::Range { .. })), "{refused:?}");
}

#[test]
fn exact_cvar_and_thresholds() {
    let process = garnet(12, 3, 3, 2);
    let lattice = target::covering(&process, 8, 1.0).unwrap();
    let mut scratch = vec![0.0; target::scratch_len(12, lattice.count)];
    let found =
        target::plan(&process, 8, Objective::Shortfall, lattice, &mut scratch, |_, _, _, _| ()).unwrap();
    let (value, at) = found.cvar(0, 0.1).unwrap();
    close(value, 59.16054129, 1e-8);
    assert_eq!(at, 62.0);
    close(found.cvar(0, 0.25).unwrap().0, 62.44543396, 1e-8);
    let found = target::plan(&process, 8, Objective::Reach, lattice, &mut scratch, |_, _, _, _| ()).unwrap();
    close(found.reach(0, 63.0).unwrap(), 0.9031937962, 1e-10);
    assert_eq!((found.reach(0, -5.0).unwrap(), found.reach(0, 1e9).unwrap()), (1.0, 0.0));
    // Following the targets earns what was promised.
    let mut actions = vec![0u8; 8 * 12 * lattice.count];
    let place = |h: usize, x: usize, k: usize| (h * 12 + x) * lattice.count + k;
    let found = target::plan(&process, 8, Objective::Shortfall, lattice, &mut scratch, |h, x, k, a| {
        actions[place(h, x, k)] = a as u8;
    })
    .unwrap();
    let (promised, start) = found.cvar(0, 0.1).unwrap();
    let mut reached = BTreeMap::from([((0usize, start as i64), 1.0)]);
    for h in 0..8 {
        let mut after = BTreeMap::new();
        for (&(x, g), &m) in &reached {
            let k = (g - i64::from(lattice.lowest)).clamp(0, lattice.count as i64 - 1) as usize;
            for &(next, p, r) in process.row(x, usize::from(actions[place(h, x, k)])) {
                *after.entry((next, g - r as i64)).or_insert(0.0) += m * p;
            }
        }
        reached = after;
    }
    let mut law: Vec<(f64, f64)> = reached.iter().map(|(&(_, g), &m)| (start - g as f64, m)).collect();
    law.sort_by(|a, b| a.0.total_cmp(&b.0));
    close(cvar(&law, 0.1), promised, 1e-9);
}

/// 10,000 random laws: no projection moves further than range/(2N), no functional further than its Lipschitz constant.
#[test]
fn bounds_on_random_laws() {
    let mut rng = SplitMix64::new(1);
    let mut uniform = move || (rng.next_u64() >> 11) as f64 * (-53f64).exp2();
    let mut largest = 0.0f64;
    for _ in 0..10_000 {
        let count = 1 + (uniform() * 12.0) as usize;
        let mut row: processes::Row =
            (0..count).map(|_| (0, 0.01 + uniform(), (uniform() * 20.0).floor() / 2.0)).collect();
        let sum: f64 = row.iter().map(|edge| edge.1).sum();
        row.iter_mut().for_each(|edge| edge.1 /= sum);
        let process = Process { states: 1, actions: 1, rows: vec![row] };
        let exact = atoms(&laws(&process, &vec![vec![0]])[0]);
        let range = exact[exact.len() - 1].0 - exact[0].0;
        let n = 1 + (uniform() * 30.0) as usize;
        for rule in [Rule::Midpoint, Rule::BinMean] {
            let (found, bound) = quantile_law(&process, &vec![vec![0]], rule, n);
            let moved = wasserstein(&found[0], &exact);
            assert!(moved <= range / (2 * n) as f64 + 1e-12, "{moved} {range} {n}");
            assert!(moved <= bound + 1e-12);
            largest = largest.max(moved * (2 * n) as f64 / range.max(1e-9));
            let level = 0.05 + 0.9 * uniform();
            let values: Vec<f64> = found[0].iter().map(|atom| atom.0).collect();
            let off = (Quantiles::new(&values).unwrap().cvar(level).unwrap() - cvar(&exact, level)).abs();
            assert!(off <= moved / level + 1e-9);
        }
    }
    assert!(largest > 0.9, "the bound is nearly reached: {largest}");
}

#[test]
fn functionals_by_definition() {
    let mass = [0.1, 0.0, 0.4, 0.3, 0.2];
    let law = Grid::new(-2, 0.5, &mass).unwrap();
    let exact: Vec<(f64, f64)> = law.atoms().map(|a| (a.value, a.mass)).collect();
    assert_eq!(exact[0].0, -1.0);
    for level in [0.05, 0.1, 0.3, 0.5, 0.99, 1.0] {
        close(law.cvar(level).unwrap(), cvar(&exact, level), 1e-14);
        // Entropic value at risk by its definition: the best b of many.
        let best = (-600..900)
            .map(|k| (f64::from(k) / 60.0).exp2())
            .map(|b| erm(&exact, b) + level.ln() / b)
            .fold(f64::NEG_INFINITY, f64::max);
        let found = law.evar(level).unwrap();
        assert!(found >= best - 1e-9 && found <= best + 2e-3, "{found} {best} {level}");
    }
    for b in [-30.0, -0.1, 1e-7, 0.3, 20.0] {
        let mean = law.mean();
        let shifted: Vec<_> = exact.iter().map(|(z, m)| (z - mean, *m)).collect();
        let small: f64 = shifted.iter().map(|(z, m)| m * (-b * z).exp_m1()).sum();
        close(law.entropic(b), mean - small.ln_1p() / b, 1e-12);
    }
    // Values that no mass is at do not count, however far they are.
    let mut mass = [0.0; 200];
    mass[199] = 1.0;
    let far = Grid::new(-199, 10.0, &mass).unwrap();
    assert_eq!((far.entropic(1.0), far.evar(0.1).unwrap()), (0.0, 0.0));
    assert!(matches!(law.quantile(0.0), Err(Error::Setting { .. })));
    assert!(matches!(law.evar(f64::NAN), Err(Error::Setting { .. })));
    assert!(Quantiles::new(&[1.0, 0.0]).is_err() && Grid::new(0, 1.0, &[0.5, 0.4]).is_err());
}

#[test]
fn policies_in_few_bits() {
    for actions in [2, 3, 4, 7, 16, 40, 300] {
        let (stages, states) = (5, 13);
        let mut words = vec![0; policy::words(stages, states, actions)];
        let mut packed = Packed::new(stages, states, actions, &mut words).unwrap();
        let action = |h: usize, x: usize| (7 * h + 3 * x) % actions;
        (0..stages).for_each(|h| (0..states).for_each(|x| packed.set(h, x, action(h, x))));
        (0..stages).for_each(|h| (0..states).for_each(|x| assert_eq!(packed.action(h, x), action(h, x))));
    }
    assert_eq!(4 * policy::words(24, 36, 4), 216);
}

#[test]
fn malformed_models() {
    let new =
        |ptr: &[u8], col: &[u8], prob: &[f32]| Sparse::new(2, 1, ptr, col, prob, ByRow(&[0i8, 0])).err();
    assert_eq!(new(&[0, 1, 2], &[0, 1], &[1.0, 1.0]), None);
    assert_eq!(new(&[0, 1], &[0, 1], &[1.0, 1.0]), Some(Error::Length { expected: 3, found: 2 }));
    assert_eq!(new(&[1, 1, 2], &[0, 1], &[1.0, 1.0]), Some(Error::RowPointer { row: 0 }));
    assert_eq!(new(&[0, 3, 2], &[0, 1], &[1.0, 1.0]), Some(Error::RowPointer { row: 2 }));
    assert_eq!(new(&[0, 1, 1], &[0, 1], &[1.0, 1.0]), Some(Error::RowPointer { row: 2 }));
    assert_eq!(new(&[0, 2, 2], &[0, 1], &[0.5, 0.5]), Some(Error::NoAction { state: 1 }));
    assert_eq!(new(&[0, 1, 2], &[0, 2], &[1.0, 1.0]), Some(Error::Next { state: 1, action: 0, next: 2 }));
    assert_eq!(new(&[0, 1, 2], &[0, 1], &[1.0, 0.9]), Some(Error::RowSum { state: 1, action: 0 }));
    for p in [-0.1, f32::NAN, 0.0, 1.5] {
        assert_eq!(new(&[0, 1, 2], &[0, 1], &[p, 1.0]), Some(Error::Probability { state: 0, action: 0 }));
    }
    let infinite = Sparse::new(1, 1, &[0u8, 1], &[0u8], &[1.0], ByEdge(&[f32::INFINITY]));
    assert_eq!(infinite.err(), Some(Error::Reward { state: 0, action: 0 }));
    assert_eq!(model::check::<f64>(&Process { states: 0, actions: 1, rows: vec![] }, 1), Err(Error::Size));
}

#[test]
fn settings_are_checked() {
    let process = coin(0.5);
    let mut scratch = [0.0; 2];
    let mut check = |settings| solve(&process, 3, settings, &mut scratch, |_, _, _| ()).map(|v: &[f64]| v[0]);
    assert_eq!(check(risk(0.0)), Ok(1.5));
    assert_eq!(check(risk(f64::NAN)), Err(Error::Setting { name: "risk" }));
    assert_eq!(check(Settings { discount: 0.0, ..risk(0.0) }), Err(Error::Setting { name: "discount" }));
    assert_eq!(check(Settings { tolerance: -1.0, ..risk(0.0) }), Err(Error::Setting { name: "tolerance" }));
    let mut short = [0.0; 1];
    let refused = solve(&process, 3, risk(0.0), &mut short, |_, _, _| ());
    assert_eq!(refused.err(), Some(Error::Length { expected: 2, found: 1 }));
    // An overflow is reported where it happens.
    let rows = vec![vec![(0, 1.0, f64::MAX)]];
    let huge = Process { states: 1, actions: 1, rows };
    let refused = solve(&huge, 3, risk(0.0), &mut scratch, |_, _, _| ());
    assert_eq!(refused.err(), Some(Error::NotFinite { stage: 1, state: 0 }));
}

/// A plan from what each state is worth in the end continues where another stopped.
#[test]
fn plans_continue() {
    let process = garnet(6, 3, 3, 11);
    let (whole, _) = solved(&process, 6, risk(0.1));
    let (tail, _) = solved(&process, 2, risk(0.1));
    let mut scratch = vec![0.0; plan::scratch_len(6)];
    let mut plan = Plan::new(&process, 4, risk(0.1), &mut scratch).unwrap();
    plan.set_final(&tail).unwrap();
    while plan.stages_left() > 0 {
        plan.step(|_, _| ()).unwrap();
    }
    plan.value().iter().zip(&whole).for_each(|(x, y)| close(*x, *y, 1e-12));
}

proptest! {
    /// ERM falls with aversion, lies between the extremes of the mean plan's law, and does not care about a constant.
    #[test]
    fn entropic_values_are_ordered(seed in 0u64..1000, b in 1e-3f64..3.0, shift in -5.0f64..5.0) {
        let process = garnet(5, 2, 3, seed);
        let value = |b| solved(&process, 4, risk(b)).0;
        let (seeking, mean, averse, more) = (value(-b), value(0.0), value(b), value(2.0 * b));
        for state in 0..5 {
            prop_assert!(seeking[state] >= mean[state] - 1e-9);
            prop_assert!(mean[state] >= averse[state] - 1e-9);
            prop_assert!(averse[state] >= more[state] - 1e-9);
            prop_assert!(more[state] >= -1e-9 && seeking[state] <= 40.0 + 1e-9);
        }
        let mut moved = process.clone();
        moved.rows.iter_mut().flatten().for_each(|edge| edge.2 += shift);
        for (x, y) in solved(&moved, 4, risk(b)).0.iter().zip(&averse) {
            prop_assert!((x - y - 4.0 * shift).abs() < 1e-9);
        }
    }

    /// Rounded rows add up to one exactly and move no probability by more than one part.
    #[test]
    fn largest_remainders(weights in prop::collection::vec(0.001f64..1.0, 1..40)) {
        let sum: f64 = weights.iter().sum();
        let p: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        let mut row = vec![Q16(0); p.len()];
        Q16::from_probabilities(&p, &mut row).unwrap();
        prop_assert_eq!(row.iter().map(|q| u32::from(q.0) + 1).sum::<u32>(), 65_536);
        for (q, p) in row.iter().zip(&p) {
            prop_assert!((f64::from(q.0) + 1.0 - p * 65_536.0).abs() <= 1.0);
        }
    }
}

/// A stage of a process from values, as `Backup` sees it: what all actions are worth, from the definition.
fn worth(process: &Process, values: &[f64], b: f64, state: usize) -> Vec<f64> {
    let law = |action| -> Vec<(f64, f64)> {
        process.row(state, action).iter().map(|&(next, p, reward)| (reward + values[next], p)).collect()
    };
    (0..process.actions).map(|action| erm(&law(action), b)).collect()
}

#[test]
fn some_actions_of_one_state() {
    let process = garnet(9, 4, 3, 21);
    let next: Vec<f64> = (0..9).map(|x| 3.0 * f64::from(x)).collect();
    // All forms: the mean, small, once, by edge, and rewards that are too much for the small one.
    for (b, offset) in [(0.0, 0.0), (1e-3, 0.0), (0.04, 200.0), (-0.04, -200.0), (0.5, 0.0), (-40.0, 0.0)] {
        let mut process = process.clone();
        process.rows.iter_mut().flatten().for_each(|edge| edge.2 += offset);
        let mut kept = next.clone();
        let mut backup = Backup::new(&process, 0, risk(b), &mut kept).unwrap();
        let (mut values, mut actions) = ([0.0; 9], [0; 9]);
        backup.states(0, &mut values, |x, a| actions[x] = a).unwrap();
        for x in 0..9 {
            let (mut found, expected) = ([0.0; 4], worth(&process, &next, b, x));
            backup.worth(x, &mut found);
            found.iter().zip(&expected).for_each(|(&q, &expected)| close(q, expected, 1e-11));
            assert_eq!(backup.among(x, 0..4).unwrap(), (values[x], actions[x]));
            assert_eq!(backup.among(x, [actions[x]].into_iter()).unwrap(), (values[x], actions[x]));
            let others = (0..4).filter(|&a| a != actions[x]);
            let (second, action) = backup.among(x, others.clone()).unwrap();
            close(second, others.map(|a| expected[a]).fold(f64::NEG_INFINITY, f64::max), 1e-11);
            close(second, expected[action], 1e-11);
            assert_eq!(backup.among(x, 0..0).unwrap_err(), Error::NoAction { state: x });
        }
    }
}

/// What is added to all rewards is added to all values, and costs no accuracy but its own.
#[test]
fn offsets_of_rewards_pass_through() {
    let process = garnet(6, 3, 3, 11);
    for b in [0.02, 0.1, 0.5, -0.1] {
        let (plain, table) = solved(&process, 6, risk(b));
        for offset in [-1000.0, -30.0, 8.0, 30.0, 1000.0] {
            let mut moved = process.clone();
            moved.rows.iter_mut().flatten().for_each(|edge| edge.2 += offset);
            let (values, policy) = solved(&moved, 6, risk(b));
            assert_eq!(policy, table, "{b} {offset}");
            let mut scratch = [0.0f32; plan::scratch_len(6)];
            let single = Settings::new(Risk::Entropic(b as f32));
            let single = solve(&moved, 6, single, &mut scratch, |_, _, _| ()).unwrap();
            for ((value, plain), single) in values.iter().zip(&plain).zip(single) {
                close(*value, plain + 6.0 * offset, 1e-11);
                close(f64::from(*single), *value, 1e-6 * (60.0 + 6.0 * f64::abs(offset)));
            }
        }
    }
}
