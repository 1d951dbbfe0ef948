//! What came out of a study: a record a pair, and tables of all.

use std::{collections::BTreeSet, fs, path::PathBuf};

use lth_model::{Density, Seed};
use serde::{Deserialize, Serialize};

use super::{PruningResult, StabilityTask, StartPoint, files::StabilityFiles};
use crate::{
    LabError, RunResults, TaskFailure, Timing, Variant,
    metrics::{read_json, to_csv},
};

/// Loss and error of a network on the line between two copies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathPoint {
    /// Its place: 0 is the first copy, 1 the second.
    pub alpha: f64,
    /// Mean cross-entropy over the measured training examples, in nats; none where it is not finite.
    pub train_loss: Option<f64>,
    /// The fraction of the measured training examples that are classified wrongly.
    pub train_error: f64,
    /// Mean cross-entropy over the test set, in nats; none where it is not finite.
    pub test_loss: Option<f64>,
    /// The fraction of the test set that is classified wrongly.
    pub test_error: f64,
}

/// Two copies, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairResult {
    /// What they were trained from.
    pub start: StartPoint,
    /// The replicate's seed.
    pub seed: Seed,
    /// The fraction of weights kept.
    pub density: Density,
    /// The iteration at which their trainings part.
    pub iteration: u64,
    /// Their numbers.
    pub pair: [u32; 2],
    /// BLAKE3 of their files.
    pub weights: [String; 2],
    /// The Euclidean distance of their masked weights (Frankle et al. 2019).
    pub distance: f64,
    /// The mean of their distances from where they part.
    pub distance_from_start: f64,
    /// The angle between them in degrees, seen from zero weights.
    pub angle: Option<f64>,
    /// The angle between them in degrees, seen from where they part.
    pub angle_from_start: Option<f64>,
    /// The Jaccard index of the masks that one more round would leave of each; `None` where the run does not prune what is trained.
    pub next_mask_overlap: Option<f64>,
    /// The largest training error on the path minus the mean of its ends (Frankle et al. 2020).
    pub train_barrier: f64,
    /// The same of test errors: the linear interpolation instability.
    pub test_barrier: f64,
    /// The line between them.
    pub path: Vec<PathPoint>,
}

impl PairResult {
    /// The mean of the errors at the ends, of training and test examples.
    pub fn end_errors(&self) -> [f64; 2] {
        let of = |of: fn(&PathPoint) -> f64| match (self.path.first(), self.path.last()) {
            (Some(first), Some(last)) => f64::midpoint(of(first), of(last)),
            _ => f64::NAN,
        };
        [of(|point| point.train_error), of(|point| point.test_error)]
    }
}

/// The text of a record.
pub(super) fn to_json(result: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(result).expect("a record is plain values");
    text.push('\n');
    text
}

/// How long a training took that pairs are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyTime {
    /// What was compared.
    pub start: StartPoint,
    /// `None` where it is not known. A copy that is the run's own training has the times of that.
    pub timing: Option<Timing>,
}

/// What came out of a study.
#[derive(Debug)]
pub struct StabilityReport {
    /// The folder of the comparison, with its tables.
    pub folder: PathBuf,
    /// Every pair that was compared with these settings, now or before: by replicate, round, variant, where they part, copies.
    pub pairs: Vec<PairResult>,
    /// How far the networks that these pairs are copies of are from the dense network, in the same order; without those that are no
    /// pruned dense network.
    pub prunings: Vec<PruningResult>,
    /// How long the trainings of these pairs took; one that several pairs need may be there several times.
    pub times: Vec<StudyTime>,
    /// What failed; what needed it was left out.
    pub failures: Vec<TaskFailure<StabilityTask>>,
    /// Whether it was stopped before its end; the same command continues it.
    pub stopped: bool,
}

/// Every pair of a comparison.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub(super) fn collect(files: &StabilityFiles, variants: &[Variant]) -> Result<Vec<PairResult>, LabError> {
    let mut pairs: Vec<PairResult> = Vec::new();
    let mut folders = vec![files.pairs()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        let failed = |source| LabError::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                pairs.extend(read_json::<PairResult>(&path)?);
            }
        }
    }
    let place = |variant: &Variant| variants.iter().position(|own| own == variant);
    pairs.sort_by_key(|pair| {
        let StartPoint { replicate, variant, round, parts_at } = pair.start;
        (replicate, round, place(&variant), parts_at, pair.pair)
    });
    Ok(pairs)
}

