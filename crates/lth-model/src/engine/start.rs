//! What a network starts from, and what it has become.

use super::EngineError;
use crate::{Masks, Seed, Tensor, Tensors, check_shape};

/// The optimiser's memory, as named tensors: `fc1.weight.exp_avg`, `fc1.weight.exp_avg_sq`, `fc1.weight.momentum_buffer`,
/// and the number of updates that were made. Pruned weights have zeros.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OptimizerState {
    /// Updates made so far.
    pub updates: u64,
    /// The moments.
    pub tensors: Tensors,
}

impl OptimizerState {
    /// The tensor of this name and shape.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<&Tensor, EngineError> {
        let tensor =
            self.tensors.get(name).ok_or_else(|| EngineError::MissingTensor { name: name.to_owned() })?;
        check_shape(name, shape, tensor.shape())?;
        Ok(tensor)
    }
}

/// All that a trainer needs to go on to the same bits.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Weights, biases and running statistics by name; pruned weights are exact zeros.
    pub weights: Tensors,
    /// The optimiser's memory.
    pub optimizer: OptimizerState,
}

/// What pruned weights are during training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pruned {
    /// Zero, whatever they are given as.
    #[default]
    Zero,
    /// Frozen at the values that they are given with.
    Frozen,
}

/// What one network of a trainer starts from.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Weights, biases and running statistics.
    pub weights: &'a Tensors,
    /// Which weights are kept; a weight without a mask is dense.
    pub masks: &'a Masks,
    /// What pruned weights are. With frozen weights other than zero outputs cost what those of a dense layer cost.
    pub pruned: Pruned,
    /// The optimiser's memory, that of pruned weights is dropped; `None` for fresh memory.
    pub optimizer: Option<&'a OptimizerState>,
    /// Fixes what the trainer draws (dropout).
    pub seed: Seed,
}

impl<'a> Start<'a> {
    /// Fresh memory, pruned weights zero.
    pub fn new(weights: &'a Tensors, masks: &'a Masks, seed: Seed) -> Self {
        Self { weights, masks, pruned: Pruned::Zero, optimizer: None, seed }
    }
}
