//! How a study of stability is watched: bars on a terminal, else a line for each finished task.

use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::ProgressBar;
use lth_lab::{StabilityEvent, StabilityObserver, StabilityTask};

use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
    progress::{duration, left, show, style_of_all, style_of_one},
    table::percent,
};

/// Shows what a study does.
pub(super) struct StabilityDisplay<'a> {
    messages: &'a Messages,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tasks: usize,
    done: usize,
    /// On a terminal: the bar of the whole study, and one a running task with the seconds that its kind needs.
    all: Option<ProgressBar>,
    running: HashMap<StabilityTask, (ProgressBar, f64)>,
}

impl<'a> StabilityDisplay<'a> {
    /// Bars when somebody watches and wants them.
    pub(super) fn new(arguments: &CommonArguments, messages: &'a Messages) -> Self {
        let wanted = stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        let all = wanted.then(|| {
            let bar = messages.bars().add(ProgressBar::new(0));
            bar.set_style(style_of_all("tasks"));
            bar.enable_steady_tick(Duration::from_secs(1));
            bar
        });
        Self { messages, state: Mutex::new(State { all, ..State::default() }) }
    }

    /// Takes the bars away.
    pub(super) fn finish(&self) {
        let state = self.lock();
        for (bar, _) in state.running.values() {
            bar.finish_and_clear();
        }
        if let Some(bar) = &state.all {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One task more is over: takes its bar away and says so, as a detail where bars are shown.
    fn over(&self, task: &StabilityTask, counts: bool, is_news: bool, text: &str) {
        let (line, quiet) = {
            let mut state = self.lock();
            if let Some((bar, _)) = state.running.remove(task) {
                bar.finish_and_clear();
            }
            if counts {
                state.done += 1;
                if let Some(bar) = &state.all {
                    bar.inc(1);
                }
            }
            (format!("[{}/{}] {task}: {text}", state.done, state.tasks), state.all.is_some())
        };
        if quiet || !is_news {
            self.messages.debug(&line);
        } else {
            self.messages.info(&line);
        }
    }
}

impl StabilityObserver for StabilityDisplay<'_> {
    fn event(&self, event: &StabilityEvent<'_>) {
        match event {
            StabilityEvent::Planned { tasks } => {
                let mut state = self.lock();
                state.tasks = *tasks;
                if let Some(bar) = &state.all {
                    bar.set_length(*tasks as u64);
                }
            }
            StabilityEvent::Started { task } => {
                let mut state = self.lock();
                if let Some(all) = &state.all {
                    let bar = self.messages.bars().insert_before(all, ProgressBar::new(1));
                    bar.set_style(style_of_one());
                    show(&bar, &[task.to_string()]);
                    state.running.insert(*task, (bar, 0.0));
                }
            }
            StabilityEvent::Progress { task, progress } => {
                let mut state = self.lock();
                if let Some((bar, kind_left)) = state.running.get_mut(task) {
                    bar.set_length(progress.of);
                    bar.set_position(progress.done);
                    let done = format!("{}/{}", progress.done, progress.of);
                    show(bar, &[left(progress.seconds_left), task.to_string(), done]);
                    *kind_left = progress.kind_seconds_left;
                }
                if let Some(all) = &state.all {
                    let seconds = state.running.values().map(|(_, left)| *left).fold(0.0, f64::max);
                    let kind = if matches!(task, StabilityTask::Path { .. }) { "paths" } else { "trainings" };
                    all.set_message(format!("{} of {kind} left", duration(seconds)));
                }
            }
            StabilityEvent::Finished { task, result, seconds } => {
                let result = match (task, result) {
                    (StabilityTask::Path { .. }, Some(barrier)) => {
                        format!("barrier of test errors {} pp, ", percent(*barrier, 2))
                    }
                    (_, Some(error)) => format!("test error {} %, ", percent(*error, 2)),
                    (_, None) => String::new(),
                };
                self.over(task, true, true, &format!("{result}{}", duration(*seconds)));
            }
            StabilityEvent::Skipped { task } => self.over(task, true, false, "already there"),
            StabilityEvent::Stopped { task } => self.over(task, false, true, "stopped"),
            StabilityEvent::Failed { task, error } => self.over(task, false, true, &error.to_string()),
        }
    }
}
