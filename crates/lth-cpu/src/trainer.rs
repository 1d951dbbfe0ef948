//! The trainer: steps, evaluations and what goes in and out.

use lth_model::{
    Architecture, Batch, EngineError, Evaluation, Examples, Gradients, Masks, Optimizer, OptimizerState, Purpose,
    RandomStream, Seed, StepReport, Tensors, Trainer, TrainerState,
};

use crate::{
    CpuEngine,
    buffer::Buffer,
    evaluation::EvaluationSet,
    kernels::{
        activation::Multiply,
        input::{Gather, Scale, Unpack},
        outer::ActiveExamples,
        softmax::{Score, Softmax},
        transpose::ToSlab,
        update::{Adam, Momentum, Sgd, UpdateRule},
    },
    lanes::{Lanes, slab_rows},
    linear::{Input, Part},
    network::{Layer, MomentNames, compile, export},
    simd::Isa,
};

/// One network in training on the CPU.
pub(crate) struct CpuTrainer {
    isa: Isa,
    crossover: f64,
    architecture: Architecture,
    optimizer: Optimizer,
    seed: Seed,
    masks: Masks,
    layers: Vec<Layer>,
    updates: u64,
    work: Work,
    sets: Vec<EvaluationSet>,
}

/// Buffers of a step; grown when a batch needs more.
#[derive(Default)]
struct Work {
    /// Slabs of the input and of every layer's output.
    activations: Vec<Buffer>,
    /// Slabs of the gradients of every layer's output.
    gradients: Vec<Buffer>,
    /// Stored bytes of the batch, `[example][width]`.
    bytes: Vec<u8>,
    /// The batch as numbers, `[vector][example][16]`.
    rows: Buffer,
    /// For each slab the inputs that are not zero throughout.
    terms: Vec<Vec<u16>>,
    active: ActiveExamples,
    labels: Vec<u16>,
    dropout: Vec<Buffer>,
}

fn moment_names(optimizer: Optimizer) -> MomentNames {
    match optimizer {
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => &["exp_avg", "exp_avg_sq"],
        Optimizer::Sgd { momentum, .. } if momentum != 0.0 => &["momentum_buffer"],
        Optimizer::Sgd { .. } => &[],
    }
}

impl CpuTrainer {
    pub(crate) fn new(
        engine: CpuEngine,
        architecture: &Architecture,
        optimizer: Optimizer,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Self, EngineError> {
        let layers = compile(architecture, weights, masks, None, moment_names(optimizer), engine.crossover)?;
        Ok(Self {
            isa: engine.isa,
            crossover: engine.crossover,
            architecture: architecture.clone(),
            optimizer,
            seed,
            masks: masks.clone(),
            layers,
            updates: 0,
            work: Work::default(),
            sets: Vec::new(),
        })
    }

    /// The number of inputs, and of every layer's outputs.
    fn widths(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.architecture.input_features()).chain(self.layers.iter().map(|layer| layer.linear.outputs))
    }

    fn reserve(&mut self, lanes: Lanes) {
        let sizes: Vec<usize> = self.widths().map(|width| slab_rows(width) * lanes.width() * lanes.slabs).collect();
        let grow = |buffers: &mut Vec<Buffer>| {
            buffers.resize_with(sizes.len(), Buffer::default);
            for (buffer, &size) in buffers.iter_mut().zip(&sizes) {
                if buffer.len() < size {
                    *buffer = Buffer::zeros(size);
                }
            }
        };
        grow(&mut self.work.activations);
        grow(&mut self.work.gradients);
    }

