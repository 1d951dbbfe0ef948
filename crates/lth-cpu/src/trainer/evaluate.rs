//! Losses over evaluation sets.

use lth_model::{Batch, EngineError, Evaluation, EvaluationSet};

use crate::{
    kernels::{input::Unpack, softmax::Score},
    network::{
        evaluation::{Packed, SLAB, packed},
        forward::Mode,
        input::{Inputs, Reader, Terms},
    },
    trainer::member::{Pass, forward},
};

impl Pass<'_> {
    /// `None` when `stop` says so.
    pub(super) fn evaluate(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let Some(mut scored) = self.member.scored.take() else { return self.evaluate_network(set, stop) };
        let found = self.evaluate_scores(&mut scored, set, stop);
        self.member.scored = Some(scored);
        found
    }

    /// Of the present weights.
    pub(super) fn evaluate_network(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let mut layout = None;
        if let (true, Some(&index)) = (self.member.network.reader() != Reader::Maps, set.indices().first()) {
            // One example tells the number of inputs, the layout the classes.
            let batch = Batch::Stored { data: set.data(), indices: &[index], views: &[] };
            batch.check(&self.common.architecture)?;
            layout = packed(set, self.machine.isa);
        }
        let score = match layout {
            Some(layout) => {
                self.common.architecture.check_label(layout.largest_label)?;
                self.score_packed(layout, stop)
            }
            None => self.score_plain(set, stop)?,
        };
        let examples = set.indices().len();
        Ok(score.map(|score| Evaluation::of(score.loss_sum, score.correct, examples)))
    }

    fn score_plain(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Score>, EngineError> {
        let mut total = Score::default();
        for indices in set.indices().chunks(SLAB) {
            if stop() {
                return Ok(None);
            }
            let batch = Batch::Stored { data: set.data(), indices, views: &[] };
            batch.check(&self.common.architecture)?;
            self.load_and_evaluate(batch);
            total.add(self.loss(indices.len(), false));
        }
        Ok(Some(total))
    }

    fn score_packed(&mut self, set: &Packed, stop: &dyn Fn() -> bool) -> Option<Score> {
        // A sparse layer reads inputs that are zero throughout, a dense one does not.
        let clear = self.member.network.input_is_sparse();
        let mut total = Score::default();
        let mut before: Option<&[u16]> = None;
        for slab in set.slabs() {
            if stop() {
                return None;
            }
            let (lanes, input) = self.member.network.input(SLAB);
            match before {
                _ if !clear => {}
                None => input.fill(0.0),
                Some(features) => {
                    for &feature in features {
                        input[usize::from(feature) * lanes.width()..][..lanes.width()].fill(0.0);
                    }
                }
            }
            before = Some(slab.features);
            self.machine.isa.run(Unpack {
                from: slab.bytes,
                features: slab.features,
                vectors: lanes.vectors,
                to: input,
                scale: set.scale,
            });
            let inputs = Inputs { terms: Some(Terms::OnlySlab(slab.features)), blocks: None };
            forward(self.machine, &mut self.member.network, SLAB, inputs, Mode::Evaluation);
            self.batch.labels.clear();
            self.batch.labels.extend_from_slice(slab.labels);
            total.add(self.loss(SLAB, false));
        }
        Some(total)
    }
}
