//! The weight gradient of a dense layer, with the optimiser's update in the same pass.

#![allow(unsafe_code)]

use super::update::{Parameters, UpdateRule, apply_at};
use crate::{
    panels::{PANEL, Panels},
    simd::{Kernel, LANES, Simd, opaque},
};

/// `g[o][i] = sum over n of dy[n][o] * x[n][i]`, then the update of `w[o][i]`.
///
/// Both factors are batch-major ([`super::transpose`]), so that a vector is 16 neighbouring weights and no sum across lanes
/// is needed; examples in which 16 neighbouring inputs are all zero are left out of that vector's sum. The update of one
/// tile, whose square roots keep the divider busy, is spread over the sums of the next.
pub(crate) struct Outer<'a, R> {
    /// `[panel][row + 1][20]`
    pub(crate) dy: &'a [f32],
    /// `[vector][row][16]`
    pub(crate) x: &'a [f32],
    /// Rows of both: the batch in whole slabs.
    pub(crate) rows: usize,
    /// For each 16 inputs the examples that count, ascending.
    pub(crate) active: &'a ActiveExamples,
    /// In panels.
    pub(crate) panels: Panels,
    /// Whether to go from the last tile to the first: every other step, so that what is still in cache comes first.
    pub(crate) reverse: bool,
    pub(crate) parameters: Parameters<'a>,
    /// One word for each 16 weights, bit set where a weight is kept; absent where all are.
    pub(crate) kept: Option<&'a [u16]>,
    pub(crate) rule: R,
}

/// For each vector of 16 inputs the examples of the batch in which one of them is not zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActiveExamples {
    examples: Vec<u32>,
    /// Where the list of each vector ends.
    ends: Vec<usize>,
    /// Vectors and examples, where all lists are known to be whole.
    whole: Option<(usize, usize)>,
}

impl ActiveExamples {
    /// Starts over.
    pub(crate) fn clear(&mut self) {
        self.whole = None;
        self.examples.clear();
        self.ends.clear();
    }

    /// Adds an example to the list of the current vector.
    pub(crate) fn push(&mut self, example: u32) {
        self.examples.push(example);
    }

    /// Ends the list of the current vector.
    pub(crate) fn end_vector(&mut self) {
        self.ends.push(self.examples.len());
    }

    /// All examples for all vectors.
    pub(crate) fn all(&mut self, vectors: usize, examples: usize) {
        if self.whole == Some((vectors, examples)) {
            return;
        }
        self.clear();
        self.whole = Some((vectors, examples));
        for _ in 0..vectors {
            self.examples.extend(0..examples as u32);
            self.end_vector();
        }
    }

    fn of(&self, vector: usize) -> &[u32] {
        let start = if vector == 0 { 0 } else { self.ends[vector - 1] };
        &self.examples[start..self.ends[vector]]
    }
}

impl<R: UpdateRule> Kernel for Outer<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let examples = self.active.examples.iter().copied().max().map_or(0, |last| last as usize + 1);
        let vectors = self.panels.width() / LANES;
        assert!(self.active.ends.len() >= vectors && examples <= self.rows);
        assert!(self.x.len() >= vectors * self.rows * LANES);
        assert!(self.dy.len() >= self.panels.count() * (self.rows + 1) * PANEL);
        assert!(self.kept.is_none_or(|kept| kept.len() >= self.panels.len() / LANES));
        self.parameters.check::<R>(self.panels.len());
        let tiles = self.panels.count() * vectors;
        let mut pending = Pending { sums: [s.splat(0.0); PANEL], at: None };
        for tile in 0..tiles {
            let tile = if self.reverse { tiles - 1 - tile } else { tile };
            let (panel, vector) = (tile / vectors, tile % vectors);
            let rows = (self.panels.outputs() - panel * PANEL).min(PANEL);
            let mut row = 0;
            // SAFETY: lengths are checked above.
            unsafe {
                if S::TILE_VECTORS >= 4 && rows == PANEL {
                    self.full_tile(s, panel, vector, &mut pending);
                    continue;
                }
                while row + 5 <= rows {
                    self.part_tile::<S, 5>(s, panel, row, vector);
                    row += 5;
                }
                while row < rows {
                    self.part_tile::<S, 1>(s, panel, row, vector);
                    row += 1;
                }
            }
        }
        for t in 0..PANEL {
            // SAFETY: as above.
            unsafe { self.apply(s, &pending, t) };
        }
    }
}

