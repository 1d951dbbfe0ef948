//! Stage one of the command line: what was typed, as text. Stage two, [`crate::settings`], makes checked values of it.
//!
//! Numbers, rates and names are kept as text here, so that every refusal is worded in one place and ends in a hint. Flags of an
//! experiment's settings are made of the table that declares them ([`settings`]).

mod common;
mod compare;
mod control;
mod data;
mod datasets;
mod export;
mod find_ticket;
mod fsck;
mod models;
mod plot;
mod report;
mod reproduce;
mod runs;
mod schedule;
mod settings;
mod small;
mod stability;
mod supermask;
mod sweep;
mod table;
mod train;
mod transfer;

use clap::{Parser, Subcommand};

pub(crate) use common::{CommonArguments, Verbosity};
pub(crate) use compare::{CompareArguments, CompareFormat};
pub(crate) use control::ControlArguments;
pub(crate) use data::{DataArguments, FetchArguments, SourceArguments};
pub(crate) use datasets::DatasetsArguments;
pub(crate) use export::ExportArguments;
pub(crate) use find_ticket::FindTicketArguments;
pub(crate) use fsck::{FsckArguments, FsckFormat};
pub(crate) use models::{ModelOptionArguments, ModelsArguments, Switch};
pub(crate) use plot::{FigureStyle, LegendPlace, PlotArguments, PlotKind, ScheduledTraining};
pub(crate) use report::{ReportArguments, WatchArguments};
pub(crate) use reproduce::ReproduceArguments;
pub(crate) use runs::{
    ListArguments, RemoveArguments, RunsArguments, RunsCommand, RunsFormat, UsageArguments,
};
pub(crate) use schedule::{ScheduleArguments, SingleSchedule, StudySchedule, TrainingArguments};
pub(crate) use settings::{OfFile, OfRun, OfTraining, SettingFlags, setting_of_flag};
pub(crate) use small::{
    CompletionsArguments, InspectArguments, InspectFormat, ManArguments, RunFileArguments, SchemaArguments,
    SchemaFormat,
};
pub(crate) use stability::{StabilityArguments, StabilityFormat};
pub(crate) use supermask::{
    HeuristicArguments, HeuristicFormat, LearnArguments, LearnFormat, SupermaskArguments, SupermaskCommand,
    SupermaskMethodName,
};
pub(crate) use sweep::{Cluster, CollectArguments, StatusArguments, StatusFormat, SweepArguments};
pub(crate) use table::{ShowArguments, TableArguments, TableFormat};
pub(crate) use train::{StartArguments, TrainArguments};
pub(crate) use transfer::{TransferArguments, TransferFormat};

/// Examples, and where the flags are that `-h` leaves out.
pub(crate) fn with_more(examples: &str) -> String {
    format!("{examples}\n\nMore flags, grouped by what they are for: --help")
}

/// Find, train and study winning lottery tickets: sparse sub-networks that, trained alone from their early weights,
/// match the dense network.
#[derive(Debug, Parser)]
#[command(
    name = "lth",
    version,
    propagate_version = true,
    max_term_width = 100,
    arg_required_else_help = true
)]
#[command(after_help = "Start with: lth find-winning-ticket lenet-300-100 mnist\n\
    Exit codes: 0 done, 1 a run failed, 2 bad input, 130 stopped by Ctrl-C.\n\
    lth --version --verbose tells what the program was built from, and what of this machine it uses.")]
pub(crate) struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// What every command understands.
    #[command(flatten)]
    pub(crate) common: CommonArguments,
}

/// The commands; those without a text here have it at their arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(visible_alias = "find-ticket")]
    FindWinningTicket(Box<FindTicketArguments>),
    Train(Box<TrainArguments>),
    Run(RunFileArguments),
    Runs(RunsArguments),
    Show(ShowArguments),
    Table(TableArguments),
    Report(ReportArguments),
    Watch(WatchArguments),
    Reproduce(ReproduceArguments),
    Fsck(FsckArguments),
    Sweep(Box<SweepArguments>),
    Status(StatusArguments),
    Collect(CollectArguments),
    Control(Box<ControlArguments>),
    Stability(Box<StabilityArguments>),
    Transfer(Box<TransferArguments>),
    Supermask(SupermaskArguments),
    Plot(PlotArguments),
    Inspect(InspectArguments),
    Compare(CompareArguments),
    Export(ExportArguments),
    Models(ModelsArguments),
    Datasets(DatasetsArguments),
    /// List the criteria that pruning can use, and the controls
    Criteria,
    Schema(SchemaArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
    /// Print the command-line reference as Markdown
    #[command(hide = true)]
    MarkdownHelp,
}
