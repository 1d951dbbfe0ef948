//! The gradient of biases, with their update.

#![allow(unsafe_code)]

use crate::{
    kernels::update::{Parameters, UpdateRule, apply_at},
    simd::{Kernel, LANES, Simd},
};

/// `g[o] = sum over lanes of dy[o]` over all slabs, then the update of `b[o]`.
pub(crate) struct Bias<'a, R> {
    /// Slabs of `[rows][lane]`, one after the other, `rows` a multiple of 16.
    pub(crate) dy: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) slabs: usize,
    pub(crate) vectors: usize,
    pub(crate) parameters: Parameters<'a>,
    pub(crate) rule: R,
}

impl<R: UpdateRule> Kernel for Bias<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let lanes = self.vectors * LANES;
        assert!(self.rows.is_multiple_of(LANES) && self.dy.len() >= self.slabs * self.rows * lanes);
        self.parameters.check::<R>(self.rows);
        for block in (0..self.rows).step_by(LANES) {
            let mut quads = [[s.splat(0.0); 4]; 4];
            for slab in 0..self.slabs {
                for (t, quad) in quads.iter_mut().enumerate() {
                    for (u, sum) in quad.iter_mut().enumerate() {
                        // Result lane 4 u + t of `sums` belongs to quads[t][u].
                        let row = (slab * self.rows + block + 4 * u + t) * lanes;
                        for vector in 0..self.vectors {
                            // SAFETY: checked above.
                            *sum = s.add(*sum, unsafe { s.load(self.dy.as_ptr().add(row + vector * LANES)) });
                        }
                    }
                }
            }
            // SAFETY: `check` above.
            unsafe {
                let g = s.add(s.sums(quads), s.splat(R::START));
                apply_at(s, &self.rule, g, self.parameters.slots(block), None);
            }
        }
    }
}
