//! One stage: from its ticket to its files.

use std::sync::{
    Mutex, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use lth_model::Learns;
use lth_model::Tensors;
use lth_ticket::{
    BeforeTrainingError, DuringTraining, Outcome as End, Trained, TrainingData, TrainingError, TrainingJob,
    train,
};

use super::{
    Ended, RunEvent, Stage, StageError, Stop,
    start::Start,
    watch::{Sitting, StageWatch},
};
use crate::{
    Experiment, GivenStart, LabError, Layout, PruningSchedule, RoundRecord, RunContext, Timestamps, Variant,
    atomic::remove_file,
    context::Uploaded,
    disk::{drop_superseded_weights, read_checkpoint, write_checkpoint},
};

/// Does the stages of a run.
pub(crate) struct StageRunner<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) context: &'a RunContext<'a>,
    pub(super) layout: &'a Layout,
    pub(super) given: Option<&'a GivenStart>,
    /// The method that changes masks in training, where one does.
    pub(super) during_training: Option<DuringTraining>,
    stop: &'a Stop,
    uploaded: Uploaded<'a>,
    data: Vec<OnceLock<TrainingData>>,
    /// Trained weights of round 0 that had to be trained again, by replicate.
    pub(super) dense: Vec<Mutex<Option<Tensors>>>,
    trainings_left: AtomicUsize,
}

impl<'a> StageRunner<'a> {
    /// For the stages of this experiment, so many of them.
    ///
    /// # Errors
    /// When the experiment changes masks in training by a method that there is not, or the engine cannot hold the data.
    pub(crate) fn new(
        experiment: &'a Experiment,
        context: &'a RunContext<'a>,
        layout: &'a Layout,
        given: Option<&'a GivenStart>,
        trainings: usize,
    ) -> Result<Self, LabError> {
        let data = (0..experiment.replicates).map(|_| OnceLock::new()).collect();
        Ok(Self {
            experiment,
            context,
            layout,
            given,
            during_training: experiment.during_training()?,
            stop: &context.stop,
            uploaded: Uploaded::new(context.engine, context.data)?,
            data,
            dense: (0..experiment.replicates).map(|_| Mutex::default()).collect(),
            trainings_left: AtomicUsize::new(trainings),
        })
    }

    /// Does a stage, unless it is done; of one that is, makes again what is missing.
    ///
    /// # Errors
    /// When the training diverges or is refused, or files are not what they should be or cannot be written.
    pub(crate) fn run(&self, stage: Stage) -> Result<Ended, StageError> {
        let result = self.train_unless_done(stage);
        self.trainings_left.fetch_sub(1, Ordering::Relaxed);
        if let Err(error) = &result {
            self.context.observer.event(&RunEvent::Failed { stage, error });
        }
        result
    }

    fn train_unless_done(&self, stage: Stage) -> Result<Ended, StageError> {
        let Stage { replicate, variant, round } = stage;
        let start = match self.start(stage) {
            Err(StageError::Stopped | StageError::BeforeTraining(BeforeTrainingError::Stopped)) => {
                return Ok(Ended::Stopped);
            }
            start => start?,
        };
        let inputs = self.inputs(stage, &start.ticket_hash);
        let path = self.layout.record(replicate, variant, round);
        if let Some(record) = RoundRecord::read(&path)? {
            if record.inputs != inputs {
                let reason =
                    "it was trained from another ticket, data or architecture than are there now, or in other arithmetic"
                        .to_owned();
                return Err(LabError::Changed { path, reason }.into());
            }
            return self.complete(stage, &start, &record);
        }
        let trained = self.train(stage, &start, &inputs)?;
        let Some((trained, timestamps)) = trained else { return Ok(Ended::Stopped) };
        self.finish(stage, &start, &inputs, &trained, &timestamps, None)?;
        Ok(Ended::Finished)
    }

