//! Tickets that nobody has trained.

use std::{cell::Cell, ops::ControlFlow, time::Instant};

use lth_model::{Density, Masks};
use lth_ticket::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingOptions, BeforeTrainingProgress, Budget,
    DensitySchedule, EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, SanityCheck, find_before_training,
    prune_before_training, unwatched,
};

use super::{RunEvent, ScoringProgress, Stage, StageError, StageRunner, watch::REPORT_EVERY};
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
            grasp_temperature: pruning.grasp_temperature.map_or(GRASP_TEMPERATURE, f64::from),
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
        let stage = Stage { replicate, variant: Variant::Ticket, round };
        let masks =
            prune_before_training(method, &context, &options, &self.watch_scoring(stage, options.density))?;
        self.write_pruned(replicate, round, &masks, &dense.weights, &dense.ticket_hash)?;
        Ok(())
    }

    /// Tells how far a pruning is, a few times a second, and ends it when the run is stopped.
    fn watch_scoring(
        &self,
        stage: Stage,
        density: Density,
    ) -> impl Fn(BeforeTrainingProgress) -> ControlFlow<()> {
        let begun = Instant::now();
        let reported = Cell::new(begun);
        let report = move |fraction: f64, seconds_left: f64| {
            let rounds = self.experiment.rounds;
            let progress = ScoringProgress { stage, rounds, density, fraction, seconds_left };
            self.context.observer.event(&RunEvent::Scoring(progress));
        };
        report(0.0, f64::INFINITY);
        move |progress| {
            let fraction = (progress.iteration as f64 + progress.part) / progress.iterations as f64;
            if reported.get().elapsed() >= REPORT_EVERY {
                reported.set(Instant::now());
                report(fraction, begun.elapsed().as_secs_f64() * (1.0 - fraction) / fraction);
            }
            if self.context.stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
}