    fn check_batch(&self, batch: Batch<'_>) -> Result<(), EngineError> {
        let features = self.architecture.input_features();
        let classes = self.architecture.classes();
        let error = |reason: String| Err(EngineError::Batch { reason });
        if batch.is_empty() {
            return error("it has no example".to_owned());
        }
        let bad_label = match batch {
            Batch::Stored { examples, indices } => {
                if examples.features != features {
                    return error(format!("examples have {} values, the network reads {features}", examples.features));
                }
                if let Some(index) = indices.iter().find(|&&index| index as usize >= examples.len()) {
                    return error(format!("example {index} of {} does not exist", examples.len()));
                }
                indices.iter().map(|&index| examples.labels[index as usize]).find(|&l| usize::from(l) >= classes)
            }
            Batch::Values { inputs, labels } => {
                if inputs.len() != labels.len() * features {
                    return error(format!("{} values for {} examples of {features}", inputs.len(), labels.len()));
                }
                labels.iter().copied().find(|&label| usize::from(label) >= classes)
            }
        };
        bad_label.map_or(Ok(()), |label| error(format!("label {label}, but there are {classes} classes")))
    }

    /// Fills the input slabs, and batch-major rows if the first layer's update will want them.
    fn load_batch(&mut self, batch: Batch<'_>, for_update: bool) -> Lanes {
        let lanes = Lanes::of(batch.len());
        self.reserve(lanes);
        let features = self.architecture.input_features();
        let width = features.next_multiple_of(16);
        let total = lanes.slabs * lanes.width();
        let stride = slab_rows(features) * lanes.width();
        let work = &mut self.work;
        if work.rows.len() < total * width {
            work.rows = Buffer::zeros(total * width);
        }
        work.labels.clear();
        work.terms.resize_with(lanes.slabs.max(work.terms.len()), Vec::new);
        match batch {
            Batch::Stored { examples, indices } => {
                work.labels.extend(indices.iter().map(|&index| examples.labels[index as usize]));
                work.bytes.resize(total * width, 0);
                for (row, &index) in work.bytes.chunks_exact_mut(width).zip(indices) {
                    row[..features].copy_from_slice(&examples.bytes[index as usize * features..][..features]);
                }
                let scale = Scale::new(examples.normalization);
                find_terms(work, lanes, features, width, scale.keeps_zero());
                if for_update {
                    find_active(&mut work.active, &work.bytes, indices.len(), width, scale.keeps_zero());
                }
                for slab in 0..lanes.slabs {
                    let rows = slab * lanes.width() * width..(slab + 1) * lanes.width() * width;
                    self.isa.run(Gather {
                        bytes: &work.bytes[rows],
                        width,
                        examples: lanes.range(slab).len(),
                        vectors: lanes.vectors,
                        slab: &mut work.activations[0][slab * stride..],
                        blocks: for_update.then_some((&mut *work.rows, slab * lanes.width(), total)),
                        scale,
                    });
                }
            }
            Batch::Values { inputs, labels } => {
                work.labels.extend_from_slice(labels);
                for (vector, block) in work.rows.chunks_exact_mut(total * 16).enumerate().take(width / 16) {
                    let (at, present) = (vector * 16, (features - vector * 16).min(16));
                    for (row, input) in block.chunks_exact_mut(16).zip(inputs.chunks_exact(features)) {
                        // A constant length is one move; most vectors are whole.
                        if present == 16 {
                            row.copy_from_slice(&input[at..at + 16]);
                        } else {
                            row[..present].copy_from_slice(&input[at..at + present]);
                            row[present..].fill(0.0);
                        }
                    }
                    block[labels.len() * 16..].fill(0.0);
                }
                if for_update {
                    work.active.all(width / 16, labels.len());
                }
                for slab in 0..lanes.slabs {
                    work.terms[slab].clear();
                    work.terms[slab].extend(0..features as u16);
                    self.isa.run(ToSlab {
                        from: &work.rows,
                        first: slab * lanes.width(),
                        rows: total,
                        features,
                        vectors: lanes.vectors,
                        slab: &mut work.activations[0][slab * stride..],
                    });
                }
            }
        }
        lanes
    }

