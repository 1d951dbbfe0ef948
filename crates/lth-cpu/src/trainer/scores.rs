//! A network whose mask is learned on frozen weights.

use lth_model::{
    Batch, EngineError, Evaluation, EvaluationSet, Gradients, Learns, OptimizerState, RandomStream, Scores,
    Seed, Start, StepReport, Tensor, Tensors, TrainerState,
    supermask::{first_scores, sample_stream, step_stream},
};

use crate::{
    parameters::optimizer::with_rule,
    trainer::{
        Common, estimated,
        member::Pass,
        scored_layer::{ScoredLayer, UpdateScores},
    },
};

/// What a network whose mask is learned has beside its present weights.
pub(super) struct Scored {
    /// Weights, biases and running statistics, which never change.
    frozen: Tensors,
    /// The same under the present masks.
    effective: Tensors,
    layers: Vec<ScoredLayer>,
    /// Of the effective weights, in the last step.
    gradients: Tensors,
}

impl Scored {
    /// With the scores in the memory of a start, or fresh ones; `None` where weights are learned.
    pub(super) fn new(common: &Common, start: &Start<'_>) -> Result<Option<Self>, EngineError> {
        let Learns::Scores(scores) = common.learns() else { return Ok(None) };
        if start.masks.values().any(|mask| mask.live() < mask.len()) {
            return Err(unsupported("a mask under the mask that is learned"));
        }
        let first = first_scores(&common.architecture, &scores.method, start.seed);
        let layer = |(name, first): (&String, &Tensor)| {
            ScoredLayer::new(name, first, start.optimizer, common.moments)
        };
        Ok(Some(Self {
            frozen: start.weights.clone(),
            effective: start.weights.clone(),
            layers: first.iter().map(layer).collect::<Result<_, _>>()?,
            gradients: Tensors::new(),
        }))
    }

    pub(super) fn state(&self, common: &Common, updates: u64) -> TrainerState {
        let mut tensors = Tensors::new();
        self.layers.iter().for_each(|layer| layer.export(common.moments, &mut tensors));
        TrainerState { weights: self.frozen.clone(), optimizer: OptimizerState { updates, tensors } }
    }

    /// Makes the weights under other masks.
    fn mask(&mut self, scores: &Scores<'_>, mut stream: RandomStream) {
        for layer in &mut self.layers {
            let effective = self.effective[&layer.name].data_mut();
            layer.apply(scores, &mut stream, self.frozen[&layer.name].data(), effective);
        }
    }
}

impl Pass<'_> {
    /// One update of the scores on a batch that was checked.
    pub(super) fn step_scores(&mut self, scores: &Scores<'_>, batch: Batch<'_>, rate: f32) -> StepReport {
        let (seed, updates) = (self.member.seed, self.member.updates);
        self.put_masks(scores, step_stream(seed, updates));
        let Some(mut scored) = self.member.scored.take() else { return StepReport::default() };
        let report = self.gradients(batch, Gradients::All, &mut scored.gradients);
        self.member.updates += 1;
        for layer in &mut scored.layers {
            let gradient = scored.gradients[&layer.name].data();
            layer.through_mask(scores, scored.frozen[&layer.name].data(), gradient);
        }
        let update = UpdateScores { layers: &mut scored.layers, isa: self.machine.isa };
        with_rule(self.common.optimizer, self.member.updates, rate, update);
        self.member.scored = Some(scored);
        report
    }

    /// The mean over the method's number of masks; `None` when `stop` says so.
    pub(super) fn evaluate_scores(
        &mut self,
        scores: &Scores<'_>,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let (seed, updates): (Seed, u64) = (self.member.seed, self.member.updates);
        let samples = scores.method.samples();
        let mut all = Evaluation::default();
        for sample in 0..samples {
            self.put_masks(scores, sample_stream(seed, updates, sample));
            if let Some(normalizing) =
                scores.normalizing.filter(|_| self.member.network.norms().next().is_some())
            {
                let batches =
                    estimated(self.common, &normalizing.data, &normalizing.indices, normalizing.batch_size)?;
                if !self.reestimate_batch_norm(batches, stop) {
                    return Ok(None);
                }
            }
            let Some(found) = self.evaluate(set, stop)? else { return Ok(None) };
            all.loss += found.loss / f64::from(samples);
            all.correct += found.correct;
            all.examples += found.examples;
        }
        Ok(Some(all))
    }

    /// Puts masks on the network.
    fn put_masks(&mut self, scores: &Scores<'_>, stream: RandomStream) {
        let Some(scored) = &mut self.member.scored else { return };
        scored.mask(scores, stream);
        let dense = self.member.network.replace(&scored.effective);
        debug_assert!(dense, "frozen weights have no mask of their own");
    }
}

/// Refuses what cannot be learned by scores.
pub(crate) fn check(program: &lth_model::Program<'_>) -> Result<(), EngineError> {
    let Learns::Scores(_) = program.learns else { return Ok(()) };
    let drops = |node: &lth_model::Node| matches!(node.op, lth_model::Op::Dropout { .. });
    if program.architecture.nodes.iter().any(drops) {
        return Err(unsupported("dropout while a mask is learned"));
    }
    if program.gradient_clip.is_some() {
        return Err(unsupported("clipping of gradients while a mask is learned"));
    }
    Ok(())
}

pub(super) fn unsupported(what: &str) -> EngineError {
    EngineError::Unsupported { engine: "cpu", what: what.to_owned() }
}
