//! The trainer: steps, evaluations and what goes in and out.

mod backward;

use lth_model::{
    Architecture, Batch, EngineError, Evaluation, Examples, Gradients, Masks, Optimizer, OptimizerState,
    Pruned, Recipe, Seed, StepReport, Tensors, Trainer, TrainerState,
};

use crate::{
    CpuEngine,
    batch::{self, LoadedBatch, Target},
    buffer::Buffer,
    dropout::Factors,
    evaluation::Set,
    kernels::{
        activation::Multiply,
        softmax::{Score, Softmax},
    },
    lanes::{Lanes, slab_rows},
    names::Expected,
    network::{Layer, Parameters, compile, export},
    optimizer::{moment_names, with_rule},
    simd::Isa,
    stored::Part,
    threads::{Machine, Threads},
};

use backward::Update;

/// One network in training on the CPU.
pub(crate) struct CpuTrainer {
    pub(crate) isa: Isa,
    /// One: a step of a small network is shorter than it takes to wake a second.
    threads: Threads,
    crossover: Option<f64>,
    pub(crate) architecture: Architecture,
    expected: Expected,
    optimizer: Optimizer,
    smoothing: f32,
    gradient_clip: Option<f32>,
    seed: Seed,
    masks: Masks,
    pub(crate) layers: Vec<Layer>,
    updates: u64,
    /// Slabs of the input and of every layer's output; grown when a batch needs more.
    pub(crate) activations: Vec<Buffer>,
    /// Slabs of the gradients of every layer's output.
    gradients: Vec<Buffer>,
    pub(crate) batch: LoadedBatch,
    /// Gradients that clipping measures.
    clipped: Tensors,
    dropout: Factors,
    sets: Vec<Set>,
}

