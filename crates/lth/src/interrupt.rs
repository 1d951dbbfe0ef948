//! Ctrl-C: once to stop with everything saved, twice to stop at once.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::failure::Failure;

/// The exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// A flag that the first Ctrl-C (or SIGTERM) sets; the second ends the process. Files are only ever renamed into place
/// whole, so ending at any moment leaves nothing half-written.
///
/// # Errors
/// When the system refuses the handler.
pub(crate) fn flag() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = flag.clone();
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            process::exit(INTERRUPTED);
        }
        anstream::eprintln!("stopping; everything is saved first (Ctrl-C again to stop at once)");
    })
    .map_err(|error| {
        Failure::work(format!("cannot watch for Ctrl-C: {error}"), "report this with the name of your system")
    })?;
    Ok(flag)
}

/// The command that is running, as it would be typed again.
pub(crate) fn this_command() -> String {
    std::env::args().map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a POSIX shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        for (word, expected) in [
            ("--rounds", "--rounds"),
            ("fc1=0.3", "fc1=0.3"),
            ("my runs/a", "'my runs/a'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
