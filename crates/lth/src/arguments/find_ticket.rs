//! `find-winning-ticket`.

use std::path::PathBuf;

use clap::Args;

use super::{
    DataArguments, ModelOptionArguments, PruningArguments, RecipeArguments, ScheduleArguments, with_more,
};

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
    pub(crate) recipe: RecipeArguments,
    #[command(flatten)]
    pub(crate) pruning: PruningArguments,
    /// Begin with the weights of this safetensors file, not with fresh ones: a network trained on other data before
    ///
    /// All replicates begin with them. An output layer of other classes is drawn anew. `lth train` makes such files, PyTorch may.
    #[arg(long, value_name = "FILE", help_heading = "Initialisation", hide_short_help = true)]
    pub(crate) initial_weights: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) run: RunArguments,
}

/// How often, how parallel and where to.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RunArguments {
    /// How often to repeat the experiment, with seeds SEED, SEED+1, ... [default: 1]
    #[arg(long, visible_alias = "seeds", value_name = "N", allow_negative_numbers = true)]
    pub(crate) replicates: Option<String>,
    /// Which weights stay on disk: tickets, last, best or all [default: tickets]
    ///
    /// tickets: what each round starts from; all else can be trained again from them, to the same bits. last: also the
    /// trained weights of the last round. best: also those of the round with the best validation accuracy. all: also those
    /// of every round and control. For lenet-300-100 a ticket takes 1.3 MB and trained weights 1.1 MB.
    #[arg(long, value_name = "POLICY", hide_short_help = true)]
    pub(crate) keep: Option<String>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}
