//! `reproduce`.

use clap::Args;

use super::{ScheduleArguments, SourceArguments};

/// Make a published figure or table again, beside the paper's numbers.
///
/// Without a name the published figures and tables are listed, with the time that each takes on this machine. With one its sweep is run, or
/// continued: runs lie where those of `lth sweep` do, and what is there is not trained again. Where the figure is of stability, transfer
/// or supermasks, that is done with these runs. Then a figure and a table are made of ours beside theirs, and a verdict on each claim: confirmed,
/// partly (as claimed, but less than published), not (beyond noise the other way round), cannot say.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    lth reproduce\n  \
    lth reproduce frankle-2019/figure-3 --quick\n  \
    lth reproduce frankle-2019/figure-3 --dry-run\n  \
    lth reproduce frankle-2019/figure-5-conv-2 --dataset image-folder:photos")]
pub(crate) struct ReproduceArguments {
    /// A published figure or table, for example frankle-2019/figure-3
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// In minutes: fewer and shorter trainings, which show the shape
    #[arg(long, requires = "name")]
    pub(crate) quick: bool,
    /// Another value for a setting, as recipe.length=10000it; of one that the figure varies, all its values; repeatable
    #[arg(long = "set", value_name = "SETTING=VALUE", requires = "name")]
    pub(crate) sets: Vec<String>,
    /// Another data set than the paper's
    #[arg(long, value_name = "DATASET", requires = "name", help_heading = "Data")]
    pub(crate) dataset: Option<String>,
    /// Repetitions, instead of the paper's
    #[arg(long, value_name = "N", requires = "name", allow_negative_numbers = true)]
    pub(crate) replicates: Option<String>,
    /// Rounds, the dense network counted, instead of the paper's
    #[arg(long, short = 'i', value_name = "N", requires = "name", allow_negative_numbers = true)]
    pub(crate) rounds: Option<String>,
    /// Try trainings again that failed before
    #[arg(long, requires = "name")]
    pub(crate) retry_failed: bool,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArguments,
}
