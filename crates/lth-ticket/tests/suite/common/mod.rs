//! A tiny engine that is nothing but correct and deterministic: softmax regression, momentum, and a rate that jitters
//! with (seed, update), so that a training that forgets any of its state ends with other bits.

// Each test file uses its part.
#![allow(dead_code, unused_imports)]

mod fixture;
mod watched;

use lth_model::{
    Architecture, ArchitectureBuilder, Batch, DataSet, Engine, EngineError, Evaluation, EvaluationSet,
    Examples, Gradients, Masks, Normalization, OptimizerState, Placement, Program, Purpose, RandomStream,
    Seed, Start, StepReport, Stretch, Tensor, Tensors, Trainer, TrainerState, Update, Window, mlp,
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

    fn numerics(&self) -> &'static str {
        "fake"
    }

    fn supports(&self, _program: &Program<'_>) -> Result<(), EngineError> {
        Ok(())
    }

    fn placement(&self, _program: &Program<'_>) -> Placement {
        Placement { trainers: 1, networks: 1, updates: 1 }
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        Ok(DataSet::on_host(examples))
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        Ok(EvaluationSet::on_host(data, indices))
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        let networks = starts.iter().map(|start| FakeNetwork::new(program.architecture, start));
        Ok(Box::new(FakeTrainer(networks.collect::<Result<_, _>>()?)))
    }
}

/// An engine with the networks of [`FakeEngine`], so many a trainer, and so many updates between two looks.
pub(crate) struct ManyEngine {
    pub(crate) networks: usize,
    pub(crate) updates: usize,
}

impl Engine for ManyEngine {
    fn name(&self) -> String {
        "many".to_owned()
    }

    fn numerics(&self) -> &'static str {
        FakeEngine.numerics()
    }

    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError> {
        FakeEngine.supports(program)
    }

    fn placement(&self, _program: &Program<'_>) -> Placement {
        Placement { trainers: 1, networks: self.networks, updates: self.updates }
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        FakeEngine.upload(examples)
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        FakeEngine.evaluation_set(data, indices)
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        assert!(starts.len() <= self.networks);
        FakeEngine.trainer(program, starts)
    }
}

struct FakeTrainer(Vec<FakeNetwork>);

struct FakeNetwork {
    architecture: Architecture,
    weights: Tensors,
    masks: Masks,
    optimizer: OptimizerState,
    seed: Seed,
}

impl FakeNetwork {
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

impl FakeNetwork {
    fn new(architecture: &Architecture, start: &Start<'_>) -> Result<Self, EngineError> {
        architecture.check_tensors(start.weights)?;
        architecture.check_masks(start.masks)?;
        let (mut weights, masks) = (start.weights.clone(), start.masks.clone());
        for (name, mask) in &masks {
            mask.apply(&mut weights[name]);
        }
        let zeros = |(name, tensor): (&String, &Tensor)| {
            (format!("{name}.momentum_buffer"), Tensor::zeros(tensor.shape().to_vec()))
        };
        let mut optimizer = match start.optimizer {
            Some(optimizer) => optimizer.clone(),
            None => OptimizerState { updates: 0, tensors: weights.iter().map(zeros).collect() },
        };
        for (name, mask) in &masks {
            mask.apply(&mut optimizer.tensors[&format!("{name}.momentum_buffer")]);
        }
        Ok(Self { architecture: architecture.clone(), weights, masks, optimizer, seed: start.seed })
    }

    fn state(&self) -> TrainerState {
        TrainerState { weights: self.weights.clone(), optimizer: self.optimizer.clone() }
    }

    fn step(&mut self, update: Update<'_>) -> Result<StepReport, EngineError> {
        let (examples, indices) = stored(update.batch)?;
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
        let rate = update.rate * (1.0 + jitter);
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
}

fn stored(batch: Batch<'_>) -> Result<(&Examples, &[u32]), EngineError> {
    match batch {
        Batch::Stored { data, indices, .. } => Ok((data.examples(), indices)),
        Batch::Values { .. } => Err(EngineError::Batch { reason: "only stored examples".to_owned() }),
    }
}

impl Trainer for FakeTrainer {
    fn run(&mut self, stretches: &[Stretch<'_>], reports: &mut Vec<StepReport>) -> Result<(), EngineError> {
        reports.clear();
        for stretch in stretches {
            for update in stretch.updates {
                reports.push(self.0[stretch.network].step(*update)?);
            }
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        sets: &[(usize, &EvaluationSet)],
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Vec<Evaluation>>, EngineError> {
        let evaluate = |(network, set): &(usize, &EvaluationSet)| {
            let (report, _) = self.0[*network].see(set.data().examples(), set.indices());
            let loss = report.loss_sum / report.examples as f64;
            (!stop()).then_some(Evaluation { loss, correct: report.correct, examples: report.examples })
        };
        Ok(sets.iter().map(evaluate).collect())
    }

    fn logits(&mut self, _network: usize, _batch: Batch<'_>) -> Result<Vec<f32>, EngineError> {
        Err(EngineError::Unsupported { engine: "fake", what: "logits".to_owned() })
    }

    fn gradients(
        &mut self,
        network: usize,
        batch: Batch<'_>,
        which: Gradients,
        into: &mut Tensors,
    ) -> Result<StepReport, EngineError> {
        let (examples, indices) = stored(batch)?;
        let network = &self.0[network];
        let (report, gradients) = network.see(examples, indices);
        *into = gradients;
        for (name, mask) in network.masks.iter().filter(|_| which == Gradients::Live) {
            mask.apply(&mut into[name]);
        }
        Ok(report)
    }

    fn remask(&mut self, network: usize, masks: &Masks) -> Result<(), EngineError> {
        let TrainerState { weights, optimizer } = self.read(network);
        let FakeNetwork { architecture, seed, .. } = &self.0[network];
        let start = Start { optimizer: Some(&optimizer), ..Start::new(&weights, masks, *seed) };
        self.0[network] = FakeNetwork::new(architecture, &start)?;
        Ok(())
    }

    fn reestimate_batch_norm(
        &mut self,
        _network: usize,
        _data: &DataSet,
        _indices: &[u32],
        _batch_size: usize,
        _stop: &dyn Fn() -> bool,
    ) -> Result<bool, EngineError> {
        Ok(true)
    }

    fn read(&self, network: usize) -> TrainerState {
        self.0[network].state()
    }

    fn write(&mut self, network: usize, start: &Start<'_>) -> Result<(), EngineError> {
        self.0[network] = FakeNetwork::new(&self.0[network].architecture, start)?;
        Ok(())
    }

    fn retire(&mut self, _network: usize) {}
}
