//! `train`.

use std::path::PathBuf;

use clap::Args;

use super::{DataArguments, ModelOptionArguments, OfTraining, SettingFlags, SingleSchedule, with_more};

const EXAMPLES: &str = "Examples:\n  \
    lth train lenet-300-100 mnist -e 5\n  \
    lth train lenet-300-100 mnist --ticket runs/NAME/replicate-0/round-07/ticket.safetensors\n  \
    lth train lenet-300-100 mnist --initial-weights initial.safetensors --no-shuffle --validation 0 \\\n      \
        --length 200it --save-weights trained.safetensors";

/// Train one network: dense, a ticket, or under given masks.
///
/// Prints a row of losses and accuracies for each evaluation. With `--initial-weights`, `--no-shuffle` and
/// `--validation 0` it repeats another framework's training step for step. All results go to a folder of their own below
/// `--output-path`, named after the settings: the same command continues there where it stopped, to the same bits, and one
/// that is finished is not trained again.
#[derive(Debug, Args)]
#[command(after_help = with_more(EXAMPLES), after_long_help = EXAMPLES)]
pub(crate) struct TrainArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) model: ModelOptionArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfTraining>,
    #[command(flatten)]
    pub(crate) start: StartArguments,
    #[command(flatten)]
    pub(crate) schedule: SingleSchedule,
    /// Write the trained weights to this safetensors file, under PyTorch's names; it is whole or not there
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub(crate) save_weights: Option<PathBuf>,
}

/// What a training starts from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Start")]
pub(crate) struct StartArguments {
    /// Start from the weights and masks of this ticket
    #[arg(long, value_name = "FILE", conflicts_with_all = ["initial_weights", "masks"])]
    pub(crate) ticket: Option<PathBuf>,
    /// Start from these weights: safetensors with PyTorch's names (fc1.weight, fc1.bias, ...)
    #[arg(long, value_name = "FILE")]
    pub(crate) initial_weights: Option<PathBuf>,
    /// Train only the weights that these masks keep: safetensors with fc1.weight.mask, ...
    #[arg(long, value_name = "FILE")]
    pub(crate) masks: Option<PathBuf>,
    /// Take examples in stored order in each epoch; the last, short batch is kept
    #[arg(long)]
    pub(crate) no_shuffle: bool,
}
