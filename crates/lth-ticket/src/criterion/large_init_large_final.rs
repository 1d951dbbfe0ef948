//! The criterion `large-init-large-final`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps the weights that were large and are large: score `min(|w_i|, a |w_f|)`, where a aligns the percentiles of the two in the
/// layer (Zhou et al. 2019).
///
/// With `a` a function of the percentile that is the smaller of the two percentiles, which is what their code finds by bisection: the
/// weights above percentile q in both, with q such that the wanted number remains.
#[derive(Debug, Clone, Copy)]
pub struct LargeInitLargeFinal;

impl Criterion for LargeInitLargeFinal {
    fn name(&self) -> &'static str {
        "large-init-large-final"
    }

    fn description(&self) -> &'static str {
        "keeps the weights that were large at the start and are large after training"
    }

    fn formula(&self) -> &'static str {
        "min(percentile |w_i|, percentile |w_f|)"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        context.layerwise(f32::min)
    }
}
