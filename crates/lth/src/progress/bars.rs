//! Bars on a terminal.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar};
use lth_lab::{RunEvent, ScoringProgress, Stage, StageProgress};

use super::{
    line::{show, style_of_all, style_of_one},
    words,
};

/// One bar for each running training, and below them one for the whole run.
pub(crate) struct Bars {
    all: MultiProgress,
    state: Mutex<State>,
}

struct State {
    running: HashMap<Stage, (ProgressBar, f64)>,
    total: ProgressBar,
}

impl Bars {
    pub(crate) fn new(all: &MultiProgress) -> Self {
        let total = all.add(ProgressBar::new(0));
        total.set_style(style_of_all("trainings"));
        total.enable_steady_tick(Duration::from_secs(1));
        Self { all: all.clone(), state: Mutex::new(State { running: HashMap::new(), total }) }
    }

    pub(crate) fn event(&self, event: &RunEvent<'_>) {
        let mut state = self.lock();
        match event {
            RunEvent::Planned { trainings } => state.total.set_length(*trainings as u64),
            RunEvent::Scoring(progress) => self.score(&mut state, progress),
            RunEvent::Started { stage, iteration } => {
                let bar = self.bar(&mut state, *stage);
                show(&bar, &[stage.to_string()]);
                bar.set_position(*iteration);
            }
            RunEvent::Progress(progress) => state.advance(progress),
            RunEvent::Finished { stage, .. } => {
                state.remove(stage);
                state.total.inc(1);
            }
            RunEvent::Skipped { .. } => state.total.inc(1),
            RunEvent::Incomplete { .. } => {}
            RunEvent::Stopped { stage, .. } | RunEvent::Failed { stage, .. } => state.remove(stage),
        }
    }

    /// The bar of a training, made when it has none yet.
    fn bar(&self, state: &mut State, stage: Stage) -> ProgressBar {
        let State { running, total } = state;
        let make = || {
            let bar = self.all.insert_before(total, ProgressBar::new(1));
            bar.set_style(style_of_one());
            (bar, f64::NAN)
        };
        running.entry(stage).or_insert_with(make).0.clone()
    }

    fn score(&self, state: &mut State, progress: &ScoringProgress) {
        let bar = self.bar(state, progress.stage);
        bar.set_length(1000);
        bar.set_position((1000.0 * progress.fraction) as u64);
        show(&bar, &words::scoring(progress));
    }

    /// Takes all bars away.
    pub(crate) fn finish(&self) {
        let state = self.lock();
        for (bar, _) in state.running.values() {
            bar.finish_and_clear();
        }
        state.total.finish_and_clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn advance(&mut self, progress: &StageProgress) {
        if let Some((bar, left)) = self.running.get_mut(&progress.stage) {
            bar.set_length(progress.iterations);
            bar.set_position(progress.iteration);
            show(bar, &words::figures(progress));
            *left = progress.run_seconds_left;
        }
        // Each training estimates the whole run from its own speed; the slowest is the careful answer.
        let left =
            self.running.values().map(|(_, left)| *left).filter(|left| !left.is_nan()).fold(0.0, f64::max);
        self.total.set_message(words::left(left));
    }

    fn remove(&mut self, stage: &Stage) {
        if let Some((bar, _)) = self.running.remove(stage) {
            bar.finish_and_clear();
        }
    }
}
