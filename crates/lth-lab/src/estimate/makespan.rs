//! When a list of trainings is done.

use std::collections::HashSet;

use crate::{PlannedStage, Stage};

/// The seconds until the last of these stages ends, and how many go on at once at most, when `jobs` workers do them as the run's
/// queue does: always the first in the list whose predecessors are finished. A predecessor that is not in the list was finished
/// before.
pub(super) fn makespan(stages: &[(PlannedStage, f64)], jobs: usize) -> (f64, usize) {
    let in_list: HashSet<Stage> = stages.iter().map(|(planned, _)| planned.stage).collect();
    let mut waiting: Vec<usize> = (0..stages.len()).collect();
    let mut finished: HashSet<Stage> = HashSet::new();
    let mut running: Vec<(f64, Stage)> = Vec::new();
    let mut now = 0.0;
    let mut at_once = 0;
    loop {
        while running.len() < jobs.max(1) {
            let is_ready = |&index: &usize| {
                stages[index].0.after.iter().all(|after| finished.contains(after) || !in_list.contains(after))
            };
            let Some(place) = waiting.iter().position(is_ready) else { break };
            let (planned, seconds) = &stages[waiting.remove(place)];
            running.push((now + seconds, planned.stage));
        }
        at_once = at_once.max(running.len());
        let next = running.iter().enumerate().min_by(|left, right| left.1.0.total_cmp(&right.1.0));
        let Some((place, _)) = next else { return (now, at_once) };
        let (end, stage) = running.swap_remove(place);
        now = end;
        finished.insert(stage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ControlKind, Experiment, plan};

    /// 3 rounds of 2 replicates and one control, a second each.
    fn stages() -> Vec<(PlannedStage, f64)> {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        (experiment.rounds, experiment.replicates) = (3, 2);
        experiment.controls = ControlKind::all().take(1).collect();
        plan(&experiment).into_iter().map(|planned| (planned, 1.0)).collect()
    }

    #[test]
    fn chains_of_rounds_limit_what_cores_bring() {
        // 6 tickets and 4 controls; a chain of 3 and the control of its last round.
        for (jobs, expected) in [(1, (10.0, 1)), (2, (5.0, 2)), (100, (3.0, 4))] {
            assert_eq!(makespan(&stages(), jobs), expected, "{jobs} jobs");
        }
        assert_eq!(makespan(&[], 3), (0.0, 0));
    }

    #[test]
    fn what_was_finished_before_holds_nothing_up() {
        let left: Vec<_> = stages().into_iter().filter(|(planned, _)| planned.stage.round == 2).collect();
        assert_eq!(makespan(&left, 100).0, 1.0);
    }

    #[test]
    fn a_single_chain_is_one_at_a_time() {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        experiment.rounds = 5;
        let stages: Vec<_> = plan(&experiment).into_iter().map(|planned| (planned, 1.0)).collect();
        assert_eq!(makespan(&stages, 8), (5.0, 1));
    }
}
