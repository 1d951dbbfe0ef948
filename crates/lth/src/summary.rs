//! What is printed at the end of a run: the table of rounds, the sentence that matters, and where the files are.

use lth_lab::{RoundResult, RunResults, Variant};
use lth_stats::Sample;
use lth_ticket::TestSet;

use crate::collapse;
use crate::table::{self, Table, density_percent, percent, prose, sparsity_percent, table};

/// The columns of the table. Accuracies are of the whole set named.
const HEADER: [&str; 11] = [
    "round",
    "density %",
    "sparsity %",
    "early stop it.",
    "val. acc. %",
    "test acc. %",
    "test acc. % at end",
    "train acc. % at end",
    "CPU seconds",
    "speed-up (CPU)",
    "seconds",
];

/// What a narrow terminal does without, the first first; `summary.csv` and `timing.csv` have all of it.
const SPARE: [&str; 6] =
    ["sparsity %", "seconds", "train acc. % at end", "CPU seconds", "val. acc. %", "test acc. % at end"];

/// The closing summary of a run, with its verdict by the accuracies on this test set.
pub(crate) fn summary(results: &RunResults, test: TestSet) -> String {
    let experiment = &results.experiment;
    let mut text = String::new();
    if experiment.replicates > 1 {
        text.push_str(&format!("Means over {} replicates.\n", experiment.replicates));
    }
    let (finished, all) = (results.rounds.len() as u64, experiment.trainings());
    if finished < all {
        let failed =
            results.state().reason().map_or_else(String::new, |reason| format!(" Failed: {reason}."));
        text.push_str(&format!(
            "{}\n",
            prose(&format!("Unfinished: {finished} of {all} trainings are there.{failed}"))
        ));
    }
    let reading = "Validation and test accuracy are at early stop unless it says otherwise.";
    text.push_str(&format!("{}\n\n", prose(reading)));
    for variant in experiment.variants() {
        let mut rows = table(&HEADER, 0).spare(&SPARE);
        for round in 0..experiment.rounds {
            add_round(&mut rows, results, variant, round);
        }
        if rows.row_count() == 0 {
            continue;
        }
        if let Variant::Control(kind) = variant {
            text.push_str(&format!("\nControl: {kind}\n"));
        }
        text.push_str(&table::text(&rows));
    }
    let collapse = collapse::summary(results);
    if !collapse.is_empty() {
        text.push_str(&format!("\n{}\n", prose(collapse.trim_end())));
    }
    if let Some(verdict) = results.verdict(test) {
        text.push_str(&format!("\n{}\n", prose(&verdict.to_string())));
    }
    text.push_str(&format!("\nEverything is in {}\n", results.layout.root().display()));
    text
}

fn add_round(rows: &mut Table, results: &RunResults, variant: Variant, round: u32) {
    let found: Vec<&RoundResult> = results
        .rounds
        .iter()
        .filter(|result| result.record.variant == variant && result.record.round == round)
        .collect();
    if found.is_empty() {
        return;
    }
    let average =
        |value: &dyn Fn(&RoundResult) -> Option<f64>| mean(found.iter().map(|result| value(result)));
    let text = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
    };
    let percents = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| percent(value, 2));
    let density = average(&|result| Some(result.density().get())).unwrap_or(1.0);
    rows.add_row([
        if found.len() < results.experiment.replicates as usize {
            format!("{round} (n = {})", found.len())
        } else {
            round.to_string()
        },
        density_percent(density, 2),
        sparsity_percent(density, 2),
        text(average(&|result| result.record.early_stop.as_ref().map(|stop| stop.iteration as f64)), 0),
        percents(average(&|result| result.record.early_stop.as_ref()?.validation_accuracy)),
        percents(average(&|result| Some(result.test_accuracy()))),
        percents(average(&|result| Some(result.record.end.test_accuracy))),
        percents(average(&|result| Some(result.record.train_accuracy))),
        text(average(&|result| result.timing.as_ref()?.cpu_seconds), 1),
        text(average(&|result| result.speed_up), 2),
        text(average(&|result| result.timing.as_ref().map(|timing| timing.seconds)), 1),
    ]);
}

/// The mean of values that all have to be there.
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    Sample::of(values).map(|sample| sample.mean())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_needs_every_value() {
        assert_eq!(mean([Some(1.0), Some(3.0)].into_iter()), Some(2.0));
        assert_eq!(mean([Some(1.0), None].into_iter()), None);
        assert_eq!(mean([].into_iter()), None);
    }
}
