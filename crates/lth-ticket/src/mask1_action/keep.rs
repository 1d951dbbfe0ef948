//! The mask-1 action `keep`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context};

/// Training goes on from where it ended: pruning without rewinding (Han et al. 2015), as in fine-tuning and in learning-rate rewinding
/// (Renda et al. 2020). Biases and normalisations are kept too.
#[derive(Debug, Clone, Copy)]
pub struct Keep;

impl Mask1Action for Keep {
    fn name(&self) -> Cow<'static, str> {
        "keep".into()
    }

    fn description(&self) -> &'static str {
        "the trained weights, as in fine-tuning"
    }

    fn formula(&self) -> &'static str {
        "w_f"
    }

    fn paper(&self) -> &'static str {
        "Han et al. 2015"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        crate::rewind(context.trained, context.masks)
    }
}
