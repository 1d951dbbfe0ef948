//! The criterion `large-final-same-sign`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the largest trained weights among those that kept their sign: score `max(0, w_i w_f / |w_i|)` (Zhou et al. 2019); a weight
/// that changed its sign scores 0, as in their code.
#[derive(Debug, Clone, Copy)]
pub struct LargeFinalSameSign;

impl Criterion for LargeFinalSameSign {
    fn name(&self) -> &'static str {
        "large-final-same-sign"
    }

    fn description(&self) -> &'static str {
        "keeps the largest trained weights that have the sign they started with"
    }

    fn formula(&self) -> &'static str {
        "|w_f| if sign w_f = sign w_i, else 0"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| if weight.kept_sign() { weight.trained.abs() } else { 0.0 })
    }
}
