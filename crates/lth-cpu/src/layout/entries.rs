//! Where the kept weights of a convolution are.
//!
//! They are *stored* in slots, grouped so that the weight gradient makes 16 sums at a time; and each pass over a map has
//! its own list of *entries*, in the order in which it goes through them, with a copy of the values.

use std::ops::Range;

use lth_model::Mask;

use crate::layout::{blocks::Blocks, sweep::Sweep};

/// Floats of patches that stay in a first-level cache of 48 KB, beside what else is there.
const BLOCK_FLOATS: usize = 8 * 1024;

/// Kept weights of a row and block of channels below which a further block costs more than it saves.
const BLOCK_LIVE: usize = 12;

/// Tiles over which the weight gradient sums vectors before it sums their lanes.
pub(crate) const SUMMED_TILES: usize = 2;

/// Shares into which the weight gradient is cut, so that several workers can make it.
const SHARES: usize = 8;

/// Kept weights of one output and one block of channels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) row: u32,
    /// Whether it is the first of its row.
    pub(crate) first: bool,
    /// First entry and the one after the last; or so of places of slots.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The order in which kept weights are stored.
///
/// Four weights of one output are a quad; quad q, weight u is *place* `4 q + u` and slot `q / 4 * 16 + 4 u + q % 4`. A quad
/// that is not full has slots that are zero for ever.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    /// By blocks of channels, then by length; ranges of places, each from a multiple of 4 on.
    pub(crate) segments: Vec<Segment>,
    /// Segments of each share; a share begins at a multiple of 16 places.
    pub(crate) shares: Vec<Range<usize>>,
    /// For each slot its index in `[output][input][kernel]`, `u32::MAX` for one that only fills up.
    pub(crate) origin: Vec<u32>,
    /// For each 16 slots, which hold a weight.
    pub(crate) kept: Vec<u16>,
}

/// A kept weight in the order of a pass.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) struct Entry {
    /// Floats from the start of the patch.
    pub(crate) offset: u32,
    pub(crate) weight: f32,
}

/// The kept weights in the order in which a sweep goes through them: by blocks of channels that stay in the first-level
/// cache, then by length of row, as with [`Slots`]. Within a row channels and taps ascend, so that sums have the order of
/// dense ones.
#[derive(Debug, Clone)]
pub(crate) struct Entries {
    /// Ranges of entries.
    pub(crate) segments: Vec<Segment>,
    pub(crate) list: Vec<Entry>,
    /// One more than the largest offset.
    pub(crate) end: usize,
    /// The slot of each.
    slots: Vec<u32>,
    /// Rows without a weight.
    pub(crate) empty: Vec<u32>,
}

/// Channels of a block: as many as fit into the cache with so many tiles, more where they have few weights.
fn block_channels(sweep: &Sweep, tiles: usize, channels: usize, rows: usize, live: usize) -> usize {
    let fitting = BLOCK_FLOATS / (tiles * sweep.footprint());
    let wanted = (BLOCK_LIVE * rows * channels).div_ceil(live.max(1));
    fitting.max(wanted).clamp(1, channels.max(1))
}

