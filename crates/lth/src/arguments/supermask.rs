//! `supermask`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{
    DataArguments, ModelOptionArguments, OfTraining, SettingFlags, SingleSchedule, SourceArguments, with_more,
};

const EXAMPLES: &str = "Examples:\n  \
    lth supermask learn lenet-300-100 mnist\n  \
    lth supermask learn lenet-300-100 mnist --dynamic-rescaling --signed-constant\n  \
    lth supermask learn conv-2 cifar-10 --method edge-popup --density 0.5 --signed-constant";

/// Find masks that make an untrained network good.
///
/// Weights are never trained: only which of them are kept is chosen, by a criterion or by learning (Zhou et al. 2019, Ramanujan et al. 2020).
#[derive(Debug, Args)]
pub(crate) struct SupermaskArguments {
    /// How masks are found.
    #[command(subcommand)]
    pub(crate) command: SupermaskCommand,
}

/// How masks are found.
#[derive(Debug, Subcommand)]
pub(crate) enum SupermaskCommand {
    Heuristic(Box<HeuristicArguments>),
    Learn(Box<LearnArguments>),
}

/// Put the masks of criteria on a run's untrained weights, and see how good that is.
///
/// The dense network of round 0 is pruned at once, by each criterion to each density, and the mask put on the weights it was
/// trained from (Zhou et al. 2019). Printed is the best density of each criterion, chosen on the validation set; the file has all.
/// Trained weights that the run did not keep are trained again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth supermask heuristic runs/NAME\n  \
    lth supermask heuristic runs/NAME --criteria large-final,large-final-same-sign --densities 0.5,0.2,0.1\n  \
    lth supermask heuristic runs/NAME --dense-weights early-stop")]
pub(crate) struct HeuristicArguments {
    /// The run's folder
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Only these criteria: large-final,random [default: all; `lth criteria` lists them]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Supermask")]
    pub(crate) criteria: Vec<String>,
    /// Only these densities: 0.5,0.2 [default: those of rounds 1 to 22 of the run]
    #[arg(long, value_name = "DENSITIES", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(help_heading = "Supermask")]
    pub(crate) densities: Vec<String>,
    /// Only initial weights, without signed constants
    #[arg(long, help_heading = "Supermask")]
    pub(crate) no_signed_constant: bool,
    /// Which weights of the dense network criteria look at: end, early-stop, or a step of its training such as 200it
    #[arg(long, value_name = "WHICH", default_value = "end", help_heading = "Supermask")]
    pub(crate) dense_weights: String,
    /// How to print the results
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: HeuristicFormat,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    /// How many replicates are done side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Run")]
    pub(crate) jobs: Option<String>,
    /// Draw no figure
    #[arg(long, help_heading = "Run")]
    pub(crate) no_figures: bool,
    /// Only say how long it will take and how much disk; train and write nothing
    #[arg(long, help_heading = "Run")]
    pub(crate) dry_run: bool,
}

/// What `supermask heuristic` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeuristicFormat {
    /// The best density of each criterion, over replicates, for people
    Table,
    /// A row a mask
    Csv,
    /// Means over replicates for each criterion and density, for programs
    Json,
}

/// Learn a mask on the frozen weights of an untrained network.
///
/// Each weight has a score, and scores are trained by gradients that pass straight through the mask. bernoulli keeps a weight with
/// the probability sigmoid(score), drawn anew in each step, and a figure is the mean over 10 drawn masks (Zhou et al. 2019);
/// edge-popup keeps the largest scores of each layer (Ramanujan et al. 2020).
///
/// Results go to a folder of their own below `--output-path`, with the mask as a ticket file: the same command again continues
/// there where it stopped, to the same bits. Options of training are those of the scores.
#[derive(Debug, Args)]
#[command(after_help = with_more(EXAMPLES), after_long_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct LearnArguments {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// bernoulli or edge-popup
    #[arg(long, value_enum, value_name = "METHOD", default_value = "bernoulli", help_heading = "Supermask")]
    pub(crate) method: SupermaskMethodName,
    /// Multiply kept weights by the layer's size over their number, in each step
    #[arg(long, help_heading = "Supermask")]
    pub(crate) dynamic_rescaling: bool,
    /// Give all weights of a layer one magnitude, the deviation of its initial weights, and keep their signs
    #[arg(long, help_heading = "Supermask")]
    pub(crate) signed_constant: bool,
    /// Where the scores of bernoulli start: 0 keeps half of the weights at first, more keeps more [default: 0]
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Supermask")]
    pub(crate) sigmoid_bias: Option<String>,
    /// Masks of bernoulli that an evaluation is the mean over [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Supermask")]
    pub(crate) samples: Option<String>,
    /// The fraction of each layer that edge-popup keeps, the paper's k [default: 0.5]
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = "Supermask")]
    pub(crate) density: Option<String>,
    /// Learn masks of so many seeds, --seed and those that follow, each in a folder of its own [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Supermask")]
    pub(crate) replicates: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: LearnFormat,
    /// How many are learned side by side, one core each [default: the number of cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Run")]
    pub(crate) jobs: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelOptionArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfTraining>,
    #[command(flatten)]
    pub(crate) schedule: SingleSchedule,
}

/// How a mask follows from scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SupermaskMethodName {
    /// Each weight is kept with the probability sigmoid(score)
    Bernoulli,
    /// The largest scores of each layer are kept
    EdgePopup,
}

/// What `supermask learn` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LearnFormat {
    /// What came out, for people
    Table,
    /// A row an evaluation
    Csv,
    /// What came out, for programs
    Json,
}
