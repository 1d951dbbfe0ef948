//! The list of stages that an experiment needs.

use std::collections::HashMap;

use super::{Stage, run_control::other_replicate};
use crate::{Experiment, Planned, Procedure, RunControl, Variant};

/// Every training of an experiment, the most urgent first.
///
/// Chains of tickets are the critical path: each round waits for the one before (in one-shot pruning for round 0, before
/// or during training for none). They go
/// first, round by round; controls fill the cores that are left. A control waits for the stage that makes its round's ticket.
pub fn plan(experiment: &Experiment) -> Vec<Planned<Stage>> {
    let ticket = Stage::ticket;
    // What makes the ticket of a round; before training nothing that is trained.
    let maker = |replicate: u32, round: u32| match experiment.pruning.procedure {
        Procedure::Iterative(_) => round.checked_sub(1).map(|before| ticket(replicate, before)),
        Procedure::OneShot(..) => (round > 0).then(|| ticket(replicate, 0)),
        Procedure::AtInit(_) | Procedure::Dynamic(_) | Procedure::EarlyBird(_) => None,
    };
    let mut stages = Vec::new();
    for round in 0..experiment.rounds {
        for replicate in 0..experiment.replicates {
            let after: Vec<Stage> = maker(replicate, round).into_iter().collect();
            stages.push((ticket(replicate, round), after));
        }
    }
    for round in 1..experiment.rounds {
        for replicate in 0..experiment.replicates {
            for &kind in &experiment.controls {
                let stage = Stage { replicate, variant: Variant::Control(kind), round };
                // Otherwise two stages might score the same network at once.
                let mut after = vec![maker(replicate, round).unwrap_or(ticket(replicate, round))];
                if kind.of_run() == Some(RunControl::OtherSeedMask) {
                    let other = other_replicate(replicate, kind.draw());
                    after.push(maker(other, round).unwrap_or(ticket(other, round)));
                }
                stages.push((stage, after));
            }
        }
    }
    let places: HashMap<Stage, usize> =
        stages.iter().enumerate().map(|(place, (stage, _))| (*stage, place)).collect();
    let planned = |(task, after): (Stage, Vec<Stage>)| {
        Planned::after(task, after.iter().filter_map(|stage| places.get(stage).copied()).collect())
    };
    stages.into_iter().map(planned).collect()
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
        for procedure in Procedure::NAMES {
            experiment.pruning.procedure = Procedure::by_name(procedure).unwrap();
            let stages = plan(&experiment);
            assert_eq!(stages.len(), 3 * (4 + 3 * experiment.controls.len()));
            let mut seen = HashSet::new();
            for (place, planned) in stages.iter().enumerate() {
                assert!(planned.after.iter().all(|&after| after < place), "{planned:?}");
                assert!(seen.insert(planned.task), "{planned:?} is there twice");
            }
        }
    }
}
