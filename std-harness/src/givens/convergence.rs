//! Plots of best value over evaluations.

use super::starts::Finished;
use crate::report::plot::{Plot, Scale, Series};

/// Starts that get a line of their own in the legend.
const NAMED: usize = 6;

/// The starts of one search. With a `known` optimum the vertical axis is the logarithm of the distance to it.
pub fn plot(title: &str, finished: &[Finished], known: Option<f64>) -> Plot {
    let distance = |value: f64| known.map_or(value, |known| value - known);
    let mut order: Vec<usize> = (0..finished.len()).collect();
    let value = |&index: &usize| finished[index].outcome.value.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| value(a).total_cmp(&value(b)));
    // The best is drawn last, on top of the others.
    let series = order.iter().enumerate().rev().map(|(rank, &index)| {
        let start = &finished[index];
        let mut points: Vec<(f64, f64)> =
            start.history.iter().map(|&(evaluations, value)| (evaluations as f64, distance(value))).collect();
        if let Some(value) = start.outcome.value {
            points.push((start.outcome.evaluations as f64, distance(value)));
        }
        let best = if finished.len() > 1 && rank == 0 { " (best)" } else { "" };
        let faint = finished.len() > NAMED && rank > 0;
        let name = if faint { String::new() } else { format!("start {}{best}", index + 1) };
        Series { name, points, steps: true, reference: false, faint }
    });
    let mut series: Vec<Series> = series.collect();
    let others = series.iter().filter(|series| series.faint).count();
    if let Some(first) = series.iter_mut().find(|series| series.faint) {
        first.name = format!("{others} other starts");
    }
    Plot {
        title: title.into(),
        x_label: "evaluations".into(),
        y_label: if known.is_some() { "distance to the optimum" } else { "best value" }.into(),
        x_scale: Scale::Log,
        y_scale: if known.is_some() { Scale::Log } else { Scale::Linear },
        series,
    }
}
