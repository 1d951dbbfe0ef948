//! The same training in another run: done once, its files are those of both.

use std::{collections::BTreeMap, path::Path};

use lth_model::{Evaluation, Masks, OptimizerState, TensorFile, Tensors, TrainerState};
use lth_ticket::{Ticket, Trained, TrainingJob, at_end};

use super::{Stage, StageRunner};
use crate::{
    LabError, Layout, Outcome, RoundRecord, StageError, Timestamps, Timing,
    atomic::write_file,
    metrics::read_metrics_csv,
    tasks::{Ended, TaskKey, share},
    work::{End, Sitting, Start, TrainingWork, Until},
};

impl StageRunner<'_> {
    /// Makes the output of the same training in another run, where it is there with all that is needed of it, this run's too: every
    /// file but the times has the bytes that training once more would give. `None` where it is not.
    ///
    /// # Errors
    /// When files of this run cannot be written.
    pub(super) fn take_from_other_run(
        &self,
        stage: Stage,
        start: &Start,
        key: &TaskKey,
        job: &TrainingJob<'_>,
    ) -> Result<Option<Ended>, StageError> {
        let Some(store) = &self.bench.store else { return Ok(None) };
        let own = self.layout.round(stage.replicate, stage.variant, stage.round);
        let found = store.find(key.as_str()).filter(|folder| *folder != own);
        let Some(folder) = found else { return Ok(None) };
        let Some((mut trained, timestamps)) = self.read_training(stage, start, &folder)? else {
            return Ok(None);
        };
        for &iteration in &job.snapshots {
            let point = match self.rewind_point_of(&folder, iteration) {
                Some(point) => point,
                None => match self.train_to(iteration, stage, key, job)? {
                    Sitting::Done(point) => point,
                    Sitting::Stopped(at) => return Ok(Some(Ended::Stopped(Some(at)))),
                },
            };
            trained.snapshots.insert(iteration, point);
        }
        let ended = self.finish(stage, start, key, &trained, &timestamps, None)?;
        self.note_origin(stage, &folder)?;
        self.share_files(stage, &folder);
        Ok(Some(match ended {
            Ended::Finished { found, .. } => Ended::Shared { found, from: folder },
            other => other,
        }))
    }

    /// Writes where a training was done beside how long it took there.
    fn note_origin(&self, stage: Stage, folder: &Path) -> Result<(), LabError> {
        let path = self.layout.timing(stage.replicate, stage.variant, stage.round);
        let origin = Some(folder.strip_prefix(self.bench.output).unwrap_or(folder).to_owned());
        let there = Timing::read(&folder.join("timing.json"))?;
        match there {
            Some(timing) => {
                let origin = timing.origin.clone().or(origin);
                write_file(&path, Timing { origin, ..timing }.to_json().as_bytes())
            }
            None => Ok(()),
        }
    }

    /// Lets the files of a training share their storage with those of the same training in another folder, where they have the same
    /// bytes. Where that does not work they take more room, no more.
    fn share_files(&self, stage: Stage, folder: &Path) {
        let own = self.layout.round(stage.replicate, stage.variant, stage.round);
        for name in ["ticket.safetensors", "trained.safetensors", "metrics.csv"] {
            let _ = share(&folder.join(name), &own.join(name));
        }
        if stage == Stage::ticket(stage.replicate, 0)
            && let (Some(there), Some(own)) = (folder.parent(), own.parent())
        {
            for name in ["initial.safetensors", "rewind.safetensors"] {
                let _ = share(&there.join(name), &own.join(name));
            }
        }
    }

    /// A finished training as its files tell it; `None` where something that this run needs is missing or cannot be read.
    fn read_training(
        &self,
        stage: Stage,
        start: &Start,
        folder: &Path,
    ) -> Result<Option<(Trained, Timestamps)>, StageError> {
        let architecture = self.bench.architecture;
        let file = |name: &str| folder.join(name);
        let (Ok(Some(record)), Ok(history), Ok(Some(timing))) = (
            RoundRecord::read(&file("round.json")),
            read_metrics_csv(&file("metrics.csv")),
            Timing::read(&file("timing.json")),
        ) else {
            return Ok(None);
        };
        if at_end(&history).map(Outcome::from) != Some(record.end) {
            return Ok(None);
        }
        let needs_weights = self.experiment.makes_next_ticket(stage) || self.keeps_weights(stage);
        let (weights, masks) = match TensorFile::read(&file("trained.safetensors")) {
            Ok(found) if found.check_against(architecture).is_ok() => {
                (architecture.ordered(found.tensors), found.masks)
            }
            _ if needs_weights => return Ok(None),
            _ => (Tensors::new(), Masks::new()),
        };
        let masks = if self.experiment.finds_masks(stage) { masks } else { start.masks.clone() };
        let examples = self.data(stage.replicate)?.train_indices.len();
        let correct = (record.train_accuracy * examples as f64).round() as usize;
        let iterations = history.iter().map(|row| row.iteration);
        let timestamps = Timestamps::spread(iterations, record.start, timing.seconds, timing.finished);
        let trained = Trained {
            weights,
            masks,
            optimizer: OptimizerState::default(),
            history,
            snapshots: BTreeMap::new(),
            train: Evaluation { loss: record.train_loss, correct, examples },
            seconds: timing.seconds,
            cpu_seconds: timing.cpu_seconds,
        };
        Ok(Some((trained, timestamps)))
    }

    /// The rewind point beside the dense round in a folder, where it is this iteration's.
    fn rewind_point_of(&self, round: &Path, iteration: u64) -> Option<TrainerState> {
        let path = Layout::rewind_beside(round)?;
        let name = path.display().to_string();
        let ticket = Ticket::from_file(TensorFile::read(&path).ok()?, &name).ok()?;
        let Ticket { weights, optimizer, origin, .. } =
            ticket.for_architecture(self.bench.architecture).ok()?;
        if origin.rewind_iteration != iteration {
            return None;
        }
        if optimizer.is_none() && self.experiment.pruning.procedure.keeps_optimizer_state() {
            return None;
        }
        Some(TrainerState { weights, optimizer: optimizer.unwrap_or_default() })
    }

    /// The state at an iteration, from as much of a training as leads there: another run has the rest of it.
    fn train_to(
        &self,
        iteration: u64,
        stage: Stage,
        key: &TaskKey,
        job: &TrainingJob<'_>,
    ) -> Result<Sitting<TrainerState>, StageError> {
        let Stage { replicate, variant, round } = stage;
        let work = TrainingWork {
            task: &self.name(stage),
            job: job.clone(),
            saved: Some((&self.layout.checkpoint(replicate, variant, round), key)),
            density: self.bench.architecture.density(job.masks),
            until: Until::Iteration(iteration),
        };
        self.bench.train(work, |end, _| match end {
            End::Before(checkpoint) => Ok(checkpoint.snapshots.get(&iteration).cloned()),
            End::Last(trained) => Ok(trained.snapshots.get(&iteration).cloned()),
        })
    }
}
