//! What a check trains: a network, how, from where and on what.

use lth_model::{
    Architecture, Batch, BiasInit, DataSet, Engine, Examples, InitScheme, Learns, Mask, Masks, Normalization,
    OneNetwork, Optimizer, ParameterKind, Program, Pruned, Purpose, RandomStream, Seed, Start, Tensors, View,
    initialize,
};

use super::{Failure, Outcome, pair::Pair};

/// Optimisers with a rate that suits each. Adam also with an epsilon that is large enough for a gradient of nothing but
/// rounding to make no full step.
pub(super) const OPTIMIZERS: [(Optimizer, f32); 9] = [
    (Optimizer::SGD, 0.1),
    (Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 1e-2 }, 0.1),
    (Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-2 }, 0.03),
    (Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3 }, 0.03),
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weight_decay: 1e-2 }, 0.01),
    (Optimizer::AdamW { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weight_decay: 1e-1 }, 0.01),
    (Optimizer::ADAM, 1.2e-3),
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 }, 1.2e-3),
    (Optimizer::ADAMW, 1.2e-3),
];

/// One of each: without memory, with one moment, with two.
pub(super) const FEW: [(Optimizer, f32); 3] = [OPTIMIZERS[0], OPTIMIZERS[3], OPTIMIZERS[6]];

/// From dense to almost nothing, on both sides of where an engine may change its way to compute; 1 means no mask.
pub(super) const DENSITIES: [f64; 4] = [1.0, 0.6, 0.2, 0.02];

/// MNIST's usual normalisation, under which byte 0 is no zero.
pub(super) const SHIFTED: Normalization = Normalization::same(0.1307, 0.3081);

/// One network, how it is trained and where it starts.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) architecture: Architecture,
    pub(super) optimizer: Optimizer,
    pub(super) rate: f32,
    pub(super) smoothing: f32,
    pub(super) clip: Option<f32>,
    pub(super) batch_size: usize,
    pub(super) weights: Tensors,
    pub(super) masks: Masks,
    pub(super) pruned: Pruned,
    pub(super) seed: Seed,
}

impl Case {
    /// Dense, with weights of this seed.
    pub(super) fn new(architecture: Architecture, (optimizer, rate): (Optimizer, f32), seed: u64) -> Self {
        Self {
            weights: weights(&architecture, seed),
            architecture,
            optimizer,
            rate,
            smoothing: 0.0,
            clip: None,
            batch_size: 60,
            masks: Masks::new(),
            pruned: Pruned::Zero,
            seed: Seed(9),
        }
    }

    /// The same with masks of this density.
    pub(super) fn at(self, density: f64) -> Self {
        let masks = masks(&self.architecture, &[density], self.seed.0);
        Self { masks, ..self }
    }

    pub(super) fn program(&self) -> Program<'_> {
        Program {
            architecture: &self.architecture,
            optimizer: self.optimizer,
            batch_size: self.batch_size,
            label_smoothing: self.smoothing,
            gradient_clip: self.clip,
            learns: Learns::Weights,
        }
    }

    pub(super) fn start(&self) -> Start<'_> {
        let Self { weights, masks, pruned, seed, .. } = self;
        Start { weights, masks, pruned: *pruned, optimizer: None, seed: *seed }
    }

    pub(super) fn trainer(&self, engine: &dyn Engine) -> Result<OneNetwork, Failure> {
        engine.supports(&self.program())?;
        Ok(OneNetwork::new(engine, &self.program(), &self.start())?)
    }

    /// A trainer of the engine beside the reference.
    pub(super) fn pair(&self, engine: &dyn Engine) -> Result<Pair, Failure> {
        engine.supports(&self.program())?;
        Pair::new(engine, &self.program(), &self.start())
    }

    /// The fewest examples of a batch: batch normalisation of one value has no variance.
    pub(super) fn least(&self) -> usize {
        if self.architecture.norm_of_one_value(1).is_some() { 2 } else { 1 }
    }
}

/// Independent numbers for each purpose of a check.
pub(super) fn stream(seed: u64, index: u64) -> RandomStream {
    RandomStream::new(Seed(seed), Purpose::Augmentation, index)
}

/// Whether something of this probability happens.
pub(super) fn chance(stream: &mut RandomStream, probability: f64) -> bool {
    stream.uniform() < probability
}

pub(super) fn pick<T: Clone>(stream: &mut RandomStream, of: &[T]) -> T {
    of[stream.below(of.len() as u64) as usize].clone()
}

