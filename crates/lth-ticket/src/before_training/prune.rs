//! Pruning an untrained network to a density.

use std::ops::ControlFlow;

use lth_model::{Density, Masks};

use super::{
    BeforeTraining, BeforeTrainingContext, BeforeTrainingError, Budget, DensitySchedule, SanityCheck,
    context::Draw, invert_scores, shuffle_layers,
};
use crate::{
    PruningRates, complete_masks,
    prune::{check, prune_by},
};

/// How far, from where and in how many steps.
#[derive(Debug, Clone, Copy)]
pub struct BeforeTrainingOptions<'a> {
    /// The density of the whole network in the end, layers that are not pruned included.
    pub density: Density,
    /// Which weights compete.
    pub budget: Budget,
    /// Layers that are excluded, and for [`crate::Scope::Layer`] their rates.
    pub rates: &'a PruningRates,
    /// Steps; the rest is scored again before each. [`BeforeTraining::default_iterations`] is the paper's.
    pub iterations: u64,
    /// The densities between.
    pub schedule: DensitySchedule,
    /// Whether and how the result is spoilt.
    pub sanity: Option<SanityCheck>,
}

/// Where a pruning is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeforeTrainingProgress {
    /// Iterations finished.
    pub iteration: u64,
    /// Iterations in all.
    pub iterations: u64,
    /// The fraction of the present iteration that is done.
    pub part: f64,
}

/// Prunes an untrained network to a density: `iterations` times scores the kept weights and prunes the lowest scores.
///
/// Counts are exact: ranked globally, round-half-even(density x weights) are kept in all; layer by layer each count is
/// rounded alike, or is that of the allocation. Among equal scores at the boundary every subset is equally likely, drawn from
/// the stream of the seed and iteration. Masks only shrink, from those of the context; the result has one for every prunable
/// weight.
///
/// Ranked globally, a layer may lose all of its weights (layer collapse): see [`crate::collapsed_layers`]. Layer by layer,
/// each keeps one at least.
///
/// `progress` is told after each batch and iteration; when it breaks, the pruning ends with
/// [`BeforeTrainingError::Stopped`]. The context's own watcher is not called.
///
/// # Errors
/// When the density cannot be reached because of excluded layers, there are no iterations, or as
/// [`BeforeTraining::scores`].
pub fn prune_before_training(
    method: &dyn BeforeTraining,
    context: &BeforeTrainingContext<'_>,
    options: &BeforeTrainingOptions<'_>,
    progress: &dyn Fn(BeforeTrainingProgress) -> ControlFlow<()>,
) -> Result<Masks, BeforeTrainingError> {
    let BeforeTrainingOptions { density, budget, rates, iterations, schedule, sanity } = *options;
    let BeforeTrainingContext { architecture, seed, .. } = *context;
    let scope = budget.scope();
    check(context.masks, architecture, scope, rates)?;
    if iterations == 0 {
        return Err(BeforeTrainingError::Iterations);
    }
    // Refused before anything is scored.
    budget.counts(architecture, rates, density)?;
    let mut masks = complete_masks(architecture, context.masks);
    for iteration in 0..iterations {
        let watch = |part: f64| progress(BeforeTrainingProgress { iteration, iterations, part });
        let context = BeforeTrainingContext {
            masks: &masks,
            iteration: context.iteration + iteration,
            watch: &watch,
            ..*context
        };
        let mut scores = method.scores(&context)?;
        if sanity == Some(SanityCheck::InvertScores) {
            scores = invert_scores(&scores);
        }
        let density = schedule.density(density, iteration + 1, iterations);
        let counts = budget.counts(architecture, rates, density)?;
        let ties = Draw::Ties.stream(seed, context.iteration);
        let next = prune_by(&scores, &masks, architecture, scope, rates, ties, |live, group| {
            let kept = group.first().and_then(|first| counts.get(&first.name));
            kept.map_or(0, |&kept| live.saturating_sub(kept))
        })?;
        context.done(1.0)?;
        masks = next;
    }
    if sanity == Some(SanityCheck::ShuffleLayers) {
        masks = shuffle_layers(&masks, seed);
    }
    Ok(masks)
}
