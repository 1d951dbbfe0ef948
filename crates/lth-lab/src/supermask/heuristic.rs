//! Supermasks that criteria find in a run: the mask of a trained network, on its weights before training.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use lth_data::Dataset;
use lth_model::{Architecture, Density, Engine, Masks, Tensors};
use lth_ticket::{
    CRITERIA, Criterion, FrozenWeights, OneShot, ScoreContext, find_criterion, prune_one_shot,
    supermask_weights,
};
use serde::Serialize;

use super::{dense::DenseWeights, evaluator::Evaluator};
use crate::{
    CheckpointEvery, LabError, PlannedStage, RunContext, RunResults, Silent, Stage, StageError, Stop,
    Variant,
    atomic::{create_folder, write_file},
    context::Uploaded,
    find::with_data,
    metrics::to_csv,
    schedule::{Ended, run_queue},
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

/// What masks are made and evaluated with. Nothing of it changes a bit of the results but data, architecture and engine.
pub struct HeuristicContext<'a> {
    /// Trains the dense network where its weights are not there, and evaluates.
    pub engine: &'a dyn Engine,
    /// The run's network.
    pub architecture: &'a Architecture,
    /// The run's data set.
    pub data: &'a Dataset,
    /// How many replicates are done side by side.
    pub jobs: usize,
    /// The wish to stop.
    pub stop: Stop,
    /// Told how many masks of how many are evaluated; called from every worker thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
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
    context: &HeuristicContext<'_>,
) -> Result<HeuristicReport, StageError> {
    let criteria =
        settings.criteria.iter().map(|name| find_criterion(name)).collect::<Result<Vec<_>, _>>()?;
    let run = RunContext {
        engine: context.engine,
        architecture: context.architecture,
        data: context.data,
        output: results.layout.root(),
        jobs: context.jobs,
        stop: context.stop.clone(),
        observer: &Silent,
        checkpoint_every: CheckpointEvery::default(),
        provenance: None,
    };
    with_data(&results.experiment, &run)?;
    let replicates = results.experiment.replicates;
    let total = replicates as usize * criteria.len() * settings.targets.len() * settings.weights.len();
    let uploaded = Uploaded::new(context.engine, context.data).map_err(LabError::Engine)?;
    let work = Work { settings, criteria, results, context, uploaded, total, done: AtomicUsize::new(0) };
    work.check()?;
    create_folder(&results.layout.root().join("supermask"))?;

    let rows = Mutex::new(Vec::new());
    let stages: Vec<PlannedStage> = (0..replicates)
        .map(|replicate| Stage { replicate, variant: Variant::Ticket, round: 0 })
        .map(|stage| PlannedStage { stage, after: Vec::new() })
        .collect();
    let mut failures = run_queue(&stages, context.jobs, &context.stop, &|stage| {
        let Some(found) = work.replicate(stage.replicate)? else { return Ok(Ended::Stopped) };
        rows.lock().unwrap_or_else(PoisonError::into_inner).push((stage.replicate, found));
        Ok(Ended::Finished)
    });
    if !failures.is_empty() {
        return Err(failures.swap_remove(0).error);
    }
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let stopped = rows.len() < stages.len();
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
    context: &'a HeuristicContext<'a>,
    uploaded: Uploaded<'a>,
    total: usize,
    done: AtomicUsize,
}

impl Work<'_> {
    /// Finds densities that cannot be reached before anything is trained.
    fn check(&self) -> Result<(), StageError> {
        let network = self.context.architecture;
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
        let network = self.context.architecture;
        Ok(prune_one_shot(scores, network, scope, &experiment.rates(), target, seed, round)?)
    }

    /// Every mask of a replicate; `None` when it was stopped.
    fn replicate(&self, replicate: u32) -> Result<Option<Vec<HeuristicRow>>, StageError> {
        let experiment = &self.results.experiment;
        let seed = experiment.seed(replicate);
        let data = self.uploaded.split(experiment.validation_size, seed);
        let Some(dense) = self.settings.dense.of(self.results, replicate, &data, self.context)? else {
            return Ok(None);
        };
        let mut evaluator = Evaluator::new(self.context, experiment, &data, &dense.initial, seed)?;
        let network = self.context.architecture;
        let none = Masks::new();
        let scored: Vec<(&str, Tensors)> = self
            .criteria
            .iter()
            .map(|criterion| {
                let (initial, trained) = (&dense.initial, &dense.trained);
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
        let mut rows = Vec::new();
        for &weights in &self.settings.weights {
            let frozen = weights.of(network, &dense.initial);
            for (criterion, scores) in &scored {
                for (place, &target) in self.settings.targets.iter().enumerate() {
                    let masks = self.prune(scores, target, replicate, place)?;
                    let masked = supermask_weights(&frozen, &masks, false);
                    let found = evaluator.accuracies(&masked, &masks, &self.context.stop)?;
                    let Some([validation_accuracy, test_accuracy]) = found else { return Ok(None) };
                    rows.push(HeuristicRow {
                        replicate,
                        criterion: (*criterion).to_owned(),
                        weights,
                        density: network.density(&masks),
                        validation_accuracy,
                        test_accuracy: test_accuracy.unwrap_or(f64::NAN),
                    });
                    let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                    (self.context.progress)(done, self.total);
                }
            }
        }
        Ok(Some(rows))
    }
}
