//! The trainer of a graph.

use std::time::Duration;

use lth_model::{
    Architecture, Batch, EngineError, Evaluation, Examples, Gradients, Masks, OptimizerState, Pruned,
    Purpose, RandomStream, Recipe, Seed, StepReport, Tensors, Trainer, TrainerState,
};

use super::{
    load::Loader,
    network::{Mode, Network},
    norm::Statistics,
};
use crate::{
    CpuEngine, batch,
    found::Found,
    kernels::{
        activation::Scale,
        softmax::{Score, Softmax},
        update::UpdateRule,
    },
    lanes::slab_rows,
    names::Expected,
    network::Parameters,
    optimizer::{WithRule, moment_names, with_rule},
    stored::Part,
    threads::Machine,
    threads::Threads,
};

/// One network of any graph in training.
pub(crate) struct GraphTrainer {
    engine: CpuEngine,
    threads: Threads,
    architecture: Architecture,
    expected: Expected,
    recipe: Recipe,
    seed: Seed,
    masks: Masks,
    network: Network,
    updates: u64,
    /// Whether batch normalisation keeps its running statistics in training.
    frozen: bool,
    loader: Loader,
    /// Gradients that clipping measures.
    clipped: Tensors,
    sets: Vec<(Examples, Vec<u32>)>,
}

/// Examples evaluated at a time.
const SLAB: usize = 64;

