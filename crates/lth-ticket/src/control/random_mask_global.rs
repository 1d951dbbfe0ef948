//! The control `random-mask-global`.

use lth_model::{Mask, Masks, Purpose, RandomStream};

use super::{Control, ControlContext, ControlTicket};
use crate::rewind;

/// A random mask with the ticket's total count, wherever in the prunable layers, over the weights of the rewind point: layers lose
/// the densities that the ticket gave them. With fresh weights it is the random ticket of Morcos et al. 2019.
///
/// A layer that the ticket keeps whole, as excluded ones are, stays whole.
#[derive(Debug, Clone, Copy)]
pub struct RandomMaskGlobal;

impl Control for RandomMaskGlobal {
    fn name(&self) -> &'static str {
        "random-mask-global"
    }

    fn description(&self) -> &'static str {
        "a random mask of the same total density, weights of the rewind point"
    }

    fn paper(&self) -> &'static str {
        "Morcos et al. 2019"
    }

    fn control(&self, context: &ControlContext<'_>) -> ControlTicket {
        let pruned = |mask: &&Mask| mask.live() < mask.len();
        let mut flags: Vec<bool> = context.masks.values().filter(pruned).flat_map(Mask::flags).collect();
        RandomStream::new(context.seed, Purpose::RandomMask, context.base() | GLOBAL).shuffle(&mut flags);
        let mut flags = flags.into_iter();
        let masks: Masks = context
            .masks
            .iter()
            .map(|(name, mask)| {
                let drawn = if pruned(&mask) {
                    Mask::from_flags(mask.shape().to_vec(), flags.by_ref().take(mask.len()))
                } else {
                    mask.clone()
                };
                (name.clone(), drawn)
            })
            .collect();
        ControlTicket { weights: rewind(context.rewind, &masks), masks }
    }
}

/// Apart from the streams of single layers.
const GLOBAL: u64 = 0xffff;
