//! Trainers, data and comparisons that the tests of the engine share.

use crate::shared::Network;
use lth_cpu::CpuEngine;
use lth_model::{
    Architecture, Augmentation, BiasInit, InitScheme, Mask, Masks, Optimizer, ParameterKind, Purpose,
    RandomStream, Recipe, Schedule, Seed, Step, Tensors, initialize,
};

use crate::graph::plain::Settings;

/// Optimisers and rates. Adam's epsilon is large enough that a gradient of nothing but rounding makes no full step.
pub(crate) const OPTIMIZERS: [(Optimizer, f32); 5] = [
    (Optimizer::SGD, 0.1),
    (Optimizer::Sgd { momentum: 0.9, nesterov: false, weight_decay: 1e-2 }, 0.05),
    (Optimizer::Sgd { momentum: 0.9, nesterov: true, weight_decay: 0.0 }, 0.05),
    (Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weight_decay: 1e-2 }, 0.01),
    (Optimizer::AdamW { beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weight_decay: 1e-1 }, 0.01),
];

pub(crate) fn recipe(settings: &Settings) -> Recipe {
    Recipe {
        batch_size: 60,
        length: Step::from_epochs(1),
        learning_rate: settings.rate as f32,
        optimizer: settings.optimizer,
        schedule: Schedule::Constant,
        label_smoothing: settings.smoothing as f32,
        gradient_clip: settings.clip.map(|clip| clip as f32),
        augmentation: Augmentation::default(),
        init: InitScheme::GlorotNormal,
        bias_init: BiasInit::Zero,
    }
}

/// Of the trainers, which draw nothing but dropout.
pub(crate) const SEED: Seed = Seed(9);

pub(crate) fn trainer(
    engine: CpuEngine,
    architecture: &Architecture,
    settings: &Settings,
    weights: &Tensors,
    masks: &Masks,
) -> Network {
    Network::new(engine, architecture, &recipe(settings), weights, masks, SEED).unwrap()
}

pub(crate) fn stream(seed: u64, index: u64) -> RandomStream {
    RandomStream::new(Seed(seed), Purpose::Augmentation, index)
}

/// Initial weights in which norms and running statistics are not what they usually begin with.
pub(crate) fn weights(architecture: &Architecture, seed: u64) -> Tensors {
    let mut weights = initialize(
        architecture,
        InitScheme::KaimingNormal(lth_model::FanMode::FanIn),
        BiasInit::PyTorch,
        Seed(seed),
        Purpose::Init,
        0,
    );
    let mut stream = stream(seed, 1);
    let norms = architecture.parameters().into_iter().filter_map(|parameter| {
        matches!(parameter.kind, ParameterKind::NormWeight | ParameterKind::NormBias)
            .then_some(parameter.name)
    });
    let running = architecture.running_statistics().into_iter().map(|statistic| statistic.name);
    for name in norms.chain(running) {
        for value in weights[&name].data_mut() {
            *value += (stream.uniform() * 0.8 - 0.4) as f32;
        }
    }
    weights
}

/// A mask for every weight, of these densities in turn; none where it is 1.
pub(crate) fn masks(architecture: &Architecture, densities: &[f64], seed: u64) -> Masks {
    let mut stream = stream(seed, 2);
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .zip(densities.iter().cycle())
        .filter(|&(_, &density)| density < 1.0)
        .map(|(parameter, &density)| {
            let flags: Vec<bool> =
                (0..parameter.shape.iter().product()).map(|_| stream.uniform() < density).collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

pub(crate) fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}

/// Names, shapes and bits.
pub(crate) fn same_bits(found: &Tensors, expected: &Tensors) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{} tensors, expected {}", found.len(), expected.len()));
    }
    for (name, tensor) in found {
        let expected = expected.get(name).ok_or_else(|| format!("no {name} expected"))?;
        if tensor.shape() != expected.shape() {
            return Err(format!("{name}: shape {:?}, expected {:?}", tensor.shape(), expected.shape()));
        }
        let pairs = tensor.data().iter().zip(expected.data());
        if let Some(at) = pairs.clone().position(|(a, b)| a.to_bits() != b.to_bits()) {
            let differ = pairs.filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            let (a, b) = (tensor.data()[at], expected.data()[at]);
            return Err(format!(
                "{name}: {differ} of {} differ, first [{at}]: {a:e}, expected {b:e}",
                tensor.len()
            ));
        }
    }
    Ok(())
}
