//! The list of stages that an experiment needs.

use std::collections::HashMap;

use super::{control, page};
use crate::{Experiment, Planned, Variant, schedule::Stage};

/// Every training of an experiment, the most urgent first.
///
/// Chains of tickets are the critical path. They go first, round by round; controls fill the cores that are left.
pub fn plan(experiment: &Experiment) -> Vec<Planned<Stage>> {
    let page = page(&experiment.pruning.procedure);
    let mut stages: Vec<(Stage, Vec<Stage>)> = Vec::new();
    for round in 0..experiment.rounds {
        for replicate in 0..experiment.replicates {
            let before = if round == 0 { None } else { page.waits_for(round) };
            let after = before.map(|before| Stage::ticket(replicate, before)).into_iter().collect();
            stages.push((Stage::ticket(replicate, round), after));
        }
    }
    for round in 1..experiment.rounds {
        for replicate in 0..experiment.replicates {
            for &kind in &experiment.controls {
                let stage = Stage { replicate, variant: Variant::Control(kind), round };
                stages.push((stage, control::waits_for(&*page, kind, replicate, round)));
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
    use crate::Procedure;
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
