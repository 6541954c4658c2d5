//! Solutions in too many coordinates for a grid: seen through numbers with standard errors, such as moments.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use super::case::relative_error;
use super::evolve::Run;
use crate::data::prepare::{mean, sample_deviation};
use crate::report::plot::{Band, Plot, Scale, Series};
use crate::report::table::{Table, number};

/// A part of a case's values that has an error of its own.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// Where the numbers are.
    pub values: Range<usize>,
    /// Where their standard errors are.
    pub deviations: Range<usize>,
    /// Those of the numbers that are drawn, with names.
    pub drawn: Vec<(&'static str, usize)>,
}

/// What the values of a case are, where they are not a function on a grid.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Parts. The error of the case is that of the first.
    pub parts: Vec<Part>,
    /// Where the effective number of points is that the numbers are means over.
    pub effective: usize,
    /// Where the logarithm of the integral of the solution is.
    pub log_mass: usize,
}

impl Part {
    /// ‖u − exact‖ / ‖exact‖ of this part.
    pub fn error(&self, u: &[f64], exact: &[f64]) -> f64 {
        match (u.get(self.values.clone()), exact.get(self.values.clone())) {
            (Some(u), Some(exact)) => relative_error(u, exact),
            _ => f64::NAN,
        }
    }

    /// The relative error that chance alone makes: of the sampled numbers and of the sampled reference.
    pub fn chance(&self, u: &[f64], exact: &[f64]) -> f64 {
        let square = |values: &[f64], range: &Range<usize>| -> f64 {
            values.get(range.clone()).unwrap_or_default().iter().map(|x| x * x).sum()
        };
        let noise = square(u, &self.deviations) + square(exact, &self.deviations);
        (noise / square(exact, &self.values)).sqrt()
    }
}

/// Errors over the runs of a method.
#[derive(Clone, Debug, Serialize)]
pub struct Averages {
    /// Mean over the looks.
    pub error_mean: f64,
    /// Its deviation over the runs.
    pub error_mean_sd: Option<f64>,
    /// At the last look.
    pub error_end: f64,
    /// Its deviation over the runs.
    pub error_end_sd: Option<f64>,
    /// Errors at the looks, by run.
    pub errors: Vec<Vec<f64>>,
}

impl Averages {
    /// Of errors at the looks; a run that stopped has no end: infinitely wrong.
    pub fn new(runs: &[Run], errors: Vec<Vec<f64>>) -> Self {
        let finished = |(run, errors): (&Run, &Vec<f64>)| -> [f64; 2] {
            match errors.last() {
                // Where the exact solution vanishes there is no relative error.
                Some(&end) if run.stopped.is_none() => {
                    let known: Vec<f64> = errors.iter().copied().filter(|x| x.is_finite()).collect();
                    [mean(&known), end]
                }
                _ => [f64::INFINITY; 2],
            }
        };
        let both: Vec<[f64; 2]> = runs.iter().zip(&errors).map(finished).collect();
        let column = |k: usize| both.iter().map(|both| both[k]).collect::<Vec<f64>>();
        let deviation = |values: &[f64]| (values.len() > 1).then(|| sample_deviation(values));
        Self {
            error_mean: mean(&column(0)),
            error_mean_sd: deviation(&column(0)),
            error_end: mean(&column(1)),
            error_end_sd: deviation(&column(1)),
            errors,
        }
    }
}

/// What a method's runs look like.
#[derive(Clone, Debug, Serialize)]
pub struct Seen {
    /// Errors of the parts.
    pub parts: BTreeMap<&'static str, Averages>,
    /// Relative errors that chance alone makes, largest over looks and runs.
    pub chance: BTreeMap<&'static str, f64>,
    /// Smallest effective number of points over looks and runs.
    pub effective: f64,
    /// Logarithm of the integral of the solution, less that at the start: at the looks, by run.
    pub log_mass: Vec<Vec<f64>>,
}

