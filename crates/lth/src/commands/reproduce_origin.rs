//! Which trainings a comparison is of, and what made them.

use std::collections::{BTreeMap, BTreeSet};

use lth_lab::Provenance;
use lth_report::Runs;

use crate::progress::duration;

/// `Seeds 0, 1; 485 trainings, 2h23m of processor time; lth 0.1.0 (1a1bb8fe99d2, bcc6b39e629a), cpu (avx512), Intel Xeon`; nothing
/// without runs.
/// Studies train copies and know of no time.
pub(super) fn origin(runs: &Runs, studies: usize) -> String {
    let rounds = || runs.all.iter().flat_map(|run| &run.rounds);
    let seeds: BTreeSet<u64> = rounds().map(|result| result.record.seed.0).collect();
    if seeds.is_empty() {
        return String::new();
    }
    let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
    let seconds: Option<f64> =
        rounds().map(|result| result.timing.as_ref().and_then(|timing| timing.cpu_seconds)).sum();
    let time =
        seconds.map_or_else(String::new, |seconds| format!(", {} of processor time", duration(seconds)));
    let mut made: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for sitting in runs.all.iter().flat_map(|run| Provenance::of_run(&run.layout)) {
        let processor = sitting.processor.unwrap_or_else(|| "unknown processor".to_owned());
        let commit = sitting.commit.unwrap_or_else(|| "unknown commit".to_owned());
        let program = (format!("lth {}", sitting.version), format!("{}, {processor}", sitting.engine));
        made.entry(program).or_default().insert(commit);
    }
    let made = made.into_iter().map(|((version, on), commits)| {
        format!("{version} ({}), {on}", commits.into_iter().collect::<Vec<_>>().join(", "))
    });
    format!(
        "Seeds {}; {} trainings{time}{}; {}.",
        seeds.join(", "),
        rounds().count(),
        if studies == 0 { "" } else { ", without those of the study" },
        made.collect::<Vec<_>>().join("; ")
    )
}
