//! One training, outside of any run.

use std::{
    io::{self, IsTerminal},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use lth_ticket::{Directive, Observer, Progress, TrainingCheckpoint};

use super::words::duration;
use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
    table::percent,
};

/// Between two lines where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Between two updates of the bar.
const BAR_EVERY: Duration = Duration::from_millis(100);

/// Shows one training, and stops it when the flag is set.
pub(crate) struct TrainingDisplay<'a> {
    messages: &'a Messages,
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
    begun: Option<(Instant, u64)>,
    shown: Instant,
}

impl<'a> TrainingDisplay<'a> {
    pub(crate) fn new(arguments: &CommonArguments, messages: &'a Messages, stop: Arc<AtomicBool>) -> Self {
        let wanted = io::stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        let bar = wanted.then(|| {
            let bar = messages.bars().add(ProgressBar::new(1));
            let style = ProgressStyle::with_template("{bar:24} {wide_msg}").expect("the template is valid");
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        Self { messages, bar, stop, begun: None, shown: Instant::now() }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self, progress: &Progress) {
        let (begun, first) = self.begun.unwrap_or((self.shown, 0));
        let speed = (progress.iteration - first) as f64 / begun.elapsed().as_secs_f64().max(1e-9);
        let left = (progress.iterations - progress.iteration) as f64 / speed;
        let accuracy = progress
            .validation
            .map_or_else(String::new, |row| format!("  val {} %", percent(row.accuracy, 2)));
        let text = format!(
            "epoch {}/{}  {speed:.0} steps/s{accuracy}  {} left",
            progress.epoch,
            progress.epochs,
            duration(left)
        );
        match &self.bar {
            Some(bar) => {
                bar.set_length(progress.iterations);
                bar.set_position(progress.iteration);
                bar.set_message(text);
            }
            None => self.messages.info(&text),
        }
    }
}

impl Observer for TrainingDisplay<'_> {
    fn step(&mut self, progress: &Progress) -> Directive {
        if self.stop.load(Ordering::Relaxed) {
            return Directive::Stop;
        }
        if self.begun.is_none() {
            self.begun = Some((Instant::now(), progress.iteration));
        }
        // Reading the clock costs little beside the smallest step, but not nothing.
        if progress.iteration.is_multiple_of(64) {
            let every = if self.bar.is_some() { BAR_EVERY } else { LINE_EVERY };
            if self.shown.elapsed() >= every {
                self.show(progress);
                self.shown = Instant::now();
            }
        }
        Directive::Continue
    }

    fn checkpoint(&mut self, _checkpoint: &TrainingCheckpoint) -> io::Result<()> {
        Ok(())
    }
}
