//! The mask-1 action `shuffle-init`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context, with_signs_of};

/// All values of the layer at the rewind point in random order, kept and pruned ones together: a sample of the layer's own
/// initialisation (Zhou et al. 2019, `random_reinit` and `signed_reinit` of their code).
#[derive(Debug, Clone, Copy)]
pub struct ShuffleInit {
    /// Whether each new weight has the sign of the one it replaces.
    pub same_sign: bool,
}

impl Mask1Action for ShuffleInit {
    fn name(&self) -> Cow<'static, str> {
        if self.same_sign { "shuffle-init-same-sign".into() } else { "shuffle-init".into() }
    }

    fn description(&self) -> &'static str {
        if self.same_sign {
            "all values of the layer in random order, signs where they were"
        } else {
            "all values of the layer in random order"
        }
    }

    fn formula(&self) -> &'static str {
        if self.same_sign { "|permuted w_i| sign w_i" } else { "permuted w_i" }
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        context.layerwise(|layer| {
            let mut values = layer.rewind.to_vec();
            layer.stream.shuffle(&mut values);
            if self.same_sign { with_signs_of(values, layer.rewind) } else { values }
        })
    }
}
