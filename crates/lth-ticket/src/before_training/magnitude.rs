//! The method `magnitude`.

use lth_model::Tensors;

use super::{BeforeTraining, BeforeTrainingContext, BeforeTrainingError};

/// Keeps weights of large initial magnitude (Frankle et al. 2021, "magnitude at initialization").
///
/// Ranked globally, layers of small initial deviation lose most: with Glorot's or Kaiming's the wide ones, which may lose
/// all.
#[derive(Debug, Clone, Copy)]
pub struct Magnitude;

impl BeforeTraining for Magnitude {
    fn name(&self) -> &'static str {
        "magnitude"
    }

    fn description(&self) -> &'static str {
        "keeps weights of large initial magnitude"
    }

    fn formula(&self) -> &'static str {
        "|w|"
    }

    fn paper(&self) -> &'static str {
        "Frankle et al. 2021"
    }

    fn needs_data(&self) -> bool {
        false
    }

    fn scores(&self, context: &BeforeTrainingContext<'_>) -> Result<Tensors, BeforeTrainingError> {
        context.elementwise(f32::abs)
    }
}
