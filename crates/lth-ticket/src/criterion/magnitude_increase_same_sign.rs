//! The criterion `magnitude-increase-same-sign`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights whose magnitude grew most among those that kept their sign: score `|w_f| - |w_i|` (Zhou et al. 2019); a
/// weight that changed its sign scores 0, as in their code: above one that shrank.
#[derive(Debug, Clone, Copy)]
pub struct MagnitudeIncreaseSameSign;

impl Criterion for MagnitudeIncreaseSameSign {
    fn name(&self) -> &'static str {
        "magnitude-increase-same-sign"
    }

    fn description(&self) -> &'static str {
        "keeps the weights whose magnitude grew most and that have the sign they started with"
    }

    fn formula(&self) -> &'static str {
        "|w_f| - |w_i| if sign w_f = sign w_i, else 0"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| if weight.kept_sign() { weight.increase() } else { 0.0 })
    }
}
