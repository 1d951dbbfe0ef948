//! `lth runs`.

use std::path::{Path, PathBuf};

use lth_lab::{Condition, ListedRun, choose_runs, list_runs};

use super::{runs_remove, runs_table, runs_usage};
use crate::{
    arguments::{ListArguments, RunsArguments, RunsCommand, RunsFormat},
    failure::Failure,
    output::{Messages, print},
    settings::parse,
};

/// Where runs lie unless something else is said.
const USUAL: &str = "runs";

/// Lists runs, or does with them what was asked for.
pub(crate) fn run(arguments: &RunsArguments, messages: &Messages) -> Result<(), Failure> {
    match &arguments.command {
        None => list(&arguments.list, messages),
        Some(RunsCommand::Rm(arguments)) => runs_remove::run(arguments, messages),
        Some(RunsCommand::Du(arguments)) => runs_usage::run(arguments, messages),
    }
}

fn list(arguments: &ListArguments, messages: &Messages) -> Result<(), Failure> {
    let conditions: Vec<Condition> =
        arguments.conditions.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    let all = found(&arguments.paths, messages)?;
    let mut runs = choose_runs(all, &conditions, arguments.sort.as_deref()).map_err(Failure::bad_input)?;
    if arguments.reverse {
        runs.reverse();
    }
    print(&match arguments.format {
        RunsFormat::Table if runs.is_empty() => String::new(),
        RunsFormat::Table => runs_table::table(&runs),
        RunsFormat::Csv => runs_table::csv(&runs),
        RunsFormat::Json => runs_table::json(&runs),
    })
}

/// The runs at or below some paths; below `runs` where none is given.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn found(paths: &[PathBuf], messages: &Messages) -> Result<Vec<ListedRun>, Failure> {
    let paths = wanted(paths);
    let runs = list_runs(&paths).map_err(Failure::bad_input)?;
    say_if_none(runs.is_empty(), &paths, messages);
    Ok(runs)
}

/// The paths that were given, else `runs`, if it is there.
pub(super) fn wanted(paths: &[PathBuf]) -> Vec<PathBuf> {
    let usual = Path::new(USUAL);
    if !paths.is_empty() {
        return paths.to_owned();
    }
    if usual.exists() { vec![usual.to_owned()] } else { Vec::new() }
}

/// Says that there are no runs where there are none.
pub(super) fn say_if_none(are_none: bool, paths: &[PathBuf], messages: &Messages) {
    if are_none {
        let usual = PathBuf::from(USUAL);
        let paths = if paths.is_empty() { &[usual][..] } else { paths };
        let names: Vec<String> = paths.iter().map(|path| format!("'{}'", path.display())).collect();
        messages.info(&format!("there are no runs in {}", names.join(", ")));
    }
}
