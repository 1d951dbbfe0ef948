//! Doing a sweep: the tasks of all its runs in one queue.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use super::{SweepPlan, SweepRun};
use crate::{
    GivenStart, LabError, Planned, RunResults, Stage, Task, TaskFailure, Variant, WhileRunning, Workbench,
    atomic::write_file, find::OpenRun, plan, tasks::run_queue,
};

/// A training of a sweep.
#[derive(Debug, Clone)]
pub struct SweepTask {
    /// The place of its run in the plan.
    pub run: usize,
    /// Which training of the run.
    pub stage: Stage,
    label: Arc<str>,
}

impl fmt::Display for SweepTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.label.is_empty() { self.stage.fmt(f) } else { write!(f, "{}, {}", self.label, self.stage) }
    }
}

impl Task for SweepTask {}

/// What came of a sweep.
#[derive(Debug)]
pub struct SweepReport {
    /// The folder with its table.
    pub folder: PathBuf,
    /// What each run has found, in the order of the plan.
    pub runs: Vec<RunResults>,
    /// Trainings that failed; what waits for them was not started.
    pub failures: Vec<TaskFailure<SweepTask>>,
    /// Whether it was stopped before its end; the same command continues it.
    pub stopped: bool,
}

/// Does what is not done yet of a sweep, each run in a folder of its own below the output folder, trainings that are the same
/// once. `benches` has one workbench for each run, the first decides on jobs, stopping and watching.
///
/// # Errors
/// When an experiment makes no sense, a folder belongs to something else, or files cannot be written. A training that fails
/// is one of the report's failures; other runs go on.
pub fn run_sweep(plan: &SweepPlan, text: &str, benches: &[Workbench<'_>]) -> Result<SweepReport, LabError> {
    let Some(first) = benches.first() else {
        return Err(LabError::Setting {
            setting: "axis",
            value: "nothing".to_owned(),
            reason: "no combination is left".to_owned(),
            hint: "leave out fewer".to_owned(),
        });
    };
    let folder = first.output.join(plan.folder_name());
    crate::atomic::create_folder(&folder)?;
    write_file(&folder.join("sweep.toml"), text.as_bytes())?;
    let none: Option<&GivenStart> = None;
    let open = plan.runs.iter().zip(benches).map(|(run, bench)| OpenRun::new(&run.experiment, bench, none));
    let open: Vec<OpenRun> = open.collect::<Result<_, _>>()?;
    let write_all = || {
        for (run, bench) in open.iter().zip(benches) {
            // What cannot be written here is said at the end.
            drop(run.results().and_then(|results| run.write_summaries(&results, bench)));
        }
    };
    let observer = WhileRunning::new(first.observer, Duration::from_secs(5), &write_all);
    let benches: Vec<Workbench<'_>> =
        benches.iter().map(|bench| Workbench { observer: &observer, ..bench.clone() }).collect();
    let labels: Vec<Arc<str>> = plan.runs.iter().map(|run| run.label().into()).collect();
    let runners: Vec<_> = open
        .iter()
        .zip(&benches)
        .zip(&labels)
        .map(|((run, bench), label)| run.runner_in(bench, label.clone()))
        .collect();
    let tasks = tasks_of(plan, &labels);
    let report = run_queue(&tasks, &benches[0], &|task: &SweepTask| runners[task.run].run(task.stage));

    let full = report.failures.iter().any(|failure| failure.error.stops_the_run());
    let mut runs = Vec::new();
    for (run, bench) in open.iter().zip(&benches) {
        let results = run.results()?;
        if !full {
            run.write_summaries(&results, bench)?;
        }
        runs.push(results);
    }
    if !full {
        write_file(&folder.join("sweep.csv"), &table(&plan.runs, &runs))?;
    }
    let stopped = full || (first.stop.is_set() && !runs.iter().all(RunResults::is_complete));
    Ok(SweepReport { folder, runs, failures: report.failures, stopped })
}

/// The trainings of all runs: round by round, controls last, so that the longest come first. A training that is the same as one
/// of another run waits for that.
fn tasks_of(plan_of_sweep: &SweepPlan, labels: &[Arc<str>]) -> Vec<Planned<SweepTask>> {
    let mut all: Vec<(SweepTask, Vec<(usize, usize)>)> = Vec::new();
    for (run, SweepRun { experiment, .. }) in plan_of_sweep.runs.iter().enumerate() {
        for Planned { task: stage, after } in plan(experiment) {
            let after = after.into_iter().map(|place| (run, place)).collect();
            all.push((SweepTask { run, stage, label: labels[run].clone() }, after));
        }
    }
    let mut starts = vec![0; plan_of_sweep.runs.len()];
    for place in (0..all.len()).rev() {
        starts[all[place].0.run] = place;
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&place| {
        let Stage { replicate, variant, round } = all[place].0.stage;
        (variant != Variant::Ticket, round, replicate, all[place].0.run)
    });
    let mut place_of = vec![0; all.len()];
    for (new, &old) in order.iter().enumerate() {
        place_of[old] = new;
    }
    let mut firsts: HashMap<blake3::Hash, usize> = HashMap::new();
    order
        .iter()
        .enumerate()
        .map(|(new, &old)| {
            let (task, after) = &all[old];
            let mut after: Vec<usize> =
                after.iter().map(|&(run, place)| place_of[starts[run] + place]).collect();
            let derivation = plan_of_sweep.runs[task.run].experiment.derivation(task.stage);
            let same = *firsts.entry(blake3::hash(derivation.as_bytes())).or_insert(new);
            if same != new && !after.contains(&same) {
                after.push(same);
            }
            Planned { task: task.clone(), after }
        })
        .collect()
}

/// The bytes of `sweep.csv`: the rows of all runs' tickets, with the values of the axes before them.
fn table(runs: &[SweepRun], results: &[RunResults]) -> Vec<u8> {
    let axes: Vec<&str> = runs
        .first()
        .map(|run| run.values.iter().map(|(setting, _)| setting.key).collect())
        .unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let figures = [
        "run",
        "replicate",
        "seed",
        "variant",
        "round",
        "density",
        "early_stop_iteration",
        "test_accuracy",
        "end_test_accuracy",
        "train_accuracy",
    ];
    let header = axes.iter().copied().chain(figures);
    writer.write_record(header).expect("memory takes it");
    for (run, results) in runs.iter().zip(results) {
        let values: BTreeMap<&str, String> =
            run.values.iter().map(|(setting, value)| (setting.key, value.exact())).collect();
        let folder = results.layout.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
        for round in &results.rounds {
            let record = &round.record;
            let early_stop = record.early_stop.map_or_else(String::new, |stop| stop.iteration.to_string());
            let mut row: Vec<String> =
                axes.iter().map(|axis| values.get(axis).cloned().unwrap_or_default()).collect();
            row.extend([
                folder.clone(),
                record.replicate.to_string(),
                record.seed.to_string(),
                record.variant.to_string(),
                record.round.to_string(),
                record.density.to_string(),
                early_stop,
                round.test_accuracy().to_string(),
                record.end.test_accuracy.to_string(),
                record.train_accuracy.to_string(),
            ]);
            writer.write_record(row).expect("rows are as long as the header, and memory takes them");
        }
    }
    writer.into_inner().expect("memory takes them")
}
