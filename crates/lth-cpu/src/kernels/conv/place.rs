//! From a finished tile to the slabs.

#![allow(unsafe_code)]

use crate::{
    kernels::{conv::moments::Moments, norm::Factors},
    layout::{
        shared::Shared,
        sweep::{StripAt, Sweep, TILE, TILE_ROW, TILE_ROWS, TileAt},
    },
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
    /// What is summed besides.
    pub(crate) moments: Option<Moments<'a>>,
}

/// What happens to a value before it is stored.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
    /// A result.
    Forward {
        /// Added to each row.
        bias: Option<&'a [f32]>,
        /// The normalisation that follows, whose statistics are known.
        norm: Option<Normed<'a>>,
        /// Whether it goes through a ReLU.
        relu: bool,
    },
    /// A gradient.
    Backward {
        /// Whether it is added to what is there.
        add: bool,
        /// The slabs whose value must be positive, else the sum is zero: the output of a ReLU.
        gate: Option<&'a [f32]>,
    },
}

/// A normalisation of what is written.
#[derive(Clone, Copy)]
pub(crate) struct Normed<'a> {
    pub(crate) factors: &'a [Factors],
    /// Slabs that are added, as those that are written.
    pub(crate) other: Option<&'a [f32]>,
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // Two programs: the registers of a normalisation are not missed where there is none.
        if self.end.is_normed() { self.write::<S, true>(s) } else { self.write::<S, false>(s) }
    }
}

impl Place<'_> {
    #[inline(always)]
    fn write<S: Simd, const NORMED: bool>(self, s: S) {
        let Self { sweep, strip, at, first, rows, stride, .. } = self;
        let map = sweep.out_map[0] * sweep.out_map[1] * LANES;
        let end = (self.count - 1) * stride + (first + rows) * map;
        assert!(strip.slab < self.count && stride >= (first + rows) * map);
        assert!(self.slabs.is_aligned() && stride.is_multiple_of(LANES));
        assert!(self.slabs.len() >= end && self.tile.len() >= rows * TILE * LANES);
        self.end.check(first + rows, end);
        if let Some(moments) = self.moments {
            moments.check(first + rows, end);
        }
        let fresh = (at.y, at.x) == (0, 0);
        let (y, x) = (strip.y + at.y, strip.x + at.x);
        let columns = (sweep.grid[1] - x).min(sweep.tile_columns());
        let tile_rows = (sweep.grid[0] - y).min(TILE_ROWS);
        let present = sweep.group.min(self.count - strip.slab);
        for row in 0..rows {
            // SAFETY: places are inside of the map, rows and lengths are checked above.
            unsafe {
                let mut running = None;
                if let Some(moments) = self.moments {
                    running = Some(moments.begin(s, first + row, fresh));
                }
                for down in 0..tile_rows {
                    let pixel_y = (y + down) * sweep.out_step[0] + sweep.out_first[0];
                    let pixel = pixel_y * sweep.out_map[1] + x * sweep.out_step[1] + sweep.out_first[1];
                    let start = strip.slab * stride + (first + row) * map + pixel * LANES;
                    let from = (row * TILE + down * TILE_ROW) * LANES;
                    for across in 0..columns {
                        for g in 0..present {
                            let to = start + across * sweep.out_step[1] * LANES + g * stride;
                            let at = from + (across * sweep.group + g) * LANES;
                            let value = s.load(self.tile.as_ptr().add(at));
                            let mut value =
                                self.end.value::<S, NORMED>(s, self.slabs, first + row, to, value);
                            if let (Some(moments), Some(running)) = (self.moments, &mut running) {
                                value = moments.add(s, running, (strip.slab + g, to), value);
                            }
                            s.stream(self.slabs.as_mut_ptr().add(to), value);
                        }
                    }
                }
                if let (Some(moments), Some(running)) = (self.moments, running) {
                    moments.end(s, first + row, running);
                }
            }
        }
        s.publish();
    }
}

impl End<'_> {
    pub(crate) fn is_normed(&self) -> bool {
        matches!(self, End::Forward { norm: Some(_), .. })
    }

    /// Panics unless there is all that it reads, for this many rows that end at this float of the slabs.
    #[inline(always)]
    pub(crate) fn check(&self, rows: usize, end: usize) {
        match self {
            End::Forward { bias, norm, .. } => {
                assert!(bias.is_none_or(|bias| bias.len() >= rows));
                if let Some(Normed { factors, other }) = norm {
                    assert!(factors.len() >= rows && other.is_none_or(|other| other.len() >= end));
                }
            }
            End::Backward { gate, .. } => assert!(gate.is_none_or(|gate| gate.len() >= end)),
        }
    }

    /// What is stored of a value of a row.
    ///
    /// # Safety
    /// [`Self::check`] holds, NORMED says whether [`Self::is_normed`], and 16 floats are there at `to`, which no other task touches.
    #[inline(always)]
    pub(crate) unsafe fn value<S: Simd, const NORMED: bool>(
        &self,
        s: S,
        slabs: Shared<'_>,
        row: usize,
        to: usize,
        value: S::V,
    ) -> S::V {
        // SAFETY: the caller's promise.
        unsafe {
            match *self {
                End::Forward { bias, norm, relu } => {
                    let mut value = match bias {
                        Some(bias) => s.add(value, s.splat(*bias.get_unchecked(row))),
                        None => value,
                    };
                    if let (true, Some(Normed { factors, other })) = (NORMED, norm) {
                        let factors = factors.get_unchecked(row);
                        value = s.fma(value, s.splat(factors.scale), s.splat(factors.shift));
                        if let Some(other) = other {
                            value = s.add(value, s.load(other.as_ptr().add(to)));
                        }
                    }
                    if relu { s.max(s.splat(0.0), value) } else { value }
                }
                End::Backward { add, gate } => {
                    let value = if add { s.add(s.load(slabs.as_mut_ptr().add(to)), value) } else { value };
                    match gate {
                        Some(gate) => s.gate(s.load(gate.as_ptr().add(to)), value),
                        None => value,
                    }
                }
            }
        }
    }
}
