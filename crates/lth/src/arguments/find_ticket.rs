//! `find-winning-ticket`.

use std::path::PathBuf;

use clap::Args;

use super::{DataArguments, ModelOptionArguments, OfRun, ScheduleArguments, SettingFlags, with_more};

const EXAMPLES: &str = "Examples:\n  \
    lth find-winning-ticket lenet-300-100 mnist\n  \
    lth find-winning-ticket lenet-300-100 mnist --replicates 5 --control random-reinit\n  \
    lth find-winning-ticket lenet-300-100 mnist -i 3 -e 2          a first look\n  \
    lth find-winning-ticket lenet-300-100 fashion-mnist data/      from IDX files in a folder";

/// Find a winning ticket by iterative magnitude pruning.
///
/// Each round trains the network, prunes a fraction of each layer's smallest weights, and resets the others to their
/// values at initialisation (or at `--rewind`). All results go to a folder of their own below `--output-path`, named
/// after the settings: the same command continues there where it stopped, and more rounds or replicates are added.
#[derive(Debug, Args)]
#[command(after_help = with_more(EXAMPLES), after_long_help = EXAMPLES)]
pub(crate) struct FindTicketArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    #[command(flatten)]
    pub(crate) model: ModelOptionArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfRun>,
    /// Begin with the weights of this safetensors file, not with fresh ones: a network trained on other data before
    ///
    /// All replicates begin with them. An output layer of other classes is drawn anew. `lth train` makes such files, PyTorch may.
    #[arg(long, value_name = "FILE", help_heading = "Initialisation", hide_short_help = true)]
    pub(crate) initial_weights: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}
