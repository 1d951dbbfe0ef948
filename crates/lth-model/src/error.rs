//! Errors that end in a hint.

use thiserror::Error;

/// A sentence that tells the user what to do about an error; printed after it as `hint: ...`.
pub trait Hint {
    /// What to try next, if there is something useful to say.
    fn hint(&self) -> Option<String>;
}

/// A value typed by the user (or read from a file) that is not of its type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} '{value}' is not valid: {reason}")]
pub struct ParseError {
    /// What was being read, in the user's words: `step`, `seed`, `pruning rate`.
    pub what: &'static str,
    /// The text as it was given.
    pub value: String,
    /// Why it is refused.
    pub reason: String,
    /// What would be accepted.
    pub hint: String,
}

impl Hint for ParseError {
    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }
}
