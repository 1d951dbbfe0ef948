//! `sweep`, `status`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OfRun, ScheduleArguments, SettingFlags, SourceArguments};

/// Run an experiment with several values for some of its settings.
///
/// Each combination of values is a run in a folder of its own, as of `lth find-winning-ticket`; trainings that are the same in several runs, as
/// the dense networks of two criteria, are done once. The same command again continues, and more values add runs.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:\n  \
    lth sweep lenet-300-100 mnist --axis criterion=movement,large-final --axis learning-rate=1e-3,2e-3 --replicates 3\n  \
    lth sweep sweep.toml --dry-run\n  \
    lth sweep sweep.toml --on slurm --job-option=--partition=short --job-option=--time=60")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct SweepArguments {
    /// A file with an experiment and its axes, or model and data set
    #[arg(value_name = "FILE.toml | MODEL DATASET", required = true, num_args = 1..=2)]
    pub(crate) base: Vec<String>,
    /// A setting and its values: criterion=movement,large-final; repeatable, all combinations are run
    ///
    /// Any setting may have an axis (`lth schema`), by its key, the last part of it or its flag. Values that have commas themselves are
    /// parted by semicolons: --axis "schedule=cosine;milestones:20ep,0.1".
    #[arg(long = "axis", value_name = "SETTING=VALUES", help_heading = "Sweep")]
    pub(crate) axes: Vec<String>,
    /// Do this training of the sweep only, by its name, and what it waits for; repeatable
    ///
    /// Names are those of --print-tasks. Several processes, also on machines that share the output folder, may do trainings of one sweep at
    /// once: each is done by one of them, the others wait for it.
    #[arg(long = "task", value_name = "NAME", help_heading = "Sweep")]
    pub(crate) tasks: Vec<String>,
    /// Print a command for each training, and do nothing: for GNU parallel and other programs that distribute commands
    ///
    /// A command waits for trainings that others do at the moment, and does what nobody does, so that any order is right; the printed one
    /// waits least. Once all are done, the sweep itself writes its table.
    #[arg(long, help_heading = "Sweep", conflicts_with = "tasks")]
    pub(crate) print_tasks: bool,
    /// Queue a job for each training on a cluster, and one that writes the table; trainings that are done are left out
    ///
    /// Needs an output folder that all machines share. `lth status` tells how far it is; on Slurm a job that comes to its time limit saves
    /// its training and is queued again.
    #[arg(long, value_enum, value_name = "CLUSTER", help_heading = "Sweep", conflicts_with_all = ["tasks", "print_tasks", "retry_failed"])]
    pub(crate) on: Option<Cluster>,
    /// A word for `sbatch`, or for `hq`: --job-option=--partition=short; repeatable
    #[arg(
        long = "job-option",
        value_name = "OPTION",
        help_heading = "Sweep",
        requires = "on",
        allow_hyphen_values = true
    )]
    pub(crate) job_options: Vec<String>,
    /// Try trainings again that failed before
    #[arg(long, help_heading = "Sweep")]
    pub(crate) retry_failed: bool,
    /// Do not ask before a large sweep
    #[arg(long, short = 'y', help_heading = "Sweep")]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfRun>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}

/// What distributes jobs over machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Cluster {
    /// Slurm: job arrays, one after the other as trainings wait for each other
    Slurm,
    /// HyperQueue: one job of tasks, each after what it waits for
    Hyperqueue,
}

/// Tell how far a sweep is, wherever its trainings are done.
///
/// How many trainings are done, running, ready, waiting for others, and failed, by the files below the output folder; then who does what, and
/// what failed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth status runs/sweep-0123abcd")]
pub(crate) struct StatusArguments {
    /// The folder of a sweep, or its file
    #[arg(value_name = "SWEEP")]
    pub(crate) sweep: PathBuf,
    /// The folder in which its runs lie [default: that of the sweep's folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output_path: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: StatusFormat,
}

/// What `status` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Bring runs together that were done in several places, without a shared file system.
///
/// Of the runs and sweeps in the folders, copied from other machines, the trainings that are finished there and not here come into the
/// output folder, and tables are written anew. What both have must have the same bits, or nothing of that run is changed. Runs of
/// `lth transfer` and `lth supermask` are not looked at. The same command again does nothing more.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth collect node1/runs node2/runs")]
pub(crate) struct CollectArguments {
    /// Folders in which runs lie, or run folders
    #[arg(value_name = "FROM", required = true)]
    pub(crate) from: Vec<PathBuf>,
    /// The folder into which they come [default: runs]
    #[arg(long, visible_alias = "out", value_name = "FOLDER")]
    pub(crate) output_path: Option<PathBuf>,
    /// Read data sets, of which verdicts need the test set, from this folder
    #[arg(long, help_heading = "Data", value_name = "FOLDER")]
    pub(crate) data_folder: Option<PathBuf>,
}
