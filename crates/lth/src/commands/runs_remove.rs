//! `lth runs rm`.

use std::path::Path;

use lth_lab::{LabError, Layout, ListedRun, RunState, freed_bytes, list_runs, remove_runs, usage};

use super::{
    confirm::{check_terminal, confirmed, counted},
    experiment_run::refused,
};
use crate::{
    arguments::RemoveArguments,
    estimate::bytes,
    failure::Failure,
    output::{Messages, print},
    table::{table, text},
};

/// Removes runs, after saying what would go and asking whether it should.
pub(crate) fn run(arguments: &RemoveArguments, messages: &Messages) -> Result<(), Failure> {
    for path in &arguments.runs {
        if !Layout::new(path).is_run() && !path.join("transfer.toml").is_file() {
            return Err(not_a_run(path));
        }
    }
    let runs = list_runs(&arguments.runs).map_err(Failure::bad_input)?;
    if let Some(run) = runs.iter().find(|run| run.state == RunState::Running) {
        return Err(refused(LabError::Locked { path: run.folder.clone() }));
    }
    check_terminal(arguments.yes, "nothing was removed")?;
    let usages: Vec<_> = arguments.runs.iter().map(|path| usage(path)).collect();
    let trainings: u64 = runs.iter().map(|run| run.trainings).sum();
    let sum = format!(
        "{} with {}: {} are freed",
        counted(runs.len() as u64, "run"),
        counted(trainings, "finished training"),
        bytes(freed_bytes(&usages))
    );
    print(&format!("{}{sum}\n", what_goes(&runs)))?;
    if !confirmed(arguments.yes, "Remove?")? {
        messages.info("nothing was removed");
        return Ok(());
    }
    remove_runs(&arguments.runs).map_err(refused)?;
    messages.info(&format!("removed {}", counted(runs.len() as u64, "run")));
    Ok(())
}

fn not_a_run(path: &Path) -> Failure {
    Failure::input(
        format!("'{}' is neither a run folder nor that of a transfer", path.display()),
        "`lth runs` lists the runs",
    )
}

/// A row a run.
fn what_goes(runs: &[ListedRun]) -> String {
    let mut rows = table(&["run", "state", "trainings", "size"], 2);
    for run in runs {
        rows.add_row([
            run.folder.display().to_string(),
            run.state.name().to_owned(),
            run.trainings.to_string(),
            bytes(run.usage.bytes()),
        ]);
    }
    text(&rows)
}
