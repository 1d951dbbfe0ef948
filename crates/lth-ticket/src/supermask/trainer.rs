//! A trainer that learns masks.

use std::time::Duration;

use lth_model::{
    Architecture, Batch, EngineError, Evaluation, Examples, Gradients, Masks, Optimizer, OptimizerState,
    RandomStream, Seed, StepReport, Tensors, Trainer, TrainerState,
};

use super::{
    Normalizing, SupermaskSettings,
    engine::{refuse_masks, unsupported},
    layer::ScoredLayer,
    masks::{first_scores, sample_stream, step_stream},
    optimizer::{moment_names, update},
    state::{layers_of, state_of},
};

/// One network whose mask is learned.
pub(super) struct SupermaskTrainer {
    /// Computes the masked network.
    inner: Box<dyn Trainer>,
    settings: SupermaskSettings,
    optimizer: Optimizer,
    seed: Seed,
    normalizing: Option<Normalizing>,
    first_scores: Tensors,
    /// Weights, biases and running statistics, which never change.
    frozen: Tensors,
    /// The same under the present masks.
    effective: Tensors,
    layers: Vec<ScoredLayer>,
    /// Of the effective weights, in the last step.
    gradients: Tensors,
    updates: u64,
}

impl SupermaskTrainer {
    pub(super) fn new(
        inner: Box<dyn Trainer>,
        architecture: &Architecture,
        settings: SupermaskSettings,
        optimizer: Optimizer,
        weights: &Tensors,
        seed: Seed,
        normalizing: Option<Normalizing>,
    ) -> Self {
        let mut trainer = Self {
            inner,
            settings,
            optimizer,
            seed,
            normalizing,
            first_scores: first_scores(architecture, &settings.method, seed),
            frozen: weights.clone(),
            effective: weights.clone(),
            layers: Vec::new(),
            gradients: Tensors::new(),
            updates: 0,
        };
        trainer.begin();
        trainer
    }

    /// Fresh scores.
    fn begin(&mut self) {
        let moments = moment_names(self.optimizer).len();
        let layer = |(name, scores): (&String, &lth_model::Tensor)| {
            let moments = vec![vec![0.0; scores.len()]; moments];
            ScoredLayer::new(name.clone(), scores.data().to_vec(), moments)
        };
        self.layers = self.first_scores.iter().map(layer).collect();
        self.updates = 0;
    }

    /// Puts masks on the network.
    fn mask(&mut self, mut stream: RandomStream) -> Result<(), EngineError> {
        for layer in &mut self.layers {
            let effective = self.effective[&layer.name].data_mut();
            layer.apply(&self.settings, &mut stream, self.frozen[&layer.name].data(), effective);
        }
        self.inner.replace_weights(&self.effective)
    }
}

impl Trainer for SupermaskTrainer {
    fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        self.mask(step_stream(self.seed, self.updates))?;
        let report = self.inner.gradients_into(batch, Gradients::All, &mut self.gradients)?;
        self.updates += 1;
        for layer in &mut self.layers {
            let Some(gradient) = self.gradients.get_mut(&layer.name) else {
                return Err(EngineError::MissingTensor { name: layer.name.clone() });
            };
            let gradient = gradient.data_mut();
            layer.through_mask(&self.settings, self.frozen[&layer.name].data(), gradient);
            update(self.optimizer, self.updates, rate, &mut layer.scores, &mut layer.moments, gradient);
            layer.forget_probabilities();
        }
        Ok(report)
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        self.inner.add_evaluation_set(examples, indices)
    }

    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation> {
        let samples = self.settings.method.samples();
        let mut all = Evaluation::default();
        for sample in 0..samples {
            let normalized = self.mask(sample_stream(self.seed, self.updates, sample)).and_then(|()| {
                let Some(Normalizing { examples, indices, batch_size }) = &self.normalizing else {
                    return Ok(true);
                };
                self.inner.reestimate_batch_norm_unless(examples, indices, *batch_size, stop)
            });
            match normalized {
                Ok(true) => {}
                Ok(false) => return None,
                // The frozen weights were accepted, and only they can be refused; a loss that is none ends the training.
                Err(_) => return Some(Evaluation { loss: f64::NAN, ..all }),
            }
            let found = self.inner.evaluate_unless(set, stop)?;
            all.loss += found.loss / f64::from(samples);
            all.correct += found.correct;
            all.examples += found.examples;
        }
        Some(all)
    }

    fn logits(&mut self, _batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        Err(unsupported("outputs while a mask is learned"))
    }

    fn gradients(&mut self, _batch: Batch<'_>, _which: Gradients) -> Result<Tensors, EngineError> {
        Err(unsupported("gradients of weights while a mask is learned"))
    }

    fn worker_cpu_time(&self) -> Duration {
        self.inner.worker_cpu_time()
    }

    fn weights(&self) -> Tensors {
        self.frozen.clone()
    }

    fn state(&self) -> TrainerState {
        let moments = moment_names(self.optimizer);
        let optimizer = state_of(&self.layers, &self.frozen, moments, self.updates);
        TrainerState { weights: self.weights(), optimizer }
    }

    fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        refuse_masks(masks)?;
        self.inner.load(weights, masks, None)?;
        (self.frozen, self.effective) = (weights.clone(), weights.clone());
        let Some(state) = optimizer else {
            self.begin();
            return Ok(());
        };
        let names = self.first_scores.keys().cloned();
        self.layers = layers_of(state, names, &self.frozen, moment_names(self.optimizer))?;
        self.updates = state.updates;
        Ok(())
    }
}
