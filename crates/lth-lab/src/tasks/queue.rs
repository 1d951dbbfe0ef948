//! Tasks on worker threads, and how long they take there.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{Found, StageError, Stop, TaskEvent, TaskFailure, TaskKind, TaskName, TaskObserver};
use crate::Workbench;

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
}

impl<T> Planned<T> {
    /// A task that waits for nothing.
    pub fn alone(task: T) -> Self {
        Self { task, after: Vec::new() }
    }
}

/// The list without what is done; nothing waits for that any more.
pub(crate) fn without<T>(tasks: Vec<Planned<T>>, done: impl Fn(&T) -> bool) -> Vec<Planned<T>> {
    let mut places = Vec::new();
    let mut left: Vec<Planned<T>> = Vec::new();
    for Planned { task, after } in tasks {
        let is_left = !done(&task);
        places.push(is_left.then_some(left.len()));
        if is_left {
            left.push(Planned { task, after });
        }
    }
    for planned in &mut left {
        planned.after = planned.after.iter().filter_map(|&place| places[place]).collect();
    }
    left
}

/// How a task ended without failing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// Its output is there now.
    Finished {
        /// What came out.
        found: Found,
        /// How long it took, interruptions not counted.
        seconds: f64,
    },
    /// Its output was there.
    Skipped(Found),
    /// It was stopped; a training leaves a checkpoint of this iteration.
    Stopped(Option<u64>),
}

/// What came of a list of tasks.
pub(crate) struct QueueReport<T> {
    /// In the order of the list.
    pub(crate) failures: Vec<TaskFailure<T>>,
    /// Whether every task is finished or has failed, or waits for one that has.
    pub(crate) ended: bool,
}

/// Does tasks on as many threads as the workbench has jobs: always the first in the list whose predecessors are finished, and tells the observer. What waits
/// for a failed task is not done; an error that concerns all stops all.
pub(crate) fn run_queue<T: Task>(
    tasks: &[Planned<T>],
    bench: &Workbench<'_>,
    run: &(dyn Fn(&T) -> Result<Ended, StageError> + Sync),
) -> QueueReport<T> {
    run_on(tasks, bench.jobs, &bench.stop, bench.observer, run)
}

/// As [`run_queue`], without a workbench.
fn run_on<T: Task>(
    tasks: &[Planned<T>],
    jobs: usize,
    stop: &Stop,
    observer: &dyn TaskObserver,
    run: &(dyn Fn(&T) -> Result<Ended, StageError> + Sync),
) -> QueueReport<T> {
    let names: Vec<TaskName> = tasks.iter().map(|planned| TaskName::of(&planned.task)).collect();
    observer.planned(&names, makespan(tasks, |_| 1.0, jobs).1);
    let state = State { ready: Ready::new(tasks), running: 0, cut_short: false, failures: Vec::new() };
    let queue = Queue { state: Mutex::new(state), changed: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while let Some(index) = queue.next(stop) {
                    let running = Running { queue: &queue, stop };
                    let result = run(&tasks[index].task);
                    observer.event(&names[index], &event_of(&result));
                    queue.end(index, result, stop);
                    drop(running);
                }
            });
        }
    });
    let mut state = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    state.failures.sort_by_key(|&(index, _)| index);
    let failure =
        |(index, error): (usize, StageError)| TaskFailure { task: tasks[index].task.clone(), error };
    QueueReport { ended: !state.cut_short, failures: state.failures.into_iter().map(failure).collect() }
}

fn event_of(result: &Result<Ended, StageError>) -> TaskEvent<'_> {
    match result {
        Ok(Ended::Finished { found, seconds }) => TaskEvent::Finished { found, seconds: *seconds },
        Ok(Ended::Skipped(found)) => TaskEvent::Skipped { found },
        Ok(Ended::Stopped(saved_at)) => TaskEvent::Stopped { saved_at: *saved_at },
        Err(error) => TaskEvent::Failed { error },
    }
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
struct Ready {
    places: BTreeSet<usize>,
    /// How many predecessors of each are not finished.
    blocked_by: Vec<usize>,
    followers: Vec<Vec<usize>>,
}

