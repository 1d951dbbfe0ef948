//! One-shot pruning: once, but far.

use indexmap::IndexMap;
use lth_model::{Architecture, Density, Masks, Parameter, Purpose, RandomStream, Rate, Seed, Tensors};

use super::{
    PruningError, PruningRates, Scope,
    count::live_after,
    ladder::size,
    once::{check, groups, prune_by},
};

/// How far one-shot pruning goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OneShot {
    /// As many weights of each scope as this many iterative rounds prune, to the last weight.
    Rounds(u64),
    /// To this density of the whole network. With [`Scope::Global`] to the nearest weight; with [`Scope::Layer`] each
    /// layer keeps (1 - its rate)^n with the one real n that gives the density, rounded to whole weights a layer.
    Density(Density),
}

/// Prunes a dense network once to what iterative pruning reaches in rounds, or to a density (Frankle and Carbin 2019,
/// Section 3: per layer, 1 - (1 - rate)^rounds).
///
/// Scopes, ties and errors are those of [`crate::prune()`]; `round` is the index of the ties' stream.
///
/// # Errors
/// As [`crate::prune()`]; also when excluded layers alone are denser than the density asked for.
pub fn prune_one_shot(
    scores: &Tensors,
    architecture: &Architecture,
    scope: Scope,
    rates: &PruningRates,
    target: OneShot,
    seed: Seed,
    round: u64,
) -> Result<Masks, PruningError> {
    let dense = Masks::new();
    check(&dense, architecture, scope, rates)?;
    let ties = RandomStream::new(seed, Purpose::Ties, round);
    let rate_of = |group: &[Parameter]| rates.of_group(architecture, scope, group);
    match target {
        OneShot::Rounds(rounds) => {
            prune_by(scores, &dense, architecture, scope, rates, ties, |live, group| {
                rate_of(group).map_or(0, |rate| live - live_after(live, rate, rounds))
            })
        }
        OneShot::Density(density) => {
            let groups: Vec<(usize, Rate)> = groups(architecture, scope, rates)
                .iter()
                .filter_map(|group| Some((group.iter().map(size).sum(), rate_of(group)?)))
                .collect();
            let rounds = real_rounds(&groups, architecture.weight_count(), density)?;
            prune_by(scores, &dense, architecture, scope, rates, ties, |live, group| {
                rate_of(group).map_or(0, |rate| live - whole(kept(live, rate, rounds)))
            })
        }
    }
}

/// What each layer keeps at a density of the whole network, by tensor name, layers that are not pruned left out: as
/// [`OneShot::Density`] with [`Scope::Layer`].
pub(crate) fn layer_counts(
    architecture: &Architecture,
    rates: &PruningRates,
    density: Density,
) -> Result<IndexMap<String, usize>, PruningError> {
    let layers: Vec<(Parameter, Rate)> = groups(architecture, Scope::Layer, rates)
        .into_iter()
        .flatten()
        .filter_map(|parameter| rates.of(architecture, &parameter).map(|rate| (parameter, rate)))
        .collect();
    let sizes: Vec<(usize, Rate)> = layers.iter().map(|(parameter, rate)| (size(parameter), *rate)).collect();
    let rounds = real_rounds(&sizes, architecture.weight_count(), density)?;
    Ok(layers
        .into_iter()
        .map(|(parameter, rate)| {
            let live = size(&parameter);
            (parameter.name, whole(kept(live, rate, rounds)))
        })
        .collect())
}

/// Whole weights; a layer keeps its last.
fn whole(kept: f64) -> usize {
    kept.round_ties_even().max(1.0) as usize
}

/// What remains of a group after a real number of rounds.
fn kept(live: usize, rate: Rate, rounds: f64) -> f64 {
    live as f64 * (1.0 - rate.get()).powf(rounds)
}

/// The real number of rounds after which the whole network has this density, by bisection.
fn real_rounds(groups: &[(usize, Rate)], total: usize, target: Density) -> Result<f64, PruningError> {
    let pruned: usize = groups.iter().map(|(size, _)| size).sum();
    let fixed = (total - pruned) as f64;
    let wanted = target.get() * total as f64 - fixed;
    if wanted < 0.5 {
        return Err(PruningError::Unreachable { target, least: fixed / total as f64 });
    }
    let remaining = |rounds: f64| groups.iter().map(|&(size, rate)| kept(size, rate, rounds)).sum::<f64>();
    let (mut low, mut high) = (0.0, 1.0);
    while remaining(high) > wanted {
        high *= 2.0;
    }
    // 200 halvings reach neighbouring numbers from any start.
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if remaining(middle) > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(high)
}
