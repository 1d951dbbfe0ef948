//! The weight gradient of a dense convolution.

#![allow(unsafe_code)]

use crate::{
    layout::{
        blocks::Blocks,
        shared::Shared,
        sweep::{TILE, TILE_ROW, Tap},
    },
    simd::{Kernel, LANES, Simd},
};

/// `g[o][c][k] (+)= sum over tiles, places and lanes of dy[o] * x[c][k]`, for the four outputs of one block.
pub(crate) struct GradientBlock<'a> {
    pub(crate) blocks: Blocks,
    /// Which four outputs.
    pub(crate) block: usize,
    pub(crate) taps: &'a [Tap],
    /// Patches of strips.
    pub(crate) patches: &'a [f32],
    /// Where each tile is in the patches of the first channel, and of the first output.
    pub(crate) tiles: &'a [(usize, usize)],
    /// Floats of a channel's patch.
    pub(crate) channel: usize,
    /// Floats from a row of a patch to the next.
    pub(crate) pitch: usize,
    /// Patches of the gradient of the output, zero beyond the grid and the batch.
    pub(crate) dy: &'a [f32],
    /// As `channel` and `pitch`, of `dy`.
    pub(crate) dy_channel: usize,
    pub(crate) dy_pitch: usize,
    /// As the weights; no other task may touch this block.
    pub(crate) gradient: Shared<'a>,
    /// `[output][16]`, sums of dy by lane, if there is a bias; in whole blocks of 4 outputs.
    pub(crate) bias: Option<Shared<'a>>,
    /// Whether to add to what is there.
    pub(crate) add: bool,
}

impl Kernel for GradientBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Blocks { inputs, outputs, kernel } = self.blocks;
        let last = self.taps.iter().map(|tap| tap.offset as usize).max().unwrap_or(0);
        assert!(self.block * 4 < outputs);
        for &(patch, dy) in self.tiles {
            let end = patch + (inputs - 1) * self.channel + last + self.pitch + TILE_ROW * LANES;
            let dy_end = dy + (outputs - 1) * self.dy_channel + self.dy_pitch + TILE_ROW * LANES;
            assert!(self.patches.len() >= end && self.dy.len() >= dy_end);
        }
        assert!(self.gradient.len() >= self.blocks.len());
        assert!(self.bias.is_none_or(|bias| bias.len() >= outputs * LANES));
        assert!(self.taps.iter().all(|tap| (tap.kernel as usize) < kernel));
        // SAFETY: lengths are checked above.
        unsafe {
            if let Some(bias) = self.bias {
                self.sum_bias(s, bias);
            }
            for channel in (0..inputs).step_by(4) {
                for tap in self.taps {
                    let sums = if S::TILE_VECTORS >= 4 {
                        self.sums::<S, 4>(s, channel, tap, 0)
                    } else {
                        let mut sums = [[s.splat(0.0); 4]; 4];
                        for r in 0..4 {
                            let [row] = self.sums::<S, 1>(s, channel, tap, r);
                            sums[r] = row;
                        }
                        sums
                    };
                    let at = (self.block * inputs.div_ceil(4) + channel / 4) * kernel + tap.kernel as usize;
                    let to = self.gradient.as_mut_ptr().add(at * LANES);
                    let g = s.sums(sums);
                    s.store(to, if self.add { s.add(s.load(to), g) } else { g });
                }
            }
        }
    }
}

impl GradientBlock<'_> {
    /// The sums by lane of R outputs from `row` of the block on, with four channels.
    #[inline(always)]
    unsafe fn sums<S: Simd, const R: usize>(
        &self,
        s: S,
        channel: usize,
        tap: &Tap,
        row: usize,
    ) -> [[S::V; 4]; R] {
        let Blocks { inputs, outputs, .. } = self.blocks;
        let mut sums = [[s.splat(0.0); 4]; R];
        // SAFETY: `run` checked the lengths.
        unsafe {
            // A channel or output that is not there is computed as the last one and thrown away.
            let from: [*const f32; 4] = std::array::from_fn(|u| {
                let channel = (channel + u).min(inputs - 1);
                self.patches.as_ptr().add(channel * self.channel + tap.offset as usize)
            });
            let dys: [*const f32; R] = std::array::from_fn(|r| {
                let output = (self.block * 4 + row + r).min(outputs - 1);
                self.dy.as_ptr().add(output * self.dy_channel)
            });
            for &(patch, dy) in self.tiles {
                for y in 0..TILE / TILE_ROW {
                    for v in 0..TILE_ROW {
                        let mut xs = [s.splat(0.0); 4];
                        for u in 0..4 {
                            xs[u] = s.load(from[u].add(patch + y * self.pitch + v * LANES));
                        }
                        for r in 0..R {
                            let dy = s.load(dys[r].add(dy + y * self.dy_pitch + v * LANES));
                            for u in 0..4 {
                                sums[r][u] = s.fma(dy, xs[u], sums[r][u]);
                            }
                        }
                    }
                }
            }
        }
        sums
    }

    #[inline(always)]
    unsafe fn sum_bias<S: Simd>(&self, s: S, bias: Shared<'_>) {
        for row in self.block * 4..(self.block * 4 + 4).min(self.blocks.outputs) {
            // SAFETY: `run` checked the lengths.
            unsafe {
                let to = bias.as_mut_ptr().add(row * LANES);
                let mut sum = if self.add { s.load(to) } else { s.splat(0.0) };
                for &(_, dy) in self.tiles {
                    let dy = self.dy.as_ptr().add(row * self.dy_channel + dy);
                    let mut part = s.splat(0.0);
                    for y in 0..TILE / TILE_ROW {
                        for v in 0..TILE_ROW {
                            part = s.add(part, s.load(dy.add(y * self.dy_pitch + v * LANES)));
                        }
                    }
                    sum = s.add(sum, part);
                }
                s.store(to, sum);
            }
        }
    }
}
