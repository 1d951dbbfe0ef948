//! Losses over evaluation sets.

use lth_model::{Batch, Examples};

use crate::{
    evaluation::{EvaluationSet, SLAB},
    kernels::{
        input::Unpack,
        softmax::{Score, Softmax},
    },
    lanes::Lanes,
    trainer::CpuTrainer,
};

impl CpuTrainer {
    /// `None` when `stop` says so.
    pub(crate) fn score_packed(&mut self, set: &EvaluationSet, stop: &dyn Fn() -> bool) -> Option<Score> {
        let lanes = EvaluationSet::lanes();
        self.reserve(lanes);
        let clear = self.layers[0].linear.is_sparse();
        let width = lanes.width();
        let mut total = Score::default();
        let mut before: Option<&[u16]> = None;
        for slab in set.slabs() {
            if stop() {
                return None;
            }
            let input = &mut self.activations[0];
            match before {
                _ if !clear => {}
                None => input.fill(0.0),
                Some(features) => features
                    .iter()
                    .for_each(|&feature| input[usize::from(feature) * width..][..width].fill(0.0)),
            }
            before = Some(slab.features);
            self.isa.run(Unpack {
                from: slab.bytes,
                features: slab.features,
                vectors: lanes.vectors,
                to: input,
                scale: set.scale,
            });
            self.forward_slab(lanes, 0, Some(slab.features));
            total.add(self.score_slab(lanes, slab.labels));
        }
        Some(total)
    }

    /// `None` when `stop` says so.
    pub(crate) fn score_plain(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        stop: &dyn Fn() -> bool,
    ) -> Option<Score> {
        let mut total = Score::default();
        for indices in indices.chunks(SLAB) {
            if stop() {
                return None;
            }
            let lanes = self.load_batch(Batch::Stored { examples, indices, views: &[] }, false);
            let terms = std::mem::take(&mut self.batch.terms[0]);
            self.forward_slab(lanes, 0, Some(&terms));
            self.batch.terms[0] = terms;
            let labels = std::mem::take(&mut self.batch.labels);
            total.add(self.score_slab(lanes, &labels));
            self.batch.labels = labels;
        }
        Some(total)
    }

    /// Losses of the first slab, without gradients.
    fn score_slab(&mut self, lanes: Lanes, labels: &[u16]) -> Score {
        let classes = self.architecture.classes();
        self.isa.run(Softmax {
            logits: &mut self.activations[self.layers.len()][..classes * lanes.width()],
            classes,
            vectors: lanes.vectors,
            labels,
            scale: None,
            smoothing: 0.0,
        })
    }
}
