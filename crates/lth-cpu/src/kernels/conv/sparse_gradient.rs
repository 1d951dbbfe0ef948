//! The weight gradient of a pruned convolution, of kept weights only.

#![allow(unsafe_code)]

use crate::{
    layout::{entries::Segment, shared::Shared, sweep::TILE_ROW},
    simd::{Kernel, LANES, Simd, opaque},
};

/// `g[slot] (+)= sum over the places and lanes of a tile of dy[output] * patch[offset]`, for the segments of a share.
pub(crate) struct SparseGradientTile<'a> {
    pub(crate) segments: &'a [Segment],
    /// Of every slot.
    pub(crate) offsets: &'a [u32],
    /// One more than the largest offset.
    pub(crate) end: usize,
    /// From the tile's place in the patch of the first channel on.
    pub(crate) patch: &'a [f32],
    /// Floats from a row of the patch to the next.
    pub(crate) pitch: usize,
    /// From the tile's place in the patch of the first output's gradient on; zero beyond the grid and the batch.
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

impl Kernel for SparseGradientTile<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        assert!(self.end == 0 || self.patch.len() + 1 >= self.end + self.pitch + TILE_ROW * LANES);
        assert!(self.dy.len() >= (self.outputs - 1) * self.dy_channel + self.dy_pitch + TILE_ROW * LANES);
        let slots = self.segments.last().map_or(0, |last| (last.end as usize).div_ceil(4) * 16);
        assert!(self.gradient.len() >= slots && self.offsets.len() >= slots);
        let zero = s.splat(0.0);
        let mut pending = [zero; 4];
        for (number, segment) in self.segments.iter().enumerate() {
            let (mut quad, end) = (segment.start as usize, segment.end as usize);
            // SAFETY: lengths are checked above; outputs of segments are below `outputs`, offsets below `end`.
            unsafe {
                let dy = self.dy.as_ptr().add(segment.row as usize * self.dy_channel);
                while quad < end {
                    let pair = quad + 1 < end;
                    let [first, second] =
                        if pair { self.pair(s, dy, quad) } else { [self.single(s, dy, quad), zero] };
                    for (quad, sums) in
                        [(quad, first), (quad + 1, second)].into_iter().take(1 + usize::from(pair))
                    {
                        pending[quad % 4] = sums;
                        if quad % 4 == 3 {
                            self.store(s, quad / 4, pending);
                            pending = [zero; 4];
                        }
                    }
                    quad += 1 + usize::from(pair);
                }
                if number + 1 == self.segments.len() && !end.is_multiple_of(4) {
                    self.store(s, end / 4, pending);
                }
            }
        }
    }
}

impl SparseGradientTile<'_> {
    /// The sums of 16 slots.
    #[inline(always)]
    unsafe fn store<S: Simd>(&self, s: S, chunk: usize, quads: [S::V; 4]) {
        let g = s.merge1(s.merge2(quads[0], quads[1]), s.merge2(quads[2], quads[3]));
        // SAFETY: the caller's promise.
        unsafe {
            let to = self.gradient.as_mut_ptr().add(chunk * LANES);
            s.store(to, if self.add { s.add(s.load(to), g) } else { g });
        }
    }

    /// Where each weight of a quad reads.
    #[inline(always)]
    unsafe fn reads(&self, quad: usize) -> [*const f32; 4] {
        // SAFETY: the caller's promise.
        std::array::from_fn(|u| unsafe {
            let offset = *self.offsets.get_unchecked(quad / 4 * 16 + 4 * u + quad % 4);
            opaque(self.patch.as_ptr().add(offset as usize))
        })
    }

    /// Two quads at a time: eight sums that do not wait for each other.
    #[inline(always)]
    unsafe fn pair<S: Simd>(&self, s: S, dy: *const f32, quad: usize) -> [S::V; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            if S::TILE_VECTORS < 4 {
                let mut pair = [s.splat(0.0); 2];
                for (place, sum) in pair.iter_mut().enumerate() {
                    let reads = self.reads(quad + place);
                    let mut sums = [s.splat(0.0); 4];
                    for y in 0..2 {
                        self.row(s, dy, &reads, y, &mut sums);
                    }
                    *sum = s.merge_quad(sums);
                }
                return pair;
            }
            let [first, second] = [self.reads(quad), self.reads(quad + 1)];
            let mut sums = [[s.splat(0.0); 4]; 2];
            for y in 0..2 {
                let pitch = y * self.pitch;
                for v in 0..TILE_ROW {
                    let dy = s.load(dy.add(y * self.dy_pitch + v * LANES));
                    for u in 0..4 {
                        sums[0][u] = s.fma(s.load(first[u].add(pitch + v * LANES)), dy, sums[0][u]);
                    }
                    for u in 0..4 {
                        sums[1][u] = s.fma(s.load(second[u].add(pitch + v * LANES)), dy, sums[1][u]);
                    }
                }
            }
            [s.merge_quad(sums[0]), s.merge_quad(sums[1])]
        }
    }

    /// One quad, each row of places by itself.
    #[inline(always)]
    unsafe fn single<S: Simd>(&self, s: S, dy: *const f32, quad: usize) -> S::V {
        let mut sums = [[s.splat(0.0); 4]; 2];
        // SAFETY: the caller's promise.
        unsafe {
            let reads = self.reads(quad);
            for (y, sums) in sums.iter_mut().enumerate() {
                self.row(s, dy, &reads, y, sums);
            }
        }
        let [mut sum, below] = sums;
        for u in 0..4 {
            sum[u] = s.add(sum[u], below[u]);
        }
        s.merge_quad(sum)
    }

    /// Adds a row of places.
    #[inline(always)]
    unsafe fn row<S: Simd>(
        &self,
        s: S,
        dy: *const f32,
        reads: &[*const f32; 4],
        y: usize,
        sums: &mut [S::V; 4],
    ) {
        for v in 0..TILE_ROW {
            // SAFETY: the caller's promise.
            unsafe {
                let dy = s.load(dy.add(y * self.dy_pitch + v * LANES));
                for u in 0..4 {
                    sums[u] = s.fma(s.load(reads[u].add(y * self.pitch + v * LANES)), dy, sums[u]);
                }
            }
        }
    }
}
