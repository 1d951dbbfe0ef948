//! The weight gradient of a pruned layer, of kept weights only, with the optimiser's update in the same pass.

#![allow(unsafe_code)]

use crate::{
    kernels::update::{Parameters, UpdateRule, apply_at},
    layout::ellpack::{Layout, SLICE},
    simd::{Kernel, LANES, Simd, opaque},
};

/// `g[slot] = sum over lanes of dy[row] * x[term]` over all slabs, then the update of that weight.
///
/// 16 sums across lanes are made together by a tree, so that a kept weight costs four multiply-adds and three more operations.
pub(crate) struct SparseGradient<'a, R> {
    pub(crate) layout: &'a Layout,
    /// Slabs of `[dy_rows][lane]`, with the scratch row.
    pub(crate) dy: &'a [f32],
    pub(crate) dy_rows: usize,
    /// Slabs of `[x_rows][lane]`.
    pub(crate) x: &'a [f32],
    pub(crate) x_rows: usize,
    pub(crate) slabs: usize,
    pub(crate) vectors: usize,
    /// In the layout's slots.
    pub(crate) parameters: Parameters<'a>,
    pub(crate) rule: R,
}

impl<R: UpdateRule> Kernel for SparseGradient<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        assert!((1..=4).contains(&self.vectors) && self.slabs > 0);
        assert!(self.dy_rows > self.layout.rows && self.x_rows >= self.layout.terms_end);
        assert!(
            self.dy.len() >= self.slabs * self.dy_rows * lanes
                && self.x.len() >= self.slabs * self.x_rows * lanes
        );
        self.parameters.check::<R>(self.layout.slots());
        // SAFETY: rows, terms and slots of a layout are inside of what is checked above.
        unsafe {
            match self.vectors {
                1 => self.slices::<S, 1>(s),
                2 => self.slices::<S, 2>(s),
                3 => self.slices::<S, 3>(s),
                _ => self.slices::<S, 4>(s),
            }
        }
    }
}

impl<R: UpdateRule> SparseGradient<'_, R> {
    #[inline(always)]
    unsafe fn slices<S: Simd, const V: usize>(self, s: S) {
        // SAFETY: the caller's promise.
        unsafe { if self.slabs == 1 { self.groups::<S, V, true>(s) } else { self.groups::<S, V, false>(s) } }
    }

    /// All slots, 16 at a time.
    #[inline(always)]
    unsafe fn groups<S: Simd, const V: usize, const ONE: bool>(mut self, s: S) {
        // The update of 16 slots waits for their square roots; it is made amid the sums of the next 16.
        let mut pending = None;
        for slice in &self.layout.slices {
            let mut slot = slice.start as usize;
            let end = slot + (slice.steps as usize) * SLICE;
            while slot < end {
                // SAFETY: the caller's promise.
                unsafe {
                    let low = s.merge2(
                        self.quad::<S, V, ONE>(s, slice.rows[0], slot),
                        self.quad::<S, V, ONE>(s, slice.rows[1], slot + 1),
                    );
                    self.apply(s, pending);
                    let high = s.merge2(
                        self.quad::<S, V, ONE>(s, slice.rows[2], slot + 2),
                        self.quad::<S, V, ONE>(s, slice.rows[3], slot + 3),
                    );
                    pending = Some((s.add(s.merge1(low, high), s.splat(R::START)), slot));
                }
                slot += 4 * SLICE;
            }
        }
        // SAFETY: the caller's promise.
        unsafe { self.apply(s, pending) };
    }

    /// The sums of four slots of a row, this one and the next three steps', each spread over four lanes.
    #[inline(always)]
    unsafe fn quad<S: Simd, const V: usize, const ONE: bool>(&self, s: S, row: u16, slot: usize) -> S::V {
        let lanes = V * LANES;
        let mut sums = [s.splat(0.0); 4];
        // SAFETY: the caller's promise.
        unsafe {
            for slab in 0..if ONE { 1 } else { self.slabs } {
                let dy = opaque(self.dy.as_ptr().add((slab * self.dy_rows + usize::from(row)) * lanes));
                let x = self.x.as_ptr().add(slab * self.x_rows * lanes);
                let mut dys = [s.splat(0.0); V];
                for v in 0..V {
                    dys[v] = s.load(dy.add(v * LANES));
                }
                for u in 0..4 {
                    let term = usize::from(*self.layout.terms.get_unchecked(slot + u * SLICE));
                    let x = opaque(x.add(term * lanes));
                    for v in 0..V {
                        let x = s.load(x.add(v * LANES));
                        sums[u] = if slab + v == 0 { s.mul(x, dys[v]) } else { s.fma(x, dys[v], sums[u]) };
                    }
                }
            }
            s.merge_quad(sums)
        }
    }

    /// Updates the weights of 16 slots.
    #[inline(always)]
    unsafe fn apply<S: Simd>(&mut self, s: S, pending: Option<(S::V, usize)>) {
        if let Some((g, slot)) = pending {
            // SAFETY: the caller's promise.
            unsafe {
                let kept = *self.layout.kept.get_unchecked(slot / LANES);
                apply_at(s, &self.rule, g, self.parameters.slots(slot), Some(kept));
            }
        }
    }
}
