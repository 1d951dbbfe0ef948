//! `summary.csv` and `timing.csv` against the records that they sum up.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use csv::StringRecord;
use lth_ticket::TestSet;

use super::{Finding, FindingKind, Repair, content::ends, training::Training};
use crate::{
    Experiment, Layout, RunResults,
    metrics::{ReadScalar, read_event_file, round_event_file, summary_csv, timing_csv},
    read_file,
};

/// What of the test set is not in a run folder; it decides the columns [`OF_TEST_SET`] alone.
const ANY_TEST_SET: TestSet = TestSet { examples: 10_000, chance: 0.1 };
const OF_TEST_SET: [&str; 2] = ["verdict", "verdict_accuracy_noise"];

/// Columns whose values are in a record and in the summary, and nowhere else.
const IN_NO_THIRD_FILE: [&str; 2] = ["end_train_loss", "end_train_accuracy"];

/// The rows of a table by replicate, variant and round.
type Rows = HashMap<[String; 3], HashMap<String, String>>;

/// Checks the tables of a run. Files that are found doubtful already are left out.
pub(super) fn check_tables(
    layout: &Layout,
    experiment: &Experiment,
    trainings: &[Training],
    found: &mut Vec<Finding>,
) {
    let problems: HashSet<PathBuf> = found
        .iter()
        .filter(|finding| finding.kind.is_problem())
        .map(|finding| finding.path.clone())
        .collect();
    let known = trainings.iter().filter_map(|training| {
        let record = training.record.clone()?;
        let path = layout.record(record.replicate, record.variant, record.round);
        (!problems.contains(&path)).then(|| (record, training.timing.clone()))
    });
    let order: Vec<_> = experiment.variants().collect();
    let place = |variant| order.iter().position(|own| *own == variant);
    let mut known: Vec<_> = known.filter(|(record, _)| place(record.variant).is_some()).collect();
    known.sort_by_key(|(record, _)| (record.replicate, place(record.variant), record.round));
    let results = RunResults::of_records(layout.clone(), experiment.clone(), known);
    let is_complete = results.is_complete();
    let verdict = results.verdict(ANY_TEST_SET);
    let tables = Tables { layout, results: &results, trainings, is_complete };
    tables.check_summary(&summary_csv(&results, verdict.as_ref()), found);
    tables.check_timing(&timing_csv(&results.rounds), found);
    if is_complete {
        tables.check_round_events(found);
    }
}

struct Tables<'a> {
    layout: &'a Layout,
    results: &'a RunResults,
    trainings: &'a [Training],
    is_complete: bool,
}

