//! How many weights are kept, and of which layers.

use indexmap::IndexMap;
use lth_model::{Architecture, Density, Parameter};

use super::BeforeTrainingError;
use crate::{
    Allocation, PruningError, PruningRates, Scope, allocate,
    prune::{groups, layer_counts, size},
};

/// Which weights compete with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Budget {
    /// All layers together, as in the papers, or each layer by itself: then it keeps (1 - its rate)^n with the one real n
    /// that gives the density, as in one-shot pruning ([`crate::OneShot::Density`]).
    Scope(Scope),
    /// Each layer by itself, its count by an allocation that knows nothing of scores.
    Allocation(Allocation),
}

impl Default for Budget {
    fn default() -> Self {
        Self::Scope(Scope::Global)
    }
}

impl Budget {
    /// The scope in which scores are ranked.
    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Scope(scope) => scope,
            Self::Allocation(_) => Scope::Layer,
        }
    }

    /// Checks that there is a mask of this density.
    ///
    /// # Errors
    /// When layers that are not pruned, or the last weight of each layer, are more than it allows.
    ///
    /// ```
    /// use lth_model::{Density, Rate, lenet_300_100};
    /// use lth_ticket::{Budget, PruningRates, Scope};
    /// let mut rates = PruningRates::new(Rate::new(0.2).unwrap(), Rate::new(0.1).unwrap());
    /// let check = |rates: &PruningRates| {
    ///     Budget::Scope(Scope::Global).check(&lenet_300_100(10), rates, Density::new(0.003).unwrap())
    /// };
    /// assert!(check(&rates).is_ok());
    /// rates.excluded.insert("fc3".to_owned()); // 1,000 of 266,200 weights
    /// assert!(check(&rates).is_err());
    /// ```
    pub fn check(
        self,
        architecture: &Architecture,
        rates: &PruningRates,
        density: Density,
    ) -> Result<(), BeforeTrainingError> {
        self.counts(architecture, rates, density).map(|_| ())
    }

    /// How many weights each group of [`groups`] keeps at a density of the whole network, by the name of its first tensor.
    pub(super) fn counts(
        self,
        architecture: &Architecture,
        rates: &PruningRates,
        density: Density,
    ) -> Result<IndexMap<String, usize>, BeforeTrainingError> {
        let groups = groups(architecture, self.scope(), rates);
        match self {
            Self::Scope(Scope::Layer) => Ok(layer_counts(architecture, rates, density)?),
            Self::Scope(Scope::Global) => {
                let total = architecture.weight_count();
                let fixed = total - groups.iter().flatten().map(size).sum::<usize>();
                let kept = (density.get() * total as f64).round_ties_even() as usize;
                let Some(kept) = kept.checked_sub(fixed).filter(|&kept| kept > 0) else {
                    let least = fixed as f64 / total as f64;
                    return Err(PruningError::Unreachable { target: density, least }.into());
                };
                Ok(groups
                    .first()
                    .and_then(|group| group.first())
                    .map(|p| (p.name.clone(), kept))
                    .into_iter()
                    .collect())
            }
            Self::Allocation(allocation) => {
                let pruned: Vec<&Parameter> = groups.iter().flatten().collect();
                let dense: Vec<String> = architecture
                    .parameters()
                    .iter()
                    .filter(|p| p.kind.is_prunable() && !pruned.contains(p))
                    .map(|parameter| architecture.nodes[parameter.node].name.clone())
                    .collect();
                Ok(allocate(architecture, density, allocation, &dense)?)
            }
        }
    }
}
