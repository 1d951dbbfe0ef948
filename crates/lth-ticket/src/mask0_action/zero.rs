//! The mask-0 action `zero`.

use lth_model::Tensors;

use super::Mask0Action;
use crate::Mask1Context;

/// Pruned weights are zero: pruning as everybody knows it.
#[derive(Debug, Clone, Copy)]
pub struct Zero;

impl Mask0Action for Zero {
    fn name(&self) -> &'static str {
        "zero"
    }

    fn description(&self) -> &'static str {
        "pruned weights are zero"
    }

    fn formula(&self) -> &'static str {
        "0"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn freezes(&self) -> bool {
        false
    }

    fn apply(&self, _: &Mask1Context<'_>, _: &mut Tensors) {}
}
