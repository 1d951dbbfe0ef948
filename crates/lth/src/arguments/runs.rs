//! `runs`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// List runs: how they differ, how far they are, what they found.
///
/// Run folders are looked for at and below the paths; those of `lth train`, `lth transfer` and `lth supermask learn` too. Of settings only
/// those are shown that differ between the runs that are listed.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  \
    lth runs\n  \
    lth runs --where criterion=movement --where state=finished --sort density\n  \
    lth runs more-runs --where 'learning-rate<0.01' --format csv\n  \
    lth runs rm runs/NAME\n  \
    lth runs du")]
pub(crate) struct RunsArguments {
    /// What to do with runs, other than to list them.
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    #[command(flatten)]
    pub(crate) list: ListArguments,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    Rm(RemoveArguments),
    Du(UsageArguments),
}

/// Which runs are listed, and how.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Run folders, or folders in which they lie [default: runs]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only runs of which this holds: criterion=movement, 'learning-rate<0.01', state!=finished; may be repeated
    ///
    /// The left side is a setting as experiment.toml names it, or the last part of its name; or one of folder, state (finished, unfinished, failed,
    /// running, damaged), rounds-done, trainings, density and accuracy (of the smallest winning ticket), seconds, bytes.
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// Sort by a setting, or by what --where can be about [default: by folder]
    #[arg(long, value_name = "KEY")]
    pub(crate) sort: Option<String>,
    /// The other way round
    #[arg(long)]
    pub(crate) reverse: bool,
    /// How to print them
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: RunsFormat,
}

/// What `runs` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunsFormat {
    /// For people
    Table,
    /// A row a run
    Csv,
    /// For programs
    Json,
}

/// Remove runs, after asking.
///
/// Files that other runs share with them stay there. A run in which a process works is not removed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lth runs rm runs/NAME\n  lth runs rm --yes runs/A runs/B")]
pub(crate) struct RemoveArguments {
    /// Run folders, or those of transfers
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Show what runs take on disk.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth runs du")]
pub(crate) struct UsageArguments {
    /// Run folders, or folders in which they lie [default: runs]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
}
