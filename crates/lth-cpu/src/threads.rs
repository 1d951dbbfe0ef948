//! Several cores on one step. What is computed never depends on how many there are.

use std::{
    hint,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use lth_model::thread_cpu_time;
use rayon::Yield;

use crate::{layout::buffer::Buffer, simd::Isa};

/// What computes.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    pub(crate) isa: Isa,
    pub(crate) threads: &'a Threads,
}

/// The workers of one trainer, and scratch memory for each.
///
/// Work is cut into tasks by shapes alone, each task writes what no other touches, and every sum is made by one task in a
/// fixed order: so any number of workers gives the same bits.
pub(crate) struct Threads {
    pool: Option<rayon::ThreadPool>,
    scratch: Vec<Mutex<Scratch>>,
}

/// Memory that a task may use as it likes; its contents mean nothing to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) patch: Buffer,
    pub(crate) tile: Buffer,
    pub(crate) transformed: Buffer,
}

/// How often an idle worker looks for work before it lets others have its core.
const PATIENCE: u32 = 256;

/// How often a worker comes back for more of the tasks of one pass.
const SHARES: usize = 8;

impl Threads {
    /// This many workers, the calling thread alone for 1.
    pub(crate) fn new(count: usize) -> Self {
        let count = count.max(1);
        let pool = (count > 1)
            .then(|| {
                let builder = rayon::ThreadPoolBuilder::new().num_threads(count);
                builder.thread_name(|worker| format!("lth-cpu-{worker}")).build().ok()
            })
            .flatten();
        let workers = pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads);
        Self { pool, scratch: (0..workers).map(|_| Mutex::default()).collect() }
    }

    /// How many workers there are.
    pub(crate) fn workers(&self) -> usize {
        self.scratch.len()
    }

    /// The CPU time of the workers so far; of the calling thread alone nothing.
    pub(crate) fn cpu_time(&self) -> Duration {
        let Some(pool) = &self.pool else { return Duration::ZERO };
        pool.broadcast(|_| thread_cpu_time().unwrap_or_default()).into_iter().sum()
    }

    /// Calls `work` once for each task, on whichever worker is free.
    pub(crate) fn run(&self, tasks: usize, work: impl Fn(&mut Scratch, usize) + Sync) {
        let Some(pool) = self.pool.as_ref().filter(|_| tasks > 1) else {
            let mut scratch = lock(&self.scratch[0]);
            (0..tasks).for_each(|task| work(&mut scratch, task));
            return;
        };
        // Small tasks are taken several at a time.
        let share = (tasks / (SHARES * self.scratch.len())).max(1);
        let next = AtomicUsize::new(0);
        pool.broadcast(|worker| {
            let mut scratch = lock(&self.scratch[worker.index()]);
            loop {
                let first = next.fetch_add(share, Ordering::Relaxed);
                if first >= tasks {
                    return;
                }
                (first..tasks.min(first + share)).for_each(|task| work(&mut scratch, task));
            }
        });
    }

    /// Calls `work` on one of the workers, the others awake for it: waking one takes as long as a small pass.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let Some(pool) = &self.pool else { return work() };
        let (work, done) = (Mutex::new(Some(work)), AtomicBool::new(false));
        let results = pool.broadcast(|worker| {
            let work = if worker.index() == 0 { lock(&work).take() } else { None };
            if let Some(work) = work {
                let _done = Done(&done);
                return Some(work());
            }
            for turn in 1_u32.. {
                if done.load(Ordering::Acquire) {
                    break;
                }
                if rayon::yield_now() != Some(Yield::Executed) {
                    // More workers than free cores must not keep each other waiting.
                    if turn.is_multiple_of(PATIENCE) { thread::yield_now() } else { hint::spin_loop() }
                }
            }
            None
        });
        results.into_iter().flatten().next().expect("the first worker called it")
    }
}

/// What is locked here has no invariant that a panic could have broken.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says so when it goes, also in a panic.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn the_time_of_workers_is_theirs() {
        assert_eq!(Threads::new(1).cpu_time(), Duration::ZERO);
        let threads = Threads::new(2);
        let before = threads.cpu_time();
        threads.run(2, |_, _| {
            let begin = thread_cpu_time().unwrap();
            while thread_cpu_time().unwrap().saturating_sub(begin) < Duration::from_millis(3) {}
        });
        assert!(threads.cpu_time().saturating_sub(before) >= Duration::from_millis(6));
    }

    #[test]
    fn every_task_is_done_once() {
        for workers in [0, 1, 2, 3] {
            let threads = Threads::new(workers);
            for tasks in [0, 1, 2, 100] {
                let done: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                threads.run(tasks, |_, task| {
                    done[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(done.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }
}