impl Slots {
    pub(crate) fn new(mask: &Mask, blocks: Blocks, sweep: &Sweep) -> Self {
        let Blocks { inputs, outputs, kernel } = blocks;
        let size = block_channels(sweep, SUMMED_TILES, inputs, outputs, mask.live());
        let count = inputs.div_ceil(size);
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); count * outputs];
        for index in mask.live_indices() {
            let (output, input) = (index / (inputs * kernel), index / kernel % inputs);
            rows[input / size * outputs + output].push(index as u32);
        }
        let mut slots =
            Self { segments: Vec::new(), shares: Vec::new(), origin: Vec::new(), kept: Vec::new() };
        let places: usize = rows.iter().map(|row| row.len().next_multiple_of(4)).sum();
        let share = places.div_ceil(SHARES).max(1);
        let (mut next, mut begun, mut first) = (0_usize, 0, 0);
        let mut order: Vec<usize> = (0..rows.len()).filter(|&number| !rows[number].is_empty()).collect();
        // Equal lengths follow each other, so that the processor foresees where a segment ends.
        order.sort_by_key(|&number| (number / outputs, rows[number].len()));
        for number in order {
            if next >= begun + share {
                slots.shares.push(first..slots.segments.len());
                first = slots.segments.len();
                next = next.next_multiple_of(16);
                begun = next;
            }
            let end = next + rows[number].len();
            let (output, first) = ((number % outputs) as u32, number < outputs);
            slots.segments.push(Segment { row: output, first, start: next as u32, end: end as u32 });
            slots.origin.resize(end.next_multiple_of(16), u32::MAX);
            for (place, &index) in (next..end).zip(&rows[number]) {
                slots.origin[slot(place)] = index;
            }
            next = end.next_multiple_of(4);
        }
        slots.shares.push(first..slots.segments.len());
        let bits = |chunk: &[u32]| {
            chunk.iter().enumerate().fold(0, |bits, (i, &o)| bits | u16::from(o != u32::MAX) << i)
        };
        slots.kept = slots.origin.chunks(16).map(bits).collect();
        slots
    }

    /// For each slot, floats from the start of a patch of this sweep.
    pub(crate) fn offsets(&self, blocks: Blocks, sweep: &Sweep) -> Vec<u32> {
        let offset = |&origin: &u32| {
            if origin == u32::MAX {
                return 0;
            }
            let (_, input, kernel) = blocks.place(origin as usize);
            (input * sweep.channel()) as u32 + tap_offset(sweep, kernel)
        };
        self.origin.iter().map(offset).collect()
    }
}

/// The slot of a place.
pub(crate) fn slot(place: usize) -> usize {
    place / 16 * 16 + place % 4 * 4 + place / 4 % 4
}

fn tap_offset(sweep: &Sweep, kernel: usize) -> u32 {
    let tap = sweep.taps.iter().find(|tap| tap.kernel as usize == kernel);
    tap.expect("a forward sweep has every tap").offset
}

impl Entries {
    /// The weights that this sweep meets; forward from inputs to outputs, or back.
    pub(crate) fn new(slots: &Slots, blocks: Blocks, sweep: &Sweep, forward: bool) -> Self {
        let (rows, channels) =
            if forward { (blocks.outputs, blocks.inputs) } else { (blocks.inputs, blocks.outputs) };
        let mut found: Vec<(usize, usize, usize, u32)> = Vec::new();
        let mut order = vec![usize::MAX; blocks.kernel];
        for (place, tap) in sweep.taps.iter().enumerate() {
            order[tap.kernel as usize] = place;
        }
        for (slot, &origin) in slots.origin.iter().enumerate().filter(|(_, origin)| **origin != u32::MAX) {
            let (output, input, kernel) = blocks.place(origin as usize);
            let (row, channel) = if forward { (output, input) } else { (input, output) };
            if order[kernel] != usize::MAX {
                found.push((row, channel, order[kernel], slot as u32));
            }
        }
        let size = block_channels(sweep, 1, channels, rows, found.len());
        let mut lengths = vec![0_usize; channels.div_ceil(size) * rows];
        for &(row, channel, ..) in &found {
            lengths[channel / size * rows + row] += 1;
        }
        found.sort_unstable_by_key(|&(row, channel, place, _)| {
            let block = channel / size;
            (block, lengths[block * rows + row], row, channel, place)
        });
        let mut entries =
            Self { segments: Vec::new(), list: Vec::new(), end: 0, slots: Vec::new(), empty: Vec::new() };
        let mut met = vec![false; rows];
        let mut current = None;
        for (row, channel, place, slot) in found {
            if current != Some((channel / size, row)) {
                current = Some((channel / size, row));
                let start = entries.list.len() as u32;
                let first = !std::mem::replace(&mut met[row], true);
                entries.segments.push(Segment { row: row as u32, first, start, end: start });
            }
            let offset = (channel * sweep.channel()) as u32 + sweep.taps[place].offset;
            entries.end = entries.end.max(offset as usize + 1);
            entries.list.push(Entry { offset, weight: 0.0 });
            entries.slots.push(slot);
            entries.segments.last_mut().expect("pushed above").end += 1;
        }
        entries.empty = (0..rows as u32).filter(|&row| !met[row as usize]).collect();
        entries
    }

    /// Copies the values from their slots.
    pub(crate) fn refresh(&mut self, stored: &[f32]) {
        for (entry, &slot) in self.list.iter_mut().zip(&self.slots) {
            entry.weight = stored[slot as usize];
        }
    }
}
