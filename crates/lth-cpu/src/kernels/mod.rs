//! The kernels. Each is a struct of its arguments whose `run` checks them, compiled for every instruction set by
//! [`crate::simd`]; the tests have the same functions as plain loops.
//!
//! Activations are *slabs*: `[feature][lane]`, a lane being one example of the batch. A slab is `16 * vectors` lanes
//! wide, 1 to 4 vectors; a batch of more than 64 examples is several slabs. Lanes beyond the batch hold finite numbers and
//! touch neither loss nor gradients.
// Kernels are only fast where they are inlined into the function that enables the instructions, and tiles are arrays of
// registers that are walked by index.
#![allow(clippy::inline_always, clippy::needless_range_loop)]

pub(crate) mod activation;
pub(crate) mod apply;
pub(crate) mod bias;
pub(crate) mod conv;
pub(crate) mod input;
pub(crate) mod math;
pub(crate) mod matmul;
pub(crate) mod norm;
pub(crate) mod outer;
pub(crate) mod pool;
pub(crate) mod softmax;
pub(crate) mod sparse_gradient;
pub(crate) mod sparse_matmul;
pub(crate) mod transpose;
pub(crate) mod update;
