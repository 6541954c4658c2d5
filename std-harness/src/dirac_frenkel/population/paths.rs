//! Reference: paths of the particles, many of them, and the moments of their law.

use rayon::prelude::*;
use reparam::random::fill_gaussian;

use super::gaussian::{Gaussian, stream};
use super::moments::Moments;
use super::particles::Particles;
use crate::{Error, Result, interrupt};

/// Groups of paths. Their scatter makes the standard errors; sums do not depend on the number of threads.
const GROUPS: usize = 64;
/// Paths that move together: noise is drawn for all of them at once.
const PORTION: usize = 128;

/// Paths of Euler and Maruyama's method with a corrector: the drift is the mean of that at both ends of a step, the noise the same. For
/// noise that does not depend on the place moments are of second order (Kloeden and Platen, *Numerical Solution of Stochastic
/// Differential Equations*, section 15.1).
#[derive(Clone, Debug)]
pub struct Paths<'a> {
    /// Of what.
    pub particles: &'a Particles,
    /// Law at time 0.
    pub start: &'a Gaussian,
    /// How many.
    pub count: usize,
    /// Longest step.
    pub step: f64,
    /// Without the corrector, of first order.
    pub plain: bool,
    /// Of the noise.
    pub seed: u64,
}

/// Sums over paths: distances to the start's mean, and their products.
type Sum = (Vec<f64>, Vec<f64>);
/// At each time.
type Sums = Vec<Sum>;

impl Paths<'_> {
    /// Moments at `times`, ascending.
    ///
    /// Cost: a Gaussian number and two drifts for each path, particle and step.
    ///
    /// # Errors
    /// With fewer than two paths a group; if they leave the range of numbers; if it is interrupted.
    pub fn moments(&self, times: &[f64]) -> Result<Vec<Moments>> {
        if self.count < 2 * GROUPS {
            let what = format!("{} paths are too few for standard errors", self.count);
            return Err(Error::usage(what).remedy(format!("take at least {}", 2 * GROUPS)));
        }
        let size = |group: usize| (group + 1) * self.count / GROUPS - group * self.count / GROUPS;
        let groups: Vec<(usize, Sums)> = (0..GROUPS)
            .into_par_iter()
            .map(|group| self.group(group, size(group), times).map(|sums| (size(group), sums)))
            .collect::<Result<_>>()?;
        let centre = self.start.mean();
        let at = |k: usize| {
            let of_groups: Vec<Moments> = groups
                .iter()
                .map(|(count, sums)| estimate(*count as f64, &sums[k].0, &sums[k].1, centre))
                .collect();
            let total = |of: fn(&Sum) -> &Vec<f64>| {
                let mut total = vec![0.0; of(&groups[0].1[k]).len()];
                for (_, sums) in &groups {
                    total.iter_mut().zip(of(&sums[k])).for_each(|(total, x)| *total += x);
                }
                total
            };
            let mut all = estimate(self.count as f64, &total(|sums| &sums.0), &total(|sums| &sums.1), centre);
            all.mean_error = deviation(&of_groups, |moments| &moments.mean);
            all.covariance_error = deviation(&of_groups, |moments| &moments.covariance);
            if all.mean.iter().chain(&all.covariance).all(|x| x.is_finite()) {
                Ok(all)
            } else {
                Err(Error::failed(format!("a path of the reference is not finite at time {}", times[k]))
                    .remedy("shorten its step"))
            }
        };
        (0..times.len()).map(at).collect()
    }

    fn group(&self, group: usize, count: usize, times: &[f64]) -> Result<Sums> {
        let dim = self.start.dim();
        let mut rng = stream(self.seed, group as u64);
        let mut sums: Sums = times.iter().map(|_| (vec![0.0; dim], vec![0.0; dim * dim])).collect();
        let mut left = count;
        let mut noise = vec![0.0; PORTION * dim];
        while left > 0 {
            let portion = left.min(PORTION);
            left -= portion;
            let noise = &mut noise[..portion * dim];
            let mut x = vec![0.0; portion * dim];
            x.chunks_exact_mut(dim).for_each(|x| self.start.draw(&mut rng, x));
            let mut now = 0.0;
            for (&time, sums) in times.iter().zip(&mut sums) {
                let steps = ((time - now) / self.step - 1e-9).ceil().max(0.0);
                let h = (time - now) / steps;
                for k in 0..steps as u64 {
                    fill_gaussian(&mut rng, noise);
                    self.advance(now + h * k as f64, h, &mut x, noise);
                }
                now = time;
                add(sums, &x, self.start.mean());
            }
            if interrupt::asked() {
                return Err(Error::failed("interrupted during the paths of the reference"));
            }
        }
        Ok(sums)
    }

    fn advance(&self, t: f64, h: f64, x: &mut [f64], noise: &[f64]) {
        let dim = self.start.dim();
        let scale = (2.0 * self.particles.diffusion * h).sqrt();
        let (mut before, mut after, mut place) = (vec![0.0; dim], vec![0.0; dim], vec![0.0; dim]);
        for (x, noise) in x.chunks_exact_mut(dim).zip(noise.chunks_exact(dim)) {
            self.particles.drift(t, x, &mut before);
            for (((place, x), b), z) in place.iter_mut().zip(&*x).zip(&before).zip(noise) {
                *place = x + h * b + scale * z;
            }
            if self.plain {
                x.copy_from_slice(&place);
                continue;
            }
            self.particles.drift(t + h, &place, &mut after);
            for (((x, b), a), z) in x.iter_mut().zip(&before).zip(&after).zip(noise) {
                *x += 0.5 * h * (b + a) + scale * z;
            }
        }
    }
}

fn add((sum, products): &mut Sum, x: &[f64], centre: &[f64]) {
    let dim = centre.len();
    let mut d = vec![0.0; dim];
    for x in x.chunks_exact(dim) {
        d.iter_mut().zip(x).zip(centre).for_each(|((d, x), c)| *d = x - c);
        sum.iter_mut().zip(&d).for_each(|(sum, d)| *sum += d);
        for (products, di) in products.chunks_exact_mut(dim).zip(&d) {
            products.iter_mut().zip(&d).for_each(|(product, dj)| *product += di * dj);
        }
    }
}

/// Mean and unbiased covariance of sums around `centre`.
fn estimate(count: f64, sum: &[f64], products: &[f64], centre: &[f64]) -> Moments {
    let dim = sum.len();
    let covariance =
        (0..dim * dim).map(|k| (products[k] - sum[k / dim] * sum[k % dim] / count) / (count - 1.0)).collect();
    let mean = sum.iter().zip(centre).map(|(sum, centre)| centre + sum / count).collect();
    Moments { mean, covariance, effective: count, ..Moments::default() }
}

/// Standard errors of a mean over groups.
fn deviation(groups: &[Moments], of: fn(&Moments) -> &Vec<f64>) -> Vec<f64> {
    let count = groups.len() as f64;
    let of_entry = |k: usize| {
        let mean = groups.iter().map(|group| of(group)[k]).sum::<f64>() / count;
        let square: f64 = groups.iter().map(|group| (of(group)[k] - mean).powi(2)).sum();
        (square / (count - 1.0) / count).sqrt()
    };
    (0..of(&groups[0]).len()).map(of_entry).collect()
}
