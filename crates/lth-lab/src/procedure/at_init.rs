//! Pruning at initialisation: every ticket is cut from the untrained network (SNIP, GraSP, SynFlow, by magnitude, at random).

use std::{cell::RefCell, ops::ControlFlow};

use lth_model::{Density, Masks};
use lth_ticket::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingOptions, BeforeTrainingProgress, Budget,
    DensitySchedule, EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, SanityCheck, find_before_training,
    prune_before_training, unwatched,
};

use super::Page;
use crate::{
    AtInit, StageError,
    schedule::{Stage, StageRunner},
    tasks::{Activity, Reporter, TaskName},
};

impl Page for AtInit {
    fn make_ticket(&self, run: &StageRunner<'_>, replicate: u32, round: u32) -> Result<(), StageError> {
        let method = find_before_training(&self.method)?;
        write_sparse_start(run, method, (self.steps, self.grasp_temperature), replicate, round)
    }
}

/// Cuts the ticket of a round from the untrained network by a method, in so many steps and by so much of GraSP's temperature, where
/// that is said.
pub(super) fn write_sparse_start(
    run: &StageRunner<'_>,
    method: &dyn BeforeTraining,
    (steps, temperature): (Option<u64>, Option<f32>),
    replicate: u32,
    round: u32,
) -> Result<(), StageError> {
    let (experiment, architecture) = (run.experiment, run.bench.architecture);
    let pruning = &experiment.pruning;
    let dense = run.start(Stage::ticket(replicate, 0))?;
    let data = run.data(replicate)?;
    let context = BeforeTrainingContext {
        architecture,
        recipe: &experiment.recipe,
        engine: run.bench.engine,
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
    let task = run.name(Stage::ticket(replicate, round));
    let watch = watch_scoring(run, &task, options.density);
    let masks = prune_before_training(method, &context, &options, &watch)?;
    run.write_pruned(replicate, round, &masks, &dense.weights, &dense.ticket_hash)?;
    Ok(())
}

/// Tells how far a pruning is, a few times a second, and ends it when the run is stopped.
fn watch_scoring<'a>(
    run: &'a StageRunner<'_>,
    task: &'a TaskName,
    density: Density,
) -> impl Fn(BeforeTrainingProgress) -> ControlFlow<()> + 'a {
    let reporter = RefCell::new(Reporter::new(task, run.bench.observer, 0));
    let report = move |done: f64| {
        reporter.borrow_mut().at((1e3 * done) as u64, 1000, |_| Activity::Scoring { density });
    };
    report(0.0);
    move |progress| {
        report((progress.iteration as f64 + progress.part) / progress.iterations as f64);
        if run.bench.stop.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
