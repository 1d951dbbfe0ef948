//! Winograd's minimal filtering F(2x2, 3x3): four outputs of a 3x3 convolution with 16 products instead of 36.
//!
//! `Y = A^T [(G w G^T) * (B^T d B)] A` for each 4x4 piece d of the input (Winograd 1980; Lavin and Gray 2016). The products of
//! all channels are 16 matrix products, one for each place of the transformed piece; four of them, those of one row of it,
//! are in memory at a time.

#![allow(unsafe_code)]

use crate::{
    layout::{blocks::Blocks, sweep::Sweep},
    simd::{Kernel, LANES, Simd},
};

/// Vectors that are multiplied together with four rows of weights.
pub(crate) const QUAD: usize = 4;

/// The 2x2 pieces of a strip, by their number: along a row, then down, and then the next slab.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pieces {
    /// Pieces in a row of the strip.
    pub(crate) across: usize,
    /// Pieces of the strip, of one slab.
    pub(crate) count: usize,
    pub(crate) group: usize,
    /// Floats from a row of the patch to the next.
    pub(crate) pitch: usize,
}

impl Pieces {
    pub(crate) fn new(sweep: &Sweep) -> Self {
        let [rows, columns] = sweep.strip;
        Self {
            across: columns / 2,
            count: rows / 2 * (columns / 2),
            group: sweep.group,
            pitch: sweep.pitch(),
        }
    }

    /// Vectors of pieces of a strip.
    pub(crate) fn vectors(self) -> usize {
        self.count * self.group
    }

    /// Row and column of pieces, and slab of the group, of a vector.
    #[inline(always)]
    pub(crate) fn place(self, vector: usize) -> (usize, usize, usize) {
        let piece = vector % self.count;
        (piece / self.across, piece % self.across, vector / self.count)
    }

    /// Where a vector's piece begins in a channel's patch.
    #[inline(always)]
    pub(crate) fn offset(self, vector: usize) -> usize {
        let (y, x, slab) = self.place(vector);
        2 * y * self.pitch + (2 * x * self.group + slab) * LANES
    }
}

/// Row `row` of `B^T d B` of the pieces from `first` on, of every channel: `to` is `[place][quad][channel][4 vectors]`.
pub(crate) struct TransformInput<'a> {
    pub(crate) pieces: Pieces,
    pub(crate) row: usize,
    pub(crate) first: usize,
    /// Vectors, a multiple of 4; those beyond the strip repeat its last.
    pub(crate) vectors: usize,
    pub(crate) channels: usize,
    /// Floats of a channel's patch.
    pub(crate) channel: usize,
    pub(crate) patch: &'a [f32],
    pub(crate) to: &'a mut [f32],
}

impl Kernel for TransformInput<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { pieces, row, vectors, channels, channel, .. } = self;
        let last = pieces.offset(pieces.vectors() - 1) + 3 * (pieces.pitch + pieces.group * LANES) + LANES;
        assert!(row < 4 && vectors.is_multiple_of(QUAD) && last <= channel);
        assert!(self.patch.len() >= channels * channel && self.to.len() >= 4 * vectors * channels * LANES);
        let step = pieces.group * LANES;
        for vector in 0..vectors {
            let offset = pieces.offset((self.first + vector).min(pieces.vectors() - 1));
            let (quad, lane) = (vector / QUAD, vector % QUAD);
            for c in 0..channels {
                // SAFETY: lengths are checked above.
                unsafe {
                    let from = self.patch.as_ptr().add(c * channel + offset);
                    let places = input_row(s, from, pieces.pitch, step, row);
                    let to = self.to.as_mut_ptr().add(((quad * channels + c) * QUAD + lane) * LANES);
                    for (place, value) in places.into_iter().enumerate() {
                        s.store(to.add(place * vectors * channels * LANES), value);
                    }
                }
            }
        }
    }
}

/// A row of `B^T d B`; `B^T` is `[1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]`.
///
/// # Safety
/// The piece must be there.
#[inline(always)]
pub(crate) unsafe fn input_row<S: Simd>(
    s: S,
    from: *const f32,
    pitch: usize,
    step: usize,
    row: usize,
) -> [S::V; 4] {
    let (a, b, add) = match row {
        0 => (0, 2, false),
        1 => (1, 2, true),
        2 => (2, 1, false),
        _ => (1, 3, false),
    };
    let mut d = [s.splat(0.0); 4];
    for column in 0..4 {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe {
            let from = from.add(column * step);
            (s.load(from.add(a * pitch)), s.load(from.add(b * pitch)))
        };
        d[column] = if add { s.add(a, b) } else { s.sub(a, b) };
    }
    [s.sub(d[0], d[2]), s.add(d[1], d[2]), s.sub(d[2], d[1]), s.sub(d[1], d[3])]
}

