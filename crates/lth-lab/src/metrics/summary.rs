//! `summary.csv` and `timing.csv`: one row a replicate, variant and round.

use super::{Outcome, RoundResult};

/// The bytes of `summary.csv`: everything but wall-clock times. What was not measured is left empty.
pub(crate) fn summary_csv(rounds: &[RoundResult]) -> Vec<u8> {
    let mut header: Vec<String> =
        ["replicate", "seed", "variant", "round", "density", "sparsity"].map(str::to_owned).to_vec();
    for moment in ["early_stop", "end"] {
        header.push(format!("{moment}_iteration"));
        for split in ["validation", "test"] {
            header.extend([format!("{moment}_{split}_loss"), format!("{moment}_{split}_accuracy")]);
        }
    }
    header.extend(["end_train_loss".to_owned(), "end_train_accuracy".to_owned()]);
    if let Some(first) = rounds.first() {
        header.extend(first.record.layers.iter().map(|layer| format!("live_{}", layer.name)));
    }
    let rows = rounds.iter().map(|round| {
        let record = &round.record;
        let mut row = vec![
            record.replicate.to_string(),
            record.seed.to_string(),
            record.variant.to_string(),
            record.round.to_string(),
            record.density.to_string(),
            record.density.sparsity().to_string(),
        ];
        row.extend(record.early_stop.as_ref().map_or_else(|| vec![String::new(); 5], outcome_columns));
        row.extend(outcome_columns(&record.end));
        row.extend([record.train_loss.to_string(), record.train_accuracy.to_string()]);
        row.extend(record.layers.iter().map(|layer| layer.live.to_string()));
        row
    });
    table(header, rows)
}

fn outcome_columns(outcome: &Outcome) -> Vec<String> {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    vec![
        outcome.iteration.to_string(),
        text(outcome.validation_loss),
        text(outcome.validation_accuracy),
        outcome.test_loss.to_string(),
        outcome.test_accuracy.to_string(),
    ]
}

/// The bytes of `timing.csv`; `speed_up` is steps a second against round 0 of the same replicate.
pub(crate) fn timing_csv(rounds: &[RoundResult]) -> Vec<u8> {
    let header = ["replicate", "variant", "round", "density", "seconds", "steps_per_second", "speed_up"];
    let rows = rounds.iter().filter_map(|round| {
        let (record, timing) = (&round.record, round.timing?);
        Some(vec![
            record.replicate.to_string(),
            record.variant.to_string(),
            record.round.to_string(),
            record.density.to_string(),
            timing.seconds.to_string(),
            timing.steps_per_second().to_string(),
            round.speed_up.map_or_else(String::new, |speed_up| speed_up.to_string()),
        ])
    });
    table(header.map(str::to_owned).to_vec(), rows)
}

fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("rows are as long as the header, and memory takes them");
    }
    writer.into_inner().expect("memory takes them")
}
