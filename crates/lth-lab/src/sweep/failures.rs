//! Trainings of a sweep that failed for good: the same command passes over them, unless it is told to try again.

use std::{fs, path::PathBuf};

use super::SweepTask;
use crate::{
    LabError, StageError,
    atomic::{create_folder, remove_file, write_file},
};

/// Notes of failures, a file each, in the folder `failed` of the sweep.
pub(super) struct Failures {
    folder: PathBuf,
    retry: bool,
}

impl Failures {
    /// Those of the sweep in a folder; with `retry` noted ones are tried again.
    pub(super) fn of(folder: &std::path::Path, retry: bool) -> Self {
        Self { folder: folder.join("failed"), retry }
    }

    /// Does a task, unless it failed before, and notes if it fails in a way that it will again.
    pub(super) fn guard<T>(
        &self,
        task: &SweepTask,
        run: impl FnOnce() -> Result<T, StageError>,
    ) -> Result<T, StageError> {
        let note = self.folder.join(&*task.id);
        if self.retry {
            remove_file(&note)?;
        } else if let Ok(reason) = fs::read_to_string(&note) {
            return Err(StageError::FailedBefore { reason: reason.trim_end().to_owned() });
        }
        let result = run();
        if let Err(error) = &result
            && error.is_lasting()
        {
            self.note(&note, error)?;
        }
        result
    }

    fn note(&self, path: &std::path::Path, error: &StageError) -> Result<(), LabError> {
        create_folder(&self.folder)?;
        write_file(path, format!("{error}\n").as_bytes())
    }
}
