//! Work that is repeated while trainings go on, and must not hold them up.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// After some work, trainings have so many times as long before it is repeated.
const APART: u32 = 50;

/// Repeats some work so seldom that it takes a fiftieth of the time at most.
#[derive(Debug)]
pub struct Pace {
    due: Mutex<Instant>,
}

impl Pace {
    /// Due for the first time after so long.
    pub fn after(delay: Duration) -> Self {
        Self { due: Mutex::new(Instant::now() + delay) }
    }

    /// Does the work if it is due and no other thread is at it.
    pub fn at_most(&self, work: impl FnOnce()) {
        let Ok(mut due) = self.due.try_lock() else { return };
        let begun = Instant::now();
        if begun < *due {
            return;
        }
        work();
        *due = Instant::now() + begun.elapsed() * APART;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::Cell, thread::sleep};

    #[test]
    fn work_takes_a_fiftieth_of_the_time_at_most() {
        let pace = Pace::after(Duration::ZERO);
        let done = Cell::new(0);
        let work = || {
            done.set(done.get() + 1);
            sleep(Duration::from_millis(8));
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
