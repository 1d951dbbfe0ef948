//! `export`.

use std::path::PathBuf;

use clap::Args;

/// Write a ticket's weights for other programs, or as a smaller network.
///
/// Without `--compact` the file holds the weights alone, pruned ones as zeros, under PyTorch's names: `load_state_dict` takes it as it is.
/// With `--compact` units without a live input or output are left out: the network is smaller and gives the same outputs. It is
/// written beside, as a TOML file that `lth` reads like any network of your own; how much smaller and faster it is, is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth export runs/NAME/replicate-0/round-07/ticket.safetensors weights.safetensors\n  \
    lth export --compact trained.safetensors small.safetensors")]
pub(crate) struct ExportArguments {
    /// A ticket, or trained weights with masks
    #[arg(value_name = "TICKET")]
    pub(crate) ticket: PathBuf,
    /// The file to write
    #[arg(value_name = "OUTPUT.safetensors")]
    pub(crate) output: PathBuf,
    /// Leave out what is dead, and write OUTPUT.toml, the smaller network
    #[arg(long)]
    pub(crate) compact: bool,
    /// Write masks too, so that the file can be trained on as a sparse network
    #[arg(long)]
    pub(crate) masks: bool,
    /// Overwrite files that are there
    #[arg(long)]
    pub(crate) force: bool,
}
