//! The training loop.

use std::collections::BTreeMap;

use lth_model::{Batch, Engine, Masks, Pruned, StepReport, Trainer, views};

use super::{
    Directive, MetricRow, Observer, Outcome, Progress, RunningMean, Split, Trained, TrainingCheckpoint,
    TrainingError, TrainingJob,
    batches::Batches,
    check::check,
    clock::Clock,
    mask_updates::{Changing, MaskUpdates, diverged},
};

/// Trains a network from `job.start` to the recipe's length, or from a checkpoint of the same training.
///
/// Iteration `i` means: after `i` updates. Validation and test sets are evaluated at every multiple of `evaluate_every`
/// and at the last iteration; the training rows beside them are running means over the batches since the evaluation
/// before. At the end the whole training set is evaluated once. Images are varied in steps only, never in evaluations. Weights, optimiser state and all figures but the times
/// depend on the job and the engine only: neither the observer nor an interruption changes a bit.
///
/// # Errors
/// When the job contradicts itself or its data, the engine refuses weights, masks or examples, or the observer cannot
/// store a checkpoint. Everything but the last is found before the first update.
pub fn train(
    engine: &dyn Engine,
    job: &TrainingJob<'_>,
    resume: Option<TrainingCheckpoint>,
    observer: &mut dyn Observer,
) -> Result<Outcome, TrainingError> {
    let clock = Clock::start();
    check(job, resume.as_ref())?;
    let (per_epoch, last) = (job.per_epoch(), job.last_iteration());
    let mut run = Run::new(engine, job, resume, clock)?;
    let mut batches = Batches::new(&job.data.train_indices, job.recipe.batch_size, job.seed, job.order);
    let mut seen = Vec::new();

    if run.lacks_evaluation(job, last) {
        match run.evaluate(&|| observer.stops()) {
            Evaluated::Finite => {}
            Evaluated::Diverged => return Ok(Outcome::Diverged { iteration: run.iteration }),
            Evaluated::Stopped => return Ok(Outcome::Stopped(run.checkpoint())),
        }
    }
    while run.iteration < last {
        let rate = job.recipe.learning_rate_at(run.iteration, per_epoch);
        let indices = batches.after(run.iteration);
        views(job.recipe.augmentation, job.seed, run.iteration / per_epoch, indices, &mut seen);
        let batch = Batch::Stored { examples: &job.data.train, indices, views: &seen };
        let report = run.trainer.step(batch, rate as f32)?;
        run.iteration += 1;
        if !report.loss_sum.is_finite() {
            return Ok(Outcome::Diverged { iteration: run.iteration });
        }
        run.running.add(&report);
        if let Some(updates) = job.mask_updates.as_ref().filter(|updates| updates.changes_at(run.iteration)) {
            match run.change_masks(job, updates, batch) {
                Err(error) if diverged(&error) => return Ok(Outcome::Diverged { iteration: run.iteration }),
                changed => changed?,
            }
        }
        if job.snapshots.contains(&run.iteration) {
            run.snapshots.insert(run.iteration, run.trainer.state());
        }
        if is_evaluated(run.iteration, job, last) {
            match run.evaluate(&|| observer.stops()) {
                Evaluated::Finite => {}
                Evaluated::Diverged => return Ok(Outcome::Diverged { iteration: run.iteration }),
                Evaluated::Stopped => return Ok(Outcome::Stopped(run.checkpoint())),
            }
        }
        match observer.step(&run.progress(&report, per_epoch, last)) {
            Directive::Continue => {}
            Directive::Checkpoint => {
                let checkpoint = run.checkpoint();
                observer
                    .checkpoint(&checkpoint)
                    .map_err(|source| TrainingError::Checkpoint { iteration: run.iteration, source })?;
            }
            Directive::Stop => return Ok(Outcome::Stopped(run.checkpoint())),
        }
    }
    run.finish(job, &|| observer.stops())
}

/// Whether validation and test sets are evaluated after so many updates.
fn is_evaluated(iteration: u64, job: &TrainingJob<'_>, last: u64) -> bool {
    iteration.is_multiple_of(job.evaluate_every) || iteration == last
}

/// What came of an evaluation.
enum Evaluated {
    /// Every loss is finite.
    Finite,
    /// A loss is not.
    Diverged,
    /// It was stopped in the middle, and nothing of it is noted.
    Stopped,
}

/// A training in progress.
struct Run {
    trainer: Box<dyn Trainer>,
    masks: Masks,
    changing: bool,
    validation_set: Option<usize>,
    test_set: usize,
    iteration: u64,
    running: RunningMean,
    history: Vec<MetricRow>,
    validation: Option<MetricRow>,
    snapshots: BTreeMap<u64, lth_model::TrainerState>,
    clock: Clock,
}

