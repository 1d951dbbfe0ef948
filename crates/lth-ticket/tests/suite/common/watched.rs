//! The tiny engine, with a list of the steps that it was asked for.

use std::sync::{Arc, Mutex};

use lth_model::{
    Architecture, Batch, Engine, EngineError, Evaluation, Examples, Gradients, Masks, OptimizerState, Recipe,
    Seed, StepReport, Tensors, Trainer, TrainerState, View,
};

use super::FakeEngine;

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

/// The tiny engine, watched.
pub(crate) struct WatchedEngine(pub(crate) Views);

impl Engine for WatchedEngine {
    fn name(&self) -> String {
        "watched".to_owned()
    }

    fn supports(&self, architecture: &Architecture, recipe: &Recipe) -> Result<(), EngineError> {
        FakeEngine.supports(architecture, recipe)
    }

    fn trainer(
        &self,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Box<dyn Trainer>, EngineError> {
        let inner = FakeEngine.trainer(architecture, recipe, weights, masks, seed)?;
        Ok(Box::new(Watched { inner, seen: self.0.clone() }))
    }
}

struct Watched {
    inner: Box<dyn Trainer>,
    seen: Views,
}

impl Trainer for Watched {
    fn step(&mut self, batch: Batch<'_>, learning_rate: f32) -> Result<StepReport, EngineError> {
        if let Batch::Stored { indices, views, .. } = batch {
            self.seen.0.lock().unwrap().push((indices.to_vec(), views.to_vec(), learning_rate));
        }
        self.inner.step(batch, learning_rate)
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        self.inner.add_evaluation_set(examples, indices)
    }

    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation> {
        self.inner.evaluate_unless(set, stop)
    }

    fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.inner.logits(batch)
    }

    fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        self.inner.gradients(batch, which)
    }

    fn output_gradients(&mut self, batch: Batch<'_>) -> Result<Tensors, EngineError> {
        self.inner.output_gradients(batch)
    }

    fn weights(&self) -> Tensors {
        self.inner.weights()
    }

    fn state(&self) -> TrainerState {
        self.inner.state()
    }

    fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.inner.load(weights, masks, optimizer)
    }

    fn load_frozen(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.inner.load_frozen(weights, masks, optimizer)
    }
}
