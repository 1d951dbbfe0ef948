//! The files of a learned supermask against each other.

use std::path::Path;

use lth_ticket::{at_end, early_stop};

use super::{
    Finding, FindingKind, Repair,
    content::{ends, tensors},
    ticket::{other_counts, read_ticket},
};
use crate::{
    LabError, Outcome, SupermaskFiles, SupermaskRecord, Timing,
    disk::read_any_checkpoint,
    metrics::{read_json, read_metrics_csv},
    read_file,
};

/// Checks the files of a learned supermask.
pub(super) fn check_supermask(folder: &Path, findings: &mut Vec<Finding>) {
    let files = SupermaskFiles::new(folder);
    let record = text(&files.record(), findings, read_json::<SupermaskRecord>).flatten();
    let history = text(&files.metrics(), findings, read_metrics_csv);
    let _ = text(&files.timing(), findings, Timing::read);
    for path in [files.initial(), files.scores()] {
        drop(binary(&path, findings, tensors));
    }
    let masks = binary(&files.supermask(), findings, read_ticket).map(|(_, ticket)| ticket.masks);
    if let (Some(record), Some(history)) = (&record, &history) {
        let early = early_stop(history).filter(|point| point.validation_loss.is_some()).map(Outcome::from);
        if at_end(history).map(Outcome::from) != Some(record.end) || early != record.early_stop {
            let reason = "supermask.json and metrics.csv have different results";
            findings
                .extend([files.record(), files.metrics()].map(|path| Finding::contradiction(path, reason)));
        }
    }
    if let (Some(record), Some(masks)) = (&record, &masks)
        && let Some(reason) = other_counts(&record.layers, record.density, masks)
    {
        findings
            .extend([files.record(), files.supermask()].map(|path| Finding::contradiction(path, &*reason)));
    }
    let checkpoint = files.checkpoint();
    if !files.record().exists() {
        if checkpoint.is_file()
            && let Err(error) = read_any_checkpoint(&checkpoint)
        {
            findings.push(Finding::unreadable(checkpoint, &error));
        }
        return;
    }
    let reason = "it is not there, though the mask is learned";
    findings.extend(files.missing().into_iter().map(|path| Finding::missing(path, reason)));
    if record.is_some() && checkpoint.exists() {
        let reason = "the mask that it is of is learned";
        findings.push(Finding::new(checkpoint, FindingKind::Leftover, reason, Repair::Remove));
    }
}

fn text<T>(
    path: &Path,
    findings: &mut Vec<Finding>,
    read: impl Fn(&Path) -> Result<T, LabError>,
) -> Option<T> {
    binary(path, findings, |bytes| ends(bytes).map(|()| read(path)))?
        .map_err(|error| findings.push(Finding::unreadable(path, &error)))
        .ok()
}

fn binary<T>(
    path: &Path,
    findings: &mut Vec<Finding>,
    read: impl Fn(&[u8]) -> Result<T, String>,
) -> Option<T> {
    if !path.is_file() {
        return None;
    }
    let bytes = read_file(path);
    let bytes = bytes.map_err(|error| findings.push(Finding::unreadable(path, &error))).ok()?;
    read(&bytes).map_err(|reason| findings.push(Finding::damaged(path, reason))).ok()
}
