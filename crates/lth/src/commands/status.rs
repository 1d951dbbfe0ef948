//! `lth status`.

use std::path::Path;

use lth_lab::{Sweep, SweepPlan, SweepStatus, SweepTask, TaskState};
use serde_json::{Value, json};

use crate::{
    arguments::{StatusArguments, StatusFormat},
    failure::Failure,
    output::{Messages, print},
    progress::duration,
    table::{self, Table, table},
};

/// Says how far a sweep is.
pub(crate) fn run(arguments: &StatusArguments, messages: &Messages) -> Result<(), Failure> {
    let path = &arguments.sweep;
    let file = if path.is_dir() { path.join("sweep.toml") } else { path.clone() };
    let plan = SweepPlan::of(&Sweep::read(&file).map_err(Failure::bad_input)?).map_err(Failure::bad_input)?;
    // The file lies in the folder of its sweep, or somewhere else.
    let own = file.parent().filter(|folder| folder.ends_with(&plan.folder_name)).and_then(Path::parent);
    let output = arguments.output_path.as_deref().or(own).unwrap_or(Path::new("runs"));
    let status = SweepStatus::of(&plan, output).map_err(Failure::bad_input)?;
    match arguments.format {
        StatusFormat::Json => return print(&format!("{}\n", json_of(&status))),
        StatusFormat::Table => print(&table::text(&counts(&status)))?,
    }
    for (task, state) in &status.tasks {
        match state {
            TaskState::Running(holder) => match status.silent.iter().find(|(silent, _)| silent == holder) {
                None => messages.info(&format!("{task}: {holder}")),
                Some((_, silence)) => messages.warning(&format!(
                    "{task}: {holder} has given no sign of life for {}; if that machine is gone, the next process that wants the training takes it over",
                    duration(silence.as_secs_f64())
                )),
            },
            TaskState::Failed(reason) => messages.warning(&format!("{task}: {reason}")),
            TaskState::Done | TaskState::Ready | TaskState::Waiting => {}
        }
    }
    if let Some(seconds) = status.seconds_left() {
        messages.info(&format!("{} left at this pace", duration(seconds)));
    }
    Ok(())
}

/// The name of a state.
fn name(state: &TaskState) -> &'static str {
    match state {
        TaskState::Done => "done",
        TaskState::Running(_) => "running",
        TaskState::Failed(_) => "failed",
        TaskState::Ready => "ready",
        TaskState::Waiting => "waiting",
    }
}

/// How many trainings are in each state.
fn counts(status: &SweepStatus) -> Table {
    let mut rows = table(&["trainings", "number"], 1);
    for state in ["done", "running", "ready", "waiting", "failed"] {
        rows.add_row([state.to_owned(), status.count(|own| name(own) == state).to_string()]);
    }
    rows.add_row(["all".to_owned(), status.tasks.len().to_string()]);
    rows
}

fn json_of(status: &SweepStatus) -> Value {
    let task = |(task, state): &(SweepTask, TaskState)| {
        let holder = |holder: &lth_lab::Holder| json!({ "host": holder.host, "process": holder.process });
        let (running, reason) = match state {
            TaskState::Running(by) => (Some(holder(by)), None),
            TaskState::Failed(reason) => (None, Some(reason)),
            _ => (None, None),
        };
        json!({ "task": &*task.id, "name": task.to_string(), "state": name(state), "by": running, "reason": reason })
    };
    json!({ "tasks": status.tasks.iter().map(task).collect::<Vec<_>>(), "seconds_left": status.seconds_left() })
}
