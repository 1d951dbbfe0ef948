//! Scores to begin with, and masks of given scores.

use super::{
    SupermaskMethod,
    draw::{is_kept, largest, sample_stream, sigmoid},
};
use crate::{Architecture, Density, Mask, Masks, Purpose, RandomStream, Seed, Tensor, Tensors};

/// The index of the stream of first scores, beyond those of steps and evaluations.
const FIRST_SCORES: u64 = 1 << 63;

/// The scores that learning begins with, named and shaped as the prunable weights: one number for all where masks are drawn,
/// and uniform on `+-1 / sqrt(fan_in)` where the largest are taken (Kaiming uniform with a = sqrt(5), Ramanujan et al. 2020).
pub fn first_scores(architecture: &Architecture, method: &SupermaskMethod, seed: Seed) -> Tensors {
    let mut scores = Tensors::new();
    for (place, parameter) in architecture.parameters().into_iter().enumerate() {
        if !parameter.kind.is_prunable() {
            continue;
        }
        let size: usize = parameter.shape.iter().product();
        let data = match *method {
            SupermaskMethod::Bernoulli { sigmoid_bias, .. } => vec![sigmoid_bias; size],
            SupermaskMethod::EdgePopup { .. } => {
                let mut stream = RandomStream::new(seed, Purpose::Supermask, FIRST_SCORES | place as u64);
                let bound = 1.0 / ((size / parameter.shape[0]) as f64).sqrt();
                (0..size).map(|_| (bound * (2.0 * stream.uniform() - 1.0)) as f32).collect()
            }
        };
        scores.insert(parameter.name, Tensor::new(parameter.shape, data));
    }
    scores
}

/// Masks drawn from scores, each weight kept with the probability sigmoid(score): those that the evaluation after so many
/// updates drew as its sample of this number, counted from 0.
pub fn sampled_masks(scores: &Tensors, seed: Seed, updates: u64, sample: u32) -> Masks {
    let mut stream = sample_stream(seed, updates, sample);
    of_layers(scores, |scores| {
        scores.iter().map(|&score| is_kept(stream.next_u32(), sigmoid(score))).collect()
    })
}

/// The masks that are likeliest to be drawn: weights of positive score, which are kept more often than not.
pub fn likely_masks(scores: &Tensors) -> Masks {
    of_layers(scores, |scores| scores.iter().map(|&score| score > 0.0).collect())
}

/// The masks of edge-popup: of each layer the scores of largest magnitude, so many exactly
/// (round-half-even(density x size), one at least).
pub fn top_masks(scores: &Tensors, density: Density) -> Masks {
    of_layers(scores, |scores| {
        let mut kept = vec![false; scores.len()];
        let mut order = Vec::new();
        largest(scores, density.get(), &mut order);
        for index in order {
            kept[index as usize] = true;
        }
        kept
    })
}

fn of_layers(scores: &Tensors, mut flags: impl FnMut(&[f32]) -> Vec<bool>) -> Masks {
    let mask = |(name, tensor): (&String, &Tensor)| {
        (name.clone(), Mask::from_flags(tensor.shape().to_vec(), flags(tensor.data())))
    };
    scores.iter().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lenet_300_100;

    #[test]
    fn first_scores_of_edge_popup_are_those_of_kaiming_uniform() {
        let network = lenet_300_100(10);
        let method = SupermaskMethod::EdgePopup { density: Density::new(0.5).unwrap() };
        let scores = first_scores(&network, &method, Seed(1));
        assert_eq!(scores.len(), 3);
        for (name, fan_in) in [("fc1.weight", 784.0f32), ("fc2.weight", 300.0), ("fc3.weight", 100.0)] {
            let largest = scores[name].data().iter().fold(0.0, |most: f32, score| most.max(score.abs()));
            let bound = 1.0 / fan_in.sqrt();
            assert!(largest <= bound && largest > 0.98 * bound, "{name}: {largest}");
        }
        let masks = top_masks(&scores, Density::new(0.3).unwrap());
        let live: Vec<usize> = masks.values().map(Mask::live).collect();
        assert_eq!(live, [70_560, 9_000, 300]);
    }

    #[test]
    fn samples_differ_and_repeat() {
        let network = lenet_300_100(10);
        let scores = first_scores(&network, &SupermaskMethod::BERNOULLI, Seed(1));
        let mask = |sample| sampled_masks(&scores, Seed(1), 100, sample);
        assert!(mask(0) == mask(0));
        assert!(mask(0) != mask(1));
        let kept = mask(0)["fc1.weight"].density().get();
        assert!((kept - 0.5).abs() < 0.005, "{kept}");
        assert_eq!(likely_masks(&scores)["fc1.weight"].live(), 0);
    }
}
