//! Work that is repeated while trainings go on, and must not hold them up.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{TaskEvent, TaskName, TaskObserver};

/// After some work, trainings have so many times as long before it is repeated.
const APART: u32 = 200;

/// Repeats some work so seldom that it takes a two-hundredth of the time at most.
#[derive(Debug)]
struct Pace {
    due: Mutex<Instant>,
}

impl Pace {
    /// Due for the first time after so long.
    fn after(delay: Duration) -> Self {
        Self { due: Mutex::new(Instant::now() + delay) }
    }

    /// Does the work if it is due and no other thread is at it.
    fn at_most(&self, work: impl FnOnce()) {
        let Ok(mut due) = self.due.try_lock() else { return };
        let begun = Instant::now();
        if begun < *due {
            return;
        }
        work();
        *due = Instant::now() + begun.elapsed() * APART;
    }
}

/// Passes everything on to an observer, and does some work after a task is finished, so seldom that it takes a two-hundredth of the time
/// at most.
pub struct WhileRunning<'a> {
    observer: &'a dyn TaskObserver,
    pace: Pace,
    work: &'a (dyn Fn() + Sync),
}

impl<'a> WhileRunning<'a> {
    /// The work is due for the first time after so long.
    pub fn new(observer: &'a dyn TaskObserver, delay: Duration, work: &'a (dyn Fn() + Sync)) -> Self {
        Self { observer, pace: Pace::after(delay), work }
    }
}

impl TaskObserver for WhileRunning<'_> {
    fn planned(&self, tasks: &[TaskName], at_once: usize) {
        self.observer.planned(tasks, at_once);
    }

    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        self.observer.event(task, event);
        if matches!(event, TaskEvent::Finished { .. }) {
            self.pace.at_most(self.work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, thread::sleep};

    #[test]
    fn work_takes_a_small_part_of_the_time_at_most() {
        let pace = Pace::after(Duration::ZERO);
        let done = Cell::new(0);
        let work = || {
            done.set(done.get() + 1);
            sleep(Duration::from_millis(2));
        };
        pace.at_most(work);
        pace.at_most(work);
        assert_eq!(done.get(), 1, "it has just been done");
        sleep(Duration::from_millis(420));
        pace.at_most(|| done.set(done.get() + 1));
        // On a busy machine the first may have taken longer.
        assert!((1..=2).contains(&done.get()));
        Pace::after(Duration::from_mins(1)).at_most(|| panic!("it is not due"));
    }
}
