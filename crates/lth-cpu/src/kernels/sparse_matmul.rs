//! Sparse products with a slab: the forward pass and the data gradient of a pruned layer.

#![allow(unsafe_code)]

use crate::{
    kernels::matmul::End,
    layout::ellpack::{Layout, SLICE, Slice},
    simd::{Kernel, LANES, Simd, opaque},
};

/// `y[row] = start[row] + sum over the kept terms of w * x[term]`, terms ascending: the bits of the dense product.
pub(crate) struct SparseMatmul<'a> {
    pub(crate) layout: &'a Layout,
    /// The weight of each slot of the layout, or what `through` points into.
    pub(crate) weights: &'a [f32],
    /// For a transposed layout: where in `weights` the weight of each slot is.
    pub(crate) through: Option<&'a [u32]>,
    pub(crate) x: &'a [f32],
    /// Rows and one scratch row after them.
    pub(crate) y: &'a mut [f32],
    pub(crate) start: Option<&'a [f32]>,
    pub(crate) vectors: usize,
    pub(crate) end: End<'a>,
}

impl Kernel for SparseMatmul<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let y = self.y.as_mut_ptr();
        let (lanes, rows) = (self.vectors * LANES, self.layout.rows);
        assert!((1..=4).contains(&self.vectors));
        assert!(self.x.len() >= self.layout.terms_end * lanes && self.y.len() >= (rows + 1) * lanes);
        assert!(self.start.is_none_or(|start| start.len() >= rows));
        match self.through {
            None => assert!(self.weights.len() >= self.layout.slots()),
            Some(through) => {
                assert!(through.len() >= self.layout.slots());
                debug_assert!(through.iter().all(|&at| (at as usize) < self.weights.len()));
            }
        }
        if let End::Gate(gate) = self.end {
            assert!(gate.len() >= (rows + 1) * lanes);
        }
        // SAFETY: rows, terms and slots of a layout are inside of what is checked above.
        unsafe {
            // As many sums as there are registers for: four rows of up to four vectors, or one.
            match (S::TILE_VECTORS >= 4, self.vectors) {
                (_, 1) => self.slices::<S, SLICE, 1>(s, y),
                (true, 2) => self.slices::<S, SLICE, 2>(s, y),
                (true, 3) => self.slices::<S, SLICE, 3>(s, y),
                (true, _) => self.slices::<S, SLICE, 4>(s, y),
                (false, 2) => self.slices::<S, 2, 2>(s, y),
                (false, 3) => self.slices::<S, 1, 3>(s, y),
                (false, _) => self.slices::<S, 1, 4>(s, y),
            }
        }
    }
}

impl SparseMatmul<'_> {
    #[inline(always)]
    unsafe fn slices<S: Simd, const R: usize, const V: usize>(&self, s: S, y: *mut f32) {
        for slice in &self.layout.slices {
            for first in (0..SLICE).step_by(R) {
                // SAFETY: the caller's promise.
                unsafe {
                    if self.through.is_some() {
                        self.tile::<S, R, V, true>(s, slice, first, y);
                    } else {
                        self.tile::<S, R, V, false>(s, slice, first, y);
                    }
                }
            }
        }
    }

    /// R rows of a slice, from its row `first` on, times V vectors of accumulators: all lanes of the slab.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize, const V: usize, const THROUGH: bool>(
        &self,
        s: S,
        slice: &Slice,
        first: usize,
        y: *mut f32,
    ) {
        let lanes = V * LANES;
        // SAFETY: the caller's promise.
        unsafe {
            let x = self.x.as_ptr();
            let mut rows = [0; R];
            let mut sums = [[s.splat(0.0); V]; R];
            for r in 0..R {
                let row = usize::from(slice.rows[first + r]);
                rows[r] = row * lanes;
                if slice.starts {
                    // The scratch row has no bias.
                    let start = match self.start {
                        Some(start) if row < self.layout.rows => *start.get_unchecked(row),
                        _ => 0.0,
                    };
                    sums[r] = [s.splat(start); V];
                } else {
                    for v in 0..V {
                        sums[r][v] = s.load(y.add(rows[r] + v * LANES));
                    }
                }
            }
            let mut slot = slice.start as usize + first;
            let end = slot + slice.used as usize * SLICE;
            while slot < end {
                for r in 0..R {
                    let term = usize::from(*self.layout.terms.get_unchecked(slot + r));
                    let at = match (THROUGH, self.through) {
                        (true, Some(through)) => *through.get_unchecked(slot + r) as usize,
                        _ => slot + r,
                    };
                    let w = s.splat(*self.weights.get_unchecked(at));
                    let x = opaque(x.add(term * lanes));
                    for v in 0..V {
                        sums[r][v] = s.fma(w, s.load(x.add(v * LANES)), sums[r][v]);
                    }
                }
                slot += SLICE;
            }
            for r in 0..R {
                for v in 0..V {
                    let at = rows[r] + v * LANES;
                    let value = if slice.ends { self.end.of(s, sums[r][v], at) } else { sums[r][v] };
                    s.store(y.add(at), value);
                }
            }
        }
    }
}
