//! What a check says.

use std::fmt;

use lth_model::EngineError;

/// Nothing, or why the engine failed.
pub type Outcome = Result<(), Failure>;

/// In which case an engine failed, and by what values.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    message: String,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The same with the case before it.
    #[must_use]
    pub(super) fn within(self, case: impl fmt::Display) -> Self {
        Self::new(format!("{case}: {}", self.message))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::new(format!("the engine refuses: {error}"))
    }
}
