//! A trainer of one network.

use std::time::Duration;

use super::{
    Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet, Gradients, Program, Start, StepReport,
    Stretch, Trainer, TrainerState, Update,
};
use crate::{Masks, Tensors};

/// A trainer of one network, asked for one thing at a time.
pub struct OneNetwork {
    trainer: Box<dyn Trainer>,
    reports: Vec<StepReport>,
}

impl OneNetwork {
    /// A trainer of this program with one network.
    ///
    /// # Errors
    /// As [`Engine::trainer`].
    pub fn new(engine: &dyn Engine, program: &Program<'_>, start: &Start<'_>) -> Result<Self, EngineError> {
        let trainer = engine.trainer(program, std::slice::from_ref(start))?;
        Ok(Self { trainer, reports: Vec::with_capacity(1) })
    }

    /// One update; the report is of the forward pass before it.
    ///
    /// # Errors
    /// As [`Trainer::run`].
    pub fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        let updates = [Update { batch, rate }];
        self.trainer.run(&[Stretch { network: 0, updates: &updates }], &mut self.reports)?;
        Ok(self.reports[0])
    }

    /// Loss and accuracy over a set.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`].
    pub fn evaluate(&mut self, set: &EvaluationSet) -> Result<Evaluation, EngineError> {
        Ok(self.evaluate_unless(set, &|| false)?.unwrap_or_default())
    }

    /// As [`OneNetwork::evaluate`]; `None` when `stop`, which is asked every few examples, says so.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`].
    pub fn evaluate_unless(
        &mut self,
        set: &EvaluationSet,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Evaluation>, EngineError> {
        Ok(self.trainer.evaluate(&[(0, set)], stop)?.and_then(|found| found.into_iter().next()))
    }

    /// The outputs for a batch.
    ///
    /// # Errors
    /// As [`Trainer::logits`].
    pub fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.trainer.logits(0, batch)
    }

    /// The gradient of the mean loss of a batch.
    ///
    /// # Errors
    /// As [`Trainer::gradients`].
    pub fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        let mut found = Tensors::new();
        self.gradients_into(batch, which, &mut found)?;
        Ok(found)
    }

    /// The same into tensors that may be those of an earlier call.
    ///
    /// # Errors
    /// As [`Trainer::gradients`].
    pub fn gradients_into(
        &mut self,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        self.trainer.gradients(0, batch, which, into)
    }

    /// Other masks for the present weights.
    ///
    /// # Errors
    /// As [`Trainer::remask`].
    pub fn remask(&mut self, masks: &Masks) -> Result<(), EngineError> {
        self.trainer.remask(0, masks)
    }

    /// Estimates the running statistics of batch normalisations anew.
    ///
    /// # Errors
    /// As [`Trainer::reestimate_batch_norm`].
    pub fn reestimate_batch_norm(
        &mut self,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        self.trainer.reestimate_batch_norm(0, data, indices, batch_size, stop)
    }

    /// Weights, running statistics and the optimiser's memory.
    pub fn state(&self) -> TrainerState {
        self.trainer.read(0)
    }

    /// Weights and running statistics; pruned weights are exact zeros.
    pub fn weights(&self) -> Tensors {
        self.state().weights
    }

    /// Begins from another start.
    ///
    /// # Errors
    /// As [`Trainer::write`].
    pub fn write(&mut self, start: &Start<'_>) -> Result<(), EngineError> {
        self.trainer.write(0, start)
    }

    /// The CPU time of threads beside the one that calls.
    pub fn worker_cpu_time(&self) -> Duration {
        self.trainer.worker_cpu_time()
    }
}
