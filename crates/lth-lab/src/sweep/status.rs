//! How far a sweep is, wherever it is done.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Duration,
};

use rayon::prelude::*;

use super::{SweepPlan, SweepTask};
use crate::{Holder, LEASE_TIMEOUT, LabError, Layout, Leases, results::finished_trainings};

/// What is the matter with a training.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskState {
    /// It is finished.
    Done,
    /// A process does it.
    Running(Holder),
    /// It failed, for this reason.
    Failed(String),
    /// It can be done now.
    Ready,
    /// It waits for others.
    Waiting,
}

/// How far a sweep is.
#[derive(Debug)]
pub struct SweepStatus {
    /// Each training once, of the same ones in several runs the first, in the order of the plan.
    pub tasks: Vec<(SweepTask, TaskState)>,
    /// What its finished trainings took together, in seconds, and how many they are.
    pub finished: (f64, usize),
    /// Of holders that have given no sign of life for longer than a lease lasts the time since then; their machines may have vanished.
    pub silent: Vec<(Holder, Duration)>,
}

impl SweepStatus {
    /// Looks at the folders of a sweep: at its records, leases and notes of failures.
    ///
    /// # Errors
    /// When the list of its runs cannot be read.
    pub fn of(plan: &SweepPlan, output: &Path) -> Result<Self, LabError> {
        let layouts: Vec<Layout> =
            plan.run_folders(output)?.into_iter().map(|folder| Layout::new(output.join(folder))).collect();
        let heartbeats = Leases::of(output).heartbeats();
        let silent = heartbeats
            .iter()
            .filter_map(|(holder, silence)| {
                Some((holder.clone(), silence.filter(|time| *time > LEASE_TIMEOUT)?))
            })
            .collect();
        let at_work: HashMap<PathBuf, Holder> =
            heartbeats.into_iter().map(|(holder, _)| (output.join(&holder.folder), holder)).collect();
        let states: Vec<TaskState> = plan
            .tasks
            .par_iter()
            .map(|planned| {
                let SweepTask { run, stage, .. } = &planned.task;
                let layout = &layouts[*run];
                if layout.is_finished(*stage) {
                    return TaskState::Done;
                }
                let folder = layout.round(stage.replicate, stage.variant, stage.round);
                match (at_work.get(&folder), layout.failed(*stage)) {
                    (Some(holder), _) => TaskState::Running(holder.clone()),
                    (None, Some(reason)) => TaskState::Failed(reason),
                    (None, None) => TaskState::Waiting,
                }
            })
            .collect();
        let mut seen = HashSet::new();
        let mut tasks = Vec::new();
        for (place, planned) in plan.tasks.iter().enumerate() {
            if !seen.insert(planned.task.id.clone()) {
                continue;
            }
            let is_ready = || planned.after.iter().all(|&before| states[before] == TaskState::Done);
            let state = match &states[place] {
                TaskState::Waiting if is_ready() => TaskState::Ready,
                state => state.clone(),
            };
            tasks.push((planned.task.clone(), state));
        }
        let times: Vec<(f64, usize)> =
            layouts.par_iter().filter_map(|layout| finished_trainings(layout).ok()).collect();
        let finished = times.into_iter().fold((0.0, 0), |(s, n), (seconds, count)| (s + seconds, n + count));
        Ok(Self { tasks, finished, silent })
    }

    /// How many trainings are in a state of this kind.
    pub fn count(&self, is: impl Fn(&TaskState) -> bool) -> usize {
        self.tasks.iter().filter(|(_, state)| is(state)).count()
    }

    /// The seconds until all is done if as many go on as do now, and each takes what the finished ones took; `None` where nobody is at
    /// work or nothing is finished.
    pub fn seconds_left(&self) -> Option<f64> {
        let running = self.count(|state| matches!(state, TaskState::Running(_)));
        let left = self.count(|state| !matches!(state, TaskState::Done | TaskState::Failed(_)));
        let (seconds, count) = self.finished;
        (running > 0 && count > 0).then(|| left as f64 * seconds / count as f64 / running as f64)
    }
}
