//! Kernels of convolutions. They work on tiles of 16 vectors and the patches that these read; see [`crate::layout::sweep`].

pub(crate) mod bias;
pub(crate) mod dense;
pub(crate) mod gradient;
pub(crate) mod moments;
pub(crate) mod pack;
pub(crate) mod place;
pub(crate) mod pooled;
pub(crate) mod sparse;
pub(crate) mod sparse_gradient;
pub(crate) mod target;
pub(crate) mod winograd;
pub(crate) mod winograd_gradient;
pub(crate) mod winograd_place;
