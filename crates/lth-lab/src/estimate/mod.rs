//! How long a run takes and how much disk, before it begins.
//!
//! The time of a training is measured on trainers that are thrown away: a few steps of the very network at a few of the densities
//! that the run will have ([`measure`]), or it is known from the trainings that the run has finished. Nothing here changes
//! a bit of a run.

mod calibration;
mod costs;
mod disk;
mod measure;
mod work;

use std::path::Path;

use lth_data::Dataset;
use lth_model::{Architecture, Density, Engine, Learns};

use crate::{Experiment, GivenStart, Procedure, RunResults, Workbench};

pub use calibration::Calibration;
use costs::Costs;
use measure::Measurement;
pub(crate) use work::mean_density;
use work::{Work, known_costs, scoring_method};

/// What a run is estimated with.
pub struct EstimateContext<'a> {
    /// Trains.
    pub engine: &'a dyn Engine,
    /// The network.
    pub architecture: &'a Architecture,
    /// The data set.
    pub data: &'a Dataset,
    /// The run's folder, which may not exist yet.
    pub folder: &'a Path,
    /// How many trainings run side by side.
    pub jobs: usize,
    /// What is known of this machine, and noted; without it steps are measured each time.
    pub calibration: Option<&'a Calibration>,
}

impl<'a> EstimateContext<'a> {
    /// Of work in a folder.
    pub fn new(bench: &Workbench<'a>, folder: &'a Path) -> Self {
        let Workbench { engine, architecture, data, jobs, calibration, .. } = *bench;
        Self { engine, architecture, data, folder, jobs, calibration }
    }
}

/// What a run will take.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEstimate {
    /// Trainings that are not finished yet.
    pub trainings: usize,
    /// Seconds until the last of them is finished.
    pub time: EstimatedTime,
    /// How many of them go on at once at most.
    pub at_once: usize,
    /// Bytes of the run's folder at its end.
    pub bytes: u64,
    /// Bytes of them that are there already.
    pub present_bytes: u64,
    /// Bytes that are free where the folder is, if the system tells.
    pub free_bytes: Option<u64>,
}

impl RunEstimate {
    /// Whether the run needs more bytes than are free.
    pub fn exceeds_disk(&self) -> bool {
        self.free_bytes.is_some_and(|free| self.bytes.saturating_sub(self.present_bytes) > free)
    }
}

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EstimatedTime {
    /// So short that it is not worth measuring.
    Seconds,
    /// About so many seconds.
    About(f64),
    /// At most so many seconds, more or less.
    AtMost(f64),
}

/// Estimates what is left of a run: of an experiment that was checked, from `given` weights and masks if there are any.
///
/// Takes a second or two where it has to measure. What cannot be measured, such as a network that the engine refuses, counts
/// as no time: the run itself will say why.
pub fn estimate_run(
    experiment: &Experiment,
    given: Option<&GivenStart>,
    context: &EstimateContext<'_>,
) -> RunEstimate {
    let finished = RunResults::load(context.folder).ok();
    let work = Work::left(experiment, given, finished.as_ref(), context);
    let learns = Learns::Weights;
    let measurement = Measurement { experiment, given, context, learns };
    let bytes = work.bytes(experiment, context.architecture);
    estimate(&work, finished.as_ref(), &measurement, |_| bytes)
}

/// Something that is to come: a training, or evaluations.
#[derive(Debug, Clone)]
pub(crate) struct Upcoming {
    pub(crate) density: Density,
    /// Of a training; 0 for none.
    pub(crate) steps: u64,
    /// Examples that are evaluated besides those of the training.
    pub(crate) evaluated: u64,
    /// Masks that are made and loaded besides.
    pub(crate) masks: u64,
    /// The places of what it waits for, in the list that it is in.
    pub(crate) after: Vec<usize>,
}

