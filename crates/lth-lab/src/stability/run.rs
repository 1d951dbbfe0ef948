//! `lth stability`: a whole study, from any state of its folder.

use std::collections::{BTreeSet, HashMap};

use lth_data::Dataset;
use lth_model::{Architecture, Engine, Learns, Step};
use serde::Serialize;

use super::{
    BatchNormStatistics, StabilityEvent, StabilityObserver, StabilityReport, StabilitySettings,
    StabilityTask, StartPoint,
    copies::Ended,
    report::{collect, path_csv, stability_csv},
    settings::refused,
    study::Study,
    workers::in_parallel,
};
use crate::{
    CheckpointEvery, EstimateContext, Experiment, LabError, RunContext, RunEstimate, RunFolder, RunResults,
    Silent, StageError, Stop, Variant,
    atomic::{create_folder, write_file},
    estimate::{Upcoming, estimate_trainings},
    find::with_data,
};

/// What a study is done with. Nothing of it changes a bit of the results but the data, the architecture and the engine.
pub struct StabilityContext<'a> {
    /// Trains and evaluates.
    pub engine: &'a dyn Engine,
    /// The run's network.
    pub architecture: &'a Architecture,
    /// The run's data set.
    pub data: &'a Dataset,
    /// How many trainings, or paths, are done side by side, each on a core.
    pub jobs: usize,
    /// The wish to stop.
    pub stop: Stop,
    /// Watches the study.
    pub observer: &'a dyn StabilityObserver,
    /// How often unfinished trainings are saved.
    pub checkpoint_every: CheckpointEvery,
}

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
    context: &StabilityContext<'_>,
) -> Result<StabilityReport, LabError> {
    let experiment = checked(settings, results, context)?;
    let layout = &results.layout;
    let study = Study::new(settings, &experiment, layout, context)?;
    let starts = settings.starts(|replicate, step| parting(&study, replicate, step))?;
    let _folder = RunFolder::open(layout.root(), &experiment)?;
    create_folder(study.files.comparison())?;
    write_settings(&study)?;

    let plan = Plan::new(&study, &starts);
    context.observer.event(&StabilityEvent::Planned { tasks: plan.tasks() });
    let (failures, ended) = plan.carry_out(&study);

    let pairs = collect(&study.files, &experiment.variants().collect::<Vec<Variant>>())?;
    let report = |stopped| StabilityReport {
        folder: study.files.comparison().to_owned(),
        pairs: pairs.clone(),
        failures,
        stopped,
    };
    if context.stop.is_set() && !context.stop.is_cancelled() {
        return Ok(report(true));
    }
    write_file(&study.files.comparison().join("stability.csv"), &stability_csv(&pairs))?;
    write_file(&study.files.comparison().join("path.csv"), &path_csv(&pairs))?;
    Ok(report(context.stop.is_set() && !ended))
}

/// Estimates what is left of a study: trainings, and the lines between copies. Writes nothing.
///
/// # Errors
/// As [`stability`], before it trains.
pub fn estimate_stability(
    settings: &StabilitySettings,
    results: &RunResults,
    context: &StabilityContext<'_>,
) -> Result<RunEstimate, LabError> {
    let experiment = checked(settings, results, context)?;
    let layout = &results.layout;
    let study = Study::new(settings, &experiment, layout, context)?;
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
        let steps = study.last_iteration(replicate).saturating_sub(first);
        places.insert((start, copy), upcoming.len());
        upcoming.push(Upcoming::training(context.architecture.density(&ticket.masks), steps));
    }
    for (start, pair) in plan.pairs {
        if study.files.pair(&start, pair).exists() {
            continue;
        }
        let Ok(ticket) = study.round_start(&start) else { continue };
        let copies = pair.map(|copy| (start.owner_of(copy), copy));
        let after = copies.iter().filter_map(|copy| places.get(copy).copied()).collect();
        let density = context.architecture.density(&ticket.masks);
        upcoming.push(Upcoming::evaluations(density, study.line_examples(&start), after));
    }
    let weights = 4 * context.architecture.parameter_count() as u64;
    let folder = layout.root().join("stability");
    let estimate = EstimateContext {
        engine: context.engine,
        architecture: context.architecture,
        data: context.data,
        folder: &folder,
        jobs: context.jobs,
    };
    Ok(estimate_trainings(&experiment, &upcoming, weights, Learns::Weights, &estimate))
}

