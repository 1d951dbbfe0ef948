//! The optimiser's update from a gradient that is there already.

#![allow(unsafe_code)]

use crate::{
    kernels::update::{Parameters, UpdateRule, apply_at},
    simd::{Kernel, LANES, Simd},
};

/// Updates 16 weights at a time.
pub(crate) struct Apply<'a, R> {
    pub(crate) parameters: Parameters<'a>,
    /// As the weights, a multiple of 16.
    pub(crate) gradient: &'a [f32],
    /// One word for each 16 weights, bit set where a weight is kept; absent where all are.
    pub(crate) kept: Option<&'a [u16]>,
    pub(crate) rule: R,
}

impl<R: UpdateRule> Kernel for Apply<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let chunks = self.gradient.len() / LANES;
        self.parameters.check::<R>(chunks * LANES);
        assert!(self.kept.is_none_or(|kept| kept.len() >= chunks));
        for chunk in 0..chunks {
            // SAFETY: lengths are checked above.
            unsafe {
                let g = s.load(self.gradient.as_ptr().add(chunk * LANES));
                let kept = self.kept.map(|kept| *kept.get_unchecked(chunk));
                let slots = self.parameters.slots(chunk * LANES);
                apply_at(s, &self.rule, s.add(g, s.splat(R::START)), slots, kept);
            }
        }
    }
}
