//! How a command ends when it does not end well: a message, a hint and an exit code.

use std::{fmt, io, process::ExitCode};

use lth_model::Hint;
use lth_plot::PlotError;

/// Why a command stops.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for makes no sense or cannot be read: exit code 2.
    Input {
        /// What is wrong, with the value.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The work itself failed: exit code 1.
    Work {
        /// What went wrong, and where.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Ctrl-C; everything is saved, and it was said how to go on: exit code 130.
    Interrupted,
    /// Whoever read our output has seen enough: a quiet end.
    OutputClosed,
}

impl Failure {
    /// Bad input, in our own words.
    pub(crate) fn input(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input { message: message.into(), hint: Some(hint.into()) }
    }

    /// Bad input, in the words of the room that found it.
    pub(crate) fn bad_input<E: Hint + fmt::Display>(error: E) -> Self {
        Self::Input { message: error.to_string(), hint: error.hint() }
    }

    /// Failed work, in our own words.
    pub(crate) fn work(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Work { message: message.into(), hint: Some(hint.into()) }
    }

    /// Failed work, in the words of the room in which it failed.
    pub(crate) fn failed_work<E: Hint + fmt::Display>(error: E) -> Self {
        Self::Work { message: error.to_string(), hint: error.hint() }
    }

    /// The same, with more behind what went wrong.
    pub(crate) fn but(mut self, more: &str) -> Self {
        if let Self::Input { message, .. } | Self::Work { message, .. } = &mut self {
            message.push_str(&format!("; {more}"));
        }
        self
    }

    /// What `error:` and `hint:` say; nothing for an end that needs no words.
    pub(crate) fn words(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Input { message, hint } | Self::Work { message, hint } => Some((message, hint.as_deref())),
            Self::Interrupted | Self::OutputClosed => None,
        }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Input { .. } => 2,
            Self::Work { .. } => 1,
            Self::Interrupted => 130,
            Self::OutputClosed => 0,
        })
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        let (message, hint) = (error.to_string(), error.hint());
        // What to draw, and its limits, are what was asked for.
        if matches!(error, PlotError::NoData { .. } | PlotError::Limits { .. }) {
            Self::input(message, hint)
        } else {
            Self::work(message, hint)
        }
    }
}

/// From writing to the output stream.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::work(format!("cannot write the output: {error}"), "check where the output goes")
        }
    }
}
