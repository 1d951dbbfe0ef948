//! The criterion `magnitude-increase-diff-sign`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights whose magnitude grew most among those that changed their sign: score `|w_f| - |w_i|` (Zhou et al. 2019); a
/// weight that kept its sign scores 0, as in their code: above one that shrank.
#[derive(Debug, Clone, Copy)]
pub struct MagnitudeIncreaseDiffSign;

impl Criterion for MagnitudeIncreaseDiffSign {
    fn name(&self) -> &'static str {
        "magnitude-increase-diff-sign"
    }

    fn description(&self) -> &'static str {
        "keeps the weights whose magnitude grew most and whose sign is not the one they started with"
    }

    fn formula(&self) -> &'static str {
        "|w_f| - |w_i| if sign w_f != sign w_i, else 0"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| if weight.kept_sign() { 0.0 } else { weight.increase() })
    }
}
