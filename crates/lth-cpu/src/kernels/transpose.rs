//! From slabs to batch-major rows and back.

#![allow(unsafe_code)]

use crate::simd::{Kernel, LANES, Simd};

/// `[feature][lane]` of one slab into `[lane][width]`; features beyond the slab become zero.
pub(crate) struct ToBatchMajor<'a> {
    pub(crate) slab: &'a [f32],
    pub(crate) features: usize,
    pub(crate) vectors: usize,
    /// `[16 * vectors][width]`
    pub(crate) rows: &'a mut [f32],
    /// At least `features`, a multiple of 16.
    pub(crate) width: usize,
}

impl Kernel for ToBatchMajor<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        assert!(self.width % LANES == 0 && self.width >= self.features);
        assert!(self.slab.len() >= self.features * lanes && self.rows.len() >= lanes * self.width);
        for block in 0..self.width / LANES {
            for vector in 0..self.vectors {
                let mut from = [s.splat(0.0); LANES];
                let present = self.features.saturating_sub(block * LANES).min(LANES);
                for (i, row) in from.iter_mut().enumerate().take(present) {
                    // SAFETY: feature and lane are inside of the slab, checked above.
                    *row = unsafe { s.load(self.slab.as_ptr().add((block * LANES + i) * lanes + vector * LANES)) };
                }
                for (i, column) in s.transpose(from).into_iter().enumerate() {
                    // SAFETY: lane and feature are inside of the rows, checked above.
                    unsafe { s.store(self.rows.as_mut_ptr().add((vector * LANES + i) * self.width + block * LANES), column) };
                }
            }
        }
    }
}

/// `[lane][width]` into `[feature][lane]` of one slab.
pub(crate) struct ToSlab<'a> {
    /// `[16 * vectors][width]`
    pub(crate) rows: &'a [f32],
    /// A multiple of 16.
    pub(crate) width: usize,
    pub(crate) features: usize,
    pub(crate) vectors: usize,
    pub(crate) slab: &'a mut [f32],
}

impl Kernel for ToSlab<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        assert!(self.width % LANES == 0 && self.width >= self.features);
        assert!(self.slab.len() >= self.features * lanes && self.rows.len() >= lanes * self.width);
        for block in 0..self.features.div_ceil(LANES) {
            let present = (self.features - block * LANES).min(LANES);
            for vector in 0..self.vectors {
                let mut from = [s.splat(0.0); LANES];
                for (i, row) in from.iter_mut().enumerate() {
                    // SAFETY: lane and feature are inside of the rows, checked above.
                    *row = unsafe { s.load(self.rows.as_ptr().add((vector * LANES + i) * self.width + block * LANES)) };
                }
                for (i, column) in s.transpose(from).into_iter().enumerate().take(present) {
                    // SAFETY: feature and lane are inside of the slab, checked above.
                    unsafe { s.store(self.slab.as_mut_ptr().add((block * LANES + i) * lanes + vector * LANES), column) };
                }
            }
        }
    }
}
