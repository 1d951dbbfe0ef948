//! The mask-0 actions `freeze-init` and `freeze-rewind`.

use lth_model::Tensors;

use super::Mask0Action;
use crate::Mask1Context;

/// Pruned weights stay what they were (Zhou et al. 2019: worse than zero, so zero is not just "not trained").
#[derive(Debug, Clone, Copy)]
pub struct Freeze {
    /// When.
    pub at: FreezePoint,
}

/// When a frozen weight had its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezePoint {
    /// At initialisation.
    Initial,
    /// At the rewind point.
    Rewind,
}

impl Mask0Action for Freeze {
    fn name(&self) -> &'static str {
        match self.at {
            FreezePoint::Initial => "freeze-init",
            FreezePoint::Rewind => "freeze-rewind",
        }
    }

    fn description(&self) -> &'static str {
        match self.at {
            FreezePoint::Initial => "pruned weights are frozen at their initial value",
            FreezePoint::Rewind => "pruned weights are frozen at their value at the rewind point",
        }
    }

    fn formula(&self) -> &'static str {
        match self.at {
            FreezePoint::Initial => "w_0",
            FreezePoint::Rewind => "w_i",
        }
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn freezes(&self) -> bool {
        true
    }

    fn apply(&self, context: &Mask1Context<'_>, weights: &mut Tensors) {
        let point = match self.at {
            FreezePoint::Initial => context.initial,
            FreezePoint::Rewind => context.rewind,
        };
        for (name, mask) in context.masks {
            let values = point[name].data();
            for (index, weight) in weights[name].data_mut().iter_mut().enumerate() {
                if !mask.is_live(index) {
                    *weight = values[index];
                }
            }
        }
    }
}
