//! One training in a folder of its own.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use lth_lab::{RunEvent, RunObserver, StageProgress};

use super::{
    line::{fitted, show, style_of_one},
    words,
};
use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
};

/// Between two lines where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows one training.
pub(crate) struct TrainingDisplay<'a> {
    messages: &'a Messages,
    bar: Option<ProgressBar>,
    /// The iteration that the training begins with.
    start: u64,
    /// When the last line was.
    shown: Mutex<Instant>,
}

impl<'a> TrainingDisplay<'a> {
    pub(crate) fn new(arguments: &CommonArguments, messages: &'a Messages, start: u64) -> Self {
        let wanted = io::stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        let bar = wanted.then(|| {
            let bar = messages.bars().add(ProgressBar::new(1));
            bar.set_style(style_of_one());
            bar
        });
        Self { messages, bar, start, shown: Mutex::new(Instant::now()) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, progress: &StageProgress) {
        let parts = words::training(progress);
        if let Some(bar) = &self.bar {
            bar.set_length(progress.iterations);
            bar.set_position(progress.iteration);
            show(bar, &parts);
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.elapsed() >= LINE_EVERY {
            *shown = Instant::now();
            self.messages.info(&fitted(&parts, None));
        }
    }
}

impl RunObserver for TrainingDisplay<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        match event {
            RunEvent::Started { iteration, .. } if *iteration > self.start => {
                self.messages.info(&format!("goes on at iteration {iteration}"));
            }
            RunEvent::Progress(progress) => self.show(progress),
            RunEvent::Incomplete { missing, remedy, .. } => {
                self.messages.info(&words::incomplete(missing, *remedy));
            }
            RunEvent::Skipped { .. } => self.messages.info("it was trained before, this is what came out"),
            RunEvent::Stopped { iteration, .. } => {
                self.messages.info(&format!("stopped at iteration {iteration}"));
            }
            _ => {}
        }
    }
}
