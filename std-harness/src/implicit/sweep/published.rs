//! Published logs.

use serde::Serialize;

use super::super::domain::Domain;
use super::super::estimator::Method;
use super::run::{Plan, Setting};

/// "domain method eta step offset diverged mean deviation median ones orthogonal first", made by
/// tests/reference/implicit_logs.py.
const LOGS: &str = include_str!("../../../../tests/reference/implicit_logs.txt");

/// Norms of the last residual over 20 seeds, as in [`Row`](super::Row): of runs that have not diverged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Published {
    pub diverged: usize,
    pub mean: f64,
    pub sd: f64,
    pub median: f64,
    pub ones: f64,
    pub orthogonal: f64,
    pub first: f64,
}

/// Seeds behind each figure.
pub const SEEDS: usize = 20;

/// The figures of a setting. There are some for 300 steps of 25 samples, discounts 0.8, 0.9, 0.95, 0.975, offsets 0, 0.2, 0.5, 0.8,
/// 1 and six powers of two as step sizes.
pub fn find(plan: &Plan, setting: Setting) -> Option<Published> {
    if (plan.updates, plan.batch) != (300, 25) {
        return None;
    }
    let (domain, method) = (plan.domain.name(), setting.method.name());
    LOGS.lines().find_map(|line| {
        let mut cells = line.split(' ');
        let named = cells.next() == Some(domain.as_str()) && cells.next() == Some(method.as_str());
        if !named {
            return None;
        }
        let numbers: Vec<f64> = cells.filter_map(|cell| cell.parse().ok()).collect();
        match numbers[..] {
            [eta, step, offset, diverged, mean, sd, median, ones, orthogonal, first]
                // Step sizes have six digits there.
                if eta == setting.eta && (step / setting.step - 1.0).abs() < 1e-5 && offset == setting.offset =>
            {
                let diverged = diverged as usize;
                Some(Published { diverged, mean, sd, median, ones, orthogonal, first })
            }
            _ => None,
        }
    })
}

/// The step size that the published program of pictures marks as best.
pub fn best_step(domain: Domain, method: Method, eta: f64) -> Option<f64> {
    let steps = match (domain, method) {
        (Domain::Chain, Method::Explicit) => return Some(0.5),
        (Domain::Rooms, Method::Explicit) => return Some(32.0),
        (Domain::Car, Method::Explicit) => return Some(128.0),
        (Domain::Chain, Method::Implicit) => [1.0 / 32.0, 1.0 / 64.0, 1.0 / 64.0, 1.0 / 128.0],
        (Domain::Rooms | Domain::Car, Method::Implicit) => [4.0, 2.0, 1.0, 0.25],
    };
    let place = [0.8, 0.9, 0.95, 0.975].iter().position(|&known| known == eta);
    place.map(|place| steps[place])
}

/// Settings with the best steps: explicit values once, implicit ones for each discount of which most runs end, at all offsets.
pub fn best(domain: Domain) -> Vec<Setting> {
    let etas: &[f64] = match domain {
        Domain::Chain => &[0.8, 0.9, 0.95, 0.975],
        Domain::Rooms | Domain::Car => &[0.9, 0.95],
    };
    let methods = [(Method::Explicit, 0.95)].into_iter();
    let methods = methods.chain(etas.iter().map(|&eta| (Method::Implicit, eta)));
    let settings = methods.filter_map(|(method, eta)| {
        let step = best_step(domain, method, eta)?;
        Some([0.0, 0.2, 0.5, 0.8, 1.0].map(|offset| Setting { method, eta, step, offset }))
    });
    settings.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_all_best_settings() {
        for domain in [Domain::Chain, Domain::Rooms, Domain::Car] {
            let plan = Plan { domain, updates: 300, batch: 25 };
            for setting in best(domain) {
                assert!(find(&plan, setting).is_some_and(|p| p.diverged <= 1), "{domain:?} {setting:?}");
            }
        }
        let plan = Plan { domain: Domain::Chain, updates: 300, batch: 25 };
        let explicit = Setting { method: Method::Explicit, eta: 0.95, step: 0.5, offset: 1.0 };
        assert_eq!(find(&plan, explicit).map(|p| (p.mean, p.sd)), Some((7.18385, 5.91228)));
        assert_eq!(find(&Plan { updates: 301, ..plan }, explicit), None);
    }
}
