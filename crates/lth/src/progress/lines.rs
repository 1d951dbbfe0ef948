//! Plain lines where there is no terminal, or no bars are wanted.

use std::sync::atomic::{AtomicUsize, Ordering};

use lth_lab::RunEvent;

use super::words;
use crate::output::Messages;

/// A line for each training that finishes, with a count.
pub(crate) struct Lines<'a> {
    messages: &'a Messages,
    trainings: AtomicUsize,
    done: AtomicUsize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(messages: &'a Messages) -> Self {
        Self { messages, trainings: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }

    pub(crate) fn event(&self, event: &RunEvent<'_>) {
        let done = match event {
            RunEvent::Planned { trainings } => {
                self.trainings.store(*trainings, Ordering::Relaxed);
                return;
            }
            RunEvent::Finished { .. } | RunEvent::Skipped { .. } => {
                self.done.fetch_add(1, Ordering::Relaxed) + 1
            }
            _ => self.done.load(Ordering::Relaxed),
        };
        if let Some(line) = words::event(event) {
            let line = format!("[{done}/{}] {line}", self.trainings.load(Ordering::Relaxed));
            match event {
                // Thousands of finished rounds need no line each; the summary shows them.
                RunEvent::Skipped { .. } => self.messages.debug(&line),
                _ => self.messages.info(&line),
            }
        }
    }
}
