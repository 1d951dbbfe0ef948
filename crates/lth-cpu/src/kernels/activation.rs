//! Elementwise passes over slabs.

#![allow(unsafe_code)]

use crate::simd::{Kernel, LANES, Simd};

/// `y[i] = max(y[i], 0)`, NaN kept; the length is a multiple of 16.
pub(crate) struct Relu<'a>(pub(crate) &'a mut [f32]);

impl Kernel for Relu<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for chunk in self.0.chunks_exact_mut(LANES) {
            // SAFETY: a chunk has 16 floats.
            unsafe { s.store(chunk.as_mut_ptr(), s.max(s.splat(0.0), s.load(chunk.as_ptr()))) };
        }
    }
}

/// `y[i] *= factors[i]`: dropout, forward and backward.
pub(crate) struct Multiply<'a> {
    pub(crate) y: &'a mut [f32],
    pub(crate) factors: &'a [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (y, factors) in self.y.chunks_exact_mut(LANES).zip(self.factors.chunks_exact(LANES)) {
            // SAFETY: chunks have 16 floats.
            unsafe { s.store(y.as_mut_ptr(), s.mul(s.load(y.as_ptr()), s.load(factors.as_ptr()))) };
        }
    }
}

/// `y[i] = 0` where `gate[i]` is not positive: the gradient of a ReLU.
pub(crate) struct Gate<'a> {
    pub(crate) y: &'a mut [f32],
    pub(crate) gate: &'a [f32],
}

impl Kernel for Gate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (y, gate) in self.y.chunks_exact_mut(LANES).zip(self.gate.chunks_exact(LANES)) {
            // SAFETY: chunks have 16 floats.
            unsafe { s.store(y.as_mut_ptr(), s.gate(s.load(gate.as_ptr()), s.load(y.as_ptr()))) };
        }
    }
}
