//! Scores upside down.

use lth_model::{Tensor, Tensors};

/// Scores whose order is reversed, so that the highest are pruned instead of the lowest: a sanity check (Frankle et al. 2021). Of
/// distinct scores, as many as are kept otherwise are then those that would be pruned first.
pub fn invert(scores: Tensors) -> Tensors {
    let negated = |tensor: Tensor| {
        let data = tensor.data().iter().map(|score| -score).collect();
        Tensor::new(tensor.shape().to_vec(), data)
    };
    scores.into_iter().map(|(name, tensor)| (name, negated(tensor))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OneShot, PruningRates, Scope, prune_one_shot};
    use lth_model::{Density, Rate, Seed, mlp};

    #[test]
    fn inverted_scores_keep_the_complement() {
        let architecture = mlp("net", &[10], &[6], 2);
        let scores: Tensors = architecture
            .parameters()
            .into_iter()
            .filter(|parameter| parameter.kind.is_prunable())
            .map(|parameter| {
                let len: usize = parameter.shape.iter().product();
                (
                    parameter.name,
                    Tensor::new(parameter.shape, (0..len).map(|x| (x * 37 % 101) as f32).collect()),
                )
            })
            .collect();
        let rates = PruningRates::new(Rate::new(0.5).unwrap(), Rate::new(0.5).unwrap());
        let masks = |scores: &Tensors| {
            let density = OneShot::Density(Density::new(0.5).unwrap());
            prune_one_shot(scores, &architecture, Scope::Layer, &rates, density, Seed(1), 1).unwrap()
        };
        let (usual, inverted) = (masks(&scores), masks(&invert(scores)));
        for (name, mask) in &usual {
            let complement: Vec<bool> = mask.flags().map(|kept| !kept).collect();
            assert_eq!(inverted[name].flags().collect::<Vec<_>>(), complement, "{name}");
        }
    }
}
