//! Reference solutions in one periodic coordinate: Fourier series, the linear part by an integrating factor, the classical Runge-Kutta
//! method for the rest, the upper third of the frequencies left out.

use std::f64::consts::TAU;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::{Error, Result};

/// Rates of all fields at a place from their values and first derivatives; what diffusion does is left out.
pub type Rates<'a> = dyn Fn(&[f64], &[f64], &mut [f64]) + 'a;

/// ∂ₜu = ν∂ₓ²u + rates(u, ∂ₓu).
pub struct Spectral<'a> {
    /// Period.
    pub span: [f64; 2],
    /// Number of modes.
    pub modes: usize,
    /// Longest step.
    pub step: f64,
    /// ν of each field.
    pub diffusion: &'a [f64],
    /// The rest.
    pub rates: &'a Rates<'a>,
}

/// Coefficients of all fields.
type Spectrum = Vec<Vec<Complex<f64>>>;

struct Transforms {
    forward: std::sync::Arc<dyn Fft<f64>>,
    backward: std::sync::Arc<dyn Fft<f64>>,
    /// Wave numbers; of what is left out, 0.
    k: Vec<f64>,
    kept: Vec<bool>,
}

impl Spectral<'_> {
    /// Places of the modes.
    pub fn places(&self) -> Vec<f64> {
        grid(self.span, self.modes)
    }

    /// The fields at `count` places of equal distance, at each of `times`, ascending; one field after the other.
    ///
    /// # Errors
    /// If the solution leaves the range of numbers.
    pub fn solve(
        &self,
        start: impl Fn(f64) -> Vec<f64>,
        times: &[f64],
        count: usize,
    ) -> Result<Vec<Vec<f64>>> {
        let (n, fields) = (self.modes, self.diffusion.len());
        let mut planner = FftPlanner::new();
        let base = TAU / (self.span[1] - self.span[0]);
        let number = |j: usize| if j <= n / 2 { j as f64 } else { j as f64 - n as f64 };
        let transforms = Transforms {
            forward: planner.plan_fft_forward(n),
            backward: planner.plan_fft_inverse(n),
            k: (0..n).map(|j| base * number(j)).collect(),
            kept: (0..n).map(|j| number(j).abs() <= n as f64 / 3.0).collect(),
        };
        let starts: Vec<Vec<f64>> = self.places().into_iter().map(start).collect();
        let mut v: Spectrum = (0..fields)
            .map(|field| {
                let mut line: Vec<Complex<f64>> = starts.iter().map(|u| u[field].into()).collect();
                transforms.forward.process(&mut line);
                line
            })
            .collect();
        let (mut now, mut found) = (0.0, Vec::new());
        for &time in times {
            let steps = ((time - now) / self.step - 1e-9).ceil().max(0.0);
            for _ in 0..steps as usize {
                v = self.advance(&transforms, v, (time - now) / steps);
            }
            now = time;
            let mut values = Vec::with_capacity(fields * count);
            for line in &v {
                let mut line = line.clone();
                transforms.backward.process(&mut line);
                values.extend(line.iter().step_by(n / count).map(|u| u.re / n as f64));
            }
            if !values.iter().all(|u| u.is_finite()) {
                return Err(Error::failed(format!("the reference solution is not finite at time {time}")));
            }
            found.push(values);
        }
        Ok(found)
    }

    fn advance(&self, transforms: &Transforms, v: Spectrum, h: f64) -> Spectrum {
        let factor =
            |field: usize, j: usize, h: f64| (-self.diffusion[field] * transforms.k[j].powi(2) * h).exp();
        // whole·v + Σ h·weight·rate, each with the diffusion of the rest of the step.
        let moved = |parts: &[(&Spectrum, f64, f64)]| -> Spectrum {
            let at = |field: usize, j: usize| {
                let add = |sum: Complex<f64>, &(part, weight, time): &(&Spectrum, f64, f64)| {
                    let part: &Spectrum = part;
                    sum + part[field][j] * (weight * factor(field, j, time))
                };
                parts.iter().fold(Complex::default(), add)
            };
            (0..v.len()).map(|field| (0..self.modes).map(|j| at(field, j)).collect()).collect()
        };
        let half = 0.5 * h;
        let a = self.rate(transforms, &v);
        let b = self.rate(transforms, &moved(&[(&v, 1.0, half), (&a, half, half)]));
        let c = self.rate(transforms, &moved(&[(&v, 1.0, half), (&b, half, 0.0)]));
        let d = self.rate(transforms, &moved(&[(&v, 1.0, h), (&c, h, half)]));
        moved(&[(&v, 1.0, h), (&a, h / 6.0, h), (&b, h / 3.0, half), (&c, h / 3.0, half), (&d, h / 6.0, 0.0)])
    }

    fn rate(&self, transforms: &Transforms, v: &Spectrum) -> Spectrum {
        let n = self.modes;
        // Value and derivative of a field as real and imaginary part of one transform.
        let lines: Spectrum = v
            .iter()
            .map(|line| {
                let mut line: Vec<Complex<f64>> = line
                    .iter()
                    .zip(&transforms.k)
                    .zip(&transforms.kept)
                    .map(
                        |((v, k), kept)| {
                            if *kept { v * Complex::new(1.0 - k, 0.0) } else { Complex::default() }
                        },
                    )
                    .collect();
                transforms.backward.process(&mut line);
                line
            })
            .collect();
        let fields = v.len();
        let (mut u, mut first, mut rates) = (vec![0.0; fields], vec![0.0; fields], vec![0.0; fields]);
        let mut found: Spectrum = vec![vec![Complex::default(); n]; fields];
        for place in 0..n {
            for field in 0..fields {
                let both = lines[field][place] / n as f64;
                (u[field], first[field]) = (both.re, both.im);
            }
            (self.rates)(&u, &first, &mut rates);
            for field in 0..fields {
                found[field][place] = rates[field].into();
            }
        }
        for line in &mut found {
            transforms.forward.process(line);
            line.iter_mut()
                .zip(&transforms.kept)
                .filter(|(_, kept)| !**kept)
                .for_each(|(x, _)| *x = Complex::default());
        }
        found
    }
}

/// `count` places of a period at equal distances.
pub fn grid([start, end]: [f64; 2], count: usize) -> Vec<f64> {
    (0..count).map(|k| start + (end - start) * k as f64 / count as f64).collect()
}
