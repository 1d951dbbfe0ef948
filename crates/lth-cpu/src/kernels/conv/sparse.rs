//! A tile of a pruned convolution, forward or backward to the data: only kept weights are visited.

#![allow(unsafe_code)]

use crate::{
    layout::{
        entries::{Entry, Segment},
        sweep::{TILE, TILE_ROW},
    },
    simd::{Kernel, LANES, Simd, opaque},
};

/// `tile[row] = sum over the row's entries of weight * patch[offset]`, entries in order.
pub(crate) struct SparseTile<'a> {
    pub(crate) segments: &'a [Segment],
    /// Rows without a weight.
    pub(crate) empty: &'a [u32],
    pub(crate) entries: &'a [Entry],
    /// From the tile's place in the patch of the first channel on.
    pub(crate) patch: &'a [f32],
    /// Floats from a row of the patch to the next.
    pub(crate) pitch: usize,
    /// `[row][16 vectors]`
    pub(crate) tile: &'a mut [f32],
    pub(crate) rows: usize,
    /// One more than the largest offset.
    pub(crate) end: usize,
}

impl Kernel for SparseTile<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        assert!(self.end == 0 || self.patch.len() + 1 >= self.end + self.pitch + TILE_ROW * LANES);
        assert!(self.tile.len() >= self.rows * TILE * LANES);
        for &row in self.empty {
            self.tile[row as usize * TILE * LANES..][..TILE * LANES].fill(0.0);
        }
        // SAFETY: lengths are checked above; rows of segments are below `rows` and offsets below `end`.
        unsafe {
            if S::TILE_VECTORS >= 4 {
                self.rows::<S, 8>(s, 0);
            } else {
                for first in [0, 2, 4, 6] {
                    self.rows::<S, 2>(s, first);
                }
            }
        }
    }
}

impl SparseTile<'_> {
    /// V vectors of both rows of places, of every row of the tile.
    #[inline(always)]
    unsafe fn rows<S: Simd, const V: usize>(&mut self, s: S, first: usize) {
        for segment in self.segments {
            // SAFETY: the caller's promise.
            unsafe {
                let to = self.tile.as_mut_ptr().add((segment.row as usize * TILE + first) * LANES);
                let below = to.add(TILE_ROW * LANES);
                let patch = self.patch.as_ptr().add(first * LANES);
                let mut sums = [[s.splat(0.0); V]; 2];
                if !segment.first {
                    for v in 0..V {
                        sums[0][v] = s.load(to.add(v * LANES));
                        sums[1][v] = s.load(below.add(v * LANES));
                    }
                }
                for entry in self.entries.get_unchecked(segment.start as usize..segment.end as usize) {
                    let w = s.splat(entry.weight);
                    let x = opaque(patch.add(entry.offset as usize));
                    let x_below = opaque(x.add(self.pitch));
                    for v in 0..V {
                        sums[0][v] = s.fma(w, s.load(x.add(v * LANES)), sums[0][v]);
                    }
                    for v in 0..V {
                        sums[1][v] = s.fma(w, s.load(x_below.add(v * LANES)), sums[1][v]);
                    }
                }
                for v in 0..V {
                    s.store(to.add(v * LANES), sums[0][v]);
                    s.store(below.add(v * LANES), sums[1][v]);
                }
            }
        }
    }
}
