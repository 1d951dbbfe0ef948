//! The cost of a step, measured on trainers that are thrown away.

use std::{
    cell::Cell,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use lth_model::{
    Batch, Density, EngineError, Learns, Masks, OneNetwork, Program, Purpose, Recipe, Seed, Start, Tensors,
    initialize, thread_cpu_time, views,
};
use lth_ticket::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingOptions, BeforeTrainingProgress, Budget,
    DensitySchedule, EXAMPLES_PER_CLASS, GRASP_TEMPERATURE, OneShot, Scope, prune_before_training,
    prune_one_shot, unwatched,
};

use super::{Costs, EstimateContext, Work, costs::Cost};
use crate::{Experiment, GivenStart, work::split_on_host};

/// Densities that are measured at most.
const POINTS: usize = 4;
/// Of the time that a run may take, this part may be measured, within the limits below.
const PART: f64 = 0.01;
const SHORTEST: Duration = Duration::from_millis(150);
const LONGEST: Duration = Duration::from_millis(1500);
/// A batch that may take longer than this is measured in part.
const LONG_STEP: f64 = 30.0;
/// The same for a calibration.
const CALIBRATED_STEP: f64 = 0.5;
/// The smallest part of a batch that is measured: fewer examples do not fill a vector.
const SMALL_BATCH: usize = 16;
/// Examples that evaluation is measured on.
const EVALUATED: usize = 1_024;
/// The part of the time that goes to evaluations.
const EVALUATION_PART: f64 = 0.3;

/// A run whose steps are measured.
pub(super) struct Measurement<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) given: Option<&'a GivenStart>,
    pub(super) context: &'a EstimateContext<'a>,
    pub(super) learns: Learns,
}

