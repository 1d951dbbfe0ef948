//! How work is watched: bars on a terminal, else a line for each finished task.

mod left;
mod line;
mod words;

use std::{
    collections::HashMap,
    io::{IsTerminal, stderr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar};
use lth_lab::{TaskEvent, TaskName, TaskObserver, TaskProgress};

use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
};

use left::TimeLeft;
use line::{fitted, show, style_of_all, style_of_one};
pub(crate) use words::duration;

/// Between two lines about the only task, where there are no bars.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows what tasks do: on a terminal a bar for each that runs and one for all, else a line for each that is finished. The only
/// task of a command is shown without its name, and what came of it is left to the command.
pub(crate) struct Display<'a> {
    messages: &'a Messages,
    bars: Option<&'a MultiProgress>,
    alone: bool,
    state: Mutex<State>,
}

struct State {
    left: TimeLeft,
    total: Option<ProgressBar>,
    running: HashMap<TaskName, ProgressBar>,
    /// When the last line about the only task was.
    shown: Instant,
}

impl<'a> Display<'a> {
    /// Of many tasks; with bars when somebody watches and wants them.
    pub(crate) fn new(arguments: &CommonArguments, messages: &'a Messages) -> Self {
        let wanted = stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        let state =
            State { left: TimeLeft::default(), total: None, running: HashMap::new(), shown: Instant::now() };
        Self { messages, bars: wanted.then(|| messages.bars()), alone: false, state: Mutex::new(state) }
    }

    /// Of the only task of a command.
    pub(crate) fn of_one(arguments: &CommonArguments, messages: &'a Messages) -> Self {
        Self { alone: true, ..Self::new(arguments, messages) }
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        let state = self.lock();
        state.running.values().chain(&state.total).for_each(ProgressBar::finish_and_clear);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bar of a task, made when it has none yet.
    fn bar(&self, state: &mut State, task: &TaskName) -> Option<ProgressBar> {
        let all = self.bars?;
        let State { running, total, .. } = state;
        let make = || {
            let bar = ProgressBar::new(1);
            let bar = match total {
                Some(total) => all.insert_before(total, bar),
                None => all.add(bar),
            };
            bar.set_style(style_of_one());
            bar
        };
        Some(running.entry(task.clone()).or_insert_with(make).clone())
    }

    fn advance(&self, task: &TaskName, progress: &TaskProgress) {
        let mut state = self.lock();
        state.left.advance(task, progress.seconds_left);
        let parts = words::progress(task, progress, self.alone);
        if let Some(bar) = self.bar(&mut state, task) {
            bar.set_length(progress.of);
            bar.set_position(progress.done);
            show(&bar, &parts);
        } else if self.alone && state.shown.elapsed() >= LINE_EVERY {
            state.shown = Instant::now();
            self.messages.info(&fitted(&parts, None));
        }
        if let Some(total) = &state.total {
            total.set_message(words::left(&state.left));
        }
    }

    /// Counts a task that is over, and takes its bar away.
    fn count(&self, task: &TaskName, event: &TaskEvent<'_>) -> String {
        let mut state = self.lock();
        let is_over = !matches!(event, TaskEvent::Started { .. } | TaskEvent::Incomplete { .. });
        if is_over && let Some(bar) = state.running.remove(task) {
            bar.finish_and_clear();
        }
        state.left.note(task, event);
        if let Some(total) = &state.total {
            total.set_position(state.left.done() as u64);
        }
        let left = match event {
            TaskEvent::Finished { .. } if state.left.seconds() > 0.0 => {
                format!(", {}", words::left(&state.left))
            }
            _ => String::new(),
        };
        let words = words::event(event, self.alone).map(|words| format!("{words}{left}")).unwrap_or_default();
        if self.alone || words.is_empty() {
            return words;
        }
        format!("[{}/{}] {task}: {words}", state.left.done(), state.left.tasks())
    }
}

impl TaskObserver for Display<'_> {
    fn planned(&self, tasks: &[TaskName], at_once: usize) {
        let mut state = self.lock();
        state.left = TimeLeft::new(tasks, at_once);
        if let Some(all) = self.bars.filter(|_| !self.alone) {
            let total = all.add(ProgressBar::new(tasks.len() as u64));
            total.set_style(style_of_all(words::count_of(tasks)));
            total.enable_steady_tick(Duration::from_secs(1));
            state.total = Some(total);
        }
    }

    fn event(&self, task: &TaskName, event: &TaskEvent<'_>) {
        if let TaskEvent::Progress(progress) = event {
            return self.advance(task, progress);
        }
        if matches!(event, TaskEvent::Started { .. }) {
            let mut state = self.lock();
            if let Some(bar) = self.bar(&mut state, task) {
                show(&bar, &[task.to_string()]);
            }
        }
        let line = self.count(task, event);
        let is_news = match event {
            // Thousands of finished tasks need no line each; the summary shows them.
            TaskEvent::Skipped { .. } => self.alone,
            TaskEvent::Incomplete { .. } => true,
            TaskEvent::Finished { .. } | TaskEvent::Failed { .. } => !self.alone && self.bars.is_none(),
            _ => self.alone || self.bars.is_none(),
        };
        match line.as_str() {
            "" => {}
            line if is_news => self.messages.info(line),
            line => self.messages.debug(line),
        }
    }
}
