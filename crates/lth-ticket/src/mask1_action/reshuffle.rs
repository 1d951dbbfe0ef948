//! The mask-1 action `reshuffle`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context, with_signs_of};

/// The kept values of the layer in random order (Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct Reshuffle {
    /// Whether each new weight has the sign of the one it replaces.
    pub same_sign: bool,
}

impl Mask1Action for Reshuffle {
    fn name(&self) -> Cow<'static, str> {
        if self.same_sign { "reshuffle-same-sign".into() } else { "reshuffle".into() }
    }

    fn description(&self) -> &'static str {
        if self.same_sign {
            "the kept values of the layer in random order, signs where they were"
        } else {
            "the kept values of the layer in random order"
        }
    }

    fn formula(&self) -> &'static str {
        if self.same_sign { "|permuted kept w_i| sign w_i" } else { "permuted kept w_i" }
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        context.layerwise(|layer| {
            let mut kept: Vec<f32> = layer.live.iter().map(|&index| layer.rewind[index]).collect();
            layer.stream.shuffle(&mut kept);
            let mut values = layer.rewind.to_vec();
            layer.live.iter().zip(kept).for_each(|(&index, value)| values[index] = value);
            if self.same_sign { with_signs_of(values, layer.rewind) } else { values }
        })
    }
}
