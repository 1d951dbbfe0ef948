//! The mask-1 action `reinit`.

use std::borrow::Cow;

use lth_model::{Purpose, Tensors, initialize};

use super::{Mask1Action, Mask1Context, with_signs_of};

/// Fresh draws by the recipe's initialisation, biases and normalisations too. Zhou et al. draw from the layer's own initial values instead:
/// [`super::ShuffleInit`].
#[derive(Debug, Clone, Copy)]
pub struct Reinit {
    /// Whether each new weight has the sign of the one it replaces.
    pub same_sign: bool,
}

impl Mask1Action for Reinit {
    fn name(&self) -> Cow<'static, str> {
        if self.same_sign { "reinit-same-sign".into() } else { "reinit".into() }
    }

    fn description(&self) -> &'static str {
        if self.same_sign {
            "weights drawn anew, with the signs of the rewind point"
        } else {
            "weights drawn anew"
        }
    }

    fn formula(&self) -> &'static str {
        if self.same_sign { "|fresh| sign w_i" } else { "fresh" }
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        let (recipe, base) = (context.recipe, context.base());
        let fresh = initialize(
            context.architecture,
            recipe.init,
            recipe.bias_init,
            context.seed,
            Purpose::MaskAction,
            base,
        );
        let mut weights = crate::rewind(&fresh, context.masks);
        if self.same_sign {
            for parameter in context.architecture.parameters().iter().filter(|p| p.kind.is_prunable()) {
                let signs = context.rewind[&parameter.name].data();
                let values = with_signs_of(fresh[&parameter.name].data().to_vec(), signs);
                weights[&parameter.name] = lth_model::Tensor::new(parameter.shape.clone(), values);
            }
            crate::mask_weights(&mut weights, context.masks);
        }
        weights
    }
}
