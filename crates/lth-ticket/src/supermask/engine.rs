//! An engine whose trainers learn masks.

use lth_model::{
    Architecture, Engine, EngineError, Examples, Masks, Optimizer, Recipe, Seed, Tensors, Trainer,
};

use super::{SupermaskSettings, check_supermask_network, trainer::SupermaskTrainer};

/// The examples that running statistics of batch normalisations are estimated on for each mask that is evaluated: those of
/// the untrained network fit no mask.
#[derive(Debug, Clone)]
pub struct Normalizing {
    /// The training set.
    pub examples: Examples,
    /// Some of it.
    pub indices: Vec<u32>,
    /// How many are normalised together.
    pub batch_size: usize,
}

/// Makes trainers that learn a mask on frozen weights instead of the weights, out of the trainers of another engine.
///
/// Such a trainer's `step` draws or chooses masks, computes loss and gradients of the masked network and updates the scores;
/// `evaluate` is the mean over the method's number of masks, all of whose examples it counts; `weights` are the frozen ones;
/// the scores are in the optimiser's memory, see [`crate::scores_of`]. Masks follow from (seed, updates), so that
/// [`crate::train()`] continues from any checkpoint to the same bits.
///
/// Refused are masks besides its own, dropout, and what the settings refuse ([`SupermaskSettings::check`] says so earlier).
pub struct SupermaskEngine<'a> {
    /// Computes networks and gradients.
    pub inner: &'a dyn Engine,
    /// How masks are learned.
    pub settings: SupermaskSettings,
    /// For networks with batch normalisation.
    pub normalizing: Option<Normalizing>,
}

impl Engine for SupermaskEngine<'_> {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn supports(&self, architecture: &Architecture, recipe: &Recipe) -> Result<(), EngineError> {
        check_supermask_network(architecture)?;
        self.inner.supports(architecture, recipe)
    }

    fn trainer(
        &self,
        architecture: &Architecture,
        recipe: &Recipe,
        weights: &Tensors,
        masks: &Masks,
        seed: Seed,
    ) -> Result<Box<dyn Trainer>, EngineError> {
        refuse_masks(masks)?;
        check_supermask_network(architecture)?;
        // Without moments of weights, which never change.
        let plain = Recipe { optimizer: Optimizer::SGD, gradient_clip: None, ..recipe.clone() };
        let inner = self.inner.trainer(architecture, &plain, weights, masks, seed)?;
        let normalizing = self.normalizing.clone().filter(|_| !architecture.running_statistics().is_empty());
        let optimizer = recipe.optimizer;
        Ok(Box::new(SupermaskTrainer::new(
            inner,
            architecture,
            self.settings,
            optimizer,
            weights,
            seed,
            normalizing,
        )))
    }
}

/// Masks are what is learned: there can be no others.
pub(super) fn refuse_masks(masks: &Masks) -> Result<(), EngineError> {
    if masks.values().any(|mask| mask.live() < mask.len()) {
        return Err(unsupported("a mask under the mask that is learned"));
    }
    Ok(())
}

pub(super) fn unsupported(what: &str) -> EngineError {
    EngineError::Unsupported { engine: "supermask", what: what.to_owned() }
}
