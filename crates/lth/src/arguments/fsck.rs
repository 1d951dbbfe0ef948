//! `fsck`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Check run folders, and repair them where that is asked for.
///
/// Finds files that are half-written, edited, missing or of something else, says what is wrong with each and what follows from it. Nothing is
/// written without --repair, and no result is ever deleted: what is doubtful is moved into the run's folder quarantine, after which the command
/// that made the run makes it again, to the same bits. A run in which a process works is left out.
///
/// Ends with code 1 where results are missing or doubtful; notes, such as files of other programs, are no problem.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth fsck\n  \
    lth fsck runs/NAME --repair\n  \
    lth fsck --repair --yes --format json > report.json")]
pub(crate) struct FsckArguments {
    /// Run folders, or folders in which they lie [default: runs]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Move doubtful files into quarantine, and remove what holds no results, after asking
    ///
    /// Removed are temporary files of processes that were ended, checkpoints of finished trainings, leases of dead processes and entries of the
    /// index that name no output. quarantine/moved.csv says what was moved from where, and why.
    #[arg(long)]
    pub(crate) repair: bool,
    /// With --repair, also move files that lth did not write
    #[arg(long, requires = "repair")]
    pub(crate) foreign: bool,
    /// Do not ask
    #[arg(short, long, requires = "repair")]
    pub(crate) yes: bool,
    /// How to print what was found
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: FsckFormat,
}

/// What `fsck` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FsckFormat {
    /// A line a file, for people
    Text,
    /// For programs
    Json,
}
