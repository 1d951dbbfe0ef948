//! What is left of a transfer, before it begins.

use lth_model::Density;

use super::{Transfer, TransferRunError};
use crate::{
    EstimateContext, Experiment, Keep, Layout, RunEstimate, Variant,
    estimate::{Upcoming, estimate_trainings},
    iterations_per_epoch, plain_training,
};

/// Estimates the trainings that are left of a transfer that was checked, in the folder of the context. Writes nothing.
///
/// # Errors
/// When a ticket is not there any more, or another.
pub fn estimate_transfer(
    transfer: &Transfer<'_>,
    context: &EstimateContext<'_>,
) -> Result<RunEstimate, TransferRunError> {
    let target = &transfer.settings.target;
    let length = target.recipe.length.iterations(iterations_per_epoch(target, context.data.train.len()));
    let mut upcoming = Vec::new();
    for training in transfer.trainings() {
        let start = transfer.start(training, context.architecture)?;
        let experiment = plain_training(&transfer.experiment(training.replicate), start.as_ref());
        let folder = context.folder.join(training.place()).join(experiment.folder_name());
        if Layout::new(folder).record(0, Variant::Ticket, 0).exists() {
            continue;
        }
        let density =
            start.as_ref().map_or(Density::DENSE, |start| context.architecture.density(&start.masks));
        let steps = length.saturating_sub(start.map_or(0, |start| start.iteration));
        upcoming.push(Upcoming::training(density, steps));
    }
    let one = Experiment { keep: Keep::Tickets, ..plain_training(target, None) };
    let bytes = one
        .estimate_sizes(context.architecture)
        .iter()
        .find(|size| size.keep == one.keep)
        .map(|size| size.bytes);
    Ok(estimate_trainings(target, &upcoming, bytes.unwrap_or(0), lth_model::Learns::Weights, context))
}
