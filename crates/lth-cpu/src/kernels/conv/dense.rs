//! A tile of a dense convolution, forward or backward to the data.

#![allow(unsafe_code)]

use crate::{
    layout::{
        blocks::Blocks,
        sweep::{TILE, TILE_ROW, Tap},
    },
    simd::{Kernel, LANES, Simd},
};

/// `tile[row] = sum over channels and taps of weight(row, channel, tap) * patch[channel][tap]`, channels and taps in order.
///
/// Forward: rows are outputs and channels inputs. Data gradient: rows are inputs and channels outputs.
pub(crate) struct DenseTile<'a> {
    pub(crate) weights: &'a [f32],
    pub(crate) blocks: Blocks,
    pub(crate) forward: bool,
    /// The first row that is made, a multiple of 4, and how many.
    pub(crate) first: usize,
    pub(crate) rows: usize,
    pub(crate) taps: &'a [Tap],
    /// From the tile's place in the patch of the first channel on.
    pub(crate) patch: &'a [f32],
    /// Floats of a channel's patch.
    pub(crate) channel: usize,
    /// Floats from a row of the patch to the next.
    pub(crate) pitch: usize,
    /// `[row][16 vectors]` from the first row on, in whole blocks of 4.
    pub(crate) tile: &'a mut [f32],
}

/// Vectors whose sums are made together with those of 4 rows.
const QUAD: usize = 4;

impl Kernel for DenseTile<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (all, channels) = if self.forward {
            (self.blocks.outputs, self.blocks.inputs)
        } else {
            (self.blocks.inputs, self.blocks.outputs)
        };
        let rows = self.rows;
        assert!(self.first.is_multiple_of(4) && self.first + rows <= all);
        assert!(self.weights.len() >= self.blocks.len());
        assert!(self.tile.len() >= rows.next_multiple_of(4) * TILE * LANES);
        let last = self.taps.iter().map(|tap| tap.offset as usize).max().unwrap_or(0);
        let end = (channels - 1) * self.channel + last + self.pitch + TILE_ROW * LANES;
        assert!(self.taps.is_empty() || self.patch.len() >= end);
        assert!(self.taps.iter().all(|tap| (tap.kernel as usize) < self.blocks.kernel));
        for block in 0..rows.div_ceil(4) {
            for quad in 0..TILE / QUAD {
                let (row, half) = (quad * QUAD / TILE_ROW, quad * QUAD % TILE_ROW);
                let patch = row * self.pitch + half * LANES;
                // SAFETY: lengths are checked above.
                unsafe {
                    if S::TILE_VECTORS >= 4 {
                        self.sums::<S, 4>(s, block, channels, patch, quad * QUAD);
                    } else {
                        for v in 0..QUAD {
                            self.sums::<S, 1>(s, block, channels, patch + v * LANES, quad * QUAD + v);
                        }
                    }
                }
            }
        }
    }
}

impl DenseTile<'_> {
    /// V vectors of 4 rows.
    #[inline(always)]
    unsafe fn sums<S: Simd, const V: usize>(
        &mut self,
        s: S,
        block: usize,
        channels: usize,
        patch: usize,
        vector: usize,
    ) {
        let blocks = self.blocks;
        let (row_block, channel_block) = blocks.steps(self.forward);
        // Within 16 weights, lane 4 u + t is input u and output t of their block.
        let (row_step, channel_step) = if self.forward { (1, 4) } else { (4, 1) };
        let mut sums = [[s.splat(0.0); V]; 4];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let patch = self.patch.as_ptr().add(patch);
            let weights = self.weights.as_ptr().add((self.first / 4 + block) * row_block);
            for channel in (0..channels).step_by(4) {
                let present = (channels - channel).min(4);
                let weights = weights.add(channel / 4 * channel_block);
                let patch = patch.add(channel * self.channel);
                for tap in self.taps {
                    let mut w = weights.add(tap.kernel as usize * LANES);
                    let mut x = patch.add(tap.offset as usize);
                    for _ in 0..present {
                        let mut xs = [s.splat(0.0); V];
                        for v in 0..V {
                            xs[v] = s.load(x.add(v * LANES));
                        }
                        for r in 0..4 {
                            let w = s.splat(*w.add(r * row_step));
                            for v in 0..V {
                                sums[r][v] = s.fma(w, xs[v], sums[r][v]);
                            }
                        }
                        w = w.add(channel_step);
                        x = x.add(self.channel);
                    }
                }
            }
            for r in 0..4 {
                let to = self.tile.as_mut_ptr().add(((block * 4 + r) * TILE + vector) * LANES);
                for v in 0..V {
                    s.store(to.add(v * LANES), sums[r][v]);
                }
            }
        }
    }
}
