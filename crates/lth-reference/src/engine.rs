//! The reference as an engine.

use lth_model::{DataSet, Engine, EngineError, EvaluationSet, Examples, Placement, Program, Start, Trainer};

use crate::trainer::ReferenceTrainer;

/// The engine that every other is compared with: plain loops and products of matrices in 64 bits.
///
/// What lasts from one update to the next is rounded to 32 bits, so that what is read out is all there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReferenceEngine;

impl ReferenceEngine {
    /// In the engine's errors.
    pub(crate) const NAME: &'static str = "reference";
}

impl Engine for ReferenceEngine {
    fn name(&self) -> String {
        Self::NAME.to_owned()
    }

    fn numerics(&self) -> &'static str {
        "reference-f64"
    }

    fn supports(&self, program: &Program<'_>) -> Result<(), EngineError> {
        program.check_scores(Self::NAME)
    }

    fn placement(&self, _: &Program<'_>) -> Placement {
        Placement { trainers: 1, networks: 1, updates: 1 }
    }

    fn upload(&self, examples: &Examples) -> Result<DataSet, EngineError> {
        Ok(DataSet::on_host(examples))
    }

    fn evaluation_set(&self, data: &DataSet, indices: &[u32]) -> Result<EvaluationSet, EngineError> {
        data.check_indices(indices)?;
        Ok(EvaluationSet::on_host(data, indices))
    }

    fn trainer(&self, program: &Program<'_>, starts: &[Start<'_>]) -> Result<Box<dyn Trainer>, EngineError> {
        self.supports(program)?;
        Ok(Box::new(ReferenceTrainer::new(program, starts)?))
    }
}