impl Ready {
    fn new<T>(tasks: &[Planned<T>]) -> Self {
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
    fn take(&mut self) -> Option<usize> {
        self.places.pop_first()
    }

    fn finish(&mut self, index: usize) {
        for &follower in &self.followers[index] {
            self.blocked_by[follower] -= 1;
            if self.blocked_by[follower] == 0 {
                self.places.insert(follower);
            }
        }
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    ready: Ready,
    running: usize,
    /// Whether a task was stopped, or was not started because of a wish to stop.
    cut_short: bool,
    failures: Vec<(usize, StageError)>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task to do; waits for one to become ready. `None` when there is nothing left to do.
    fn next(&self, stop: &Stop) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if stop.is_set() {
                state.cut_short |= !state.ready.places.is_empty();
                return None;
            }
            if let Some(index) = state.ready.take() {
                state.running += 1;
                return Some(index);
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self, index: usize, result: Result<Ended, StageError>, stop: &Stop) {
        let mut state = self.lock();
        match result {
            Ok(Ended::Finished { .. } | Ended::Skipped(_)) => state.ready.finish(index),
            Ok(Ended::Stopped(_)) => state.cut_short = true,
            Err(error) => {
                if error.stops_the_run() {
                    stop.halt();
                }
                state.failures.push((index, error));
            }
        }
    }
}

/// A task that runs. Wakes the other workers at its end, also when it panics: they would wait forever.
struct Running<'a> {
    queue: &'a Queue,
    stop: &'a Stop,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.stop.halt();
        }
        self.queue.lock().running -= 1;
        self.queue.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ControlKind, Experiment, LabError, Silent, Stage, Variant, plan};
    use std::{
        collections::HashSet,
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
    };

    const FINISHED: Ended = Ended::Finished { found: Found::Files, seconds: 0.0 };

    fn stages() -> Vec<Planned<Stage>> {
        let mut experiment = Experiment::new("lenet-300-100", "mnist");
        experiment.rounds = 4;
        experiment.replicates = 3;
        experiment.controls = ControlKind::all().take(1).collect();
        plan(&experiment)
    }

    fn run(
        jobs: usize,
        stop: &Stop,
        act: impl Fn(Stage) -> Result<Ended, StageError> + Sync,
    ) -> (Vec<Stage>, Vec<TaskFailure<Stage>>) {
        let stages = stages();
        let done = Mutex::new(Vec::new());
        let report = run_on(&stages, jobs, stop, &Silent, &|stage| {
            let after = &stages.iter().find(|planned| planned.task == *stage).unwrap().after;
            let is_done = |&place: &usize| done.lock().unwrap().contains(&stages[place].task);
            assert!(after.iter().all(is_done), "{stage} came too early");
            let result = act(*stage);
            done.lock().unwrap().push(*stage);
            result
        });
        (done.into_inner().unwrap(), report.failures)
    }

    #[test]
    fn every_stage_runs_once_after_its_predecessor() {
        for jobs in [1, 2, 5, 100] {
            let (done, failures) = run(jobs, &Stop::default(), |_| Ok(FINISHED));
            assert!(failures.is_empty());
            assert_eq!(done.len(), stages().len());
            assert_eq!(done.iter().collect::<HashSet<_>>().len(), done.len());
        }
    }

    #[test]
    fn chains_go_before_controls() {
        let (done, _) = run(1, &Stop::default(), |_| Ok(FINISHED));
        assert!(done[..12].iter().all(|stage| stage.variant == Variant::Ticket));
    }

    #[test]
    fn a_failed_stage_stops_only_what_waits_for_it() {
        let bad = Stage { replicate: 1, variant: Variant::Ticket, round: 1 };
        for jobs in [1, 3] {
            let (done, failures) = run(jobs, &Stop::default(), |stage| {
                if stage == bad { Err(StageError::Diverged { iteration: 7 }) } else { Ok(FINISHED) }
            });
            assert_eq!(failures.len(), 1);
            assert_eq!(
                failures[0].to_string(),
                "replicate 1, round 1: the loss is not a finite number any more at iteration 7"
            );
            // Of replicate 1: tickets 0 and 1, the control of round 1.
            assert_eq!(done.iter().filter(|stage| stage.replicate == 1).count(), 3);
            assert_eq!(done.iter().filter(|stage| stage.replicate != 1).count(), 14);
        }
    }

    #[test]
    fn a_full_disk_stops_all() {
        let stop = Stop::default();
        let (done, failures) = run(1, &stop, |_| {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            Err(LabError::Write { path: "x".into(), source }.into())
        });
        assert_eq!((done.len(), failures.len()), (1, 1));
        assert!(stop.is_set() && !stop.is_cancelled());
    }

    #[test]
    fn a_cancelled_run_starts_nothing_more() {
        let cancel = Arc::new(AtomicBool::new(false));
        let count = AtomicUsize::new(0);
        let (done, failures) = run(2, &Stop::when(cancel.clone()), |_| {
            if count.fetch_add(1, Ordering::SeqCst) == 3 {
                cancel.store(true, Ordering::SeqCst);
                return Ok(Ended::Stopped(None));
            }
            Ok(FINISHED)
        });
        assert!(failures.is_empty());
        assert!((4..=5).contains(&done.len()), "{}", done.len());
    }

    #[test]
    fn a_panic_does_not_hang_the_others() {
        let result = std::panic::catch_unwind(|| {
            run_on(&stages(), 3, &Stop::default(), &Silent, &|stage| {
                assert!(stage.replicate != 1, "broken");
                Ok(FINISHED)
            })
        });
        assert!(result.is_err());
    }

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
