//! A convolution whose map goes through a maximum of 2x2 windows at once: the map itself is never in memory, nor is its
//! gradient. What remains is the pooled map and, for each of its vectors, which pixel of the window was the maximum.

#![allow(unsafe_code)]

use crate::{
    layout::{
        shared::Shared,
        sweep::{StripAt, Sweep, TILE, TILE_ROW, TileAt},
    },
    simd::{Kernel, LANES, Simd},
};

/// Floats in which the four masks of a vector are kept.
const CODE: usize = 2;

/// Floats of the masks of a pooled slab with so many floats.
pub(crate) fn codes_len(pooled: usize) -> usize {
    pooled / LANES * CODE
}

/// Pooled slabs that are written, with their masks.
#[derive(Clone, Copy)]
pub(crate) struct PooledSink<'a> {
    /// Slabs of `[row][y / 2][x / 2][16]`; no other task may touch what this one stores.
    pub(crate) slabs: Shared<'a>,
    /// For each vector of the slabs the masks of the four pixels, in the order of the window's rows.
    pub(crate) codes: Shared<'a>,
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    pub(crate) count: usize,
    /// Height and width of the map before the pool, both even.
    pub(crate) map: [usize; 2],
    /// Added to each row.
    pub(crate) bias: Option<&'a [f32]>,
    /// Whether values go through a ReLU.
    pub(crate) relu: bool,
}

impl PooledSink<'_> {
    /// Floats of a row's pooled map.
    fn row(&self) -> usize {
        self.map[0] / 2 * (self.map[1] / 2) * LANES
    }

    /// Panics unless this many rows of all slabs may be stored.
    #[inline(always)]
    pub(crate) fn check(&self, rows: usize) {
        let end = (self.count - 1) * self.stride + rows * self.row();
        assert!(self.map[0].is_multiple_of(2) && self.map[1].is_multiple_of(2));
        assert!(self.stride.is_multiple_of(LANES) && self.slabs.is_aligned());
        assert!(self.slabs.len() >= end && self.codes.len() >= codes_len(end));
        assert!(self.bias.is_none_or(|bias| bias.len() >= rows));
    }

    /// The maximum of a window whose first pixel is (y, x), both even, and where it was; nothing beyond the map or the
    /// batch. Of equals the first counts, as in PyTorch. The kernel ends with [`Simd::publish`].
    ///
    /// # Safety
    /// [`Self::check`] was called with more rows.
    #[inline(always)]
    pub(crate) unsafe fn store<S: Simd>(
        &self,
        s: S,
        row: usize,
        slab: usize,
        [y, x]: [usize; 2],
        window: [S::V; 4],
    ) {
        if slab >= self.count || y >= self.map[0] || x >= self.map[1] {
            return;
        }
        let [mut a, mut b, mut c, mut d] = window;
        if let Some(bias) = self.bias {
            // SAFETY: the caller's promise.
            let bias = s.splat(unsafe { *bias.get_unchecked(row) });
            (a, b, c, d) = (s.add(a, bias), s.add(b, bias), s.add(c, bias), s.add(d, bias));
        }
        let top = s.max(s.max(a, b), s.max(c, d));
        let first = s.equal(a, top);
        let second = s.equal(b, top) & !first;
        let third = s.equal(c, top) & !(first | second);
        let fourth = !(first | second | third);
        let at = slab * self.stride + row * self.row() + (y / 2 * (self.map[1] / 2) + x / 2) * LANES;
        // SAFETY: the window is inside of the map, slab and row inside of what was checked.
        unsafe {
            let masks = self.codes.as_mut_ptr().add(codes_len(at)).cast::<[u16; 4]>();
            masks.write_unaligned([first, second, third, fourth]);
            let value = if self.relu { s.max(s.splat(0.0), top) } else { top };
            s.stream(self.slabs.as_mut_ptr().add(at), value);
        }
    }
}

/// Writes the windows of a tile's rows.
pub(crate) struct PlacePooled<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) strip: StripAt,
    pub(crate) at: TileAt,
    /// `[row][16 vectors]` from the first row on.
    pub(crate) tile: &'a [f32],
    pub(crate) first: usize,
    pub(crate) rows: usize,
    pub(crate) sink: PooledSink<'a>,
}

