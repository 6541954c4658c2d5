//! `reparam implicit sweep --reference`: what the published logs say, beside what is measured now.
//!
//! A row holds if the means, of runs that have not diverged, differ by at most three standard errors of both (those of the measured one by Student's distribution).
//! Data and starts are drawn anew, so the numbers are comparable, not equal.

use serde::Serialize;

use super::super::domain::Domain;
use super::super::estimator::Method;
use super::Row;
use super::published::{self, Published};
use super::run::{self, Plan, Setting};
use crate::Result;
use crate::report::comparison::three_errors;
use crate::report::progress::Progress;
use crate::report::table::{Table, number};

/// One setting.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    domain: Domain,
    #[serde(flatten)]
    row: Row,
    /// Measured less published mean.
    difference: f64,
    /// By how much they may differ.
    allowed: f64,
    holds: bool,
}

/// All settings of a domain that have a published step.
pub fn compare(domain: Domain, seeds: usize, seed: u64, progress: &Progress) -> Result<Vec<Comparison>> {
    let plan = Plan { domain, updates: 300, batch: 25 };
    let settings = published::best(domain);
    let runs = run::run(&plan, &settings, seeds, seed, progress)?;
    let rows = settings.iter().zip(&runs).map(|(&setting, runs)| Row::new(&plan, setting, runs));
    Ok(rows.filter_map(|row| Some(comparison(domain, row.published?, row))).collect())
}

fn comparison(domain: Domain, published: Published, row: Row) -> Comparison {
    let error = |sd: f64, seeds: usize| sd / (seeds.max(1) as f64).sqrt();
    let of_published = 3.0 * error(published.sd, published::SEEDS - published.diverged);
    let of_measured = three_errors(row.seeds) * error(row.sd, row.seeds - row.diverged);
    let (difference, allowed) = (row.mean - published.mean, of_published.hypot(of_measured));
    let holds = difference.abs() <= allowed;
    Comparison { domain, row, difference, allowed, holds }
}

/// The rows as a table for people.
pub fn table(rows: &[Comparison]) -> String {
    let mut table = Table::new([
        "domain",
        "method",
        "η",
        "step",
        "offset",
        "published",
        "±",
        "median",
        "diverged",
        "measured",
        "±",
        "median",
        "diverged",
        "described",
        "difference",
        "allowed",
        "holds",
    ]);
    for Comparison { domain, row, difference, allowed, holds } in rows {
        let Setting { method, eta, step, offset } = row.setting;
        let mut cells =
            vec![domain.name(), method.name(), eta.to_string(), step.to_string(), offset.to_string()];
        let figures = |[mean, sd, median]: [f64; 3], diverged: usize| {
            [number(mean, 4), number(sd, 4), number(median, 4), diverged.to_string()]
        };
        cells.extend(row.published.iter().flat_map(|p| figures([p.mean, p.sd, p.median], p.diverged)));
        cells.extend(figures([row.mean, row.sd, row.median], row.diverged));
        cells.extend([number(row.described, 4), number(*difference, 2), number(*allowed, 2)]);
        cells.push(if *holds { "yes" } else { "NO" }.into());
        table.row(cells);
    }
    let holding = rows.iter().filter(|row| row.holds).count();
    format!("{table}\n{holding} of {} rows hold\n{}", rows.len(), ratios(rows))
}

/// How far explicit values are behind, at the largest offset.
fn ratios(rows: &[Comparison]) -> String {
    let mut text = String::new();
    for group in rows.chunk_by(|a, b| a.domain == b.domain) {
        let at_one = |row: &&Comparison| row.row.setting.offset == 1.0;
        let explicit = group.iter().filter(at_one).find(|row| row.row.setting.method == Method::Explicit);
        let Some(explicit) = explicit else { continue };
        for row in group.iter().filter(at_one).filter(|row| row.row.setting.method == Method::Implicit) {
            text += &format!(
                "{}, offset 1: explicit over implicit, η = {}: {} of means, {} of medians, {} without places that no feature \
                 describes\n",
                row.domain.name(),
                row.row.setting.eta,
                number(explicit.row.mean / row.row.mean, 3),
                number(explicit.row.median / row.row.median, 3),
                number(explicit.row.described / row.row.described, 3),
            );
        }
    }
    text
}
