//! Adam's method (Kingma and Ba, arXiv 1412.6980, algorithm 1) for the mean square of û − u, in units of the mean square of u.

use rayon::prelude::*;
use reparam::dirac_frenkel::{Ansatz, Error as Refused};
use reparam::random::{SplitMix64, index};

use super::{ENOUGH, Fitter, error, interrupted};
use crate::Result;
use crate::adam::Adam;
use crate::dirac_frenkel::case::Target;
use crate::dirac_frenkel::failed;
use crate::interrupt;
use crate::report::progress::Progress;

/// Points that one thread takes at a time: sums do not depend on the number of threads.
const PORTION: usize = 64;
/// Looks at the error at all points.
const LOOKS: usize = 200;

/// From given weights; those of the look with the smallest error come back.
///
/// Cost of an iteration: one gradient for each point of the batch, by all threads.
pub(super) fn improve(
    target: &Target,
    fitter: &Fitter,
    mut theta: Vec<f64>,
    rng: &mut SplitMix64,
    progress: &Progress,
) -> Result<(Vec<f64>, f64)> {
    let mut order: Vec<u32> = (0..u32::try_from(target.values.len()).unwrap_or(u32::MAX)).collect();
    let batch = fitter.batch.clamp(1, order.len().max(1));
    let scale = target.values.iter().map(|u| u * u).sum::<f64>() / target.values.len() as f64;
    let mut optimizer = Adam::new(theta.len());
    let mut best = (theta.clone(), error(target, &theta)?);
    let every = fitter.iterations.div_ceil(LOOKS);
    let mut next = order.len();
    for iteration in 0..fitter.iterations {
        if interrupt::asked() {
            return Err(interrupted());
        }
        if next + batch > order.len() {
            // All points in an order of their own, and again. What is left of them waits for another chance.
            if batch < order.len() {
                shuffle(&mut order, rng);
            }
            next = 0;
        }
        let slope = gradient(target, &theta, &order[next..next + batch]).map_err(failed)?;
        let factor = 2.0 / (batch as f64 * scale);
        let slope: Vec<f64> = slope.into_iter().map(|slope| factor * slope).collect();
        next += batch;
        let rate = fitter.rate * fitter.decay.left(iteration as f64 / fitter.iterations as f64);
        optimizer.step(rate, &mut theta, &slope);
        progress.add(1);
        if (iteration + 1) % every == 0 || iteration + 1 == fitter.iterations {
            let now = error(target, &theta)?;
            progress.message(|| format!("fits of the start, one with relative error {now:.1e}"));
            // Where the error is no number none of the next ones will be.
            if now.is_nan() {
                break;
            }
            if now < best.1 || best.1.is_nan() {
                best = (theta.clone(), now);
            }
            if now < ENOUGH {
                break;
            }
        }
    }
    Ok(best)
}

/// Σ (û − u)·∂û/∂θ over points.
fn gradient(target: &Target, theta: &[f64], chosen: &[u32]) -> std::result::Result<Vec<f64>, Refused> {
    let dim = target.model.dim();
    let parts: std::result::Result<Vec<Vec<f64>>, Refused> = chosen
        .par_chunks(PORTION)
        .map(|chosen| {
            let mut model = target.model.clone();
            let (mut row, mut sum) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
            for &point in chosen {
                let point = point as usize;
                let x = &target.points[point * dim..(point + 1) * dim];
                let miss = model.gradient(theta, x, &mut row)? - target.values[point];
                sum.iter_mut().zip(&row).for_each(|(sum, by)| *sum += miss * by);
            }
            Ok(sum)
        })
        .collect();
    let mut sum = vec![0.0; theta.len()];
    for part in parts? {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    Ok(sum)
}

fn shuffle(order: &mut [u32], rng: &mut SplitMix64) {
    for last in (1..order.len()).rev() {
        order.swap(last, index(rng, last as u32 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dirac_frenkel::fit::{By, Decay};
    use crate::dirac_frenkel::model::Model;
    use reparam::dirac_frenkel::ansatz::Sines;

    /// û = sin θ₁ sin x + sin θ₂ cos x at four points, u = 0.6 sin x + 0.2 cos x: the mean square is (sin θ₁ − 0.6)²/2 +
    /// (sin θ₂ − 0.2)²/2, that of u 0.2.
    #[test]
    fn iterations_are_those_of_the_algorithm() {
        let points: Vec<f64> = (0..4).map(|k| f64::from(k) * std::f64::consts::FRAC_PI_2).collect();
        let target = Target {
            model: Model::Sines(Sines::new(1, std::f64::consts::TAU).unwrap()),
            values: points.iter().map(|x| 0.6 * x.sin() + 0.2 * x.cos()).collect(),
            points,
            span: vec![[0.0, std::f64::consts::TAU]],
        };
        let fitter = Fitter { by: By::Adam, iterations: 5, batch: 9, rate: 1e-2, decay: Decay::Exponential };
        let start = vec![0.1, -0.3];
        let found = improve(&target, &fitter, start.clone(), &mut SplitMix64::new(1), &Progress::quiet());
        let (mut theta, mut m, mut v) = (start, [0.0; 2], [0.0; 2]);
        for t in 1..=5 {
            for k in 0..2 {
                let slope = (theta[k].sin() - [0.6, 0.2][k]) * theta[k].cos() / 0.2;
                m[k] = 0.9 * m[k] + 0.1 * slope;
                v[k] = 0.999 * v[k] + 0.001 * slope * slope;
                let (m, v) = (m[k] / (1.0 - 0.9f64.powi(t)), v[k] / (1.0 - 0.999f64.powi(t)));
                let rate = 1e-2 * 1e-3f64.powf(f64::from(t - 1) / 5.0);
                theta[k] -= rate * m / (v.sqrt() + 1e-8);
            }
        }
        for (found, expected) in found.unwrap().0.iter().zip(theta) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
