//! What the published heterogeneous quadratics compute.

use super::super::problem::Builtin;
use super::mersenne::Mersenne;
use super::{Plan, Results, curve, instances, once, plane, published};
use crate::Result;
use crate::report::comparison::{Row, Statistic, quantile};

/// Published values for seeds 1 to 10, AR(1) matrices.
const SMALL: [f64; 10] = [
    31.26844599,
    18.87391099,
    25.78972750,
    25.49824253,
    16.51863453,
    37.36603052,
    28.91242582,
    27.71829441,
    21.65252616,
    14.04101505,
];
const LARGE: [f64; 10] = [
    221.27556036,
    192.09995466,
    70.97670839,
    168.02309320,
    583.34516990,
    97.95940852,
    77.59506258,
    163.22528486,
    110.52118099,
    158.49095811,
];

pub(super) fn run(plan: &Plan) -> Result<Results> {
    let mut rows = Vec::new();
    let mut curves = Vec::new();
    for (dim, cols, values) in [(20, 10, SMALL), (50, 40, LARGE)] {
        let solved = plan.each(10, |seed| {
            let mut rng = Mersenne::new(seed as u32 + 1);
            // One uniform a column; the last is the one whose matrix counts.
            let rho = 0.1 + 0.8 * (0..cols).map(|_| rng.uniform()).last().unwrap_or(0.0);
            let scaled = instances::toeplitz(dim, rho) * cols as f64;
            let exact = scaled.symmetric_eigenvalues().max();
            let problem =
                Builtin::Trace { rows: dim, cols: 1, matrix: instances::flat(&scaled), largest: true };
            let start = once(plan.seed.wrapping_add(seed as u64), u64::MAX);
            let by_pattern = plan.solve(&problem, &published(1e-9, 2), &start)?;
            let by_plane = plan.solve(&problem, &plane(), &start)?;
            Ok((exact, by_pattern, by_plane))
        })?;
        if curves.is_empty() {
            let (exact, by_pattern, by_plane) = &solved[0];
            curves = vec![
                curve("pattern search (rmps)", by_pattern, -exact),
                curve("plane search", by_plane, -exact),
            ];
        }
        let instance = format!("AR(1), {dim} × {cols}");
        let exact: Vec<f64> = solved.iter().map(|s| s.0).collect();
        for (method, pick) in [("rmps", 1), ("plane", 2)] {
            let of = |s: &(f64, super::Solved, super::Solved)| -> (f64, u64) {
                let solved = if pick == 1 { &s.1 } else { &s.2 };
                (-solved.value, solved.evaluations)
            };
            let measured: Vec<f64> = solved.iter().map(|s| of(s).0).collect();
            let worst = measured.iter().zip(&values).map(|(m, p)| (m / p - 1.0).abs()).fold(0.0, f64::max);
            let row = Row::new(&instance, "d·q'Mq of the last column", method, Statistic::Median, &measured)
                .published(quantile(&values, 0.5))
                .exact("d·λmax", quantile(&exact, 0.5))
                .evaluations(solved.iter().map(|s| of(s).1));
            rows.push(row);
            rows.push(Row::new(
                &instance,
                "largest relative difference",
                method,
                Statistic::Median,
                &[worst],
            ));
        }
    }
    let notes = vec![
        "the published program evaluates d·q'Mq with the last column and its matrix alone, whose exact maximum is \
         d·λmax; the ten published values are reproduced from the same seeds. The published comparison with a \
         semidefinite relaxation of the sum over all columns compares two different problems.",
    ];
    Ok(Results { rows, notes, curves })
}
