//! A network whose mask is learned on frozen weights.

use lth_model::{
    Batch, EngineError, Evaluation, EvaluationSet, Gradients, Learns, Normalizing, OptimizerState,
    RandomStream, Scores, Start, StepReport, Tensor, Tensors, TrainerState,
    supermask::{first_scores, sample_stream, step_stream},
};

use crate::{
    CpuEngine,
    parameters::optimizer::with_rule,
    trainer::{
        Common,
        member::Pass,
        scored_layer::{ScoredLayer, UpdateScores},
    },
};

/// What a network whose mask is learned has beside its present weights.
pub(super) struct Scored {
    settings: Scores,
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
        let Learns::Scores(settings) = &common.learns else { return Ok(None) };
        start.check_scores(CpuEngine::NAME)?;
        let first = first_scores(&common.architecture, &settings.method, start.seed);
        let layer = |(name, first): (&String, &Tensor)| {
            ScoredLayer::new(name, first, start.optimizer, common.moments)
        };
        Ok(Some(Self {
            settings: settings.clone(),
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
    fn mask(&mut self, mut stream: RandomStream) {
        for layer in &mut self.layers {
            let effective = self.effective[&layer.name].data_mut();
            layer.apply(&self.settings, &mut stream, self.frozen[&layer.name].data(), effective);
        }
    }
}

impl Pass<'_> {
    /// One update of the scores on a batch that was checked.
    pub(super) fn step_scores(&mut self, scored: &mut Scored, batch: Batch<'_>, rate: f32) -> StepReport {
        self.put_masks(scored, step_stream(self.member.seed, self.member.updates));
        let report = self.gradients(batch, Gradients::All, &mut scored.gradients);
        self.member.updates += 1;
        for layer in &mut scored.layers {
            let gradient = scored.gradients[&layer.name].data();
            layer.through_mask(&scored.settings, scored.frozen[&layer.name].data(), gradient);
        }
        let update = UpdateScores { layers: &mut scored.layers, isa: self.machine.isa };
        with_rule(self.common.optimizer, self.member.updates, rate, update);
        report
    }

    /// The mean over the method's number of masks; `None` when `stop` says so.
    pub(super) fn evaluate_scores(
        &mut self,
        scored: &mut Scored,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        let samples = scored.settings.method.samples();
        let has_norms = self.member.network.norms().next().is_some();
        let normalizing = scored.settings.normalizing.clone().filter(|_| has_norms);
        let mut all = Evaluation::default();
        for sample in 0..samples {
            self.put_masks(scored, sample_stream(self.member.seed, self.member.updates, sample));
            if let Some(Normalizing { data, indices, batch_size }) = normalizing.as_deref() {
                let batches = self.common.architecture.estimation_batches(data, indices, *batch_size)?;
                if !self.reestimate_batch_norm(batches, stop) {
                    return Ok(None);
                }
            }
            let Some(found) = self.evaluate_network(set, stop)? else { return Ok(None) };
            all.loss += found.loss / f64::from(samples);
            all.correct += found.correct;
            all.examples += found.examples;
        }
        Ok(Some(all))
    }

    /// Puts masks on the network.
    fn put_masks(&mut self, scored: &mut Scored, stream: RandomStream) {
        scored.mask(stream);
        let dense = self.member.network.replace(&scored.effective);
        debug_assert!(dense, "frozen weights have no mask of their own");
    }
}
