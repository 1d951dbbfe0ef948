//! A small network at three times of a training that never was.

use lth_model::{
    Architecture, ArchitectureBuilder, BiasInit, Mask, Masks, Optimizer, Purpose, RandomStream, Rate, Recipe,
    Seed, Step, Tensors, Window, initialize,
};
use lth_ticket::{Criterion, OneShot, PruningRates, Scope, ScoreContext, prune_one_shot};

pub(crate) const CLASSES: usize = 4;
pub(crate) const INPUT: [usize; 3] = [1, 8, 8];
pub(crate) const SCOPES: [Scope; 2] = [Scope::Layer, Scope::Global];

/// Weights at initialisation, at the rewind point and after training; no two are alike.
pub(crate) struct Case {
    pub(crate) architecture: Architecture,
    pub(crate) recipe: Recipe,
    pub(crate) initial: Tensors,
    pub(crate) rewind: Tensors,
    pub(crate) trained: Tensors,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let (architecture, recipe) = (architecture(), recipe());
        let [initial, rewind, trained] =
            [0, 1, 2].map(|time| draw(&architecture, Purpose::Init, seed, time << 20));
        Self { architecture, recipe, initial, rewind, trained }
    }

    /// The same with few different values, so that most scores have equals.
    pub(crate) fn tied(seed: u64) -> Self {
        let mut case = Self::new(seed);
        for tensors in [&mut case.initial, &mut case.rewind, &mut case.trained] {
            for tensor in tensors.values_mut() {
                tensor.data_mut().iter_mut().for_each(|w| *w = 0.25 * (*w * 8.0).round());
            }
        }
        case
    }

    pub(crate) fn scores(&self, criterion: &dyn Criterion, masks: &Masks, seed: u64, round: u64) -> Tensors {
        let Self { architecture, initial, rewind, trained, .. } = self;
        let seed = Seed(seed);
        criterion.scores(&ScoreContext { architecture, masks, initial, rewind, trained, seed, round })
    }

    /// A ticket's masks, cut by a criterion.
    pub(crate) fn masks(&self, criterion: &dyn Criterion, rounds: u64) -> Masks {
        let scores = self.scores(criterion, &Masks::new(), 1, 0);
        let target = OneShot::Rounds(rounds);
        prune_one_shot(&scores, &self.architecture, Scope::Layer, &rates(0.2), target, Seed(1), 0).unwrap()
    }
}

/// A convolution with batch normalisation, and two linear layers; the sizes of all weights are multiples of 4.
pub(crate) fn architecture() -> Architecture {
    ArchitectureBuilder::new("small", &INPUT)
        .conv2d_without_bias("conv1", 4, Window::square(3, 1, 1))
        .batch_norm("bn1")
        .relu("relu1")
        .max_pool("pool1", Window::square(2, 2, 0))
        .flatten("flatten")
        .linear("fc1", 12)
        .relu("relu2")
        .linear("fc2", CLASSES)
        .build()
        .unwrap()
}

pub(crate) fn recipe() -> Recipe {
    Recipe { bias_init: BiasInit::PyTorch, ..Recipe::new(Optimizer::SGD, 0.1, 20, Step::from_epochs(1)) }
}

/// Fresh weights.
pub(crate) fn draw(architecture: &Architecture, purpose: Purpose, seed: u64, base: u64) -> Tensors {
    let Recipe { init, bias_init, .. } = recipe();
    initialize(architecture, init, bias_init, Seed(seed), purpose, base)
}

/// One rate for all layers.
pub(crate) fn rates(rate: f64) -> PruningRates {
    PruningRates::new(Rate::new(rate).unwrap(), Rate::new(rate).unwrap())
}

/// Masks of about this density, and at least one pruned weight in each.
pub(crate) fn random_masks(architecture: &Architecture, density: f64, seed: u64) -> Masks {
    let mut stream = RandomStream::new(Seed(seed), Purpose::RandomMask, 0);
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let count: usize = parameter.shape.iter().product();
            let flags: Vec<bool> =
                (0..count).map(|index| index != 3 && (index == 5 || stream.uniform() < density)).collect();
            (parameter.name, Mask::from_flags(parameter.shape, flags))
        })
        .collect()
}

/// Kept weights of each layer.
pub(crate) fn live(masks: &Masks) -> Vec<usize> {
    masks.values().map(Mask::live).collect()
}

/// Whether no mask keeps what the other has pruned.
pub(crate) fn is_within(inner: &Masks, outer: &Masks) -> bool {
    inner.iter().all(|(name, mask)| mask.live_indices().all(|index| outer[name].is_live(index)))
}

/// The values at these places.
pub(crate) fn at(tensors: &Tensors, name: &str, places: &[usize]) -> Vec<f32> {
    places.iter().map(|&place| tensors[name].data()[place]).collect()
}

pub(crate) fn pruned_places(mask: &Mask) -> Vec<usize> {
    (0..mask.len()).filter(|&index| !mask.is_live(index)).collect()
}

/// Magnitudes in order: equal for a permutation, with or without its signs.
pub(crate) fn magnitudes(values: &[f32]) -> Vec<f32> {
    let mut magnitudes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
    magnitudes.sort_by(f32::total_cmp);
    magnitudes
}

pub(crate) fn same_signs(left: &[f32], right: &[f32]) -> bool {
    left.iter().zip(right).all(|(a, b)| a.is_sign_negative() == b.is_sign_negative())
}

pub(crate) fn same_bits(left: &Tensors, right: &Tensors) -> bool {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    left.len() == right.len()
        && left.iter().all(|(name, tensor)| bits(tensor.data()) == bits(right[name].data()))
}
