//! Stages on worker threads.

use std::{
    collections::HashSet,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use super::{PlannedStage, Stage, StageError, StageFailure, Stop};

/// How a stage ended without failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Its output is there.
    Finished,
    /// It was stopped and left a checkpoint.
    Stopped,
}

/// Runs stages on `jobs` threads: always the first in the list whose predecessors are finished. What waits for a failed
/// stage is not run; an error that concerns the whole run stops all. Returns the failures in the order of the list.
pub(crate) fn run_queue(
    stages: &[PlannedStage],
    jobs: usize,
    stop: &Stop,
    run: &(dyn Fn(Stage) -> Result<Ended, StageError> + Sync),
) -> Vec<StageFailure> {
    let queue = Queue {
        stages,
        state: Mutex::new(State { waiting: (0..stages.len()).collect(), ..State::default() }),
        changed: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, stages.len().max(1)) {
            scope.spawn(|| {
                while let Some(index) = queue.next(stop) {
                    let running = Running { queue: &queue, stop };
                    let result = run(stages[index].stage);
                    queue.end(index, result, stop);
                    drop(running);
                }
            });
        }
    });
    let mut failures = queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).failures;
    failures.sort_by_key(|&(index, _)| index);
    failures.into_iter().map(|(index, error)| StageFailure { stage: stages[index].stage, error }).collect()
}

struct Queue<'a> {
    stages: &'a [PlannedStage],
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<usize>,
    finished: HashSet<Stage>,
    running: usize,
    failures: Vec<(usize, StageError)>,
}

impl Queue<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next stage to run; waits for one to become ready. `None` when there is nothing left to do.
    fn next(&self, stop: &Stop) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if stop.is_set() {
                return None;
            }
            let ready = state.waiting.iter().position(|&index| {
                self.stages[index].after.iter().all(|after| state.finished.contains(after))
            });
            if let Some(place) = ready {
                state.running += 1;
                return Some(state.waiting.remove(place));
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
            Ok(Ended::Finished) => {
                state.finished.insert(self.stages[index].stage);
            }
            Ok(Ended::Stopped) => (),
            Err(error) => {
                if error.stops_the_run() {
                    stop.halt();
                }
                state.failures.push((index, error));
            }
        }
    }
}

/// A stage that runs. Wakes the other workers at its end, also when it panics: they would wait forever.
struct Running<'a> {
    queue: &'a Queue<'a>,
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
    use crate::{ControlKind, Experiment, LabError, Variant, schedule::plan};
    use std::sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    fn stages() -> Vec<PlannedStage> {
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
    ) -> (Vec<Stage>, Vec<StageFailure>) {
        let stages = stages();
        let done = Mutex::new(Vec::new());
        let failures = run_queue(&stages, jobs, stop, &|stage| {
            let after = &stages.iter().find(|planned| planned.stage == stage).unwrap().after;
            assert!(after.iter().all(|after| done.lock().unwrap().contains(after)), "{stage} came too early");
            let result = act(stage);
            done.lock().unwrap().push(stage);
            result
        });
        (done.into_inner().unwrap(), failures)
    }

    #[test]
    fn every_stage_runs_once_after_its_predecessor() {
        for jobs in [1, 2, 5, 100] {
            let (done, failures) = run(jobs, &Stop::default(), |_| Ok(Ended::Finished));
            assert!(failures.is_empty());
            assert_eq!(done.len(), stages().len());
            assert_eq!(done.iter().collect::<HashSet<_>>().len(), done.len());
        }
    }

    #[test]
    fn chains_go_before_controls() {
        let (done, _) = run(1, &Stop::default(), |_| Ok(Ended::Finished));
        assert!(done[..12].iter().all(|stage| stage.variant == Variant::Ticket));
    }

    #[test]
    fn a_failed_stage_stops_only_what_waits_for_it() {
        let bad = Stage { replicate: 1, variant: Variant::Ticket, round: 1 };
        for jobs in [1, 3] {
            let (done, failures) = run(jobs, &Stop::default(), |stage| {
                if stage == bad { Err(StageError::Diverged { iteration: 7 }) } else { Ok(Ended::Finished) }
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
                return Ok(Ended::Stopped);
            }
            Ok(Ended::Finished)
        });
        assert!(failures.is_empty());
        assert!((4..=5).contains(&done.len()), "{}", done.len());
    }

    #[test]
    fn a_panic_does_not_hang_the_others() {
        let result = std::panic::catch_unwind(|| {
            run_queue(&stages(), 3, &Stop::default(), &|stage| {
                assert!(stage.replicate != 1, "broken");
                Ok(Ended::Finished)
            })
        });
        assert!(result.is_err());
    }
}
