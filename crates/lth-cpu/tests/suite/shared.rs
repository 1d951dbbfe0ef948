//! What the suites of both kinds of networks check in the same way.

use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet, Examples, Gradients, Masks,
    OneNetwork, Optimizer, OptimizerState, Program, Pruned, Recipe, Seed, Start, StepReport, Tensors,
    TrainerState,
};
use serde_json::Value;

/// The optimiser of this name in PyTorch, with the settings that a golden file has of it.
pub(crate) fn optimizer(name: &str, settings: &Value) -> Optimizer {
    let number = |key: &str| settings.get(key).map_or(0.0, |value| value.as_f64().unwrap() as f32);
    let (weight_decay, momentum) = (number("weight_decay"), number("momentum"));
    let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8);
    match name {
        "Adam" => Optimizer::Adam { beta1, beta2, epsilon, weight_decay },
        "AdamW" => Optimizer::AdamW { beta1, beta2, epsilon, weight_decay },
        "SGD" => {
            let nesterov = settings.get("nesterov").is_some_and(|value| value.as_bool().unwrap());
            Optimizer::Sgd { momentum, nesterov, weight_decay }
        }
        other => panic!("optimiser {other}"),
    }
}

/// A network in training, with the sets that it is evaluated on.
pub(crate) struct Network {
    engine: CpuEngine,
    inner: OneNetwork,
    seed: Seed,
    sets: Vec<EvaluationSet>,
}

impl Network {
    pub(crate) fn new(
        engine: CpuEngine,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Self, EngineError> {
        let program = Program::training(architecture, recipe);
        let inner = OneNetwork::new(&engine, &program, &Start::new(weights, masks, seed))?;
        Ok(Self { engine, inner, seed, sets: Vec::new() })
    }

    pub(crate) fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        self.inner.step(batch, rate)
    }

    pub(crate) fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.inner.logits(batch)
    }

    pub(crate) fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        self.inner.gradients(batch, which)
    }

    pub(crate) fn gradients_into(
        &mut self,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        self.inner.gradients_into(batch, which, into)
    }

    pub(crate) fn add_evaluation_set(
        &mut self,
        examples: &Examples,
        indices: &[u32],
    ) -> Result<usize, EngineError> {
        self.sets.push(self.engine.evaluation_set(&self.engine.upload(examples)?, indices)?);
        Ok(self.sets.len() - 1)
    }

    pub(crate) fn evaluate(&mut self, set: usize) -> Evaluation {
        self.inner.evaluate(&self.sets[set]).unwrap()
    }

    pub(crate) fn try_evaluate(&mut self, set: &EvaluationSet) -> Result<Evaluation, EngineError> {
        self.inner.evaluate(set)
    }

    pub(crate) fn reestimate_batch_norm(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        self.inner.reestimate_batch_norm(&DataSet::on_host(examples), indices, batch_size, stop)
    }

    pub(crate) fn replace_weights(&mut self, weights: &Tensors) -> Result<(), EngineError> {
        self.load(weights, &Masks::new(), None)
    }

    pub(crate) fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.inner.write(&Start { optimizer, ..Start::new(weights, masks, self.seed) })
    }

    pub(crate) fn load_frozen(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        let start = Start { pruned: Pruned::Frozen, optimizer, ..Start::new(weights, masks, self.seed) };
        self.inner.write(&start)
    }

    pub(crate) fn weights(&self) -> Tensors {
        self.inner.weights()
    }

    pub(crate) fn state(&self) -> TrainerState {
        self.inner.state()
    }
}
