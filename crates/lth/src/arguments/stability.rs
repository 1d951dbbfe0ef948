//! `stability`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{SourceArguments, StudySchedule};

/// Compare copies of a run's networks, trained in another order of the data.
///
/// From the same weights, copies are trained under another order of the data (and other augmentation and dropout), and each pair is
/// compared: distance and angle of their weights, the overlap of the masks that one more round would leave of them, and the error
/// on the straight line between them. The error barrier is the largest error on the line minus the mean of the errors at its
/// ends; below 2 percentage points a network counts as stable to the noise of training (Frankle et al. 2019, 2020). Stability to
/// pruning is measured too: how far the trained ticket is from the dense network trained in the same order, under the ticket's mask.
///
/// Results go to the folder `stability` of the run. The same command again continues there; trained copies are never trained
/// again, also not for other settings. Copy 0 is the run's own training.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth stability runs/NAME                               dense, and the ticket nearest to 10 % density\n  \
    lth stability runs/NAME --rounds 0,7,12 --copies 3    three pairs of each network\n  \
    lth stability runs/NAME --rounds 0 --from 100it --from 500it --from 2000it\n  \
    lth stability runs/NAME --format csv > stability.csv")]
pub(crate) struct StabilityArguments {
    /// Run folders of `lth find-winning-ticket`; of several, one is studied after the other
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Rounds, 0 is the dense network [default: 0 and the finished round nearest to 10 % density]
    #[arg(long, value_name = "ROUNDS", value_delimiter = ',', help_heading = "Networks")]
    pub(crate) rounds: Vec<String>,
    /// The ticket, or controls of the run: ticket,random-mask [default: all that the run has]
    #[arg(long, value_name = "VARIANTS", value_delimiter = ',', help_heading = "Networks")]
    pub(crate) variants: Vec<String>,
    /// Replicates of the run, from 0 [default: all]
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', help_heading = "Networks")]
    pub(crate) replicate: Vec<String>,
    /// Let copies of the dense network part at this step: 100it, 2ep; may be repeated [default: the run's rewind point]
    #[arg(long, value_name = "STEP", help_heading = "Networks")]
    pub(crate) from: Vec<String>,
    /// Copies of each network; every pair is compared [default: 2]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Networks")]
    pub(crate) copies: Option<String>,
    /// Points on the line between two copies, both ends included [default: 30]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Comparison")]
    pub(crate) points: Option<String>,
    /// Training examples that the training error is measured on, chosen at random once, or all [default: 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Comparison")]
    pub(crate) train_examples: Option<String>,
    /// Interpolate the running statistics of batch normalisation, instead of estimating them anew at each point
    #[arg(long, help_heading = "Comparison")]
    pub(crate) keep_batch_norm_statistics: bool,
    /// How to print the results
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: StabilityFormat,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) schedule: StudySchedule,
}

/// What `stability` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StabilityFormat {
    /// A row a network, means over pairs, for people
    Table,
    /// All pairs with their paths, for programs
    Json,
    /// A row a pair
    Csv,
}
