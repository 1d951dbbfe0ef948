//! Which trainings a comparison is of, and what made them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use lth_lab::{Layout, Provenance, RunResults, Timing};
use lth_model::Seed;

use crate::progress::duration;

/// The seeds, trainings and programs of a comparison, those of its studies too.
#[derive(Default)]
pub(super) struct Origin {
    seeds: BTreeSet<u64>,
    /// Processor time of each training, in seconds. A training that was done once for several runs has in all of them the times of that,
    /// by which it is known.
    seconds: BTreeMap<[u64; 2], Option<f64>>,
    /// How many have no times.
    untimed: usize,
    /// Commits by version, engine and processor.
    made: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Origin {
    /// Adds the trainings of a run.
    pub(super) fn add_run(&mut self, run: &RunResults) {
        for result in &run.rounds {
            self.add_training(result.record.seed, result.timing.as_ref());
        }
        self.add_sittings(run.layout.root());
    }

    /// Adds a training with how long it took, where that is known.
    pub(super) fn add_training(&mut self, seed: Seed, timing: Option<&Timing>) {
        self.seeds.insert(seed.0);
        match timing {
            Some(timing) => {
                let key = [timing.finished.to_bits(), timing.seconds.to_bits()];
                self.seconds.insert(key, timing.cpu_seconds);
            }
            None => self.untimed += 1,
        }
    }

    /// Adds what made the run, supermask or training in a folder.
    pub(super) fn add_sittings(&mut self, folder: &Path) {
        for sitting in Provenance::of_run(&Layout::new(folder)) {
            let processor = sitting.processor.unwrap_or_else(|| "unknown processor".to_owned());
            let commit = sitting.commit.unwrap_or_else(|| "unknown commit".to_owned());
            let program = (format!("lth {}", sitting.version), format!("{}, {processor}", sitting.engine));
            self.made.entry(program).or_default().insert(commit);
        }
    }

    /// `Seeds 0, 1; 485 trainings, 2h23m of processor time; lth 0.1.0 (1a1bb8fe99d2, bcc6b39e629a), cpu (avx512), Intel Xeon`; nothing
    /// without trainings, no time where that of one is not known.
    pub(super) fn text(&self) -> String {
        if self.seeds.is_empty() {
            return String::new();
        }
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let known: Option<f64> = self.seconds.values().copied().sum();
        let time = known
            .filter(|_| self.untimed == 0)
            .map_or_else(String::new, |seconds| format!(", {} of processor time", duration(seconds)));
        let count = self.seconds.len() + self.untimed;
        let mut text = format!(
            "Seeds {}; {count} training{}{time}",
            seeds.join(", "),
            if count == 1 { "" } else { "s" }
        );
        for ((version, on), commits) in &self.made {
            let commits: Vec<&str> = commits.iter().map(String::as_str).collect();
            text.push_str(&format!("; {version} ({}), {on}", commits.join(", ")));
        }
        text + "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(seconds: f64, cpu_seconds: Option<f64>, finished: f64) -> Timing {
        Timing { seconds, cpu_seconds, steps: 1, finished, origin: None }
    }

    #[test]
    fn a_training_of_several_runs_counts_once() {
        let mut origin = Origin::default();
        assert_eq!(origin.text(), "");
        let shared = timing(40.0, Some(30.0), 1.0);
        origin.add_training(Seed(1), Some(&shared));
        origin.add_training(Seed(1), Some(&Timing { origin: Some("other/round-00".into()), ..shared }));
        origin.add_training(Seed(0), Some(&timing(40.0, Some(31.0), 2.0)));
        assert_eq!(origin.text(), "Seeds 0, 1; 2 trainings, 1m01s of processor time.");
    }

    #[test]
    fn nothing_is_said_of_time_where_that_of_one_is_not_known() {
        for unknown in [None, Some(timing(1.0, None, 2.0))] {
            let mut origin = Origin::default();
            origin.add_training(Seed(0), Some(&timing(40.0, Some(31.0), 1.0)));
            origin.add_training(Seed(0), unknown.as_ref());
            assert_eq!(origin.text(), "Seeds 0; 2 trainings.");
        }
    }
}
