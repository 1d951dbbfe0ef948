//! One training in progress.

use std::collections::BTreeMap;

use lth_model::{
    Batch, Evaluation, EvaluationSet, Masks, Start, StepReport, Trainer, TrainerState, Update, View, views,
};

use super::{
    EvaluationSets, MetricRow, Observer, Outcome, Progress, RunningMean, Split, Trained, TrainingCheckpoint,
    TrainingError, TrainingJob, batches::Batches, clock::Clock, mask_updates::Changing,
};

/// A training in progress: what of it is not in the trainer.
pub(super) struct Run<'a> {
    /// Its place among those that are trained together.
    pub(super) place: usize,
    /// Its network in the trainer.
    pub(super) network: usize,
    pub(super) job: &'a TrainingJob<'a>,
    pub(super) observer: &'a mut dyn Observer,
    sets: &'a EvaluationSets,
    /// What it goes on from.
    resumed: Option<TrainerState>,
    masks: Masks,
    pub(super) iteration: u64,
    last: u64,
    per_epoch: u64,
    batches: Batches<'a>,
    /// The updates that come next.
    prepared: Vec<Prepared>,
    /// How many of them are made.
    updates: usize,
    report: StepReport,
    running: RunningMean,
    history: Vec<MetricRow>,
    validation: Option<MetricRow>,
    snapshots: BTreeMap<u64, TrainerState>,
    clock: Clock,
}

/// The examples of an update and its rate.
#[derive(Default)]
struct Prepared {
    indices: Vec<u32>,
    views: Vec<View>,
    rate: f32,
}

impl<'a> Run<'a> {
    /// A training that was checked.
    pub(super) fn new(
        place: usize,
        (job, sets): (&'a TrainingJob<'a>, &'a EvaluationSets),
        resume: Option<TrainingCheckpoint>,
        observer: &'a mut dyn Observer,
        clock: Clock,
    ) -> Self {
        let mut run = Self {
            place,
            network: 0,
            job,
            observer,
            sets,
            resumed: None,
            masks: job.masks.clone(),
            iteration: job.start,
            last: job.last_iteration(),
            per_epoch: job.per_epoch(),
            batches: Batches::new(&job.data.train_indices, job.recipe.batch_size, job.seed, job.order),
            prepared: Vec::new(),
            updates: 0,
            report: StepReport::default(),
            running: RunningMean::default(),
            history: Vec::new(),
            validation: None,
            snapshots: BTreeMap::new(),
            clock,
        };
        if let Some(checkpoint) = resume {
            run.resumed = Some(checkpoint.trainer);
            run.masks = checkpoint.masks.unwrap_or(run.masks);
            run.iteration = checkpoint.iteration;
            run.running = checkpoint.running;
            run.history = checkpoint.history;
            run.snapshots = checkpoint.snapshots;
            run.validation = last_validation(&run.history);
            run.clock.resume(checkpoint.seconds, checkpoint.cpu_seconds);
        }
        run
    }

    /// What its network starts from.
    pub(super) fn start(&self) -> Start<'_> {
        let (weights, optimizer) = match &self.resumed {
            Some(state) => (&state.weights, Some(&state.optimizer)),
            None => (self.job.weights, self.job.optimizer),
        };
        let pruned = self.job.pruned;
        Start { pruned, optimizer, ..Start::new(weights, &self.masks, self.job.seed) }
    }

    /// The network is there.
    pub(super) fn begin(&mut self, trainer: &dyn Trainer) {
        if self.resumed.take().is_none() {
            self.take_snapshot(trainer);
        }
    }

    /// Updates from here to the next iteration at which something is to be done, `most` at most.
    pub(super) fn updates_to_event(&self, most: usize) -> usize {
        let is_event = |updates: &usize| {
            let iteration = self.iteration + *updates as u64;
            iteration == self.last
                || iteration.is_multiple_of(self.job.evaluate_every)
                || self.job.snapshots.contains(&iteration)
                || self.job.mask_updates.as_ref().is_some_and(|updates| updates.changes_at(iteration))
        };
        (1..most).find(is_event).unwrap_or(most)
    }

    /// Finds the examples of the next updates.
    pub(super) fn prepare(&mut self, updates: usize) {
        let recipe = self.job.recipe;
        self.updates = updates;
        self.prepared.resize_with(updates.max(self.prepared.len()), Prepared::default);
        for (iteration, prepared) in (self.iteration..).zip(&mut self.prepared[..updates]) {
            prepared.rate = recipe.learning_rate_at(iteration, self.per_epoch) as f32;
            prepared.indices.clear();
            prepared.indices.extend_from_slice(self.batches.after(iteration));
            let epoch = iteration / self.per_epoch;
            views(recipe.augmentation, self.job.seed, epoch, &prepared.indices, &mut prepared.views);
        }
    }

