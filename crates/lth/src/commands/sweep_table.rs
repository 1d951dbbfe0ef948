//! The table that `lth sweep` prints.

use lth_lab::{RoundResult, RunResults, SweepPlan, Variant};
use lth_stats::Sample;
use lth_ticket::{Ruling, TestSet};

use crate::table::{self, density_percent, percent, table};

/// Its columns after those of the axes.
const FIGURES: [&str; 6] =
    ["dense acc. %", "smallest winning density %", "its acc. %", "last density %", "its acc. % ", "run"];

/// A row a run: its values on the axes, what it found, its folder. `tests` has the test set of each.
pub(super) fn sweep_table(
    plan: &SweepPlan,
    results: &[RunResults],
    tests: impl Iterator<Item = TestSet>,
) -> String {
    let values = plan.runs.first().map(|run| &run.values[..]).unwrap_or_default();
    let axes: Vec<String> = values.iter().map(|(setting, _)| setting.label()).collect();
    let header: Vec<&str> = axes.iter().map(String::as_str).chain(FIGURES).collect();
    let mut rows = table(&header, axes.len());
    for ((run, results), test) in plan.runs.iter().zip(results).zip(tests) {
        let values = run.values.iter().map(|(_, value)| value.exact());
        let folder = results.layout.name();
        rows.add_row(values.chain(found(results, test)).chain([folder]));
    }
    table::text(&rows)
}

/// Accuracy of the dense network, density and accuracy of the smallest winning ticket, and of the last.
fn found(results: &RunResults, test: TestSet) -> [String; 5] {
    let accuracy = |round: u32| mean_accuracy(results, round).map(|accuracy| percent(accuracy, 2));
    let verdict = results.verdict(test);
    let rounds = verdict.iter().flat_map(|verdict| &verdict.rounds);
    let winning = rounds
        .filter(|round| round.ruling == Ruling::Winning)
        .min_by(|a, b| a.density.get().total_cmp(&b.density.get()));
    let last = results.of(0, Variant::Ticket).last();
    let cells = [
        accuracy(0),
        winning.map(|round| density_percent(round.density.get(), 1)),
        winning.and_then(|round| accuracy(round.round as u32)),
        last.map(|last| density_percent(last.density().get(), 1)),
        last.and_then(|last| accuracy(last.record.round)),
    ];
    cells.map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
}

/// The mean test accuracy of the tickets of a round.
fn mean_accuracy(results: &RunResults, round: u32) -> Option<f64> {
    let of_round = (0..results.experiment.replicates)
        .flat_map(|replicate| results.of(replicate, Variant::Ticket))
        .filter(|result| result.record.round == round)
        .map(RoundResult::test_accuracy);
    Sample::of(of_round).map(|sample| sample.mean())
}
