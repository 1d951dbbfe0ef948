//! The mask-1 action `resample`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context};

/// Draws with replacement from the values that are kept in the layer (Frankle and Carbin 2019, appendix F: the distribution of the
/// winning ticket's weights).
#[derive(Debug, Clone, Copy)]
pub struct Resample;

impl Mask1Action for Resample {
    fn name(&self) -> Cow<'static, str> {
        "resample".into()
    }

    fn description(&self) -> &'static str {
        "draws from the values that are kept in the layer"
    }

    fn formula(&self) -> &'static str {
        "a kept w_i, at random"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        context.layerwise(|layer| {
            let mut values = layer.rewind.to_vec();
            for &index in &layer.live {
                let drawn = layer.stream.below(layer.live.len() as u64) as usize;
                values[index] = layer.rewind[layer.live[drawn]];
            }
            values
        })
    }
}
