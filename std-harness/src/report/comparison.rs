//! Measured beside published: one line of a benchmark, and statistics over instances.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::table::{Table, count, number};

/// One quantity of one method on one kind of instance.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// Suite.
    pub suite: String,
    /// Kind and size of the instances.
    pub instance: String,
    /// What was measured.
    pub quantity: String,
    /// How it was searched.
    pub method: String,
    /// What `measured` is: median, mean or best over so many instances or starts.
    pub statistic: String,
    /// The published number, if there is one that means the same.
    pub published: Option<f64>,
    /// The number measured now.
    pub measured: f64,
    /// Interquartile range of the measured number.
    pub spread: f64,
    /// Measured minus published.
    pub difference: Option<f64>,
    /// An exact value or bound, by name, on these instances.
    pub exact: Option<(String, f64)>,
    /// A simple method, by name, on these instances.
    pub baseline: Option<(String, f64)>,
    /// Evaluations of the objective, median.
    pub evaluations: Option<u64>,
    /// Published numbers of other methods, by name.
    pub peers: BTreeMap<String, f64>,
}

/// How values over instances become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The middle one.
    Median,
    /// The arithmetic mean.
    Mean,
    /// The smallest.
    Smallest,
}

impl Statistic {
    /// Of these values.
    pub fn of(self, values: &[f64]) -> f64 {
        match self {
            Self::Median => quantile(values, 0.5),
            Self::Mean => values.iter().sum::<f64>() / values.len() as f64,
            Self::Smallest => values.iter().copied().fold(f64::INFINITY, f64::min),
        }
    }
}

impl Row {
    /// A row of values over instances.
    pub fn new(
        instance: impl Into<String>,
        quantity: &str,
        method: &str,
        statistic: Statistic,
        values: &[f64],
    ) -> Self {
        let name = match statistic {
            Statistic::Median => "median",
            Statistic::Mean => "mean",
            Statistic::Smallest => "best",
        };
        Self {
            instance: instance.into(),
            quantity: quantity.into(),
            method: method.into(),
            statistic: format!("{name} of {}", values.len()),
            measured: statistic.of(values),
            spread: quantile(values, 0.75) - quantile(values, 0.25),
            ..Self::default()
        }
    }

    /// With the published number.
    #[must_use]
    pub fn published(mut self, published: f64) -> Self {
        self.published = Some(published);
        self.difference = Some(self.measured - published);
        self
    }

    /// With an exact value or bound.
    #[must_use]
    pub fn exact(mut self, name: &str, value: f64) -> Self {
        self.exact = Some((name.into(), value));
        self
    }

    /// With a simple method's value.
    #[must_use]
    pub fn baseline(mut self, name: &str, value: f64) -> Self {
        self.baseline = Some((name.into(), value));
        self
    }

    /// With evaluation counts.
    #[must_use]
    pub fn evaluations(mut self, evaluations: impl Iterator<Item = u64>) -> Self {
        let counts: Vec<f64> = evaluations.map(|n| n as f64).collect();
        self.evaluations = Some(quantile(&counts, 0.5) as u64);
        self
    }

    /// With other methods' published numbers.
    #[must_use]
    pub fn peers(mut self, peers: &[(&str, f64)]) -> Self {
        self.peers = peers.iter().map(|&(name, value)| (name.into(), value)).collect();
        self
    }
}

/// Quantile by linear interpolation between order statistics (NumPy's default).
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = q * (sorted.len().max(1) - 1) as f64;
    let (low, share) = (place.floor() as usize, place.fract());
    match (sorted.get(low), sorted.get(low + 1)) {
        (Some(&a), Some(&b)) => a + share * (b - a),
        (Some(&a), None) => a,
        _ => f64::NAN,
    }
}

/// The quantile of Student's distribution that is 3 for a Gaussian (expansion of Fisher and Cornish 1960): standard errors
/// that the mean of so many seeds may be off.
pub fn three_errors(seeds: usize) -> f64 {
    let freedom = (seeds.max(2) - 1) as f64;
    3.0 + (7.5 + (17.25 + 30.2 / freedom) / freedom) / freedom
}

/// The rows as a table for people.
pub fn table(rows: &[Row]) -> String {
    let mut table = Table::new([
        "suite",
        "instance",
        "quantity",
        "method",
        "statistic",
        "published",
        "measured",
        "difference",
        "IQR",
        "exact or bound",
        "baseline",
        "evaluations",
        "published peers",
    ]);
    let named = |pair: &Option<(String, f64)>| {
        pair.as_ref().map_or_else(String::new, |(name, value)| format!("{name} {}", number(*value, 6)))
    };
    for row in rows {
        let peers: Vec<String> = row.peers.iter().map(|(name, value)| format!("{name} {value}")).collect();
        table.row([
            row.suite.clone(),
            row.instance.clone(),
            row.quantity.clone(),
            row.method.clone(),
            row.statistic.clone(),
            row.published.map_or_else(String::new, |x| number(x, 6)),
            number(row.measured, 6),
            row.difference.map_or_else(String::new, |x| number(x, 3)),
            number(row.spread, 3),
            named(&row.exact),
            named(&row.baseline),
            row.evaluations.map_or_else(String::new, count),
            peers.join(", "),
        ]);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_runs_have_wide_bounds() {
        // Quantiles of Student's distribution at 0.99865.
        for (seeds, quantile) in [(10, 4.094), (20, 3.447), (30, 3.277)] {
            assert!((three_errors(seeds) / quantile - 1.0).abs() < 0.01, "{seeds}: {}", three_errors(seeds));
        }
    }

    #[test]
    fn quantiles_interpolate() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|q| quantile(&values, q)), [1.0, 1.75, 2.5, 4.0]);
        assert_eq!(Statistic::Smallest.of(&values), 1.0);
    }
}
