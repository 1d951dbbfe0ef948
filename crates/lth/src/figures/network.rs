//! The network of a run, without its data set.

use lth_lab::{RunResults, Variant};
use lth_model::{Architecture, ModelInfo};

use crate::{failure::Failure, settings};

/// The network that the dense ticket of the first replicate says it is of; `None` when no size of images gives it, as for a
/// file of layers that has changed since.
///
/// # Errors
/// When the ticket cannot be read back.
pub(crate) fn network(results: &RunResults, model: &ModelInfo) -> Result<Option<Architecture>, Failure> {
    let Some(first) = results.of(super::SHOWN, Variant::Ticket).next() else { return Ok(None) };
    let ticket =
        results.ticket(super::SHOWN, Variant::Ticket, first.record.round).map_err(Failure::bad_input)?;
    Ok(settings::network_of_ticket(model, &ticket))
}
