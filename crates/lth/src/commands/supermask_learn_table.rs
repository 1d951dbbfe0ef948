//! What `lth supermask learn` prints for people.

use lth_lab::{LearnedSupermask, SupermaskRecord};
use lth_stats::Sample;
use lth_ticket::SupermaskSettings;

use crate::table::{self, density_percent, percent, percent_and_deviation, prose, table};

/// The closing summary of one mask.
pub(super) fn table_of_one(
    record: &SupermaskRecord,
    learned: &LearnedSupermask,
    settings: &SupermaskSettings,
) -> String {
    let mut rows = table(&["mask", "density %", "test accuracy %"], 1);
    let saved = density_percent(record.density.get(), 2);
    let end = percent(record.end.test_accuracy, 2);
    match record.likely {
        Some(likely) => {
            let count = record.samples.len();
            rows.add_row([format!("mean of {count} drawn masks"), saved.clone(), end]);
            let first = record.samples.first().copied().unwrap_or(f64::NAN);
            rows.add_row(["the first of them, saved".to_owned(), saved, percent(first, 2)]);
            let (density, accuracy) = (likely.density.get(), likely.test_accuracy);
            rows.add_row(["likeliest mask".to_owned(), density_percent(density, 2), percent(accuracy, 2)]);
        }
        None => {
            rows.add_row(["largest scores, saved".to_owned(), saved, end]);
        }
    }
    let mut layers = table(&["layer", "kept", "of", "density %"], 1);
    for layer in &record.layers {
        layers.add_row([
            layer.name.clone(),
            table::count(layer.live),
            table::count(layer.total),
            density_percent(layer.live as f64 / layer.total as f64, 2),
        ]);
    }
    let speed = learned.timing.as_ref().map_or_else(String::new, |timing| {
        format!(", {:.1} s, {:.0} steps/s", timing.seconds, timing.steps_per_second())
    });
    let reading = format!(
        "A mask on untrained weights: {settings}\n{} iterations{speed}, accuracy on the training set {} %",
        record.end.iteration,
        percent(record.train_accuracy, 2),
    );
    format!("{}\n\n{}\n{}", prose(&reading), table::text(&rows), table::text(&layers))
}

/// The closing summary of several: each seed, and the mean over them.
pub(super) fn table_of_all(records: &[&SupermaskRecord], settings: &SupermaskSettings) -> String {
    let mut rows = table(&["seed", "density %", "test accuracy %", "training accuracy %"], 0);
    for record in records {
        rows.add_row([
            record.seed.to_string(),
            density_percent(record.density.get(), 2),
            percent(record.end.test_accuracy, 2),
            percent(record.train_accuracy, 2),
        ]);
    }
    let over_seeds = |value: fn(&SupermaskRecord) -> f64| {
        percent_and_deviation(Sample::of(records.iter().map(|record| value(record))))
    };
    rows.add_row([
        "mean ± sd".to_owned(),
        over_seeds(|record| record.density.get()),
        over_seeds(|record| record.end.test_accuracy),
        over_seeds(|record| record.train_accuracy),
    ]);
    let iterations = records.first().map_or(0, |record| record.end.iteration);
    let reading = format!("Masks on untrained weights: {settings}\n{iterations} iterations");
    format!("{}\n\n{}", prose(&reading), table::text(&rows))
}
