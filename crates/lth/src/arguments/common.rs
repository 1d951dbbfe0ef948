//! Flags that every command understands.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How much is said on the error stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Verbosity {
    /// Errors only
    Error,
    /// Also warnings
    Warning,
    /// Also what is going on
    Info,
    /// Also details
    Debug,
}

/// Messages and progress; they go to the error stream, results to the output stream.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct CommonArguments {
    /// How much to say on the error stream
    #[arg(long, global = true, value_enum, value_name = "LEVEL", default_value = "info")]
    pub(crate) verbosity: Verbosity,
    /// Show no progress bar; a plain line is still printed for each finished round
    #[arg(long, global = true)]
    pub(crate) disable_progress_bar: bool,
    /// Also append all messages, with the time, to this file (or to lth.log in this folder)
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) logging_path: Option<PathBuf>,
}
