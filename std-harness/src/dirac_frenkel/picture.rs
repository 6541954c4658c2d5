//! Solutions in the plane as a picture.

use super::case::Case;
use crate::Result;
use crate::report::heat::{Colours, Heat, Panel};

/// Reference, solutions and differences at looks; one field below the other. `runs`: names, and the weights at the looks that they
/// came to. `wanted`: times; if there are none, start, middle and end.
///
/// # Errors
/// Those of the problem.
pub fn plane(
    case: &Case,
    times: &[f64],
    exact: &[Vec<f64>],
    runs: &[(String, &[Vec<f64>])],
    wanted: &[f64],
) -> Result<Heat> {
    let nearest = |&time: &f64| {
        let distance = |k: &usize| (times[*k] - time).abs();
        (0..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    };
    let looks: Vec<usize> = if wanted.is_empty() {
        vec![0, (times.len() - 1) / 2, times.len() - 1]
    } else {
        wanted.iter().map(nearest).collect()
    };
    let count = case.shape.iter().product::<usize>();
    // Values of what is drawn: by look and field, first the reference, then the methods.
    let mut lines: Vec<(String, Vec<Vec<f64>>)> = Vec::new();
    for look in looks {
        let mut fields = vec![exact[look].clone()];
        for (_, looks) in runs {
            fields.push(match looks.get(look) {
                Some(theta) => (case.values)(theta)?,
                None => vec![f64::NAN; count * case.fields.len()],
            });
        }
        for (index, field) in case.fields.iter().enumerate() {
            let cut = |values: &Vec<f64>| values[index * count..(index + 1) * count].to_vec();
            let name = if case.fields.len() > 1 { format!("{field}, ") } else { String::new() };
            lines.push((
                format!("{name}t = {}", (times[look] * 1e6).round() / 1e6),
                fields.iter().map(cut).collect(),
            ));
        }
    }
    let known = lines.iter().flat_map(|(_, values)| &values[0]);
    let ends = known.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &u| [low.min(u), high.max(u)]);
    let difference = |values: &[f64], exact: &[f64]| -> Vec<f64> {
        values.iter().zip(exact).map(|(u, exact)| u - exact).collect()
    };
    let largest = lines
        .iter()
        .flat_map(|(_, values)| values[1..].iter().flat_map(|u| difference(u, &values[0])))
        .filter(|u| u.is_finite())
        .fold(0.0, |largest: f64, u| largest.max(u.abs()));
    let rows = lines.into_iter().map(|(name, values)| {
        let panel = |values: &Vec<f64>, colours| Panel { values: values.clone(), colours };
        let mut panels = vec![panel(&values[0], Colours::Between(ends))];
        for u in &values[1..] {
            panels.push(panel(u, Colours::Between(ends)));
            panels.push(panel(&difference(u, &values[0]), Colours::Around(largest)));
        }
        (name, panels)
    });
    let names = runs.iter().map(|(name, _)| name);
    let axis = |coordinate: usize| {
        let of = || case.places.iter().skip(coordinate).step_by(2).copied();
        let (low, high) = (of().fold(f64::INFINITY, f64::min), of().fold(f64::NEG_INFINITY, f64::max));
        // Places are those of a periodic grid: the last one is a cell before the end.
        let cells = case.shape[1 - coordinate] as f64;
        [low, low + (high - low) * cells / (cells - 1.0)]
    };
    Ok(Heat {
        title: case.name.clone(),
        labels: [0, 1].map(|k| case.coordinates.get(k).map_or_else(String::new, |name| (*name).to_owned())),
        span: [axis(0), axis(1)],
        shape: [case.shape[0], case.shape[1]],
        columns: std::iter::once("reference".to_owned())
            .chain(names.flat_map(|name| [name.clone(), format!("{name} − reference")]))
            .collect(),
        rows: rows.collect(),
    })
}
