//! The sparse format: sliced ELLPACK, four rows a slice, rows sorted by length, terms blocked for the first-level cache.

use lth_model::Mask;

/// Rows in a slice.
pub(crate) const SLICE: usize = 4;

/// Terms whose slab rows (64 lanes) stay in a first-level cache of 48 KB, beside what else is there.
const BLOCK_TERMS: usize = 112;

/// Kept weights a row and block below which a further block costs more than it saves.
const BLOCK_LIVE: usize = 12;

/// Where the kept weights of a matrix are.
///
/// The weights of a slice are interleaved: slot `start + 4 k + r` is term k of row r. Each row's terms ascend from block to
/// block, so that a sum over slots has the order of a dense sum. Slots that only fill up a slice are zero for ever
/// ([`Layout::kept`]); they read a valid term, and a missing row is the scratch row after the last.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) rows: usize,
    pub(crate) slices: Vec<Slice>,
    /// The term of each slot.
    pub(crate) terms: Vec<u16>,
    /// For each 16 slots, which hold a weight.
    pub(crate) kept: Vec<u16>,
    /// The flat matrix index (`row * columns + term`) of each slot that holds a weight, else `u32::MAX`.
    pub(crate) origin: Vec<u32>,
    /// One more than the highest term.
    pub(crate) terms_end: usize,
}

/// Four rows that are computed together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) rows: [u16; SLICE],
    /// First slot, a multiple of 16.
    pub(crate) start: u32,
    /// Terms a row, a multiple of 4.
    pub(crate) steps: u32,
    /// Terms of the longest row.
    pub(crate) used: u32,
    /// Whether the sums of its rows start here, and whether they end here. Every row starts once and ends once, whether it has
    /// a weight there or not.
    pub(crate) starts: bool,
    pub(crate) ends: bool,
}

impl Layout {
    /// The layout of the kept weights of a `[rows][columns]` mask.
    pub(crate) fn new(mask: &Mask, rows: usize, columns: usize) -> Self {
        let live = mask.live_indices().map(|index| (index / columns, index % columns, index));
        Self::build(live, rows, columns, mask.live())
    }

    /// The layout of the transpose: rows are the mask's columns. Origins are indices of the original matrix.
    pub(crate) fn transposed(mask: &Mask, rows: usize, columns: usize) -> Self {
        let live = mask.live_indices().map(|index| (index % columns, index / columns, index));
        Self::build(live, columns, rows, mask.live())
    }

    fn build(
        live: impl Iterator<Item = (usize, usize, usize)>,
        rows: usize,
        columns: usize,
        count: usize,
    ) -> Self {
        let blocks = (count / (rows * BLOCK_LIVE).max(1)).clamp(1, columns.div_ceil(BLOCK_TERMS).max(1));
        let block_terms = columns.div_ceil(blocks).max(1);
        let mut entries: Vec<Vec<Vec<(u16, u32)>>> = vec![vec![Vec::new(); rows]; blocks];
        for (row, term, index) in live {
            entries[term / block_terms][row].push((term as u16, index as u32));
        }
        let mut layout = Self {
            rows,
            slices: Vec::new(),
            terms: Vec::new(),
            kept: Vec::new(),
            origin: Vec::new(),
            terms_end: 0,
        };
        for (number, block) in entries.iter().enumerate() {
            let (starts, ends) = (number == 0, number + 1 == blocks);
            let mut order: Vec<usize> =
                (0..rows).filter(|&row| starts || ends || !block[row].is_empty()).collect();
            order.sort_by_key(|&row| (std::cmp::Reverse(block[row].len()), row));
            for group in order.chunks(SLICE) {
                let slice = layout.push_slots(group, block);
                layout.slices.push(Slice { starts, ends, ..slice });
            }
        }
        layout.kept = layout
            .origin
            .chunks(16)
            .map(|slots| {
                slots.iter().enumerate().fold(0, |bits, (i, &o)| bits | u16::from(o != u32::MAX) << i)
            })
            .collect();
        layout.terms_end = layout.terms.iter().max().map_or(0, |&term| usize::from(term) + 1);
        layout
    }

    /// The slots of up to four rows.
    fn push_slots(&mut self, group: &[usize], block: &[Vec<(u16, u32)>]) -> Slice {
        let used = block[group[0]].len();
        let steps = used.next_multiple_of(4);
        let mut rows = [self.rows as u16; SLICE];
        for (place, &row) in rows.iter_mut().zip(group) {
            *place = row as u16;
        }
        let start = self.terms.len() as u32;
        for step in 0..steps {
            for place in 0..SLICE {
                let row: &[(u16, u32)] = group.get(place).map_or(&[], |&row| &block[row]);
                // A filling slot reads a term that is read anyway.
                let filler = row.last().unwrap_or(&block[group[0]][0]).0;
                let (term, origin) = row.get(step).copied().unwrap_or((filler, u32::MAX));
                self.terms.push(term);
                self.origin.push(origin);
            }
        }
        Slice { rows, start, steps: steps as u32, used: used as u32, starts: false, ends: false }
    }

    /// Slots, filled or not; a multiple of 16.
    pub(crate) fn slots(&self) -> usize {
        self.terms.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_live_weight_has_one_slot_and_terms_ascend() {
        let mut stream = lth_model::RandomStream::new(lth_model::Seed(3), lth_model::Purpose::RandomMask, 0);
        for (rows, columns, density) in
            [(1, 1, 1.0), (5, 7, 0.5), (37, 300, 0.2), (300, 784, 0.02), (9, 400, 0.9), (4, 4, 0.0)]
        {
            let mask = Mask::from_flags(
                vec![rows, columns],
                (0..rows * columns).map(|_| stream.uniform() < density),
            );
            for transposed in [false, true] {
                let layout = if transposed {
                    Layout::transposed(&mask, rows, columns)
                } else {
                    Layout::new(&mask, rows, columns)
                };
                assert_eq!(layout.slots() % 16, 0);
                let mut found: Vec<u32> = layout.origin.iter().copied().filter(|&o| o != u32::MAX).collect();
                found.sort_unstable();
                assert_eq!(found, mask.live_indices().map(|i| i as u32).collect::<Vec<_>>());
                let mut last = vec![None; layout.rows];
                let (mut starts, mut ends) = (vec![0; layout.rows + 1], vec![0; layout.rows + 1]);
                for slice in &layout.slices {
                    for &row in &slice.rows {
                        starts[usize::from(row)] += u32::from(slice.starts);
                        ends[usize::from(row)] += u32::from(slice.ends);
                    }
                    for step in 0..slice.steps as usize {
                        for (r, &row) in slice.rows.iter().enumerate() {
                            let slot = slice.start as usize + step * SLICE + r;
                            let kept = layout.kept[slot / 16] >> (slot % 16) & 1 == 1;
                            assert_eq!(kept, layout.origin[slot] != u32::MAX);
                            if kept {
                                let (row, term) = (usize::from(row), usize::from(layout.terms[slot]));
                                let index =
                                    if transposed { term * columns + row } else { row * columns + term };
                                assert_eq!(layout.origin[slot] as usize, index);
                                assert!(last[row] < Some(term));
                                last[row] = Some(term);
                            }
                        }
                    }
                }
                assert!(starts[..layout.rows].iter().chain(&ends[..layout.rows]).all(|&count| count == 1));
            }
        }
    }
}
