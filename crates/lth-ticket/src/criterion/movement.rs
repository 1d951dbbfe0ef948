//! The criterion `movement`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights that moved most: score `|w_f - w_i|` (Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct Movement;

impl Criterion for Movement {
    fn name(&self) -> &'static str {
        "movement"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that moved most in training"
    }

    fn formula(&self) -> &'static str {
        "|w_f - w_i|"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| (weight.trained - weight.rewind).abs())
    }
}
