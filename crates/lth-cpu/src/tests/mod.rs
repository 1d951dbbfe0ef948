//! Property tests of every kernel, on every instruction set, against plain loops in 64 bits.
//!
//! Data comes from seeded streams, so that a failing case is told by its shape and seed. Error bounds are those of the
//! arithmetic: a sum of k products in 32 bits is off by at most (k + 2) half units in the last place of the sum of their
//! magnitudes.

// Kernels must be inlined into the function that enables their instructions.
#![allow(unsafe_code, clippy::inline_always)]

mod convolutions;
mod elementwise;
mod gradients;
mod input;
mod math;
mod pooled;
mod products;
mod reference;
mod softmax;
mod support;
mod transposes;
mod updates;
