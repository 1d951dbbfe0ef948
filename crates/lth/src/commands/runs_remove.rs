//! `lth runs rm`.

use std::{
    io::{self, IsTerminal, Write as _, stderr, stdin},
    path::Path,
};

use lth_lab::{LabError, Layout, ListedRun, RunState, freed_bytes, list_runs, remove_runs, usage};

use super::experiment_run::refused;
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
    if !arguments.yes && !stdin().is_terminal() {
        return Err(Failure::input("there is no terminal to ask on, and nothing was removed", "use --yes"));
    }
    let usages: Vec<_> = arguments.runs.iter().map(|path| usage(path)).collect();
    let trainings: u64 = runs.iter().map(|run| run.trainings).sum();
    let sum = format!(
        "{} with {}: {} are freed",
        counted(runs.len() as u64, "run"),
        counted(trainings, "finished training"),
        bytes(freed_bytes(&usages))
    );
    print(&format!("{}{sum}\n", what_goes(&runs)))?;
    if !arguments.yes && !confirmed()? {
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

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Asks on the terminal.
fn confirmed() -> io::Result<bool> {
    let mut stream = stderr();
    write!(stream, "Remove? [y/N] ")?;
    stream.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
