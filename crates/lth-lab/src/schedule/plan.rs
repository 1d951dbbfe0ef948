//! The list of stages that an experiment needs.

use super::{PlannedStage, Stage};
use crate::{Experiment, PruningSchedule, Variant};

/// Every training of an experiment, the most urgent first.
///
/// Chains of tickets are the critical path: each round waits for the one before (in one-shot pruning for round 0). They go
/// first, round by round; controls fill the cores that are left. A control waits for the stage that makes its round's ticket.
pub fn plan(experiment: &Experiment) -> Vec<PlannedStage> {
    let one_shot = experiment.pruning.schedule == PruningSchedule::OneShot;
    let mut stages = Vec::new();
    for round in 0..experiment.rounds {
        for replicate in 0..experiment.replicates {
            let after = match round {
                0 => None,
                _ => Some(Stage {
                    replicate,
                    variant: Variant::Ticket,
                    round: if one_shot { 0 } else { round - 1 },
                }),
            };
            stages.push(PlannedStage { stage: Stage { replicate, variant: Variant::Ticket, round }, after });
        }
    }
    for round in 1..experiment.rounds {
        for replicate in 0..experiment.replicates {
            let maker = if one_shot { 0 } else { round - 1 };
            for &kind in &experiment.controls {
                let after = Some(Stage { replicate, variant: Variant::Ticket, round: maker });
                stages.push(PlannedStage {
                    stage: Stage { replicate, variant: Variant::Control(kind), round },
                    after,
                });
            }
        }
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_stage_comes_after_what_it_waits_for() {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        experiment.rounds = 4;
        experiment.replicates = 3;
        experiment.controls = crate::ControlKind::all().collect();
        for schedule in [PruningSchedule::Iterative, PruningSchedule::OneShot] {
            experiment.pruning.schedule = schedule;
            let stages = plan(&experiment);
            assert_eq!(stages.len(), 3 * (4 + 3 * experiment.controls.len()));
            let mut seen = HashSet::new();
            for planned in &stages {
                assert!(planned.after.is_none_or(|after| seen.contains(&after)), "{planned:?}");
                assert!(seen.insert(planned.stage), "{planned:?} is there twice");
            }
        }
    }
}
