//! What commands do with the machine; no part of an experiment.

use std::path::{Path, PathBuf};

use clap::Args;
use lth_lab::CheckpointEvery;

use crate::{
    failure::Failure,
    settings::{number, threads},
};

/// How a training is carried out.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct TrainingArguments {
    /// Threads inside each training, for a large network; results have the same bits [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) threads: Option<String>,
    /// Save an unfinished training each time so many seconds went by: what a kill costs at most [default: 10]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, hide_short_help = true)]
    pub(crate) checkpoint_every: Option<String>,
    /// Only say how long it will take, how much disk and in which folder; train and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl TrainingArguments {
    /// Threads inside each training.
    ///
    /// # Errors
    /// When there are none or too many.
    pub(crate) fn threads(&self) -> Result<usize, Failure> {
        threads(self.threads.as_deref())
    }

    /// How often an unfinished training is saved.
    ///
    /// # Errors
    /// When the time is none.
    pub(crate) fn checkpoint_every(&self) -> Result<CheckpointEvery, Failure> {
        let mut every = CheckpointEvery::default();
        if let Some(text) = &self.checkpoint_every {
            let (what, example) = ("time between checkpoints", "--checkpoint-every 10");
            every.seconds =
                number(what, text, |seconds| seconds > 0.0, "a number of seconds above 0", example)?.into();
        }
        Ok(every)
    }
}

/// Where results go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct OutputArguments {
    /// The folder in which run folders are made [default: runs]
    #[arg(long, visible_alias = "out", aliases = ["output", "output-dir", "out-dir"], value_name = "FOLDER")]
    pub(crate) output_path: Option<PathBuf>,
    /// Print only the folder to the output stream, for scripts
    #[arg(long, hide_short_help = true)]
    pub(crate) print_folder: bool,
}

impl OutputArguments {
    /// The folder in which run folders are made.
    pub(crate) fn folder(&self) -> &Path {
        self.output_path.as_deref().unwrap_or(Path::new("runs"))
    }
}

/// What a run does with the machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct ScheduleArguments {
    /// How many trainings run side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) training: TrainingArguments,
    /// Draw no figures at the end; `lth plot` draws them later
    #[arg(long, hide_short_help = true)]
    pub(crate) no_figures: bool,
}

/// What a study of a run does with the machine; its files are the run's.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct StudySchedule {
    /// How many trainings run side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) jobs: Option<String>,
    #[command(flatten)]
    pub(crate) training: TrainingArguments,
    /// Draw no figures
    #[arg(long, hide_short_help = true)]
    pub(crate) no_figures: bool,
}

/// What a single training does with the machine.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SingleSchedule {
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) training: TrainingArguments,
}
