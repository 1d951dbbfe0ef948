//! From a finished tile to the slabs.

#![allow(unsafe_code)]

use crate::{
    conv::sweep::{StripAt, Sweep, TILE, TILE_ROW, TILE_ROWS, TileAt},
    shared::Shared,
    simd::{Kernel, LANES, Simd},
};

/// Writes the rows of a tile to their places in the slabs; what lies beyond the grid or the batch is left out.
pub(crate) struct Place<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) strip: StripAt,
    pub(crate) at: TileAt,
    /// `[row][16 vectors]` from the first row on.
    pub(crate) tile: &'a [f32],
    pub(crate) first: usize,
    pub(crate) rows: usize,
    /// Slabs of `[row][y][x][16]`; no other task may touch the places of this tile.
    pub(crate) slabs: Shared<'a>,
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    pub(crate) count: usize,
    pub(crate) end: End<'a>,
}

/// What happens to a value before it is stored.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    /// Nothing, or `max(y, 0)`.
    Forward {
        /// Added to each row.
        bias: Option<&'a [f32]>,
        /// Whether it goes through a ReLU.
        relu: bool,
    },
    /// A gradient.
    Backward {
        /// Whether it is added to what is there.
        add: bool,
        /// The slabs whose value must be positive: the output of a ReLU.
        gate: Option<&'a [f32]>,
    },
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, strip, at, first, rows, stride, .. } = self;
        let map = sweep.out_map[0] * sweep.out_map[1] * LANES;
        let end = (self.count - 1) * stride + (first + rows) * map;
        assert!(strip.slab < self.count && stride >= (first + rows) * map);
        assert!(self.slabs.is_aligned() && stride.is_multiple_of(LANES));
        assert!(self.slabs.len() >= end && self.tile.len() >= rows * TILE * LANES);
        self.end.check(first + rows, end);
        let (y, x) = (strip.y + at.y, strip.x + at.x);
        let columns = (sweep.grid[1] - x).min(sweep.tile_columns());
        let tile_rows = (sweep.grid[0] - y).min(TILE_ROWS);
        let present = sweep.group.min(self.count - strip.slab);
        for row in 0..rows {
            for down in 0..tile_rows {
                let pixel_y = (y + down) * sweep.out_step[0] + sweep.out_first[0];
                let pixel = pixel_y * sweep.out_map[1] + x * sweep.out_step[1] + sweep.out_first[1];
                let start = strip.slab * stride + (first + row) * map + pixel * LANES;
                let from = (row * TILE + down * TILE_ROW) * LANES;
                for across in 0..columns {
                    for g in 0..present {
                        let to = start + across * sweep.out_step[1] * LANES + g * stride;
                        // SAFETY: places are inside of the map, lengths are checked above.
                        unsafe {
                            let at = from + (across * sweep.group + g) * LANES;
                            self.end.store(
                                s,
                                self.slabs,
                                first + row,
                                to,
                                s.load(self.tile.as_ptr().add(at)),
                            );
                        }
                    }
                }
            }
        }
        s.publish();
    }
}

impl End<'_> {
    /// Panics unless there is all that it reads, for this many rows that end at this float of the slabs.
    #[inline(always)]
    pub(crate) fn check(&self, rows: usize, end: usize) {
        match self {
            End::Forward { bias, .. } => assert!(bias.is_none_or(|bias| bias.len() >= rows)),
            End::Backward { gate, .. } => assert!(gate.is_none_or(|gate| gate.len() >= end)),
        }
    }

    /// Stores a value of a row; the kernel ends with [`Simd::publish`].
    ///
    /// # Safety
    /// [`Self::check`] holds, and 16 floats are there at `to`, a multiple of 16, which no other task touches.
    #[inline(always)]
    pub(crate) unsafe fn store<S: Simd>(&self, s: S, slabs: Shared<'_>, row: usize, to: usize, value: S::V) {
        // SAFETY: the caller's promise.
        unsafe {
            let place = slabs.as_mut_ptr().add(to);
            let value = match *self {
                End::Forward { bias, relu } => {
                    let value = match bias {
                        Some(bias) => s.add(value, s.splat(*bias.get_unchecked(row))),
                        None => value,
                    };
                    if relu { s.max(s.splat(0.0), value) } else { value }
                }
                End::Backward { add, gate } => {
                    let value = match gate {
                        Some(gate) => s.gate(s.load(gate.as_ptr().add(to)), value),
                        None => value,
                    };
                    if add { s.add(s.load(place), value) } else { value }
                }
            };
            s.stream(place, value);
        }
    }
}
