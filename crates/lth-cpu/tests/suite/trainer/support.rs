//! Networks, data and comparisons that the tests share.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Augmentation, Batch, BiasInit, DataSet, Examples, InitScheme, Mask, Masks, Normalization,
    Optimizer, Purpose, RandomStream, Recipe, Schedule, Seed, Step, Tensor, Tensors, TrainerState,
    initialize, mlp, mlp_with_dropout,
};

pub(crate) const FEATURES: usize = 37;
pub(crate) const CLASSES: usize = 7;

/// MNIST's usual normalisation, under which byte 0 is no zero.
pub(crate) const SHIFTED: Normalization = Normalization::same(0.1307, 0.3081);

/// Every kind of optimiser with a rate that suits it.
pub(crate) const OPTIMIZERS: [(Optimizer, f32); 7] = [
    (Optimizer::ADAM, 1.2e-3),
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 1e-2 }, 1.2e-3),
    (Optimizer::ADAMW, 1.2e-3),
    (Optimizer::SGD, 0.1),
    (Optimizer::Sgd { momentum: 0.0, nesterov: false, weight_decay: 1e-2 }, 0.1),
    (Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 0.0 }, 0.03),
    (Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3 }, 0.03),
];

/// Both sides of every crossover between dense and sparse; 1 means no mask.
pub(crate) const DENSITIES: [f64; 4] = [1.0, 0.6, 0.2, 0.02];

/// Batch sizes, one after the other: ragged vectors, one example, several slabs.
pub(crate) const BATCHES: [usize; 6] = [60, 1, 130, 17, 64, 5];

/// 37-33-21-7.
pub(crate) fn small() -> Architecture {
    mlp("small", &[FEATURES], &[33, 21], CLASSES)
}

pub(crate) fn small_with_dropout() -> Architecture {
    mlp_with_dropout("small", &[FEATURES], &[33, 21], CLASSES, 0.3)
}

pub(crate) fn stream(index: u64) -> RandomStream {
    RandomStream::new(Seed(17), Purpose::Augmentation, index)
}

/// Initial weights; biases are not zero either.
pub(crate) fn weights(architecture: &Architecture) -> Tensors {
    initialize(architecture, InitScheme::GlorotNormal, BiasInit::PyTorch, Seed(4), Purpose::Init, 0)
}

/// Masks of this density for every weight tensor; none at 1. Row 1 and column 2 are empty.
pub(crate) fn masks(architecture: &Architecture, density: f64) -> Masks {
    let mut stream = stream(1);
    let prunable = architecture.parameters().into_iter().filter(|p| density < 1.0 && p.kind.is_prunable());
    prunable
        .map(|parameter| {
            let columns = parameter.shape[1];
            let flags: Vec<bool> = (0..parameter.shape.iter().product())
                .map(|index| index / columns != 1 && index % columns != 2 && stream.uniform() < density)
                .collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

/// Examples of which about half the bytes are zero, and some features throughout.
pub(crate) fn examples(count: usize, normalization: Normalization) -> Examples {
    let mut stream = stream(2);
    let bytes: Vec<u8> = (0..count * FEATURES)
        .map(|at| {
            if (at % FEATURES).is_multiple_of(5) || stream.below(3) == 0 {
                0
            } else {
                stream.below(256) as u8
            }
        })
        .collect();
    let labels: Vec<u16> = (0..count).map(|_| stream.below(CLASSES as u64) as u16).collect();
    Examples { bytes: bytes.into(), labels: labels.into(), features: FEATURES, normalization }
}

/// The number-th of a sequence of batches of different sizes.
pub(crate) fn indices(number: usize, count: usize) -> Vec<u32> {
    let mut stream = stream(100 + number as u64);
    (0..BATCHES[number % BATCHES.len()]).map(|_| stream.below(count as u64) as u32).collect()
}

pub(crate) fn recipe(optimizer: Optimizer) -> Recipe {
    Recipe {
        batch_size: 60,
        length: Step::from_epochs(1),
        learning_rate: 0.1,
        optimizer,
        schedule: Schedule::Constant,
        label_smoothing: 0.0,
        gradient_clip: None,
        augmentation: Augmentation::default(),
        init: InitScheme::GlorotNormal,
        bias_init: BiasInit::Zero,
    }
}

/// A trainer with the best instructions.
pub(crate) fn trainer(
    architecture: &Architecture,
    optimizer: Optimizer,
    weights: &Tensors,
    masks: &Masks,
) -> Network {
    trainer_of(CpuEngine::new(), architecture, optimizer, weights, masks)
}

/// An engine on which every masked layer is computed sparse, or none.
pub(crate) fn always_sparse(sparse: bool) -> CpuEngine {
    CpuEngine::new().with_crossover(if sparse { 2.0 } else { 0.0 })
}

pub(crate) fn trainer_of(
    engine: CpuEngine,
    architecture: &Architecture,
    optimizer: Optimizer,
    weights: &Tensors,
    masks: &Masks,
) -> Network {
    Network::new(engine, architecture, &recipe(optimizer), weights, masks, Seed(9)).unwrap()
}

/// Steps `numbers` of the sequence of batches.
pub(crate) fn steps(trainer: &mut Network, examples: &Examples, rate: f32, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let indices = indices(number, examples.len());
        trainer
            .step(Batch::Stored { data: &DataSet::on_host(examples), indices: &indices, views: &[] }, rate)
            .unwrap();
    }
}

/// Sets pruned weights to zero.
pub(crate) fn masked(tensors: &Tensors, masks: &Masks) -> Tensors {
    let mut tensors = tensors.clone();
    for (name, mask) in masks {
        mask.apply(&mut tensors[name]);
    }
    tensors
}

/// The largest difference between two tensors.
pub(crate) fn difference(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.shape(), b.shape());
    a.data().iter().zip(b.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Names, shapes and bits.
#[track_caller]
pub(crate) fn assert_same(found: &Tensors, expected: &Tensors, what: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
    for (name, tensor) in found {
        let expected = &expected[name];
        assert_eq!(tensor.shape(), expected.shape(), "{what}: {name}");
        let differ =
            tensor.data().iter().zip(expected.data()).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
        let largest = difference(tensor, expected);
        assert!(
            differ == 0,
            "{what}: {differ} of {} values of {name} differ, by {largest:e} at most",
            tensor.len()
        );
    }
}

#[track_caller]
pub(crate) fn assert_same_state(found: &TrainerState, expected: &TrainerState, what: &str) {
    assert_same(&found.weights, &expected.weights, what);
    assert_same(&found.optimizer.tensors, &expected.optimizer.tensors, what);
    assert_eq!(found.optimizer.updates, expected.optimizer.updates, "{what}");
}
