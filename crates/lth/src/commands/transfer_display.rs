//! How a transfer is watched: bars on a terminal, else a line for each finished training.

use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;
use lth_lab::{RoundRecord, RunEvent, StageProgress, TransferObserver, TransferTraining};

use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
    progress::{duration, figures, incomplete, left, show, style_of_all, style_of_one},
    table::{density_percent, percent},
};

/// Shows what a transfer does.
pub(super) struct TransferDisplay<'a> {
    messages: &'a Messages,
    of: usize,
    jobs: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: usize,
    /// Trainings done in this sitting, and their seconds.
    trained: (usize, f64),
    /// On a terminal: the bar of all.
    all: Option<ProgressBar>,
    running: HashMap<TransferTraining, Running>,
}

/// A training that runs.
struct Running {
    bar: Option<ProgressBar>,
    begun: Instant,
    seconds_left: f64,
}

impl<'a> TransferDisplay<'a> {
    /// Bars when somebody watches and wants them; for so many trainings, so many at once.
    pub(super) fn new(
        arguments: &CommonArguments,
        messages: &'a Messages,
        trainings: usize,
        jobs: usize,
    ) -> Self {
        let wanted = stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        let all = wanted.then(|| {
            let bar = messages.bars().add(ProgressBar::new(trainings as u64));
            bar.set_style(style_of_all("trainings"));
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { messages, of: trainings, jobs, state: Mutex::new(State { all, ..State::default() }) }
    }

    /// Takes the bars away.
    pub(super) fn finish(&self) {
        let state = self.lock();
        for bar in state.running.values().filter_map(|running| running.bar.as_ref()) {
            bar.finish_and_clear();
        }
        if let Some(bar) = &state.all {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, training: TransferTraining) {
        let mut state = self.lock();
        let bar = state.all.as_ref().map(|all| {
            let bar = self.messages.bars().insert_before(all, ProgressBar::new(1));
            bar.set_style(style_of_one());
            show(&bar, &[training.to_string()]);
            bar
        });
        state.running.insert(training, Running { bar, begun: Instant::now(), seconds_left: f64::NAN });
    }

    fn progress(&self, training: TransferTraining, progress: &StageProgress) {
        let mut state = self.lock();
        if let Some(running) = state.running.get_mut(&training) {
            running.seconds_left = progress.seconds_left;
            if let Some(bar) = &running.bar {
                bar.set_length(progress.iterations);
                bar.set_position(progress.iteration);
                let [time, _, accuracy, epoch, speed, density] = figures(progress);
                show(bar, &[time, training.to_string(), accuracy, epoch, speed, density]);
            }
        }
        let seconds = self.left(&state);
        if let Some(all) = &state.all {
            all.set_message(left(seconds));
        }
    }

    /// Seconds until all is done: what the running trainings need, and for those that wait what a training took so far.
    fn left(&self, state: &State) -> f64 {
        let waiting = self.of.saturating_sub(state.done + state.running.len()) as f64 / self.jobs as f64;
        let (count, seconds) = state.running.values().filter(|running| !running.seconds_left.is_nan()).fold(
            (state.trained.0 as f64, state.trained.1),
            |(count, seconds), running| {
                (count + 1.0, seconds + running.begun.elapsed().as_secs_f64() + running.seconds_left)
            },
        );
        let longest = state.running.values().map(|running| running.seconds_left).fold(0.0, f64::max);
        longest + if count > 0.0 { waiting * seconds / count } else { 0.0 }
    }

    /// A training is over: takes its bar away and says so, as a detail where bars are shown.
    fn over(&self, training: TransferTraining, counts: bool, is_news: bool, text: &str) {
        let (line, quiet) = {
            let mut state = self.lock();
            if let Some(running) = state.running.remove(&training) {
                if let Some(bar) = &running.bar {
                    bar.finish_and_clear();
                }
                if counts {
                    state.trained.0 += 1;
                    state.trained.1 += running.begun.elapsed().as_secs_f64();
                }
            }
            if counts {
                state.done += 1;
                if let Some(bar) = &state.all {
                    bar.inc(1);
                }
            }
            let left = match self.left(&state) {
                left if left > 0.0 && state.done < self.of => format!(", {} left", duration(left)),
                _ => String::new(),
            };
            (format!("[{}/{}] {training}: {text}{left}", state.done, self.of), state.all.is_some())
        };
        if quiet || !is_news {
            self.messages.debug(&line);
        } else {
            self.messages.info(&line);
        }
    }
}

impl TransferObserver for TransferDisplay<'_> {
    fn event(&self, training: TransferTraining, event: &RunEvent<'_>) {
        match event {
            RunEvent::Planned { .. } | RunEvent::Scoring(_) => {}
            RunEvent::Started { .. } => self.started(training),
            RunEvent::Progress(progress) => self.progress(training, progress),
            RunEvent::Finished { record, timing, .. } => {
                let text = format!("{}, {}", result(record), duration(timing.seconds));
                self.over(training, true, true, &text);
            }
            RunEvent::Skipped { record, .. } => {
                self.over(training, true, false, &format!("{} (already there)", result(record)));
            }
            RunEvent::Incomplete { missing, remedy, .. } => {
                self.messages.info(&format!("{training}: {}", incomplete(missing, *remedy)));
            }
            RunEvent::Stopped { iteration, .. } => {
                self.over(training, false, true, &format!("stopped at iteration {iteration}, saved"));
            }
            RunEvent::Failed { error, .. } => self.over(training, false, true, &error.to_string()),
        }
    }
}

fn result(record: &RoundRecord) -> String {
    let outcome = record.early_stop.as_ref().unwrap_or(&record.end);
    format!(
        "density {} %, test accuracy {} % at iteration {}",
        density_percent(record.density.get(), 1),
        percent(outcome.test_accuracy, 2),
        outcome.iteration
    )
}
