//! Orthogonal joint diagonalization.

use super::super::problem::Builtin;
use super::super::starts::Starts;
use super::{Plan, Results, baselines, curve, instances, once, plane, published};
use crate::Result;
use crate::report::comparison::{Row, Statistic};

/// Dimension, matrices; criterion of "JacobiAJD", Riemannian gradient descent and trust region, and the search.
const PUBLISHED: [(usize, usize, [f64; 4]); 5] = [
    (10, 5, [2.2220, 1.85071, 1.85059, 1.85060]),
    (20, 5, [9.5276, 7.31526, 7.28528, 7.28507]),
    (20, 10, [20.2809, 17.16785, 17.16042, 17.16043]),
    (50, 5, [55.6577, 45.41668, 44.79361, 44.92461]),
    (50, 10, [124.3495, 108.8151, 108.2976, 108.4149]),
];

pub(super) fn run(plan: &Plan) -> Result<Results> {
    let sizes = if plan.full { 5 } else { 3 };
    let starts = 5;
    let mut rows = Vec::new();
    let mut curves = Vec::new();
    for &(p, m, peers) in &PUBLISHED[..sizes] {
        let solved = plan.each(plan.instances(), |index| {
            let mut rng = plan.rng(&format!("joint {p} {m}"), index);
            let matrices = instances::joint(p, m, &mut rng);
            let (jacobi, _) = baselines::jacobi_angles(&matrices);
            let mean = baselines::mean_eigenvectors(&matrices);
            let problem = Builtin::JointDiagonalization {
                dim: p,
                matrices: matrices.iter().flat_map(instances::flat).collect(),
            };
            let one = once(plan.seed, 1_000_000);
            let by_pattern = plan.solve(&problem, &published(1e-8, 5), &one)?;
            let best = plan.solve(&problem, &plane(), &Starts { count: starts, budget: None, ..one })?;
            Ok((jacobi, mean, by_pattern, best))
        })?;
        if curves.is_empty() {
            let (jacobi, _, by_pattern, best) = &solved[0];
            let low = jacobi.min(by_pattern.value).min(best.value);
            curves = vec![
                curve("pattern search (rmps)", by_pattern, low),
                curve("plane search, best start", best, low),
            ];
        }
        let instance = format!("{m} of {p} × {p}");
        let jacobi: Vec<f64> = solved.iter().map(|s| s.0).collect();
        for which in 0..2 {
            let pick = |s: &(f64, f64, super::Solved, super::Solved)| {
                let solved = if which == 0 { &s.2 } else { &s.3 };
                (solved.value, solved.evaluations)
            };
            let method = if which == 0 { "rmps, 1 start".into() } else { format!("plane, {starts} starts") };
            let values: Vec<f64> = solved.iter().map(|s| pick(s).0).collect();
            rows.push(
                Row::new(&instance, "Σ ‖offdiag‖²", &method, Statistic::Mean, &values)
                    .published(peers[3])
                    .baseline("Jacobi angles", Statistic::Mean.of(&jacobi))
                    .evaluations(solved.iter().map(|s| pick(s).1))
                    .peers(&[("gradient descent", peers[1]), ("trust region", peers[2])]),
            );
        }
        let mean: Vec<f64> = solved.iter().map(|s| s.1).collect();
        rows.push(
            Row::new(&instance, "Σ ‖offdiag‖²", "eigenvectors of the mean", Statistic::Mean, &mean)
                .published(peers[0]),
        );
    }
    let notes = vec![
        "smaller is better. The published \"JacobiAJD\" sums the matrices and so finds the eigenvectors of their mean: \
         the third row of each instance reproduces it as a counter-example. The baseline is Jacobi's method with the \
         angles of Cardoso and Souloumiac, from the identity.",
        "same model, other instances: the published standard errors are 0.07 to 0.6. rmps stops at 1,000,000 \
         evaluations.",
    ];
    Ok(Results { rows, notes, curves })
}
