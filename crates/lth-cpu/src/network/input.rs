//! The examples of a step, brought into slabs.

use lth_model::{Batch, Examples};

use crate::{
    kernels::{
        input::{Gather, Scale},
        outer::ActiveExamples,
        transpose::RowsToSlab,
    },
    layout::{
        buffer::Buffer,
        lanes::{Lanes, slab_rows},
    },
    network::examples::read_examples,
    simd::Isa,
};

/// A batch as it was loaded last; buffers grow when a batch needs more.
#[derive(Default)]
pub(crate) struct Loaded {
    /// Stored bytes, `[example][width]`.
    bytes: Vec<u8>,
    /// Numbers as examples are seen, `[example][width]`.
    rows: Buffer,
    /// For each input whether an example of a slab is not zero there.
    any: Vec<u8>,
    /// Numbers, `[vector][example][16]`.
    blocks: Buffer,
    /// For each 16 inputs the examples in which one of them is not zero.
    active: ActiveExamples,
    /// Whom it was loaded for: what others would read is of a batch before it.
    reader: Reader,
    /// For each slab the inputs that are not zero throughout, where a linear layer reads them.
    terms: Vec<Vec<u16>>,
    pub(crate) labels: Vec<u16>,
}

/// Where a batch goes.
pub(crate) struct Target<'a> {
    pub(crate) isa: Isa,
    /// The shape of an example.
    pub(crate) shape: &'a [usize],
    pub(crate) lanes: Lanes,
    /// Slabs of `slab_rows(features)` rows.
    pub(crate) slabs: &'a mut [f32],
    pub(crate) reader: Reader,
}

/// What the layers that read the input want of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Slabs only.
    #[default]
    Maps,
    /// Slabs, and which inputs are not zero throughout.
    Linear,
    /// The same, and batch-major blocks for a dense weight gradient.
    DenseGradient,
}

/// Ascending lists of the inputs of slabs that are not zero throughout.
#[derive(Clone, Copy)]
pub(crate) enum Terms<'a> {
    /// A list a slab.
    EachSlab(&'a [Vec<u16>]),
    /// The list of the only slab.
    OnlySlab(&'a [u16]),
}

impl<'a> Terms<'a> {
    /// The list of a slab.
    pub(crate) fn of(self, slab: usize) -> &'a [u16] {
        match self {
            Self::EachSlab(lists) => &lists[slab],
            Self::OnlySlab(list) => list,
        }
    }
}

/// What is known of the inputs of a batch beside their slabs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Inputs<'a> {
    /// Which inputs are not zero throughout, where a linear layer reads them.
    pub(crate) terms: Option<Terms<'a>>,
    /// Batch-major blocks with the examples that count, where they were made.
    pub(crate) blocks: Option<(&'a [f32], &'a ActiveExamples)>,
}

