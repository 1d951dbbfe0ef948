//! Sums of a gradient by lane, for the bias.

#![allow(unsafe_code)]

use crate::{
    layout::sweep::{TILE, TILE_ROW},
    simd::{Kernel, LANES, Simd},
};

/// `sum (+)= dy` over the tiles of some strips, of one output.
pub(crate) struct LaneSums<'a> {
    /// From the output's first patch on.
    pub(crate) dy: &'a [f32],
    /// Where each tile is, second.
    pub(crate) tiles: &'a [(usize, usize)],
    /// Floats from a row of a patch to the next.
    pub(crate) pitch: usize,
    pub(crate) sums: &'a mut [f32],
    pub(crate) add: bool,
}

impl Kernel for LaneSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        assert!(self.sums.len() >= LANES);
        let last = self.tiles.iter().map(|&(_, dy)| dy).max().unwrap_or(0);
        assert!(self.dy.len() >= last + self.pitch + TILE_ROW * LANES);
        // SAFETY: lengths are checked above.
        unsafe {
            let mut sum = if self.add { s.load(self.sums.as_ptr()) } else { s.splat(0.0) };
            for &(_, dy) in self.tiles {
                let dy = self.dy.as_ptr().add(dy);
                let mut part = [s.splat(0.0); 4];
                for y in 0..TILE / TILE_ROW {
                    for v in 0..TILE_ROW {
                        part[v % 4] = s.add(part[v % 4], s.load(dy.add(y * self.pitch + v * LANES)));
                    }
                }
                sum = s.add(sum, s.add(s.add(part[0], part[1]), s.add(part[2], part[3])));
            }
            s.store(self.sums.as_mut_ptr(), sum);
        }
    }
}
