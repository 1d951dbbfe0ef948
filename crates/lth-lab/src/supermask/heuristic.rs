//! Supermasks that criteria find in a run: the mask of a trained network, on its weights before training.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use lth_model::{Density, Masks, Tensors};
use lth_ticket::{
    CRITERIA, Criterion, FrozenWeights, OneShot, ScoreContext, find_criterion, prune_one_shot,
    supermask_weights,
};
use serde::Serialize;

use super::{dense::DenseWeights, evaluator::Evaluator};
use crate::{
    Planned, RunResults, StageError, Task, TaskKind, Workbench,
    atomic::{create_folder, write_file},
    find::with_data,
    metrics::to_csv,
    tasks::{Activity, Ended, Found, Reporter, TaskEvent, TaskName, run_queue},
};

/// Which masks are put on untrained weights.
#[derive(Debug, Clone, PartialEq)]
pub struct HeuristicSettings {
    /// Criteria by name.
    pub criteria: Vec<String>,
    /// How far the dense network is pruned.
    pub targets: Vec<OneShot>,
    /// What the untrained weights are.
    pub weights: Vec<FrozenWeights>,
    /// The weights that criteria look at: those of the dense network after so much training.
    pub dense: DenseWeights,
}

impl HeuristicSettings {
    /// All criteria, the densities of rounds 1 to 22 of the run, initial weights and signed constants, the dense network at the
    /// end of its training (Zhou et al. 2019, section 5).
    pub fn usual() -> Self {
        Self {
            criteria: CRITERIA.iter().map(|criterion| criterion.name().to_owned()).collect(),
            targets: (1..=22).map(OneShot::Rounds).collect(),
            weights: vec![FrozenWeights::Initial, FrozenWeights::SignedConstant],
            dense: DenseWeights::End,
        }
    }
}

/// One mask on untrained weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeuristicRow {
    /// Which repetition of the run.
    pub replicate: u32,
    /// The criterion that made the mask.
    pub criterion: String,
    /// What the untrained weights are.
    pub weights: FrozenWeights,
    /// The fraction of weights that the mask keeps.
    pub density: Density,
    /// On the validation set; `None` without one.
    pub validation_accuracy: Option<f64>,
    /// On the test set.
    pub test_accuracy: f64,
}

/// What came of all masks.
#[derive(Debug)]
pub struct HeuristicReport {
    /// One row a mask, by replicate, weights, criterion and falling density.
    pub rows: Vec<HeuristicRow>,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeuristicTask {
    /// Training the dense network of a replicate, where its weights are not there.
    Dense {
        /// Which repetition.
        replicate: u32,
    },
    /// Making and evaluating all masks of a replicate.
    Masks {
        /// Which repetition.
        replicate: u32,
    },
}

impl Task for HeuristicTask {
    fn kind(&self) -> TaskKind {
        if matches!(self, Self::Masks { .. }) { TaskKind::Masks } else { TaskKind::Training }
    }
}

impl fmt::Display for HeuristicTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense { replicate } => write!(f, "replicate {replicate}, dense weights"),
            Self::Masks { replicate } => write!(f, "replicate {replicate}, masks"),
        }
    }
}

/// Evaluates masks of a run's dense network on its untrained weights, all replicates, and writes `supermask/heuristic.csv` in
/// the run's folder (of other dense weights than those at the end `heuristic-<which>.csv`).
///
/// Trained weights that the run did not keep are trained again, to the same bits, and kept beside the table.
///
/// # Errors
/// When a criterion or density makes no sense, model or data are not those of the run, or files cannot be read or written.
pub fn heuristic_supermasks(
    settings: &HeuristicSettings,
    results: &RunResults,
    bench: &Workbench<'_>,
) -> Result<HeuristicReport, StageError> {
    let criteria =
        settings.criteria.iter().map(|name| find_criterion(name)).collect::<Result<Vec<_>, _>>()?;
    with_data(&results.experiment, bench)?;
    let replicates = results.experiment.replicates;
    let work = Work { settings, criteria, results, bench };
    work.check()?;
    create_folder(&results.layout.root().join("supermask"))?;

    let rows = Mutex::new(Vec::new());
    let dense = (0..replicates).map(|replicate| Planned::alone(HeuristicTask::Dense { replicate }));
    let masks = (0..replicates)
        .map(|replicate| Planned::after(HeuristicTask::Masks { replicate }, vec![replicate as usize]));
    let tasks: Vec<Planned<HeuristicTask>> = dense.chain(masks).collect();
    let mut report = run_queue(&tasks, bench, &|task| match *task {
        HeuristicTask::Dense { replicate } => settings.dense.provide(results, replicate, bench),
        HeuristicTask::Masks { replicate } => {
            let begun = Instant::now();
            let Some(found) = work.replicate(replicate)? else { return Ok(Ended::Stopped(None)) };
            rows.lock().unwrap_or_else(PoisonError::into_inner).push((replicate, found));
            Ok(Ended::Finished { found: Found::Files, seconds: begun.elapsed().as_secs_f64() })
        }
    });
    if !report.failures.is_empty() {
        return Err(report.failures.swap_remove(0).error);
    }
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let stopped = !report.ended;
    rows.sort_by_key(|(replicate, _)| *replicate);
    let rows: Vec<HeuristicRow> = rows.into_iter().flat_map(|(_, rows)| rows).collect();
    if !stopped {
        let name = format!("heuristic{}.csv", settings.dense.suffix());
        write_file(&results.layout.root().join("supermask").join(name), &to_csv(&rows))?;
    }
    Ok(HeuristicReport { rows, stopped })
}

