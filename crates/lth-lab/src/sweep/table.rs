//! The table of a sweep.

use std::collections::BTreeMap;

use super::SweepRun;
use crate::RunResults;

/// Its columns after those of the axes.
const FIGURES: [&str; 10] = [
    "run",
    "replicate",
    "seed",
    "variant",
    "round",
    "density",
    "early_stop_iteration",
    "test_accuracy",
    "end_test_accuracy",
    "train_accuracy",
];

/// The bytes of `sweep.csv`: a row for each training of all runs, the values of the axes before what came out. Of runs that are not there
/// nothing is.
pub(super) fn sweep_csv<'r>(
    runs: &[SweepRun],
    results: impl IntoIterator<Item = Option<&'r RunResults>>,
) -> Vec<u8> {
    let axes: Vec<&str> = runs
        .first()
        .map(|run| run.values.iter().map(|(setting, _)| setting.key).collect())
        .unwrap_or_default();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = axes.iter().copied().chain(FIGURES);
    writer.write_record(header).expect("memory takes it");
    for (run, results) in runs.iter().zip(results) {
        let Some(results) = results else { continue };
        let values: BTreeMap<&str, String> =
            run.values.iter().map(|(setting, value)| (setting.key, value.exact())).collect();
        let folder = results.layout.name();
        for round in &results.rounds {
            let record = &round.record;
            let early_stop = record.early_stop.map_or_else(String::new, |stop| stop.iteration.to_string());
            let mut row: Vec<String> =
                axes.iter().map(|axis| values.get(axis).cloned().unwrap_or_default()).collect();
            row.extend([
                folder.clone(),
                record.replicate.to_string(),
                record.seed.to_string(),
                record.variant.to_string(),
                record.round.to_string(),
                record.density.to_string(),
                early_stop,
                round.test_accuracy().to_string(),
                record.end.test_accuracy.to_string(),
                record.train_accuracy.to_string(),
            ]);
            writer.write_record(row).expect("rows are as long as the header, and memory takes them");
        }
    }
    writer.into_inner().expect("memory takes them")
}
