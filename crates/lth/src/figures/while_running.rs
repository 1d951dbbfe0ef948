//! Figures of a run while it goes on.

use std::{path::Path, time::Duration};

use lth_lab::{RunResults, Stop};

use super::{Drawing, draw_quietly};
use crate::output::Messages;

/// A run that is over before needs no figures on its way.
pub(crate) const FIRST_AFTER: Duration = Duration::from_secs(2);

/// Draws the figures of the run in a folder, unless it is being stopped.
pub(crate) fn draw_while_running(folder: &Path, stop: &Stop, messages: &Messages) {
    if stop.is_set() {
        return;
    }
    let drawn = match RunResults::load(folder) {
        Ok(results) => draw_quietly(&results, &Drawing::default(), messages)
            .map_err(|failure| failure.words().map_or_else(String::new, |(message, _)| message.to_owned())),
        Err(error) => Err(error.to_string()),
    };
    if let Err(message) = drawn {
        // They are drawn again at the end, where a failure counts.
        messages.debug(&format!("no figures: {message}"));
    }
}