/// The four products of a row of transformed pieces, added to the outputs with the signs of `A`.
pub(crate) struct Products<'a> {
    /// Transformed weights, `[row / 4][place][channel / 4][16]`.
    pub(crate) weights: &'a [f32],
    pub(crate) blocks: Blocks,
    /// Forward rows are outputs and channels inputs; backward it is the other way, and the kernel is turned around.
    pub(crate) forward: bool,
    pub(crate) row: usize,
    pub(crate) vectors: usize,
    /// As [`TransformInput::to`].
    pub(crate) input: &'a [f32],
    /// `[row][y][x][vector]` of the 2x2 outputs, rows in whole blocks of 4.
    pub(crate) output: &'a mut [f32],
}

impl Products<'_> {
    fn rows_and_channels(&self) -> (usize, usize) {
        let Blocks { inputs, outputs, .. } = self.blocks;
        if self.forward { (outputs, inputs) } else { (inputs, outputs) }
    }
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (rows, channels) = self.rows_and_channels();
        assert!(self.blocks.kernel == 16 && self.row < 4 && self.vectors.is_multiple_of(QUAD));
        assert!(self.weights.len() >= self.blocks.len());
        assert!(self.input.len() >= 4 * self.vectors * channels * LANES);
        assert!(self.output.len() >= rows.next_multiple_of(4) * 4 * self.vectors * LANES);
        for quad in 0..self.vectors / QUAD {
            for block in 0..rows.div_ceil(4) {
                for column in 0..4 {
                    // SAFETY: lengths are checked above.
                    unsafe {
                        if S::TILE_VECTORS >= 4 {
                            self.product::<S, 4>(s, quad, block, column, 0);
                        } else {
                            for first in 0..QUAD {
                                self.product::<S, 1>(s, quad, block, column, first);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `A`: which of the 4 rows, or columns, of products go into which of the 2 of outputs.
const SIGNS: [[i8; 4]; 2] = [[1, 1, 1, 0], [0, 1, -1, -1]];

impl Products<'_> {
    #[inline(always)]
    unsafe fn product<S: Simd, const V: usize>(
        &mut self,
        s: S,
        quad: usize,
        block: usize,
        column: usize,
        first: usize,
    ) {
        let (_, channels) = self.rows_and_channels();
        // Turned around, the first and last row of a transformed kernel change places, and so do the columns.
        let turned = |index: usize| if self.forward { index } else { [3, 1, 2, 0][index] };
        let place = turned(self.row) * 4 + turned(column);
        let (row_step, channel_step) = if self.forward { (1, 4) } else { (4, 1) };
        let mut sums = [[s.splat(0.0); V]; 4];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let mut block_weights =
                self.weights.as_ptr().add((block * 16 + place) * channels.div_ceil(4) * LANES);
            let mut x = self
                .input
                .as_ptr()
                .add(((column * (self.vectors / QUAD) + quad) * channels * QUAD + first) * LANES);
            let mut left = channels;
            while left > 0 {
                let mut w = block_weights;
                for _ in 0..left.min(4) {
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
                    x = x.add(QUAD * LANES);
                }
                block_weights = block_weights.add(LANES);
                left -= left.min(4);
            }
            for (y, down) in SIGNS.iter().enumerate() {
                for (x, across) in SIGNS.iter().enumerate() {
                    let sign = down[self.row] * across[column];
                    if sign == 0 {
                        continue;
                    }
                    // Nothing is there yet when the first product comes.
                    let starts = self.row == y && column == x;
                    for r in 0..4 {
                        let at = (((block * 4 + r) * 2 + y) * 2 + x) * self.vectors + quad * QUAD + first;
                        let to = self.output.as_mut_ptr().add(at * LANES);
                        for v in 0..V {
                            let to = to.add(v * LANES);
                            let value = match (starts, sign > 0) {
                                (true, _) => sums[r][v],
                                (false, true) => s.add(s.load(to), sums[r][v]),
                                (false, false) => s.sub(s.load(to), sums[r][v]),
                            };
                            s.store(to, value);
                        }
                    }
                }
            }
        }
    }
}
