//! The method `random`.

use lth_model::Tensors;

use super::{BeforeTraining, BeforeTrainingContext, BeforeTrainingError, context::Draw};

/// Keeps random weights: independent uniform scores. What every other method must beat.
///
/// Ranked globally, all layers get about the same density; with a [`super::Budget::Allocation`] exactly that of the
/// allocation (Frankle et al. 2021; Liu et al. 2022).
#[derive(Debug, Clone, Copy)]
pub struct RandomBeforeTraining;

impl BeforeTraining for RandomBeforeTraining {
    fn name(&self) -> &'static str {
        "random"
    }

    fn description(&self) -> &'static str {
        "keeps random weights"
    }

    fn formula(&self) -> &'static str {
        "uniform"
    }

    fn paper(&self) -> &'static str {
        "Frankle et al. 2021"
    }

    fn needs_data(&self) -> bool {
        false
    }

    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError> {
        let mut stream = Draw::Scores.stream(context.seed, context.iteration);
        context.elementwise(|_| stream.uniform() as f32)
    }
}
