//! How long a sweep takes, before it begins.

use std::collections::HashSet;

use lth_model::{Density, Learns};

use super::SweepPlan;
use crate::{
    EstimateContext, EstimatedTime, Keep, Layout, Planned, Procedure, RunEstimate, Workbench,
    estimate::{Upcoming, estimate_trainings, mean_density},
};

/// Estimates what is left of a sweep: each training that is the same in several runs once. Steps are measured once for each
/// network, data set, batch size and optimiser, and for what pruned weights are. What failed before, and what waits for it, is left to
/// do with `retry_failed` only. Writes nothing.
pub fn estimate_sweep(
    plan_of_sweep: &SweepPlan,
    benches: &[Workbench<'_>],
    retry_failed: bool,
) -> RunEstimate {
    // Runs that cost the same a step: the place of the first, and what is left of them.
    let mut groups: Vec<(usize, Vec<Upcoming>)> = Vec::new();
    let mut runs = Vec::new();
    for (run, (sweep_run, bench)) in plan_of_sweep.runs.iter().zip(benches).enumerate() {
        let experiment = &sweep_run.experiment;
        let same_cost = |other: usize| {
            let (own, other_recipe) = (&experiment.recipe, &plan_of_sweep.runs[other].experiment.recipe);
            std::ptr::eq(benches[other].data, bench.data)
                && std::ptr::eq(benches[other].architecture, bench.architecture)
                && own.batch_size == other_recipe.batch_size
                && own.optimizer.moments() == other_recipe.optimizer.moments()
                && experiment.pruning.pruned() == plan_of_sweep.runs[other].experiment.pruning.pruned()
        };
        let group = groups.iter().position(|(first, _)| same_cost(*first)).unwrap_or_else(|| {
            groups.push((run, Vec::new()));
            groups.len() - 1
        });
        let densities: Vec<Density> =
            (0..experiment.rounds).map(|round| mean_density(experiment, round, bench.architecture)).collect();
        let per_epoch = bench.per_epoch(experiment);
        let length = experiment.recipe.length.iterations(per_epoch);
        let rewind = experiment.pruning.procedure.rewind().iterations(per_epoch);
        let layout = Layout::new(bench.output.join(experiment.folder_name()));
        runs.push((group, densities, [length, length.saturating_sub(rewind)], layout));
    }
    // Of each task that is left the place among those of its group.
    let mut places: Vec<Option<usize>> = Vec::new();
    let mut seen = HashSet::new();
    let mut passed_over: Vec<bool> = Vec::new();
    for Planned { task, after, .. } in &plan_of_sweep.tasks {
        let (group, densities, [dense, later], layout) = &runs[task.run];
        let round = task.stage.round;
        let is_done = layout.is_finished(task.stage);
        let fails = || layout.failed(task.stage).is_some() || after.iter().any(|&place| passed_over[place]);
        let is_passed_over = !is_done && !retry_failed && fails();
        passed_over.push(is_passed_over);
        if !seen.insert(&task.id) || is_done || is_passed_over {
            places.push(None);
            continue;
        }
        let of_group = |&place: &usize| {
            let before = &plan_of_sweep.tasks[place].task;
            places[place].filter(|_| runs[before.run].0 == *group)
        };
        let after = after.iter().filter_map(of_group).collect();
        let steps = if round == 0 { *dense } else { *later };
        let upcoming = &mut groups[*group].1;
        places.push(Some(upcoming.len()));
        upcoming.push(Upcoming { after, ..Upcoming::training(densities[round as usize], steps) });
    }
    let mut all = RunEstimate {
        trainings: 0,
        time: EstimatedTime::Seconds,
        at_once: 0,
        bytes: 0,
        present_bytes: 0,
        free_bytes: None,
    };
    let mut seconds = 0.0;
    let mut at_most = false;
    for (first, upcoming) in &groups {
        let (experiment, bench) = (&plan_of_sweep.runs[*first].experiment, &benches[*first]);
        let one = crate::Experiment {
            rounds: 2,
            replicates: 1,
            controls: Vec::new(),
            keep: Keep::Tickets,
            ..experiment.clone()
        };
        let bytes = one.estimate_sizes(bench.architecture)[0].bytes / 2;
        let absent = bench.output.join(&plan_of_sweep.folder_name);
        let context = EstimateContext::new(bench, &absent);
        let estimate = estimate_trainings(experiment, upcoming, bytes, Learns::Weights, &context);
        match estimate.time {
            EstimatedTime::Seconds => {}
            EstimatedTime::About(more) => seconds += more,
            EstimatedTime::AtMost(more) => (seconds, at_most) = (seconds + more, true),
        }
        at_most |= matches!(experiment.pruning.procedure, Procedure::EarlyBird(_));
        all.trainings += estimate.trainings;
        all.bytes += estimate.bytes;
        all.at_once = all.at_once.max(estimate.at_once);
        all.free_bytes = estimate.free_bytes;
    }
    all.time = match (seconds > 0.0, at_most) {
        (false, _) => EstimatedTime::Seconds,
        (true, false) => EstimatedTime::About(seconds),
        (true, true) => EstimatedTime::AtMost(seconds),
    };
    all
}
