//! What is left of a supermask, before it begins.

use std::path::PathBuf;

use lth_model::{Density, Learns};
use lth_ticket::{OneShot, density_ladder};

use super::{HeuristicSettings, SupermaskExperiment, SupermaskFiles, learn::NORMALIZING};
use crate::{
    EstimateContext, Experiment, RunEstimate, RunResults, StageError, Workbench,
    estimate::{Upcoming, estimate_trainings, folder_size},
    iterations_per_epoch,
};

/// Estimates what is left of supermasks that are learned by one recipe under other seeds, of one at least. Writes nothing.
///
/// A step is measured with masks and scores; an evaluation draws and evaluates as many masks as learning does.
pub fn estimate_learning(learnings: &[SupermaskExperiment], bench: &Workbench<'_>) -> RunEstimate {
    let folders: Vec<PathBuf> =
        learnings.iter().map(|learning| bench.output.join(learning.folder_name())).collect();
    let (learning, context) = (&learnings[0], &EstimateContext::new(bench, &folders[0]));
    let experiment = learning.resolved();
    // Statistics of batch normalisation are estimated for each set and mask, whatever the size of the set.
    let learns = learning.settings.learns(None);
    let trained = context.data.train.len().saturating_sub(experiment.validation_size);
    let steps =
        experiment.recipe.length.iterations(iterations_per_epoch(&experiment, context.data.train.len()));
    let normalized = normalized(context, trained);
    let sets = 1 + u64::from(experiment.validation_size > 0);
    let evaluations = steps.div_ceil(experiment.evaluate_every.max(1));
    // At the end each mask is evaluated once more, by itself.
    let evaluated = (sets * evaluations + 1) * normalized + context.data.test.len() as u64 + normalized;
    let weights = 4 * context.architecture.parameter_count() as u64;
    // Frozen weights, scores, and a ticket with its mask in bits.
    let bytes = 3 * weights + weights / 32 + evaluations * EVALUATION + TABLES;
    let left: Vec<Upcoming> = folders
        .iter()
        .filter(|folder| !SupermaskFiles::new(*folder).record().exists())
        .map(|_| Upcoming { evaluated, ..Upcoming::training(Density::DENSE, steps) })
        .collect();
    let mut estimate = estimate_trainings(&experiment, &left, bytes, learns, context);
    let others: u64 = folders[1..].iter().map(|folder| folder_size(folder)).sum();
    (estimate.bytes, estimate.present_bytes) = (estimate.bytes + others, estimate.present_bytes + others);
    estimate
}

/// Estimates what is left of masks that criteria find: dense networks that are trained again, and the evaluation of each mask.
/// Writes nothing.
///
/// # Errors
/// When the run has no such dense weights.
pub fn estimate_heuristics(
    settings: &HeuristicSettings,
    results: &RunResults,
    bench: &Workbench<'_>,
) -> Result<RunEstimate, StageError> {
    // Dense networks are trained without evaluations on the way.
    let experiment = Experiment { evaluate_every: u64::MAX, ..results.experiment.clone() };
    let folder = results.layout.root().join("supermask");
    let estimate = EstimateContext::new(bench, &folder);
    let densities = settings.targets.iter().map(|target| density_of(*target, &experiment, bench));
    let densities: Vec<Density> = densities.collect::<Result<_, StageError>>()?;
    let masks = (settings.criteria.len() * settings.weights.len()) as u64;
    let mut left: Vec<Upcoming> = Vec::new();
    for replicate in 0..experiment.replicates {
        let mut before = Vec::new();
        if let Some(steps) = settings.dense.steps_left(results, replicate, bench)? {
            before = vec![left.len()];
            left.push(Upcoming::training(Density::DENSE, steps));
        }
        let sets = experiment.validation_size + bench.data.test.len();
        let trained = bench.data.train.len().saturating_sub(experiment.validation_size);
        let examples = masks * (sets as u64 + normalized(&estimate, trained));
        for &density in &densities {
            let place = left.len();
            left.push(Upcoming { masks, ..Upcoming::evaluations(density, examples, before) });
            before = vec![place];
        }
    }
    let weights = 4 * bench.architecture.parameter_count() as u64;
    Ok(estimate_trainings(&experiment, &left, weights, Learns::Weights, &estimate))
}

/// Examples that batch normalisation is estimated on, for each mask.
fn normalized(context: &EstimateContext<'_>, trained: usize) -> u64 {
    let has_norms = !context.architecture.running_statistics().is_empty();
    if has_norms { trained.min(NORMALIZING) as u64 } else { 0 }
}

fn density_of(
    target: OneShot,
    experiment: &Experiment,
    bench: &Workbench<'_>,
) -> Result<Density, StageError> {
    let (scope, rates) = (experiment.pruning.scope, experiment.rates());
    Ok(match target {
        OneShot::Density(density) => density,
        OneShot::Rounds(rounds) => {
            density_ladder(bench.architecture, scope, &rates, rounds)?.pop().unwrap_or(Density::DENSE)
        }
    })
}

/// Bytes of one evaluation in the table.
const EVALUATION: u64 = 200;
/// Bytes of records and settings.
const TABLES: u64 = 5_000;
