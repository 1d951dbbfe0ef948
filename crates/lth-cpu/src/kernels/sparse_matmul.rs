//! Sparse products with a slab: the forward pass and the data gradient of a pruned layer.

#![allow(unsafe_code)]

use crate::{
    simd::{Kernel, LANES, Simd, opaque},
    sparse::{Layout, SLICE, Slice},
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
        for row in 0..rows {
            let start = s.splat(self.start.map_or(0.0, |start| start[row]));
            for vector in 0..self.vectors {
                // SAFETY: the row is inside of y, checked above.
                unsafe { s.store(y.add(row * lanes + vector * LANES), start) };
            }
        }
        // SAFETY: rows, terms and slots of a layout are inside of what is checked above.
        unsafe {
            if S::TILE_VECTORS >= 4 {
                match self.vectors {
                    1 => self.columns::<S, 1>(s, y, 0),
                    2 => self.columns::<S, 2>(s, y, 0),
                    3 => self.columns::<S, 3>(s, y, 0),
                    _ => self.columns::<S, 4>(s, y, 0),
                }
            } else {
                for vector in 0..self.vectors {
                    self.columns::<S, 1>(s, y, vector);
                }
            }
        }
    }
}

impl SparseMatmul<'_> {
    #[inline(always)]
    unsafe fn columns<S: Simd, const V: usize>(&self, s: S, y: *mut f32, first: usize) {
        for slice in &self.layout.slices {
            // SAFETY: the caller's promise.
            unsafe {
                if self.through.is_some() {
                    self.slice::<S, V, true>(s, slice, y, first);
                } else {
                    self.slice::<S, V, false>(s, slice, y, first);
                }
            }
        }
    }

    /// Four rows times V vectors of accumulators.
    #[inline(always)]
    unsafe fn slice<S: Simd, const V: usize, const THROUGH: bool>(
        &self,
        s: S,
        slice: &Slice,
        y: *mut f32,
        first: usize,
    ) {
        // Known to the compiler where a tile is as wide as the slab.
        let lanes = if S::TILE_VECTORS >= 4 { V * LANES } else { self.vectors * LANES };
        // SAFETY: the caller's promise.
        unsafe {
            let x = self.x.as_ptr().add(first * LANES);
            let y = y.add(first * LANES);
            let rows = slice.rows.map(|row| y.add(usize::from(row) * lanes));
            let mut sums = [[s.splat(0.0); V]; SLICE];
            for r in 0..SLICE {
                for v in 0..V {
                    sums[r][v] = s.load(rows[r].add(v * LANES));
                }
            }
            let mut slot = slice.start as usize;
            let end = slot + slice.used as usize * SLICE;
            while slot < end {
                for r in 0..SLICE {
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
            for r in 0..SLICE {
                for v in 0..V {
                    s.store(rows[r].add(v * LANES), sums[r][v]);
                }
            }
        }
    }
}