impl CpuTrainer {
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
        let layers = compile(architecture, &expected, &parameters)?;
        Ok(Self {
            isa: engine.isa,
            threads: Threads::new(1),
            crossover: engine.crossover,
            architecture: architecture.clone(),
            expected,
            optimizer: recipe.optimizer,
            smoothing: recipe.label_smoothing,
            gradient_clip: recipe.gradient_clip,
            seed,
            masks: masks.clone(),
            layers,
            updates: 0,
            activations: Vec::new(),
            gradients: Vec::new(),
            batch: LoadedBatch::default(),
            clipped: Tensors::new(),
            dropout: Factors::default(),
            sets: Vec::new(),
        })
    }

    pub(crate) fn reserve(&mut self, lanes: Lanes) {
        let inputs = std::iter::once(self.architecture.input_features());
        let widths = inputs.chain(self.layers.iter().map(|layer| layer.linear.outputs));
        let sizes = widths.map(|width| slab_rows(width) * lanes.width() * lanes.slabs);
        for buffers in [&mut self.activations, &mut self.gradients] {
            buffers.resize_with(self.layers.len() + 1, Buffer::default);
            for (buffer, size) in buffers.iter_mut().zip(sizes.clone()) {
                buffer.at_least(size);
            }
        }
    }

    /// Fills the input slabs, and what a dense gradient of the first layer will want if there is to be one.
    pub(crate) fn load_batch(&mut self, batch: Batch<'_>, with_blocks: bool) -> Lanes {
        let lanes = Lanes::of(batch.len());
        self.reserve(lanes);
        let mut target = Target {
            isa: self.isa,
            features: self.architecture.input_features(),
            shape: &self.architecture.nodes[0].shape,
            slabs: &mut self.activations[0],
            with_blocks,
        };
        self.batch.load(batch, lanes, &mut target);
        lanes
    }

    /// One slab forward through all layers; the input is in `activations[0]`.
    pub(crate) fn forward_slab(&mut self, lanes: Lanes, slab: usize, terms: Option<&[u16]>) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.activations.split_at_mut(index + 1);
            let x = &before[index][slab * slab_rows(layer.linear.inputs) * lanes.width()..];
            let y = &mut after[0][slab * slab_rows(layer.linear.outputs) * lanes.width()..];
            let terms = if index == 0 { terms } else { None };
            let machine = Machine { isa: self.isa, threads: &self.threads };
            layer.linear.forward(machine, lanes.vectors, x, terms, y, layer.relu);
        }
    }

    /// Forward in training: as [`Self::forward_slab`], with dropout.
    fn forward_training(&mut self, lanes: Lanes) {
        self.dropout.draw(&self.layers, lanes, self.seed, self.updates);
        for slab in 0..lanes.slabs {
            if self.layers.iter().all(|layer| layer.dropout.is_none()) {
                let terms = std::mem::take(&mut self.batch.terms[slab]);
                self.forward_slab(lanes, slab, Some(&terms));
                self.batch.terms[slab] = terms;
                continue;
            }
            for (index, layer) in self.layers.iter().enumerate() {
                let (before, after) = self.activations.split_at_mut(index + 1);
                let len = slab_rows(layer.linear.inputs) * lanes.width();
                let x = &mut before[index][slab * len..(slab + 1) * len];
                if let Some(factors) = self.dropout.of(index, slab * len..(slab + 1) * len) {
                    self.isa.run(Multiply { y: x, factors });
                }
                let y = &mut after[0][slab * slab_rows(layer.linear.outputs) * lanes.width()..];
                let machine = Machine { isa: self.isa, threads: &self.threads };
                layer.linear.forward(machine, lanes.vectors, x, None, y, layer.relu);
            }
        }
    }

    /// Losses of all slabs; leaves the gradient of the mean loss in the last gradient buffer.
    fn loss(&mut self, lanes: Lanes) -> Score {
        let last = self.layers.len();
        let classes = self.architecture.classes();
        let stride = slab_rows(classes) * lanes.width();
        let (logits, gradients) = (&self.activations[last], &mut self.gradients[last]);
        let mut total = Score::default();
        for slab in 0..lanes.slabs {
            let range = slab * stride..slab * stride + classes * lanes.width();
            gradients[range.clone()].copy_from_slice(&logits[range.clone()]);
            let score = self.isa.run(Softmax {
                logits: &mut gradients[range],
                classes,
                vectors: lanes.vectors,
                labels: &self.batch.labels[lanes.range(slab)],
                scale: Some(1.0 / lanes.examples as f32),
                smoothing: self.smoothing,
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
        let (moments, crossover) = (moment_names(self.optimizer), self.crossover);
        let parameters = Parameters { weights, masks, pruned, optimizer, moments, crossover };
        self.layers = compile(&self.architecture, &self.expected, &parameters)?;
        self.masks.clone_from(masks);
        self.updates = optimizer.map_or(0, |optimizer| optimizer.updates);
        Ok(())
    }
}

impl Trainer for CpuTrainer {
    fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        batch::check(&self.architecture, batch)?;
        // A sparse update reads slabs only; clipping makes the gradients of dense layers.
        let with_blocks = !self.layers[0].linear.is_sparse() || self.gradient_clip.is_some();
        let lanes = self.load_batch(batch, with_blocks);
        self.forward_training(lanes);
        let score = self.loss(lanes);
        self.clip(lanes);
        self.updates += 1;
        let (optimizer, updates) = (self.optimizer, self.updates);
        with_rule(optimizer, updates, rate, Update { trainer: self, lanes });
        Ok(StepReport { loss_sum: score.loss_sum, correct: score.correct, examples: lanes.examples })
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        if !indices.is_empty() {
            batch::check(&self.architecture, Batch::Stored { examples, indices, views: &[] })?;
        }
        self.sets.push(Set::new(self.isa, examples, indices));
        Ok(self.sets.len() - 1)
    }

    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation> {
        let sets = std::mem::take(&mut self.sets);
        let (score, examples) = match &sets[set] {
            Set::Packed(set) => (self.score_packed(set, stop), set.examples),
            Set::Plain(examples, indices) => (self.score_plain(examples, indices, stop), indices.len()),
        };
        self.sets = sets;
        let score = score?;
        let loss = if examples == 0 { 0.0 } else { score.loss_sum / examples as f64 };
        Some(Evaluation { loss, correct: score.correct, examples })
    }

    fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        batch::check(&self.architecture, batch)?;
        let lanes = self.load_batch(batch, false);
        let classes = self.architecture.classes();
        let mut logits = vec![0.0; lanes.examples * classes];
        for slab in 0..lanes.slabs {
            self.forward_slab(lanes, slab, None);
            let outputs = &self.activations[self.layers.len()][slab * slab_rows(classes) * lanes.width()..];
            for (lane, example) in lanes.range(slab).enumerate() {
                for class in 0..classes {
                    logits[example * classes + class] = outputs[class * lanes.width() + lane];
                }
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
        let mut score = Score::default();
        self.gradients_from(batch, which, into, |trainer, lanes| score = trainer.loss(lanes))?;
        Ok(StepReport { loss_sum: score.loss_sum, correct: score.correct, examples: batch.len() })
    }

    fn replace_weights(&mut self, weights: &Tensors) -> Result<(), EngineError> {
        self.expected.check(weights, &Masks::new())?;
        let in_place = self
            .layers
            .iter_mut()
            .all(|layer| layer.linear.replace(&weights[&layer.names.weight], weights.get(&layer.names.bias)));
        if in_place {
            self.masks.clear();
            self.updates = 0;
            return Ok(());
        }
        self.load(weights, &Masks::new(), None)
    }

    fn output_gradients(&mut self, batch: Batch<'_>) -> Result<Tensors, EngineError> {
        let mut found = Tensors::new();
        self.gradients_from(batch, Gradients::All, &mut found, |trainer, lanes| {
            let last = trainer.layers.len();
            lanes.fill_ones(trainer.architecture.classes(), &mut trainer.gradients[last]);
        })?;
        Ok(found)
    }

    fn weights(&self) -> Tensors {
        export(&self.layers, Part::Value, "")
    }

    fn state(&self) -> TrainerState {
        let mut tensors = Tensors::new();
        for (part, name) in [Part::First, Part::Second].into_iter().zip(moment_names(self.optimizer)) {
            tensors.extend(export(&self.layers, part, &format!(".{name}")));
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
