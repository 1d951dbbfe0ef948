//! Tasks on worker threads.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use lth_data::free_memory;

use super::{
    Found, Holder, Planned, StageError, Stop, Task, TaskEvent, TaskFailure, TaskName, TaskObserver,
    planned::{Ready, makespan},
};
use crate::Workbench;

/// After this time a task that another process does is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

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
    /// Its output was in another run, in this folder, and is here too.
    Shared {
        /// What came out.
        found: Found,
        /// The folder that it is taken from.
        from: PathBuf,
    },
    /// It was stopped; a training leaves a checkpoint of this iteration.
    Stopped(Option<u64>),
    /// Another process does it, where that is known which.
    Busy(Option<Holder>),
}

/// What came of a list of tasks.
pub(crate) struct QueueReport<T> {
    /// In the order of the list.
    pub(crate) failures: Vec<TaskFailure<T>>,
    /// Whether every task is finished or has failed, or waits for one that has.
    pub(crate) ended: bool,
}

/// Does tasks on as many threads as the workbench has jobs: always the first in the list whose predecessors are finished, and tells
/// the observer. Tasks side by side fit into the memory that is free at the beginning, or are done one at a time. One that another
/// process does is waited for while there is nothing else to do. What waits for a failed task is not done; an error that concerns all
/// stops all.
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
    let state = State { ready: Ready::new(tasks), ..State::default() };
    let bytes = tasks.iter().map(|planned| planned.bytes).collect();
    let queue = Queue { state: Mutex::new(state), changed: Condvar::new(), bytes, memory: free_memory() };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while let Some(index) = queue.next(stop) {
                    let running = Running { queue: &queue, stop, bytes: tasks[index].bytes };
                    let result = run(&tasks[index].task);
                    if !queue.is_told(index, &result) {
                        observer.event(&names[index], &event_of(&result));
                    }
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
        Ok(Ended::Shared { found, from }) => TaskEvent::Shared { found, from },
        Ok(Ended::Stopped(saved_at)) => TaskEvent::Stopped { saved_at: *saved_at },
        Ok(Ended::Busy(holder)) => TaskEvent::Busy { holder: holder.as_ref() },
        Err(error) => TaskEvent::Failed { error },
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// What each task takes of it, and the memory for all that run, in bytes.
    bytes: Vec<u64>,
    memory: u64,
}

#[derive(Default)]
struct State {
    ready: Ready,
    running: usize,
    /// The memory that running tasks take.
    taken: u64,
    /// Tasks that another process does, and when each is to be looked at again; of which that was told.
    elsewhere: Vec<(Instant, usize)>,
    told: BTreeSet<usize>,
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
                state.cut_short |= !state.ready.is_empty();
                return None;
            }
            state.look_again();
            let left = if state.running == 0 { u64::MAX } else { self.memory.saturating_sub(state.taken) };
            if let Some(index) = state.ready.take_if(|index| self.bytes[index] <= left) {
                state.running += 1;
                state.taken += self.bytes[index];
                return Some(index);
            }
            if state.running == 0 && state.elsewhere.is_empty() {
                return None;
            }
            // A wish to stop wakes nobody.
            let waited = self.changed.wait_timeout(state, LOOK_AGAIN);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the observer knows already how a task ended: that another process does it.
    fn is_told(&self, index: usize, result: &Result<Ended, StageError>) -> bool {
        matches!(result, Ok(Ended::Busy(_))) && !self.lock().told.insert(index)
    }

    fn end(&self, index: usize, result: Result<Ended, StageError>, stop: &Stop) {
        let mut state = self.lock();
        match result {
            Ok(Ended::Finished { .. } | Ended::Skipped(_) | Ended::Shared { .. }) => {
                state.ready.finish(index);
            }
            Ok(Ended::Stopped(_)) => state.cut_short = true,
            Ok(Ended::Busy(_)) => state.elsewhere.push((Instant::now() + LOOK_AGAIN, index)),
            Err(error) => {
                if error.stops_the_run() {
                    stop.halt();
                }
                state.failures.push((index, error));
            }
        }
    }
}

impl State {
    /// Takes up tasks again that another process did a while ago.
    fn look_again(&mut self) {
        let now = Instant::now();
        let (due, later) = self.elsewhere.drain(..).partition(|&(at, _)| at <= now);
        self.elsewhere = later;
        let due: Vec<(Instant, usize)> = due;
        self.ready.extend(due.into_iter().map(|(_, index)| index));
    }
}

/// A task that runs. Wakes the other workers at its end, also when it panics: they would wait forever.
struct Running<'a> {
    queue: &'a Queue,
    stop: &'a Stop,
    bytes: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.stop.halt();
        }
        let mut state = self.queue.lock();
        state.running -= 1;
        state.taken -= self.bytes;
        drop(state);
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
}
