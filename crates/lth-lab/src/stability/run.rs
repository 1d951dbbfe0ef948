//! `lth stability`: a whole study, from any state of its folder.

use std::collections::{BTreeSet, HashMap};

use lth_model::{Learns, Step};
use serde::Serialize;

use super::{
    BatchNormStatistics, StabilityReport, StabilitySettings, StabilityTask, StartPoint,
    report::{collect, collect_prunings, collect_times, path_csv, stability_csv, to_json},
    settings::refused,
    study::Study,
};
use crate::{
    EstimateContext, Experiment, LabError, Planned, RunEstimate, RunFolder, RunResults, StageError, Variant,
    Workbench,
    atomic::{create_folder, write_file},
    disk::Writer,
    estimate::{Upcoming, estimate_trainings},
    find::with_data,
    tasks::{Ended, run_queue},
};

/// Trains copies of a run's networks and compares each pair of them, in the folder `stability` of the run.
///
/// Copies that are trained and pairs that are compared are left as they are, unfinished trainings continue; other settings of the
/// comparison go to another folder, with the same copies. Neither the number of jobs nor interruptions change a bit.
///
/// # Errors
/// When the settings make no sense for this run, its folder belongs to another process, model or data are not those of the run,
/// or files cannot be written. A training that fails is no error here but one of the report's failures.
pub fn stability(
    settings: &StabilitySettings,
    results: &RunResults,
    bench: &Workbench<'_>,
) -> Result<StabilityReport, LabError> {
    let experiment = checked(settings, results, bench)?;
    let layout = &results.layout;
    let study = Study::new(settings, &experiment, layout, bench);
    let starts = settings.starts(|replicate, step| parting(&study, replicate, step))?;
    let _folder = RunFolder::open(layout.root(), &experiment)?;
    create_folder(study.files.comparison())?;
    write_settings(&study)?;

    let tasks = Plan::new(&study, &starts).tasks();
    let done = run_queue(&tasks, bench, &|task| study.carry_out(task, &starts));

    let _writer = Writer::of(bench.leases.output())?;
    let pairs = collect(&study.files, &experiment.variants().collect::<Vec<Variant>>())?;
    let prunings = collect_prunings(&study.files, &pairs)?;
    let times = collect_times(&study.files, &pairs)?;
    let report = |stopped| StabilityReport {
        folder: study.files.comparison().to_owned(),
        pairs: pairs.clone(),
        prunings: prunings.clone(),
        times,
        failures: done.failures,
        stopped,
    };
    if bench.stop.is_set() && !bench.stop.is_cancelled() {
        return Ok(report(true));
    }
    write_file(&study.files.comparison().join("stability.csv"), &stability_csv(&pairs, &prunings))?;
    write_file(&study.files.comparison().join("path.csv"), &path_csv(&pairs))?;
    Ok(report(bench.stop.is_set() && !done.ended))
}

/// Estimates what is left of a study: trainings, and the lines between copies. Writes nothing.
///
/// # Errors
/// As [`stability`], before it trains.
pub fn estimate_stability(
    settings: &StabilitySettings,
    results: &RunResults,
    bench: &Workbench<'_>,
) -> Result<RunEstimate, LabError> {
    let experiment = checked(settings, results, bench)?;
    let layout = &results.layout;
    let study = Study::new(settings, &experiment, layout, bench);
    let starts = settings.starts(|replicate, step| parting(&study, replicate, step))?;
    let plan = Plan::new(&study, &starts);
    let mut upcoming = Vec::new();
    let mut places = HashMap::new();
    for (start, copy) in plan.copies {
        let StartPoint { replicate, variant, round, parts_at, .. } = start;
        let kept = copy == 0 && parts_at.is_none() && layout.trained(replicate, variant, round).exists();
        if kept || study.files.copy(&start, copy).exists() {
            continue;
        }
        // What cannot be read is a failure of the study, not of its estimate.
        let Ok(ticket) = study.round_start(&start) else { continue };
        let first = parts_at.unwrap_or(ticket.iteration);
        let steps = study.last_iteration().saturating_sub(first);
        places.insert((start, copy), upcoming.len());
        upcoming.push(Upcoming::training(bench.architecture.density(&ticket.masks), steps));
    }
    for (start, pair) in plan.pairs {
        if study.files.pair(&start, pair).exists() {
            continue;
        }
        let Ok(ticket) = study.round_start(&start) else { continue };
        let copies = pair.map(|copy| (start.owner_of(copy), copy));
        let after = copies.iter().filter_map(|copy| places.get(copy).copied()).collect();
        let density = bench.architecture.density(&ticket.masks);
        upcoming.push(Upcoming::evaluations(density, study.line_examples(&start)?, after));
    }
    let weights = 4 * bench.architecture.parameter_count() as u64;
    let folder = layout.root().join("stability");
    let estimate = EstimateContext::new(bench, &folder);
    Ok(estimate_trainings(&experiment, &upcoming, weights, Learns::Weights, &estimate))
}

/// The run's experiment with its data, when settings, model and data fit it.
fn checked(
    settings: &StabilitySettings,
    results: &RunResults,
    bench: &Workbench<'_>,
) -> Result<Experiment, LabError> {
    let experiment = with_data(&results.experiment, bench)?;
    settings.check(results)?;
    Ok(experiment)
}

