//! The criterion `small-final`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the smallest trained weights: score `-|w_f|` (Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct SmallFinal;

impl Criterion for SmallFinal {
    fn name(&self) -> &'static str {
        "small-final"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that are smallest after training: a sanity check"
    }

    fn formula(&self) -> &'static str {
        "-|w_f|"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| -weight.trained.abs())
    }
}