impl Run {
    fn new(
        engine: &dyn Engine,
        job: &TrainingJob<'_>,
        resume: Option<TrainingCheckpoint>,
        clock: Clock,
    ) -> Result<Self, TrainingError> {
        let (weights, optimizer) = match &resume {
            Some(checkpoint) => (&checkpoint.trainer.weights, Some(&checkpoint.trainer.optimizer)),
            None => (job.weights, job.optimizer),
        };
        let masks =
            resume.as_ref().and_then(|checkpoint| checkpoint.masks.as_ref()).unwrap_or(job.masks).clone();
        let mut trainer = engine.trainer(job.architecture, job.recipe, weights, &masks, job.seed)?;
        match job.pruned {
            Pruned::Frozen => trainer.load_frozen(weights, &masks, optimizer)?,
            Pruned::Zero if optimizer.is_some() => trainer.load(weights, &masks, optimizer)?,
            Pruned::Zero => {}
        }
        let data = job.data;
        let validation_set = match data.validation.as_slice() {
            [] => None,
            indices => Some(trainer.add_evaluation_set(&data.train, indices)?),
        };
        let test_set = trainer.add_evaluation_set(&data.test, &data.test_indices)?;

        let mut run = Self {
            trainer,
            masks,
            changing: job.mask_updates.is_some(),
            validation_set,
            test_set,
            iteration: job.start,
            running: RunningMean::default(),
            history: Vec::new(),
            validation: None,
            snapshots: BTreeMap::new(),
            clock,
        };
        match resume {
            Some(checkpoint) => {
                run.validation =
                    checkpoint.history.iter().rfind(|row| row.split == Split::Validation).copied();
                run.iteration = checkpoint.iteration;
                run.running = checkpoint.running;
                run.history = checkpoint.history;
                run.snapshots = checkpoint.snapshots;
                run.clock.resume(checkpoint.seconds, checkpoint.cpu_seconds);
            }
            None if job.snapshots.contains(&job.start) => {
                run.snapshots.insert(job.start, run.trainer.state());
            }
            None => {}
        }
        Ok(run)
    }

    fn change_masks(
        &mut self,
        job: &TrainingJob<'_>,
        updates: &MaskUpdates<'_>,
        batch: Batch<'_>,
    ) -> Result<(), TrainingError> {
        let changing = Changing {
            architecture: job.architecture,
            trainer: self.trainer.as_mut(),
            seed: job.seed,
            iteration: self.iteration,
        };
        changing.change(updates, &mut self.masks, batch)
    }

    /// Whether it was stopped while the present network was evaluated.
    fn lacks_evaluation(&self, job: &TrainingJob<'_>, last: u64) -> bool {
        self.iteration > job.start
            && is_evaluated(self.iteration, job, last)
            && self.history.last().is_none_or(|row| row.iteration < self.iteration)
    }

    /// Adds the rows of this iteration.
    fn evaluate(&mut self, stop: &dyn Fn() -> bool) -> Evaluated {
        let sets = [(self.validation_set, Split::Validation), (Some(self.test_set), Split::Test)];
        let mut rows = Vec::new();
        for (set, split) in sets.into_iter().filter_map(|(set, split)| Some((set?, split))) {
            let Some(evaluation) = self.trainer.evaluate_unless(set, stop) else { return Evaluated::Stopped };
            let (loss, accuracy) = (evaluation.loss, evaluation.accuracy());
            rows.push(MetricRow { iteration: self.iteration, split, loss, accuracy });
        }
        self.history.extend(self.running.row(self.iteration));
        self.running = RunningMean::default();
        self.history.extend(&rows);
        self.validation = self.history.iter().rfind(|row| row.split == Split::Validation).copied();
        if rows.iter().all(|row| row.loss.is_finite()) { Evaluated::Finite } else { Evaluated::Diverged }
    }

    fn progress(&self, report: &StepReport, per_epoch: u64, last: u64) -> Progress {
        Progress {
            iteration: self.iteration,
            iterations: last,
            epoch: self.iteration.div_ceil(per_epoch),
            epochs: last.div_ceil(per_epoch),
            loss: report.loss_sum / report.examples as f64,
            validation: self.validation,
        }
    }

    fn checkpoint(&self) -> TrainingCheckpoint {
        TrainingCheckpoint {
            iteration: self.iteration,
            trainer: self.trainer.state(),
            masks: self.changing.then(|| self.masks.clone()),
            running: self.running,
            history: self.history.clone(),
            snapshots: self.snapshots.clone(),
            seconds: self.clock.seconds(),
            cpu_seconds: self.clock.cpu_seconds(self.trainer.as_ref()),
        }
    }

    fn finish(mut self, job: &TrainingJob<'_>, stop: &dyn Fn() -> bool) -> Result<Outcome, TrainingError> {
        let state = self.trainer.state();
        // Only now: the training set is the largest, and prepared sets stay in memory.
        let train_set = self.trainer.add_evaluation_set(&job.data.train, &job.data.train_indices)?;
        let Some(train) = self.trainer.evaluate_unless(train_set, stop) else {
            return Ok(Outcome::Stopped(self.checkpoint()));
        };
        let (seconds, cpu_seconds) = (self.clock.seconds(), self.clock.cpu_seconds(self.trainer.as_ref()));
        Ok(Outcome::Finished(Trained {
            weights: state.weights,
            masks: self.masks,
            optimizer: state.optimizer,
            history: self.history,
            snapshots: self.snapshots,
            train,
            seconds,
            cpu_seconds,
        }))
    }
}
