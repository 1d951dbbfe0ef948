//! A tiny engine that is nothing but correct and deterministic: softmax regression, momentum, and a rate that jitters
//! with (seed, update), so that a training that forgets any of its state ends with other bits.

// Each test file uses its part.
#![allow(dead_code, unused_imports)]

mod fixture;
mod watched;

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, Engine, EngineError, Evaluation, Examples, Gradients, Masks,
    Normalization, OptimizerState, Purpose, RandomStream, Recipe, Seed, StepReport, Tensor, Tensors, Trainer,
    TrainerState, Window, mlp,
};

pub(crate) use fixture::{Fixture, LAST, finish};
pub(crate) use watched::{Views, WatchedEngine};

pub(crate) const FEATURES: usize = 4;
pub(crate) const CLASSES: usize = 3;

pub(crate) fn architecture() -> Architecture {
    mlp("regression", &[FEATURES], &[], CLASSES)
}

/// A network with a convolution and a batch normalisation before the regression, which the engine here does not compute:
/// it trains the regression, and its running statistics move with every step.
pub(crate) fn normed_architecture() -> Architecture {
    ArchitectureBuilder::new("normed", &[1, 2, 2])
        .conv2d_without_bias("conv1", 1, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .flatten("flatten")
        .linear("fc1", CLASSES)
        .build()
        .unwrap()
}

/// Random bytes; the class is the largest of the first three, so that there is something to learn.
pub(crate) fn examples(count: usize, seed: u64) -> Examples {
    let mut stream = RandomStream::new(Seed(seed), Purpose::Augmentation, 0);
    let bytes: Vec<u8> = (0..count * FEATURES).map(|_| stream.next_u32() as u8).collect();
    let class = |example: &[u8]| (0..CLASSES).max_by_key(|&class| example[class]).unwrap() as u16;
    let labels: Vec<u16> = bytes.chunks(FEATURES).map(class).collect();
    Examples {
        bytes: bytes.into(),
        labels: labels.into(),
        features: FEATURES,
        normalization: Normalization::UNIT,
    }
}

pub(crate) struct FakeEngine;

impl Engine for FakeEngine {
    fn name(&self) -> String {
        "fake".to_owned()
    }

    fn supports(&self, _architecture: &Architecture, _recipe: &Recipe) -> Result<(), EngineError> {
        Ok(())
    }

    fn trainer(
        &self,
        architecture: &Architecture,
        _recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Box<dyn Trainer>, EngineError> {
        let mut trainer = FakeTrainer {
            architecture: architecture.clone(),
            weights: Tensors::new(),
            masks: Masks::new(),
            optimizer: OptimizerState::default(),
            seed,
            sets: Vec::new(),
        };
        trainer.load(weights, masks, None)?;
        Ok(Box::new(trainer))
    }
}

struct FakeTrainer {
    architecture: Architecture,
    weights: Tensors,
    masks: Masks,
    optimizer: OptimizerState,
    seed: Seed,
    sets: Vec<(Examples, Vec<u32>)>,
}

impl FakeTrainer {
    fn inputs(examples: &Examples, index: u32) -> Vec<f32> {
        let table = examples.normalization.table(0).unwrap();
        let from = index as usize * examples.features;
        examples.bytes[from..from + examples.features].iter().map(|&byte| table[byte as usize]).collect()
    }

    fn probabilities(&self, inputs: &[f32]) -> Vec<f64> {
        let (weight, bias) = (self.weights["fc1.weight"].data(), self.weights["fc1.bias"].data());
        let logit = |class: usize| {
            let row = &weight[class * FEATURES..(class + 1) * FEATURES];
            f64::from(bias[class]) + row.iter().zip(inputs).map(|(w, x)| f64::from(w * x)).sum::<f64>()
        };
        let logits: Vec<f64> = (0..CLASSES).map(logit).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        exponentials.into_iter().map(|value| value / sum).collect()
    }

    fn see(&self, examples: &Examples, indices: &[u32]) -> (StepReport, Tensors) {
        let mut report = StepReport { examples: indices.len(), ..StepReport::default() };
        let mut weight = Tensor::zeros(vec![CLASSES, FEATURES]);
        let mut bias = Tensor::zeros(vec![CLASSES]);
        for &index in indices {
            let (inputs, label) =
                (Self::inputs(examples, index), usize::from(examples.labels[index as usize]));
            let probabilities = self.probabilities(&inputs);
            report.loss_sum -= probabilities[label].ln();
            report.correct += usize::from(probabilities.iter().all(|&other| other <= probabilities[label]));
            for (class, probability) in probabilities.into_iter().enumerate() {
                let error = (probability - f64::from(u8::from(class == label))) as f32 / indices.len() as f32;
                bias.data_mut()[class] += error;
                for (feature, input) in inputs.iter().enumerate() {
                    weight.data_mut()[class * FEATURES + feature] += error * input;
                }
            }
        }
        (report, Tensors::from([("fc1.weight".to_owned(), weight), ("fc1.bias".to_owned(), bias)]))
    }
}

impl Trainer for FakeTrainer {
    fn step(&mut self, batch: Batch<'_>, learning_rate: f32) -> Result<StepReport, EngineError> {
        let Batch::Stored { examples, indices, .. } = batch else {
            return Err(EngineError::Batch { reason: "only stored examples".to_owned() });
        };
        let (report, mut gradients) = self.see(examples, indices);
        for (name, mask) in &self.masks {
            if let Some(gradient) = gradients.get_mut(name) {
                mask.apply(gradient);
            }
        }
        for statistic in self.architecture.running_statistics() {
            for value in self.weights[&statistic.name].data_mut() {
                *value = 0.9 * *value + 0.1 * report.loss_sum as f32;
            }
        }
        let jitter = RandomStream::new(self.seed, Purpose::Dropout, self.optimizer.updates).uniform() as f32;
        let rate = learning_rate * (1.0 + jitter);
        for (name, gradient) in gradients {
            let buffer = &mut self.optimizer.tensors[&format!("{name}.momentum_buffer")];
            let weight = &mut self.weights[&name];
            for ((weight, buffer), gradient) in
                weight.data_mut().iter_mut().zip(buffer.data_mut()).zip(gradient.data())
            {
                *buffer = 0.9 * *buffer + gradient;
                *weight -= rate * *buffer;
            }
        }
        self.optimizer.updates += 1;
        Ok(report)
    }

    fn add_evaluation_set(&mut self, examples: &Examples, indices: &[u32]) -> Result<usize, EngineError> {
        self.sets.push((examples.clone(), indices.to_vec()));
        Ok(self.sets.len() - 1)
    }

    fn evaluate_unless(&mut self, set: usize, stop: &dyn Fn() -> bool) -> Option<Evaluation> {
        if stop() {
            return None;
        }
        let (examples, indices) = &self.sets[set];
        let (report, _) = self.see(examples, indices);
        let loss = report.loss_sum / report.examples as f64;
        Some(Evaluation { loss, correct: report.correct, examples: report.examples })
    }

    fn logits(&mut self, _batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        Err(EngineError::Unsupported { engine: "fake", what: "logits".to_owned() })
    }

    fn gradients(&mut self, batch: Batch<'_>, which: Gradients) -> Result<Tensors, EngineError> {
        let Batch::Stored { examples, indices, .. } = batch else {
            return Err(EngineError::Batch { reason: "only stored examples".to_owned() });
        };
        let (_, mut gradients) = self.see(examples, indices);
        for (name, mask) in self.masks.iter().filter(|_| which == Gradients::Live) {
            mask.apply(&mut gradients[name]);
        }
        Ok(gradients)
    }

    fn weights(&self) -> Tensors {
        self.weights.clone()
    }

    fn state(&self) -> TrainerState {
        TrainerState { weights: self.weights.clone(), optimizer: self.optimizer.clone() }
    }

    fn load(
        &mut self,
        weights: &Tensors,
        masks: &Masks,
        optimizer: Option<&OptimizerState>,
    ) -> Result<(), EngineError> {
        self.architecture.check_tensors(weights)?;
        self.architecture.check_masks(masks)?;
        self.weights.clone_from(weights);
        self.masks.clone_from(masks);
        for (name, mask) in masks {
            mask.apply(&mut self.weights[name]);
        }
        let zeros = |(name, tensor): (&String, &Tensor)| {
            (format!("{name}.momentum_buffer"), Tensor::zeros(tensor.shape().to_vec()))
        };
        self.optimizer = match optimizer {
            Some(optimizer) => optimizer.clone(),
            None => OptimizerState { updates: 0, tensors: weights.iter().map(zeros).collect() },
        };
        for (name, mask) in masks {
            mask.apply(&mut self.optimizer.tensors[&format!("{name}.momentum_buffer")]);
        }
        Ok(())
    }
}
