//! What the weight gradient of a dense layer reads: gradients and inputs as batch-major blocks.

use crate::{
    kernels::{
        outer::ActiveExamples,
        transpose::{Slab, ToPanels, ToVectors},
    },
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
    },
    simd::Isa,
};

/// A layer's input as its update needs it.
pub(crate) struct Input<'a> {
    /// Slabs of `slab_rows(inputs)` rows.
    pub(crate) slabs: &'a [f32],
    /// Batch-major blocks with the examples that count, where they are there already.
    pub(crate) blocks: Option<(&'a [f32], &'a ActiveExamples)>,
}

/// Buffers of batch-major blocks, filled anew by each update.
#[derive(Default)]
pub(crate) struct BatchMajor {
    dy: Buffer,
    x: Buffer,
    every_example: ActiveExamples,
}

/// The blocks of one batch.
pub(crate) struct Blocks<'a> {
    /// `[panel][row + 1][20]`
    pub(crate) dy: &'a [f32],
    /// `[vector][row][16]`
    pub(crate) x: &'a [f32],
    pub(crate) active: &'a ActiveExamples,
    pub(crate) rows: usize,
}

impl BatchMajor {
    /// Brings gradients of `outputs` rows, and inputs of `inputs` rows if they are not there yet, into blocks.
    pub(crate) fn fill<'a>(
        &'a mut self,
        isa: Isa,
        lanes: Lanes,
        (dy, outputs): (&[f32], usize),
        (input, inputs): (&Input<'a>, usize),
    ) -> Blocks<'a> {
        let rows = lanes.slabs * lanes.width();
        self.dy.at_least(ToPanels::len(outputs, rows));
        for slab in 0..lanes.slabs {
            isa.run(ToPanels { slab: slab_of(dy, outputs, lanes, slab), to: &mut self.dy });
        }
        let (x, active) = if let Some(blocks) = input.blocks {
            blocks
        } else {
            self.x.at_least(inputs.next_multiple_of(16) * rows);
            for slab in 0..lanes.slabs {
                isa.run(ToVectors { slab: slab_of(input.slabs, inputs, lanes, slab), to: &mut self.x });
            }
            self.every_example.all(inputs.div_ceil(16), lanes.examples);
            (&*self.x, &self.every_example)
        };
        Blocks { dy: &self.dy, x, active, rows }
    }
}

fn slab_of(slabs: &[f32], features: usize, lanes: Lanes, slab: usize) -> Slab<'_> {
    Slab {
        values: &slabs[slab * slab_rows(features) * lanes.width()..],
        features,
        vectors: lanes.vectors,
        first: slab * lanes.width(),
        rows: lanes.slabs * lanes.width(),
    }
}
