//! Tickets that nobody has trained.

use std::ops::ControlFlow;

use lth_model::Masks;
use lth_ticket::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingOptions, Budget, DensitySchedule,
    EXAMPLES_PER_CLASS, SanityCheck, find_before_training, prune_before_training, unwatched,
};

use super::{Stage, StageError, StageRunner};
use crate::Variant;

impl StageRunner<'_> {
    /// Cuts the ticket of a round from the untrained network.
    pub(super) fn write_ticket_before_training(&self, replicate: u32, round: u32) -> Result<(), StageError> {
        self.write_sparse_start(find_before_training(&self.experiment.pruning.criterion)?, replicate, round)
    }

    /// Cuts the ticket of a round from the untrained network by a method.
    pub(super) fn write_sparse_start(
        &self,
        method: &dyn BeforeTraining,
        replicate: u32,
        round: u32,
    ) -> Result<(), StageError> {
        let (experiment, architecture) = (self.experiment, self.context.architecture);
        let pruning = &experiment.pruning;
        let dense = self.start(Stage { replicate, variant: Variant::Ticket, round: 0 })?;
        let context = BeforeTrainingContext {
            architecture,
            recipe: &experiment.recipe,
            engine: self.context.engine,
            weights: &dense.weights,
            masks: &Masks::new(),
            data: self.data(replicate),
            examples_per_class: EXAMPLES_PER_CLASS,
            seed: experiment.seed(replicate),
            iteration: 0,
            watch: &unwatched,
        };
        let rates = experiment.rates();
        let options = BeforeTrainingOptions {
            density: experiment.density_of(round, architecture)?,
            budget: pruning.allocation.map_or(Budget::Scope(pruning.scope), Budget::Allocation),
            rates: &rates,
            iterations: pruning.steps.unwrap_or(method.default_iterations()),
            schedule: DensitySchedule::Exponential,
            sanity: pruning.inverted_scores.then_some(SanityCheck::InvertScores),
        };
        let stop = &self.context.stop;
        let masks = prune_before_training(method, &context, &options, &|_| {
            if stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        self.write_pruned(replicate, round, &masks, &dense.weights, &dense.ticket_hash)?;
        Ok(())
    }
}
