//! Stored rules, checked like new ones.

use serde::Deserialize;

use super::error::{Error, check_not_negative, check_positive};
use super::rule;
use crate::Real;

#[derive(Deserialize)]
pub(super) struct Floored<T> {
    floor: T,
}

impl<T: Real> TryFrom<Floored<T>> for rule::Floored<T> {
    type Error = Error;

    fn try_from(Floored { floor }: Floored<T>) -> Result<Self, Error> {
        Self::new(floor)
    }
}

#[derive(Deserialize)]
pub(super) struct HyperbolicEntropy<T> {
    scale: T,
}

impl<T: Real> TryFrom<HyperbolicEntropy<T>> for rule::HyperbolicEntropy<T> {
    type Error = Error;

    fn try_from(HyperbolicEntropy { scale }: HyperbolicEntropy<T>) -> Result<Self, Error> {
        Self::new(scale)
    }
}

#[derive(Deserialize)]
pub(super) struct Proportionate<T> {
    proportion: T,
    regularization: T,
    base: T,
    slope: T,
}

impl<T: Real> TryFrom<Proportionate<T>> for rule::Proportionate<T> {
    type Error = Error;

    fn try_from(stored: Proportionate<T>) -> Result<Self, Error> {
        let Proportionate { proportion, regularization, base, slope } = stored;
        check_positive(base, "base")?;
        check_not_negative(slope, "slope")?;
        let mut rule = Self::new(1, proportion, regularization)?;
        (rule.base, rule.slope) = (base, slope);
        Ok(rule)
    }
}
