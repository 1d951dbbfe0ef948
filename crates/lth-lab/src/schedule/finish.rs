//! The files of a finished training: all of them at its end, later those that have got lost.

use std::path::Path;

use lth_model::Density;
use lth_ticket::{MetricRow, Trained, at_end, early_stop};

use super::{Stage, StageRunner};
use crate::{
    LabError, Outcome, RoundRecord, StageError, Timestamps, Timing,
    atomic::{create_folder, write_file},
    disk::writes_weights,
    metrics::{layer_counts, lec_csv, metrics_csv, training_event_file},
    tasks::{Ended, Found, TaskKey},
    work::Start,
};

/// Which files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// All: the training has just come to its end.
    All,
    /// Those that are not there: it had, long ago, and others stay as they are.
    Missing,
}

impl Write {
    pub(super) fn file(self, path: &Path, bytes: impl FnOnce() -> Vec<u8>) -> Result<(), LabError> {
        if self == Self::Missing && path.exists() {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        write_file(path, &bytes())
    }
}

impl StageRunner<'_> {
    /// Writes the files of a finished training; `round.json` last, for it says that the others are there. With the record of the
    /// same training from before, only those that are missing, after a look whether it is the same training.
    pub(super) fn finish(
        &self,
        stage: Stage,
        start: &Start,
        key: &TaskKey,
        trained: &Trained,
        timestamps: &Timestamps,
        before: Option<&RoundRecord>,
    ) -> Result<Ended, StageError> {
        let Stage { replicate, variant, round } = stage;
        let (experiment, layout) = (self.experiment, self.layout);
        let mut record = self.record(stage, start, key, trained)?;
        if let Some(before) = before {
            (record.keep, record.next_ticket) = (before.keep, before.next_ticket.clone());
            if record != *before {
                return Err(self.other_result(stage).into());
            }
        }
        let write = before.map_or(Write::All, |_| Write::Missing);
        let steps = record.end.iteration - start.iteration;
        let timing = Timing::now(trained.seconds, trained.cpu_seconds, steps);
        write.file(&layout.metrics(replicate, variant, round), || metrics_csv(&trained.history))?;
        self.write_derived(stage, &trained.history, timestamps, record.density, write)?;
        write.file(&layout.timing(replicate, variant, round), || timing.to_json().into_bytes())?;
        let kept = if before.is_some() {
            experiment.wants_weights_of(layout, stage)?
        } else {
            self.keeps_weights(stage)
        };
        if kept {
            let file = || self.trained_file(stage, start, trained).to_bytes();
            write.file(&layout.trained(replicate, variant, round), file)?;
            record.keep = experiment.keep;
        }
        if experiment.reaches_rewind_point(stage)
            && (write == Write::All || !layout.rewind(replicate).exists())
        {
            self.write_rewind_point(replicate, start, trained)?;
        }
        let next = layout.ticket(replicate, variant, round + 1);
        if experiment.makes_next_ticket(stage) && (write == Write::All || !next.exists()) {
            let hash = self.page.make_next_ticket(self, stage, start, &trained.weights)?;
            if before.is_some() && record.next_ticket.as_ref() != Some(&hash) {
                return Err(self.other_result(stage).into());
            }
            record.next_ticket = Some(hash);
        }
        if before != Some(&record) {
            write_file(&layout.record(replicate, variant, round), record.to_json().as_bytes())?;
        }
        self.clean_up(stage, record.keep)?;
        let found = Found::Round(Box::new(record), Some(timing.steps_per_second()));
        Ok(Ended::Finished { found, seconds: timing.seconds })
    }

    /// Writes what follows from the evaluations of a training alone.
    pub(super) fn write_derived(
        &self,
        stage: Stage,
        history: &[MetricRow],
        timestamps: &Timestamps,
        density: Density,
        write: Write,
    ) -> Result<(), LabError> {
        let Stage { replicate, variant, round } = stage;
        let layout = self.layout;
        let lec = || lec_csv(history, timestamps, density);
        write.file(&layout.metrics_lec(replicate, variant, round), lec)?;
        let events = || training_event_file(history, timestamps);
        write.file(&layout.events(replicate, variant, round), events)
    }

    /// What is written about a training, but for the ticket that follows from it.
    fn record(
        &self,
        stage: Stage,
        start: &Start,
        key: &TaskKey,
        trained: &Trained,
    ) -> Result<RoundRecord, StageError> {
        let Stage { replicate, variant, round } = stage;
        let last = trained.history.last().map_or(start.iteration, |row| row.iteration);
        let at_end = at_end(&trained.history).ok_or(StageError::Diverged { iteration: last })?;
        Ok(RoundRecord {
            replicate,
            seed: self.experiment.seed(replicate),
            variant,
            round,
            density: self.bench.architecture.density(&trained.masks),
            layers: layer_counts(self.bench.architecture, &trained.masks),
            start: start.iteration,
            early_stop: early_stop(&self.settled(stage, &trained.history)?)
                .filter(|point| point.validation_loss.is_some())
                .map(Outcome::from),
            end: at_end.into(),
            train_loss: trained.train.loss,
            train_accuracy: trained.train.accuracy(),
            keep: self.experiment.keep,
            inputs: key.as_str().to_owned(),
            next_ticket: None,
        })
    }

    /// Said when a training that is repeated for a lost file gives other bits than it gave before.
    pub(super) fn other_result(&self, stage: Stage) -> LabError {
        let Stage { replicate, variant, round } = stage;
        LabError::Changed {
            path: self.layout.record(replicate, variant, round),
            reason: "repeated for files that are missing, the training gives another result: it was made by \
                     another version of lth"
                .to_owned(),
        }
    }

    /// Whether a training that ends now writes its weights.
    pub(super) fn keeps_weights(&self, stage: Stage) -> bool {
        let experiment = self.experiment;
        experiment.finds_masks(stage)
            || writes_weights(experiment.keep, stage.variant, stage.round, experiment.keeps_dense())
    }
}
