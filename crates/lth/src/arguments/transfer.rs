//! `transfer`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{FetchArguments, OfTraining, ScheduleArguments, SettingFlags, with_more};

const EXAMPLES: &str = "Examples:\n  \
    lth transfer runs/NAME/replicate-0/round-07/ticket.safetensors fashion-mnist\n  \
    lth transfer runs/NAME fashion-mnist --rounds 3,7,11 --baselines --replicates 3\n  \
    lth transfer runs/NAME mnist --optimizer sgd          the same data, another optimizer\n  \
    lth transfer runs/NAME cifar-10b --keep-output        halves of one data set have the same classes";

/// Train a ticket on other data, or by another optimizer.
///
/// The ticket's masks and weights are taken over, layer by layer, and trained by the target's recipe: the papers' for the model on
/// the target's data, unless flags say otherwise (Morcos et al. 2019). The output layer is drawn anew and dense, no part of the
/// ticket, unless the data are those of the ticket. With `--baselines` the networks that a ticket has to beat are trained beside
/// it. Of a run, each round's ticket is transferred: a table of accuracy against density.
///
/// Results go to a folder of their own below `--output-path`: the same command again continues there, and more rounds,
/// replicates or baselines are added.
#[derive(Debug, Args)]
#[command(after_help = with_more(EXAMPLES), after_long_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct TransferArguments {
    /// A ticket file, or a run folder of `lth find-winning-ticket`
    pub(crate) ticket: PathBuf,
    /// The data set to train on; `lth datasets` lists all
    pub(crate) dataset: String,
    /// Read the data set from this folder instead: its files as published, or unpacked
    pub(crate) data_folder: Option<PathBuf>,
    /// How to print the results
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: TransferFormat,
    /// Of a run, transfer the tickets of these rounds: 3,7,11 [default: all, from 1 on]
    #[arg(long, visible_alias = "round", value_name = "ROUNDS", value_delimiter = ',')]
    #[arg(help_heading = "Transfer")]
    pub(crate) rounds: Vec<String>,
    /// What to take of the ticket: mask-and-weights, mask (under fresh weights) or weights (dense)
    ///
    /// weights: the ticket's where it keeps them. Where it has pruned them, those of its rewind point if it lies in its run's
    /// folder, otherwise fresh ones.
    #[arg(
        long,
        value_name = "PART",
        default_value = "mask-and-weights",
        help_heading = "Transfer",
        hide_short_help = true
    )]
    pub(crate) take: String,
    /// Take the output layer over too, where both data sets have as many classes
    #[arg(long, conflicts_with = "redraw_output", help_heading = "Transfer")]
    pub(crate) keep_output: bool,
    /// Draw the output layer anew and dense, also where the data are those of the ticket
    #[arg(long, help_heading = "Transfer", hide_short_help = true)]
    pub(crate) redraw_output: bool,
    /// Let the first convolution read coloured instead of grey images, or the other way round
    ///
    /// repeat: from 1 channel to 3 its weights are repeated and divided by 3, from 3 channels to 1 they are added up, so that
    /// grey images look the same to it.
    #[arg(long, value_enum, value_name = "RULE", help_heading = "Transfer", hide_short_help = true)]
    pub(crate) adapt_input: Option<AdaptInput>,
    /// Go on with schedule and data order at the ticket's rewind point, instead of starting at 0
    #[arg(long, help_heading = "Transfer", hide_short_help = true)]
    pub(crate) schedule_from_ticket: bool,
    /// The model, where it is a network of your own whose file has moved
    #[arg(long, value_name = "MODEL", help_heading = "Transfer", hide_short_help = true)]
    pub(crate) model: Option<String>,
    /// Also train what tickets are compared with: reinitialised and random tickets, and the dense network
    ///
    /// reinit: the ticket's masks, fresh weights (Frankle and Carbin 2019). random-ticket: masks permuted over all layers together,
    /// fresh weights (Morcos et al. 2019).
    #[arg(long, help_heading = "Comparison")]
    pub(crate) baselines: bool,
    /// Also train the tickets of this run on the target's own data, by the same rules
    #[arg(long, value_name = "RUN", help_heading = "Comparison", hide_short_help = true)]
    pub(crate) same_data: Option<PathBuf>,
    /// How often to train each, with seeds SEED, SEED+1, ...; each takes its own replicate of the run [default: 1]
    #[arg(long, visible_alias = "seeds", value_name = "N", allow_negative_numbers = true)]
    #[arg(help_heading = "Comparison")]
    pub(crate) replicates: Option<String>,
    #[command(flatten)]
    pub(crate) fetch: FetchArguments,
    #[command(flatten)]
    pub(crate) settings: SettingFlags<OfTraining>,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}

/// How the first convolution is adapted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AdaptInput {
    /// Repeat weights over channels, or add them up
    Repeat,
}

/// What `transfer` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransferFormat {
    /// A row a round, a column a kind of network, for people
    Table,
    /// A row a training
    Csv,
    /// All trainings, for programs
    Json,
}
