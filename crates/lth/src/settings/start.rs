//! What a single training starts from.

use std::path::Path;

use lth_model::{
    Architecture, EngineError, Hint, Masks, OptimizerState, Purpose, Recipe, Seed, TensorFile, Tensors,
    initialize,
};
use lth_ticket::{DataOrder, Ticket, complete_masks, mask_weights};

use super::values::parse;
use crate::{arguments::StartArguments, failure::Failure};

/// Weights, masks and the place in training that they are of.
pub(crate) struct Start {
    /// Weights, biases and running statistics; pruned weights are zero.
    pub(crate) weights: Tensors,
    /// One mask a prunable weight.
    pub(crate) masks: Masks,
    /// The seed of data order and validation split, and of initialisation where nothing is given.
    pub(crate) seed: Seed,
    /// The iteration that the weights are of: the rewind point of a ticket.
    pub(crate) iteration: u64,
    /// Whether examples are shuffled.
    pub(crate) order: DataOrder,
    /// The optimiser's memory that a ticket brings.
    pub(crate) optimizer: Option<OptimizerState>,
}

impl Start {
    /// From the flags: a ticket, or weights and masks of files, or fresh weights. A ticket brings its seed, so that its
    /// training is that of its run.
    ///
    /// # Errors
    /// When a file cannot be read or is of another architecture.
    pub(crate) fn of(
        arguments: &StartArguments,
        seed: Option<&str>,
        architecture: &Architecture,
        recipe: &Recipe,
    ) -> Result<Self, Failure> {
        let seed = seed.map(parse::<Seed>).transpose()?;
        let order = if arguments.no_shuffle { DataOrder::Stored } else { DataOrder::Shuffled };
        if let Some(path) = &arguments.ticket {
            let ticket = Ticket::read(path).map_err(Failure::bad_input)?;
            let ticket = ticket.for_architecture(architecture).map_err(|error| at(path, &error))?;
            return Ok(Self {
                weights: ticket.weights,
                masks: ticket.masks,
                seed: seed.unwrap_or(ticket.origin.seed),
                iteration: ticket.origin.rewind_iteration,
                order,
                optimizer: ticket.optimizer,
            });
        }
        let seed = seed.unwrap_or(Seed(0));
        let mut weights = match &arguments.initial_weights {
            Some(path) => weights(path, architecture)?,
            None => initialize(architecture, recipe.init, recipe.bias_init, seed, Purpose::Init, 0),
        };
        let masks = match &arguments.masks {
            Some(path) => masks(path, TensorFile::read(path).map_err(Failure::bad_input)?, architecture)?,
            None => Masks::new(),
        };
        let masks = complete_masks(architecture, &masks);
        mask_weights(&mut weights, &masks);
        Ok(Self { weights, masks, seed, iteration: 0, order, optimizer: None })
    }
}

fn weights(path: &Path, architecture: &Architecture) -> Result<Tensors, Failure> {
    let tensors = TensorFile::read(path).map_err(Failure::bad_input)?.tensors;
    architecture.check_tensors(&tensors).map_err(|error| at(path, &error))?;
    Ok(architecture.ordered(tensors))
}

/// The masks of a file, which must be of the architecture.
///
/// # Errors
/// When the file cannot be read, has no masks, or those of another network.
pub(crate) fn masks(path: &Path, file: TensorFile, architecture: &Architecture) -> Result<Masks, Failure> {
    let masks = file.masks;
    if masks.is_empty() {
        return Err(Failure::input(
            format!("'{}' has no masks", path.display()),
            "masks are tensors of bytes (U8) named after their weight: fc1.weight.mask",
        ));
    }
    architecture.check_masks(&masks).map_err(|error: EngineError| at(path, &error))?;
    Ok(masks)
}

/// The words of a room that does not know the file.
fn at<E: Hint + std::fmt::Display>(path: &Path, error: &E) -> Failure {
    Failure::Input { message: format!("'{}': {error}", path.display()), hint: error.hint() }
}