/// The comparisons in a run's folder that have pairs: the folder of each, and its pairs.
///
/// # Errors
/// When a file cannot be read or is damaged.
pub fn stability_studies(results: &RunResults) -> Result<Vec<(PathBuf, Vec<PairResult>)>, LabError> {
    let entries = fs::read_dir(results.layout.root().join("stability")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let variants: Vec<Variant> = results.experiment.variants().collect();
    let mut studies = Vec::new();
    for name in names {
        let files = StabilityFiles::new(&results.layout, &name);
        let pairs = collect(&files, &variants)?;
        if !pairs.is_empty() {
            studies.push((files.comparison().to_owned(), pairs));
        }
    }
    Ok(studies)
}

/// What was measured of these pairs' networks and the dense network, each once.
///
/// # Errors
/// As [`collect`].
pub(super) fn collect_prunings(
    files: &StabilityFiles,
    pairs: &[PairResult],
) -> Result<Vec<PruningResult>, LabError> {
    let mut prunings = Vec::new();
    for start in pairs.chunk_by(|a, b| a.start == b.start).map(|of_start| of_start[0].start) {
        prunings.extend(read_json::<PruningResult>(&files.pruning(&start))?);
    }
    Ok(prunings)
}

/// How long the copies of these pairs took, and the dense networks that they part from or are compared with.
///
/// # Errors
/// As [`collect`].
pub(super) fn collect_times(
    files: &StabilityFiles,
    pairs: &[PairResult],
) -> Result<Vec<StudyTime>, LabError> {
    let mut times = Vec::new();
    for of_start in pairs.chunk_by(|a, b| a.start == b.start) {
        let start = of_start[0].start;
        let copies: BTreeSet<u32> = of_start.iter().flat_map(|pair| pair.pair).collect();
        for copy in copies {
            times.push(StudyTime { start, timing: Timing::read(&files.copy_timing(&start, copy))? });
        }
        // The dense network where copies part, and that which pruning is compared with.
        for path in [files.dense_timing(&start), files.copy_timing(&start.dense(), 0)] {
            times.extend(Timing::read(&path)?.map(|timing| StudyTime { start, timing: Some(timing) }));
        }
    }
    Ok(times)
}

#[derive(Serialize)]
struct PairRow {
    replicate: u32,
    seed: Seed,
    variant: Variant,
    round: u32,
    density: Density,
    from: u64,
    pair: String,
    distance: f64,
    distance_from_start: f64,
    angle: Option<f64>,
    angle_from_start: Option<f64>,
    pruning_distance: Option<f64>,
    pruning_angle: Option<f64>,
    next_mask_overlap: Option<f64>,
    train_error: f64,
    test_error: f64,
    train_barrier: f64,
    test_barrier: f64,
}

/// The bytes of `stability.csv`: a row a pair, with how far its network is from the dense one.
pub(super) fn stability_csv(pairs: &[PairResult], prunings: &[PruningResult]) -> Vec<u8> {
    to_csv(pairs.iter().map(|result| {
        let pruning = prunings.iter().find(|pruning| pruning.start == result.start);
        let [train_error, test_error] = result.end_errors();
        PairRow {
            replicate: result.start.replicate,
            seed: result.seed,
            variant: result.start.variant,
            round: result.start.round,
            density: result.density,
            from: result.iteration,
            pair: name(result.pair),
            distance: result.distance,
            distance_from_start: result.distance_from_start,
            angle: result.angle,
            angle_from_start: result.angle_from_start,
            pruning_distance: pruning.map(|pruning| pruning.distance),
            pruning_angle: pruning.and_then(|pruning| pruning.angle),
            next_mask_overlap: result.next_mask_overlap,
            train_error,
            test_error,
            train_barrier: result.train_barrier,
            test_barrier: result.test_barrier,
        }
    }))
}

#[derive(Serialize)]
struct PathRow {
    replicate: u32,
    variant: Variant,
    round: u32,
    density: Density,
    from: u64,
    pair: String,
    alpha: f64,
    train_loss: Option<f64>,
    train_error: f64,
    test_loss: Option<f64>,
    test_error: f64,
}

/// The bytes of `path.csv`: a row a point of a path.
pub(super) fn path_csv(pairs: &[PairResult]) -> Vec<u8> {
    to_csv(pairs.iter().flat_map(|result| {
        result.path.iter().map(|point| PathRow {
            replicate: result.start.replicate,
            variant: result.start.variant,
            round: result.start.round,
            density: result.density,
            from: result.iteration,
            pair: name(result.pair),
            alpha: point.alpha,
            train_loss: point.train_loss,
            train_error: point.train_error,
            test_loss: point.test_loss,
            test_error: point.test_error,
        })
    }))
}

fn name([a, b]: [u32; 2]) -> String {
    format!("{a}-{b}")
}
