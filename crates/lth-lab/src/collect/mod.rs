//! Bringing runs together that were done in several places without a shared file system.
//!
//! Of each run the trainings that are finished there and not here are copied: as whole files, the record last, so that at any moment
//! and after any crash a training is here or is not. What decides bits must be the same on both sides where both have it; that
//! is looked at before anything of a run is changed.

mod run;
mod sweeps;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{LabError, Layout, Store, results::run_folders};

/// What came of the folder of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The run here.
    pub folder: PathBuf,
    /// The run there.
    pub from: PathBuf,
    /// Trainings that were copied.
    pub new: usize,
    /// Trainings that were here already.
    pub known: usize,
}

/// Brings what is finished in runs and sweeps at or right below some paths into an output folder. Runs of transfers and learned
/// supermasks are not looked at. Doing it again does nothing more.
///
/// # Errors
/// When a path cannot be read or has no run; when a run is damaged, is another one here than there, or has a file that differs, with
/// both names: runs before it are then here already; when files cannot be written.
pub fn collect(from: &[PathBuf], output: &Path) -> Result<Vec<Collected>, LabError> {
    let store = Store::of(output);
    let mut all = Vec::new();
    for path in from {
        let runs = runs_at(path)?;
        let sweeps = sweeps::copy(path, output)?;
        if runs.is_empty() && !sweeps {
            return Err(LabError::Refused {
                reason: format!("there is no run in '{}'", path.display()),
                hint: "name the folder in which runs lie, `runs` unless --output-path said otherwise"
                    .to_owned(),
            });
        }
        for run in runs {
            let name = fs::canonicalize(&run).ok().and_then(|path| path.file_name().map(ToOwned::to_owned));
            let Some(name) = name else { continue };
            all.push(run::collect(&run, &output.join(name), &store)?);
        }
    }
    Ok(all)
}

/// The path, if it is a run, or the runs right in it.
fn runs_at(path: &Path) -> Result<Vec<PathBuf>, LabError> {
    let is_near = |run: &PathBuf| run == path || run.parent() == Some(path);
    let has_record = |run: &PathBuf| Layout::new(run).is_run() && !run.join("supermask.json").exists();
    Ok(run_folders(&[path.to_owned()])?.into_iter().filter(|run| is_near(run) && has_record(run)).collect())
}
