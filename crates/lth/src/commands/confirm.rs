//! Asking before files are moved or removed.

use std::io::{self, IsTerminal, Write as _, stderr, stdin};

use crate::failure::Failure;

/// Refuses work that nobody could be asked about; `nothing` says what was not done: `nothing was removed`.
///
/// # Errors
/// When there is no terminal, and `--yes` was not given.
pub(super) fn check_terminal(yes: bool, nothing: &str) -> Result<(), Failure> {
    if yes || stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::input(format!("there is no terminal to ask on, and {nothing}"), "use --yes"))
}

/// Asks on the terminal, unless `--yes` was given.
///
/// # Errors
/// When the terminal is gone.
pub(super) fn confirmed(yes: bool, question: &str) -> io::Result<bool> {
    if yes {
        return Ok(true);
    }
    let mut stream = stderr();
    write!(stream, "{question} [y/N] ")?;
    stream.flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// `1 run`, `2 runs`.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
