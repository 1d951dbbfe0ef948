//! One change of a network that stays sparse while it trains.

use lth_model::{Architecture, Masks, Parameter, Purpose, RandomStream, Seed, Tensors};

use super::{PruningError, select::lowest};
use crate::complete_masks;

/// Where weights grow.
#[derive(Debug, Clone, Copy)]
pub enum Growth<'a> {
    /// Anywhere (Mocanu et al. 2018, SET).
    Random,
    /// Where the gradient of the dense network is largest (Evci et al. 2020, RigL).
    Gradient(&'a Tensors),
}

/// The masks after a change, and which weights are new.
#[derive(Debug, Clone, PartialEq)]
pub struct DropAndGrow {
    /// As many kept weights in each layer as before.
    pub masks: Masks,
    /// For each changed tensor the flat indices of weights that were not kept before, ascending. They start from zero, without
    /// moments.
    pub grown: Vec<(String, Vec<usize>)>,
}

/// The fraction of weights that RigL replaces at an iteration: `alpha / 2 (1 + cos(pi t / end))`, 0 from the end on (Evci et al.
/// 2020; alpha 0.3, every 100 iterations until three quarters of the training).
///
/// ```
/// use lth_ticket::cosine_fraction;
/// assert_eq!(cosine_fraction(0.3, 0, 1000), 0.3);
/// assert!((cosine_fraction(0.3, 500, 1000) - 0.15).abs() < 1e-12);
/// assert_eq!(cosine_fraction(0.3, 1000, 1000), 0.0);
/// ```
pub fn cosine_fraction(alpha: f64, iteration: u64, end: u64) -> f64 {
    if iteration >= end {
        return 0.0;
    }
    alpha / 2.0 * (1.0 + (std::f64::consts::PI * iteration as f64 / end as f64).cos())
}

/// In each layer drops the kept weights of least magnitude and grows as many elsewhere: `floor(fraction x kept)`, no more than
/// the layer has room for. What is dropped may grow again at once, as in the code of RigL.
///
/// Ties and random growth come from the streams (seed, `MaskAction`, of this change and tensor); dense layers stay.
///
/// # Errors
/// When masks or gradients do not fit, or a weight or gradient is not a number.
pub fn drop_and_grow(
    architecture: &Architecture,
    weights: &Tensors,
    masks: &Masks,
    growth: Growth<'_>,
    fraction: f64,
    seed: Seed,
    change: u64,
) -> Result<DropAndGrow, PruningError> {
    architecture.check_masks(masks)?;
    let mut masks = complete_masks(architecture, masks);
    let mut grown = Vec::new();
    for (place, parameter) in architecture.parameters().into_iter().enumerate() {
        let Some(mask) = masks.get_mut(&parameter.name) else { continue };
        let mut stream = RandomStream::new(seed, Purpose::MaskAction, change << 32 | place as u64);
        let live: Vec<usize> = mask.live_indices().collect();
        let size: usize = parameter.shape.iter().product();
        let count = ((fraction.clamp(0.0, 1.0) * live.len() as f64) as usize).min(size - live.len());
        if count == 0 {
            continue;
        }
        let values = weights
            .get(&parameter.name)
            .ok_or_else(|| PruningError::MissingScores { name: parameter.name.clone() })?;
        let magnitude = |index: usize| values.data()[index].abs();
        let dropped = scored(&parameter, live.iter().copied(), magnitude)?;
        for index in chosen(&live, &dropped, count, &mut stream) {
            mask.set(index, false);
        }
        let empty: Vec<usize> = (0..size).filter(|&index| !mask.is_live(index)).collect();
        let candidates = match growth {
            Growth::Random => {
                let order: Vec<f32> = (0..size).map(|_| stream.uniform() as f32).collect();
                scored(&parameter, empty.iter().copied(), |index| order[index])?
            }
            Growth::Gradient(gradients) => {
                let gradient = gradients
                    .get(&parameter.name)
                    .ok_or_else(|| PruningError::MissingScores { name: parameter.name.clone() })?;
                scored(&parameter, empty.iter().copied(), |index| -gradient.data()[index].abs())?
            }
        };
        let mut new: Vec<usize> = chosen(&empty, &candidates, count, &mut stream).collect();
        for &index in &new {
            mask.set(index, true);
        }
        new.retain(|index| live.binary_search(index).is_err());
        if !new.is_empty() {
            grown.push((parameter.name, new));
        }
    }
    Ok(DropAndGrow { masks, grown })
}

/// Those of the indices that have the `count` lowest scores, in their order.
fn chosen(
    indices: &[usize],
    scores: &[f32],
    count: usize,
    stream: &mut RandomStream,
) -> impl Iterator<Item = usize> {
    let chosen = lowest(scores, count, stream);
    indices.iter().copied().zip(chosen).filter_map(|(index, chosen)| chosen.then_some(index))
}

