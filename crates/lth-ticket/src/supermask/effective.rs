//! The network that a mask makes of frozen weights.

use lth_model::{Masks, Tensors, supermask::rescaling};

use crate::mask_weights;

/// Frozen weights under masks, pruned ones exact zeros; with `dynamic_rescaling` the kept ones of each layer times its size
/// over their number (Zhou et al. 2019). Tensors without a mask stay as they are.
///
/// ```
/// use lth_model::{Mask, Masks, Tensor, Tensors};
/// use lth_ticket::supermask_weights;
/// let weights = Tensors::from([("fc.weight".to_owned(), Tensor::new(vec![1, 4], vec![1.0, 2.0, 3.0, 4.0]))]);
/// let mask = Mask::from_flags(vec![1, 4], [true, false, true, false]);
/// let masks = Masks::from([("fc.weight".to_owned(), mask)]);
/// assert_eq!(supermask_weights(&weights, &masks, false)["fc.weight"].data(), [1.0, 0.0, 3.0, 0.0]);
/// assert_eq!(supermask_weights(&weights, &masks, true)["fc.weight"].data(), [2.0, 0.0, 6.0, 0.0]);
/// ```
pub fn supermask_weights(frozen: &Tensors, masks: &Masks, dynamic_rescaling: bool) -> Tensors {
    let mut weights = frozen.clone();
    mask_weights(&mut weights, masks);
    if dynamic_rescaling {
        for (name, mask) in masks {
            if let Some(tensor) = weights.get_mut(name) {
                let factor = rescaling(mask.len(), mask.live());
                for weight in tensor.data_mut() {
                    *weight *= factor;
                }
            }
        }
    }
    weights
}
