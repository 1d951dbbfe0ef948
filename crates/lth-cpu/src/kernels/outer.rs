//! The weight gradient of a dense layer, with the optimiser's update in the same pass.

#![allow(unsafe_code)]

use crate::{
    kernels::update::{Parameters, UpdateRule, apply_at},
    layout::panels::{PANEL, Panels},
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
        // SAFETY: lengths are checked above.
        unsafe {
            if S::TILE_VECTORS >= 4 {
                self.tiles::<S, PANEL>(s);
            } else {
                self.tiles::<S, BURST>(s);
            }
        }
    }
}

/// Updates that are made in a row: enough to hide each other's latency, few enough to be hidden by the sums.
const BURST: usize = 5;

/// A tile of T rows whose sums are made and whose update is to be done.
struct Pending<V, const T: usize> {
    sums: [V; T],
    at: Option<usize>,
}

impl<R: UpdateRule> Outer<'_, R> {
    /// All weights, T rows of a panel at a time, and what is left of a panel.
    #[inline(always)]
    unsafe fn tiles<S: Simd, const T: usize>(&mut self, s: S) {
        let vectors = self.panels.width() / LANES;
        let tiles = self.panels.count() * vectors;
        let mut pending = Pending { sums: [s.splat(0.0); T], at: None };
        for tile in 0..tiles {
            let tile = if self.reverse { tiles - 1 - tile } else { tile };
            let (panel, vector) = (tile / vectors, tile % vectors);
            let rows = (self.panels.outputs() - panel * PANEL).min(PANEL);
            let mut row = 0;
            // SAFETY: the caller's promise.
            unsafe {
                while row + T <= rows {
                    self.tile(s, panel, row, vector, &mut pending);
                    row += T;
                }
                while row + BURST <= rows {
                    self.rest::<S, BURST>(s, panel, row, vector);
                    row += BURST;
                }
                while row < rows {
                    self.rest::<S, 1>(s, panel, row, vector);
                    row += 1;
                }
            }
        }
        if let Some(at) = pending.at {
            for (t, &sum) in pending.sums.iter().enumerate() {
                // SAFETY: as above.
                unsafe { self.update(s, sum, at + t * LANES) };
            }
        }
    }

    /// Updates 16 weights, and fetches those that the same row of the tile two after this one updates.
    #[inline(always)]
    unsafe fn update<S: Simd>(&mut self, s: S, sum: S::V, at: usize) {
        const AHEAD: usize = 2 * PANEL * LANES;
        // SAFETY: the caller's promise.
        unsafe {
            let kept = self.kept.map(|kept| *kept.get_unchecked(at / LANES));
            apply_at(s, &self.rule, sum, self.parameters.slots(at), kept);
        }
        let slots = self.parameters.slots(if self.reverse { at.wrapping_sub(AHEAD) } else { at + AHEAD });
        s.prefetch(slots.w);
        if R::MOMENTS > 0 {
            s.prefetch(slots.first);
        }
        if R::MOMENTS > 1 {
            s.prefetch(slots.second);
        }
    }

    /// 16 weights of each of T rows of a panel, and meanwhile the update of the tile before.
    #[inline(always)]
    unsafe fn tile<S: Simd, const T: usize>(
        &mut self,
        s: S,
        panel: usize,
        row: usize,
        vector: usize,
        pending: &mut Pending<S::V, T>,
    ) {
        let list = self.active.of(vector);
        let bursts = T / BURST;
        let share = list.len() / bursts;
        let mut sums = [s.splat(R::START); T];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let x = self.x.as_ptr().add(vector * self.rows * LANES);
            let dy = self.dy.as_ptr().add(panel * (self.rows + 1) * PANEL + row);
            for burst in 0..bursts {
                add_examples(s, x, dy, list.get_unchecked(burst * share..(burst + 1) * share), &mut sums);
                if let Some(at) = pending.at {
                    for t in burst * BURST..(burst + 1) * BURST {
                        self.update(s, pending.sums[t], at + t * LANES);
                    }
                }
            }
            add_examples(s, x, dy, list.get_unchecked(bursts * share..), &mut sums);
        }
        *pending = Pending { sums, at: Some(self.panels.index(panel * PANEL + row, vector * LANES)) };
    }

    /// 16 weights of each of T rows of a panel, with their update at once.
    #[inline(always)]
    unsafe fn rest<S: Simd, const T: usize>(&mut self, s: S, panel: usize, row: usize, vector: usize) {
        let mut sums = [s.splat(R::START); T];
        // SAFETY: `run` checked the lengths.
        unsafe {
            let x = self.x.as_ptr().add(vector * self.rows * LANES);
            let dy = self.dy.as_ptr().add(panel * (self.rows + 1) * PANEL + row);
            add_examples(s, x, dy, self.active.of(vector), &mut sums);
            let at = self.panels.index(panel * PANEL + row, vector * LANES);
            for (t, &sum) in sums.iter().enumerate() {
                self.update(s, sum, at + t * LANES);
            }
        }
    }
}

/// `sums[t] += dy[example][t] * x[example]` for the examples of an ascending list.
///
/// # Safety
/// The examples must be there in both.
#[inline(always)]
unsafe fn add_examples<S: Simd, const T: usize>(
    s: S,
    x: *const f32,
    dy: *const f32,
    list: &[u32],
    sums: &mut [S::V; T],
) {
    let (Some(&first), Some(&last)) = (list.first(), list.last()) else { return };
    // SAFETY: the caller's promise.
    unsafe {
        if (last - first) as usize + 1 == list.len() {
            // One after the other: nothing is looked up.
            let mut x = x.add(first as usize * LANES);
            let mut dy = dy.add(first as usize * PANEL);
            for _ in 0..list.len() {
                add_example(s, x, dy, sums);
                (x, dy) = (x.add(LANES), dy.add(PANEL));
            }
        } else {
            for &example in list {
                add_example(
                    s,
                    x.add(example as usize * LANES),
                    opaque(dy.add(example as usize * PANEL)),
                    sums,
                );
            }
        }
    }
}

/// `sums[t] += dy[t] * x`
///
/// # Safety
/// An example must be at both.
#[inline(always)]
unsafe fn add_example<S: Simd, const T: usize>(s: S, x: *const f32, dy: *const f32, sums: &mut [S::V; T]) {
    // SAFETY: the caller's promise.
    unsafe {
        let x = s.load(x);
        for t in 0..T {
            sums[t] = s.fma(s.splat(*dy.add(t)), x, sums[t]);
        }
    }
}
