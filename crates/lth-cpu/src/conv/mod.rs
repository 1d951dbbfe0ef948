//! Convolutions: how they go over maps, how their weights are kept, and what is done with them.

/// Density from which on a convolution is stored and computed dense.
pub(crate) const CROSSOVER: f64 = 0.3;

mod gradient;
pub(crate) mod group;
pub(crate) mod layer;
pub(crate) mod sparse;
pub(crate) mod sweep;
pub(crate) mod weights;
pub(crate) mod winograd;
