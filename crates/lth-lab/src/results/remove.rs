//! Removing runs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{RunState, list_runs, run_folders};
use crate::{LabError, Layout, disk::RunLock};

/// Removes run folders and all that is in them, after all of them were found to be at rest. Their settings go last, so that what a
/// crash leaves of a run is found again.
///
/// # Errors
/// When a process works in one of them, before anything is removed; when a file cannot be removed.
pub fn remove_runs(folders: &[PathBuf]) -> Result<(), LabError> {
    let mut locks = Vec::new();
    for run in list_runs(folders)? {
        if run.state == RunState::Running {
            return Err(LabError::Locked { path: run.folder });
        }
        locks.push(RunLock::alone(&Layout::new(run.folder))?);
    }
    folders.iter().try_for_each(|folder| remove(folder))
}

fn remove(folder: &Path) -> Result<(), LabError> {
    let failed = |source| LabError::Write { path: folder.to_owned(), source };
    for run in run_folders(&[folder.to_owned()])? {
        let settings = Layout::new(&run).experiment();
        for entry in fs::read_dir(&run).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path() == settings {
                continue;
            }
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            let removed =
                if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            removed.map_err(|source| LabError::Write { path: entry.path(), source })?;
        }
    }
    fs::remove_dir_all(folder).map_err(failed)
}
