//! The mask-1 action `rewind`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context};

/// Back to the rewind point: the lottery ticket itself.
#[derive(Debug, Clone, Copy)]
pub struct Rewind;

impl Mask1Action for Rewind {
    fn name(&self) -> Cow<'static, str> {
        "rewind".into()
    }

    fn description(&self) -> &'static str {
        "the weights of the rewind point: the lottery ticket"
    }

    fn formula(&self) -> &'static str {
        "w_i"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        crate::rewind(context.rewind, context.masks)
    }
}
