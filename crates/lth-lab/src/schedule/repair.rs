//! Files of finished trainings that have got lost, or that another retention policy wants: made again, to the same bits.

use std::{fmt, path::PathBuf};

use super::{Stage, StageRunner, finish::Write};
use crate::{
    Keep, LabError, RoundRecord, StageError, Timestamps, Timing, Variant,
    atomic::write_file,
    metrics::{now, read_metrics_csv},
    tasks::{Ended, Found, TaskEvent},
    work::Start,
};

/// How files of a finished training that are missing are made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// They are written again from the files that are there.
    Rewriting,
    /// The next ticket is cut from the trained weights, which are there.
    Pruning,
    /// The training is repeated.
    Training,
    /// Not at all: a time that nobody noted is gone.
    None,
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rewriting => "written again",
            Self::Pruning => "pruned again",
            Self::Training => "trained again",
            Self::None => {
                "its times are left out; to measure them again, remove the round.json beside it and run the same command"
            }
        })
    }
}

impl StageRunner<'_> {
    /// Whether a finished training has to be done again for files that only it makes.
    pub(super) fn lacks_training(&self, stage: Stage, start: &Start) -> Result<bool, StageError> {
        let mut missing = self.missing_by_training(stage)?;
        let next_ticket = self.missing_next_ticket(stage);
        if next_ticket.is_some() && self.trained_weights(stage, start).is_none() {
            missing.extend(next_ticket);
        }
        self.tell(stage, &missing, Remedy::Training);
        Ok(!missing.is_empty())
    }

    fn tell(&self, stage: Stage, missing: &[PathBuf], remedy: Remedy) {
        if !missing.is_empty() {
            let event = TaskEvent::Incomplete { missing, remedy };
            self.bench.observer.event(&self.name(stage), &event);
        }
    }

    /// Makes again what is missing of a finished training, and follows from what is there.
    pub(super) fn complete(
        &self,
        stage: Stage,
        start: &Start,
        record: &RoundRecord,
    ) -> Result<Ended, StageError> {
        let Stage { replicate, variant, round } = stage;
        if let Some(path) = self.missing_next_ticket(stage)
            && let Some(weights) = self.trained_weights(stage, start)
        {
            self.tell(stage, &[path], Remedy::Pruning);
            if Some(self.page.make_next_ticket(self, stage, start, &weights)?) != record.next_ticket {
                return Err(self.other_result(stage).into());
            }
        }
        let rewritten = self.missing_by_writing(stage);
        self.tell(stage, &rewritten, Remedy::Rewriting);
        if !rewritten.is_empty() {
            self.write_again(stage, record)?;
        }
        let timing = self.layout.timing(replicate, variant, round);
        if !timing.exists() {
            self.tell(stage, &[timing], Remedy::None);
        }
        let record = self.kept_record(stage, record)?;
        self.clean_up(stage, record.keep)?;
        Ok(Ended::Skipped(Found::Round(Box::new(record), None)))
    }

    /// Files that are missing and that only the training itself makes.
    fn missing_by_training(&self, stage: Stage) -> Result<Vec<PathBuf>, LabError> {
        Ok(missing(self.experiment.files_by_training(self.layout, stage)?))
    }

    /// The ticket of the next round, where it is missing.
    fn missing_next_ticket(&self, stage: Stage) -> Option<PathBuf> {
        self.experiment.next_ticket(self.layout, stage).filter(|path| !path.exists())
    }

    /// Files that are missing and that follow from others.
    fn missing_by_writing(&self, stage: Stage) -> Vec<PathBuf> {
        missing(self.layout.files_by_writing(stage))
    }

    /// Writes the missing ones of those files. When each evaluation was made is not known any more: the times are spread evenly.
    fn write_again(&self, stage: Stage, record: &RoundRecord) -> Result<(), StageError> {
        let Stage { replicate, variant, round } = stage;
        let history = read_metrics_csv(&self.layout.metrics(replicate, variant, round))?;
        let timing = Timing::read(&self.layout.timing(replicate, variant, round))?;
        let (seconds, finished) = timing.map_or((0.0, now()), |timing| (timing.seconds, timing.finished));
        let iterations = history.iter().map(|row| row.iteration);
        let timestamps = Timestamps::spread(iterations, record.start, seconds, finished);
        self.write_derived(stage, &history, &timestamps, record.density, Write::Missing)?;
        if variant == Variant::Ticket && round == 0 {
            let path = self.layout.initial(replicate);
            if !path.exists() {
                write_file(&path, &self.initial_file(replicate, self.initial(replicate)?).to_bytes())?;
            }
        }
        Ok(())
    }

    /// The record, and what an earlier policy happened to keep under `--keep all` from now on protected from narrower ones.
    fn kept_record(&self, stage: Stage, record: &RoundRecord) -> Result<RoundRecord, LabError> {
        let mut kept = record.clone();
        if self.experiment.keep == Keep::All && record.keep != Keep::All {
            kept.keep = Keep::All;
            let path = self.layout.record(stage.replicate, stage.variant, stage.round);
            write_file(&path, kept.to_json().as_bytes())?;
        }
        Ok(kept)
    }
}

fn missing(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.retain(|path| !path.exists());
    paths
}
