//! Tickets cut from a network that is still young: as soon as its mask stops changing.

use std::{
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use lth_model::{Masks, Tensors};
use lth_ticket::{
    Directive, EarlyBird, Observer, OneShot, Outcome, Progress, TrainingCheckpoint, prune_one_shot, train,
};

use super::{RunEvent, Stage, StageError, StageProgress, StageRunner, start::Start};
use crate::Variant;

/// Between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

impl StageRunner<'_> {
    /// Trains the dense network from its start until the mask of the round's density is drawn, and cuts the ticket from the
    /// network of that epoch. A mask that never calms down is drawn at the end of training.
    ///
    /// The search is not saved on its way: it ends early by its nature, and begins again after an interruption.
    pub(super) fn write_early_bird_ticket(&self, replicate: u32, round: u32) -> Result<(), StageError> {
        let experiment = self.experiment;
        let dense = self.start(Stage { replicate, variant: Variant::Ticket, round: 0 })?;
        let settings = experiment.pruning.early_bird.unwrap_or_default();
        let density = experiment.density_of(round, self.context.architecture)?;
        let job = self.dense_job(replicate, &dense);
        let mut search = Search {
            runner: self,
            stage: Stage { replicate, variant: Variant::Ticket, round },
            target: OneShot::Density(density),
            dense: &dense,
            per_epoch: job.per_epoch(),
            watch: EarlyBird::new(settings.window as usize, settings.threshold),
            drawn: None,
            failed: None,
            begun: Instant::now(),
            reported: None,
        };
        let outcome = train(self.context.engine, &job, None, &mut search);
        let Search { watch, drawn, failed, .. } = search;
        if let Some(error) = failed {
            return Err(error);
        }
        let (weights, masks) = match outcome {
            Ok(Outcome::Stopped(_)) => drawn.ok_or(StageError::Stopped)?,
            Ok(Outcome::Finished(trained)) => {
                let masks = self.early_bird_masks(
                    replicate,
                    round,
                    &dense,
                    &trained.weights,
                    OneShot::Density(density),
                )?;
                (trained.weights, masks)
            }
            Ok(Outcome::Diverged { iteration }) => return Err(StageError::Diverged { iteration }),
            Err(error) => return Err(error.into()),
        };
        let epoch = watch.drawn().map_or("never".to_owned(), |epoch| epoch.to_string());
        let told = BTreeMap::from([("early-bird-epoch".to_owned(), epoch)]);
        self.write_pruned_with(replicate, round, &masks, &weights, &dense.ticket_hash, told)?;
        Ok(())
    }

    fn early_bird_masks(
        &self,
        replicate: u32,
        round: u32,
        dense: &Start,
        weights: &Tensors,
        target: OneShot,
    ) -> Result<Masks, StageError> {
        let scores = self.scores(replicate, 0, dense, weights)?;
        Ok(prune_one_shot(
            &scores,
            self.context.architecture,
            self.experiment.pruning.scope,
            &self.experiment.rates(),
            target,
            self.experiment.seed(replicate),
            u64::from(round),
        )?)
    }
}

/// Looks at the mask after every epoch.
struct Search<'a> {
    runner: &'a StageRunner<'a>,
    stage: Stage,
    target: OneShot,
    dense: &'a Start,
    per_epoch: u64,
    watch: EarlyBird,
    /// What was drawn.
    drawn: Option<(Tensors, Masks)>,
    failed: Option<StageError>,
    begun: Instant,
    reported: Option<Instant>,
}

impl Search<'_> {
    fn report(&mut self, progress: &Progress) {
        let now = Instant::now();
        if self.reported.is_some_and(|last| now.duration_since(last) < REPORT_EVERY) {
            return;
        }
        self.reported = Some(now);
        let seconds = now.duration_since(self.begun).as_secs_f64();
        let speed = (progress.iteration - self.dense.iteration) as f64 / seconds.max(1e-9);
        let seconds_left = (progress.iterations - progress.iteration) as f64 / speed.max(1e-9);
        self.runner.context.observer.event(&RunEvent::Progress(StageProgress {
            stage: self.stage,
            rounds: self.runner.experiment.rounds,
            epoch: progress.epoch,
            epochs: progress.epochs,
            iteration: progress.iteration,
            iterations: progress.iterations,
            steps_per_second: speed,
            validation_accuracy: None,
            density: self.runner.context.architecture.density(&self.dense.masks),
            seconds_left,
            run_seconds_left: seconds_left,
        }));
    }
}

impl Observer for Search<'_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        self.report(progress);
        if self.drawn.is_some() || self.failed.is_some() || self.runner.context.stop.is_set() {
            return Directive::Stop;
        }
        let epoch_ends = progress.iteration.is_multiple_of(self.per_epoch);
        let last = progress.iteration == progress.iterations;
        if epoch_ends && !last { Directive::Checkpoint } else { Directive::Continue }
    }

    fn stops(&self) -> bool {
        self.runner.context.stop.is_set()
    }

    fn checkpoint(&mut self, checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        let Stage { replicate, round, .. } = self.stage;
        let weights = &checkpoint.trainer.weights;
        match self.runner.early_bird_masks(replicate, round, self.dense, weights, self.target) {
            Ok(masks) => {
                if self.watch.push(&masks).is_some() {
                    self.drawn = Some((weights.clone(), masks));
                }
            }
            Err(error) => self.failed = Some(error),
        }
        Ok(())
    }
}