impl Loaded {
    /// What is known of the batch beside its slabs.
    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            terms: (self.reader != Reader::Maps).then_some(Terms::EachSlab(&self.terms)),
            blocks: self.has_blocks().then_some((&*self.blocks, &self.active)),
        }
    }

    fn has_blocks(&self) -> bool {
        self.reader == Reader::DenseGradient
    }

    /// Loads a batch that was checked; lanes beyond it are zero.
    pub(crate) fn load(&mut self, batch: Batch<'_>, target: &mut Target<'_>) {
        let features: usize = target.shape.iter().product();
        let width = features.next_multiple_of(16);
        let total = target.lanes.slabs * target.lanes.width();
        self.labels.clear();
        self.reader = target.reader;
        if self.has_blocks() {
            self.blocks.at_least(total * width);
        }
        self.terms.resize_with(target.lanes.slabs.max(self.terms.len()), Vec::new);
        match batch {
            Batch::Stored { data, indices, views } => {
                let examples = data.examples();
                self.labels.extend(indices.iter().map(|&index| examples.labels[index as usize]));
                if let Some(scale) = Scale::new(examples.normalization).filter(|_| views.is_empty()) {
                    return self.load_bytes(examples, indices, scale, (features, width), target);
                }
                let rows = self.rows.at_least(total * width);
                read_examples(examples, indices, views, target.shape, rows, width);
            }
            Batch::Values { inputs, labels } => {
                self.labels.extend_from_slice(labels);
                if width == features {
                    return self.load_rows(inputs, (features, width), target);
                }
                let rows = self.rows.at_least(total * width);
                for (row, input) in rows.chunks_exact_mut(width).zip(inputs.chunks_exact(features)) {
                    row[..features].copy_from_slice(input);
                }
            }
        }
        let rows = std::mem::take(&mut self.rows);
        self.load_rows(&rows[..self.labels.len() * width], (features, width), target);
        self.rows = rows;
    }

    fn load_bytes(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        scale: Scale,
        (features, width): (usize, usize),
        target: &mut Target<'_>,
    ) {
        let lanes = target.lanes;
        let total = lanes.slabs * lanes.width();
        self.bytes.resize(total * width, 0);
        for (row, &index) in self.bytes.chunks_exact_mut(width).zip(indices) {
            row[..features].copy_from_slice(&examples.bytes[index as usize * features..][..features]);
        }
        if target.reader != Reader::Maps {
            self.find_terms(lanes, features, width, scale.keeps_zero());
        }
        if self.has_blocks() {
            self.find_active(indices.len(), width, scale.keeps_zero());
        }
        let stride = slab_rows(features) * lanes.width();
        for slab in 0..lanes.slabs {
            let rows = slab * lanes.width() * width..(slab + 1) * lanes.width() * width;
            target.isa.run(Gather {
                bytes: &self.bytes[rows],
                width,
                examples: lanes.range(slab).len(),
                vectors: lanes.vectors,
                slab: &mut target.slabs[slab * stride..],
                blocks: self.has_blocks().then_some((&mut *self.blocks, slab * lanes.width(), total)),
                scale,
            });
        }
    }

    /// From numbers, `[example][width]`.
    fn load_rows(&mut self, rows: &[f32], (features, width): (usize, usize), target: &mut Target<'_>) {
        let (lanes, examples) = (target.lanes, self.labels.len());
        let total = lanes.slabs * lanes.width();
        if self.has_blocks() {
            for (vector, block) in self.blocks.chunks_exact_mut(total * 16).enumerate().take(width / 16) {
                for (to, row) in block.chunks_exact_mut(16).zip(rows.chunks_exact(width)) {
                    to.copy_from_slice(&row[vector * 16..vector * 16 + 16]);
                }
                block[examples * 16..].fill(0.0);
            }
            self.active.all(width / 16, examples);
        }
        let stride = slab_rows(features) * lanes.width();
        for slab in 0..lanes.slabs {
            if target.reader != Reader::Maps {
                self.terms[slab].clear();
                self.terms[slab].extend(0..features as u16);
            }
            target.isa.run(RowsToSlab {
                rows: &rows[slab * lanes.width() * width..],
                width,
                features,
                vectors: lanes.vectors,
                slab: &mut target.slabs[slab * stride..],
            });
        }
    }

    /// Lists, for each slab, the inputs that are not zero in all of its examples.
    fn find_terms(&mut self, lanes: Lanes, features: usize, width: usize, skip_zeros: bool) {
        let any = &mut self.any;
        any.resize(width, 0);
        for slab in 0..lanes.slabs {
            let terms = &mut self.terms[slab];
            terms.clear();
            if !skip_zeros {
                terms.extend(0..features as u16);
                continue;
            }
            any.fill(0);
            let range = lanes.range(slab);
            for row in self.bytes.chunks_exact(width).skip(range.start).take(range.len()) {
                any.iter_mut().zip(row).for_each(|(any, &byte)| *any |= byte);
            }
            terms.extend((0..features as u16).filter(|&feature| any[usize::from(feature)] != 0));
        }
    }

    /// Lists, for each 16 inputs, the examples in which one of them is not zero.
    fn find_active(&mut self, examples: usize, width: usize, skip_zeros: bool) {
        if !skip_zeros {
            return self.active.all(width / 16, examples);
        }
        self.active.clear();
        for vector in 0..width / 16 {
            for (example, row) in self.bytes.chunks_exact(width).take(examples).enumerate() {
                if row[vector * 16..][..16].iter().fold(0, |any, &byte| any | byte) != 0 {
                    self.active.push(example as u32);
                }
            }
            self.active.end_vector();
        }
    }
}
