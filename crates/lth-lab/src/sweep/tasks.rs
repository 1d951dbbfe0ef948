//! The trainings of a sweep as one list of tasks.

use std::{collections::HashMap, fmt, sync::Arc};

use super::SweepRun;
use crate::{Planned, Stage, Task, Variant, plan, schedule::Derivation};

/// A training of a sweep.
#[derive(Debug, Clone)]
pub struct SweepTask {
    /// The place of its run in the plan.
    pub run: usize,
    /// Which training of the run.
    pub stage: Stage,
    /// The hash of what decides its bits: 32 hexadecimal digits. The same training of several runs has one.
    pub id: Arc<str>,
    label: Arc<str>,
}

impl fmt::Display for SweepTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.label.is_empty() { self.stage.fmt(f) } else { write!(f, "{}, {}", self.label, self.stage) }
    }
}

impl Task for SweepTask {}

/// The trainings of all runs: round by round, controls last. Trainings that are the same in several runs wait for each other.
pub(super) fn tasks_of(runs: &[SweepRun]) -> Vec<Planned<SweepTask>> {
    let mut all: Vec<Planned<SweepTask>> = Vec::new();
    for (run, sweep_run) in runs.iter().enumerate() {
        let (start, label) = (all.len(), Arc::<str>::from(sweep_run.label()));
        let derivation = Derivation::of(&sweep_run.experiment);
        for Planned { task: stage, after, .. } in plan(&sweep_run.experiment) {
            let id = derivation.id(stage).into();
            let after = after.into_iter().map(|place| start + place).collect();
            all.push(Planned::after(SweepTask { run, stage, id, label: label.clone() }, after));
        }
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&place| {
        let SweepTask { run, stage: Stage { replicate, variant, round }, .. } = all[place].task;
        (variant != Variant::Ticket, round, replicate, run)
    });
    let mut tasks = reordered(all, &order);
    let mut last: HashMap<Arc<str>, usize> = HashMap::new();
    for (place, planned) in tasks.iter_mut().enumerate() {
        let before = last.insert(planned.task.id.clone(), place);
        planned.after.extend(before.filter(|before| !planned.after.contains(before)));
    }
    tasks
}

/// The tasks in another order, given by their old places.
fn reordered<T: Clone>(tasks: Vec<Planned<T>>, order: &[usize]) -> Vec<Planned<T>> {
    let mut new_place = vec![0; tasks.len()];
    for (new, &old) in order.iter().enumerate() {
        new_place[old] = new;
    }
    let moved = |&old: &usize| {
        let Planned { task, after, bytes } = &tasks[old];
        Planned {
            task: task.clone(),
            after: after.iter().map(|&place| new_place[place]).collect(),
            bytes: *bytes,
        }
    };
    order.iter().map(moved).collect()
}

/// The tasks so that those come first after which the most is left to do, by what each costs: of the tasks that are ready, the one at
/// the head of the longest chain.
pub(super) fn longest_first<T: Clone>(tasks: Vec<Planned<T>>, costs: &[f64]) -> Vec<Planned<T>> {
    let mut chain: Vec<f64> = vec![0.0; tasks.len()];
    // Tasks come after what they wait for.
    for (place, planned) in tasks.iter().enumerate().rev() {
        chain[place] += costs[place];
        for &before in &planned.after {
            chain[before] = chain[before].max(chain[place]);
        }
    }
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    // The sort is stable, so that what waits comes after what it waits for also where something costs nothing.
    order.sort_by(|&a, &b| chain[b].total_cmp(&chain[a]));
    reordered(tasks, &order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_the_longest_chain_comes_first() {
        let task = |cost: u32, after: &[usize]| Planned::after(cost, after.to_vec());
        // A long task alone, a chain of three, one that waits for both.
        let tasks = vec![task(5, &[]), task(2, &[]), task(2, &[1]), task(3, &[2]), task(0, &[0, 3])];
        let costs: Vec<f64> = tasks.iter().map(|planned| f64::from(planned.task)).collect();
        let sorted = longest_first(tasks, &costs);
        let costs: Vec<u32> = sorted.iter().map(|planned| planned.task).collect();
        assert_eq!(costs, [2, 5, 2, 3, 0]);
        assert_eq!(sorted[4].after, [1, 3]);
        for (place, planned) in sorted.iter().enumerate() {
            assert!(planned.after.iter().all(|&before| before < place));
        }
    }
}
