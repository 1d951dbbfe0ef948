//! Masks permuted over all layers together.

use lth_model::{Mask, Masks, RandomStream};

/// Masks with as many live weights in all as these, every choice over all layers together equally likely: the masks of
/// Morcos et al. 2019's random ticket. Layers keep their shapes, not their densities.
pub(super) fn permuted_globally(masks: &Masks, mut stream: RandomStream) -> Masks {
    let mut flags: Vec<bool> = masks.values().flat_map(Mask::flags).collect();
    stream.shuffle(&mut flags);
    let mut rest = flags.into_iter();
    let permuted = masks.iter().map(|(name, mask)| {
        (name.clone(), Mask::from_flags(mask.shape().to_vec(), rest.by_ref().take(mask.len())))
    });
    permuted.collect()
}
