//! The criterion `magnitude-increase`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights whose magnitude grew most: score `|w_f| - |w_i|` (Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct MagnitudeIncrease;

impl Criterion for MagnitudeIncrease {
    fn name(&self) -> &'static str {
        "magnitude-increase"
    }

    fn description(&self) -> &'static str {
        "keeps the weights whose magnitude grew most in training"
    }

    fn formula(&self) -> &'static str {
        "|w_f| - |w_i|"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| weight.trained.abs() - weight.rewind.abs())
    }
}
