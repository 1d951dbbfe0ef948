//! The kernels. Each is one struct of its arguments with a checked constructor-free `run`, compiled for every
//! instruction set by [`crate::simd`]; [`crate::reference`] has the same functions as plain loops.
//!
//! Activations are *slabs*: `[feature][lane]`, a lane being one example of the batch. A slab is `16 * vectors` lanes
//! wide, 1 to 4 vectors; a batch of more than 64 examples is several slabs. Lanes beyond the batch hold finite numbers and
//! touch neither loss nor gradients.

pub(crate) mod activation;
pub(crate) mod bias;
pub(crate) mod input;
pub(crate) mod math;
pub(crate) mod matmul;
pub(crate) mod outer;
pub(crate) mod softmax;
pub(crate) mod sparse_gradient;
pub(crate) mod sparse_matmul;
pub(crate) mod transpose;
pub(crate) mod update;
