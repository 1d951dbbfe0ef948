//! The criterion `large-final`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the largest trained weights: score `|w_f|` (Frankle and Carbin 2019; Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct LargeFinal;

impl Criterion for LargeFinal {
    fn name(&self) -> &'static str {
        "large-final"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that are largest after training: magnitude pruning"
    }

    fn formula(&self) -> &'static str {
        "|w_f|"
    }

    fn paper(&self) -> &'static str {
        "Frankle and Carbin 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| weight.trained.abs())
    }
}
