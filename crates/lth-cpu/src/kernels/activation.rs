//! Elementwise passes over slabs.

#![allow(unsafe_code)]

use crate::simd::{Kernel, LANES, Simd};

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

/// `y[i] *= factor`
pub(crate) struct Scale<'a> {
    pub(crate) y: &'a mut [f32],
    pub(crate) factor: f32,
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for y in self.y.chunks_exact_mut(LANES) {
            // SAFETY: a chunk has 16 floats.
            unsafe { s.store(y.as_mut_ptr(), s.mul(s.load(y.as_ptr()), s.splat(self.factor))) };
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

/// `y = max(a, 0)`, NaN kept, or `y = a + b` and perhaps ReLU.
pub(crate) struct Sum<'a> {
    pub(crate) a: &'a [f32],
    pub(crate) b: Option<&'a [f32]>,
    pub(crate) relu: bool,
    pub(crate) y: &'a mut [f32],
}

impl Kernel for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let len = self.y.len();
        assert!(len.is_multiple_of(LANES) && self.a.len() >= len && self.b.is_none_or(|b| b.len() >= len));
        for at in (0..len).step_by(LANES) {
            // SAFETY: lengths are checked above.
            unsafe {
                let mut y = s.load(self.a.as_ptr().add(at));
                if let Some(b) = self.b {
                    y = s.add(y, s.load(b.as_ptr().add(at)));
                }
                s.store(self.y.as_mut_ptr().add(at), if self.relu { s.max(s.splat(0.0), y) } else { y });
            }
        }
    }
}

/// `dx (+)= dy * factors`, 0 where a gate is not positive.
pub(crate) struct Pass<'a> {
    pub(crate) dy: &'a [f32],
    pub(crate) factors: Option<&'a [f32]>,
    pub(crate) gates: [Option<&'a [f32]>; 2],
    pub(crate) add: bool,
    pub(crate) dx: &'a mut [f32],
}

impl Kernel for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let len = self.dx.len();
        assert!(len.is_multiple_of(LANES) && self.dy.len() >= len);
        let others = [self.factors, self.gates[0], self.gates[1]];
        assert!(others.into_iter().flatten().all(|other| other.len() >= len));
        for at in (0..len).step_by(LANES) {
            // SAFETY: lengths are checked above.
            unsafe {
                let mut g = s.load(self.dy.as_ptr().add(at));
                if let Some(factors) = self.factors {
                    g = s.mul(g, s.load(factors.as_ptr().add(at)));
                }
                for gate in self.gates.into_iter().flatten() {
                    g = s.gate(s.load(gate.as_ptr().add(at)), g);
                }
                let to = self.dx.as_mut_ptr().add(at);
                s.store(to, if self.add { s.add(s.load(to), g) } else { g });
            }
        }
    }
}