    /// Trains from the start or the checkpoint to the end; `None` when stopped in the middle.
    pub(super) fn train(
        &self,
        stage: Stage,
        start: &Start,
        inputs: &str,
    ) -> Result<Option<(Trained, Timestamps)>, StageError> {
        let Stage { replicate, variant, round } = stage;
        let experiment = self.experiment;
        let data = self.data(replicate);
        let recipe = self.recipe_of(stage);
        let rates = experiment.rates();
        let job = TrainingJob {
            architecture: self.context.architecture,
            recipe: &recipe,
            learns: Learns::Weights,
            data,
            weights: &start.weights,
            masks: &start.masks,
            mask_updates: self.mask_updates(stage, &rates)?,
            pruned: start.pruned,
            seed: experiment.seed(replicate),
            start: start.iteration,
            order: experiment.order,
            optimizer: start.optimizer.as_ref(),
            evaluate_every: experiment.evaluate_every,
            snapshots: if round == 0 && !experiment.pruning.rewind.is_zero() {
                vec![self.rewind_iteration(replicate)]
            } else {
                Vec::new()
            },
        };
        let checkpoint_path = self.layout.checkpoint(replicate, variant, round);
        let checkpoint = read_checkpoint(&checkpoint_path, inputs)?;
        let (resume, timestamps) = match checkpoint {
            Some(checkpoint) => (Some(checkpoint.training), checkpoint.timestamps),
            None => (None, Timestamps::default()),
        };
        let iteration = resume.as_ref().map_or(start.iteration, |checkpoint| checkpoint.iteration);
        self.context.observer.event(&RunEvent::Started { stage, iteration });
        let mut watch = StageWatch {
            stage,
            rounds: experiment.rounds,
            density: self.wanted_density(stage, &start.masks),
            checkpoint_path,
            inputs,
            every: self.context.checkpoint_every,
            stop: self.stop,
            observer: self.context.observer,
            timestamps,
            trainings_left: self.trainings_left_a_job(self.jobs()),
            sitting: Sitting::new(iteration, start.iteration),
            failed: None,
        };
        let outcome = train(self.context.engine, &job, resume, &mut watch);
        match outcome {
            Ok(End::Finished(trained)) => Ok(Some((trained, watch.timestamps))),
            Ok(End::Diverged { iteration }) => Err(StageError::Diverged { iteration }),
            Ok(End::Stopped(checkpoint)) => {
                write_checkpoint(&watch.checkpoint_path, inputs, &checkpoint, &watch.timestamps)?;
                self.context.observer.event(&RunEvent::Stopped { stage, iteration: checkpoint.iteration });
                Ok(None)
            }
            Err(TrainingError::Checkpoint { .. }) if watch.failed.is_some() => {
                Err(watch.failed.take().expect("it was just seen").into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How many trainings go on at once: no more than there are chains of rounds, in which each waits for the one before.
    fn jobs(&self) -> f64 {
        let experiment = self.experiment;
        let chains = u64::from(experiment.replicates) * experiment.variants().count() as u64;
        let most = if self.iterative() { chains } else { experiment.trainings() };
        (self.context.jobs.max(1) as u64).min(most) as f64
    }

    /// How many trainings there are for each job besides so many of those that are not finished.
    pub(super) fn trainings_left_a_job(&self, besides: f64) -> f64 {
        (self.trainings_left.load(Ordering::Relaxed) as f64 - besides).max(0.0) / self.jobs()
    }

    /// Removes what a finished training no longer needs. Done again when the stage is skipped: a crash may have come first.
    pub(super) fn clean_up(&self, stage: Stage, keep: crate::Keep) -> Result<(), LabError> {
        let Stage { replicate, variant, round } = stage;
        remove_file(&self.layout.checkpoint(replicate, variant, round))?;
        if variant == Variant::Ticket {
            let rounds = self.experiment.rounds;
            if self.during_training.is_none() {
                drop_superseded_weights(self.layout, replicate, rounds, keep, self.one_shot())?;
            }
        }
        Ok(())
    }

    pub(super) fn one_shot(&self) -> bool {
        self.experiment.pruning.schedule == PruningSchedule::OneShot
    }

    pub(super) fn before_training(&self) -> bool {
        self.experiment.pruning.schedule == PruningSchedule::BeforeTraining
    }

    pub(super) fn early_bird(&self) -> bool {
        self.experiment.pruning.schedule == PruningSchedule::EarlyBird
    }

    pub(super) fn iterative(&self) -> bool {
        self.experiment.pruning.schedule == PruningSchedule::Iterative
    }

    /// The examples of a replicate: its seed decides which are held out.
    pub(super) fn data(&self, replicate: u32) -> &TrainingData {
        self.data[replicate as usize].get_or_init(|| {
            self.uploaded.split(self.experiment.validation_size, self.experiment.seed(replicate))
        })
    }

    /// The iteration of the rewind point.
    pub(super) fn rewind_iteration(&self, replicate: u32) -> u64 {
        self.experiment.pruning.rewind.iterations(self.per_epoch(replicate))
    }

    /// Iterations an epoch.
    pub(super) fn per_epoch(&self, replicate: u32) -> u64 {
        let examples = self.data(replicate).train_indices.len();
        examples.div_ceil(self.experiment.recipe.batch_size) as u64
    }

    /// The hash of everything that decides the bits of a training.
    fn inputs(&self, stage: Stage, ticket_hash: &str) -> String {
        let Stage { replicate, variant, round } = stage;
        let text = format!(
            "lth-stage-2\nnumerics={}\n{}architecture={}\ndata={}\nseed={}\nvariant={variant}\nround={round}\nticket={ticket_hash}\n",
            self.context.engine.numerics(),
            self.experiment.identity_text(),
            self.context.architecture.fingerprint(),
            self.context.data.fingerprint,
            self.experiment.seed(replicate),
        );
        blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
    }
}
