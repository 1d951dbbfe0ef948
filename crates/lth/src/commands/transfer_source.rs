//! The model and the network of the tickets that are transferred.

use std::path::Path;

use lth_lab::TicketSource;
use lth_model::{Architecture, ModelInfo, find_model};

use super::experiment_run::NETWORK;
use crate::{failure::Failure, settings};

/// The model of the tickets: what was asked for, else what they say they are of. A run has a copy of a network of the user's own.
///
/// # Errors
/// When there is none of this name.
pub(super) fn model_of(source: &TicketSource, asked: Option<&str>) -> Result<ModelInfo, Failure> {
    if let Some(name) = asked {
        return find_model(name).map_err(Failure::bad_input);
    }
    find_model(source.model()).or_else(|error| {
        let copy = run_folder(source.path()).join(NETWORK);
        if copy.is_file() {
            return find_model(&format!("custom:{}", copy.display())).map_err(Failure::bad_input);
        }
        Err(Failure::input(
            format!("the ticket is of '{}', and {error}", source.model()),
            "name the file of a network of your own: --model my-net.toml",
        ))
    })
}

/// The run folder of a ticket file `RUN/replicate-0/round-07/ticket.safetensors`; a folder is one itself.
fn run_folder(path: &Path) -> &Path {
    if path.is_dir() { path } else { path.ancestors().nth(3).unwrap_or(path) }
}

/// The network of the tickets, which the model gives for the examples that they were found on.
///
/// # Errors
/// When the model gives no such network.
pub(super) fn network_of(
    source: &TicketSource,
    model: &ModelInfo,
    target: &Architecture,
) -> Result<Architecture, Failure> {
    let file = source.any_file().map_err(Failure::bad_input)?;
    if file.metadata.get("architecture").is_some_and(|found| *found == target.fingerprint()) {
        return Ok(target.clone());
    }
    settings::network_of_ticket(model, &file).ok_or_else(|| {
        Failure::input(
            format!(
                "'{}' holds tickets of {}, whose network is not {}'s",
                source.path().display(),
                source.model(),
                model.name
            ),
            "`lth inspect FILE` shows which network a ticket is of; --model FILE.toml names one of your own",
        )
    })
}
