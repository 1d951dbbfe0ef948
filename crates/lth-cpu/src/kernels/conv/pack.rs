//! From slabs to the patch of a strip.

#![allow(unsafe_code)]

use crate::{
    kernels::norm::Factors,
    layout::{
        lanes::Lanes,
        sweep::{StripAt, Sweep},
    },
    simd::{Kernel, LANES, Simd},
};

/// What is made of the slabs as they are copied.
#[derive(Clone, Copy)]
pub(crate) enum Read<'a> {
    /// They are copied as they are.
    Stored,
    /// They are normalised, then perhaps go through a ReLU.
    Normed { factors: &'a [Factors], relu: bool },
    /// They are a gradient behind a normalisation and its ReLU; what is wanted is that before it, zero beyond the batch.
    NormGradient {
        /// What was normalised.
        x: &'a [f32],
        factors: &'a [Factors],
        lanes: Lanes,
    },
}

/// [`Read`] of one channel.
#[derive(Clone, Copy)]
enum Reading<'a, V> {
    Stored,
    Normed { scale: V, shift: V, relu: bool },
    NormGradient { x: &'a [f32], mean: V, scale: V, constant: V, slope: V },
}

/// Copies what a strip reads of every channel, zeros where the map or the batch ends.
pub(crate) struct Pack<'a> {
    pub(crate) sweep: &'a Sweep,
    pub(crate) at: StripAt,
    pub(crate) channels: usize,
    /// Slabs of `[channel][y][x][16]`.
    pub(crate) slabs: &'a [f32],
    /// Floats from a slab to the next.
    pub(crate) stride: usize,
    pub(crate) count: usize,
    pub(crate) read: Read<'a>,
    /// `[channel][phase][row][column][slab of the group]`
    pub(crate) patch: &'a mut [f32],
}

/// A row of a patch: `before` columns of zeros, `inside` columns from `from` on, zeros.
#[derive(Clone, Copy, Default)]
struct Row {
    to: usize,
    from: usize,
    before: usize,
    inside: usize,
}

/// Rows that are described at a time; a patch with more is copied in parts.
const ROWS: usize = 32;

/// Vectors of a slab that are asked for before they are read.
const AHEAD: usize = 48;

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let Self { sweep, channels, .. } = self;
        let map = sweep.in_map[0] * sweep.in_map[1] * LANES;
        assert!(self.at.slab < self.count && self.stride >= channels * map);
        let end = (self.count - 1) * self.stride + channels * map;
        assert!(self.slabs.len() >= end);
        match self.read {
            Read::Stored => {}
            Read::Normed { factors, .. } => assert!(factors.len() >= channels),
            Read::NormGradient { x, factors, lanes } => {
                assert!(factors.len() >= channels && x.len() >= end && lanes.vectors == 1);
            }
        }
        assert!(self.patch.len() >= channels * sweep.channel());
        let mut rows = [Row::default(); ROWS];
        let mut count = 0;
        for phase_y in 0..sweep.phases[0] {
            for phase_x in 0..sweep.phases[1] {
                for row in 0..sweep.patch[0] {
                    rows[count] = self.row([phase_y, phase_x], row);
                    count += 1;
                    if count == ROWS {
                        // SAFETY: rows are inside of slab and patch, whose lengths are checked above.
                        unsafe { self.copy(s, &rows) };
                        count = 0;
                    }
                }
            }
        }
        // SAFETY: as above.
        unsafe { self.copy(s, &rows[..count]) };
    }
}

