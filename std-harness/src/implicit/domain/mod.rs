//! Domains whose values are known or can be sampled: a chain, four rooms, a car in a valley.
//!
//! Definitions are those of the program behind the published figures, with what is peculiar to it; see each domain. A reward offset is
//! added to every reward, so that a return is linear in it: samples carry both parts.

mod car;
mod chain;
mod finite;
mod rooms;

use clap::ValueEnum;
use reparam::implicit::{Error as Refused, Feature, OneHot};
use reparam::random::SplitMix64;
use serde::Serialize;

pub use finite::Finite;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// Eleven states in a row
    Chain,
    /// A grid of 11 × 11 cells with walls
    Rooms,
    /// Mountain car, on 20 × 20 radial basis functions
    Car,
}

/// What a value belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// A state of a finite process.
    State(usize),
    /// Position and velocity.
    Point([f64; 2]),
}

/// A place and its return.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Where.
    pub place: Place,
    /// Return without an offset.
    pub value: f64,
    /// What an offset of 1 adds.
    pub shift: f64,
}

impl Sample {
    /// The return with an offset.
    pub fn target(&self, offset: f64) -> f64 {
        self.value + offset * self.shift
    }
}

/// What is learned from, and what is asked for at the end.
#[derive(Clone, Debug)]
pub struct Data {
    /// Returns of trajectories.
    pub train: Vec<Sample>,
    /// Values of all states, or returns of other trajectories.
    pub test: Vec<Sample>,
}

/// φ of a place.
#[derive(Clone, Copy, Debug)]
pub enum Phi<'a> {
    /// No feature: the value is 0 whatever is learned.
    Nothing,
    /// One feature.
    One(usize),
    /// All features.
    Dense(&'a [f64]),
}

impl Feature<f64> for Phi<'_> {
    fn dot(&self, w: &[f64]) -> Result<f64, Refused> {
        match *self {
            Self::Nothing => Ok(0.0),
            Self::One(index) => OneHot(index).dot(w),
            Self::Dense(phi) => phi.dot(w),
        }
    }
    fn add_to(&self, scale: f64, g: &mut [f64]) -> Result<(), Refused> {
        match *self {
            Self::Nothing => Ok(()),
            Self::One(index) => OneHot(index).add_to(scale, g),
            Self::Dense(phi) => phi.add_to(scale, g),
        }
    }
}

impl Domain {
    /// Its name on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Number of features.
    pub fn features(self) -> usize {
        match self {
            Self::Chain => chain::STATES,
            // The terminal state has none.
            Self::Rooms => rooms::CELLS,
            Self::Car => car::CENTERS * car::CENTERS,
        }
    }

    /// φ of a place; `buffer`, of [`features`](Self::features) numbers, is where it may be.
    pub fn phi(self, place: Place, buffer: &mut [f64]) -> crate::Result<Phi<'_>> {
        match place {
            Place::State(state) if state < buffer.len() => Ok(Phi::One(state)),
            Place::State(_) => Ok(Phi::Nothing),
            Place::Point(point) => {
                car::phi(point, buffer).map_err(super::failed)?;
                Ok(Phi::Dense(buffer))
            }
        }
    }

    /// The process and its policy, if it is finite.
    pub fn finite(self) -> Option<Finite> {
        match self {
            Self::Chain => Some(chain::process()),
            Self::Rooms => Some(rooms::process()),
            Self::Car => None,
        }
    }

    /// Data of a seed.
    pub fn data(self, seed: u64) -> Data {
        let rng = &mut SplitMix64::new(seed);
        let Some(process) = self.finite() else { return car::data(rng) };
        let train = match self {
            // Only where each trajectory begins.
            Self::Chain => {
                let starts = (0..50).map(|_| process.trajectory(rng, 100)[0]);
                starts.collect()
            }
            _ => (0..80).flat_map(|_| process.trajectory(rng, 80)).collect(),
        };
        Data { train, test: process.values() }
    }
}

/// Samples of a trajectory, whose return ends with it: places, each with the reward that followed.
fn returns(trajectory: &[(Place, f64)], discount: f64) -> Vec<Sample> {
    let (mut value, mut shift) = (0.0, 0.0);
    let mut samples: Vec<Sample> = trajectory
        .iter()
        .rev()
        .map(|&(place, reward)| {
            (value, shift) = (reward + discount * value, 1.0 + discount * shift);
            Sample { place, value, shift }
        })
        .collect();
    samples.reverse();
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_end_with_the_trajectory() {
        let place = Place::State(0);
        let samples = returns(&[(place, 1.0), (place, 2.0), (place, 4.0)], 0.5);
        let numbers: Vec<_> = samples.iter().map(|s| (s.value, s.shift)).collect();
        assert_eq!(numbers, [(3.0, 1.75), (4.0, 1.5), (4.0, 1.0)]);
        assert_eq!(samples[0].target(2.0), 6.5);
    }

    #[test]
    fn sizes() {
        for (domain, train, test) in [(Domain::Chain, 50, 11), (Domain::Rooms, 6400, 122)] {
            let data = domain.data(3);
            assert_eq!((data.train.len(), data.test.len()), (train, test));
        }
        let data = Domain::Car.data(3);
        assert_eq!(data.test.len(), 1000);
        assert!(data.train.len() <= 2000 && data.train.len() >= 10);
    }
}
