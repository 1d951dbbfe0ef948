//! How wide the terminal is.

use std::io::{IsTerminal, stderr, stdout};

use terminal_size::{Width, terminal_size_of};

/// Columns for results; `None` where they do not go to a terminal and may be as wide as they are.
pub(crate) fn output_width() -> Option<usize> {
    let size = || terminal_size_of(stdout());
    stdout().is_terminal().then(|| width(size)).flatten()
}

/// Columns for progress; `None` where there is no terminal.
pub(crate) fn message_width() -> Option<usize> {
    let size = || terminal_size_of(stderr());
    stderr().is_terminal().then(|| width(size)).flatten()
}

/// `COLUMNS`, where a user has set it, else what the terminal says.
fn width(size: impl Fn() -> Option<(Width, terminal_size::Height)>) -> Option<usize> {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.or_else(|| size().map(|(Width(columns), _)| usize::from(columns))).filter(|&columns| columns > 0)
}
