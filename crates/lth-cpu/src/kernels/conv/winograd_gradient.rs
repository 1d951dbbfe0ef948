//! The weight gradient of a 3x3 convolution in Winograd's transformed places: 16 products instead of 36 for four outputs.
//!
//! `dw = G^T [sum over pieces of (A dY A^T) * (B^T d B)] G`.

#![allow(unsafe_code)]

use crate::{
    kernels::conv::winograd::{Pieces, input_row},
    layout::shared::Shared,
    simd::{Kernel, LANES, Simd},
};

/// Row `row` of the transformed pieces of one channel of a strip: of inputs (4x4 pieces) or of gradients (2x2 pieces).
pub(crate) struct TransformChannel<'a> {
    pub(crate) pieces: Pieces,
    pub(crate) row: usize,
    pub(crate) of_input: bool,
    /// The channel's patch.
    pub(crate) patch: &'a [f32],
    /// Four places of `vectors` each, `place_stride` floats apart; no other task may touch them.
    pub(crate) to: Shared<'a>,
    pub(crate) place_stride: usize,
}

impl Kernel for TransformChannel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pieces, row, .. } = self;
        let vectors = pieces.vectors();
        let step = pieces.group * LANES;
        let side = if self.of_input { 3 } else { 1 };
        assert!(
            row < 4 && self.patch.len() >= pieces.offset(vectors - 1) + side * (pieces.pitch + step) + LANES
        );
        assert!(self.to.len() >= 3 * self.place_stride + vectors * LANES);
        for vector in 0..vectors {
            // SAFETY: lengths are checked above.
            unsafe {
                let from = self.patch.as_ptr().add(pieces.offset(vector));
                let places = if self.of_input {
                    input_row(s, from, pieces.pitch, step, row)
                } else {
                    gradient_row(s, from, pieces.pitch, step, row)
                };
                let to = self.to.as_mut_ptr().add(vector * LANES);
                for (place, value) in places.into_iter().enumerate() {
                    s.store(to.add(place * self.place_stride), value);
                }
            }
        }
    }
}

/// A row of `A dY A^T`; `A` is `[1 0; 1 1; 1 -1; 0 -1]`.
#[inline(always)]
unsafe fn gradient_row<S: Simd>(s: S, from: *const f32, pitch: usize, step: usize, row: usize) -> [S::V; 4] {
    let mut d = [s.splat(0.0); 2];
    for column in 0..2 {
        // SAFETY: the caller's promise.
        let (above, below) = unsafe {
            let from = from.add(column * step);
            (s.load(from), s.load(from.add(pitch)))
        };
        d[column] = match row {
            0 => above,
            1 => s.add(above, below),
            2 => s.sub(above, below),
            _ => s.sub(s.splat(0.0), below),
        };
    }
    [d[0], s.add(d[0], d[1]), s.sub(d[0], d[1]), s.sub(s.splat(0.0), d[1])]
}

/// `g[place][o][c] (+)= sum over vectors and lanes of dy[place][o] * x[place][c]`, four outputs, all inputs, four places.
pub(crate) struct GradientProducts<'a> {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Which four outputs.
    pub(crate) block: usize,
    /// `[place][channel][vector]`
    pub(crate) x: &'a [f32],
    /// `[place][output][vector]`
    pub(crate) dy: &'a [f32],
    pub(crate) vectors: usize,
    /// `[place][output / 4][input / 4][16]`, of four places; no other task may touch this block.
    pub(crate) gradient: Shared<'a>,
    pub(crate) add: bool,
}

impl Kernel for GradientProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { inputs, outputs, block, vectors, .. } = self;
        assert!(block * 4 < outputs);
        assert!(
            self.x.len() >= 4 * inputs * vectors * LANES && self.dy.len() >= 4 * outputs * vectors * LANES
        );
        assert!(self.gradient.len() >= 4 * outputs.div_ceil(4) * inputs.div_ceil(4) * LANES);
        for place in 0..4 {
            for channel in 0..inputs.div_ceil(4) {
                // SAFETY: lengths are checked above.
                unsafe {
                    let sums = if S::TILE_VECTORS >= 4 {
                        self.sums::<S, 4>(s, place, channel, 0)
                    } else {
                        let mut sums = [[s.splat(0.0); 4]; 4];
                        for r in 0..4 {
                            [sums[r]] = self.sums::<S, 1>(s, place, channel, r);
                        }
                        sums
                    };
                    let at = (place * outputs.div_ceil(4) + block) * inputs.div_ceil(4) + channel;
                    let to = self.gradient.as_mut_ptr().add(at * LANES);
                    let g = s.sums(sums);
                    s.store(to, if self.add { s.add(s.load(to), g) } else { g });
                }
            }
        }
    }
}

