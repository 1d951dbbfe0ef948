//! The results of a study in words: a row a network.

use lth_lab::{PairResult, RunResults, STABLE_BELOW, StabilityReport, StartPoint, Variant};
use lth_stats::Sample;
use serde_json::json;

use crate::table::{self, density_percent, percent, prose, table};

/// The columns of the table.
const HEADER: [&str; 11] = [
    "network",
    "round",
    "density %",
    "from it.",
    "pairs",
    "distance",
    "angle",
    "mask overlap",
    "test error %",
    "barrier test/train (pp)",
    "stable",
];

/// Pairs of one kind: of one variant, round and place of parting, over replicates.
pub(super) fn by_network(report: &StabilityReport) -> Vec<(StartPoint, Vec<&PairResult>)> {
    let mut groups: Vec<(StartPoint, Vec<&PairResult>)> = Vec::new();
    for pair in &report.pairs {
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
    for (start, pairs) in by_network(report) {
        let mean = |of: &dyn Fn(&PairResult) -> f64| {
            Sample::of(pairs.iter().map(|pair| of(pair))).map_or(f64::NAN, |sample| sample.mean())
        };
        let barrier = mean(&|pair| pair.test_barrier);
        let angle = mean(&|pair| pair.angle.unwrap_or(f64::NAN));
        rows.add_row([
            name(&start),
            start.round.to_string(),
            density_percent(mean(&|pair| pair.density.get()), 2),
            format!("{:.0}", mean(&|pair| pair.iteration as f64)),
            pairs.len().to_string(),
            format!("{:.2}", mean(&|pair| pair.distance)),
            if angle.is_nan() { "-".to_owned() } else { format!("{angle:.1}°") },
            format!("{:.3}", mean(&|pair| pair.next_mask_overlap)),
            percent(mean(&|pair| pair.end_errors()[1]), 2),
            format!("{} / {}", percent(barrier, 2), percent(mean(&|pair| pair.train_barrier), 2)),
            if barrier < STABLE_BELOW { "yes" } else { "no" }.to_owned(),
        ]);
    }
    let reading = format!(
        "Copies of networks of {} on {} under other orders of the data; means over pairs.\n\
         Stable: the barrier of test errors is below {} percentage points.",
        results.experiment.model,
        results.experiment.dataset,
        100.0 * STABLE_BELOW,
    );
    format!("{}\n\n{}\nEverything is in {}\n", prose(&reading), table::text(&rows), report.folder.display())
}

/// Every pair with its path.
pub(super) fn json(report: &StabilityReport) -> String {
    let value = json!({ "folder": report.folder, "stable_below": STABLE_BELOW, "pairs": report.pairs });
    format!("{value:#}\n")
}
