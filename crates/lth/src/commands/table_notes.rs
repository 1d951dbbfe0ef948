//! What a reader of a table has to know of its runs.

use std::path::PathBuf;

use lth_lab::{Experiment, LabError, RunResults, differing_settings};
use lth_report::{Runs, TableAxis, missing_of_sweeps};

/// Runs that are missing or not finished, and settings in which columns differ besides.
///
/// # Errors
/// When the list of a sweep's runs is damaged.
pub(super) fn notes(paths: &[PathBuf], runs: &Runs, axes: [TableAxis; 2]) -> Result<Vec<String>, LabError> {
    let mut notes = missing_of_sweeps(paths)?;
    notes.extend(unfinished(&runs.all));
    notes.extend(other_differences(runs, axes));
    Ok(notes)
}

/// They are under way, waiting, or have diverged.
pub(super) fn unfinished<'a>(runs: impl IntoIterator<Item = &'a RunResults>) -> Option<String> {
    let unfinished: Vec<&RunResults> = runs.into_iter().filter(|run| !run.is_complete()).collect();
    let first = unfinished.first()?;
    let more = match unfinished.len() - 1 {
        0 => String::new(),
        1 => "; nor is one more run".to_owned(),
        others => format!("; nor are {others} more runs"),
    };
    let (root, all) = (first.layout.root().display(), first.experiment.trainings());
    let failed = first.state().reason().map_or_else(String::new, |reason| format!(", {reason}"));
    Some(format!(
        "{root} is not finished: {} of {all} trainings are missing{failed}{more}",
        all.saturating_sub(first.rounds.len() as u64)
    ))
}

/// Settings that differ and are on no axis: what they do cannot be told from what the axes do.
fn other_differences(runs: &Runs, axes: [TableAxis; 2]) -> Option<String> {
    let is_run = |axis: &TableAxis| matches!(axis, TableAxis::Run);
    if axes.iter().any(is_run) {
        return None;
    }
    let experiments: Vec<&Experiment> = runs.all.iter().map(|run| &run.experiment).collect();
    let is_on_axis =
        |key: &str| axes.iter().any(|axis| matches!(axis, TableAxis::Setting(own) if own.key == key));
    let differing = differing_settings(&experiments);
    let others: Vec<&str> =
        differing.iter().map(|setting| setting.key).filter(|key| !is_on_axis(key)).collect();
    (!others.is_empty())
        .then(|| format!("the runs differ in {} too, which the table does not show", others.join(", ")))
}
