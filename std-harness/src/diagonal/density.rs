//! The deterministic limit for a diagonal covariance: densities on two grids, and what both say together.

use reparam::diagonal::fokker_planck::{Class, FokkerPlanck, Scale, Settings, half_width, scratch_len};

use super::failed;
use super::model::{Model, Parametrization};
use crate::report::progress::Progress;
use crate::{Error, Result, interrupt};

/// Grid of the densities.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Cells of a class on the coarse grid; the fine one has twice as many.
    pub cells: usize,
    /// Longest time step on the coarse grid; half of it on the fine one.
    pub dt: f64,
    /// Classes of weights at most: more are put together.
    pub classes: usize,
}

/// What the densities say at a time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// P, extrapolated from both grids.
    pub risk: f64,
    /// By how much the fine grid differs from that.
    pub risk_error: f64,
    /// mean λ(u² + v²).
    pub curvature: f64,
    /// Effective initialisation √(u·v) of weights of mean variance.
    pub initialisation: f64,
    /// Σ (P + σ²/2) dt so far, on the fine grid.
    pub noise: f64,
    /// Mean size of the weights.
    pub mean_size: f64,
    /// Share of the weights larger than a tenth of the largest target.
    pub large: f64,
}

/// Solves for the densities at the times.
///
/// Both grids are first order in cell width and time step, so `2·fine − coarse` is second order.
pub fn solve(
    model: &Model,
    parametrization: Parametrization,
    step: f64,
    init: f64,
    times: &[f64],
    grid: Grid,
    progress: &Progress,
) -> Result<Vec<Look>> {
    let (slower, curvatures) = parametrization.ratios();
    let classes = classes(model, grid.classes);
    let scale = match parametrization {
        Parametrization::Exponentiated => Scale::Constant,
        Parametrization::Difference | Parametrization::Product => Scale::Shrinking,
    };
    let settings = Settings {
        step: slower * step,
        initialisation: init,
        noise_variance: model.noise * model.noise,
        scale,
        half_width: 0.0,
    };
    let largest = model.target.iter().fold(0.0f64, |largest, b| largest.max(b.abs()));
    let horizon = times.last().copied().unwrap_or(0.0);
    let mut width = first_half_width(&classes, &settings, largest, horizon);
    // Wider until nothing is near the ends.
    for _ in 0..8 {
        let settings = Settings { half_width: width, ..settings };
        let on = |cells, halvings| {
            one_grid(&classes, settings, largest, times, cells, grid.dt, halvings, progress)
        };
        let (coarse, fine) = rayon::join(|| on(grid.cells, 0), || on(2 * grid.cells, 1));
        if let (Some(coarse), Some(fine)) = (coarse?, fine?) {
            let both = |(coarse, fine): (&Look, &Look)| {
                let risk = (2.0 * fine.risk - coarse.risk).max(0.0);
                Look {
                    risk,
                    risk_error: (fine.risk - risk).abs(),
                    curvature: curvatures * (2.0 * fine.curvature - coarse.curvature),
                    ..*fine
                }
            };
            return Ok(coarse.iter().zip(&fine).map(both).collect());
        }
        width *= 1.4;
    }
    Err(Error::failed("the densities spread without end: the step is too large for a stable limit")
        .remedy("take a smaller --step (see reparam diagonal stability)"))
}

/// Wide enough for the targets and for five standard deviations of what noise adds, if c does not shrink.
fn first_half_width(classes: &[Class<f64>], settings: &Settings<f64>, largest: f64, horizon: f64) -> f64 {
    let c = settings.initialisation * settings.initialisation;
    let (mut risk, mut variance) = (0.5 * settings.noise_variance, 0.0f64);
    for class in classes {
        risk += 0.5 * class.share * class.variance * class.target * class.target;
        variance = variance.max(class.variance);
    }
    let diffusion = 16.0 * settings.step * settings.step * variance * risk;
    let stationary = diffusion / (8.0 * settings.step * variance.max(f64::MIN_POSITIVE) * c);
    let spread = (2.0 * diffusion * horizon).min(stationary).sqrt();
    let targets = half_width(settings.initialisation, largest) - 2.0;
    1.1 * targets + 5.0 * spread.max(1e-3)
}

/// Probability of the outermost cells that is still called nothing.
const LEAK: f64 = 1e-9;