impl Upcoming {
    /// A training that waits for nothing.
    pub(crate) fn training(density: Density, steps: u64) -> Self {
        Self { density, steps, evaluated: 0, masks: 0, after: Vec::new() }
    }

    /// Evaluations of so many examples, after what has these places.
    pub(crate) fn evaluations(density: Density, evaluated: u64, after: Vec<usize>) -> Self {
        Self { evaluated, after, ..Self::training(density, 0) }
    }
}

/// Estimates what is to come by the recipe of an experiment; each training leaves so many bytes.
pub(crate) fn estimate_trainings(
    experiment: &Experiment,
    upcoming: &[Upcoming],
    bytes_each: u64,
    learns: Learns,
    context: &EstimateContext<'_>,
) -> RunEstimate {
    let work = Work::of(experiment, upcoming, context);
    let measurement = Measurement { experiment, given: None, context, learns };
    let bytes = work.count() as u64 * bytes_each;
    estimate(&work, None, &measurement, |present| present + bytes)
}

/// Networks of a round that a study of a run trains or evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StudyWork {
    /// The round, whose density they have.
    pub round: u32,
    /// Trainings from its rewind point to the end.
    pub trainings: u64,
    /// Examples that are evaluated besides.
    pub evaluated: u64,
}

/// Estimates a study of a run, from nothing: what it is of need not be there yet.
pub fn estimate_study(experiment: &Experiment, works: &[StudyWork], bench: &Workbench<'_>) -> RunEstimate {
    let per_epoch = bench.per_epoch(experiment);
    let length = experiment.recipe.length.iterations(per_epoch);
    let later = length.saturating_sub(experiment.pruning.procedure.rewind().iterations(per_epoch));
    let mut upcoming = Vec::new();
    for work in works {
        let density = mean_density(experiment, work.round, bench.architecture);
        let steps = if work.round == 0 { length } else { later };
        upcoming.extend((0..work.trainings).map(|_| Upcoming::training(density, steps)));
        let parts = work.trainings.max(bench.jobs as u64);
        let evaluated = work.evaluated / parts;
        upcoming.extend(
            (0..parts)
                .filter(|_| evaluated > 0)
                .map(|_| Upcoming::evaluations(density, evaluated, Vec::new())),
        );
    }
    let context = EstimateContext::new(bench, bench.output);
    estimate_trainings(experiment, &upcoming, 0, Learns::Weights, &context)
}

fn estimate(
    work: &Work,
    finished: Option<&RunResults>,
    measurement: &Measurement<'_>,
    bytes: impl Fn(u64) -> u64,
) -> RunEstimate {
    let EstimateContext { folder, jobs, .. } = *measurement.context;
    let present_bytes = folder_size(folder);
    RunEstimate {
        trainings: work.count(),
        at_once: work.at_once(jobs),
        time: time(work, finished, measurement),
        bytes: bytes(present_bytes),
        present_bytes,
        free_bytes: disk::free_bytes(folder),
    }
}

fn time(work: &Work, finished: Option<&RunResults>, measurement: &Measurement<'_>) -> EstimatedTime {
    let Measurement { experiment, context, .. } = measurement;
    if work.is_empty() || work.is_short(context.architecture, &experiment.recipe) {
        return EstimatedTime::Seconds;
    }
    let known = finished
        .and_then(|results| known_costs(results, work))
        .or_else(|| context.calibration.and_then(|calibration| calibration.costs(measurement)));
    let costs = known.unwrap_or_else(|| measurement.costs(work));
    let method = scoring_method(experiment).filter(|_| work.scores());
    let seconds =
        work.seconds(&costs, method.map_or(0.0, |method| measurement.scoring(method)), context.jobs);
    if costs.is_bound() || matches!(experiment.pruning.procedure, Procedure::EarlyBird(_)) {
        EstimatedTime::AtMost(seconds)
    } else {
        EstimatedTime::About(seconds)
    }
}

/// The bytes of all files below a folder; what cannot be read counts nothing.
pub(crate) fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