    /// One slab forward through all layers; the input is in `activations[0]`.
    fn forward_slab(&mut self, lanes: Lanes, slab: usize, terms: Option<&[u16]>) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, after) = self.work.activations.split_at_mut(index + 1);
            let x = &before[index][slab * slab_rows(layer.linear.inputs) * lanes.width()..];
            let y = &mut after[0][slab * slab_rows(layer.linear.outputs) * lanes.width()..];
            let terms = if index == 0 { terms } else { None };
            layer.linear.forward(self.isa, lanes.vectors, x, terms, y, layer.relu);
        }
    }

    /// Draws the dropout factors of this iteration; none for layers without.
    fn draw_dropout(&mut self, lanes: Lanes) {
        self.work.dropout.resize_with(self.layers.len(), Buffer::default);
        let mut stream = None;
        for (layer, factors) in self.layers.iter().zip(&mut self.work.dropout) {
            let Some(rate) = layer.dropout else { continue };
            let stream = stream.get_or_insert_with(|| RandomStream::new(self.seed, Purpose::Dropout, self.updates));
            let stride = slab_rows(layer.linear.inputs) * lanes.width();
            if factors.len() < stride * lanes.slabs {
                *factors = Buffer::zeros(stride * lanes.slabs);
            }
            let kept = 1.0 / (1.0 - rate);
            for feature in 0..layer.linear.inputs {
                for slab in 0..lanes.slabs {
                    let at = slab * stride + feature * lanes.width();
                    for factor in &mut factors[at..at + lanes.range(slab).len()] {
                        *factor = if stream.uniform() < f64::from(rate) { 0.0 } else { kept };
                    }
                }
            }
        }
    }

    /// Forward in training: as [`Self::forward_slab`], with dropout.
    fn forward_training(&mut self, lanes: Lanes) {
        self.draw_dropout(lanes);
        for slab in 0..lanes.slabs {
            if self.layers.iter().all(|layer| layer.dropout.is_none()) {
                let terms = std::mem::take(&mut self.work.terms[slab]);
                self.forward_slab(lanes, slab, Some(&terms));
                self.work.terms[slab] = terms;
                continue;
            }
            for (index, layer) in self.layers.iter().enumerate() {
                let (before, after) = self.work.activations.split_at_mut(index + 1);
                let len = slab_rows(layer.linear.inputs) * lanes.width();
                let x = &mut before[index][slab * len..(slab + 1) * len];
                if layer.dropout.is_some() {
                    self.isa.run(Multiply { y: x, factors: &self.work.dropout[index][slab * len..(slab + 1) * len] });
                }
                let y = &mut after[0][slab * slab_rows(layer.linear.outputs) * lanes.width()..];
                layer.linear.forward(self.isa, lanes.vectors, x, None, y, layer.relu);
            }
        }
    }

    /// Losses of all slabs; leaves the gradient of the mean loss in the last gradient buffer.
    fn loss(&mut self, lanes: Lanes) -> Score {
        let last = self.layers.len();
        let classes = self.architecture.classes();
        let stride = slab_rows(classes) * lanes.width();
        let (logits, gradients) = (&self.work.activations[last], &mut self.work.gradients[last]);
        let mut total = Score::default();
        for slab in 0..lanes.slabs {
            let range = slab * stride..slab * stride + classes * lanes.width();
            gradients[range.clone()].copy_from_slice(&logits[range.clone()]);
            let score = self.isa.run(Softmax {
                logits: &mut gradients[range],
                classes,
                vectors: lanes.vectors,
                labels: &self.work.labels[lanes.range(slab)],
                scale: Some(1.0 / lanes.examples as f32),
            });
            total.loss_sum += score.loss_sum;
            total.correct += score.correct;
        }
        total
    }

    /// The gradient of the input of layer `index`, from that of its output.
    fn backward_data(&mut self, lanes: Lanes, index: usize) {
        let layer = &self.layers[index];
        let gated = self.layers[index - 1].relu;
        let (inputs, outputs) = (slab_rows(layer.linear.inputs), slab_rows(layer.linear.outputs));
        for slab in 0..lanes.slabs {
            let (before, after) = self.work.gradients.split_at_mut(index + 1);
            let len = inputs * lanes.width();
            let dx = &mut before[index][slab * len..(slab + 1) * len];
            let dy = &after[0][slab * outputs * lanes.width()..];
            let gate = gated.then(|| &self.work.activations[index][slab * len..(slab + 1) * len]);
            layer.linear.backward(self.isa, lanes.vectors, dy, dx, gate);
            if layer.dropout.is_some() {
                self.isa.run(Multiply { y: dx, factors: &self.work.dropout[index][slab * len..(slab + 1) * len] });
            }
        }
    }

    fn backward<R: UpdateRule>(&mut self, lanes: Lanes, rule: R) {
        for index in (0..self.layers.len()).rev() {
            if index > 0 {
                self.backward_data(lanes, index);
            }
            let work = &self.work;
            let layer = &mut self.layers[index];
            let rows = index == 0 && layer.dropout.is_none();
            let input =
                Input { slabs: &work.activations[index], rows: rows.then_some((&*work.rows, &work.active)) };
            layer.linear.update(self.isa, lanes, &work.gradients[index + 1], &input, rule);
        }
    }

    fn adam(&self, beta1: f32, beta2: f32, epsilon: f32, rate: f32) -> Adam {
        let t = self.updates as f64;
        let correction = |beta: f32| 1.0 - libm::pow(f64::from(beta), t);
        Adam {
            one_minus_beta1: (1.0 - f64::from(beta1)) as f32,
            beta2,
            one_minus_beta2: (1.0 - f64::from(beta2)) as f32,
            epsilon,
            step_size: (f64::from(rate) / correction(beta1)) as f32,
            root_correction: (1.0 / correction(beta2).sqrt()) as f32,
            l2: 0.0,
            shrink: 1.0,
        }
    }
}

