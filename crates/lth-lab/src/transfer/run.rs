//! Doing the trainings of a transfer, side by side.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::{Transfer, TransferReport, TransferRow, TransferRunError, TransferTraining, results::add_rows};
use crate::{
    Keep, LabError, PlannedStage, RunContext, RunEvent, RunObserver, Stage, StageError, Variant,
    atomic::{create_folder, write_file},
    find::run_experiment,
    plain_training,
    schedule::{Ended, run_queue},
};

/// Watches a transfer; called from every worker thread.
pub trait TransferObserver: Sync {
    /// Something happened in a training. Must be quick: the training waits.
    fn event(&self, training: TransferTraining, event: &RunEvent<'_>);
}

/// Passes the events of one training on.
struct Relay<'a> {
    training: TransferTraining,
    observer: &'a dyn TransferObserver,
}

impl RunObserver for Relay<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        self.observer.event(self.training, event);
    }
}

/// Does every training of a transfer that is not done yet, in the folder `<output>/<folder_name()>`.
///
/// Each training is a run folder of its own: it is skipped when it is finished and continued when it was stopped. Its trained
/// weights are not kept; they can be trained again, to the same bits. `context` has the target's network and data; its
/// observer is not asked.
///
/// # Errors
/// When a ticket does not fit, before anything is trained; when the folder cannot be written. A training that fails is one
/// of the report's failures.
pub fn run_transfer(
    transfer: &Transfer<'_>,
    context: &RunContext<'_>,
    observer: &dyn TransferObserver,
) -> Result<TransferReport, TransferRunError> {
    let target = &transfer.settings.target;
    target.check(context.engine, context.architecture, context.data.train.len())?;
    let examples = context.data.train.len() - target.validation_size;
    let per_epoch = examples.div_ceil(target.recipe.batch_size) as u64;
    transfer.check(context.architecture, per_epoch)?;

    let root = context.output.join(transfer.settings.folder_name());
    create_folder(&root)?;
    let settings = root.join("transfer.toml");
    if !settings.exists() {
        write_file(&settings, transfer.settings.to_toml().as_bytes())?;
    }
    let trainings = transfer.trainings();
    let rows = Mutex::new(Vec::new());
    // The queue knows trainings by their place in the list.
    let stages: Vec<PlannedStage> = (0..trainings.len() as u32)
        .map(|place| Stage { replicate: place, variant: Variant::Ticket, round: 0 })
        .map(|stage| PlannedStage { stage, after: Vec::new() })
        .collect();
    let failures = run_queue(&stages, context.jobs, &context.stop, &|stage| {
        let training = trainings[stage.replicate as usize];
        let row = train(transfer, training, &root, context, observer)?;
        let Some(row) = row else { return Ok(Ended::Stopped) };
        rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
        Ok(Ended::Finished)
    });
    let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let stopped = rows.len() + failures.len() < trainings.len();
    let failures: Vec<_> = failures
        .into_iter()
        .map(|failure| (trainings[failure.stage.replicate as usize], failure.error))
        .collect();
    // On a full disk there is no room for the table either, and the first error says more.
    if failures.iter().any(|(_, error)| error.stops_the_run()) {
        return Ok(TransferReport { folder: root, rows, failures, stopped: true });
    }
    let rows = add_rows(&root.join("transfer.csv"), rows)?;
    Ok(TransferReport { folder: root, rows, failures, stopped })
}

/// One training, from whatever state its folder is in; `None` when it was stopped.
fn train(
    transfer: &Transfer<'_>,
    training: TransferTraining,
    root: &Path,
    context: &RunContext<'_>,
    observer: &dyn TransferObserver,
) -> Result<Option<TransferRow>, StageError> {
    let start = transfer.start(training, context.architecture).map_err(|error| changed(transfer, error))?;
    let experiment = plain_training(&transfer.experiment(training.replicate), start.as_ref());
    let experiment = crate::Experiment { keep: Keep::Tickets, ..experiment };
    let relay = Relay { training, observer };
    let place = training.place();
    let context = RunContext {
        output: &root.join(&place),
        jobs: 1,
        stop: context.stop.clone(),
        observer: &relay,
        ..*context
    };
    let mut report = run_experiment(&experiment, &context, start.as_ref())?;
    if !report.failures.is_empty() {
        return Err(report.failures.swap_remove(0).error);
    }
    let result = report.results.of(0, Variant::Ticket).next();
    let folder = place.join(report.results.layout.root().file_name().unwrap_or_default());
    Ok(result.map(|result| TransferRow::new(training, &result.record, &folder)))
}

/// A ticket that was sound when the transfer began.
fn changed(transfer: &Transfer<'_>, error: TransferRunError) -> StageError {
    match error {
        TransferRunError::Lab(error) => error.into(),
        TransferRunError::NoTicket(error) => error.into(),
        TransferRunError::Ticket { source, .. } => (*source).into(),
        other => {
            LabError::Changed { path: transfer.source.path().to_owned(), reason: other.to_string() }.into()
        }
    }
}
