//! What commands do with the machine; no part of an experiment.

use std::path::PathBuf;

use clap::Args;

/// What a run does with the machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct ScheduleArguments {
    /// How many trainings run side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<String>,
    /// Threads inside each training, for a single large network; results have the same bits [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) threads: Option<String>,
    /// The folder in which run folders are made [default: runs]
    #[arg(long, visible_alias = "out", aliases = ["output", "output-dir", "out-dir"], value_name = "FOLDER")]
    pub(crate) output_path: Option<PathBuf>,
    /// Print only the folder to the output stream, for scripts
    #[arg(long, hide_short_help = true)]
    pub(crate) print_folder: bool,
    /// Save an unfinished training each time so many seconds went by: what a kill costs at most [default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) checkpoint_every: Option<String>,
    /// Draw no figures at the end; `lth plot` draws them later
    #[arg(long, hide_short_help = true)]
    pub(crate) no_figures: bool,
    /// Only say how long it will take, how much disk and in which folder; train and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What the study does with the machine.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct StabilitySchedule {
    /// How many trainings run side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<String>,
    /// Threads inside each training; results have the same bits [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) threads: Option<String>,
    /// Save an unfinished training each time so many seconds went by [default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) checkpoint_every: Option<String>,
    /// Draw no figures
    #[arg(long, hide_short_help = true)]
    pub(crate) no_figures: bool,
    /// Only say what would be trained; train and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What a single training does with the machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct SingleSchedule {
    /// Threads inside the training, for a large network; results have the same bits [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) threads: Option<String>,
    /// The folder in which the training's own folder is made [default: runs]
    #[arg(long, visible_alias = "out", aliases = ["output", "output-dir", "out-dir"], value_name = "FOLDER")]
    pub(crate) output_path: Option<PathBuf>,
    /// Print only the folder to the output stream, for scripts
    #[arg(long, hide_short_help = true)]
    pub(crate) print_folder: bool,
    /// Save the unfinished training each time so many seconds went by: what a kill costs at most [default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) checkpoint_every: Option<String>,
    /// Only say how long it will take, how much disk and in which folder; train and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