/// Lists, for each slab, the inputs that are not zero in all of its examples.
fn find_terms(work: &mut Work, lanes: Lanes, features: usize, width: usize, skip_zeros: bool) {
    let mut any = vec![0u8; width];
    for slab in 0..lanes.slabs {
        let terms = &mut work.terms[slab];
        terms.clear();
        if !skip_zeros {
            terms.extend(0..features as u16);
            continue;
        }
        any.fill(0);
        for row in work.bytes.chunks_exact(width).skip(lanes.range(slab).start).take(lanes.range(slab).len()) {
            any.iter_mut().zip(row).for_each(|(any, &byte)| *any |= byte);
        }
        terms.extend((0..features as u16).filter(|&feature| any[usize::from(feature)] != 0));
    }
}

/// Lists, for each 16 inputs, the examples in which one of them is not zero.
fn find_active(active: &mut ActiveExamples, bytes: &[u8], examples: usize, width: usize, skip_zeros: bool) {
    if !skip_zeros {
        return active.all(width / 16, examples);
    }
    active.clear();
    for vector in 0..width / 16 {
        for (example, row) in bytes.chunks_exact(width).take(examples).enumerate() {
            if row[vector * 16..][..16].iter().fold(0, |any, &byte| any | byte) != 0 {
                active.push(example as u32);
            }
        }
        active.end_vector();
    }
}

impl Trainer for CpuTrainer {
    fn step(&mut self, batch: Batch<'_>, rate: f32) -> Result<StepReport, EngineError> {
        self.check_batch(batch)?;
        let dense_input = !self.layers[0].linear.is_sparse();
        let lanes = self.load_batch(batch, dense_input);
        self.forward_training(lanes);
        let score = self.loss(lanes);
        self.updates += 1;
        match self.optimizer {
            Optimizer::Adam { beta1, beta2, epsilon, weight_decay } => {
                let rule = Adam { l2: weight_decay, ..self.adam(beta1, beta2, epsilon, rate) };
                self.backward(lanes, rule);
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                let shrink = (1.0 - f64::from(rate) * f64::from(weight_decay)) as f32;
                let rule = Adam { shrink, ..self.adam(beta1, beta2, epsilon, rate) };
                self.backward(lanes, rule);
            }
            Optimizer::Sgd { momentum: 0.0, weight_decay, .. } => self.backward(lanes, Sgd { rate, l2: weight_decay }),
            Optimizer::Sgd { momentum, nesterov, weight_decay } => {
                self.backward(lanes, Momentum { rate, l2: weight_decay, momentum, nesterov });
            }
        }
        Ok(StepReport { loss_sum: score.loss_sum, correct: score.correct, examples: lanes.examples })
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        if !indices.is_empty() {
            self.check_batch(Batch::Stored { examples, indices })?;
        }
        self.sets.push(EvaluationSet::new(examples, indices));
        Ok(self.sets.len() - 1)
    }

