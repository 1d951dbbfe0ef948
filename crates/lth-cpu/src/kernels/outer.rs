//! The weight gradient of a dense layer, with the optimiser's update in the same pass.

#![allow(unsafe_code)]

use super::update::{Parameters, UpdateRule, apply_at};
use crate::simd::{Kernel, LANES, Simd};

/// `g[o][i] = sum over n of dy[n][o] * x[n][i]`, then the update of `w[o][i]`.
///
/// Both factors are batch-major, so that a vector is 16 neighbouring weights and no sum across lanes is needed; examples in
/// which 16 neighbouring inputs are all zero are left out of that vector's sum.
pub(crate) struct Outer<'a, R> {
    /// `[example][row_width]`
    pub(crate) dy: &'a [f32],
    pub(crate) dy_width: usize,
    /// `[example][x_width]`, a multiple of 16.
    pub(crate) x: &'a [f32],
    pub(crate) x_width: usize,
    /// Rows of the weights.
    pub(crate) outputs: usize,
    /// For each 16 inputs the examples that count, ascending.
    pub(crate) active: &'a ActiveExamples,
    /// `[output][x_width]`
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
}

impl ActiveExamples {
    /// Starts over.
    pub(crate) fn clear(&mut self) {
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
        self.clear();
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
        assert!(self.x_width % LANES == 0 && self.dy_width >= self.outputs);
        assert!(self.active.ends.len() >= self.x_width / LANES);
        assert!(self.x.len() >= examples * self.x_width && self.dy.len() >= examples * self.dy_width);
        assert!(self.kept.is_none_or(|kept| kept.len() >= self.outputs * self.x_width / LANES));
        self.parameters.check::<R>(self.outputs * self.x_width);
        let mut row = 0;
        // SAFETY: lengths are checked above.
        unsafe {
            while row + S::GRADIENT_ROWS <= self.outputs {
                match S::GRADIENT_ROWS {
                    20 => self.band::<S, 20>(s, row),
                    6 => self.band::<S, 6>(s, row),
                    _ => self.band::<S, 4>(s, row),
                }
                row += S::GRADIENT_ROWS;
            }
            while row + 4 <= self.outputs {
                self.band::<S, 4>(s, row);
                row += 4;
            }
            while row < self.outputs {
                self.band::<S, 1>(s, row);
                row += 1;
            }
        }
    }
}

impl<R: UpdateRule> Outer<'_, R> {
    /// All weights of T rows.
    #[inline(always)]
    unsafe fn band<S: Simd, const T: usize>(&mut self, s: S, row: usize) {
        for vector in 0..self.x_width / LANES {
            let mut sums = [s.splat(0.0); T];
            // SAFETY: `run` checked the lengths.
            unsafe {
                let x = self.x.as_ptr().add(vector * LANES);
                let dy = self.dy.as_ptr().add(row);
                for &example in self.active.of(vector) {
                    let x = s.load(x.add(example as usize * self.x_width));
                    let dy = dy.add(example as usize * self.dy_width);
                    for t in 0..T {
                        sums[t] = s.fma(s.splat(*dy.add(t)), x, sums[t]);
                    }
                }
                for (t, &sum) in sums.iter().enumerate() {
                    let at = (row + t) * self.x_width + vector * LANES;
                    let kept = self.kept.map(|kept| *kept.get_unchecked(at / LANES));
                    apply_at(s, &self.rule, sum, self.parameters.slots(at), kept);
                }
            }
        }
    }
}
