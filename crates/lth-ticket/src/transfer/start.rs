//! Weights and masks that a transferred ticket and its baselines start from.

use lth_model::{Architecture, Mask, Masks, Purpose, RandomStream, Recipe, Seed, Tensors, initialize};

use super::{
    LayerFit, Take, TransferError, TransferFit, TransferRules, fit_layers, random_ticket::permuted_globally,
};
use crate::{complete_masks, mask_weights, rewind};

/// The ticket that is transferred.
#[derive(Debug, Clone, Copy)]
pub struct TransferSource<'a> {
    /// Its network.
    pub architecture: &'a Architecture,
    /// Its weights, biases and running statistics; pruned weights are zero.
    pub weights: &'a Tensors,
    /// Its masks; a weight without a mask is dense.
    pub masks: &'a Masks,
    /// All weights at its rewind point, not masked, where they are known; only [`Take::Weights`] looks at them.
    pub rewind: Option<&'a Tensors>,
}

/// The training that it is transferred to.
#[derive(Debug, Clone, Copy)]
pub struct TransferTarget<'a> {
    /// The network for the target's examples and classes.
    pub architecture: &'a Architecture,
    /// How fresh weights are drawn.
    pub recipe: &'a Recipe,
    /// The seed of all draws.
    pub seed: Seed,
    /// The ticket's round: each has its own draws.
    pub round: u64,
}

/// What a training on the target starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Transferred {
    /// Weights, biases and running statistics; pruned weights are exact zeros.
    pub weights: Tensors,
    /// Masks, one for every prunable weight.
    pub masks: Masks,
    /// What became of each layer.
    pub fit: TransferFit,
}

impl TransferTarget<'_> {
    /// The first stream of this round.
    fn base(&self) -> u64 {
        self.round << 32
    }

    /// A fresh network; not that of the seed's own initialisation, which may be the ticket's.
    fn fresh(&self) -> Tensors {
        let Recipe { init, bias_init, .. } = *self.recipe;
        initialize(self.architecture, init, bias_init, self.seed, Purpose::RandomReinit, self.base())
    }
}

impl Transferred {
    /// A ticket, transferred.
    ///
    /// Fresh weights are the same wherever they are needed: the redrawn output layer of a ticket is that of its baselines.
    ///
    /// # Errors
    /// As [`fit_layers`].
    pub fn of(
        source: &TransferSource<'_>,
        target: &TransferTarget<'_>,
        rules: TransferRules,
    ) -> Result<Self, TransferError> {
        let fit = fit_layers(source.architecture, target.architecture, rules)?;
        let complete = complete_masks(source.architecture, source.masks);
        let masks = masks(&complete, target.architecture, &fit);
        let fresh = target.fresh();
        let dense = || complete_masks(target.architecture, &Masks::new());
        Ok(match rules.take {
            Take::Mask => Self { weights: rewind(&fresh, &masks), masks, fit },
            Take::MaskAndWeights => {
                let weights = weights(source.weights, &fresh, &fit);
                Self { weights: rewind(&weights, &masks), masks, fit }
            }
            Take::Weights => {
                let weights = match source.rewind {
                    Some(point) => weights(&kept_in(point, source.weights, &complete), &fresh, &fit),
                    None => kept_in(&fresh, &weights(source.weights, &fresh, &fit), &masks),
                };
                Self { weights, masks: dense(), fit }
            }
        })
    }

    /// The same masks over fresh weights, biases and batch normalisations: Frankle and Carbin 2019's reinitialisation.
    #[must_use]
    pub fn reinit(&self, target: &TransferTarget<'_>) -> Self {
        Self { weights: rewind(&target.fresh(), &self.masks), ..self.clone() }
    }

    /// Morcos et al. 2019's random ticket: fresh weights under masks that are permuted over all layers together, so that not
    /// even the density of each layer is the ticket's. A redrawn output layer is no part of it: it stays dense.
    #[must_use]
    pub fn random_ticket(&self, target: &TransferTarget<'_>) -> Self {
        let is_part = |name: &str| self.fit.of_tensor(name) != LayerFit::Redrawn;
        let part: Masks = self
            .masks
            .iter()
            .filter(|(name, _)| is_part(name))
            .map(|(name, mask)| (name.clone(), mask.clone()))
            .collect();
        // The controls of a run have a stream a layer; this one is behind them all.
        let stream = RandomStream::new(target.seed, Purpose::RandomMask, target.base() | 0xffff);
        let mut masks = self.masks.clone();
        for (name, mask) in permuted_globally(&part, stream) {
            masks[&name] = mask;
        }
        Self { weights: rewind(&target.fresh(), &masks), masks, fit: self.fit.clone() }
    }
}

/// The ticket's masks in the target's network.
fn masks(source: &Masks, target: &Architecture, fit: &TransferFit) -> Masks {
    let prunable = target.parameters().into_iter().filter(|parameter| parameter.kind.is_prunable());
    prunable
        .map(|parameter| {
            let mask = match fit.of_tensor(&parameter.name) {
                LayerFit::Taken => source[&parameter.name].clone(),
                LayerFit::Adapted(adaptation) => adaptation.mask(&source[&parameter.name]),
                LayerFit::Redrawn => Mask::dense(parameter.shape),
            };
            (parameter.name, mask)
        })
        .collect()
}

/// The ticket's weights in the target's network, layers that are drawn anew from `fresh`.
fn weights(source: &Tensors, fresh: &Tensors, fit: &TransferFit) -> Tensors {
    let of_layer = |(name, fresh): (&String, &lth_model::Tensor)| {
        let tensor = match fit.of_tensor(name) {
            LayerFit::Taken => source[name].clone(),
            // A bias has no channels.
            LayerFit::Adapted(_) if source[name].shape() == fresh.shape() => source[name].clone(),
            LayerFit::Adapted(adaptation) => adaptation.weight(&source[name]),
            LayerFit::Redrawn => fresh.clone(),
        };
        (name.clone(), tensor)
    };
    fresh.iter().map(of_layer).collect()
}

/// The kept weights of a ticket, and where it has pruned them those of `others`; everything that has no mask is the ticket's.
fn kept_in(others: &Tensors, ticket: &Tensors, masks: &Masks) -> Tensors {
    let mut weights = ticket.clone();
    mask_weights(&mut weights, masks);
    for (name, mask) in masks {
        let values = weights[name].data_mut().iter_mut().zip(others[name].data());
        for ((value, other), live) in values.zip(mask.flags()) {
            if !live {
                *value = *other;
            }
        }
    }
    weights
}
