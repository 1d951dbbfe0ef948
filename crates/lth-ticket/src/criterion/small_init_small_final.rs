//! The criterion `small-init-small-final`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights that were small and are small: score `-max(|w_i|, a |w_f|)`, where a aligns the percentiles of the two in the
/// layer (Zhou et al. 2019), as in [`super::LargeInitLargeFinal`].
#[derive(Debug, Clone, Copy)]
pub struct SmallInitSmallFinal;

impl Criterion for SmallInitSmallFinal {
    fn name(&self) -> &'static str {
        "small-init-small-final"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that were small at the start and are small after training"
    }

    fn formula(&self) -> &'static str {
        "-max(percentile |w_i|, percentile |w_f|)"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.layerwise(|early, trained| -early.max(trained))
    }
}
