//! Trainings that failed and would again: a note of the reason in the folder of each.

use std::fs;

use super::Stage;
use crate::{
    Experiment, LabError, Layout, StageError,
    atomic::{create_folder, write_file},
};

impl Experiment {
    /// The trainings of a run that failed in a way that they will again, as one that diverges, each with the reason. The command
    /// that made the run tries them again; a sweep where it is told to.
    pub(crate) fn failures(&self, layout: &Layout) -> Vec<(Stage, String)> {
        self.stages().filter_map(|stage| Some((stage, layout.failed(stage)?))).collect()
    }
}

impl Layout {
    /// Why a training that is not finished failed, if it would again.
    pub(crate) fn failed(&self, stage: Stage) -> Option<String> {
        let note = self.failure(stage.replicate, stage.variant, stage.round);
        let reason = fs::read_to_string(note).ok()?;
        (!self.is_finished(stage)).then(|| reason.trim_end().to_owned())
    }

    /// Notes why a training failed, if it would again.
    pub(crate) fn note_failure(&self, stage: Stage, error: &StageError) -> Result<(), LabError> {
        let Stage { replicate, variant, round } = stage;
        if !error.is_lasting() {
            return Ok(());
        }
        create_folder(&self.round(replicate, variant, round))?;
        write_file(&self.failure(replicate, variant, round), format!("{error}\n").as_bytes())
    }
}
