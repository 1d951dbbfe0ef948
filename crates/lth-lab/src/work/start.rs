//! What a training starts from.

use std::path::Path;

use lth_model::{Architecture, Masks, OptimizerState, Pruned, Seed, TensorFile, Tensors};
use lth_ticket::Ticket;

use crate::{LabError, StageError, read_file, tasks::hash_of_start};

/// A ticket that was read, as training takes it.
pub(crate) struct Start {
    pub(crate) weights: Tensors,
    pub(crate) masks: Masks,
    /// What pruned weights are.
    pub(crate) pruned: Pruned,
    pub(crate) optimizer: Option<OptimizerState>,
    /// The iteration of the weights.
    pub(crate) iteration: u64,
    /// BLAKE3 of the file, by which records say what followed from what.
    pub(crate) ticket_hash: String,
}

impl Start {
    /// Reads a ticket of this network.
    ///
    /// # Errors
    /// When the file cannot be read or is no ticket of it.
    pub(crate) fn read(path: &Path, architecture: &Architecture) -> Result<Self, StageError> {
        let bytes = read_file(path)?;
        let name = path.display().to_string();
        let file = TensorFile::from_bytes(&bytes, &name).map_err(LabError::from)?;
        let Ticket { weights, masks, pruned, optimizer, origin, .. } =
            Ticket::from_file(file, &name)?.for_architecture(architecture)?;
        let (iteration, ticket_hash) = (origin.rewind_iteration, blake3::hash(&bytes).to_hex().to_string());
        Ok(Self { weights, masks, pruned, optimizer, iteration, ticket_hash })
    }

    /// A dense network before its first iteration.
    pub(crate) fn dense(weights: Tensors) -> Self {
        Self {
            weights,
            masks: Masks::new(),
            pruned: Pruned::Zero,
            optimizer: None,
            iteration: 0,
            ticket_hash: String::new(),
        }
    }

    /// The hash of everything but where it is written.
    pub(crate) fn hash(&self) -> String {
        hash_of_start(&self.weights, &self.masks, self.pruned, self.optimizer.as_ref(), self.iteration)
    }

    /// A network of these weights under the masks.
    pub(crate) fn network<'a>(&'a self, weights: &'a Tensors, seed: Seed) -> lth_model::Start<'a> {
        lth_model::Start { pruned: self.pruned, ..lth_model::Start::new(weights, &self.masks, seed) }
    }
}
