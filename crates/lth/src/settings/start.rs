//! What a single training starts from.

use std::path::Path;

use lth_model::{
    Architecture, EngineError, GivenFile, Hint, Masks, OptimizerState, Purpose, Recipe, Seed, Tensors,
    initialize,
};
use lth_ticket::{DataOrder, Ticket, complete_masks, mask_weights};

use super::given;
use crate::{arguments::StartArguments, failure::Failure, output::Messages};

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
    /// training is that of its run; weights and masks of another program are one without seed, at iteration 0.
    ///
    /// # Errors
    /// When a file cannot be read, is of another architecture, or holds what cannot be trained.
    pub(crate) fn of(
        arguments: &StartArguments,
        seed: Option<Seed>,
        architecture: &Architecture,
        recipe: &Recipe,
        messages: &Messages,
    ) -> Result<Self, Failure> {
        let order = if arguments.no_shuffle { DataOrder::Stored } else { DataOrder::Shuffled };
        if let Some(path) = &arguments.ticket {
            let file = given(path, Some(architecture), messages)?.into_file().map_err(Failure::bad_input)?;
            if !file.metadata.contains_key("kind") {
                if file.masks.is_empty() {
                    return Err(Failure::input(
                        format!("'{}' has no masks", path.display()),
                        "a ticket is weights and masks (fc1.weight.mask); for weights alone use --initial-weights",
                    ));
                }
                messages.info(&format!(
                    "'{}' is of another program: its weights are trained from iteration 0",
                    path.display()
                ));
                let masks = of_architecture(path, file.masks, architecture)?;
                let weights = complete(path, file.tensors, architecture)?;
                return Ok(Self::from_the_beginning(weights, &masks, architecture, seed, order));
            }
            let ticket = Ticket::from_file(file, &path.display().to_string()).map_err(Failure::bad_input)?;
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
        let weights = if let Some(path) = &arguments.initial_weights {
            let file = given(path, Some(architecture), messages)?;
            let file = file.into_file().map_err(Failure::bad_input)?;
            if !file.masks.is_empty() && arguments.masks.is_none() {
                messages.warning(&format!(
                    "the masks of '{0}' are not used; to train under them, give --masks '{0}' too",
                    path.display()
                ));
            }
            complete(path, file.tensors, architecture)?
        } else {
            let seed = seed.unwrap_or(Seed(0));
            initialize(architecture, recipe.init, recipe.bias_init, seed, Purpose::Init, 0)
        };
        let masks = match &arguments.masks {
            Some(path) => masks(path, given(path, Some(architecture), messages)?, architecture)?,
            None => Masks::new(),
        };
        Ok(Self::from_the_beginning(weights, &masks, architecture, seed, order))
    }

    fn from_the_beginning(
        mut weights: Tensors,
        masks: &Masks,
        architecture: &Architecture,
        seed: Option<Seed>,
        order: DataOrder,
    ) -> Self {
        let masks = complete_masks(architecture, masks);
        mask_weights(&mut weights, &masks);
        Self { weights, masks, seed: seed.unwrap_or(Seed(0)), iteration: 0, order, optimizer: None }
    }
}

fn complete(path: &Path, tensors: Tensors, architecture: &Architecture) -> Result<Tensors, Failure> {
    architecture.check_tensors(&tensors).map_err(|error| at(path, &error))?;
    Ok(architecture.ordered(tensors))
}

/// The masks of a file, which must be of the architecture.
///
/// # Errors
/// When the file has no masks, values that no mask has, or those of another network.
pub(crate) fn masks(path: &Path, file: GivenFile, architecture: &Architecture) -> Result<Masks, Failure> {
    of_architecture(path, file.into_masks().map_err(Failure::bad_input)?, architecture)
}

fn of_architecture(path: &Path, masks: Masks, architecture: &Architecture) -> Result<Masks, Failure> {
    if masks.is_empty() {
        return Err(Failure::input(
            format!("'{}' has no masks", path.display()),
            "masks are tensors of 0 and 1, named like their weight or with .mask behind: fc1.weight.mask",
        ));
    }
    architecture.check_masks(&masks).map_err(|error: EngineError| at(path, &error))?;
    Ok(masks)
}

/// The words of a room that does not know the file.
fn at<E: Hint + std::fmt::Display>(path: &Path, error: &E) -> Failure {
    Failure::Input { message: format!("'{}': {error}", path.display()), hint: error.hint() }
}