impl Kernel for PlacePooled<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, strip, at, first, rows, sink, .. } = self;
        assert!(sweep.out_step == [1, 1] && sweep.out_first == [0, 0] && sweep.out_map == sink.map);
        assert!(self.tile.len() >= rows * TILE * LANES);
        sink.check(first + rows);
        for row in 0..rows {
            for across in (0..sweep.tile_columns()).step_by(2) {
                for g in 0..sweep.group {
                    // SAFETY: the tile's length and the rows are checked above.
                    unsafe {
                        let tile = self.tile.as_ptr().add(row * TILE * LANES);
                        let left = tile.add((across * sweep.group + g) * LANES);
                        let right = left.add(sweep.group * LANES);
                        let below = TILE_ROW * LANES;
                        let window =
                            [s.load(left), s.load(right), s.load(left.add(below)), s.load(right.add(below))];
                        let place = [strip.y + at.y, strip.x + at.x + across];
                        sink.store(s, first + row, strip.slab + g, place, window);
                    }
                }
            }
        }
        s.publish();
    }
}

/// The gradient of the map before a pool: that of each window's maximum, zero elsewhere.
#[derive(Clone, Copy)]
pub(crate) struct PooledSource<'a> {
    /// Slabs of `[channel][y / 2][x / 2][16]`.
    pub(crate) slabs: &'a [f32],
    /// As [`PooledSink::codes`].
    pub(crate) codes: &'a [f32],
}

/// [`super::pack::Pack`] of such a gradient.
pub(crate) struct PackPooled<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) at: StripAt,
    pub(crate) channels: usize,
    pub(crate) source: PooledSource<'a>,
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    pub(crate) count: usize,
    /// `[channel][row][column][slab of the group]`
    pub(crate) patch: &'a mut [f32],
}

impl Kernel for PackPooled<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, at, channels, source, stride, count, patch } = self;
        let [height, width] = sweep.in_map;
        let pooled = height / 2 * (width / 2) * LANES;
        let end = (count - 1) * stride + channels * pooled;
        assert!(height.is_multiple_of(2) && width.is_multiple_of(2) && sweep.in_step == [1, 1]);
        assert!(at.slab < count && stride >= channels * pooled && stride.is_multiple_of(LANES));
        assert!(source.slabs.len() >= end && source.codes.len() >= codes_len(end));
        assert!(patch.len() >= channels * sweep.channel());
        let zero = s.splat(0.0);
        let (group, [rows, columns]) = (sweep.group, sweep.patch);
        let first = at.x as isize + sweep.in_first[1];
        let before = (-first).clamp(0, columns as isize) as usize;
        let end = (width as isize - first).clamp(before as isize, columns as isize) as usize;
        for channel in 0..channels {
            for row in 0..rows {
                let y = (at.y + row).wrapping_add_signed(sweep.in_first[0]);
                let to = &mut patch[channel * sweep.channel() + row * sweep.pitch()..][..sweep.pitch()];
                // Outside of the map y is beyond any number.
                let (before, end) = if y < height { (before, end) } else { (columns, columns) };
                to[..before * group * LANES].fill(0.0);
                to[end * group * LANES..].fill(0.0);
                for g in 0..group {
                    let to = to[g * LANES..].as_mut_ptr();
                    if at.slab + g >= count {
                        for column in before..end {
                            // SAFETY: the column is inside of the row.
                            unsafe { s.store(to.add(column * group * LANES), zero) };
                        }
                        continue;
                    }
                    let line = (at.slab + g) * stride + channel * pooled + y / 2 * (width / 2) * LANES;
                    for column in before..end {
                        let x = first.wrapping_add_unsigned(column) as usize;
                        let from = line + x / 2 * LANES;
                        // SAFETY: the column is inside of the row, pixels are inside of the map, slabs of the batch.
                        unsafe {
                            let codes = source.codes.as_ptr().add(codes_len(from)).cast::<u16>();
                            let member = y % 2 * 2 + x % 2;
                            let value = s.load(source.slabs.as_ptr().add(from));
                            let value = s.select(codes.add(member).read(), value, zero);
                            s.store(to.add(column * group * LANES), value);
                        }
                    }
                }
            }
        }
    }
}
