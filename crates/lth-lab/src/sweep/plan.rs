//! A sweep as runs, and how many trainings they have together.

use std::collections::{HashMap, HashSet};

use crate::{Experiment, LabError, Setting, Sweep, Value, plan};

/// The most runs of a sweep.
const MOST_RUNS: usize = 100_000;

/// One run of a sweep.
pub struct SweepRun {
    /// Its values on the axes, in their order; of combinations that make the same run those of the first.
    pub values: Vec<(&'static Setting, Value)>,
    /// What is done.
    pub experiment: Experiment,
}

/// What a sweep does.
pub struct SweepPlan {
    /// Its runs, each in a folder of its own.
    pub runs: Vec<SweepRun>,
    /// Trainings of all runs.
    pub trainings: usize,
    /// Trainings that are left when runs share those that are the same.
    pub distinct: usize,
    /// Dense trainings of all runs, and how many of them differ.
    pub dense: (usize, usize),
}

impl SweepRun {
    /// Its values on the axes in words: `criterion movement, learning rate 0.001`.
    pub fn label(&self) -> String {
        let word =
            |(setting, value): &(&'static Setting, Value)| format!("{} {}", setting.label(), value.exact());
        self.values.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

impl SweepPlan {
    /// The name of its folder: `sweep-<hash>` of its runs' names, or that of the run where there is one.
    pub fn folder_name(&self) -> String {
        let mut names: Vec<String> = self.runs.iter().map(|run| run.experiment.folder_name()).collect();
        names.sort();
        format!("sweep-{}", &blake3::hash(names.join("\n").as_bytes()).to_hex()[..8])
    }

    /// The plan of a sweep.
    ///
    /// # Errors
    /// When a combination makes no experiment, or there are more than can be planned.
    pub fn of(sweep: &Sweep) -> Result<Self, LabError> {
        let mut runs: Vec<SweepRun> = Vec::new();
        let mut folders: HashMap<String, usize> = HashMap::new();
        for (values, experiment) in sweep.experiments()? {
            if let Some(&place) = folders.get(&experiment.folder_name()) {
                // Rounds extend a run.
                let run = &mut runs[place].experiment;
                run.rounds = run.rounds.max(experiment.rounds);
            } else {
                folders.insert(experiment.folder_name(), runs.len());
                runs.push(SweepRun { values, experiment });
            }
        }
        if runs.len() > MOST_RUNS {
            return Err(LabError::Setting {
                setting: "axis",
                value: runs.len().to_string(),
                reason: "these are more runs than a sweep can have".to_owned(),
                hint: format!("a sweep has {MOST_RUNS} runs at most"),
            });
        }
        let mut distinct = HashSet::new();
        let mut dense = HashSet::new();
        let (mut trainings, mut dense_trainings) = (0, 0);
        for SweepRun { experiment, .. } in &runs {
            for stage in plan(experiment).into_iter().map(|planned| planned.task) {
                let hash = blake3::hash(experiment.derivation(stage).as_bytes());
                trainings += 1;
                distinct.insert(hash);
                if stage.round == 0 {
                    dense_trainings += 1;
                    dense.insert(hash);
                }
            }
        }
        Ok(Self { runs, trainings, distinct: distinct.len(), dense: (dense_trainings, dense.len()) })
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Instant};

    use super::*;

    fn plan_of(text: &str) -> SweepPlan {
        let text = format!("model = \"lenet-300-100\"\ndataset = \"mnist\"\n{text}");
        SweepPlan::of(&Sweep::from_toml(&text, Path::new("sweep.toml")).unwrap()).unwrap()
    }

    #[test]
    fn dense_networks_of_nine_criteria_are_trained_once_a_seed() {
        let criteria = lth_ticket::CRITERIA.iter().take(9).map(|criterion| format!("{:?}", criterion.name()));
        let criteria = criteria.collect::<Vec<_>>().join(", ");
        let plan = plan_of(&format!("rounds = 12\nreplicates = 3\n[axes]\ncriterion = [{criteria}]\n"));
        assert_eq!((plan.runs.len(), plan.trainings), (9, 9 * 12 * 3));
        assert_eq!(plan.dense, (27, 3));
        assert_eq!(plan.distinct, 9 * 11 * 3 + 3);
    }

    #[test]
    fn seeds_that_overlap_are_shared_and_other_recipes_are_not() {
        let plan = plan_of("rounds = 3\nreplicates = 2\n[axes]\nseed = [0, 1]\n");
        assert_eq!((plan.trainings, plan.distinct), (12, 9), "seed 1 is in both");
        let plan = plan_of("rounds = 3\n[axes]\nlearning_rate = [1e-3, 2e-3]\n");
        assert_eq!((plan.trainings, plan.distinct), (6, 6));
        let plan = plan_of("rounds = 3\n[axes]\nrewind = [\"0it\", \"100it\"]\n");
        assert_eq!(plan.dense, (2, 2), "one notes its rewind point");
    }

    #[test]
    fn combinations_that_make_one_run_are_one() {
        let plan = plan_of("[axes]\nlearning_rate = [0.0012, 1.2e-3]\nrounds = [3, 5]\n");
        assert_eq!(plan.runs.len(), 1);
        assert_eq!(plan.runs[0].experiment.rounds, 5);
    }

    #[test]
    fn ten_thousand_trainings_are_planned_in_a_moment() {
        let begun = Instant::now();
        let rates = (1..=50).map(|number| format!("{number}e-5")).collect::<Vec<_>>().join(", ");
        let plan = plan_of(&format!("rounds = 20\nreplicates = 10\n[axes]\nlearning_rate = [{rates}]\n"));
        assert_eq!(plan.trainings, 10_000);
        // Not a bar of speed, but of how it grows.
        assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    }
}
