//! The criterion `large-final-diff-sign`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the largest trained weights among those that changed their sign: score `max(0, -w_i w_f / |w_i|)` (Zhou et al. 2019); a
/// weight that kept its sign scores 0, as in their code.
#[derive(Debug, Clone, Copy)]
pub struct LargeFinalDiffSign;

impl Criterion for LargeFinalDiffSign {
    fn name(&self) -> &'static str {
        "large-final-diff-sign"
    }

    fn description(&self) -> &'static str {
        "keeps the largest trained weights whose sign is not the one they started with"
    }

    fn formula(&self) -> &'static str {
        "|w_f| if sign w_f != sign w_i, else 0"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| if weight.kept_sign() { 0.0 } else { weight.trained.abs() })
    }
}
