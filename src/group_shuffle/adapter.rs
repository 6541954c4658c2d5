//! Orthogonal adapters.

/// What Q multiplies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Side {
    /// The weight: the merged weight is Q W.
    #[default]
    Weight,
    /// The input.
    Input,
}
