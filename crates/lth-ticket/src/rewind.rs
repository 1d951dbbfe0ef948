//! From trained weights back to early ones.

use lth_model::{Architecture, Mask, Masks, Tensors};

/// The weights that a ticket restarts from: those of the rewind point, pruned ones set to exact zero.
///
/// `point` is the dense network's snapshot at the rewind point: the initial weights (iteration 0: Frankle and Carbin
/// 2019), or a snapshot of [`crate::TrainingJob::snapshots`] (Frankle et al. 2019, 2020). Biases, batch normalisations and their
/// running statistics are rewound too.
pub fn rewind(point: &Tensors, masks: &Masks) -> Tensors {
    let mut weights = point.clone();
    mask_weights(&mut weights, masks);
    weights
}

/// Sets pruned weights to exact zero; tensors without a mask stay.
///
/// # Panics
/// When a mask has another shape than its tensor.
pub fn mask_weights(weights: &mut Tensors, masks: &Masks) {
    for (name, mask) in masks {
        if let Some(tensor) = weights.get_mut(name) {
            mask.apply(tensor);
        }
    }
}

/// A mask for every prunable weight, in the architecture's order; weights without one are dense.
pub fn complete_masks(architecture: &Architecture, masks: &Masks) -> Masks {
    let prunable = architecture.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let mask = masks.get(&parameter.name).cloned();
            (parameter.name, mask.unwrap_or_else(|| Mask::dense(parameter.shape)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use lth_model::{Tensor, mlp};

    use super::*;

    #[test]
    fn pruned_weights_are_positive_zero_and_the_rest_keeps_its_bits() {
        let point = Tensors::from([
            ("fc1.weight".to_owned(), Tensor::new(vec![2, 2], vec![-1.0, 2.0, -0.0, 4.0])),
            ("fc1.bias".to_owned(), Tensor::new(vec![2], vec![5.0, 6.0])),
        ]);
        let flags = [false, true, true, false];
        let masks = Masks::from([("fc1.weight".to_owned(), Mask::from_flags(vec![2, 2], flags))]);
        let weights = rewind(&point, &masks);
        let bits: Vec<u32> = weights["fc1.weight"].data().iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, [0.0_f32, 2.0, -0.0, 0.0].map(f32::to_bits));
        assert_eq!(weights["fc1.bias"].data(), [5.0, 6.0]);
    }

    #[test]
    fn completed_masks_cover_every_weight_in_order() {
        let architecture = mlp("small", &[4], &[3], 2);
        let given = Masks::from([("fc2.weight".to_owned(), Mask::empty(vec![2, 3]))]);
        let masks = complete_masks(&architecture, &given);
        let live: Vec<_> = masks.iter().map(|(name, mask)| (name.as_str(), mask.live())).collect();
        assert_eq!(live, [("fc1.weight", 12), ("fc2.weight", 0)]);
    }
}