    fn evaluate(&mut self, set: usize) -> Evaluation {
        let sets = std::mem::take(&mut self.sets);
        let set = &sets[set];
        let lanes = EvaluationSet::lanes();
        self.reserve(lanes);
        let clear = self.layers[0].linear.is_sparse();
        let classes = self.architecture.classes();
        let width = lanes.width();
        let mut total = Score::default();
        let mut before: Option<&[u16]> = None;
        for slab in set.slabs() {
            let input = &mut self.work.activations[0];
            match before {
                _ if !clear => {}
                None => input.fill(0.0),
                Some(features) => features
                    .iter()
                    .for_each(|&feature| input[usize::from(feature) * width..][..width].fill(0.0)),
            }
            before = Some(slab.features);
            self.isa.run(Unpack {
                from: slab.bytes,
                features: slab.features,
                vectors: lanes.vectors,
                to: input,
                scale: set.scale,
            });
            self.forward_slab(lanes, 0, Some(slab.features));
            let score = self.isa.run(Softmax {
                logits: &mut self.work.activations[self.layers.len()][..classes * width],
                classes,
                vectors: lanes.vectors,
                labels: slab.labels,
                scale: None,
            });
            total.loss_sum += score.loss_sum;
            total.correct += score.correct;
        }
        let loss = if set.examples == 0 { 0.0 } else { total.loss_sum / set.examples as f64 };
        let evaluation = Evaluation { loss, correct: total.correct, examples: set.examples };
        self.sets = sets;
        evaluation
    }

    fn logits(&mut self, batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        self.check_batch(batch)?;
        let lanes = self.load_batch(batch, false);
        let classes = self.architecture.classes();
        let mut logits = vec![0.0; lanes.examples * classes];
        for slab in 0..lanes.slabs {
            self.forward_slab(lanes, slab, None);
            let outputs = &self.work.activations[self.layers.len()][slab * slab_rows(classes) * lanes.width()..];
            for (lane, example) in lanes.range(slab).enumerate() {
                for class in 0..classes {
                    logits[example * classes + class] = outputs[class * lanes.width() + lane];
                }
            }
        }
        Ok(logits)
    }

    fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        self.check_batch(batch)?;
        let lanes = self.load_batch(batch, true);
        for slab in 0..lanes.slabs {
            self.forward_slab(lanes, slab, None);
        }
        self.loss(lanes);
        // Dropout is no part of these gradients.
        let rates: Vec<Option<f32>> = self.layers.iter_mut().map(|layer| layer.dropout.take()).collect();
        let mut found = Vec::new();
        for index in (0..self.layers.len()).rev() {
            if index > 0 {
                self.backward_data(lanes, index);
            }
            let work = &self.work;
            let input = Input {
                slabs: &work.activations[index],
                rows: (index == 0).then_some((&*work.rows, &work.active)),
            };
            let layer = &mut self.layers[index];
            let (mut weight, bias) = layer.linear.gradients(self.isa, lanes, &work.gradients[index + 1], &input);
            let name = format!("{}.weight", layer.name);
            if let (Gradients::Live, Some(mask)) = (which, self.masks.get(&name)) {
                mask.apply(&mut weight);
            }
            if let Some(bias) = bias {
                found.push((format!("{}.bias", layer.name), bias));
            }
            found.push((name, weight));
        }
        self.layers.iter_mut().zip(rates).for_each(|(layer, rate)| layer.dropout = rate);
        Ok(found.into_iter().rev().collect())
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
        self.layers = compile(
            &self.architecture,
            weights,
            masks,
            optimizer,
            moment_names(self.optimizer),
            self.crossover,
        )?;
        self.masks = masks.clone();
        self.updates = optimizer.map_or(0, |optimizer| optimizer.updates);
        Ok(())
    }
}
