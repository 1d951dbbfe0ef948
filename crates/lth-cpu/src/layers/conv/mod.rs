//! Convolutions: how they go over maps, how their weights are kept, and what is done with them.

pub(crate) mod gradient;
pub(crate) mod group;
pub(crate) mod layer;
pub(crate) mod pass;
pub(crate) mod source;
pub(crate) mod sums;
pub(crate) mod update;
pub(crate) mod weights;
pub(crate) mod winograd;
