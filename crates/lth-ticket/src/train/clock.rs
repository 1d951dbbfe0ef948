//! How long a training takes.

use std::time::{Duration, Instant};

use lth_model::{Trainer, thread_cpu_time};

/// The times of a training, over all its sittings.
pub(super) struct Clock {
    begun: Instant,
    cpu_begun: Option<Duration>,
    /// Seconds of earlier sittings.
    earlier: f64,
    /// The same in CPU time, where all of it is known.
    earlier_cpu: Option<f64>,
}

impl Clock {
    /// Starts the first sitting on the thread that trains.
    pub(super) fn start() -> Self {
        Self { begun: Instant::now(), cpu_begun: thread_cpu_time(), earlier: 0.0, earlier_cpu: Some(0.0) }
    }

    /// Adds what earlier sittings took.
    pub(super) fn resume(&mut self, seconds: f64, cpu_seconds: Option<f64>) {
        (self.earlier, self.earlier_cpu) = (seconds, cpu_seconds);
    }

    /// Wall-clock seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.earlier + self.begun.elapsed().as_secs_f64()
    }

    /// Seconds of CPU time of this thread and of the threads of the trainer; `None` where it was or is not measured.
    pub(super) fn cpu_seconds(&self, trainer: &dyn Trainer) -> Option<f64> {
        let spent = thread_cpu_time()?.checked_sub(self.cpu_begun?)?;
        Some(self.earlier_cpu? + (spent + trainer.worker_cpu_time()).as_secs_f64())
    }
}
