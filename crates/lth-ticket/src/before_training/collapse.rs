//! Layer collapse.

use lth_model::Masks;

/// The tensors of which nothing is kept, in the order of the masks: no signal passes these layers, and unless a shortcut
/// leads around them the network gives the same logits for every example (Tanaka et al. 2020, layer collapse).
///
/// ```
/// use lth_model::{Mask, Masks};
/// use lth_ticket::collapsed_layers;
/// let masks = Masks::from([
///     ("fc1.weight".to_owned(), Mask::empty(vec![3, 4])),
///     ("fc2.weight".to_owned(), Mask::dense(vec![2, 3])),
/// ]);
/// assert_eq!(collapsed_layers(&masks), ["fc1.weight"]);
/// ```
pub fn collapsed_layers(masks: &Masks) -> Vec<&str> {
    masks.iter().filter(|(_, mask)| mask.live() == 0).map(|(name, _)| name.as_str()).collect()
}
