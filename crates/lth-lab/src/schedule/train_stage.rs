//! One stage: from its ticket to its files.

use std::sync::{Arc, Mutex};

use lth_model::Tensors;
use lth_ticket::{BeforeTrainingError, TrainingData, TrainingJob};

use super::{Derivation, Stage};
use crate::{
    Experiment, GivenStart, LabError, Layout, RoundRecord, StageError, TaskName, Variant, Workbench,
    atomic::remove_file,
    disk::drop_superseded_weights,
    procedure::{Page, page},
    tasks::Ended,
    work::{End, Sitting, TrainingWork, Until},
};

/// Does the stages of a run.
pub(crate) struct StageRunner<'a> {
    pub(crate) experiment: &'a Experiment,
    pub(crate) bench: &'a Workbench<'a>,
    pub(crate) layout: &'a Layout,
    pub(super) given: Option<&'a GivenStart>,
    derivation: Derivation<'a>,
    pub(super) page: Box<dyn Page + 'a>,
    /// What the only training is called that is not called after its stage.
    called: Option<TaskName>,
    /// What stands before the names of stages, where there are those of other runs.
    label: Arc<str>,
    /// Trained weights of round 0 that had to be trained again, by replicate.
    pub(super) dense: Vec<Mutex<Option<Tensors>>>,
}

impl<'a> StageRunner<'a> {
    /// For the stages of this experiment.
    pub(crate) fn new(
        experiment: &'a Experiment,
        bench: &'a Workbench<'a>,
        layout: &'a Layout,
        given: Option<&'a GivenStart>,
        called: Option<TaskName>,
    ) -> Self {
        let page = page(&experiment.pruning.procedure);
        let dense = (0..experiment.replicates).map(|_| Mutex::default()).collect();
        let derivation = Derivation::of(experiment);
        let label = "".into();
        Self { experiment, bench, layout, given, derivation, page, called, label, dense }
    }

    /// The same with a label before the names of stages.
    pub(crate) fn labelled(self, label: Arc<str>) -> Self {
        Self { label, ..self }
    }

    /// The name of a stage.
    pub(crate) fn name(&self, stage: Stage) -> TaskName {
        let own = || {
            if self.label.is_empty() { TaskName::of(&stage) } else { TaskName::of(&stage).after(&self.label) }
        };
        self.called.clone().unwrap_or_else(own)
    }

    /// Does a stage, unless it is done or another process does it; of one that is done, makes again what is missing.
    ///
    /// # Errors
    /// When the training diverges or is refused, or files are not what they should be or cannot be written.
    pub(crate) fn run(&self, stage: Stage) -> Result<Ended, StageError> {
        let Stage { replicate, variant, round } = stage;
        let folder = self.layout.round(replicate, variant, round);
        self.bench.leased(&self.derivation.id(stage), &folder, || {
            remove_file(&self.layout.failure(replicate, variant, round))?;
            let result = self.do_or_complete(stage);
            if let Err(error) = &result {
                self.layout.note_failure(stage, error)?;
            }
            result
        })
    }

    fn do_or_complete(&self, stage: Stage) -> Result<Ended, StageError> {
        let Stage { replicate, variant, round } = stage;
        let start = match self.start(stage) {
            Err(StageError::Stopped | StageError::BeforeTraining(BeforeTrainingError::Stopped)) => {
                return Ok(Ended::Stopped(None));
            }
            start => start?,
        };
        let path = self.layout.record(replicate, variant, round);
        let record = RoundRecord::read(&path)?;
        let experiment = self.experiment;
        let data = self.data(replicate)?;
        let (recipe, rates) = (experiment.recipe_of(stage, self.per_epoch()), experiment.rates());
        let seed = experiment.seed(replicate);
        let job = TrainingJob {
            recipe: &recipe,
            mask_updates: self.mask_updates(stage, &rates)?,
            snapshots: if self.experiment.reaches_rewind_point(stage) {
                vec![self.rewind_iteration()]
            } else {
                Vec::new()
            },
            ..self.bench.job(experiment, seed, &data, &start)
        };
        let key = self.bench.key(experiment, seed, &start, &job);
        if let Some(record) = &record {
            if record.inputs != key.as_str() {
                let reason =
                    "it was trained from another ticket, data or architecture than are there now, or in other arithmetic"
                        .to_owned();
                return Err(LabError::Changed { path, reason }.into());
            }
            if !self.lacks_training(stage, &start)? {
                return self.complete(stage, &start, record);
            }
        }
        if record.is_none()
            && let Some(ended) = self.take_from_other_run(stage, &start, &key, &job)?
        {
            return Ok(ended);
        }
        let work = TrainingWork {
            task: &self.name(stage),
            job,
            saved: Some((&self.layout.checkpoint(replicate, variant, round), &key)),
            density: self.wanted_density(stage, &start.masks),
            until: Until::Last,
        };
        let sitting = self.bench.train(work, |end, timestamps| match end {
            End::Last(trained) => {
                self.finish(stage, &start, &key, trained, timestamps, record.as_ref()).map(Some)
            }
            End::Before(_) => Ok(None),
        })?;
        if let (Some(store), Sitting::Done(_)) = (&self.bench.store, &sitting) {
            // An index that cannot be written costs another run a training, no more.
            let _ = store.note(key.as_str(), &self.layout.round(replicate, variant, round));
        }
        Ok(sitting.into())
    }

    /// Removes what a finished training no longer needs. Done again when the stage is skipped: a crash may have come first.
    pub(super) fn clean_up(&self, stage: Stage, keep: crate::Keep) -> Result<(), LabError> {
        let Stage { replicate, variant, round } = stage;
        remove_file(&self.layout.checkpoint(replicate, variant, round))?;
        if variant == Variant::Ticket {
            let rounds = self.experiment.rounds;
            if !self.page.changes_masks() {
                drop_superseded_weights(self.layout, replicate, rounds, keep, self.experiment.keeps_dense())?;
            }
        }
        Ok(())
    }

    /// The examples of a replicate: its seed decides which are held out.
    pub(crate) fn data(&self, replicate: u32) -> Result<Arc<TrainingData>, StageError> {
        Ok(self.bench.examples(self.experiment, self.experiment.seed(replicate))?)
    }

    /// The iteration of the rewind point.
    pub(super) fn rewind_iteration(&self) -> u64 {
        self.experiment.pruning.procedure.rewind().iterations(self.per_epoch())
    }

    /// Iterations an epoch.
    pub(crate) fn per_epoch(&self) -> u64 {
        self.bench.per_epoch(self.experiment)
    }
}
