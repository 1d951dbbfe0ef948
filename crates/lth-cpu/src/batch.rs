//! The examples of a step, brought into slabs.

use lth_model::{Architecture, Batch, EngineError, Examples, View};

use crate::{
    buffer::Buffer,
    graph::load::read_examples,
    kernels::{
        input::{Gather, Scale},
        outer::ActiveExamples,
        transpose::ToSlab,
    },
    lanes::{Lanes, slab_rows},
    simd::Isa,
};

/// A batch as it was loaded last; buffers grow when a batch needs more.
#[derive(Default)]
pub(crate) struct LoadedBatch {
    /// Stored bytes, `[example][width]`.
    bytes: Vec<u8>,
    /// Numbers as examples are seen, `[example][feature]`.
    seen: Buffer,
    /// For each input whether an example of a slab is not zero there.
    any: Vec<u8>,
    /// Numbers, `[vector][example][16]`.
    blocks: Buffer,
    /// For each 16 inputs the examples in which one of them is not zero.
    active: ActiveExamples,
    /// Whether both are of this batch, and not of one before it.
    has_blocks: bool,
    /// For each slab the inputs that are not zero throughout.
    pub(crate) terms: Vec<Vec<u16>>,
    pub(crate) labels: Vec<u16>,
}

/// Where a batch goes.
pub(crate) struct Target<'a> {
    pub(crate) isa: Isa,
    pub(crate) features: usize,
    /// The shape of an example.
    pub(crate) shape: &'a [usize],
    /// Slabs of `slab_rows(features)` rows.
    pub(crate) slabs: &'a mut [f32],
    /// Whether a gradient of the first layer will want batch-major blocks and the examples that count.
    pub(crate) with_blocks: bool,
}

/// Refuses a batch that does not fit the architecture.
pub(crate) fn check(architecture: &Architecture, batch: Batch<'_>) -> Result<(), EngineError> {
    let (features, classes) = (architecture.input_features(), architecture.classes());
    let error = |reason: String| Err(EngineError::Batch { reason });
    if batch.is_empty() {
        return error("it has no example".to_owned());
    }
    let bad_label = match batch {
        Batch::Stored { examples, indices, views } => {
            if !views.is_empty() && views.len() != indices.len() {
                return error(format!("{} views of {} examples", views.len(), indices.len()));
            }
            if examples.features != features {
                return error(format!(
                    "examples have {} values, the network reads {features}",
                    examples.features
                ));
            }
            if let Some(index) = indices.iter().find(|&&index| index as usize >= examples.len()) {
                return error(format!("example {index} of {} does not exist", examples.len()));
            }
            let mut labels = indices.iter().map(|&index| examples.labels[index as usize]);
            labels.find(|&label| usize::from(label) >= classes)
        }
        Batch::Values { inputs, labels } => {
            if inputs.len() != labels.len() * features {
                return error(format!("{} values for {} examples of {features}", inputs.len(), labels.len()));
            }
            labels.iter().copied().find(|&label| usize::from(label) >= classes)
        }
    };
    bad_label.map_or(Ok(()), |label| error(format!("label {label}, but there are {classes} classes")))
}

impl LoadedBatch {
    /// The batch-major blocks and the examples that count, if this batch was loaded with them.
    pub(crate) fn blocks(&self) -> Option<(&[f32], &ActiveExamples)> {
        self.has_blocks.then_some((&*self.blocks, &self.active))
    }

    /// Loads a batch that was checked.
    pub(crate) fn load(&mut self, batch: Batch<'_>, lanes: Lanes, target: &mut Target<'_>) {
        let width = target.features.next_multiple_of(16);
        let total = lanes.slabs * lanes.width();
        self.blocks.at_least(total * width);
        self.labels.clear();
        self.has_blocks = target.with_blocks;
        self.terms.resize_with(lanes.slabs.max(self.terms.len()), Vec::new);
        match batch {
            Batch::Stored { examples, indices, views } => {
                match Scale::new(examples.normalization).filter(|_| views.is_empty()) {
                    Some(scale) => self.load_stored(examples, indices, scale, lanes, width, target),
                    None => self.load_seen(examples, indices, views, lanes, width, target),
                }
            }
            Batch::Values { inputs, labels } => {
                self.labels.extend_from_slice(labels);
                self.load_values(inputs, lanes, width, target);
            }
        }
    }

    fn load_stored(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        scale: Scale,
        lanes: Lanes,
        width: usize,
        target: &mut Target<'_>,
    ) {
        let (features, total) = (target.features, lanes.slabs * lanes.width());
        self.labels.extend(indices.iter().map(|&index| examples.labels[index as usize]));
        self.bytes.resize(total * width, 0);
        for (row, &index) in self.bytes.chunks_exact_mut(width).zip(indices) {
            row[..features].copy_from_slice(&examples.bytes[index as usize * features..][..features]);
        }
        self.find_terms(lanes, features, width, scale.keeps_zero());
        if target.with_blocks {
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
                blocks: target.with_blocks.then_some((&mut *self.blocks, slab * lanes.width(), total)),
                scale,
            });
        }
    }

    /// Examples that are shifted or mirrored, or whose normalisation is not the same throughout.
    fn load_seen(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        views: &[View],
        lanes: Lanes,
        width: usize,
        target: &mut Target<'_>,
    ) {
        let features = target.features;
        self.labels.extend(indices.iter().map(|&index| examples.labels[index as usize]));
        let mut inputs = std::mem::take(&mut self.seen);
        let seen = inputs.at_least(indices.len() * features);
        read_examples(examples, indices, views, target.shape, seen, features);
        self.load_values(seen, lanes, width, target);
        self.seen = inputs;
    }

    fn load_values(&mut self, inputs: &[f32], lanes: Lanes, width: usize, target: &mut Target<'_>) {
        let (features, total) = (target.features, lanes.slabs * lanes.width());
        let examples = self.labels.len();
        for (vector, block) in self.blocks.chunks_exact_mut(total * 16).enumerate().take(width / 16) {
            let (at, present) = (vector * 16, (features - vector * 16).min(16));
            for (row, input) in block.chunks_exact_mut(16).zip(inputs.chunks_exact(features)) {
                // A constant length is one move; most vectors are whole.
                if present == 16 {
                    row.copy_from_slice(&input[at..at + 16]);
                } else {
                    row[..present].copy_from_slice(&input[at..at + present]);
                    row[present..].fill(0.0);
                }
            }
            block[examples * 16..].fill(0.0);
        }
        if target.with_blocks {
            self.active.all(width / 16, examples);
        }
        let stride = slab_rows(features) * lanes.width();
        for slab in 0..lanes.slabs {
            self.terms[slab].clear();
            self.terms[slab].extend(0..features as u16);
            target.isa.run(ToSlab {
                from: &self.blocks,
                first: slab * lanes.width(),
                rows: total,
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
