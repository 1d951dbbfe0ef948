//! The mask-1 action `constant`.

use std::borrow::Cow;

use lth_model::Tensors;

use super::{Mask1Action, Mask1Context, with_signs_of};

/// One magnitude for the whole layer, the deviation of its initial weights: only signs are left, those of the rewind point or the same in
/// random order (Zhou et al. 2019, `signed_constant` and `rand_signed_constant` of their code).
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Whether each new weight has the sign of the one it replaces.
    pub same_sign: bool,
}

impl Mask1Action for Constant {
    fn name(&self) -> Cow<'static, str> {
        if self.same_sign { "constant-same-sign".into() } else { "constant".into() }
    }

    fn description(&self) -> &'static str {
        if self.same_sign {
            "the layer's deviation with the signs of the rewind point"
        } else {
            "the layer's deviation with signs in random order"
        }
    }

    fn formula(&self) -> &'static str {
        if self.same_sign { "deviation(w_0) sign w_i" } else { "deviation(w_0) permuted sign w_i" }
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn weights(&self, context: &Mask1Context<'_>) -> Tensors {
        context.layerwise(|layer| {
            let mut signs = layer.rewind.to_vec();
            if !self.same_sign {
                layer.stream.shuffle(&mut signs);
            }
            with_signs_of(vec![layer.deviation(); signs.len()], &signs)
        })
    }
}
