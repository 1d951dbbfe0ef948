//! The trainings that are left of a run, and their sizes.

use std::collections::HashSet;

use lth_model::{Architecture, Density, Recipe};
use lth_ticket::{BeforeTraining, DuringTraining};

use super::{Costs, EstimateContext, Upcoming, costs::Cost};
use crate::{
    Dynamic, Experiment, GivenStart, Layout, Planned, Procedure, RunResults, Stage, Variant,
    iterations_per_epoch, plan,
    tasks::{makespan, without},
};

/// Multiplications and additions a second that any processor of today does more of.
const SLOW: f64 = 20e9;
/// A run that takes less than so many seconds on a slow processor is short.
const SHORT: f64 = 10.0;
/// Costs of finished trainings are good for densities down to this part of theirs.
const REACH: f64 = 0.5;

/// A training that is left.
struct Training {
    /// Its density, on average where it changes.
    density: Density,
    steps: u64,
    /// Updates of the dense network before it.
    dense_steps: u64,
    /// Scorings of the untrained network before it.
    scorings: u64,
    /// Examples that are evaluated besides those of a training.
    evaluated: u64,
    /// Masks that are made and loaded besides.
    masks: u64,
}

impl Training {
    fn new(density: Density, steps: u64) -> Self {
        Self { density, steps, dense_steps: 0, scorings: 0, evaluated: 0, masks: 0 }
    }
}

/// What is left of a run.
pub(super) struct Work {
    trainings: Vec<Planned<Training>>,
    evaluate_every: u64,
    /// Examples of validation and test set together.
    evaluated: u64,
    trained: u64,
}

impl Work {
    /// The trainings of an experiment that are not among the finished ones.
    pub(super) fn left(
        experiment: &Experiment,
        given: Option<&GivenStart>,
        finished: Option<&RunResults>,
        context: &EstimateContext<'_>,
    ) -> Self {
        let per_epoch = iterations_per_epoch(experiment, context.data.train.len());
        let length = experiment.recipe.length.iterations(per_epoch);
        let first = given.map_or(0, |given| given.iteration);
        let later = experiment.pruning.procedure.rewind().iterations(per_epoch).max(first);
        let done: HashSet<Stage> = finished
            .map(|results| {
                let stage = |result: &crate::RoundResult| Stage {
                    replicate: result.record.replicate,
                    variant: result.record.variant,
                    round: result.record.round,
                };
                results.rounds.iter().map(stage).collect()
            })
            .unwrap_or_default();
        let densities: Vec<Density> = (0..experiment.rounds)
            .map(|round| match given {
                Some(given) if round == 0 => context.architecture.density(&given.masks),
                _ => mean_density(experiment, round, context.architecture),
            })
            .collect();
        let early_bird = matches!(experiment.pruning.procedure, Procedure::EarlyBird(_));
        let method = scoring_method(experiment);
        let iterations =
            method.map_or(0, |method| steps_of(experiment).unwrap_or(method.default_iterations()));
        let layout = Layout::new(context.folder);
        let scored = |stage: &Stage| {
            let Stage { replicate, variant, round } = *stage;
            round > 0 && variant == Variant::Ticket && !layout.ticket(replicate, variant, round).exists()
        };
        let training = |Planned { task: stage, after, .. }: Planned<Stage>| {
            let round = stage.round;
            let steps = length.saturating_sub(if round == 0 { first } else { later });
            let searches = early_bird && round > 0 && stage.variant == Variant::Ticket;
            let dense_steps = if searches { length - first } else { 0 };
            let scorings = if scored(&stage) { iterations } else { 0 };
            let density = densities[round as usize];
            let task = Training { dense_steps, scorings, ..Training::new(density, steps) };
            Planned::after(task, after)
        };
        let left = without(plan(experiment), |stage| done.contains(stage));
        Self::with(left.into_iter().map(training).collect(), experiment, context)
    }

    /// Work that is no run's.
    pub(super) fn of(experiment: &Experiment, upcoming: &[Upcoming], context: &EstimateContext<'_>) -> Self {
        let training = |upcoming: &Upcoming| {
            let Upcoming { density, steps, evaluated, masks, ref after } = *upcoming;
            let task = Training { evaluated, masks, ..Training::new(density, steps) };
            Planned::after(task, after.clone())
        };
        Self::with(upcoming.iter().map(training).collect(), experiment, context)
    }

    fn with(
        trainings: Vec<Planned<Training>>,
        experiment: &Experiment,
        context: &EstimateContext<'_>,
    ) -> Self {
        Self {
            trainings,
            evaluate_every: experiment.evaluate_every.max(1),
            evaluated: (experiment.validation_size + context.data.test.len()) as u64,
            trained: context.data.train.len().saturating_sub(experiment.validation_size) as u64,
        }
    }

    fn trainings(&self) -> impl Iterator<Item = &Training> {
        self.trainings.iter().map(|planned| &planned.task)
    }

    pub(super) fn count(&self) -> usize {
        self.trainings().filter(|training| training.steps > 0).count()
    }

    /// Whether there is nothing left.
    pub(super) fn is_empty(&self) -> bool {
        self.trainings.is_empty()
    }

    /// Whether a network is scored before it is trained.
    pub(super) fn scores(&self) -> bool {
        self.trainings().any(|training| training.scorings > 0)
    }

    /// The densities of what is left, rising, each once.
    pub(super) fn densities(&self) -> Vec<Density> {
        let dense = self.trainings().filter(|training| training.dense_steps > 0).map(|_| Density::DENSE);
        let mut densities: Vec<Density> =
            self.trainings().map(|training| training.density).chain(dense).collect();
        densities.sort_by(|left, right| left.get().total_cmp(&right.get()));
        densities.dedup();
        densities
    }

