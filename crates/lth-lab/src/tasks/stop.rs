//! The wish to stop, of the user or of the run itself.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Asks every training to write a checkpoint and stop. Cloning shares the wish.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    cancel: Arc<AtomicBool>,
    halt: Arc<AtomicBool>,
}

impl Stop {
    /// A wish that follows this flag, which for example a signal handler sets.
    pub fn when(cancel: Arc<AtomicBool>) -> Self {
        Self { cancel, halt: Arc::default() }
    }

    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.is_cancelled() || self.halt.load(Ordering::Relaxed)
    }

    /// Whether the user wants to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Stops all because of an error that concerns all.
    pub(crate) fn halt(&self) {
        self.halt.store(true, Ordering::Relaxed);
    }
}