/// Everything that the replicates share.
struct Work<'a> {
    settings: &'a HeuristicSettings,
    criteria: Vec<&'static dyn Criterion>,
    results: &'a RunResults,
    bench: &'a Workbench<'a>,
}

impl Work<'_> {
    /// Finds densities that cannot be reached before anything is trained.
    fn check(&self) -> Result<(), StageError> {
        let network = self.bench.architecture;
        let zeros = lth_ticket::first_scores(
            network,
            &lth_ticket::SupermaskMethod::BERNOULLI,
            self.results.experiment.first_seed,
        );
        for (place, target) in self.settings.targets.iter().enumerate() {
            self.prune(&zeros, *target, 0, place)?;
        }
        Ok(())
    }

    fn prune(
        &self,
        scores: &Tensors,
        target: OneShot,
        replicate: u32,
        place: usize,
    ) -> Result<Masks, StageError> {
        let experiment = &self.results.experiment;
        let (scope, seed) = (experiment.pruning.scope, experiment.seed(replicate));
        // The stream of ties is that of the round that would follow.
        let round = match target {
            OneShot::Rounds(rounds) => rounds.saturating_sub(1),
            OneShot::Density(_) => place as u64,
        };
        let network = self.bench.architecture;
        Ok(prune_one_shot(scores, network, scope, &experiment.rates(), target, seed, round)?)
    }

    /// Every mask of a replicate; `None` when it was stopped.
    fn replicate(&self, replicate: u32) -> Result<Option<Vec<HeuristicRow>>, StageError> {
        let experiment = &self.results.experiment;
        let seed = experiment.seed(replicate);
        let [initial, trained] = &self.settings.dense.read(self.results, replicate, self.bench)?;
        let task = TaskName::of(&HeuristicTask::Masks { replicate });
        self.bench.observer.event(&task, &TaskEvent::Started { continued_at: None });
        let mut reporter = Reporter::new(&task, self.bench.observer, 0);
        let data = self.bench.examples(experiment, seed)?;
        let mut evaluator = Evaluator::new(self.bench, experiment, &data, initial, seed)?;
        let network = self.bench.architecture;
        let none = Masks::new();
        let scored: Vec<(&str, Tensors)> = self
            .criteria
            .iter()
            .map(|criterion| {
                let context = ScoreContext {
                    architecture: network,
                    masks: &none,
                    initial,
                    rewind: initial,
                    trained,
                    seed,
                    round: 0,
                };
                (criterion.name(), criterion.scores(&context))
            })
            .collect();
        let total = scored.len() * self.settings.targets.len() * self.settings.weights.len();
        let mut rows = Vec::new();
        for &weights in &self.settings.weights {
            let frozen = weights.of(network, initial);
            for (criterion, scores) in &scored {
                for (place, &target) in self.settings.targets.iter().enumerate() {
                    let masks = self.prune(scores, target, replicate, place)?;
                    let masked = supermask_weights(&frozen, &masks, false);
                    let found = evaluator.accuracies(&masked, &masks, &self.bench.stop)?;
                    let Some([validation_accuracy, test_accuracy]) = found else { return Ok(None) };
                    rows.push(HeuristicRow {
                        replicate,
                        criterion: (*criterion).to_owned(),
                        weights,
                        density: network.density(&masks),
                        validation_accuracy,
                        test_accuracy: test_accuracy.unwrap_or(f64::NAN),
                    });
                    reporter.at(rows.len() as u64, total as u64, |_| Activity::Evaluating);
                }
            }
        }
        Ok(Some(rows))
    }
}
