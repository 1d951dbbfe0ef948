//! From slabs to batch-major blocks and back.
//!
//! Inputs become `[vector][row][16]`, gradients `[panel][row + 1][20]`, a row being a lane of the batch and the last row of a
//! panel nothing: what the weight gradient of one tile reads is contiguous.

#![allow(unsafe_code)]

use crate::{
    layout::panels::PANEL,
    simd::{Kernel, LANES, Simd},
};

/// One slab, and where it goes in batch-major blocks.
#[derive(Clone, Copy)]
pub(crate) struct Slab<'a> {
    /// `[feature][lane]`
    pub(crate) values: &'a [f32],
    pub(crate) features: usize,
    pub(crate) vectors: usize,
    /// Its first row.
    pub(crate) first: usize,
    /// Rows of the whole batch.
    pub(crate) rows: usize,
}

impl Slab<'_> {
    /// 16 features from `feature` on, of 16 lanes, transposed: result i is lane i. Features beyond the slab are zero.
    #[inline(always)]
    unsafe fn columns<S: Simd>(&self, s: S, feature: usize, vector: usize) -> [S::V; LANES] {
        let mut from = [s.splat(0.0); LANES];
        let present = self.features.saturating_sub(feature).min(LANES);
        for (i, row) in from.iter_mut().enumerate().take(present) {
            // SAFETY: the caller says that the slab has the feature and lane.
            *row = unsafe {
                s.load(self.values.as_ptr().add((feature + i) * self.vectors * LANES + vector * LANES))
            };
        }
        s.transpose(from)
    }

    fn check(&self) {
        assert!(self.values.len() >= self.features * self.vectors * LANES);
        assert!(self.first + self.vectors * LANES <= self.rows);
    }
}

/// A slab of inputs into `[vector][row][16]`.
pub(crate) struct ToVectors<'a> {
    pub(crate) slab: Slab<'a>,
    pub(crate) to: &'a mut [f32],
}

impl Kernel for ToVectors<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let slab = self.slab;
        slab.check();
        let blocks = slab.features.div_ceil(LANES);
        assert!(self.to.len() >= blocks * slab.rows * LANES);
        for block in 0..blocks {
            for vector in 0..slab.vectors {
                // SAFETY: checked above.
                unsafe {
                    let columns = slab.columns(s, block * LANES, vector);
                    let to =
                        self.to.as_mut_ptr().add((block * slab.rows + slab.first + vector * LANES) * LANES);
                    for (i, column) in columns.into_iter().enumerate() {
                        s.store(to.add(i * LANES), column);
                    }
                }
            }
        }
    }
}

/// A slab of gradients into `[panel][row + 1][20]`; slabs in ascending order, since each writes into the row after its last.
pub(crate) struct ToPanels<'a> {
    pub(crate) slab: Slab<'a>,
    pub(crate) to: &'a mut [f32],
}

impl ToPanels<'_> {
    /// Floats that `to` must have.
    pub(crate) fn len(features: usize, rows: usize) -> usize {
        features.div_ceil(PANEL) * (rows + 1) * PANEL
    }
}

impl Kernel for ToPanels<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let slab = self.slab;
        slab.check();
        assert!(self.to.len() >= Self::len(slab.features, slab.rows));
        for panel in 0..slab.features.div_ceil(PANEL) {
            // The last 4 of 20 first: the vectors that bring them write over what follows them.
            for part in [LANES, 0] {
                for vector in 0..slab.vectors {
                    // SAFETY: checked above; a vector from the last 4 of a row ends 12 floats into the next.
                    unsafe {
                        let columns = slab.columns(s, panel * PANEL + part, vector);
                        let row = panel * (slab.rows + 1) + slab.first + vector * LANES;
                        let to = self.to.as_mut_ptr().add(row * PANEL + part);
                        for (i, column) in columns.into_iter().enumerate() {
                            s.store(to.add(i * PANEL), column);
                        }
                    }
                }
            }
        }
    }
}

/// Rows of examples into a slab.
pub(crate) struct RowsToSlab<'a> {
    /// `[example][width]`; lanes beyond them become zero.
    pub(crate) rows: &'a [f32],
    /// At least `features`.
    pub(crate) width: usize,
    pub(crate) features: usize,
    pub(crate) vectors: usize,
    pub(crate) slab: &'a mut [f32],
}

impl Kernel for RowsToSlab<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let lanes = self.vectors * LANES;
        assert!(0 < self.features && self.features <= self.width && self.slab.len() >= self.features * lanes);
        let examples = self.rows.len() / self.width;
        for block in 0..self.features.div_ceil(LANES) {
            let present = (self.features - block * LANES).min(LANES);
            for vector in 0..self.vectors {
                let examples = examples.saturating_sub(vector * LANES).min(LANES);
                let from = vector * LANES * self.width + block * LANES;
                let mut rows = [s.splat(0.0); LANES];
                if present == LANES && examples == LANES {
                    for (i, row) in rows.iter_mut().enumerate() {
                        // SAFETY: the example is there, with this whole vector of features.
                        *row = unsafe { s.load(self.rows.as_ptr().add(from + i * self.width)) };
                    }
                } else {
                    for (i, row) in rows.iter_mut().enumerate().take(examples) {
                        let from = &self.rows[from + i * self.width..][..present];
                        let mut values = [0.0; LANES];
                        let from = if present == LANES {
                            from
                        } else {
                            values[..present].copy_from_slice(from);
                            &values
                        };
                        // SAFETY: 16 floats.
                        *row = unsafe { s.load(from.as_ptr()) };
                    }
                }
                for (i, column) in s.transpose(rows).into_iter().enumerate().take(present) {
                    let at = (block * LANES + i) * lanes + vector * LANES;
                    // SAFETY: the slab has the feature and lanes, checked above.
                    unsafe { s.store(self.slab.as_mut_ptr().add(at), column) };
                }
            }
        }
    }
}
