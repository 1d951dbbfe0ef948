//! How long all tasks will take.

use std::{collections::HashMap, time::Instant};

use lth_lab::{TaskEvent, TaskKind, TaskName};

/// Tasks that are over, that run and that wait, and the seconds until all are done: those of the longest that runs, and for those
/// that wait what tasks of their kind took so far.
#[derive(Debug, Default)]
pub(crate) struct TimeLeft {
    tasks: usize,
    done: usize,
    at_once: usize,
    /// Neither over nor running, by kind.
    waiting: HashMap<TaskKind, usize>,
    running: HashMap<TaskName, Running>,
    /// Finished in this sitting: how many, and their seconds.
    finished: HashMap<TaskKind, (f64, f64)>,
}

#[derive(Debug)]
struct Running {
    begun: Instant,
    seconds_left: f64,
}

impl TimeLeft {
    /// Of these tasks, so many of which go on at once.
    pub(crate) fn new(tasks: &[TaskName], at_once: usize) -> Self {
        let mut waiting = HashMap::new();
        for task in tasks {
            *waiting.entry(task.kind()).or_default() += 1;
        }
        Self { tasks: tasks.len(), at_once: at_once.max(1), waiting, ..Self::default() }
    }

    /// How many there are.
    pub(crate) fn tasks(&self) -> usize {
        self.tasks
    }

    /// How many are finished, now or before.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    /// A task has so many seconds left.
    pub(crate) fn advance(&mut self, task: &TaskName, seconds_left: f64) {
        self.start(task);
        if let Some(running) = self.running.get_mut(task) {
            running.seconds_left = seconds_left;
        }
    }

    fn start(&mut self, task: &TaskName) {
        if !self.running.contains_key(task) {
            self.stop_waiting(task);
            let running = Running { begun: Instant::now(), seconds_left: f64::NAN };
            self.running.insert(task.clone(), running);
        }
    }

    fn stop_waiting(&mut self, task: &TaskName) {
        if let Some(count) = self.waiting.get_mut(&task.kind()) {
            *count = count.saturating_sub(1);
        }
    }

    /// Something happened to a task.
    pub(crate) fn note(&mut self, task: &TaskName, event: &TaskEvent<'_>) {
        match event {
            TaskEvent::Started { .. } => return self.start(task),
            TaskEvent::Progress(_) | TaskEvent::Incomplete { .. } | TaskEvent::Busy { .. } => return,
            TaskEvent::Finished { seconds, .. } => {
                let (count, sum) = self.finished.entry(task.kind()).or_default();
                (*count, *sum) = (*count + 1.0, *sum + seconds);
                self.done += 1;
            }
            TaskEvent::Skipped { .. } | TaskEvent::Shared { .. } => self.done += 1,
            TaskEvent::Stopped { .. } | TaskEvent::Failed { .. } => {}
        }
        if self.running.remove(task).is_none() {
            self.stop_waiting(task);
        }
    }

    /// Seconds until all are done; of tasks of a kind of which none has run there is no saying.
    pub(crate) fn seconds(&self) -> f64 {
        let left = |running: &Running| Some(running.seconds_left).filter(|seconds| seconds.is_finite());
        let longest = self.running.values().filter_map(left).fold(0.0, f64::max);
        let waiting: f64 =
            self.waiting.iter().map(|(kind, count)| *count as f64 * self.usual(*kind).unwrap_or(0.0)).sum();
        longest + waiting / self.at_once.max(1) as f64
    }

    /// The kinds that are not in [`Self::seconds`]: none of them has run, and some wait.
    pub(crate) fn leaves_out(&self) -> bool {
        self.waiting.iter().any(|(kind, count)| *count > 0 && self.usual(*kind).is_none())
    }

    /// Seconds that a task of a kind takes.
    fn usual(&self, kind: TaskKind) -> Option<f64> {
        let of_kind = self.running.iter().filter(|(task, _)| task.kind() == kind).map(|(_, running)| running);
        let running = of_kind.filter(|running| running.seconds_left.is_finite());
        let begun = self.finished.get(&kind).copied().unwrap_or_default();
        let (count, seconds) = running.fold(begun, |(count, seconds), running| {
            (count + 1.0, seconds + running.begun.elapsed().as_secs_f64() + running.seconds_left)
        });
        (count > 0.0).then_some(seconds / count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lth_lab::{Experiment, Found, plan};

    #[test]
    fn what_waits_takes_as_long_as_what_is_finished() {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        (experiment.rounds, experiment.replicates) = (3, 2);
        let tasks: Vec<TaskName> =
            plan(&experiment).iter().map(|planned| TaskName::of(&planned.task)).collect();
        let mut left = TimeLeft::new(&tasks, 2);
        assert!(left.leaves_out() && left.seconds() == 0.0);
        left.note(&tasks[0], &TaskEvent::Started { continued_at: None });
        left.note(&tasks[0], &TaskEvent::Finished { found: &Found::Files, seconds: 10.0 });
        left.note(&tasks[1], &TaskEvent::Skipped { found: &Found::Files });
        assert_eq!((left.done(), left.tasks(), left.seconds()), (2, 6, 20.0));
        left.advance(&tasks[2], 10.0);
        assert!((left.seconds() - 25.0).abs() < 0.1, "{}", left.seconds());
        assert!(!left.leaves_out());
        for task in &tasks[2..] {
            left.note(task, &TaskEvent::Stopped { saved_at: None });
        }
        assert_eq!((left.done(), left.seconds()), (2, 0.0));
    }
}
