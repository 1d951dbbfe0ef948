//! `lth sweep --on`: a sweep given to a cluster.

use std::{
    collections::HashSet,
    env,
    path::{Path, PathBuf},
};

use lth_lab::{
    ClusterCommand, ClusterWork, SweepPlan, SweepStatus, TaskState, check_slurm_options,
    submit_to_hyperqueue, submit_to_slurm,
};

use super::{
    experiment_run::{Schedule, refused},
    sweep::task_flags,
};
use crate::{
    arguments::{Cluster, SweepArguments},
    estimate,
    failure::Failure,
    interrupt::quoted,
    output::{Messages, print},
};

/// Queues what is left of a sweep, and says how to follow it.
///
/// # Errors
/// When the cluster is not there or refuses, or files cannot be written.
pub(super) fn submit(
    cluster: Cluster,
    plan: &SweepPlan,
    schedule: &Schedule,
    arguments: &SweepArguments,
    messages: &Messages,
) -> Result<(), Failure> {
    let options = &arguments.job_options;
    if cluster == Cluster::Slurm {
        check_slurm_options(options).map_err(Failure::bad_input)?;
    }
    let status = SweepStatus::of(plan, &schedule.output).map_err(Failure::bad_input)?;
    let done = status.tasks.iter().filter(|(_, state)| *state == TaskState::Done);
    let done: HashSet<&str> = done.map(|(task, _)| &*task.id).collect();
    let work = ClusterWork::of(plan, &done);
    messages.info(&format!(
        "{} trainings are done, {} are left, in {} groups one after the other",
        done.len(),
        work.tasks.len(),
        work.levels().len()
    ));
    if schedule.dry_run {
        messages.info("nothing was queued");
        let folder = schedule.output.join(&plan.folder_name);
        return estimate::end_dry_run(&[folder], schedule.print_folder, messages);
    }
    let folder = plan.write_folder(&schedule.output).map_err(refused)?;
    if work.tasks.is_empty() {
        let file = quoted(&folder.join("sweep.toml").display().to_string());
        messages.info(&format!("nothing is left to train; `lth sweep {file}` writes the table"));
        return print(&format!("{}\n", folder.display()));
    }
    let command = command(&folder, schedule, arguments)?;
    let submit = match cluster {
        Cluster::Slurm => submit_to_slurm,
        Cluster::Hyperqueue => submit_to_hyperqueue,
    };
    let submitted = submit(&work, &command, &whole(&folder)?, options).map_err(|error| match error {
        error @ lth_lab::LabError::Refused { .. } => Failure::failed_work(error),
        error => refused(error),
    })?;
    let shown = quoted(&folder.display().to_string());
    messages.info(&format!(
        "queued {} trainings and the table: {} {}; `lth status {shown}` tells how far they are",
        submitted.trainings,
        if submitted.jobs.len() == 1 { "job" } else { "jobs" },
        submitted.jobs.join(", "),
    ));
    print(&format!("{}\n", folder.display()))
}

/// How the program is called there: by whole paths, from the folder that this command was given in.
fn command(
    folder: &Path,
    schedule: &Schedule,
    arguments: &SweepArguments,
) -> Result<ClusterCommand, Failure> {
    let text = |path: PathBuf| path.display().to_string();
    let own =
        |error| Failure::work(format!("cannot tell where this program is: {error}"), "call it by its path");
    Ok(ClusterCommand {
        program: text(env::current_exe().map_err(own)?),
        sweep: text(whole(folder)?.join("sweep.toml")),
        flags: task_flags(arguments, Some(text(whole(&schedule.output)?))),
        folder: whole(Path::new("."))?,
        threads: schedule.threads,
    })
}

/// A path from the root on. Links in it stay: another machine may have them elsewhere.
fn whole(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |error| {
        Failure::work(format!("cannot tell the working folder: {error}"), "change to one that is there")
    };
    std::path::absolute(path).map_err(failed)
}
