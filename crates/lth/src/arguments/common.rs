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
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "LEVEL",
        default_value = "info",
        hide_short_help = true
    )]
    pub(crate) verbosity: Verbosity,
    /// Say more: the same as --verbosity debug
    #[arg(short, long, global = true, conflicts_with = "verbosity")]
    verbose: bool,
    /// Say less, and show no progress: the same as --verbosity warning
    #[arg(short, long, global = true, conflicts_with_all = ["verbosity", "verbose"])]
    quiet: bool,
    /// Show no progress bar; a plain line is still printed for each finished round
    #[arg(long, global = true, alias = "no-progress", hide_short_help = true)]
    pub(crate) disable_progress_bar: bool,
    /// Also append all messages, with the time, to this file (or to lth.log in this folder)
    #[arg(long, global = true, alias = "log-file", value_name = "PATH", hide_short_help = true)]
    pub(crate) logging_path: Option<PathBuf>,
}

impl CommonArguments {
    /// With the level that `-v` or `-q` stands for.
    pub(crate) fn settled(self) -> Self {
        let verbosity = match self {
            Self { verbose: true, .. } => Verbosity::Debug,
            Self { quiet: true, .. } => Verbosity::Warning,
            Self { verbosity, .. } => verbosity,
        };
        Self { verbosity, ..self }
    }
}