    /// One of the updates that were prepared.
    pub(super) fn update(&self, number: usize) -> Update<'_> {
        let prepared = &self.prepared[number];
        Update { batch: self.batch(prepared), rate: prepared.rate }
    }

    fn batch<'b>(&'b self, prepared: &'b Prepared) -> Batch<'b> {
        Batch::Stored { data: &self.job.data.train, indices: &prepared.indices, views: &prepared.views }
    }

    /// Counts updates; the iteration at which the loss was no number, if it was.
    pub(super) fn count(&mut self, reports: &[StepReport]) -> Option<u64> {
        for report in reports {
            self.iteration += 1;
            if !report.loss_sum.is_finite() {
                return Some(self.iteration);
            }
            self.running.add(report);
            self.report = *report;
        }
        None
    }

    /// Changes masks where this iteration does.
    pub(super) fn change_masks(&mut self, trainer: &mut dyn Trainer) -> Result<(), TrainingError> {
        let Some(updates) = &self.job.mask_updates else { return Ok(()) };
        if !updates.changes_at(self.iteration) {
            return Ok(());
        }
        let (architecture, seed) = (self.job.architecture, self.job.seed);
        let changing =
            Changing { architecture, trainer, network: self.network, seed, iteration: self.iteration };
        let mut masks = std::mem::take(&mut self.masks);
        // The batch of the last update, which is the one that led here.
        let changed = changing.change(updates, &mut masks, self.batch(&self.prepared[self.updates - 1]));
        self.masks = masks;
        changed
    }

    /// Keeps the network's state where it is asked for.
    pub(super) fn take_snapshot(&mut self, trainer: &dyn Trainer) {
        if self.job.snapshots.contains(&self.iteration) {
            self.snapshots.insert(self.iteration, trainer.read(self.network));
        }
    }

    /// Whether validation and test sets are evaluated after so many updates.
    pub(super) fn is_evaluated(&self) -> bool {
        self.iteration.is_multiple_of(self.job.evaluate_every) || self.is_at_end()
    }

    /// Whether it was stopped while the present network was evaluated.
    pub(super) fn lacks_evaluation(&self) -> bool {
        self.iteration > self.job.start
            && self.is_evaluated()
            && self.history.last().is_none_or(|row| row.iteration < self.iteration)
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.iteration >= self.last
    }

    /// The network with the sets that it is evaluated on.
    pub(super) fn evaluated(&self) -> impl Iterator<Item = (usize, &'a EvaluationSet)> + use<'a> {
        let network = self.network;
        let sets = self.sets;
        sets.validation.iter().chain([&sets.test]).map(move |set| (network, set))
    }

    /// Adds the rows of this iteration; false where a loss is no number.
    pub(super) fn note(&mut self, found: impl Iterator<Item = Evaluation>) -> bool {
        let splits = self.sets.validation.iter().map(|_| Split::Validation).chain([Split::Test]);
        let mut finite = true;
        self.history.extend(self.running.row(self.iteration));
        self.running = RunningMean::default();
        for (split, evaluation) in splits.zip(found) {
            let (loss, accuracy) = (evaluation.loss, evaluation.accuracy());
            finite &= loss.is_finite();
            self.history.push(MetricRow { iteration: self.iteration, split, loss, accuracy });
        }
        self.validation = last_validation(&self.history);
        finite
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            iteration: self.iteration,
            iterations: self.last,
            epoch: self.iteration.div_ceil(self.per_epoch),
            epochs: self.last.div_ceil(self.per_epoch),
            loss: self.report.loss_sum / self.report.examples as f64,
            validation: self.validation,
        }
    }

    pub(super) fn checkpoint(&self, trainer: &dyn Trainer) -> TrainingCheckpoint {
        TrainingCheckpoint {
            iteration: self.iteration,
            trainer: trainer.read(self.network),
            masks: self.job.mask_updates.is_some().then(|| self.masks.clone()),
            running: self.running,
            history: self.history.clone(),
            snapshots: self.snapshots.clone(),
            seconds: self.clock.seconds(),
            cpu_seconds: self.clock.cpu_seconds(trainer),
        }
    }

    /// Evaluates the training set once, and gives what was trained.
    pub(super) fn finish(&mut self, trainer: &mut dyn Trainer) -> Result<Outcome, TrainingError> {
        let state = trainer.read(self.network);
        let found = trainer.evaluate(&[(self.network, &self.sets.train)], &|| self.observer.stops())?;
        let Some(train) = found.and_then(|found| found.into_iter().next()) else {
            return Ok(Outcome::Stopped(self.checkpoint(trainer)));
        };
        Ok(Outcome::Finished(Trained {
            weights: state.weights,
            masks: std::mem::take(&mut self.masks),
            optimizer: state.optimizer,
            history: std::mem::take(&mut self.history),
            snapshots: std::mem::take(&mut self.snapshots),
            train,
            seconds: self.clock.seconds(),
            cpu_seconds: self.clock.cpu_seconds(trainer),
        }))
    }
}

fn last_validation(history: &[MetricRow]) -> Option<MetricRow> {
    history.iter().rfind(|row| row.split == Split::Validation).copied()
}
