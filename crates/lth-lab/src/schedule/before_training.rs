//! Tickets that nobody has trained.

use std::{cell::RefCell, ops::ControlFlow};

use lth_model::{Density, Masks};
use lth_ticket::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingOptions, BeforeTrainingProgress, Budget,
    DensitySchedule, EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, SanityCheck, prune_before_training, unwatched,
};

use super::{Stage, StageRunner};
use crate::{
    Procedure, StageError,
    tasks::{Activity, Reporter, TaskName},
};

impl StageRunner<'_> {
    /// Cuts the ticket of a round from the untrained network.
    pub(super) fn write_ticket_before_training(&self, replicate: u32, round: u32) -> Result<(), StageError> {
        match self.experiment.pruning.procedure.at_init_method()? {
            Some(method) => self.write_sparse_start(method, replicate, round),
            None => Ok(()),
        }
    }

    /// Cuts the ticket of a round from the untrained network by a method.
    pub(super) fn write_sparse_start(
        &self,
        method: &dyn BeforeTraining,
        replicate: u32,
        round: u32,
    ) -> Result<(), StageError> {
        let (experiment, architecture) = (self.experiment, self.bench.architecture);
        let pruning = &experiment.pruning;
        let (steps, temperature) = match &pruning.procedure {
            Procedure::AtInit(settings) => (settings.steps, settings.grasp_temperature),
            _ => (None, None),
        };
        let dense = self.start(Stage::ticket(replicate, 0))?;
        let data = self.data(replicate)?;
        let context = BeforeTrainingContext {
            architecture,
            recipe: &experiment.recipe,
            engine: self.bench.engine,
            weights: &dense.weights,
            masks: &Masks::new(),
            data: &data,
            examples_per_class: EXAMPLES_PER_CLASS,
            grasp_temperature: temperature.map_or(GRASP_TEMPERATURE, f64::from),
            seed: experiment.seed(replicate),
            iteration: 0,
            watch: &unwatched,
        };
        let rates = experiment.rates();
        let options = BeforeTrainingOptions {
            density: experiment.density_of(round, architecture)?,
            budget: pruning.procedure.allocation().map_or(Budget::Scope(pruning.scope), Budget::Allocation),
            rates: &rates,
            iterations: steps.unwrap_or(method.default_iterations()),
            schedule: DensitySchedule::Exponential,
            sanity: pruning.inverted_scores.then_some(SanityCheck::InvertScores),
        };
        let task = self.name(Stage::ticket(replicate, round));
        let watch = self.watch_scoring(&task, options.density);
        let masks = prune_before_training(method, &context, &options, &watch)?;
        self.write_pruned(replicate, round, &masks, &dense.weights, &dense.ticket_hash)?;
        Ok(())
    }

    /// Tells how far a pruning is, a few times a second, and ends it when the run is stopped.
    fn watch_scoring<'a>(
        &'a self,
        task: &'a TaskName,
        density: Density,
    ) -> impl Fn(BeforeTrainingProgress) -> ControlFlow<()> + 'a {
        let reporter = RefCell::new(Reporter::new(task, self.bench.observer, 0));
        let report = move |done: f64| {
            reporter.borrow_mut().at((1e3 * done) as u64, 1000, |_| Activity::Scoring { density });
        };
        report(0.0);
        move |progress| {
            report((progress.iteration as f64 + progress.part) / progress.iterations as f64);
            if self.bench.stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
}
