//! What all networks of a trainer have in common.

use crate::{Architecture, Optimizer, Recipe};

/// What a trainer computes: everything that its networks share.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// How parameters are updated.
    pub optimizer: Optimizer,
    /// The most examples of a step; larger batches are computed too, at the cost of memory.
    pub batch_size: usize,
    /// The fraction of a target's mass that is spread evenly over all classes.
    pub label_smoothing: f32,
    /// The longest gradient (2-norm over all parameters); a longer one is shortened to it.
    pub gradient_clip: Option<f32>,
    /// What updates change.
    pub learns: Learns,
}

/// What updates change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learns {
    /// Nothing: networks are evaluated and differentiated only, and no memory of an optimiser is kept.
    Nothing,
    /// The weights that masks keep, biases and batch normalisations.
    Weights,
}

impl<'a> Program<'a> {
    /// Training of weights by a recipe.
    pub fn training(architecture: &'a Architecture, recipe: &Recipe) -> Self {
        Self {
            architecture,
            optimizer: recipe.optimizer,
            batch_size: recipe.batch_size,
            label_smoothing: recipe.label_smoothing,
            gradient_clip: recipe.gradient_clip,
            learns: Learns::Weights,
        }
    }

    /// Evaluations, and gradients of the mean cross-entropy.
    pub fn evaluation(architecture: &'a Architecture, batch_size: usize) -> Self {
        Self {
            architecture,
            optimizer: Optimizer::SGD,
            batch_size,
            label_smoothing: 0.0,
            gradient_clip: None,
            learns: Learns::Nothing,
        }
    }
}

/// How the trainings of a program are best laid out on an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// Trainers side by side.
    pub trainers: usize,
    /// Networks a trainer.
    pub networks: usize,
    /// Updates between two looks at the reports.
    pub updates: usize,
}