impl Pack<'_> {
    /// Where a row of a phase comes from and goes.
    fn row(&self, phase: [usize; 2], row: usize) -> Row {
        let sweep = self.sweep;
        let first = |axis: usize, place: usize| {
            (place * sweep.in_step[axis] + phase[axis]) as isize + sweep.in_first[axis]
        };
        let columns = sweep.patch[1];
        let to = ((phase[0] * sweep.phases[1] + phase[1]) * sweep.patch[0] + row) * sweep.pitch();
        let y = first(0, self.at.y + row);
        let (x, step) = (first(1, self.at.x), sweep.in_step[1] as isize);
        let (height, width) = (sweep.in_map[0] as isize, sweep.in_map[1] as isize);
        // Column c reads pixel x + c * step.
        let before = (-x).max(0).unsigned_abs().div_ceil(step as usize).min(columns);
        let end = if x >= width { 0 } else { ((width - x) as usize).div_ceil(step as usize).min(columns) };
        if y < 0 || y >= height || end <= before {
            return Row { to, from: 0, before: columns, inside: 0 };
        }
        let pixel = y * width + x + before as isize * step;
        let from = self.at.slab * self.stride + pixel as usize * LANES;
        Row { to, from, before, inside: end - before }
    }

    #[inline(always)]
    unsafe fn copy<S: Simd>(&mut self, s: S, rows: &[Row]) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.sweep.group {
                1 => self.copy_groups::<S, 1>(s, rows),
                2 => self.copy_groups::<S, 2>(s, rows),
                _ => self.copy_groups::<S, 4>(s, rows),
            }
        }
    }

    #[inline(always)]
    unsafe fn copy_groups<S: Simd, const G: usize>(&mut self, s: S, rows: &[Row]) {
        let sweep = self.sweep;
        let (map, channel) = (sweep.in_map[0] * sweep.in_map[1] * LANES, sweep.channel());
        let (columns, step) = (sweep.patch[1], sweep.in_step[1] * LANES);
        let zero = s.splat(0.0);
        let present = G.min(self.count - self.at.slab);
        let mut bits = [u16::MAX; G];
        if let Read::NormGradient { lanes, .. } = self.read {
            for g in 0..G {
                bits[g] = lanes.bits(self.at.slab + g);
            }
        }
        let ahead = ahead(rows, map);
        let patch = self.patch.as_mut_ptr();
        for c in 0..self.channels {
            let reading = self.reading(s, c);
            for (row, ahead) in rows.iter().zip(ahead) {
                // SAFETY: the caller's promise.
                unsafe {
                    let mut to = patch.add(c * channel + row.to);
                    for _ in 0..row.before * G {
                        s.store(to, zero);
                        to = to.add(LANES);
                    }
                    let mut from = c * map + row.from;
                    for _ in 0..row.inside {
                        for g in 0..G {
                            let value = if g < present {
                                self.value(s, reading, from + g * self.stride, ahead, bits[g])
                            } else {
                                zero
                            };
                            s.store(to.add(g * LANES), value);
                        }
                        to = to.add(G * LANES);
                        from += step;
                    }
                    for _ in 0..(columns - row.before - row.inside) * G {
                        s.store(to, zero);
                        to = to.add(LANES);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn reading<S: Simd>(&self, s: S, channel: usize) -> Reading<'_, S::V> {
        match self.read {
            Read::Stored => Reading::Stored,
            Read::Normed { factors, relu } => {
                let Factors { scale, shift, .. } = factors[channel];
                Reading::Normed { scale: s.splat(scale), shift: s.splat(shift), relu }
            }
            Read::NormGradient { x, factors, .. } => {
                let Factors { mean, scale, constant, slope, .. } = factors[channel];
                Reading::NormGradient {
                    x,
                    mean: s.splat(mean),
                    scale: s.splat(scale),
                    constant: s.splat(constant),
                    slope: s.splat(slope),
                }
            }
        }
    }

    /// # Safety
    /// 16 floats must be there at `at`, in all slabs that are read.
    #[inline(always)]
    unsafe fn value<S: Simd>(
        &self,
        s: S,
        reading: Reading<'_, S::V>,
        at: usize,
        ahead: usize,
        bits: u16,
    ) -> S::V {
        let later = at.wrapping_add(ahead);
        // SAFETY: the caller's promise.
        unsafe {
            s.prefetch(self.slabs.as_ptr().wrapping_add(later));
            let value = s.load(self.slabs.as_ptr().add(at));
            match reading {
                Reading::Stored => value,
                Reading::Normed { scale, shift, relu } => {
                    let value = s.fma(value, scale, shift);
                    if relu { s.max(s.splat(0.0), value) } else { value }
                }
                Reading::NormGradient { x, mean, scale, constant, slope } => {
                    s.prefetch(x.as_ptr().wrapping_add(later));
                    let x = s.load(x.as_ptr().add(at));
                    let d = s.mul(scale, s.fnma(slope, s.sub(x, mean), s.sub(value, constant)));
                    s.select(bits, d, s.splat(0.0))
                }
            }
        }
    }
}

/// For each row, floats to one that is read about [`AHEAD`] vectors later, of this channel or a later one; a negative number
/// wraps around.
fn ahead(rows: &[Row], map: usize) -> [usize; ROWS] {
    let (mut reads, mut count, mut longest) = ([0; ROWS], 0, 1);
    for row in rows.iter().filter(|row| row.inside > 0) {
        reads[count] = row.from;
        count += 1;
        longest = longest.max(row.inside);
    }
    let (mut ahead, mut next) = ([0; ROWS], AHEAD.div_ceil(longest));
    for (row, ahead) in rows.iter().zip(&mut ahead).filter(|(row, _)| row.inside > 0) {
        *ahead = (reads[next % count] + next / count * map).wrapping_sub(row.from);
        next += 1;
    }
    ahead
}
