//! One training in a folder of its own.

use std::{
    io::{self, IsTerminal},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use lth_lab::{RunEvent, RunObserver, StageProgress};

use super::words::{self, duration};
use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
    table::percent,
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
            let style = ProgressStyle::with_template("{bar:24} {wide_msg}").expect("the template is valid");
            bar.set_style(style.progress_chars("=> "));
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
        let accuracy = progress
            .validation_accuracy
            .map_or_else(String::new, |accuracy| format!("  val {} %", percent(accuracy, 2)));
        let text = format!(
            "epoch {}/{}  {:.0} steps/s{accuracy}  {} left",
            progress.epoch,
            progress.epochs,
            progress.steps_per_second,
            duration(progress.seconds_left)
        );
        if let Some(bar) = &self.bar {
            bar.set_length(progress.iterations);
            bar.set_position(progress.iteration);
            bar.set_message(text);
            return;
        }
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.elapsed() >= LINE_EVERY {
            *shown = Instant::now();
            self.messages.info(&text);
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
