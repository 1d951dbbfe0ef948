//! Doing the trainings of a transfer, side by side.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use super::{Transfer, TransferReport, TransferRow, TransferRunError, TransferTraining, results::add_rows};
use crate::{
    Experiment, Keep, LabError, Planned, Stage, StageError, Variant, Workbench,
    atomic::{create_folder, write_file},
    find::OpenRun,
    iterations_per_epoch, plain_training,
    tasks::{Ended, TaskName, run_queue},
};

/// Does every training of a transfer that is not done yet, in the folder `<output>/<folder_name()>`.
///
/// Each training is a run folder of its own: it is skipped when it is finished and continued when it was stopped. Its trained
/// weights are not kept; they can be trained again, to the same bits. The workbench has the target's network
/// and data.
///
/// # Errors
/// When a ticket does not fit, before anything is trained; when the folder cannot be written. A training that fails is one
/// of the report's failures.
pub fn run_transfer(
    transfer: &Transfer<'_>,
    bench: &Workbench<'_>,
) -> Result<TransferReport, TransferRunError> {
    let target = &transfer.settings.target;
    target.check(bench.engine, bench.architecture, bench.data.train.len())?;
    transfer.check(bench.architecture, iterations_per_epoch(target, bench.data.train.len()))?;

    let root = bench.output.join(transfer.settings.folder_name());
    create_folder(&root)?;
    let settings = root.join("transfer.toml");
    if !settings.exists() {
        write_file(&settings, transfer.settings.to_toml().as_bytes())?;
    }
    let tasks: Vec<_> = transfer.trainings().into_iter().map(Planned::alone).collect();
    let rows = Mutex::new(Vec::new());
    let report = run_queue(&tasks, bench, &|training| {
        let (ended, row) = train(transfer, *training, &root, bench)?;
        rows.lock().unwrap_or_else(PoisonError::into_inner).extend(row);
        Ok(ended)
    });
    let rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (failures, stopped) = (report.failures, !report.ended);
    // On a full disk there is no room for the table either, and the first error says more.
    if failures.iter().any(|failure| failure.error.stops_the_run()) {
        return Ok(TransferReport { folder: root, rows, failures, stopped: true });
    }
    let rows = add_rows(&root.join("transfer.csv"), rows)?;
    Ok(TransferReport { folder: root, rows, failures, stopped })
}

/// One training, from whatever state its folder is in; without a row when it was stopped.
fn train(
    transfer: &Transfer<'_>,
    training: TransferTraining,
    root: &Path,
    bench: &Workbench<'_>,
) -> Result<(Ended, Option<TransferRow>), StageError> {
    let start = transfer.start(training, bench.architecture).map_err(|error| changed(transfer, error))?;
    let start = start.as_ref();
    let experiment = plain_training(&transfer.experiment(training.replicate), start);
    let experiment = Experiment { keep: Keep::Tickets, ..experiment };
    let place = training.place();
    let bench = &Workbench { output: &root.join(&place), ..bench.clone() };
    let run = OpenRun::new(&experiment, bench, start)?;
    let ended = run.runner(bench, start, Some(TaskName::of(&training))).run(Stage::ticket(0, 0))?;
    let results = run.sum_up(bench)?;
    let folder = place.join(results.layout.root().file_name().unwrap_or_default());
    let result = results.of(0, Variant::Ticket).next();
    let row = result.map(|result| TransferRow::new(training, &result.record, &folder));
    Ok((ended, row))
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
