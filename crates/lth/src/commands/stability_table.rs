//! The results of a study in words: a row a network.

use lth_lab::{PairResult, PruningResult, RunResults, STABLE_BELOW, StabilityReport, StartPoint, Variant};
use lth_stats::Sample;
use serde_json::json;

use crate::table::{self, density_percent, percent, prose, table};

/// The columns of the table.
const HEADER: [&str; 12] = [
    "network",
    "round",
    "density %",
    "from it.",
    "pairs",
    "distance",
    "angle",
    "from dense",
    "mask overlap",
    "test error %",
    "barrier test/train (pp)",
    "stable",
];

/// Pairs of one kind: of one variant, round and place of parting, over replicates.
pub(super) fn by_network(pairs: &[PairResult]) -> Vec<(StartPoint, Vec<&PairResult>)> {
    let mut groups: Vec<(StartPoint, Vec<&PairResult>)> = Vec::new();
    for pair in pairs {
        let start = StartPoint { replicate: 0, ..pair.start };
        match groups.iter_mut().find(|(own, _)| *own == start) {
            Some((_, pairs)) => pairs.push(pair),
            None => groups.push((start, vec![pair])),
        }
    }
    groups
}

/// What a network is called.
pub(super) fn name(start: &StartPoint) -> String {
    match start.variant {
        Variant::Ticket if start.round == 0 => "dense".to_owned(),
        variant => variant.to_string(),
    }
}

/// The closing summary.
pub(super) fn table_of(report: &StabilityReport, results: &RunResults) -> String {
    let mut rows = table(&HEADER, 1);
    for (start, pairs) in by_network(&report.pairs) {
        let mean = |of: &dyn Fn(&PairResult) -> f64| mean(pairs.iter().map(|pair| of(pair)));
        let barrier = mean(&|pair| pair.test_barrier);
        let angle = mean(&|pair| pair.angle.unwrap_or(f64::NAN));
        let overlap = mean(&|pair| pair.next_mask_overlap.unwrap_or(f64::NAN));
        let overlap = if overlap.is_nan() { "-".to_owned() } else { format!("{overlap:.3}") };
        rows.add_row([
            name(&start),
            start.round.to_string(),
            density_percent(mean(&|pair| pair.density.get()), 2),
            format!("{:.0}", mean(&|pair| pair.iteration as f64)),
            pairs.len().to_string(),
            format!("{:.2}", mean(&|pair| pair.distance)),
            degrees(angle),
            from_dense(report, &start),
            overlap,
            percent(mean(&|pair| pair.end_errors()[1]), 2),
            format!("{} / {}", percent(barrier, 2), percent(mean(&|pair| pair.train_barrier), 2)),
            if barrier < STABLE_BELOW { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let reading = format!(
        "Copies of networks of {} on {} under other orders of the data; means over pairs.\n\
         From dense: distance and angle of the trained network and the dense one of the same order, under its mask.\n\
         Stable: the barrier of test errors is below {} percentage points.",
        results.experiment.model,
        results.experiment.dataset,
        100.0 * STABLE_BELOW,
    );
    format!("{}\n\n{}\nEverything is in {}\n", prose(&reading), table::text(&rows), report.folder.display())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    Sample::of(values).map_or(f64::NAN, |sample| sample.mean())
}

fn degrees(angle: f64) -> String {
    if angle.is_nan() { "-".to_owned() } else { format!("{angle:.1}°") }
}

/// How far a network is from the dense one, over replicates; `-` for what is no pruned dense network.
fn from_dense(report: &StabilityReport, start: &StartPoint) -> String {
    let own: Vec<&PruningResult> = report
        .prunings
        .iter()
        .filter(|pruning| StartPoint { replicate: 0, ..pruning.start } == *start)
        .collect();
    if own.is_empty() {
        return "-".to_owned();
    }
    let distance = mean(own.iter().map(|pruning| pruning.distance));
    let angle = mean(own.iter().map(|pruning| pruning.angle.unwrap_or(f64::NAN)));
    format!("{distance:.2}, {}", degrees(angle))
}

/// Every pair with its path, and how far networks are from the dense one.
pub(super) fn json(report: &StabilityReport) -> String {
    let StabilityReport { folder, pairs, prunings, .. } = report;
    let value =
        json!({ "folder": folder, "stable_below": STABLE_BELOW, "pairs": pairs, "prunings": prunings });
    format!("{value:#}\n")
}