impl Summary {
    /// Of values at the looks, by run; a run without could not be looked at.
    pub fn seen(&self, runs: &[Run], values: &[Vec<Vec<f64>>], exact: &[Vec<f64>]) -> Seen {
        let of = |number: &dyn Fn(&[f64], &[f64]) -> f64| -> Vec<Vec<f64>> {
            let of_run = |looks: &Vec<Vec<f64>>| looks.iter().zip(exact).map(|(u, e)| number(u, e)).collect();
            values.iter().map(of_run).collect()
        };
        let parts = self
            .parts
            .iter()
            .map(|part| (part.name, Averages::new(runs, of(&|u, exact| part.error(u, exact)))));
        let chance = self.parts.iter().map(|part| {
            (part.name, of(&|u, exact| part.chance(u, exact)).into_iter().flatten().fold(0.0, f64::max))
        });
        let effective = of(&|u, _| u.get(self.effective).copied().unwrap_or(f64::NAN));
        let mut log_mass = of(&|u, _| u.get(self.log_mass).copied().unwrap_or(f64::NAN));
        for looks in &mut log_mass {
            let start = looks.first().copied().unwrap_or(0.0);
            looks.iter_mut().for_each(|x| *x -= start);
        }
        Seen {
            parts: parts.collect(),
            chance: chance.collect(),
            effective: effective.into_iter().flatten().fold(f64::INFINITY, f64::min),
            log_mass,
        }
    }

    /// The drawn numbers of a part over time, with a band of two standard errors around the reference; `lines`: names of methods and their
    /// values at the looks.
    pub fn plot(
        &self,
        part: &Part,
        title: &str,
        times: &[f64],
        exact: &[Vec<f64>],
        lines: &[(String, Vec<Vec<f64>>)],
    ) -> String {
        let (mut series, mut bands) = (Vec::new(), Vec::new());
        for &(name, index) in &part.drawn {
            let points = |values: &[Vec<f64>]| -> Vec<(f64, f64)> {
                times.iter().zip(values).map(|(&t, u)| (t, u[part.values.start + index])).collect()
            };
            let line = |method: &str, values: &[Vec<f64>], reference: bool| Series {
                name: format!("{method}: {name}"),
                points: points(values),
                steps: false,
                reference,
                faint: false,
            };
            let band = times.iter().zip(exact).map(|(&t, u)| {
                let (value, deviation) = (u[part.values.start + index], u[part.deviations.start + index]);
                (t, value - 2.0 * deviation, value + 2.0 * deviation)
            });
            bands.push(Band { series: series.len(), points: band.collect() });
            series.push(line("paths", exact, true));
            series.extend(lines.iter().map(|(method, values)| line(method, values, false)));
        }
        let plot = Plot {
            title: title.into(),
            x_label: "time".into(),
            y_label: part.name.into(),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            series,
        };
        plot.to_svg_with_bands(&bands)
    }
}

/// A line for each method.
pub fn table<'a>(methods: impl Iterator<Item = (&'a str, &'a Seen)>) -> Table {
    let methods: Vec<(&str, &Seen)> = methods.collect();
    let mut header = vec!["relative error of".to_owned()];
    for name in methods.first().iter().flat_map(|(_, seen)| seen.parts.keys()) {
        header.extend([format!("{name}, over time"), "±".into(), "at the end".into(), "±".into()]);
        header.push("by chance".into());
    }
    header.push("effective".into());
    let mut table = Table::new(header);
    for (method, seen) in methods {
        let mut line = vec![method.to_owned()];
        let deviation =
            |x: Option<f64>| x.filter(|x| x.is_finite()).map_or_else(String::new, |x| number(x, 2));
        for (name, part) in &seen.parts {
            line.extend([number(part.error_mean, 4), deviation(part.error_mean_sd)]);
            line.extend([number(part.error_end, 4), deviation(part.error_end_sd)]);
            line.push(number(seen.chance[name], 2));
        }
        line.push(number(seen.effective, 3));
        table.row(line);
    }
    table
}
