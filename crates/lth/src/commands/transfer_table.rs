//! The results of a transfer in words: a row a round, a column a kind of network.

use lth_lab::{TransferKind, TransferReport, TransferSettings};
use serde_json::json;

use crate::table::{self, density_percent, percent_and_deviation, prose, sparsity_percent, table};

/// The closing summary.
pub(super) fn table_of(report: &TransferReport, settings: &TransferSettings) -> String {
    let kinds: Vec<TransferKind> = TransferKind::ALL
        .into_iter()
        .filter(|kind| report.rows.iter().any(|row| row.kind == *kind))
        .collect();
    let mut header = vec!["round", "density %", "sparsity %"];
    header.extend(kinds.iter().map(|kind| kind.name()));
    let mut rows = table(&header, 0);
    for round in report.rounds() {
        let density = TransferKind::ALL.into_iter().find_map(|kind| {
            report.sample(kind, round, |row| row.density).filter(|_| kind != TransferKind::Dense)
        });
        let density = density.map_or(1.0, |density| density.mean());
        let mut cells = vec![round.to_string(), density_percent(density, 2), sparsity_percent(density, 2)];
        cells.extend(kinds.iter().map(|&kind| {
            let round = if kind == TransferKind::Dense { 0 } else { round };
            percent_and_deviation(report.sample(kind, round, lth_lab::TransferRow::test_accuracy))
        }));
        rows.add_row(cells);
    }
    let target = &settings.target;
    let moment = if report.rows.iter().any(|row| row.early_stop_iteration.is_some()) {
        "at early stop"
    } else {
        "at the end"
    };
    let replicates = report.rows.iter().map(|row| row.replicate + 1).max().unwrap_or(0);
    let means = if replicates > 1 {
        format!("; means and deviations over {replicates} replicates")
    } else {
        String::new()
    };
    let reading = format!(
        "Tickets of {} from {} on {}, {}.\nTest accuracy in % {moment}{means}.",
        target.model,
        settings.source_data,
        target.view.name_of(&target.dataset),
        settings.take,
    );
    format!("{}\n\n{}\nEverything is in {}\n", prose(&reading), table::text(&rows), report.folder.display())
}

/// Every training.
pub(super) fn json(report: &TransferReport) -> String {
    let value = json!({ "folder": report.folder, "trainings": report.rows });
    format!("{value:#}\n")
}
