//! The weight gradient of a pruned convolution, of kept weights only.

#![allow(unsafe_code)]

use crate::{
    layout::{
        entries::{SUMMED_TILES, Segment, slot},
        shared::Shared,
        sweep::{TILE_ROW, TILE_ROWS},
    },
    simd::{Kernel, LANES, Simd, opaque},
};

/// `g[slot] (+)= sum over the places and lanes of tiles of dy[output] * patch[offset]`, for the segments of a share.
pub(crate) struct SparseGradientTiles<'a> {
    pub(crate) segments: &'a [Segment],
    /// Of every slot.
    pub(crate) offsets: &'a [u32],
    /// One more than the largest offset.
    pub(crate) end: usize,
    /// Where each tile is in the patches of the first channel, and of the first output; up to [`SUMMED_TILES`].
    pub(crate) tiles: &'a [(usize, usize)],
    pub(crate) patch: &'a [f32],
    /// Floats from a row of the patch to the next.
    pub(crate) pitch: usize,
    /// The gradient of the outputs, zero beyond the grid and the batch.
    pub(crate) dy: &'a [f32],
    /// Floats of an output's patch, and from a row of it to the next.
    pub(crate) dy_channel: usize,
    pub(crate) dy_pitch: usize,
    pub(crate) outputs: usize,
    /// In slots; no other task may touch this share's.
    pub(crate) gradient: Shared<'a>,
    /// Whether to add to what is there.
    pub(crate) add: bool,
}

impl Kernel for SparseGradientTiles<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut rows = [(0, 0); SUMMED_TILES * TILE_ROWS];
        let count = self.tiles.len() * TILE_ROWS;
        for (place, row) in rows[..count].iter_mut().enumerate() {
            let ((tile, dy_tile), y) = (self.tiles[place / TILE_ROWS], place % TILE_ROWS);
            *row = (tile + y * self.pitch, dy_tile + y * self.dy_pitch);
            assert!(self.end == 0 || self.patch.len() + 1 >= self.end + row.0 + TILE_ROW * LANES);
            assert!(self.dy.len() >= (self.outputs - 1) * self.dy_channel + row.1 + TILE_ROW * LANES);
        }
        let slots = self.segments.last().map_or(0, |last| (last.end as usize).next_multiple_of(16));
        assert!(self.gradient.len() >= slots && self.offsets.len() >= slots);
        // SAFETY: lengths are checked above; outputs of segments are below `outputs`, offsets below `end`.
        unsafe { self.sum(s, &rows[..count]) }
    }
}

impl SparseGradientTiles<'_> {
    #[inline(always)]
    unsafe fn sum<S: Simd>(&self, s: S, rows: &[(usize, usize)]) {
        // Eight sums that do not wait for each other, where there are registers for them.
        let most = if S::TILE_VECTORS < 4 { 4 } else { 8 };
        let zero = s.splat(0.0);
        let mut pending = [zero; 4];
        for (number, segment) in self.segments.iter().enumerate() {
            let (mut place, end) = (segment.start as usize, segment.end as usize);
            // SAFETY: the caller's promise.
            unsafe {
                let dy = self.dy.as_ptr().add(segment.row as usize * self.dy_channel);
                while place < end {
                    let weights = most.min(end - place);
                    let quads = match weights {
                        1 => self.weights::<S, 1>(s, dy, rows, place),
                        2 => self.weights::<S, 2>(s, dy, rows, place),
                        3 => self.weights::<S, 3>(s, dy, rows, place),
                        4 => self.weights::<S, 4>(s, dy, rows, place),
                        5 => self.weights::<S, 5>(s, dy, rows, place),
                        6 => self.weights::<S, 6>(s, dy, rows, place),
                        7 => self.weights::<S, 7>(s, dy, rows, place),
                        _ => self.weights::<S, 8>(s, dy, rows, place),
                    };
                    for sums in quads.into_iter().take(weights.div_ceil(4)) {
                        pending[place / 4 % 4] = sums;
                        place += 4;
                        if place.is_multiple_of(16) {
                            self.store(s, place - 16, pending);
                            pending = [zero; 4];
                        }
                    }
                }
                if number + 1 == self.segments.len() && !place.is_multiple_of(16) {
                    self.store(s, place / 16 * 16, pending);
                }
            }
        }
    }

    /// The sums of 16 slots.
    #[inline(always)]
    unsafe fn store<S: Simd>(&self, s: S, first: usize, quads: [S::V; 4]) {
        let g = s.merge1(s.merge2(quads[0], quads[1]), s.merge2(quads[2], quads[3]));
        // SAFETY: the caller's promise.
        unsafe {
            let to = self.gradient.as_mut_ptr().add(first);
            s.store(to, if self.add { s.add(s.load(to), g) } else { g });
        }
    }

    /// The sums of two quads, of which W weights are there: those that only fill up cost nothing.
    #[inline(always)]
    unsafe fn weights<S: Simd, const W: usize>(
        &self,
        s: S,
        dy: *const f32,
        rows: &[(usize, usize)],
        place: usize,
    ) -> [S::V; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut reads = [self.patch.as_ptr(); W];
            for (w, read) in reads.iter_mut().enumerate() {
                *read = read.add(*self.offsets.get_unchecked(slot(place + w)) as usize);
            }
            let mut sums = [s.splat(0.0); 8];
            let mut at = 0;
            for &(row, dy_row) in rows {
                for read in &mut reads {
                    *read = opaque(read.wrapping_add(row.wrapping_sub(at)));
                }
                at = row;
                for v in 0..TILE_ROW {
                    let dy = s.load(dy.add(dy_row + v * LANES));
                    for w in 0..W {
                        sums[w] = s.fma(s.load(reads[w].add(v * LANES)), dy, sums[w]);
                    }
                }
            }
            let [a, b, c, d, e, f, g, h] = sums;
            [s.merge_quad([a, b, c, d]), s.merge_quad([e, f, g, h])]
        }
    }
}
