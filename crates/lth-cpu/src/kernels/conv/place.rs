//! From a finished tile to the slab.

#![allow(unsafe_code)]

use crate::{
    conv::sweep::{Sweep, TILE, TILE_ROW, TILE_ROWS, TileAt},
    shared::Shared,
    simd::{Kernel, LANES, Simd},
};

/// Writes the rows of a tile to their places in a slab; what lies beyond the grid is left out.
pub(crate) struct Place<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) at: TileAt,
    /// `[row][16 vectors]`
    pub(crate) tile: &'a [f32],
    pub(crate) rows: usize,
    /// `[row][y][x][lane]`; no other task may touch the places of this tile.
    pub(crate) slab: Shared<'a>,
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
        /// The slab whose value must be positive: the output of a ReLU.
        gate: Option<&'a [f32]>,
    },
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { sweep, at, rows, .. } = self;
        let map = sweep.out_map[0] * sweep.out_map[1] * sweep.vectors * LANES;
        assert!(self.slab.len() >= rows * map && self.tile.len() >= rows * TILE * LANES);
        match self.end {
            End::Forward { bias, .. } => assert!(bias.is_none_or(|bias| bias.len() >= rows)),
            End::Backward { gate, .. } => assert!(gate.is_none_or(|gate| gate.len() >= rows * map)),
        }
        let columns = (sweep.grid[1] - at.x).min(sweep.tile_columns());
        let tile_rows = (sweep.grid[0] - at.y).min(TILE_ROWS);
        let step = sweep.out_step[1] * sweep.vectors * LANES;
        for row in 0..rows {
            for y in 0..tile_rows {
                let pixel_y = (at.y + y) * sweep.out_step[0] + sweep.out_first[0];
                let pixel = pixel_y * sweep.out_map[1] + at.x * sweep.out_step[1] + sweep.out_first[1];
                let first = row * map + (pixel * sweep.vectors + at.vector) * LANES;
                let from = (row * TILE + y * TILE_ROW) * LANES;
                for x in 0..columns {
                    for v in 0..sweep.group {
                        let to = first + x * step + v * LANES;
                        // SAFETY: places are inside of the map, lengths are checked above.
                        unsafe {
                            let value = s.load(self.tile.as_ptr().add(from + (x * sweep.group + v) * LANES));
                            self.store(s, row, to, value);
                        }
                    }
                }
            }
        }
    }
}

impl Place<'_> {
    #[inline(always)]
    unsafe fn store<S: Simd>(&self, s: S, row: usize, to: usize, value: S::V) {
        // SAFETY: the caller says that the place is inside of the slab.
        unsafe {
            let place = self.slab.as_mut_ptr().add(to);
            let value = match self.end {
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
            s.store(place, value);
        }
    }
}
