//! What all networks of a trainer have in common.

use std::sync::Arc;

use super::DataSet;
use crate::{Architecture, Optimizer, Recipe, supermask::SupermaskMethod};

/// What a trainer computes: everything that its networks share.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub enum Learns {
    /// Nothing: networks are evaluated and differentiated only, and no memory of an optimiser is kept.
    Nothing,
    /// The weights that masks keep, biases and batch normalisations.
    Weights,
    /// Scores from which masks on frozen weights follow ([`crate::supermask`]).
    Scores(Scores),
}

/// How masks on frozen weights are learned.
///
/// An update draws or chooses masks after the stream of [`crate::supermask::step_stream`], layer after layer in the order of the
/// architecture, computes loss and gradients of the masked network and updates the scores. An evaluation is the mean over the
/// method's number of masks, after the streams of [`crate::supermask::sample_stream`], all of whose examples it counts. Weights that are
/// read are the frozen ones; the scores are in the optimiser's memory, as `NAME.score`, with moments such as
/// `NAME.score.momentum_buffer`. Without memory, they start from [`crate::supermask::first_scores`]. Masks follow from (seed, updates), so
/// that any checkpoint goes on to the same bits.
///
/// Refused are masks besides its own, dropout and clipping.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// How a mask follows from scores.
    pub method: SupermaskMethod,
    /// Whether kept weights are multiplied by the layer's size over the number of kept ones (Zhou et al. 2019).
    pub dynamic_rescaling: bool,
    /// What the running statistics of batch normalisations are estimated on for each mask that is evaluated: those of the untrained
    /// network fit no mask. Networks without batch normalisation do not look at it.
    pub normalizing: Option<Arc<Normalizing>>,
}

/// Examples that running statistics are estimated on.
#[derive(Debug, Clone, PartialEq)]
pub struct Normalizing {
    /// The training set.
    pub data: DataSet,
    /// Some of it.
    pub indices: Vec<u32>,
    /// How many are normalised together.
    pub batch_size: usize,
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
