//! The reference engine, with a list of the steps that it was asked for.

use std::sync::{Arc, Mutex};

use lth_model::{
    Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet, Examples, Gradients, Masks, Placement,
    Program, Start, StepReport, Stretch, Tensors, Trainer, TrainerState, Update, View,
};

use super::ReferenceEngine;

/// One step: the examples, their views, the rate.
type Step = (Vec<u32>, Vec<View>, f32);

/// What the steps were given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Views(Arc<Mutex<Vec<Step>>>);

impl Views {
    pub(crate) fn taken(&self) -> Vec<(Vec<u32>, Vec<View>)> {
        self.0.lock().unwrap().iter().map(|(indices, views, _)| (indices.clone(), views.clone())).collect()
    }

    pub(crate) fn rates(&self) -> Vec<f32> {
        self.0.lock().unwrap().iter().map(|(.., rate)| *rate).collect()
    }
}

/// The reference engine, watched.
pub(crate) struct WatchedEngine(pub(crate) Views);

impl Engine for WatchedEngine {
    fn name(&self) -> String {
        "watched".to_owned()
    }

    fn numerics(&self) -> &'static str {
        ReferenceEngine.numerics()
    }

    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError> {
        ReferenceEngine.supports(program)
    }

    fn placement(&self, program: &Program<'_>) -> Placement {
        ReferenceEngine.placement(program)
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        ReferenceEngine.upload(examples)
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        ReferenceEngine.evaluation_set(data, indices)
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        let inner = ReferenceEngine.trainer(program, starts)?;
        Ok(Box::new(Watched { inner, seen: self.0.clone() }))
    }
}

struct Watched {
    inner: Box<dyn Trainer>,
    seen: Views,
}

impl Trainer for Watched {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        for Update { batch, rate } in stretches.iter().flat_map(|stretch| stretch.updates) {
            if let Batch::Stored { indices, views, .. } = batch {
                self.seen.0.lock().unwrap().push((indices.to_vec(), views.to_vec(), *rate));
            }
        }
        self.inner.run(stretches, reports)
    }

    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError> {
        self.inner.evaluate(sets, stop)
    }

    fn logits(&mut self, network: usize, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.inner.logits(network, batch)
    }

    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        self.inner.gradients(network, batch, which, into)
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        self.inner.remask(network, masks)
    }

    fn reestimate_batch_norm(
        &mut self,
        network: usize,
        data: &DataSet,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        self.inner.reestimate_batch_norm(network, data, indices, batch_size, stop)
    }

    fn read(&self, network: usize) -> TrainerState {
        self.inner.read(network)
    }

    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError> {
        self.inner.write(network, start)
    }

    fn retire(&mut self, network: usize) {
        self.inner.retire(network);
    }
}
