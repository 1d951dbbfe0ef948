//! How activations, weights and gradients lie in memory. Below the kernels, which read it.

pub(crate) mod blocks;
pub(crate) mod buffer;
pub(crate) mod ellpack;
pub(crate) mod entries;
pub(crate) mod lanes;
pub(crate) mod panels;
pub(crate) mod place;
pub(crate) mod shared;
pub(crate) mod sweep;