/// The iteration of a step at which copies of the dense network part; `None` for the start of its training.
fn parting(study: &Study<'_>, replicate: u32, step: Step) -> Result<Option<u64>, LabError> {
    let (iteration, last) =
        (step.iterations(study.bench.per_epoch(study.experiment)), study.last_iteration());
    let dense = StartPoint::of_round(replicate, Variant::Ticket, 0);
    let start = study.round_start(&dense).map_err(|error| match error {
        StageError::Lab(error) => error,
        other => {
            let path = study.layout.ticket(replicate, Variant::Ticket, 0);
            LabError::Damaged { path, reason: other.to_string() }
        }
    })?;
    if iteration >= last {
        let reason = format!("the run's trainings end at iteration {last}, and copies part before");
        return Err(refused("from", step, reason, format!("choose a step below {last}it")));
    }
    if iteration < start.iteration {
        let reason = format!("the run's dense training begins at iteration {}", start.iteration);
        return Err(refused("from", step, reason, "choose a later step"));
    }
    Ok((iteration > start.iteration).then_some(iteration))
}

/// The tasks of a study.
struct Plan {
    /// Replicates whose dense network is needed at later iterations.
    dense: Vec<u32>,
    copies: Vec<(StartPoint, u32)>,
    /// Networks whose copy 0 is compared with that of the dense network.
    prunings: Vec<StartPoint>,
    pairs: Vec<(StartPoint, [u32; 2])>,
}

impl Plan {
    fn new(study: &Study<'_>, starts: &[StartPoint]) -> Self {
        let dense: BTreeSet<u32> =
            starts.iter().filter(|start| start.parts_at.is_some()).map(|start| start.replicate).collect();
        let count = study.settings.copies;
        let (mut copies, mut prunings, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        for start in starts {
            let mut trainings: Vec<(StartPoint, u32)> =
                (0..count).map(|copy| (start.owner_of(copy), copy)).collect();
            // What cannot be read is said by the task.
            if study.is_pruned_dense(start).unwrap_or(true) {
                prunings.push(*start);
                trainings.push((start.dense(), 0));
            }
            for training in trainings {
                if !copies.contains(&training) {
                    copies.push(training);
                }
            }
            for copy in 0..count {
                pairs.extend((copy + 1..count).map(|other| (*start, [copy, other])));
            }
        }
        Self { dense: dense.into_iter().collect(), copies, prunings, pairs }
    }

    /// First the dense networks, then copies, then what is measured of them, each after what it needs.
    fn tasks(&self) -> Vec<Planned<StabilityTask>> {
        let dense = self.dense.iter().map(|&replicate| Planned::alone(StabilityTask::Dense { replicate }));
        let mut tasks: Vec<Planned<StabilityTask>> = dense.collect();
        let copies = tasks.len();
        tasks.extend(self.copies.iter().map(|&(start, copy)| {
            let after = self.dense_before(&start).into_iter().collect();
            Planned::after(StabilityTask::Copy { start, copy }, after)
        }));
        let places: HashMap<(StartPoint, u32), usize> =
            self.copies.iter().enumerate().map(|(place, copy)| (*copy, copies + place)).collect();
        tasks.extend(self.prunings.iter().map(|&start| {
            let copies = [start.dense(), start].map(|start| places[&(start, 0)]);
            Planned::after(StabilityTask::Pruning { start }, copies.into())
        }));
        tasks.extend(self.pairs.iter().map(|&(start, pair)| {
            let copies = pair.map(|copy| places[&(start.owner_of(copy), copy)]);
            let after = copies.into_iter().chain(self.dense_before(&start)).collect();
            Planned::after(StabilityTask::Path { start, pair }, after)
        }));
        tasks
    }

    /// The place of the dense training that a start is reached by.
    fn dense_before(&self, start: &StartPoint) -> Option<usize> {
        start.parts_at.and_then(|_| self.dense.iter().position(|&replicate| replicate == start.replicate))
    }
}

impl Study<'_> {
    fn carry_out(&self, task: &StabilityTask, starts: &[StartPoint]) -> Result<Ended, StageError> {
        match *task {
            StabilityTask::Dense { replicate } => {
                let place = self.files.replicate(replicate);
                self.bench.leased_place(&place, || self.reach_dense_points(replicate, starts))
            }
            StabilityTask::Copy { start, copy } => {
                self.check_dense_point(&start)?;
                self.bench.leased_place(&self.files.copy(&start, copy), || self.train_copy(&start, copy))
            }
            StabilityTask::Pruning { start } => {
                self.bench.leased_place(&self.files.pruning(&start), || self.measure_pruning(&start))
            }
            StabilityTask::Path { start, pair } => {
                self.bench.leased_place(&self.files.pair(&start, pair), || self.measure_pair(&start, pair))
            }
        }
    }
}

/// `settings.json`: how the pairs of the folder were compared.
#[derive(Serialize)]
struct Comparison {
    points: usize,
    train_examples: Option<usize>,
    batch_norm: BatchNormStatistics,
}

fn write_settings(study: &Study<'_>) -> Result<(), LabError> {
    let path = study.files.comparison().join("settings.json");
    if path.exists() {
        return Ok(());
    }
    let StabilitySettings { points, train_examples, batch_norm, .. } = *study.settings;
    let comparison = Comparison { points, train_examples, batch_norm };
    write_file(&path, to_json(&comparison).as_bytes())
}
