//! Masks that change while a network trains.

use lth_model::{Architecture, Batch, EngineError, Gradients, Masks, Seed, Tensor, Tensors, Trainer};

use super::TrainingError;
use crate::{
    GradualPruning, Growth, OneShot, PruningError, PruningRates, Scope, complete_masks, cosine_fraction,
    drop_and_grow, prune_one_shot,
};

/// How masks change while a network trains.
#[derive(Debug, Clone, Copy)]
pub enum MaskUpdates<'a> {
    /// A dense network loses its weights of least magnitude little by little (Zhu and Gupta 2017).
    Gradual {
        /// When, and to which densities.
        schedule: GradualPruning,
        /// Whether weights compete within a layer or with all others.
        scope: Scope,
        /// How densities of layers differ (with [`Scope::Layer`]), and which layers are left out.
        rates: &'a PruningRates,
    },
    /// A sparse network drops its weights of least magnitude and grows as many elsewhere (Mocanu et al. 2018; Evci et al. 2020).
    DropAndGrow {
        /// Where weights grow.
        growth: GrowthRule,
        /// Iterations from one change to the next; 100 in the paper.
        every: u64,
        /// Masks change before this iteration only; three quarters of the training in the paper.
        end: u64,
        /// The fraction of a layer's weights that the first change replaces; it falls to 0 at `end` as a cosine. 0.3 in the paper.
        fraction: f64,
    },
}

/// Where weights grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrowthRule {
    /// Anywhere (SET).
    Random,
    /// Where the gradient of the dense network on the batch of the iteration is largest (RigL).
    Gradient,
}

impl MaskUpdates<'_> {
    /// Whether masks change after the update of this iteration, before any evaluation.
    pub fn changes_at(&self, iteration: u64) -> bool {
        match self {
            Self::Gradual { schedule, .. } => schedule.prunes_at(iteration),
            Self::DropAndGrow { every, end, .. } => {
                iteration > 0 && iteration < *end && iteration.is_multiple_of((*every).max(1))
            }
        }
    }

    /// The first iteration after which masks stay.
    pub fn end(&self) -> u64 {
        match self {
            Self::Gradual { schedule, .. } => schedule.end(),
            Self::DropAndGrow { end, .. } => *end,
        }
    }
}

/// A network whose masks are to change.
pub(super) struct Changing<'a> {
    pub(super) architecture: &'a Architecture,
    pub(super) trainer: &'a mut dyn Trainer,
    pub(super) network: usize,
    pub(super) seed: Seed,
    pub(super) iteration: u64,
}

impl Changing<'_> {
    /// Changes masks as this iteration wants it. New weights start from zero without moments; the others keep theirs.
    ///
    /// # Errors
    /// [`PruningError::NanScore`] when a weight or gradient is not a number; others when masks do not fit.
    pub(super) fn change(
        self,
        updates: &MaskUpdates<'_>,
        masks: &mut Masks,
        batch: Batch<'_>,
    ) -> Result<(), TrainingError> {
        let weights = self.trainer.read(self.network).weights;
        *masks = match *updates {
            MaskUpdates::Gradual { schedule, scope, rates } => {
                let live = complete_masks(self.architecture, masks);
                prune_one_shot(
                    &magnitudes(&weights, &live),
                    self.architecture,
                    scope,
                    rates,
                    OneShot::Density(schedule.density(self.iteration)),
                    self.seed,
                    self.iteration,
                )?
            }
            MaskUpdates::DropAndGrow { growth, end, fraction, .. } => {
                let mut gradients = Tensors::new();
                let growth = match growth {
                    GrowthRule::Random => Growth::Random,
                    GrowthRule::Gradient => {
                        self.trainer.gradients(self.network, batch, Gradients::All, &mut gradients)?;
                        Growth::Gradient(&gradients)
                    }
                };
                let fraction = cosine_fraction(fraction, self.iteration, end);
                let (seed, at) = (self.seed, self.iteration);
                drop_and_grow(self.architecture, &weights, masks, growth, fraction, seed, at)?.masks
            }
        };
        Ok(self.trainer.remask(self.network, masks)?)
    }
}

/// Magnitudes; of pruned weights less than any, so that they are pruned again.
fn magnitudes(weights: &Tensors, masks: &Masks) -> Tensors {
    masks
        .iter()
        .filter_map(|(name, mask)| {
            let tensor = weights.get(name)?;
            let scores = tensor.data().iter().zip(mask.flags());
            let scores = scores.map(|(value, live)| if live { value.abs() } else { -1.0 }).collect();
            Some((name.clone(), Tensor::new(tensor.shape().to_vec(), scores)))
        })
        .collect()
}

/// Whether an error says that the network is no longer made of numbers.
pub(super) fn diverged(error: &TrainingError) -> bool {
    matches!(error, TrainingError::Pruning(PruningError::NanScore { .. }))
}

/// Masks that change are not for pruned weights that stay at a value.
pub(super) fn unsupported_with_frozen() -> TrainingError {
    TrainingError::Engine(EngineError::Unsupported {
        engine: "chosen",
        what: "masks that change while pruned weights are frozen at values".to_owned(),
    })
}