impl Measurement<'_> {
    /// The costs at the densest, the sparsest and some densities between of what is left to do.
    pub(super) fn costs(&self, work: &Work) -> Costs {
        let begun = Instant::now();
        let mut time = SHORTEST;
        let densities = spread(&work.densities());
        let mut points = Vec::new();
        for density in &densities {
            if !points.is_empty() && begun.elapsed() > 2 * time {
                break;
            }
            let pruning = Instant::now();
            let Some(masks) = self.masks(*density) else { continue };
            let pruned = pruning.elapsed().as_secs_f64();
            match self.cost(*density, &masks, time.div_f64(densities.len() as f64), LONG_STEP) {
                Ok(cost) => {
                    points.push(Cost { masking: cost.masking + pruned, ..cost });
                    // The densest comes first: the run takes no longer than at its cost.
                    let most = work.seconds(&Costs::new(points.clone(), true), 0.0, 1);
                    time = Duration::from_secs_f64(PART * most).clamp(SHORTEST, LONGEST);
                }
                Err(_) => break,
            }
        }
        let bound = points.len() < 2 && densities.len() > 1;
        Costs::new(points, bound)
    }

    /// The cost at a density, for a calibration: a step as short as one can be; `None` where it cannot be measured.
    pub(super) fn at(&self, density: Density) -> Option<Cost> {
        let timer = Timer::start(self);
        let masks = self.masks(density)?;
        let pruned = timer.seconds();
        let cost = self.cost(density, &masks, SHORTEST.div_f64(POINTS as f64), CALIBRATED_STEP).ok()?;
        Some(Cost { masking: cost.masking + pruned, ..cost })
    }

    /// Masks of a density: those given, or those of random weights pruned by the experiment's rates.
    fn masks(&self, density: Density) -> Option<Masks> {
        if let Some(given) = self.given {
            return Some(given.masks.clone());
        }
        if density == Density::DENSE {
            return Some(Masks::new());
        }
        let mut scores = self.weights(1);
        for tensor in scores.values_mut() {
            tensor.data_mut().iter_mut().for_each(|value| *value = value.abs());
        }
        let (scope, target) = (self.experiment.pruning.scope, OneShot::Density(density));
        let rates = self.experiment.rates();
        prune_one_shot(&scores, self.context.architecture, scope, &rates, target, Seed(0), 0).ok()
    }

    fn weights(&self, seed: u64) -> Tensors {
        let recipe = &self.experiment.recipe;
        initialize(self.context.architecture, recipe.init, recipe.bias_init, Seed(seed), Purpose::Init, 0)
    }

    /// In about so much time, of batches that take no longer than `long` seconds.
    fn cost(&self, density: Density, masks: &Masks, time: Duration, long: f64) -> Result<Cost, EngineError> {
        let EstimateContext { engine, architecture, data, .. } = *self.context;
        let recipe = &self.experiment.recipe;
        let weights = self.weights(0);
        let timer = Timer::start(self);
        let program = Program { learns: self.learns.clone(), ..Program::training(architecture, recipe) };
        let pruned = self.experiment.pruning.pruned();
        let start = Start { pruned, ..Start::new(&weights, masks, Seed(0)) };
        let mut network = OneNetwork::new(engine, &program, &start)?;
        let loaded = timer.seconds();
        let (train, test) = (engine.upload(&data.train)?, engine.upload(&data.test)?);
        let examples = data.train.len();
        let batch = self.batch_size(long).min(examples);
        let rate = recipe.learning_rate;
        let mut seen = Vec::new();
        let mut step = |number: usize| {
            let first = number * batch % (examples - batch + 1);
            let indices: Vec<u32> = (first as u32..(first + batch) as u32).collect();
            views(recipe.augmentation, Seed(0), 0, &indices, &mut seen);
            let batch = Batch::Stored { data: &train, indices: &indices, views: &seen };
            network.step(batch, rate).map(drop)
        };
        // The first touches memory for the first time.
        step(0)?;
        let (begun, timer) = (Instant::now(), Timer::start(self));
        let mut steps = 0;
        while steps == 0 || begun.elapsed().as_secs_f64() < (1.0 - EVALUATION_PART) * time.as_secs_f64() {
            steps += 1;
            step(steps)?;
        }
        let an_example = timer.seconds() / (steps * batch) as f64;

        let affordable = EVALUATION_PART * time.as_secs_f64() / an_example;
        let evaluated = (affordable as usize).clamp(SMALL_BATCH, EVALUATED).min(data.test.len());
        let indices: Vec<u32> = (0..evaluated as u32).collect();
        // The first lays the set out, which all trainings share then.
        let set = engine.evaluation_set(&test, &indices)?;
        network.evaluate(&set)?;
        let timer = Timer::start(self);
        network.evaluate(&set)?;
        let evaluated_in = timer.seconds();
        Ok(Cost {
            density: density.get(),
            step: an_example * recipe.batch_size as f64,
            evaluation: evaluated_in / evaluated.max(1) as f64,
            masking: loaded,
        })
    }

    /// Seconds that the untrained network is scored and pruned once: all of it, or as long as is affordable and in proportion.
    pub(super) fn scoring(&self, method: &dyn BeforeTraining) -> f64 {
        let EstimateContext { engine, architecture, data, .. } = *self.context;
        let experiment = self.experiment;
        // The method reports after each batch.
        let batch_size = experiment.recipe.batch_size.min(SMALL_BATCH);
        let recipe = Recipe { batch_size, ..experiment.recipe.clone() };
        let context = BeforeTrainingContext {
            architecture,
            recipe: &recipe,
            engine,
            weights: &self.weights(0),
            masks: &Masks::new(),
            data: &split_on_host(data, experiment.validation_size, experiment.first_seed),
            examples_per_class: EXAMPLES_PER_CLASS,
            grasp_temperature: GRASP_TEMPERATURE,
            seed: experiment.first_seed,
            iteration: 0,
            watch: &unwatched,
        };
        let options = BeforeTrainingOptions {
            density: experiment.density_of(1, architecture).unwrap_or(Density::DENSE),
            budget: Budget::Scope(Scope::Global),
            rates: &experiment.rates(),
            iterations: 1,
            schedule: DensitySchedule::Exponential,
            sanity: None,
        };
        let begun = Instant::now();
        let extrapolated = Cell::new(0.0);
        let watch = |progress: BeforeTrainingProgress| {
            let elapsed = begun.elapsed();
            if elapsed < LONGEST || progress.part >= 1.0 {
                return ControlFlow::Continue(());
            }
            extrapolated.set(elapsed.as_secs_f64() / progress.part);
            ControlFlow::Break(())
        };
        let ended = prune_before_training(method, &context, &options, &watch);
        if ended.is_ok() { begun.elapsed().as_secs_f64() } else { extrapolated.get() }
    }

    /// The examples of a step that is measured: those of a batch, or fewer where that would take long.
    fn batch_size(&self, long: f64) -> usize {
        let batch = self.experiment.recipe.batch_size;
        let rough = super::work::rough_step(self.context.architecture, batch);
        let affordable = (batch as f64 * long / rough.max(long)) as usize;
        affordable.max(SMALL_BATCH).min(batch)
    }
}

/// Measures seconds: for a calibration of processor time, which is what a step takes on a core that does nothing else; for an estimate of a
/// run that is about to begin, whose steps may have several threads, on the wall clock.
struct Timer {
    begun: Instant,
    cpu_begun: Option<Duration>,
}

impl Timer {
    fn start(measurement: &Measurement<'_>) -> Self {
        let cpu_begun = measurement.context.calibration.and_then(|_| thread_cpu_time());
        Self { begun: Instant::now(), cpu_begun }
    }

    fn seconds(&self) -> f64 {
        let cpu = self.cpu_begun.and_then(|begun| thread_cpu_time()?.checked_sub(begun));
        cpu.unwrap_or_else(|| self.begun.elapsed()).as_secs_f64()
    }
}

/// The highest density, then the lowest, then some that divide what lies between.
fn spread(rising: &[Density]) -> Vec<Density> {
    let last = rising.len().saturating_sub(1);
    let places = [POINTS - 1, 0, 2, 1].map(|part| last * part / (POINTS - 1));
    let mut chosen: Vec<Density> = Vec::new();
    for density in places.iter().filter_map(|&place| rising.get(place)) {
        if !chosen.contains(density) {
            chosen.push(*density);
        }
    }
    chosen
}
