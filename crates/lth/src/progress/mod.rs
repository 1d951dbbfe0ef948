//! How a run is watched: bars on a terminal, else a line for each finished round.

mod bars;
mod line;
mod lines;
mod training;
mod words;

use std::io::{IsTerminal, stderr};

use lth_lab::{RunEvent, RunObserver};

use crate::{
    arguments::{CommonArguments, Verbosity},
    output::Messages,
};

use bars::Bars;
pub(crate) use line::{show, style_of_all, style_of_one};
use lines::Lines;
pub(crate) use training::TrainingDisplay;
pub(crate) use words::{duration, figures, incomplete, left};

/// Shows what a run does.
pub(crate) enum Display<'a> {
    /// One bar for each running training and one for all.
    Bars(Bars, &'a Messages),
    /// A line for each finished training.
    Lines(Lines<'a>),
}

impl<'a> Display<'a> {
    /// Bars when somebody watches and wants them.
    pub(crate) fn new(arguments: &CommonArguments, messages: &'a Messages) -> Self {
        let bars = stderr().is_terminal()
            && !arguments.disable_progress_bar
            && arguments.verbosity >= Verbosity::Info;
        if bars {
            Self::Bars(Bars::new(messages.bars()), messages)
        } else {
            Self::Lines(Lines::new(messages))
        }
    }

    /// Takes the bars away.
    pub(crate) fn finish(&self) {
        if let Self::Bars(bars, _) = self {
            bars.finish();
        }
    }
}

impl RunObserver for Display<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        match self {
            Self::Bars(bars, messages) => {
                bars.event(event);
                if let Some(line) = words::event(event) {
                    match event {
                        RunEvent::Incomplete { .. } => messages.info(&line),
                        _ => messages.debug(&line),
                    }
                }
            }
            Self::Lines(lines) => lines.event(event),
        }
    }
}