impl Tables<'_> {
    fn check_summary(&self, expected: &[u8], found: &mut Vec<Finding>) {
        let path = self.layout.summary();
        let Some((header, rows)) = self.read(&path, found) else { return };
        let (expected_header, expected) = parse(expected).unwrap_or_default();
        self.find_lost_records(&rows, found);
        if !self.is_up_to_date(&path, (&header, &rows), (&expected_header, &expected), found) {
            return;
        }
        let same_rows = rows.len() == expected.len();
        let mut differing: Vec<(&[String; 3], &str)> = Vec::new();
        for (key, expected) in &expected {
            let Some(row) = rows.get(key) else { continue };
            let columns = expected_header.iter().filter(|column| {
                !OF_TEST_SET.contains(column) && (same_rows || !column.starts_with("verdict"))
            });
            let wrong = columns.filter(|column| differs(row.get(*column), expected.get(*column)));
            differing.extend(wrong.map(|column| (key, column)));
            if !is_a_verdict(row) {
                differing.push((key, OF_TEST_SET[0]));
            }
        }
        let Some((key, column)) = differing.first() else { return };
        let row = format!("replicate {}, {}, round {}", key[0], key[1], key[2]);
        let reason = format!("{column} of {row} is another than in the records");
        if differing.iter().all(|(_, column)| IN_NO_THIRD_FILE.contains(column)) {
            for (key, column) in &differing {
                let record = self.results.rounds.iter().map(|round| &round.record).find(|record| {
                    [record.replicate.to_string(), record.variant.to_string(), record.round.to_string()]
                        == **key
                });
                if let Some(record) = record {
                    let path = self.layout.record(record.replicate, record.variant, record.round);
                    let reason =
                        format!("summary.csv has another {column}, and nothing tells which is right");
                    found.push(Finding::contradiction(path, reason));
                }
            }
        }
        found.push(Finding::contradiction(path, reason));
    }

    fn check_timing(&self, expected: &[u8], found: &mut Vec<Finding>) {
        let path = self.layout.timing_summary();
        let Some((header, rows)) = self.read(&path, found) else { return };
        let (expected_header, expected) = parse(expected).unwrap_or_default();
        if !self.is_up_to_date(&path, (&header, &rows), (&expected_header, &expected), found) {
            return;
        }
        // A speed-up is against a training that may be among those that are left out.
        let columns = |column: &&str| *column != "speed_up" || rows.len() == expected.len();
        let mut is_wrong = false;
        for (key, expected) in &expected {
            let Some(row) = rows.get(key) else { continue };
            let other = |column: &str| differs(row.get(column), expected.get(column));
            if !expected_header.iter().filter(columns).any(other) {
                continue;
            }
            is_wrong = true;
            // A row that agrees with itself was not changed, so that the training's own file was.
            let number = |column: &str| row.get(column).and_then(|text| text.parse::<f64>().ok());
            let record = self.results.rounds.iter().find(|round| {
                let record = &round.record;
                [record.replicate.to_string(), record.variant.to_string(), record.round.to_string()] == *key
            });
            let (Some(round), Some(seconds), Some(speed)) =
                (record, number("seconds"), number("steps_per_second"))
            else {
                continue;
            };
            let steps = round.timing.as_ref().map_or(0, |timing| timing.steps) as f64;
            let agrees = (seconds * speed - steps).abs() <= 1e-6 * steps.max(1.0);
            if agrees && (other("seconds") || other("cpu_seconds")) {
                let record = &round.record;
                let own = self.layout.timing(record.replicate, record.variant, record.round);
                let reason = "timing.csv has other times, and nothing tells which are right";
                found.push(Finding::contradiction(own, reason));
            }
        }
        if is_wrong {
            let reason = "its times are not those of the trainings' own files";
            found.push(Finding::contradiction(path, reason));
        }
    }

    /// The event files over rounds, of a run that is finished.
    fn check_round_events(&self, found: &mut Vec<Finding>) {
        let experiment = &self.results.experiment;
        let are_timed = self.results.rounds.iter().all(|round| round.timing.is_some());
        for replicate in 0..experiment.replicates {
            for variant in experiment.variants() {
                if self.results.of(replicate, variant).next().is_none() {
                    continue;
                }
                let path = self.layout.round_events(replicate, variant);
                // What rounds come to follows from them, and older versions did not write it.
                let of_rounds = |bytes: &[u8]| -> Result<Vec<ReadScalar>, String> {
                    let scalars = read_event_file(bytes)?;
                    Ok(scalars.into_iter().filter(|(tag, ..)| tag.starts_with("round/")).collect())
                };
                let expected = of_rounds(&round_event_file(self.results, replicate, variant));
                match std::fs::read(&path) {
                    Err(_) if !path.exists() => {
                        found.push(Finding::missing(path, "it is not there, though the run is finished"));
                    }
                    Ok(bytes) if are_timed && of_rounds(&bytes).is_ok_and(|own| Ok(own) != expected) => {
                        let reason = "its values are not those of the records";
                        found.push(Finding::new(path, FindingKind::Outdated, reason, Repair::Rerun));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The table, where it is there and whole.
    fn read(&self, path: &Path, found: &mut Vec<Finding>) -> Option<(StringRecord, Rows)> {
        if !path.is_file() {
            if self.is_complete && !path.exists() {
                found.push(Finding::missing(path, "it is not there, though the run is finished"));
            }
            return None;
        }
        let read = read_file(path);
        match read {
            Err(error) => {
                found.push(Finding::unreadable(path, &error));
                None
            }
            Ok(bytes) => ends(&bytes)
                .and_then(|()| parse(&bytes))
                .map_err(|reason| found.push(Finding::damaged(path, reason)))
                .ok(),
        }
    }

    /// Whether a table has the columns and the rows that are expected; while a run goes on it may be behind.
    fn is_up_to_date(
        &self,
        path: &Path,
        (header, rows): (&StringRecord, &Rows),
        (expected_header, expected): (&StringRecord, &Rows),
        found: &mut Vec<Finding>,
    ) -> bool {
        let outdated = |reason: &str| Finding::new(path, FindingKind::Outdated, reason, Repair::Rerun);
        if header != expected_header && !expected.is_empty() {
            found.push(outdated("its columns are not those that this version of lth writes"));
            return false;
        }
        let behind = expected.keys().filter(|key| !rows.contains_key(*key)).count();
        if behind > 0 && self.is_complete {
            found.push(outdated(&format!("{behind} finished trainings are not in it")));
        }
        true
    }

    /// Trainings that the summary has, and that have no record.
    fn find_lost_records(&self, rows: &Rows, found: &mut Vec<Finding>) {
        let experiment = &self.results.experiment;
        for replicate in 0..experiment.replicates {
            for variant in experiment.variants() {
                for round in 0..experiment.rounds {
                    let key = [replicate.to_string(), variant.to_string(), round.to_string()];
                    let is_there = self.trainings.iter().any(|training| {
                        let stage = training.stage;
                        training.is_finished
                            && (stage.replicate, stage.variant, stage.round) == (replicate, variant, round)
                    });
                    if rows.contains_key(&key) && !is_there {
                        let path = self.layout.record(replicate, variant, round);
                        let reason = "it is not there, though summary.csv has its results";
                        found.push(Finding::missing(path, reason));
                    }
                }
            }
        }
    }
}

/// The columns and the rows of a table.
fn parse(bytes: &[u8]) -> Result<(StringRecord, Rows), String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let mut rows = Rows::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let cells: HashMap<String, String> =
            header.iter().zip(&row).map(|(column, cell)| (column.to_owned(), cell.to_owned())).collect();
        let key =
            ["replicate", "variant", "round"].map(|column| cells.get(column).cloned().unwrap_or_default());
        if rows.insert(key.clone(), cells).is_some() {
            return Err(format!("it has replicate {}, {}, round {} twice", key[0], key[1], key[2]));
        }
    }
    Ok((header, rows))
}

/// Whether two cells are different values.
fn differs(found: Option<&String>, expected: Option<&String>) -> bool {
    let number = |cell: Option<&String>| cell.and_then(|cell| cell.parse::<f64>().ok());
    found != expected && (number(found).is_none() || number(found) != number(expected))
}

/// Whether the columns that the test set decides have values that can be.
fn is_a_verdict(row: &HashMap<String, String>) -> bool {
    let [verdict, noise] = OF_TEST_SET.map(|column| row.get(column).map_or("", String::as_str));
    let is_noise = noise.is_empty() || noise.parse::<f64>().is_ok_and(|noise| noise >= 0.0);
    is_noise && (verdict.is_empty() || lth_ticket::Ruling::names().any(|name| name == verdict))
}
