//! A ticket: a mask and the weights that training restarts from.

use std::collections::BTreeMap;

use lth_model::{Architecture, Density, Masks, OptimizerState, Pruned, Seed, Step, Tensors};

use crate::{TicketError, complete_masks, mask_weights};

/// Where a ticket comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketOrigin {
    /// The data set's name, with its view: `mnist`, `mnist-classes-3-8-fraction-0.1`.
    pub data: String,
    /// The round that starts from it; 0 is dense.
    pub round: u64,
    /// The replicate's seed.
    pub seed: Seed,
    /// The rewind point.
    pub rewind: Step,
    /// The rewind point as an iteration.
    pub rewind_iteration: u64,
    /// The hash of the ticket that this one was pruned from.
    pub parent: Option<String>,
    /// Anything else that should be kept with it, such as the criterion; keys of the format itself are ignored.
    pub metadata: BTreeMap<String, String>,
}

/// A mask and the weights that training restarts from, with what is needed to train it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// The model's name.
    pub model: String,
    /// The fingerprint of its architecture.
    pub architecture: String,
    /// Where it comes from.
    pub origin: TicketOrigin,
    /// The fraction of weights that are kept.
    pub density: Density,
    /// Weights, biases and running statistics; pruned weights are exact zeros, unless they are frozen at something else.
    pub weights: Tensors,
    /// What pruned weights are during training.
    pub pruned: Pruned,
    /// Masks, one for every prunable weight.
    pub masks: Masks,
    /// The optimiser's memory at the rewind point, when it is to be restored.
    pub optimizer: Option<OptimizerState>,
}

impl Ticket {
    /// A ticket of these weights, which are masked, and masks, which are completed.
    ///
    /// # Errors
    /// When weights or masks are not those of the architecture.
    pub fn new(
        architecture: &Architecture,
        origin: TicketOrigin,
        weights: Tensors,
        masks: &Masks,
    ) -> Result<Self, TicketError> {
        let fit = |source| TicketError::Fit { wanted: architecture.name.clone(), source };
        architecture.check_tensors(&weights).map_err(fit)?;
        architecture.check_masks(masks).map_err(fit)?;
        let masks = complete_masks(architecture, masks);
        let mut weights = architecture.ordered(weights);
        mask_weights(&mut weights, &masks);
        Ok(Self {
            model: architecture.name.clone(),
            architecture: architecture.fingerprint(),
            origin,
            density: architecture.density(&masks),
            weights,
            pruned: Pruned::Zero,
            masks,
            optimizer: None,
        })
    }

    /// As [`Ticket::new`], but pruned weights keep the values that are given, and are frozen there in training (Zhou et al.
    /// 2019, mask-0 actions).
    ///
    /// # Errors
    /// When weights or masks are not those of the architecture.
    pub fn frozen(
        architecture: &Architecture,
        origin: TicketOrigin,
        weights: Tensors,
        masks: &Masks,
    ) -> Result<Self, TicketError> {
        let ticket = Self::new(architecture, origin, weights.clone(), masks)?;
        Ok(Self { weights: architecture.ordered(weights), pruned: Pruned::Frozen, ..ticket })
    }

    /// Checks that this ticket, read from a file, is one of an architecture, and brings its tensors into its order.
    ///
    /// # Errors
    /// When tensors or masks do not fit, the layers are others, a pruned weight is not zero though none is said to be
    /// frozen, or the density is not that of the masks.
    pub fn for_architecture(self, architecture: &Architecture) -> Result<Self, TicketError> {
        let fit = |source| TicketError::Fit { wanted: architecture.name.clone(), source };
        architecture.check_tensors(&self.weights).map_err(fit)?;
        architecture.check_masks(&self.masks).map_err(fit)?;
        let expected = architecture.fingerprint();
        if self.architecture != expected {
            return Err(TicketError::OtherArchitecture {
                model: self.model,
                found: self.architecture,
                wanted: architecture.name.clone(),
                expected,
            });
        }
        if let Some((name, index)) = self.nonzero_pruned_weight() {
            let value = self.weights[name].data()[index];
            let reason = format!("weight {index} of '{name}' is pruned, but {value} and not 0");
            return Err(TicketError::Contradiction { reason });
        }
        let masks = complete_masks(architecture, &self.masks);
        let density = architecture.density(&masks);
        if density != self.density {
            let reason = format!("its density is {}, that of its masks is {density}", self.density);
            return Err(TicketError::Contradiction { reason });
        }
        Ok(Self { weights: architecture.ordered(self.weights), masks, ..self })
    }

    /// The first weight that is pruned and not zero, though none is said to be frozen: the name of its tensor and its place there.
    pub fn nonzero_pruned_weight(&self) -> Option<(&str, usize)> {
        let masks = self.masks.iter().filter(|_| self.pruned == Pruned::Zero);
        masks.filter_map(|(name, mask)| Some((name, mask, self.weights.get(name)?))).find_map(
            |(name, mask, weight)| {
                let values = weight.data().iter().zip(mask.flags());
                let place = values.into_iter().position(|(value, is_live)| !is_live && *value != 0.0)?;
                Some((name.as_str(), place))
            },
        )
    }
}