/// The looks on one grid; `None` if a density has reached an end of it.
#[allow(clippy::too_many_arguments)]
fn one_grid(
    classes: &[Class<f64>],
    settings: Settings<f64>,
    largest: f64,
    times: &[f64],
    cells: usize,
    dt: f64,
    halvings: u32,
    progress: &Progress,
) -> Result<Option<Vec<Look>>> {
    let (mut density, mut scratch) = (vec![0.0; classes.len() * cells], vec![0.0; scratch_len(cells)]);
    let mut limit = FokkerPlanck::new(classes, settings, &mut density, &mut scratch).map_err(failed)?;
    let mean_variance = classes.iter().map(|class| class.share * class.variance).sum::<f64>();
    let edge = cells / 50;
    let mut before = 0.0;
    let mut looks = Vec::with_capacity(times.len());
    for &time in times {
        let span = time - before;
        let steps = ((span / dt - 1e-9).ceil().max(0.0) as u64) << halvings;
        for _ in 0..steps {
            limit.advance(span / steps as f64).map_err(failed)?;
            if interrupt::asked() {
                return Err(Error::failed("interrupted"));
            }
        }
        progress.add(steps);
        before = time;
        for class in 0..classes.len() {
            let row = limit.probability(class);
            let ends: f64 = row[..edge].iter().chain(&row[cells - edge..]).sum();
            if ends > LEAK {
                return Ok(None);
            }
        }
        looks.push(Look {
            risk: limit.risk(),
            risk_error: 0.0,
            curvature: limit.curvature(),
            initialisation: limit.effective_initialisation(mean_variance),
            noise: limit.accumulated_noise(),
            mean_size: limit.mean_size(),
            large: limit.density_above(0.1 * largest),
        });
    }
    Ok(Some(looks))
}

/// Classes of weights with equal variance and target; if there are more than `most`, neighbours are put together, but
/// never a target 0 with another.
pub fn classes(model: &Model, most: usize) -> Vec<Class<f64>> {
    let dim = model.dim() as f64;
    let mut pairs: Vec<(f64, f64)> =
        model.structure.variances().into_iter().zip(model.target.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let exact: Vec<&[(f64, f64)]> = pairs.chunk_by(|a, b| a == b).collect();
    if exact.len() <= most {
        return exact.into_iter().filter_map(|group| class(group, dim)).collect();
    }
    let most_variances = most.isqrt().max(1);
    let by_variance: Vec<&[(f64, f64)]> = pairs.chunk_by(|a, b| a.0 == b.0).collect();
    let groups: Vec<Vec<(f64, f64)>> = if by_variance.len() <= most_variances {
        by_variance.into_iter().map(<[_]>::to_vec).collect()
    } else {
        pairs.chunks(pairs.len().div_ceil(most_variances)).map(<[_]>::to_vec).collect()
    };
    let most_targets = (most / groups.len()).max(2) - 1;
    let mut classes = Vec::new();
    for mut group in groups {
        group.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (zero, other): (Vec<_>, Vec<_>) = group.into_iter().partition(|pair| pair.1 == 0.0);
        classes.extend(class(&zero, dim));
        let exact: Vec<&[(f64, f64)]> = other.chunk_by(|a, b| a.1 == b.1).collect();
        if exact.len() <= most_targets {
            classes.extend(exact.into_iter().filter_map(|group| class(group, dim)));
        } else {
            let size = other.len().div_ceil(most_targets);
            classes.extend(other.chunks(size).filter_map(|group| class(group, dim)));
        }
    }
    classes
}

/// Weights that are about alike, as one class: mean variance, mean target.
fn class(group: &[(f64, f64)], dim: f64) -> Option<Class<f64>> {
    let count = group.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| group.iter().map(of).sum::<f64>() / count;
    (!group.is_empty()).then(|| Class {
        share: count / dim,
        variance: mean(|pair| pair.0),
        target: mean(|pair| pair.1),
    })
}

#[cfg(test)]
mod tests {
    use super::super::covariance::Structure;
    use super::super::model::sparse;
    use super::*;

    #[test]
    fn classes_are_few_and_keep_the_means() {
        let target = sparse(1000, 0.3, 2.0, Some(4));
        let variances: Vec<f64> = (0..1000).map(|k| 0.5 + f64::from(k * 7919 % 1000) / 1000.0).collect();
        let model = Model::new(Structure::Diagonal(variances.clone()), target.clone(), 0.0).unwrap();
        let classes = classes(&model, 200);
        assert!(classes.len() <= 200 && classes.len() > 100, "{}", classes.len());
        let total = |of: &dyn Fn(&Class<f64>) -> f64| classes.iter().map(|c| c.share * of(c)).sum::<f64>();
        assert!((total(&|_| 1.0) - 1.0).abs() < 1e-12);
        assert!((total(&|c| c.variance) - variances.iter().sum::<f64>() / 1000.0).abs() < 1e-12);
        assert!((total(&|c| c.target) - target.iter().sum::<f64>() / 1000.0).abs() < 1e-12);
        let risk: f64 = variances.iter().zip(&target).map(|(l, b)| l * b * b / 2000.0).sum();
        assert!((total(&|c| 0.5 * c.variance * c.target * c.target) / risk - 1.0).abs() < 0.03);
    }
}
