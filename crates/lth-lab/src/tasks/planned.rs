//! Lists of tasks with what each waits for, and how long they take.

use std::{collections::BTreeSet, fmt};

use super::TaskKind;

/// A piece of work; its text is its name.
pub trait Task: fmt::Display + Clone + Sync {
    /// What it is like.
    fn kind(&self) -> TaskKind {
        TaskKind::Training
    }
}

/// A task in a list, and what must be finished before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<T> {
    /// The task.
    pub task: T,
    /// The places of its predecessors in the list.
    pub after: Vec<usize>,
    /// The memory that it takes while it runs, in bytes; 0 where that is not known.
    pub bytes: u64,
}

impl<T> Planned<T> {
    /// A task that waits for nothing.
    pub fn alone(task: T) -> Self {
        Self::after(task, Vec::new())
    }

    /// A task that waits for those at some places before it.
    pub fn after(task: T, after: Vec<usize>) -> Self {
        Self { task, after, bytes: 0 }
    }
}

/// The list without what is done; nothing waits for that any more.
pub(crate) fn without<T>(tasks: Vec<Planned<T>>, done: impl Fn(&T) -> bool) -> Vec<Planned<T>> {
    let mut places = Vec::new();
    let mut left: Vec<Planned<T>> = Vec::new();
    for Planned { task, after, bytes } in tasks {
        let is_left = !done(&task);
        places.push(is_left.then_some(left.len()));
        if is_left {
            left.push(Planned { task, after, bytes });
        }
    }
    for planned in &mut left {
        planned.after = planned.after.iter().filter_map(|&place| places[place]).collect();
    }
    left
}

/// The seconds until the last task ends, and how many go on at once at most, when `jobs` workers do them as [`run_queue`] does.
pub(crate) fn makespan<T>(tasks: &[Planned<T>], seconds: impl Fn(&T) -> f64, jobs: usize) -> (f64, usize) {
    let mut ready = Ready::new(tasks);
    let mut running: Vec<(f64, usize)> = Vec::new();
    let (mut now, mut at_once) = (0.0, 0);
    loop {
        while running.len() < jobs.max(1)
            && let Some(index) = ready.take()
        {
            running.push((now + seconds(&tasks[index].task), index));
        }
        at_once = at_once.max(running.len());
        let next = running.iter().enumerate().min_by(|left, right| left.1.0.total_cmp(&right.1.0));
        let Some((place, _)) = next else { return (now, at_once) };
        let (end, index) = running.swap_remove(place);
        now = end;
        ready.finish(index);
    }
}

/// The tasks whose predecessors are finished.
#[derive(Default)]
pub(super) struct Ready {
    places: BTreeSet<usize>,
    /// How many predecessors of each are not finished.
    blocked_by: Vec<usize>,
    followers: Vec<Vec<usize>>,
}

impl Ready {
    pub(super) fn new<T>(tasks: &[Planned<T>]) -> Self {
        let mut followers = vec![Vec::new(); tasks.len()];
        for (index, planned) in tasks.iter().enumerate() {
            for &before in &planned.after {
                followers[before].push(index);
            }
        }
        let blocked_by: Vec<usize> = tasks.iter().map(|planned| planned.after.len()).collect();
        let places = (0..tasks.len()).filter(|&index| blocked_by[index] == 0).collect();
        Self { places, blocked_by, followers }
    }

    /// The first of them.
    pub(super) fn take(&mut self) -> Option<usize> {
        self.take_if(|_| true)
    }

    /// The first of them that is right.
    pub(super) fn take_if(&mut self, is_right: impl Fn(usize) -> bool) -> Option<usize> {
        let index = self.places.iter().copied().find(|&index| is_right(index))?;
        self.places.remove(&index);
        Some(index)
    }

    pub(super) fn finish(&mut self, index: usize) {
        for &follower in &self.followers[index] {
            self.blocked_by[follower] -= 1;
            if self.blocked_by[follower] == 0 {
                self.places.insert(follower);
            }
        }
    }

    /// Puts tasks back that were taken.
    pub(super) fn extend(&mut self, indices: impl Iterator<Item = usize>) {
        self.places.extend(indices);
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ControlKind, Experiment, Stage, plan};

    /// 3 rounds of 2 replicates and one control, a second each.
    fn small() -> Vec<Planned<Stage>> {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        (experiment.rounds, experiment.replicates) = (3, 2);
        experiment.controls = ControlKind::all().take(1).collect();
        plan(&experiment)
    }

    #[test]
    fn chains_of_rounds_limit_what_cores_bring() {
        // 6 tickets and 4 controls; a chain of 3 and the control of its last round.
        for (jobs, expected) in [(1, (10.0, 1)), (2, (5.0, 2)), (100, (3.0, 4))] {
            assert_eq!(makespan(&small(), |_| 1.0, jobs), expected, "{jobs} jobs");
        }
        assert_eq!(makespan(&[] as &[Planned<Stage>], |_| 1.0, 3), (0.0, 0));
    }

    #[test]
    fn what_was_finished_before_holds_nothing_up() {
        let left = without(small(), |stage| stage.round < 2);
        assert_eq!((left.len(), makespan(&left, |_| 1.0, 100).0), (4, 1.0));
    }

    #[test]
    fn a_single_chain_is_one_at_a_time() {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        experiment.rounds = 5;
        assert_eq!(makespan(&plan(&experiment), |_| 1.0, 8), (5.0, 1));
    }
}
