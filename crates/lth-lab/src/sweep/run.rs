//! Doing a sweep: the tasks of all its runs in one queue.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{SweepPlan, SweepTask, table::sweep_csv, tasks::longest_first};
use crate::{
    LabError, Planned, RunResults, StageError, TaskFailure, WhileRunning, Workbench, atomic::write_file,
    disk::Writer, estimate::mean_density, find::OpenRun, tasks::run_queue,
};

/// What came of a sweep.
#[derive(Debug)]
pub struct SweepReport {
    /// Its folder.
    pub folder: PathBuf,
    /// What each run has found, in the order of the plan.
    pub runs: Vec<RunResults>,
    /// Trainings that failed; what waits for them was not started.
    pub failures: Vec<TaskFailure<SweepTask>>,
    /// Whether it was stopped before its end; the same command continues it.
    pub stopped: bool,
}

/// Does what is not done yet of a sweep, or of a part of one, each run in a folder of its own below the output folder, trainings that are
/// the same once. Several processes, also on several machines that share the output folder, may do this at once. `benches` has one
/// workbench for each run, the first decides on jobs, stopping and watching. What failed before is tried again with `retry_failed`
/// only.
///
/// # Errors
/// When an experiment makes no sense, a folder belongs to something else, or files cannot be written. A training that fails
/// is one of the report's failures; other runs go on.
pub fn run_sweep<'a>(
    plan: &SweepPlan,
    benches: &[Workbench<'a>],
    retry_failed: bool,
) -> Result<SweepReport, LabError> {
    let first = &benches[0];
    let folder = first.output.join(&plan.folder_name);
    allow_open_files(plan.runs.len());
    let open = plan.runs.iter().zip(benches).map(|(run, bench)| OpenRun::new(&run.experiment, bench, None));
    let open: Vec<OpenRun> = open.collect::<Result<_, _>>()?;
    if !plan.is_part {
        plan.write_folder_of(first.output, open.iter().map(OpenRun::name))?;
    }
    // What cannot be written here is said at the end.
    let write_all = || open.iter().zip(benches).for_each(|(run, bench)| drop(run.sum_up(bench)));
    let observer = WhileRunning::new(first.observer, Duration::from_secs(5), &write_all);
    let shared = |bench: &Workbench<'a>| Workbench {
        observer: &observer,
        leases: first.leases.clone(),
        store: first.store.clone(),
        ..bench.clone()
    };
    let benches: Vec<Workbench<'_>> = benches.iter().map(shared).collect();
    let labels = plan.runs.iter().map(|run| Arc::<str>::from(run.label()));
    let runners: Vec<_> = open
        .iter()
        .zip(&benches)
        .zip(labels)
        .map(|((run, bench), label)| run.runner_in(bench, label))
        .collect();
    let report = run_queue(&tasks(plan, &benches), &benches[0], &|task: &SweepTask| {
        let runner = &runners[task.run];
        match runner.layout.failed(task.stage) {
            Some(reason) if !retry_failed => Err(StageError::FailedBefore { reason }),
            _ => runner.run(task.stage),
        }
    });

    let full = report.failures.iter().any(|failure| failure.error.stops_the_run());
    if !full {
        // Other runs that have the same training wait for the one that failed.
        for failure in &report.failures {
            let is_same = |task: &&SweepTask| task.id == failure.task.id;
            for task in plan.tasks.iter().map(|planned| &planned.task).filter(is_same) {
                runners[task.run].layout.note_failure(task.stage, &failure.error)?;
            }
        }
    }
    let sum_up =
        |(run, bench): (&OpenRun, &Workbench<'_>)| if full { run.results() } else { run.sum_up(bench) };
    let runs = open.iter().zip(&benches).map(sum_up).collect::<Result<Vec<_>, _>>()?;
    if !full && !plan.is_part {
        let _writer = Writer::of(first.output)?;
        // Another process may have finished something meanwhile.
        let found = open.iter().map(OpenRun::results).collect::<Result<Vec<_>, _>>()?;
        write_file(&folder.join("sweep.csv"), &sweep_csv(&plan.runs, found.iter().map(Some)))?;
    }
    Ok(SweepReport { folder, runs, failures: report.failures, stopped: full || !report.ended })
}

/// Writes the table of a sweep of the runs that are there; returns its file.
///
/// # Errors
/// When a file is damaged, or it cannot be written.
pub fn write_sweep_table(plan: &SweepPlan, output: &Path) -> Result<PathBuf, LabError> {
    let _writer = Writer::of(output)?;
    let load = |folder: String| match RunResults::load(&output.join(folder)) {
        Err(LabError::NotARun { .. }) => Ok(None),
        loaded => loaded.map(Some),
    };
    let found = plan.run_folders(output)?.into_iter().map(load).collect::<Result<Vec<_>, _>>()?;
    let path = output.join(&plan.folder_name).join("sweep.csv");
    write_file(&path, &sweep_csv(&plan.runs, found.iter().map(Option::as_ref)))?;
    Ok(path)
}

/// The trainings, those first after which the most is left to do, with the memory that each takes.
fn tasks(plan: &SweepPlan, benches: &[Workbench<'_>]) -> Vec<Planned<SweepTask>> {
    let cost = |task: &SweepTask| {
        let (experiment, bench) = (&plan.runs[task.run].experiment, &benches[task.run]);
        let updates = experiment.recipe.length.iterations(bench.per_epoch(experiment)) as f64;
        let density = mean_density(experiment, task.stage.round, bench.architecture).get();
        // What does not shrink with the weights is about a tenth of a step.
        updates * experiment.recipe.batch_size as f64 * bench.architecture.flops() as f64 * (0.1 + density)
    };
    // What is the same in several runs costs something once.
    let mut seen = HashSet::new();
    let is_new = plan.tasks.iter().map(|planned| seen.insert(&planned.task.id));
    let costs: Vec<f64> = plan
        .tasks
        .iter()
        .zip(is_new)
        .map(|(planned, new)| if new { cost(&planned.task) } else { 0.0 })
        .collect();
    let mut tasks = longest_first(plan.tasks.clone(), &costs);
    for planned in &mut tasks {
        let (experiment, bench) = (&plan.runs[planned.task.run].experiment, &benches[planned.task.run]);
        let recipe = &experiment.recipe;
        planned.bytes = bench.architecture.training_bytes(recipe.batch_size, recipe.optimizer);
    }
    tasks
}

/// Lets this process have as many files open as a sweep of so many runs wants, as far as the system allows it: it has a lock on each.
fn allow_open_files(runs: usize) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let wanted = (runs as u64 + 512).min(limit.maximum.unwrap_or(u64::MAX));
        if limit.current.is_some_and(|current| current < wanted) {
            // Where it is not allowed, opening a file says so.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit });
        }
    }
    #[cfg(not(unix))]
    let _ = runs;
}
