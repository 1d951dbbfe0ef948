//! Controls: the networks that a ticket is compared with.
//!
//! To add one: write a file like `random_reinit.rs` and add it to [`CONTROLS`].

mod of_action;
mod random_mask;
mod random_mask_global;
mod random_reinit;
mod random_sparse;
mod rewound;

use lth_model::{Architecture, Masks, Purpose, RandomStream, Recipe, Seed, Tensors, initialize};

use crate::{Constant, Noise, Reinit, Resample, Reshuffle, ShuffleInit, UnknownName, rewind};

pub use of_action::OfAction;
pub use random_mask::RandomMask;
pub use random_mask_global::RandomMaskGlobal;
pub use random_reinit::RandomReinit;
pub use random_sparse::RandomSparse;
pub use rewound::Rewound;

/// Makes a network to compare a ticket with: as many live weights, but something else is different.
pub trait Control: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// One line of what is the ticket's and what is random.
    fn description(&self) -> &'static str;

    /// Where it was published.
    fn paper(&self) -> &'static str;

    /// The control of a ticket.
    fn control(&self, context: &ControlContext<'_>) -> ControlTicket;
}

/// The ticket that is controlled.
#[derive(Debug, Clone, Copy)]
pub struct ControlContext<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// How fresh weights are drawn.
    pub recipe: &'a Recipe,
    /// All weights at initialisation.
    pub initial: &'a Tensors,
    /// All weights at the ticket's rewind point, not masked: a random mask keeps weights that the ticket has pruned.
    pub rewind: &'a Tensors,
    /// The ticket's masks.
    pub masks: &'a Masks,
    /// The replicate's seed.
    pub seed: Seed,
    /// The ticket's round. Every round has fresh draws: what is random in one round says nothing about another.
    pub round: u64,
    /// Which control of this ticket, from 0: the papers train several (Frankle and Carbin 2019: three).
    pub draw: u64,
}

/// A control's start of training.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlTicket {
    /// Weights; pruned ones are exact zeros.
    pub weights: Tensors,
    /// Masks, one for every prunable weight that the ticket has a mask for.
    pub masks: Masks,
}

impl ControlContext<'_> {
    /// The index of the first stream of this round and draw; streams base, base + 1, ... are one a parameter.
    fn base(&self) -> u64 {
        self.round << 32 | self.draw << 16
    }

    /// Weights and biases drawn as at initialisation, masked; batch normalisations and their running statistics as they
    /// are before any training.
    fn fresh_weights(&self, masks: &Masks) -> Tensors {
        let Recipe { init, bias_init, .. } = *self.recipe;
        rewind(
            &initialize(self.architecture, init, bias_init, self.seed, Purpose::RandomReinit, self.base()),
            masks,
        )
    }

    /// Masks with as many live weights in each layer as the ticket's, every choice of them equally likely.
    fn random_masks(&self) -> Masks {
        let mut masks = self.masks.clone();
        for (place, mask) in masks.values_mut().enumerate() {
            let mut stream = RandomStream::new(self.seed, Purpose::RandomMask, self.base() + place as u64);
            let mut flags: Vec<bool> = mask.flags().collect();
            stream.shuffle(&mut flags);
            *mask = lth_model::Mask::from_flags(mask.shape().to_vec(), flags);
        }
        masks
    }
}

/// Every control.
pub const CONTROLS: &[&dyn Control] = &[
    &RandomReinit,
    &RandomMask,
    &RandomMaskGlobal,
    &RandomSparse,
    &Rewound,
    &OfAction { name: "reinit-same-sign", action: &Reinit { same_sign: true } },
    &OfAction { name: "shuffle-init", action: &ShuffleInit { same_sign: false } },
    &OfAction { name: "shuffle-init-same-sign", action: &ShuffleInit { same_sign: true } },
    &OfAction { name: "reshuffle", action: &Reshuffle { same_sign: false } },
    &OfAction { name: "reshuffle-same-sign", action: &Reshuffle { same_sign: true } },
    &OfAction { name: "constant", action: &Constant { same_sign: false } },
    &OfAction { name: "constant-same-sign", action: &Constant { same_sign: true } },
    &OfAction { name: "resample", action: &Resample },
    &OfAction { name: "perturbed", action: &Noise { deviations: 0.5 } },
];

/// The control of this name; underscores are understood for hyphens.
///
/// # Errors
/// When there is none; the hint names the nearest and lists all.
pub fn find_control(name: &str) -> Result<&'static dyn Control, UnknownName> {
    let wanted = name.replace('_', "-");
    let found = CONTROLS.iter().find(|control| control.name() == wanted);
    found
        .copied()
        .ok_or_else(|| UnknownName::new("control", name, CONTROLS.iter().map(|control| control.name())))
}

#[cfg(test)]
mod tests;
