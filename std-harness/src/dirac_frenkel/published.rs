//! Settings whose results are known: the toys as their figures are read, and runs of an independent numpy program from the same
//! starting weights.

use reparam::dirac_frenkel::Form;

use super::case::{Case, Start};
use super::evolve::{By, Plan, Run};
use super::problems::Name;
use super::solve::{self, row};
use super::weights;
use crate::Result;
use crate::checkpoint::Checkpoint;
use crate::context::Context;
use crate::report::comparison::{Row, Statistic};

/// A known result.
struct Known {
    problem: Name,
    /// Starting weights.
    key: Option<&'static str>,
    by: By,
    /// Instead of the problem's tolerance.
    relative: Option<f64>,
    /// Instead of the problem's λ.
    lambda: Option<f64>,
    /// Relative error, mean over the looks.
    mean: Option<f64>,
    /// At the end.
    end: Option<f64>,
}

const fn of(problem: Name, key: &'static str, by: By, mean: Option<f64>, end: f64) -> Known {
    Known { problem, key: Some(key), by, relative: None, lambda: None, mean, end: Some(end) }
}

const fn toy(problem: Name, by: By, lambda: Option<f64>, end: f64) -> Known {
    Known { problem, key: None, by, relative: None, lambda, mean: None, end: Some(end) }
}

const KNOWN: &[Known] = &[
    toy(Name::AdvectionReaction, By::Df, None, 4.579),
    toy(Name::AdvectionReaction, By::Dfo, Some(1e-5), 4.579),
    toy(Name::AdvectionReaction, By::Dfo, None, 4.44e-12),
    toy(Name::Waves, By::Df, None, 1.2325),
    toy(Name::Waves, By::Dfo, None, 1.59e-11),
    toy(Name::Waves, By::Dfo, Some(1.018_657_360_363_774_4), 1.24e-13),
    toy(Name::Redundant, By::Df, None, 5.776e-5),
    toy(Name::Redundant, By::Dfo, None, 5.776e-5),
    of(Name::Solitons, "kdv_11", By::Df, Some(9.46e-3), 2.009e-2),
    of(Name::Solitons, "kdv_11", By::Dfo, Some(7.04e-3), 9.336e-3),
    of(Name::Solitons, "kdv_1", By::Df, Some(1.07e-2), 1.96e-2),
    of(Name::Solitons, "kdv_1", By::Dfo, Some(1.08e-2), 1.62e-2),
    of(Name::Burgers, "burgers_1", By::Df, Some(7.99e-3), 4.681e-3),
    of(Name::Burgers, "burgers_1", By::Dfo, Some(7.51e-3), 4.327e-3),
    of(Name::Burgers, "burgers_1", By::Rdfo(16), None, 4.327e-3),
    of(Name::Burgers, "burgers_1", By::Tikhonov(1e-6), Some(1.12e-3), 1.07e-4),
    of(Name::Burgers, "burgers_1", By::Tikhonov(1e-4), Some(1.75e-3), 6.6e-4),
    of(Name::Burgers, "burgers_1", By::Tsvd(1e-2), Some(8.39e-2), 1.12e-1),
    of(Name::Burgers, "burgers_1", By::Tsvd(1e-4), Some(1.60e-3), 5.54e-4),
    of(Name::Burgers, "burgers_2", By::Df, Some(4.30e-3), 3.553e-3),
    of(Name::Burgers, "burgers_2", By::Dfo, Some(4.28e-3), 3.575e-3),
    of(Name::Burgers, "burgers_2", By::Tikhonov(1e-6), Some(8.9e-3), 1.1e-2),
    of(Name::Burgers, "burgers_2", By::Tikhonov(1e-4), Some(2.4e-3), 1.3e-3),
    of(Name::AllenCahn, "ac_1", By::Df, Some(3.23e-3), 6.121e-3),
    of(Name::AllenCahn, "ac_1", By::Dfo, Some(3.27e-3), 6.131e-3),
    of(Name::AllenCahn, "ac_1", By::Tikhonov(1e-4), Some(2.53e-3), 4.97e-3),
    of(Name::AllenCahn, "ac_2", By::Df, Some(1.300e-2), 1.455e-2),
    of(Name::AllenCahn, "ac_2", By::Dfo, Some(1.299e-2), 1.466e-2),
    of(Name::AllenCahn, "ac_2", By::Tikhonov(1e-4), Some(6.4e-3), 1.08e-2),
    of(Name::DetonationSmall, "rdw_1", By::Df, Some(2.86e-3), 2.80e-3),
    of(Name::DetonationSmall, "rdw_1", By::Dfo, Some(1.95e-3), 1.59e-3),
    of(Name::DetonationSmall, "rdw_1", By::Tikhonov(1e-5), Some(1.34e-3), 1.1e-4),
    of(Name::DetonationSmall, "rdw_1", By::Tikhonov(1e-3), Some(2.19e-3), 2.37e-3),
];

/// Runs what is known of a problem.
///
/// # Errors
/// Those of the runs.
pub fn compare(problem: Name, case: &mut Case, context: &Context) -> Result<Vec<Row>> {
    let known: Vec<&Known> = KNOWN.iter().filter(|known| known.problem == problem).collect();
    let mut keys: Vec<Option<&str>> = known.iter().map(|known| known.key).collect();
    keys.dedup();
    let mut rows = Vec::new();
    for key in keys {
        if let Some(key) = key {
            case.start = Start::Known(weights::published(key)?);
        }
        let (theta, _) = solve::starts(case, &[1], context)?.swap_remove(0);
        let case = &*case;
        let of_key: Vec<&&Known> = known.iter().filter(|known| known.key == key).collect();
        let plans: Vec<Plan<'_>> = of_key
            .iter()
            .map(|known| {
                let mut settings = case.settings;
                settings.relative = known.relative.unwrap_or(settings.relative);
                settings.lambda = known.lambda.unwrap_or(settings.lambda);
                Plan { case, settings, form: Form::Published, by: known.by, seed: 1, samples: 8 }
            })
            .collect();
        let runs = plans.iter().map(|_| Run::new(theta.clone(), None)).collect();
        let none = Checkpoint::new(None, serde_json::Value::Null, std::time::Duration::MAX);
        let (runs, exact) = solve::work(case, &plans, runs, none, context)?;
        for ((known, plan), run) in of_key.iter().zip(&plans).zip(&runs) {
            let found = row(std::slice::from_ref(plan), std::slice::from_ref(run), &exact);
            let method = match known.lambda {
                Some(lambda) => format!("{}, λ = {lambda}", plan.by.name()),
                None => plan.by.name(),
            };
            for (quantity, expected, measured) in [
                ("mean error", known.mean, found.averages.error_mean),
                ("end error", known.end, found.averages.error_end),
            ] {
                let Some(expected) = expected else { continue };
                let instance = key.unwrap_or(&case.name).to_owned();
                let row = Row::new(instance, quantity, &method, Statistic::Mean, &[measured]);
                rows.push(Row { suite: case.name.clone(), ..row.published(expected) });
            }
        }
    }
    Ok(rows)
}