impl GradientProducts<'_> {
    #[inline(always)]
    unsafe fn sums<S: Simd, const R: usize>(
        &self,
        s: S,
        place: usize,
        channel: usize,
        row: usize,
    ) -> [[S::V; 4]; R] {
        let len = self.vectors * LANES;
        let mut sums = [[s.splat(0.0); 4]; R];
        // SAFETY: `run` checked the lengths; a channel or output that is not there is computed as the last one and thrown away.
        unsafe {
            let xs: [*const f32; 4] = std::array::from_fn(|u| {
                let channel = (channel * 4 + u).min(self.inputs - 1);
                self.x.as_ptr().add((place * self.inputs + channel) * len)
            });
            let dys: [*const f32; R] = std::array::from_fn(|r| {
                let output = (self.block * 4 + row + r).min(self.outputs - 1);
                self.dy.as_ptr().add((place * self.outputs + output) * len)
            });
            for at in (0..len).step_by(LANES) {
                let mut x = [s.splat(0.0); 4];
                for u in 0..4 {
                    x[u] = s.load(xs[u].add(at));
                }
                for r in 0..R {
                    let dy = s.load(dys[r].add(at));
                    for u in 0..4 {
                        sums[r][u] = s.fma(dy, x[u], sums[r][u]);
                    }
                }
            }
        }
        sums
    }
}

/// `U = G w G^T` of every block of 16 weights; `G` is `[1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]`.
pub(crate) struct TransformWeights<'a> {
    /// `[output / 4][input / 4][9][16]`
    pub(crate) weights: &'a [f32],
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Which four outputs.
    pub(crate) block: usize,
    /// `[output / 4][place][input / 4][16]` and `[input / 4][place][output / 4][16]`; no other task may touch this block.
    pub(crate) forward: Shared<'a>,
    pub(crate) backward: Shared<'a>,
}

impl Kernel for TransformWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (inputs, outputs) = (self.inputs.div_ceil(4), self.outputs.div_ceil(4));
        let blocks = inputs * outputs;
        assert!(self.block < outputs && self.weights.len() >= 9 * blocks * LANES);
        assert!(self.forward.len() >= 16 * blocks * LANES && self.backward.len() >= 16 * blocks * LANES);
        let half = s.splat(0.5);
        for input in 0..inputs {
            // SAFETY: lengths are checked above.
            unsafe {
                let from = self.weights.as_ptr().add((self.block * inputs + input) * 9 * LANES);
                let at = |y: usize, x: usize| s.load(from.add((y * 3 + x) * LANES));
                let mut columns = [[s.splat(0.0); 4]; 3];
                for x in 0..3 {
                    columns[x] = spread(s, half, [at(0, x), at(1, x), at(2, x)]);
                }
                for y in 0..4 {
                    let row = spread(s, half, [columns[0][y], columns[1][y], columns[2][y]]);
                    for (x, value) in row.into_iter().enumerate() {
                        let place = y * 4 + x;
                        let forward = (self.block * 16 + place) * inputs + input;
                        s.store(self.forward.as_mut_ptr().add(forward * LANES), value);
                        let backward = (input * 16 + place) * outputs + self.block;
                        s.store(self.backward.as_mut_ptr().add(backward * LANES), value);
                    }
                }
            }
        }
    }
}

/// `dw = G^T dU G` of every block of 16 weights.
pub(crate) struct GatherGradient<'a> {
    /// `[16][block][16]`
    pub(crate) gradient: &'a [f32],
    /// All blocks, and the first that is gathered.
    pub(crate) blocks: usize,
    pub(crate) first: usize,
    /// `[block][9][16]` from the first on.
    pub(crate) to: &'a mut [f32],
}

impl Kernel for GatherGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (blocks, count) = (self.blocks, self.to.len() / (9 * LANES));
        assert!(self.first + count <= blocks && self.gradient.len() >= 16 * blocks * LANES);
        let half = s.splat(0.5);
        for block in 0..count {
            // SAFETY: lengths are checked above.
            unsafe {
                let at = |y: usize, x: usize| {
                    s.load(self.gradient.as_ptr().add(((y * 4 + x) * blocks + self.first + block) * LANES))
                };
                let mut columns = [[s.splat(0.0); 3]; 4];
                for x in 0..4 {
                    columns[x] = gather(s, half, [at(0, x), at(1, x), at(2, x), at(3, x)]);
                }
                for y in 0..3 {
                    let row = gather(s, half, [columns[0][y], columns[1][y], columns[2][y], columns[3][y]]);
                    for (x, value) in row.into_iter().enumerate() {
                        s.store(self.to.as_mut_ptr().add((block * 9 + y * 3 + x) * LANES), value);
                    }
                }
            }
        }
    }
}

/// `G` times a column.
#[inline(always)]
fn spread<S: Simd>(s: S, half: S::V, [a, b, c]: [S::V; 3]) -> [S::V; 4] {
    let sum = s.add(a, c);
    [a, s.mul(half, s.add(sum, b)), s.mul(half, s.sub(sum, b)), c]
}

/// `G^T` times a column.
#[inline(always)]
fn gather<S: Simd>(s: S, half: S::V, d: [S::V; 4]) -> [S::V; 3] {
    let (sum, difference) = (s.mul(half, s.add(d[1], d[2])), s.mul(half, s.sub(d[1], d[2])));
    [s.add(d[0], sum), difference, s.add(sum, d[3])]
}
