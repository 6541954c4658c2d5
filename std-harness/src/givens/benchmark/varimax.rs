//! Varimax rotation of loadings.

use super::super::problem::Builtin;
use super::super::starts::Starts;
use super::{Plan, Results, baselines, curve, instances, once, plane, published};
use crate::Result;
use crate::report::comparison::{Row, Statistic};

/// Variables, factors; criterion of `rotatefactors` and of the search.
const PUBLISHED: [(usize, usize, f64, f64); 8] = [
    (30, 5, -0.026878, -0.026884),
    (60, 5, -0.006183, -0.006183),
    (50, 10, -0.045936, -0.045963),
    (100, 10, -0.010421, -0.010423),
    (80, 20, -0.082949, -0.083552),
    (150, 20, -0.020845, -0.020857),
    (120, 30, -0.081220, -0.081538),
    (200, 30, -0.026804, -0.026817),
];

pub(super) fn run(plan: &Plan) -> Result<Results> {
    let sizes = if plan.full { 8 } else { 5 };
    let starts = if plan.full { 20 } else { 5 };
    let mut rows = Vec::new();
    let mut curves = Vec::new();
    for &(n, p, rotatefactors, value) in &PUBLISHED[..sizes] {
        let solved = plan.each(plan.instances(), |index| {
            let mut rng = plan.rng(&format!("varimax {n} {p}"), index);
            let loadings = instances::loadings(n, p, &mut rng);
            // One row for each factor.
            let problem = Builtin::Varimax { dim: p, data: loadings.as_slice().to_vec() };
            let kaiser = baselines::kaiser_varimax(&loadings);
            let one = once(plan.seed, 1_000_000);
            let by_pattern = plan.solve(&problem, &published(1e-9, 2), &one)?;
            let best = plan.solve(&problem, &plane(), &Starts { count: starts, budget: None, ..one })?;
            Ok((kaiser, by_pattern, best))
        })?;
        if curves.is_empty() {
            let (kaiser, by_pattern, best) = &solved[0];
            let low = kaiser.min(by_pattern.value).min(best.value);
            curves = vec![
                curve("pattern search (rmps)", by_pattern, low),
                curve("plane search, best start", best, low),
            ];
        }
        let kaiser: Vec<f64> = solved.iter().map(|s| s.0).collect();
        for which in 0..2 {
            let pick = |s: &(f64, super::Solved, super::Solved)| {
                let solved = if which == 0 { &s.1 } else { &s.2 };
                (solved.value, solved.evaluations)
            };
            let method = if which == 0 { "rmps, 1 start".into() } else { format!("plane, {starts} starts") };
            let values: Vec<f64> = solved.iter().map(|s| pick(s).0).collect();
            rows.push(
                Row::new(format!("{n} × {p}"), "−V", &method, Statistic::Mean, &values)
                    .published(value)
                    .baseline("Kaiser", Statistic::Mean.of(&kaiser))
                    .evaluations(solved.iter().map(|s| pick(s).1))
                    .peers(&[("rotatefactors", rotatefactors)]),
            );
        }
    }
    let notes = vec![
        "smaller is better. Same model, other instances: compare with the baseline on these instances, and with the \
         published number within its spread between instances. The published Amari column is left out: it multiplies \
         the rotations in the wrong order and says nothing.",
    ];
    Ok(Results { rows, notes, curves })
}