/// Updates that are made in a row: enough to hide each other's latency, few enough to be hidden by the sums.
const BURST: usize = 5;

/// A tile whose sums are made and whose update is to be done.
struct Pending<V> {
    sums: [V; PANEL],
    at: Option<usize>,
}

impl<R: UpdateRule> Outer<'_, R> {
    /// Updates the weights of row t of a pending tile.
    #[inline(always)]
    unsafe fn apply<S: Simd>(&mut self, s: S, pending: &Pending<S::V>, t: usize) {
        if let Some(at) = pending.at {
            let at = at + t * LANES;
            // SAFETY: the caller's promise.
            unsafe {
                let kept = self.kept.map(|kept| *kept.get_unchecked(at / LANES));
                apply_at(s, &self.rule, pending.sums[t], self.parameters.slots(at), kept);
            }
        }
    }

    /// Fetches what row t of the tile two after a pending one will update.
    #[inline(always)]
    fn prefetch<S: Simd>(&mut self, s: S, pending: &Pending<S::V>, t: usize) {
        const AHEAD: usize = 2 * PANEL * LANES;
        let Some(at) = pending.at else { return };
        let row = at + t * LANES;
        let slots = self.parameters.slots(if self.reverse { row.wrapping_sub(AHEAD) } else { row + AHEAD });
        s.prefetch(slots.w);
        if R::MOMENTS > 0 {
            s.prefetch(slots.first);
        }
        if R::MOMENTS > 1 {
            s.prefetch(slots.second);
        }
    }

    /// 16 weights of each row of a panel, and meanwhile the update of the tile before.
    #[inline(always)]
    unsafe fn full_tile<S: Simd>(&mut self, s: S, panel: usize, vector: usize, pending: &mut Pending<S::V>) {
        let list = self.active.of(vector);
        let share = list.len() / (PANEL / BURST);
        let mut sums = [s.splat(R::START); PANEL];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let x = self.x.as_ptr().add(vector * self.rows * LANES);
            let dy = self.dy.as_ptr().add(panel * (self.rows + 1) * PANEL);
            for part in 0..PANEL / BURST {
                for &example in list.get_unchecked(part * share..(part + 1) * share) {
                    add_example(s, x, dy, example, &mut sums);
                }
                for t in 0..BURST {
                    self.apply(s, pending, part * BURST + t);
                    self.prefetch(s, pending, part * BURST + t);
                }
            }
            for &example in list.get_unchecked(PANEL / BURST * share..) {
                add_example(s, x, dy, example, &mut sums);
            }
        }
        *pending = Pending { sums, at: Some(self.panels.index(panel * PANEL, vector * LANES)) };
    }

    /// 16 weights of each of T rows of a panel.
    #[inline(always)]
    unsafe fn part_tile<S: Simd, const T: usize>(&mut self, s: S, panel: usize, row: usize, vector: usize) {
        let mut sums = [s.splat(R::START); T];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let x = self.x.as_ptr().add(vector * self.rows * LANES);
            let dy = self.dy.as_ptr().add(panel * (self.rows + 1) * PANEL + row);
            for &example in self.active.of(vector) {
                add_example(s, x, dy, example, &mut sums);
            }
            let first = self.panels.index(panel * PANEL + row, vector * LANES);
            for (t, &sum) in sums.iter().enumerate() {
                let at = first + t * LANES;
                let kept = self.kept.map(|kept| *kept.get_unchecked(at / LANES));
                apply_at(s, &self.rule, sum, self.parameters.slots(at), kept);
            }
        }
    }
}

/// `sums[t] += dy[example][t] * x[example]`
///
/// # Safety
/// The example must be there in both.
#[inline(always)]
unsafe fn add_example<S: Simd, const T: usize>(
    s: S,
    x: *const f32,
    dy: *const f32,
    example: u32,
    sums: &mut [S::V; T],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let x = s.load(x.add(example as usize * LANES));
        let dy = opaque(dy.add(example as usize * PANEL));
        for t in 0..T {
            sums[t] = s.fma(s.splat(*dy.add(t)), x, sums[t]);
        }
    }
}
