//! The sums of a pass, strip by strip, and what they are together.

use crate::{
    kernels::conv::moments::{Moments, SUMS, Summed},
    layout::{buffer::Buffer, lanes::Lanes, shared::Shared, sweep::Sweep},
    simd::LANES,
};

/// Sums of every strip and row, and over how many values each lane of a strip went. They are put together in the order of
/// strips, so that any number of workers gives the same bits.
#[derive(Default)]
pub(crate) struct Sums {
    buffer: Buffer,
    rows: usize,
    /// Of each strip, and its lanes.
    counts: Vec<[f64; LANES]>,
}

impl Sums {
    /// Memory for the sums of these passes.
    pub(super) fn begin<'a>(
        &'a mut self,
        sweeps: impl Iterator<Item = &'a Sweep>,
        rows: usize,
        lanes: Lanes,
        of: Summed<'a>,
    ) -> Moments<'a> {
        self.rows = rows;
        self.counts.clear();
        for sweep in sweeps {
            self.counts.extend((0..sweep.strips(lanes.slabs)).map(|strip| counts(sweep, strip, lanes)));
        }
        let sums = Shared::new(self.buffer.at_least(self.counts.len() * rows * SUMS));
        Moments { sums, of }
    }

    /// Each strip's sums of a row, and its counts.
    fn strips(&self, row: usize) -> impl Iterator<Item = (&[f32], &[f64; LANES])> {
        let sums = self.buffer.chunks_exact(SUMS).skip(row).step_by(self.rows);
        sums.zip(&self.counts)
    }

    /// Mean and variance of a row: each lane by its own difference from what was subtracted, then all together.
    pub(crate) fn statistics(&self, row: usize) -> (f32, f32) {
        let (mut count, mut sum) = (0.0, 0.0);
        for (sums, counts) in self.strips(row) {
            for (lane, &of_lane) in counts.iter().enumerate() {
                count += of_lane;
                sum += of_lane * f64::from(sums[lane]) + f64::from(sums[LANES + lane]);
            }
        }
        let mean = sum / count;
        let mut squares = 0.0;
        for (sums, counts) in self.strips(row) {
            for (lane, &of_lane) in counts.iter().enumerate() {
                // The sum of (y - c)^2, moved from c to the mean.
                let shift = mean - f64::from(sums[lane]);
                let (sum, product) = (f64::from(sums[LANES + lane]), f64::from(sums[2 * LANES + lane]));
                squares += if of_lane > 0.0 { product - shift * (2.0 * sum - of_lane * shift) } else { 0.0 };
            }
        }
        (mean as f32, (squares / count).max(0.0) as f32)
    }

    /// The sums of gradients of a row.
    pub(crate) fn gradients(&self, row: usize) -> (f64, f64) {
        let (mut plain, mut weighted) = (0.0, 0.0);
        for (sums, _) in self.strips(row) {
            for lane in 0..LANES {
                plain += f64::from(sums[LANES + lane]);
                weighted += f64::from(sums[2 * LANES + lane]);
            }
        }
        (plain, weighted)
    }
}

/// How many values of a strip each lane has.
fn counts(sweep: &Sweep, strip: usize, lanes: Lanes) -> [f64; LANES] {
    let at = sweep.strip_at(strip);
    let inside = |first: usize, axis: usize| (sweep.grid[axis] - first).min(sweep.strip[axis]);
    let places = inside(at.y, 0) * inside(at.x, 1);
    let slabs = at.slab..(at.slab + sweep.group).min(lanes.slabs);
    std::array::from_fn(|lane| {
        let present = slabs.clone().filter(|&slab| lane < lanes.range(slab).len()).count();
        (places * present) as f64
    })
}
