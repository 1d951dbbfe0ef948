//! The criterion `small-init`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights that started smallest: score `-|w_i|` (Zhou et al. 2019).
#[derive(Debug, Clone, Copy)]
pub struct SmallInit;

impl Criterion for SmallInit {
    fn name(&self) -> &'static str {
        "small-init"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that were smallest before training"
    }

    fn formula(&self) -> &'static str {
        "-|w_i|"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.elementwise(|weight| -weight.rewind.abs())
    }
}
