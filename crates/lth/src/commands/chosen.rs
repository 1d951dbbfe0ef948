//! The runs that a command is of.

use std::path::PathBuf;

use lth_lab::{Condition, choose_runs, list_runs};

use crate::{failure::Failure, settings::parse};

/// The paths; with conditions the folders of the runs below them of which all hold.
///
/// # Errors
/// When a condition says nothing, no run fulfils all, or a path cannot be read.
pub(crate) fn chosen(paths: &[PathBuf], texts: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let conditions: Vec<Condition> = texts.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    if conditions.is_empty() {
        return Ok(paths.to_owned());
    }
    let folders = lth_report::run_folders_of(paths).map_err(Failure::bad_input)?;
    let listed = list_runs(&folders).map_err(Failure::bad_input)?;
    let runs = choose_runs(listed, &conditions, None).map_err(Failure::bad_input)?;
    if runs.is_empty() && !folders.is_empty() {
        let paths: Vec<String> = paths.iter().map(|path| format!("'{}'", path.display())).collect();
        return Err(Failure::input(
            format!("no run in {} has {}", paths.join(", "), texts.join(" and ")),
            "`lth runs` lists runs with the settings in which they differ",
        ));
    }
    Ok(runs.into_iter().map(|run| run.folder).collect())
}
