//! The mask-0 actions that set a weight to zero only if training moved it there.

use lth_model::{Purpose, RandomStream, Tensors};

use super::Mask0Action;
use crate::Mask1Context;

/// Pruned weights are zero if training moved them towards zero, `|w_f| < |w_i|`, and else frozen at w_i: "masking is training"
/// (Zhou et al. 2019, section 5, variants 1 and 2 with their controls, by the names of their code).
#[derive(Debug, Clone, Copy)]
pub struct ByDirection {
    /// Which weights are zero.
    pub zeroed: Zeroed,
}

/// Which weights are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeroed {
    /// Pruned ones that moved towards zero: variant 1.
    Toward,
    /// The same, and kept ones that moved towards zero start from there: variant 2.
    TowardAll,
    /// As many pruned weights of each layer as in variant 1, at random: its first control.
    Shuffled,
    /// Pruned ones that moved away from zero: its second control.
    Away,
}

impl Mask0Action for ByDirection {
    fn name(&self) -> &'static str {
        match self.zeroed {
            Zeroed::Toward => "freeze-init-zero-mask",
            Zeroed::TowardAll => "freeze-init-zero-all",
            Zeroed::Shuffled => "freeze-init-zero-reshuffle",
            Zeroed::Away => "freeze-init-zero-rev",
        }
    }

    fn description(&self) -> &'static str {
        match self.zeroed {
            Zeroed::Toward => "pruned weights that moved towards zero are zero, others frozen (variant 1)",
            Zeroed::TowardAll => {
                "variant 1, and kept weights that moved towards zero start from it (variant 2)"
            }
            Zeroed::Shuffled => "as many zeros as in variant 1 among the pruned weights, at random",
            Zeroed::Away => "pruned weights that moved away from zero are zero, others frozen",
        }
    }

    fn formula(&self) -> &'static str {
        match self.zeroed {
            Zeroed::Toward => "0 if |w_f| < |w_i|, else w_i",
            Zeroed::TowardAll => "0 if |w_f| < |w_i|, else w_i; kept: 0 if |w_f| < |w_i|",
            Zeroed::Shuffled => "0 for as many at random, else w_i",
            Zeroed::Away => "0 if |w_f| >= |w_i|, else w_i",
        }
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn freezes(&self) -> bool {
        true
    }

    fn apply(&self, context: &Mask1Context<'_>, weights: &mut Tensors) {
        for (place, (name, mask)) in context.masks.iter().enumerate() {
            let (early, trained) = (context.rewind[name].data(), context.trained[name].data());
            let toward = |index: usize| trained[index].abs() < early[index].abs();
            let pruned: Vec<usize> = (0..early.len()).filter(|&index| !mask.is_live(index)).collect();
            let mut zero: Vec<bool> =
                pruned.iter().map(|&index| toward(index) != (self.zeroed == Zeroed::Away)).collect();
            if self.zeroed == Zeroed::Shuffled {
                let index = context.base() + DRAWS + place as u64;
                RandomStream::new(context.seed, Purpose::MaskAction, index).shuffle(&mut zero);
            }
            let values = weights[name].data_mut();
            for (&index, zero) in pruned.iter().zip(zero) {
                values[index] = if zero { 0.0 } else { early[index] };
            }
            if self.zeroed == Zeroed::TowardAll {
                mask.live_indices().filter(|&index| toward(index)).for_each(|index| values[index] = 0.0);
            }
        }
    }
}

/// The first of these streams; those before it belong to mask-1 actions.
const DRAWS: u64 = 1 << 16;
