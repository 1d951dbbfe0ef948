//! What is to be trained, and how.

use lth_model::{Architecture, Learns, Masks, OptimizerState, Program, Pruned, Recipe, Seed, Tensors};

use super::{DataOrder, MaskUpdates, TrainingData};

/// One training: everything that its bits depend on, besides the engine.
#[derive(Debug, Clone)]
pub struct TrainingJob<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// Batch size, length, rate, optimiser, schedule.
    pub recipe: &'a Recipe,
    /// Weights, or scores of a supermask.
    pub learns: Learns,
    /// The examples.
    pub data: &'a TrainingData,
    /// The weights and running statistics at iteration `start`.
    pub weights: &'a Tensors,
    /// Which weights are kept at iteration `start`; a weight without a mask is dense.
    pub masks: &'a Masks,
    /// How masks change in training; `None` where they stay.
    pub mask_updates: Option<MaskUpdates<'a>>,
    /// What pruned weights are: zero, or frozen at the values in `weights`.
    pub pruned: Pruned,
    /// Fixes data order and dropout.
    pub seed: Seed,
    /// The iteration at which training begins: that of the rewind point. Data order and schedule go on exactly there,
    /// and `length - start` iterations follow.
    pub start: u64,
    /// Shuffled or stored.
    pub order: DataOrder,
    /// The optimiser's memory at `start`; `None` for fresh memory.
    pub optimizer: Option<&'a OptimizerState>,
    /// Validation and test sets are evaluated at every multiple of this iteration number and at the last iteration.
    pub evaluate_every: u64,
    /// Iterations whose weights and optimiser state are kept in the result, for rewinding; from `start` to the last.
    pub snapshots: Vec<u64>,
}

impl TrainingJob<'_> {
    /// What an engine computes for it.
    pub fn program(&self) -> Program<'_> {
        Program { learns: self.learns.clone(), ..Program::training(self.architecture, self.recipe) }
    }

    /// Iterations an epoch: the last, short batch counts.
    pub fn per_epoch(&self) -> u64 {
        (self.data.train_indices.len() as u64).div_ceil((self.recipe.batch_size as u64).max(1))
    }

    /// The last iteration: the recipe's length.
    pub fn last_iteration(&self) -> u64 {
        self.recipe.length.iterations(self.per_epoch())
    }
}