/// The scores of weights of a tensor.
fn scored(
    parameter: &Parameter,
    indices: impl Iterator<Item = usize>,
    score: impl Fn(usize) -> f32,
) -> Result<Vec<f32>, PruningError> {
    indices
        .map(|index| {
            let score = score(index);
            if score.is_nan() {
                return Err(PruningError::NanScore { name: parameter.name.clone(), index });
            }
            Ok(score)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use lth_model::{Density, Mask, Tensor, lenet_300_100, mlp};
    use proptest::prelude::*;

    use super::*;
    use crate::{Allocation, allocate};

    fn one_layer(values: [f32; 8]) -> Tensors {
        Tensors::from([("fc1.weight".to_owned(), Tensor::new(vec![2, 4], values.to_vec()))])
    }

    fn mask(kept: [usize; 4]) -> Masks {
        let flags = (0..8).map(|index| kept.contains(&index));
        Masks::from([("fc1.weight".to_owned(), Mask::from_flags(vec![2, 4], flags))])
    }

    #[test]
    fn the_smallest_go_and_the_steepest_come() {
        let net = mlp("small", &[4], &[], 2);
        let weights = one_layer([0.1, -2.0, 3.0, -0.2, 0.0, 0.0, 0.0, 0.0]);
        let gradients = one_layer([0.0, 9.0, 9.0, 0.0, 1.0, -5.0, 2.0, 0.5]);
        let changed =
            drop_and_grow(&net, &weights, &mask([0, 1, 2, 3]), Growth::Gradient(&gradients), 0.5, Seed(0), 1)
                .unwrap();
        assert_eq!(changed.masks, mask([1, 2, 5, 6]));
        assert_eq!(changed.grown, [("fc1.weight".to_owned(), vec![5, 6])]);
    }

    #[test]
    fn what_was_dropped_may_grow_again_and_is_not_new() {
        let net = mlp("small", &[4], &[], 2);
        let weights = one_layer([0.1, -2.0, 3.0, -0.2, 0.0, 0.0, 0.0, 0.0]);
        let gradients = one_layer([8.0, 0.0, 0.0, 7.0, 1.0, 1.0, 1.0, 1.0]);
        let changed =
            drop_and_grow(&net, &weights, &mask([0, 1, 2, 3]), Growth::Gradient(&gradients), 0.5, Seed(0), 1)
                .unwrap();
        assert_eq!(changed, DropAndGrow { masks: mask([0, 1, 2, 3]), grown: Vec::new() });
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let net = mlp("small", &[4], &[], 2);
        let weights = one_layer([0.1, -2.0, f32::NAN, -0.2, 0.0, 0.0, 0.0, 0.0]);
        let masks = mask([0, 1, 2, 3]);
        let error = drop_and_grow(&net, &weights, &masks, Growth::Random, 0.5, Seed(0), 1).unwrap_err();
        assert_eq!(error, PruningError::NanScore { name: "fc1.weight".to_owned(), index: 2 });
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_layer_keeps_its_count(density in 0.01_f64..=1.0, fraction in 0.0_f64..=1.0, change in 0_u64..99) {
            let net = lenet_300_100(10);
            let counts = allocate(&net, Density::new(density).unwrap(), Allocation::Erk, &[]).unwrap();
            let mut stream = RandomStream::new(Seed(1), Purpose::Init, 0);
            let (mut weights, mut masks) = (Tensors::new(), Masks::new());
            for parameter in net.parameters().into_iter().filter(|p| p.kind.is_prunable()) {
                let size: usize = parameter.shape.iter().product();
                let data = (0..size).map(|_| stream.normal() as f32).collect();
                weights.insert(parameter.name.clone(), Tensor::new(parameter.shape.clone(), data));
                let kept = counts[&parameter.name];
                let flags = (0..size).map(|index| index < kept);
                masks.insert(parameter.name, Mask::from_flags(parameter.shape, flags));
            }
            for growth in [Growth::Random, Growth::Gradient(&weights)] {
                let changed = drop_and_grow(&net, &weights, &masks, growth, fraction, Seed(3), change).unwrap();
                let again = drop_and_grow(&net, &weights, &masks, growth, fraction, Seed(3), change).unwrap();
                prop_assert_eq!(&changed, &again);
                for (name, mask) in &changed.masks {
                    prop_assert_eq!(mask.live(), masks[name].live());
                    let new: Vec<usize> =
                        mask.live_indices().filter(|&index| !masks[name].is_live(index)).collect();
                    let told = changed.grown.iter().find(|(grown, _)| grown == name);
                    prop_assert_eq!(told.map_or(&[][..], |(_, new)| new), &new);
                    prop_assert!(new.len() <= (fraction * mask.live() as f64) as usize);
                }
            }
        }
    }
}