impl GraphTrainer {
    pub(crate) fn new(
        engine: CpuEngine,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Self, EngineError> {
        let moments = moment_names(recipe.optimizer);
        let (pruned, crossover) = (Pruned::Zero, engine.crossover);
        let parameters = Parameters { weights, masks, pruned, optimizer: None, moments, crossover };
        let expected = Expected::of(architecture);
        let network = Network::new(architecture, &expected, &parameters)?;
        Ok(Self {
            engine,
            threads: Threads::new(engine.threads),
            architecture: architecture.clone(),
            expected,
            recipe: recipe.clone(),
            seed,
            masks: masks.clone(),
            network,
            updates: 0,
            frozen: false,
            loader: Loader::default(),
            clipped: Tensors::new(),
            sets: Vec::new(),
        })
    }

    /// Fills the input slabs; returns the number of examples.
    fn load_batch(&mut self, batch: Batch<'_>) -> usize {
        let shape = &self.architecture.nodes[0].shape;
        let (lanes, slabs) = self.network.input(batch.len());
        self.loader.load(self.engine.isa, batch, shape, lanes, slabs);
        batch.len()
    }

    fn forward(&mut self, examples: usize, mode: Mode<'_>) {
        let machine = Machine { isa: self.engine.isa, threads: &self.threads };
        self.threads.inside(|| self.network.forward(machine, examples, mode));
    }

    fn forward_training(&mut self, examples: usize) {
        let statistics = if self.frozen { Statistics::Running } else { Statistics::Batch };
        let mut dropout = RandomStream::new(self.seed, Purpose::Dropout, self.updates);
        self.forward(examples, Mode::Training { dropout: &mut dropout, statistics });
    }

    /// Losses of all slabs; with `smoothing` leaves the gradient of the mean loss.
    fn loss(&mut self, examples: usize, gradient: bool, smoothing: f32) -> Score {
        let classes = self.architecture.classes();
        let (lanes, logits, gradients) = self.network.output(examples);
        let stride = slab_rows(classes) * lanes.width();
        let mut total = Score::default();
        for slab in 0..lanes.slabs {
            let range = slab * stride..slab * stride + classes * lanes.width();
            gradients[range.clone()].copy_from_slice(&logits[range.clone()]);
            let score = self.engine.isa.run(Softmax {
                logits: &mut gradients[range],
                classes,
                vectors: lanes.vectors,
                labels: &self.loader.labels[lanes.range(slab)],
                scale: gradient.then(|| 1.0 / lanes.examples as f32),
                smoothing,
            });
            total.add(score);
        }
        total
    }

    fn load_pruned(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        pruned: Pruned,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        let (moments, crossover) = (moment_names(self.recipe.optimizer), self.engine.crossover);
        let parameters = Parameters { weights, masks, pruned, optimizer, moments, crossover };
        self.network = Network::new(&self.architecture, &self.expected, &parameters)?;
        self.masks.clone_from(masks);
        self.updates = optimizer.map_or(0, |optimizer| optimizer.updates);
        Ok(())
    }

    /// The gradients of all parameters from that of the logits.
    fn collect_gradients(&mut self, examples: usize, which: Gradients, into: &mut Tensors) {
        let machine = Machine { isa: self.engine.isa, threads: &self.threads };
        let mut found = Found::new(&self.expected, into, which, &self.masks);
        self.network.gradients(machine, examples, &mut found);
    }

    /// Where batch normalisation goes by the batch, refuses one that has no variance.
    fn check_statistics(&self, examples: usize) -> Result<(), EngineError> {
        match self.architecture.norm_of_one_value(examples) {
            Some(layer) if !self.frozen => Err(EngineError::OneValue { layer: layer.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Shortens the gradient of the logits so that the gradient of all parameters is no longer than the recipe allows.
    fn clip(&mut self, examples: usize) {
        let Some(longest) = self.recipe.gradient_clip else { return };
        let mut gradients = std::mem::take(&mut self.clipped);
        self.collect_gradients(examples, Gradients::Live, &mut gradients);
        let factor = clip_factor(&gradients, longest);
        self.clipped = gradients;
        if factor < 1.0 {
            let machine = Machine { isa: self.engine.isa, threads: &self.threads };
            let (_, _, gradient) = self.network.output(examples);
            machine.isa.run(Scale { y: gradient, factor });
        }
    }
}

/// `min(1, longest / (norm + 1e-6))`, as in PyTorch.
pub(crate) fn clip_factor(gradients: &Tensors, longest: f32) -> f32 {
    let squares = gradients.values().flat_map(lth_model::Tensor::data).map(|&g| f64::from(g) * f64::from(g));
    let norm = squares.sum::<f64>().sqrt();
    (f64::from(longest) / (norm + 1e-6)).min(1.0) as f32
}

/// A backward pass with whichever rule.
struct Update<'a> {
    network: &'a mut Network,
    machine: Machine<'a>,
    examples: usize,
}

impl WithRule for Update<'_> {
    fn with<R: UpdateRule>(self, rule: R) {
        self.machine.threads.inside(|| self.network.backward(self.machine, self.examples, rule));
    }
}

impl Trainer for GraphTrainer {
    fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        batch::check(&self.architecture, batch)?;
        self.check_statistics(batch.len())?;
        let count = self.load_batch(batch);
        self.forward_training(count);
        let score = self.loss(count, true, self.recipe.label_smoothing);
        self.clip(count);
        self.updates += 1;
        let machine = Machine { isa: self.engine.isa, threads: &self.threads };
        let update = Update { network: &mut self.network, machine, examples: count };
        with_rule(self.recipe.optimizer, self.updates, rate, update);
        Ok(StepReport { loss_sum: score.loss_sum, correct: score.correct, examples: count })
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        if !indices.is_empty() {
            batch::check(&self.architecture, Batch::Stored { examples, indices, views: &[] })?;
        }
        self.sets.push((examples.clone(), indices.to_vec()));
        Ok(self.sets.len() - 1)
    }

    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation> {
        let sets = std::mem::take(&mut self.sets);
        let (examples, indices) = &sets[set];
        let mut total = Score::default();
        let mut stopped = false;
        for indices in indices.chunks(SLAB) {
            stopped = stop();
            if stopped {
                break;
            }
            let count = self.load_batch(Batch::Stored { examples, indices, views: &[] });
            self.forward(count, Mode::Evaluation);
            let score = self.loss(count, false, 0.0);
            total.add(score);
        }
        let loss = if indices.is_empty() { 0.0 } else { total.loss_sum / indices.len() as f64 };
        let evaluation = Evaluation { loss, correct: total.correct, examples: indices.len() };
        self.sets = sets;
        (!stopped).then_some(evaluation)
    }

    fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        batch::check(&self.architecture, batch)?;
        let count = self.load_batch(batch);
        self.forward(count, Mode::Evaluation);
        let classes = self.architecture.classes();
        let (lanes, values, _) = self.network.output(count);
        let stride = slab_rows(classes) * lanes.width();
        let mut logits = Vec::with_capacity(count * classes);
        for slab in 0..lanes.slabs {
            for lane in 0..lanes.range(slab).len() {
                let at = |class: usize| values[slab * stride + class * lanes.width() + lane];
                logits.extend((0..classes).map(at));
            }
        }
        Ok(logits)
    }

    fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        let mut found = Tensors::new();
        self.gradients_into(batch, which, &mut found)?;
        Ok(found)
    }

