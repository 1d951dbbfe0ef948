//! Figures of a run while it goes on.

use std::{path::PathBuf, time::Duration};

use lth_lab::{Pace, RunEvent, RunObserver, RunResults, Stop, plot::DensityLimits};

use super::draw_quietly;
use crate::output::Messages;

/// A run that is over before needs no figures on its way.
const FIRST_AFTER: Duration = Duration::from_secs(2);

/// Draws a run's figures anew when a training is finished, so seldom that it takes a fiftieth of the time at most; passes all
/// events on.
pub(crate) struct FiguresWhileRunning<'a> {
    observer: &'a dyn RunObserver,
    folder: PathBuf,
    stop: Stop,
    messages: &'a Messages,
    pace: Pace,
}

impl<'a> FiguresWhileRunning<'a> {
    /// Of the run in this folder.
    pub(crate) fn new(
        observer: &'a dyn RunObserver,
        folder: PathBuf,
        stop: Stop,
        messages: &'a Messages,
    ) -> Self {
        Self { observer, folder, stop, messages, pace: Pace::after(FIRST_AFTER) }
    }

    fn draw(&self) {
        let drawn = match RunResults::load(&self.folder) {
            Ok(results) => {
                draw_quietly(&results, &DensityLimits::default(), self.messages).map_err(|failure| {
                    match failure.words() {
                        Some((message, _)) => message.to_owned(),
                        None => String::new(),
                    }
                })
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(message) = drawn {
            // They are drawn again at the end, where a failure counts.
            self.messages.debug(&format!("no figures: {message}"));
        }
    }
}

impl RunObserver for FiguresWhileRunning<'_> {
    fn event(&self, event: &RunEvent<'_>) {
        self.observer.event(event);
        if matches!(event, RunEvent::Finished { .. }) && !self.stop.is_set() {
            self.pace.at_most(|| self.draw());
        }
    }
}
