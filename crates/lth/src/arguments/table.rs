//! `table` and `show`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SourceArguments;

/// Tabulate what runs have found: any figure over any two of densities, rounds, networks, seeds, runs and settings.
///
/// Cells are over seeds. Of each row the best cell is marked, and those whose difference to it may be noise: by a paired t test over the
/// seeds that both have, corrected for the cells of the row (Holm), its probability is 0.05 or more; ? stands where less than two seeds are in common. A cell never mixes runs that differ in a
/// setting: that is refused, and the setting is named.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    lth table runs/sweep-HASH                                            accuracy, by density and the first setting that differs\n  \
    lth table runs --where model=lenet-300-100 --rows density --columns criterion\n  \
    lth table runs/NAME --columns variant --cell 'early_stop_iteration median ± minmax'\n  \
    lth table runs/sweep-HASH --rows learning-rate --columns criterion --round 12 --format latex\n  \
    lth table runs/NAME --columns variant --against random-reinit        do tickets beat their control, by more than noise?\n  \
    lth table runs/NAME --against dense --cell cpu_seconds               how much less their trainings cost\n  \
    lth table runs --results results.csv                                 every figure of every training in a row of its own")]
pub(crate) struct TableArguments {
    /// Runs, sweeps, or folders in which runs lie [default: runs]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only runs of which this holds, as `lth runs` has it: criterion=movement, 'learning-rate<0.01'; may be repeated
    #[arg(long = "where", value_name = "CONDITION")]
    pub(crate) conditions: Vec<String>,
    /// What the rows are: density, round, variant, seed, run or a setting
    #[arg(long, value_name = "AXIS", default_value = "density")]
    pub(crate) rows: String,
    /// What the columns are [default: the first setting that differs, otherwise variant]
    #[arg(long, value_name = "AXIS")]
    pub(crate) columns: Option<String>,
    /// What is in the cells: a figure, its mean, median, min, max or n, and ± minmax, sd, sem or ci (95 %)
    ///
    /// Figures are test_accuracy (at early stop), end_test_accuracy, validation_accuracy, train_accuracy, early_stop_iteration, validation_loss,
    /// density, seconds, cpu_seconds and speed_up.
    #[arg(long, value_name = "CELL", default_value = "test_accuracy mean ± sd")]
    pub(crate) cell: String,
    /// The round, where neither rows nor columns are rounds or densities [default: the last of each run]
    #[arg(long, value_name = "ROUND", allow_negative_numbers = true)]
    pub(crate) round: Option<String>,
    /// Instead of values the differences to this column, or to `dense`, seed by seed, with tests
    ///
    /// A row a comparison: mean difference with its 95 % interval, p of the paired t test and of Wilcoxon's signed-rank test, both corrected for
    /// all comparisons (Holm), effect sizes, and for times and iterations the ratio of means and the mean of ratios.
    #[arg(long, value_name = "COLUMN")]
    pub(crate) against: Option<String>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: TableFormat,
    /// Write every figure of every training to this file instead, .csv or .parquet, a row each, for pandas, polars or R
    #[arg(long, value_name = "FILE", conflicts_with_all = ["columns", "round", "against"])]
    pub(crate) results: Option<PathBuf>,
}

/// What `table` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people
    Text,
    /// For a README
    Markdown,
    /// For a spreadsheet: the values alone
    Csv,
    /// For a paper: a tabular of booktabs
    Latex,
    /// For programs: all that is known of each cell
    Json,
}

/// Print what a run has found, as at its end: its table, its verdict, its folder.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lth show runs/NAME")]
pub(crate) struct ShowArguments {
    /// Run folders of `lth find-winning-ticket`
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) source: SourceArguments,
}