    fn gradients_into(
        &mut self,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        batch::check(&self.architecture, batch)?;
        self.check_statistics(batch.len())?;
        let count = self.load_batch(batch);
        // As in training but for dropout; running statistics stay as they are.
        let statistics = if self.frozen { Statistics::Running } else { Statistics::Estimate };
        self.network.forget_dropout();
        self.forward(count, Mode::Statistics(statistics));
        let score = self.loss(count, true, self.recipe.label_smoothing);
        self.collect_gradients(count, which, into);
        Ok(StepReport { loss_sum: score.loss_sum, correct: score.correct, examples: count })
    }

    fn replace_weights(&mut self, weights: &Tensors) -> Result<(), EngineError> {
        self.expected.check(weights, &Masks::new())?;
        if !self.network.replace(weights) {
            return self.load(weights, &Masks::new(), None);
        }
        self.masks.clear();
        self.updates = 0;
        Ok(())
    }

    fn output_gradients(&mut self, batch: Batch<'_>) -> Result<Tensors, EngineError> {
        batch::check(&self.architecture, batch)?;
        let count = self.load_batch(batch);
        self.network.forget_dropout();
        self.forward(count, Mode::Statistics(Statistics::Running));
        let classes = self.architecture.classes();
        let (lanes, _, gradient) = self.network.output(count);
        lanes.fill_ones(classes, gradient);
        let mut found = Tensors::new();
        self.collect_gradients(count, Gradients::All, &mut found);
        Ok(found)
    }

    fn reestimate_batch_norm_unless(
        &mut self,
        examples: &Examples,
        indices: &[u32],
        batch_size: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        if batch_size == 0 || indices.is_empty() {
            let reason = format!("{} examples in batches of {batch_size}", indices.len());
            return Err(EngineError::Batch { reason });
        }
        let one = |indices: &&[u32]| self.architecture.norm_of_one_value(indices.len());
        let mut batches: Vec<&[u32]> = indices.chunks(batch_size).collect();
        if batches.len() > 1 && batch_size > 1 {
            batches.pop_if(|last| one(&&**last).is_some());
        }
        for indices in &batches {
            if let Some(layer) = one(indices) {
                return Err(EngineError::OneValue { layer: layer.to_owned() });
            }
            batch::check(&self.architecture, Batch::Stored { examples, indices, views: &[] })?;
        }
        self.network.norms().for_each(super::norm::Norm::begin_estimate);
        for indices in batches {
            if stop() {
                self.network.norms().for_each(super::norm::Norm::abandon_estimate);
                return Ok(false);
            }
            let count = self.load_batch(Batch::Stored { examples, indices, views: &[] });
            self.forward(count, Mode::Statistics(Statistics::Estimate));
        }
        self.network.norms().for_each(super::norm::Norm::end_estimate);
        Ok(true)
    }

    fn freeze_batch_norm(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    fn worker_cpu_time(&self) -> Duration {
        self.threads.cpu_time()
    }

    fn weights(&self) -> Tensors {
        self.network.weights()
    }

    fn state(&self) -> TrainerState {
        let mut tensors = Tensors::new();
        let moments = moment_names(self.recipe.optimizer);
        for (part, name) in [Part::First, Part::Second].into_iter().zip(moments) {
            tensors.extend(self.network.export(part, &format!(".{name}")));
        }
        TrainerState { weights: self.weights(), optimizer: OptimizerState { updates: self.updates, tensors } }
    }

    fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.load_pruned(weights, masks, Pruned::Zero, optimizer)
    }

    fn load_frozen(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.load_pruned(weights, masks, Pruned::Frozen, optimizer)
    }
}
