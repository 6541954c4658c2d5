//! `reparam diagonal stability`: the largest step that does not leave an interpolating solution, measured and predicted.
//!
//! Near β* the weights move as linear least squares with the variances λ·gain, so the risk of a small perturbation solves
//! a Volterra equation; it grows if the step is above 2/mean(λ·gain), which for u² − v² is 1/(2·curvature).

use clap::Args;
use reparam::diagonal::rule::curvature;
use reparam::diagonal::volterra::{self, Direction};
use serde::Serialize;

use super::ensemble::{self, Dynamics, Plan};
use super::failed;
use super::model::{Model, ModelOptions, Parametrization, named};
use crate::arguments::{check_files, positive};
use crate::checkpoint::Checkpoint;
use crate::context::Context;
use crate::data::prepare::{mean, sample_deviation};
use crate::report::table::{Table, number};
use crate::{Error, Result};

/// `reparam diagonal stability`.
#[derive(Args, Debug, Clone)]
pub struct StabilityOptions {
    #[command(flatten, next_help_heading = "Problem")]
    model: ModelOptions,
    /// Effective initialisation α of the solution: u·v = α² (u² − v²)
    #[arg(long, value_name = "ALPHA", default_value_t = 0.5, value_parser = positive)]
    init: f64,
    /// How a weight is written
    #[arg(long, value_enum, default_value_t)]
    parametrization: Parametrization,
    /// Steps to try, as multiples of the predicted threshold
    #[arg(long, value_name = "F1,F2,…", value_delimiter = ',', default_value = "0.9,0.95,1,1.05,1.1", value_parser = positive)]
    factors: Vec<f64>,
    /// Growth is measured over the second half of this time
    #[arg(long, value_name = "T", default_value_t = 8.0, value_parser = positive)]
    time: f64,
    /// Size of the perturbation, as a part of every number
    #[arg(long, value_name = "X", default_value_t = 1e-6, value_parser = positive)]
    perturbation: f64,
    /// Runs of each step
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    seeds: u32,
    /// Seed of the runs, and of what is random in the problem
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    system: &'static str,
    version: &'static str,
    /// Number of weights.
    pub dim: usize,
    covariance: String,
    parametrization: Parametrization,
    init: f64,
    seeds: u32,
    seed: u64,
    time: f64,
    /// mean λ(u² + v²) at the solution.
    pub curvature: f64,
    /// 2/mean(λ·gain).
    pub predicted: f64,
    /// Step without growth, mean over the runs.
    pub measured: f64,
    /// Standard error of that.
    pub measured_error: f64,
    /// Step without growth of the Volterra equation over the same time: what is left between it and `predicted` is the
    /// transient. Only for a diagonal covariance.
    pub volterra: Option<f64>,
    /// One entry for each step.
    pub steps: Vec<Growth>,
}

/// Growth with a step.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// As a multiple of the predicted threshold.
    pub factor: f64,
    /// γ.
    pub step: f64,
    /// d log₁₀ P/dt, mean over the runs.
    pub measured: f64,
    /// Standard error of that.
    pub error: f64,
    /// The same by the Volterra equation.
    pub volterra: Option<f64>,
}

