//! The limit of small steps for a diagonal covariance.

use reparam::diagonal::flow;

use super::failed;
use super::model::{Model, Parametrization};
use crate::{Error, Result, interrupt};

/// Risk and curvature at the times. Weights that are alike are integrated once.
///
/// The integration makes at least 200 steps to each time, and none longer than a fifth of what is stable.
pub fn solve(
    model: &Model,
    parametrization: Parametrization,
    step: f64,
    init: f64,
    times: &[f64],
) -> Result<Vec<(f64, f64)>> {
    let (slower, curvatures) = parametrization.ratios();
    let step = slower * step;
    let c = init * init;
    let variances = model.structure.variances();
    let mut pairs: Vec<(f64, f64, usize)> =
        variances.iter().zip(&model.target).map(|(&variance, &target)| (variance, target, 1)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    pairs.dedup_by(|next, kept| {
        let same = next.0 == kept.0 && next.1 == kept.1;
        if same {
            kept.2 += next.2;
        }
        same
    });
    let (variances, targets): (Vec<f64>, Vec<f64>) = pairs.iter().map(|pair| (pair.0, pair.1)).unzip();
    let fastest = variances.iter().zip(&targets).map(|(l, b)| 4.0 * l * b.hypot(2.0 * c)).fold(0.0, f64::max);
    let mut x = vec![0.0; targets.len()];
    let mut now = 0.0;
    let mut looks = Vec::new();
    for &time in times {
        let span = step * (time - now);
        let steps = ((span * fastest * 2.0).ceil() as u64).max(200);
        if span > 0.0 {
            for _ in 0..steps {
                flow::step(&variances, &targets, c, span / steps as f64, &mut x).map_err(failed)?;
                if interrupt::asked() {
                    return Err(Error::failed("interrupted"));
                }
            }
        }
        now = time;
        let (mut risk, mut curvature) = (0.0, 0.0);
        for (&(variance, target, count), &x) in pairs.iter().zip(&x) {
            let error = flow::weight(c, x) - target;
            risk += 0.5 * count as f64 * variance * error * error;
            curvature += count as f64 * variance * 2.0 * c * x.cosh();
        }
        let dim = model.dim() as f64;
        looks.push((risk / dim, curvatures * curvature / dim));
    }
    Ok(looks)
}