    /// How many seconds it takes at most on a slow processor, were nothing pruned.
    pub(super) fn rough_seconds(&self, architecture: &Architecture, recipe: &Recipe) -> f64 {
        let steps: u64 = self.trainings().map(|training| training.steps + training.dense_steps).sum();
        let evaluated: u64 =
            self.trainings().map(|training| training.evaluated + self.evaluations(training.steps)).sum();
        // An evaluation goes forward only.
        steps as f64 * rough_step(architecture, recipe.batch_size)
            + evaluated as f64 * rough_step(architecture, 1) / 3.0
    }

    pub(super) fn is_short(&self, architecture: &Architecture, recipe: &Recipe) -> bool {
        !self.scores() && self.rough_seconds(architecture, recipe) < SHORT
    }

    /// How long it takes on so many cores, a scoring taking so many seconds.
    pub(super) fn seconds(&self, costs: &Costs, scoring: f64, jobs: usize) -> f64 {
        let seconds = |training: &Training| {
            let cost = costs.at(training.density);
            let dense = training.dense_steps as f64 * costs.at(Density::DENSE).step;
            let besides = training.scorings as f64 * scoring
                + training.evaluated as f64 * cost.evaluation
                + training.masks as f64 * cost.masking;
            dense + besides + self.training_seconds(&cost, training.steps)
        };
        self.schedule(seconds, jobs).0
    }

    /// How many trainings go on at once at most.
    pub(super) fn at_once(&self, jobs: usize) -> usize {
        self.schedule(|training| if training.steps > 0 { 1.0 } else { 0.0 }, jobs).1
    }

    fn schedule(&self, seconds: impl Fn(&Training) -> f64, jobs: usize) -> (f64, usize) {
        makespan(&self.trainings, seconds, jobs)
    }

    fn training_seconds(&self, cost: &Cost, steps: u64) -> f64 {
        steps as f64 * cost.step + self.evaluations(steps) as f64 * cost.evaluation
    }

    /// Examples that a training of so many steps evaluates.
    fn evaluations(&self, steps: u64) -> u64 {
        if steps == 0 { 0 } else { steps.div_ceil(self.evaluate_every) * self.evaluated + self.trained }
    }

    /// What the whole run takes on disk at its end.
    pub(super) fn bytes(&self, experiment: &Experiment, architecture: &Architecture) -> u64 {
        let tensors = experiment
            .estimate_sizes(architecture)
            .into_iter()
            .find(|estimate| estimate.keep == experiment.keep)
            .map_or(0, |estimate| estimate.bytes);
        let rounds = u64::from(experiment.rounds);
        let trainings = rounds + rounds.saturating_sub(1) * experiment.controls.len() as u64;
        let steps = self.trainings().map(|training| training.steps).max().unwrap_or(0);
        let tables = TABLES + steps.div_ceil(self.evaluate_every) * EVALUATION;
        tensors + u64::from(experiment.replicates) * trainings * tables
    }
}

/// The method that scores untrained weights in a run, unless that takes no time.
pub(super) fn scoring_method(experiment: &Experiment) -> Option<&'static dyn BeforeTraining> {
    experiment.pruning.procedure.at_init_method().ok().flatten()
}

/// In how many steps a network is pruned at initialisation, where that is said.
fn steps_of(experiment: &Experiment) -> Option<u64> {
    match &experiment.pruning.procedure {
        Procedure::AtInit(settings) => settings.steps,
        _ => None,
    }
}

/// How many seconds a step takes at most on a slow processor, were nothing pruned.
pub(super) fn rough_step(architecture: &Architecture, batch_size: usize) -> f64 {
    // Forward, and back for the data and for the weights.
    batch_size as f64 * 3.0 * architecture.flops() as f64 / SLOW
}

/// Bytes of one evaluation in all tables and event files.
const EVALUATION: u64 = 900;
/// Bytes of a training's records and figures.
const TABLES: u64 = 20_000;

/// The density of a round, on average where it changes.
pub(crate) fn mean_density(experiment: &Experiment, round: u32, architecture: &Architecture) -> Density {
    let pruning = &experiment.pruning;
    if round == 0 {
        return Density::DENSE;
    }
    let density = experiment.density_of(round, architecture).unwrap_or(Density::DENSE);
    let Procedure::Dynamic(Dynamic { method: DuringTraining::Gradual, updates, .. }) = &pruning.procedure
    else {
        return density;
    };
    // The density falls as (1 - t)^3, whose mean is a quarter, until updates end.
    let end = updates.end.get();
    let mean = density.get() + (1.0 - density.get()) * end / 4.0;
    Density::new(mean).unwrap_or(Density::DENSE)
}

/// The costs that finished trainings of the run had, evaluations included; `None` where they say too little of what is left.
pub(super) fn known_costs(results: &RunResults, work: &Work) -> Option<Costs> {
    let points: Vec<Cost> = results
        .rounds
        .iter()
        .filter_map(|result| {
            let speed = result.timing.as_ref()?.steps_per_second();
            let cost =
                Cost { density: result.density().get(), step: speed.recip(), evaluation: 0.0, masking: 0.0 };
            (speed > 0.0).then_some(cost)
        })
        .collect();
    let lowest = points.iter().map(|cost| cost.density).fold(f64::INFINITY, f64::min);
    let reaches = work.densities().first().is_some_and(|density| density.get() >= REACH * lowest);
    reaches.then(|| Costs::new(points, false))
}