impl StabilityOptions {
    /// Does it.
    pub fn run(&self, context: &Context) -> Result<()> {
        check_files(&named(&self.model.files()), &[])?;
        if self.model.noise > 0.0 {
            return Err(Error::usage("--noise: no solution interpolates noisy answers; leave it away"));
        }
        if self.factors.len() < 2 {
            return Err(Error::usage("--factors: two steps are needed to find where growth begins"));
        }
        if !self.factors.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(Error::usage("--factors are not ascending"));
        }
        let model = self.model.model(self.seed)?;
        let report = self.measure(&model, context)?;
        context.print(&report, || report.to_string())
    }

    fn measure(&self, model: &Model, context: &Context) -> Result<Report> {
        let numbers = model.target.iter().map(|&b| self.parametrization.numbers(b, self.init));
        let (u, v): (Vec<f64>, Vec<f64>) = numbers.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let variances = model.structure.variances();
        let predicted = self.parametrization.stability_limit(&variances, &u, &v)?;
        if !predicted.is_finite() {
            return Err(Error::usage("every step is stable: all variances are 0"));
        }
        let times = [0.5 * self.time, self.time];
        let plan = |factor: f64| Plan {
            model,
            parametrization: self.parametrization,
            step: factor * predicted,
            init: self.init,
            times: &times,
            perturbation: Some(self.perturbation),
        };
        let runs = u64::from(self.seeds) * self.factors.len() as u64;
        let progress = context.progress(Some(plan(1.0).steps(Dynamics::Gradients) * runs));
        progress.message(|| "steps of all runs".into());
        let mut steps = Vec::new();
        // By step, by run.
        let mut growths: Vec<Vec<f64>> = Vec::new();
        for &factor in &self.factors {
            let plan = plan(factor);
            let mut none = Checkpoint::new(None, serde_json::Value::Null, std::time::Duration::MAX);
            let dynamics = [Dynamics::Gradients];
            let runs =
                ensemble::run(&plan, &dynamics, self.seeds as usize, self.seed, None, &mut none, &progress)?;
            let growth = |run: &ensemble::Run| match run.risk[..] {
                [half, end] if half > 0.0 && end > 0.0 => Ok((end / half).log10() / (0.5 * self.time)),
                _ => Err(Error::failed(format!(
                    "a run with {factor} times the predicted step left the range of numbers"
                ))
                .remedy("take smaller --factors or a shorter --time")),
            };
            let growth = runs.iter().flatten().map(growth).collect::<Result<Vec<f64>>>()?;
            steps.push(Growth {
                factor,
                step: plan.step,
                measured: mean(&growth),
                error: sample_deviation(&growth) / f64::from(self.seeds).sqrt(),
                volterra: model
                    .structure
                    .is_diagonal()
                    .then(|| self.volterra(model, &u, &v, plan.step))
                    .transpose()?,
            });
            growths.push(growth);
        }
        progress.finish();
        let sizes: Vec<f64> = steps.iter().map(|step| step.step).collect();
        let crossings: Vec<f64> = (0..self.seeds as usize)
            .map(|run| crossing(&sizes, &growths.iter().map(|growth| growth[run]).collect::<Vec<_>>()))
            .collect();
        let of_volterra: Option<Vec<f64>> = steps.iter().map(|step| step.volterra).collect();
        Ok(Report {
            system: "diagonal",
            version: env!("CARGO_PKG_VERSION"),
            dim: model.dim(),
            covariance: model.structure.describe(),
            parametrization: self.parametrization,
            init: self.init,
            seeds: self.seeds,
            seed: self.seed,
            time: self.time,
            curvature: curvature(&variances, &u, &v).map_err(failed)?,
            predicted,
            measured: mean(&crossings),
            measured_error: sample_deviation(&crossings) / f64::from(self.seeds).sqrt(),
            volterra: of_volterra.map(|growths| crossing(&sizes, &growths)),
            steps,
        })
    }

    /// d log₁₀ P/dt over the second half of the time.
    fn volterra(&self, model: &Model, u: &[f64], v: &[f64], step: f64) -> Result<f64> {
        const POINTS: usize = 800;
        let direction = |((&u, &v), &variance): ((&f64, &f64), &f64)| {
            // Variance of the weight's distance, per squared perturbation: each number moves by its own part.
            let moved = match self.parametrization {
                Parametrization::Product => 2.0 * (u * v).powi(2),
                Parametrization::Difference | Parametrization::Exponentiated => 4.0 * (u.powi(4) + v.powi(4)),
            };
            let gain = self.parametrization.gain(u, v);
            Direction { eigenvalue: variance * gain, squared_distance: moved / gain }
        };
        let variances = model.structure.variances();
        let directions: Vec<Direction<f64>> = u.iter().zip(v).zip(&variances).map(direction).collect();
        let (mut risk, mut kernel) = (vec![0.0; POINTS + 1], vec![0.0; POINTS + 1]);
        volterra::solve(&directions, step, 0.0, self.time / POINTS as f64, &mut risk, &mut kernel)
            .map_err(failed)?;
        Ok((risk[POINTS] / risk[POINTS / 2]).log10() / (0.5 * self.time))
    }
}

/// Where the values, at ascending places, become positive: by a line between neighbours, or through the two at an end.
fn crossing(x: &[f64], y: &[f64]) -> f64 {
    let last = y.len().saturating_sub(2);
    let inside = (0..=last).find(|&k| y[k] <= 0.0 && y[k + 1] > 0.0);
    let k = inside.unwrap_or(if y[0] > 0.0 { 0 } else { last });
    x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k])
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} weights, covariance {}, initialisation {}, curvature {}\n",
            self.dim,
            self.covariance,
            self.init,
            number(self.curvature, 5)
        )?;
        let mut table = Table::new(["step / predicted", "step", "d log10 P / dt", "± seeds", "Volterra"]);
        for step in &self.steps {
            table.row([
                step.factor.to_string(),
                number(step.step, 5),
                number(step.measured, 3),
                number(step.error, 2),
                step.volterra.map_or_else(String::new, |growth| number(growth, 3)),
            ]);
        }
        writeln!(f, "{table}")?;
        writeln!(f, "predicted threshold, 2/mean(variance·gain): {}", number(self.predicted, 5))?;
        if let Some(volterra) = self.volterra {
            writeln!(f, "no growth over this time, Volterra equation: {}", number(volterra, 5))?;
        }
        writeln!(
            f,
            "no growth over this time, measured: {} ± {}",
            number(self.measured, 5),
            number(self.measured_error, 2)
        )
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_crosses_zero() {
        let crossing = super::crossing;
        assert_eq!(crossing(&[1.0, 2.0, 3.0], &[-1.0, 1.0, 2.0]), 1.5);
        assert_eq!(crossing(&[1.0, 2.0, 3.0], &[1.0, 2.0, 9.0]), 0.0);
        assert_eq!(crossing(&[1.0, 2.0, 3.0], &[-9.0, -2.0, -1.0]), 4.0);
    }
}
