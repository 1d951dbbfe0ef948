//! The criterion `random`.

use lth_model::Tensors;

use super::{Criterion, ScoreContext};

/// Keeps random weights: independent uniform scores, from the stream of this seed and round.
///
/// In the paper all scores are 0 and ties are broken at random, which is the same distribution.
#[derive(Debug, Clone, Copy)]
pub struct Random;

impl Criterion for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn description(&self) -> &'static str {
        "keeps random weights: what pruning does without a criterion"
    }

    fn formula(&self) -> &'static str {
        "uniform"
    }

    fn paper(&self) -> &'static str {
        "Zhou et al. 2019"
    }

    fn scores(&self, context: &ScoreContext<'_>) -> Tensors {
        let mut stream = context.stream();
        context.elementwise(|_| stream.uniform() as f32)
    }
}