/// The run's experiment with its data, when settings, model and data fit it.
fn checked(
    settings: &StabilitySettings,
    results: &RunResults,
    context: &StabilityContext<'_>,
) -> Result<Experiment, LabError> {
    let run = RunContext {
        engine: context.engine,
        architecture: context.architecture,
        data: context.data,
        output: results.layout.root(),
        jobs: context.jobs,
        stop: context.stop.clone(),
        observer: &Silent,
        checkpoint_every: context.checkpoint_every,
        provenance: None,
    };
    let experiment = with_data(&results.experiment, &run)?;
    settings.check(results)?;
    Ok(experiment)
}

/// The iteration of a step at which copies of the dense network part; `None` for the start of its training.
fn parting(study: &Study<'_>, replicate: u32, step: Step) -> Result<Option<u64>, LabError> {
    let (iteration, last) = (step.iterations(study.per_epoch(replicate)), study.last_iteration(replicate));
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
    starts: Vec<StartPoint>,
    copies: Vec<(StartPoint, u32)>,
    pairs: Vec<(StartPoint, [u32; 2])>,
}

impl Plan {
    fn new(study: &Study<'_>, starts: &[StartPoint]) -> Self {
        let dense: BTreeSet<u32> =
            starts.iter().filter(|start| start.parts_at.is_some()).map(|start| start.replicate).collect();
        let count = study.settings.copies;
        let (mut copies, mut pairs) = (Vec::new(), Vec::new());
        for start in starts {
            for copy in 0..count {
                let training = (start.owner_of(copy), copy);
                if !copies.contains(&training) {
                    copies.push(training);
                }
                pairs.extend((copy + 1..count).map(|other| (*start, [copy, other])));
            }
        }
        Self { dense: dense.into_iter().collect(), starts: starts.to_vec(), copies, pairs }
    }

    fn tasks(&self) -> usize {
        self.dense.len() + self.copies.len() + self.pairs.len()
    }

    /// Does all: first the dense networks, then copies, then paths. Returns what failed, and whether all was done.
    fn carry_out(&self, study: &Study<'_>) -> (Vec<(StabilityTask, StageError)>, bool) {
        let mut failures = Vec::new();
        let mut all = true;
        let mut phase = |outcomes: Vec<Option<Result<Ended, Failure>>>| {
            for outcome in outcomes {
                match outcome {
                    Some(Ok(Ended::Finished { .. } | Ended::Skipped)) => {}
                    Some(Err(failure)) => failures.push(*failure),
                    Some(Ok(Ended::Stopped)) | None => all = false,
                }
            }
        };
        let (jobs, stop) = (study.context.jobs, &study.context.stop);
        phase(in_parallel(&self.dense, jobs, stop, |&replicate, waiting| {
            let task = StabilityTask::Dense { replicate };
            announce(study, task, || study.reach_dense_points(replicate, &self.starts, waiting))
        }));
        let reached =
            |start: &StartPoint| start.parts_at.is_none() || study.files.dense_point(start).exists();
        let copies: Vec<_> = self.copies.iter().filter(|(start, _)| reached(start)).copied().collect();
        phase(in_parallel(&copies, jobs, stop, |&(start, copy), waiting| {
            let task = StabilityTask::Copy { start, copy };
            announce(study, task, || {
                study.check_dense_point(&start)?;
                study.train_copy(&start, copy, waiting)
            })
        }));
        let trained = |(start, pair): &&(StartPoint, [u32; 2])| {
            reached(start) && pair.iter().all(|&copy| study.files.copy(start, copy).exists())
        };
        let pairs: Vec<_> = self.pairs.iter().filter(trained).copied().collect();
        phase(in_parallel(&pairs, jobs, stop, |&(start, pair), waiting| {
            let task = StabilityTask::Path { start, pair };
            announce(study, task, || study.measure_pair(&start, pair, waiting))
        }));
        (failures, all)
    }
}

/// A task that failed, and why.
type Failure = Box<(StabilityTask, StageError)>;

/// Does a task and tells how it ended; an error that concerns the disk stops all.
fn announce(
    study: &Study<'_>,
    task: StabilityTask,
    work: impl FnOnce() -> Result<Ended, StageError>,
) -> Result<Ended, Failure> {
    let observer = study.context.observer;
    match work() {
        Ok(ended) => {
            observer.event(&match ended {
                Ended::Finished { result, seconds } => StabilityEvent::Finished { task, result, seconds },
                Ended::Skipped => StabilityEvent::Skipped { task },
                Ended::Stopped => StabilityEvent::Stopped { task },
            });
            Ok(ended)
        }
        Err(error) => {
            if error.stops_the_run() {
                study.context.stop.halt();
            }
            observer.event(&StabilityEvent::Failed { task, error: &error });
            Err(Box::new((task, error)))
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
    let mut text = serde_json::to_string_pretty(&comparison).expect("settings are plain values");
    text.push('\n');
    write_file(&path, text.as_bytes())
}
