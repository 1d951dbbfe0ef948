//! `summary.csv` and `timing.csv`: one row a replicate, variant and round.

use lth_model::Density;
use lth_ticket::{RoundVerdict, Ruling, Verdict};

use super::{Outcome, RoundResult, RunResults};
use crate::Variant;

/// What is said of a round, the same in the row of each of its seeds.
const VERDICT: [&str; 6] = [
    "verdict",
    "verdict_seeds",
    "verdict_accuracy_difference",
    "verdict_accuracy_noise",
    "verdict_iteration_difference",
    "verdict_iteration_noise",
];

/// The bytes of `summary.csv`: everything but times. What was not measured is left empty, and so is the verdict of controls.
pub(crate) fn summary_csv(results: &RunResults, verdict: Option<&Verdict>) -> Vec<u8> {
    let rounds = &results.rounds;
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
    header.extend(VERDICT.map(str::to_owned));
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
        let judged = verdict.filter(|_| record.variant == Variant::Ticket);
        let judged = judged.and_then(|verdict| verdict.round(u64::from(record.round)));
        row.extend(judged.map_or_else(Default::default, verdict_columns));
        row
    });
    table(header, rows)
}

fn verdict_columns(round: &RoundVerdict) -> [String; VERDICT.len()] {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let mut columns = <[String; VERDICT.len()]>::default();
    if round.ruling == Ruling::Dense {
        // A training that was given masks is no dense network, though it is round 0.
        if round.density == Density::DENSE {
            columns[0] = round.ruling.name().to_owned();
        }
        return columns;
    }
    columns[0] = round.ruling.name().to_owned();
    columns[1] = round.seeds.to_string();
    columns[2] = round.accuracy.mean.to_string();
    columns[3] = text(round.accuracy.noise);
    columns[4] = text(round.early_stop.map(|difference| difference.mean));
    columns[5] = text(round.early_stop.and_then(|difference| difference.noise));
    columns
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

/// The bytes of `timing.csv`; `speed_up` is against round 0 of the same replicate, in CPU time.
pub(crate) fn timing_csv(rounds: &[RoundResult]) -> Vec<u8> {
    let header = [
        "replicate",
        "variant",
        "round",
        "density",
        "seconds",
        "cpu_seconds",
        "steps_per_second",
        "speed_up",
    ];
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let rows = rounds.iter().filter_map(|round| {
        let (record, timing) = (&round.record, round.timing.as_ref()?);
        Some(vec![
            record.replicate.to_string(),
            record.variant.to_string(),
            record.round.to_string(),
            record.density.to_string(),
            timing.seconds.to_string(),
            text(timing.cpu_seconds),
            timing.steps_per_second().to_string(),
            text(round.speed_up),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lth_model::Seed;
    use lth_ticket::{Replicate, RoundResult, TestSet};

    use super::*;

    /// The published summary of five seeds, as the README tells it.
    #[test]
    fn the_readme_names_the_smallest_winning_ticket() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/results/lenet-300-100-mnist.csv");
        let mut reader = csv::Reader::from_path(path).unwrap();
        let mut seeds: BTreeMap<u64, Vec<RoundResult>> = BTreeMap::new();
        for row in reader.deserialize::<BTreeMap<String, String>>() {
            let row = row.unwrap();
            let number = |column: &str| row[column].parse::<f64>().unwrap();
            if row["variant"] == "ticket" {
                seeds.entry(row["seed"].parse().unwrap()).or_default().push(RoundResult {
                    round: number("round") as u64,
                    density: Density::new(number("density")).unwrap(),
                    early_stop_iteration: Some(number("early_stop_iteration") as u64),
                    last_iteration: number("end_iteration") as u64,
                    test_accuracy: number("early_stop_test_accuracy"),
                });
            }
        }
        let replicates: Vec<Replicate> =
            seeds.into_iter().map(|(seed, rounds)| Replicate { seed: Seed(seed), rounds }).collect();
        // MNIST's test set has 1,135 ones.
        let test = TestSet { examples: 10_000, chance: 0.1135 };
        let verdict = Verdict::of(&replicates, test).unwrap();
        assert_eq!(
            verdict.to_string(),
            "Round 12 (density 7.0 %) is by its means the smallest winning ticket: means of 5 seeds, minimum validation \
             loss at iteration 3,840 (dense: 4,120), test accuracy there 98.24 % (dense: 97.95 %). The difference in \
             accuracy of +0.30 points exceeds the noise of 5 seeds (± 0.11, 95 % interval paired by seed), that of -280 \
             iterations is within it (± 1,770)."
        );
        let names: Vec<&str> = verdict.rounds.iter().map(|round| round.ruling.name()).collect();
        let expected = [&["dense", "later"][..], &["winning"; 11], &["later"; 4], &["lower-accuracy"; 8]];
        assert_eq!(names, expected.concat());
        let readme = include_str!("../../../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "has a density of 7.0 %: early stop at 3,840 (dense: 4,120), accuracy 98.24 % (dense: 97.95 %)",
            "0.30 ± 0.11 points",
        ] {
            assert!(readme.contains(part), "{part}");
        }
    }
}
