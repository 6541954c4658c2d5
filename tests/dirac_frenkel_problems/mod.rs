//! Problems, their starts and exact solutions, and starting weights, that several tests share.
#![allow(dead_code, reason = "not every test needs all")]

use std::f64::consts::PI;

use reparam::Real;
use reparam::dirac_frenkel::Jet;

/// Starting weights of independent least-squares fits, the seed of each in its name:
///
/// | name | ansatz | fits | ‖û − start‖/‖start‖ |
/// |---|---|---|---|
/// | `kdv_11` | 10 Gaussians, period 60 | [`two_soliton`] at time 0 on [−20, 40) | 4.3e-5 |
/// | `burgers_1`, `burgers_2` | network 1·5·1, period 2 | [`burgers_start`] on [−1, 1) | 1.3e-4, 1.2e-4 |
/// | `ac_1` | network 1·5·1, period 2π | [`allen_cahn_start`] on [0, 2π) | 4.8e-5 |
/// | `rdw_1` | two networks 1·6·3, period 2π | [`detonation_start`] on [0, 2π) | 1.2e-5, 1.7e-7 |
pub(crate) fn weights(name: &str) -> Vec<f64> {
    let stored = include_str!("../reference/dirac_frenkel_weights.json");
    let stored: serde_json::Value = serde_json::from_str(stored).unwrap();
    stored[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// `count` points of [`start`, `end`) at equal distances.
pub(crate) fn grid(start: f64, end: f64, count: usize) -> Vec<f64> {
    (0..count).map(|k| start + (end - start) * k as f64 / count as f64).collect()
}

/// ‖u − exact‖ / ‖exact‖.
pub(crate) fn relative_error(u: &[f64], exact: &[f64]) -> f64 {
    assert_eq!(u.len(), exact.len());
    let (error, norm) = u
        .iter()
        .zip(exact)
        .fold((0.0, 0.0), |(error, norm), (u, exact)| (error + (u - exact).powi(2), norm + exact * exact));
    (error / norm).sqrt()
}

/// Two solitons of ∂ₜu = −6u∂ₓu − ∂ₓ³u, the fast one passing the slow: 2∂ₓ² ln(1 + E₁ + E₂ + A·E₁E₂) with Eᵢ =
/// exp(kᵢx − kᵢ³t + ηᵢ), A = ((k₁ − k₂)/(k₁ + k₂))² (Hirota, Phys. Rev. Lett. 27, 1971), k = (1, √5), η = (0, 10.73) (Bruna,
/// Peherstorfer and Vanden-Eijnden, arXiv 2203.01360). Exact on the line; below 2e-8 at the ends of [−20, 40) until time 4.
pub(crate) fn two_soliton(x: f64, t: f64) -> f64 {
    let (k1, k2) = (1.0, 5f64.sqrt());
    let (log1, log2) = (k1 * x - k1.powi(3) * t, k2 * x - k2.powi(3) * t + 10.73);
    let factor: f64 = (k1 - k2) / (k1 + k2);
    let terms = [(0.0, 0.0), (k1, log1), (k2, log2), (k1 + k2, log1 + log2 + 2.0 * factor.abs().ln())];
    // Twice the variance of the rates, each term weighted by its share in the sum: no large numbers to subtract.
    let largest = terms.iter().fold(0.0, |largest, term| term.1.max(largest));
    let shares = terms.map(|(_, log)| (log - largest).exp());
    let sum: f64 = shares.iter().sum();
    let mean = terms.iter().zip(shares).map(|((k, _), share)| k * share).sum::<f64>() / sum;
    2.0 * terms.iter().zip(shares).map(|((k, _), share)| (k - mean).powi(2) * share).sum::<f64>() / sum
}

/// ∂ₜu = −6u∂ₓu − ∂ₓ³u.
pub(crate) fn korteweg_de_vries<T: Real>(u: &Jet<T>) -> T {
    -T::from_f64(6.0) * u.value * u.first - u.third
}

/// ∂ₜu = −u∂ₓu + 0.02∂ₓ²u.
pub(crate) fn burgers<T: Real>(u: &Jet<T>) -> T {
    T::from_f64(0.02) * u.second - u.value * u.first
}

/// ∂ₜu = 0.05∂ₓ²u + u − u³.
pub(crate) fn allen_cahn<T: Real>(u: &Jet<T>) -> T {
    T::from_f64(0.05) * u.second + u.value - u.value * u.value * u.value
}

/// Rotating detonation waves: ∂ₜη = −η∂ₓη + ν∂ₓ²η + (1 − λ)ω − εη, ∂ₜλ = ν∂ₓ²λ + (1 − λ)ω − βλ, where ω = exp((η − 1.1)/0.3), β
/// = 3.5/(1 + exp(5(η − 0.5))), ν = 0.01, ε = 0.11.
pub(crate) fn detonation<T: Real>(eta: &Jet<T>, lambda: &Jet<T>) -> [T; 2] {
    let number = T::from_f64;
    let release = (T::ONE - lambda.value) * ((eta.value - number(1.1)) / number(0.3)).exp();
    let refill = number(3.5) / (T::ONE + (number(5.0) * (eta.value - number(0.5))).exp());
    let diffusion = number(0.01);
    [
        diffusion * eta.second - eta.value * eta.first + release - number(0.11) * eta.value,
        diffusion * lambda.second + release - refill * lambda.value,
    ]
}

/// (1 − x²)·exp(−30(x + ½)²).
pub(crate) fn burgers_start(x: f64) -> f64 {
    (1.0 - x * x) * (-30.0 * (x + 0.5).powi(2)).exp()
}

/// tanh(2 sin x)/3 + ½cos(2x + 0.7).
pub(crate) fn allen_cahn_start(x: f64) -> f64 {
    (2.0 * x.sin()).tanh() / 3.0 + 0.5 * (2.0 * x + 0.7).cos()
}

/// η = 1 + 0.4·exp(−2.25(x − π)²), λ = 0.75.
pub(crate) fn detonation_start(x: f64) -> [f64; 2] {
    [1.0 + 0.4 * (-2.25 * (x - PI).powi(2)).exp(), 0.75]
}