/// Initial weights in which biases, norms and running statistics are not what they usually begin with.
pub(super) fn weights(architecture: &Architecture, seed: u64) -> Tensors {
    let init = InitScheme::KaimingNormal(lth_model::FanMode::FanIn);
    let mut weights = initialize(architecture, init, BiasInit::PyTorch, Seed(seed), Purpose::Init, 0);
    let mut stream = stream(seed, 1);
    let norms = architecture.parameters().into_iter().filter_map(|parameter| {
        let norm = matches!(parameter.kind, ParameterKind::NormWeight | ParameterKind::NormBias);
        norm.then_some(parameter.name)
    });
    let running = architecture.running_statistics().into_iter().map(|statistic| statistic.name);
    for name in norms.chain(running) {
        for value in weights[&name].data_mut() {
            *value += (stream.uniform() * 0.8 - 0.4) as f32;
        }
    }
    weights
}

/// A mask for every weight, of these densities in turn; none where it is 1. In masks below one half the second row and the
/// third column are empty.
pub(super) fn masks(architecture: &Architecture, densities: &[f64], seed: u64) -> Masks {
    let mut stream = stream(seed, 2);
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    let masked = prunable.zip(densities.iter().cycle()).filter(|&(_, &density)| density < 1.0);
    masked
        .map(|(parameter, &density)| {
            let columns: usize = parameter.shape.iter().skip(1).product();
            let empty = |at: usize| density < 0.5 && columns > 3 && (at / columns == 1 || at % columns == 2);
            let flags: Vec<bool> = (0..parameter.shape.iter().product())
                .map(|at| stream.uniform() < density && !empty(at))
                .collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

/// Examples of which about a third of the bytes are zero, and some features throughout.
pub(super) fn examples(
    architecture: &Architecture,
    count: usize,
    normalization: Normalization,
    seed: u64,
) -> Examples {
    let (features, classes) = (architecture.input_features(), architecture.classes() as u64);
    let mut stream = stream(seed, 5);
    let mut byte = |at: usize| {
        let byte = stream.below(256) as u8;
        if stream.below(3) == 0 || (at % features) % 5 == 3 { 0 } else { byte }
    };
    let bytes: Vec<u8> = (0..count * features).map(&mut byte).collect();
    let labels: Vec<u16> = (0..count).map(|_| stream.below(classes) as u16).collect();
    Examples { bytes: bytes.into(), labels: labels.into(), features, normalization }
}

/// Batches of different sizes, one after the other, from one data set.
pub(super) struct Batches {
    pub(super) data: DataSet,
    sizes: &'static [usize],
    least: usize,
}

impl Batches {
    /// For chains: ragged vectors, one example, several slabs.
    pub(super) const CHAIN: &'static [usize] = &[60, 1, 130, 17, 64, 5];
    /// For graphs, which take longer.
    pub(super) const GRAPH: &'static [usize] = &[18, 7, 33];

    pub(super) fn new(
        engine: &dyn Engine,
        case: &Case,
        normalization: Normalization,
    ) -> Result<Self, Failure> {
        let examples = examples(&case.architecture, 300, normalization, 2);
        let sizes = if case.architecture.nodes[0].shape.len() == 1 { Self::CHAIN } else { Self::GRAPH };
        Ok(Self { data: engine.upload(&examples)?, sizes, least: case.least() })
    }

    /// The same without large batches, for comparisons with the reference, which takes its time.
    pub(super) fn small(
        engine: &dyn Engine,
        case: &Case,
        normalization: Normalization,
    ) -> Result<Self, Failure> {
        Ok(Self { sizes: &[18, 5, 9], ..Self::new(engine, case, normalization)? })
    }

    /// The examples of the number-th batch.
    pub(super) fn indices(&self, number: usize) -> Vec<u32> {
        let mut stream = stream(17, 100 + number as u64);
        let size = self.sizes[number % self.sizes.len()].max(self.least);
        (0..size).map(|_| stream.below(self.data.len() as u64) as u32).collect()
    }

    /// Updates of these numbers.
    pub(super) fn train(
        &self,
        trainer: &mut OneNetwork,
        rate: f32,
        numbers: std::ops::Range<usize>,
    ) -> Outcome {
        for number in numbers {
            trainer.step(self.of(&self.indices(number)), rate)?;
        }
        Ok(())
    }

    /// A batch of these examples.
    pub(super) fn of<'a>(&'a self, indices: &'a [u32]) -> Batch<'a> {
        const NONE: &[View] = &[];
        Batch::Stored { data: &self.data, indices, views: NONE }
    }
}
