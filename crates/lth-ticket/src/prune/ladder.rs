//! The densities that a pruning schedule will reach, known before anything is trained.

use lth_model::{Architecture, Density, Parameter};

use super::{PruningError, PruningRates, Scope, count::live_after, once::groups};

/// The density of each round: of round 0, which is dense, to that of round `rounds`.
///
/// Counts of pruned weights depend on nothing but the counts before, so these are the densities that [`crate::prune()`]
/// reaches, to the last weight.
///
/// # Errors
/// When rates name layers that do not exist.
///
/// ```
/// use lth_model::{Rate, lenet_300_100};
/// use lth_ticket::{PruningRates, Scope, density_ladder};
/// let rates = PruningRates::new(Rate::new(0.2).unwrap(), Rate::new(0.1).unwrap());
/// let ladder = density_ladder(&lenet_300_100(10), Scope::Layer, &rates, 3).unwrap();
/// let percent: Vec<String> = ladder.iter().map(|density| format!("{:.1}", 100.0 * density.get())).collect();
/// assert_eq!(percent, ["100.0", "80.0", "64.1", "51.3"]);
/// ```
pub fn density_ladder(
    architecture: &Architecture,
    scope: Scope,
    rates: &PruningRates,
    rounds: u64,
) -> Result<Vec<Density>, PruningError> {
    rates.check(architecture)?;
    let groups: Vec<(usize, lth_model::Rate)> = groups(architecture, scope, rates)
        .iter()
        .filter_map(|group| Some((group.iter().map(size).sum(), rates.of_group(architecture, scope, group)?)))
        .collect();
    let total = architecture.weight_count();
    let pruned: usize = groups.iter().map(|(size, _)| size).sum();
    let density = |round| {
        let live: usize = groups.iter().map(|&(size, rate)| live_after(size, rate, round)).sum();
        Density::of(total - pruned + live, total)
    };
    Ok((0..=rounds).map(density).collect())
}

pub(crate) fn size(parameter: &Parameter) -> usize {
    parameter.shape.iter().product()
}
